/* test_canned_settings.c - canned responses and faults that are set at run time. */
#include "config/settings/canned_settings.h"

#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *json;
    const char *why; /* NULL: it is sound */
} mocks[] = {
    {"[{\"Payload\":{\"a\":1}}]", NULL},
    {"[{}]", NULL},
    {"[{\"When\":null,\"Attempt\":3,\"Times\":1,\"Payload\":null,\"FunctionError\":\"Handled\","
     "\"DelayMs\":0}]",
     NULL},
    {"[{\"Error\":\"KMSDisabledException\",\"Message\":\"\"},{\"Timeout\":true},{\"Exit\":0}]",
     NULL},
    {"[]", "Mock: must not be empty"},
    {"{\"Payload\":1}", "Mock: must be a list of objects (is an object)"},
    {"null", "Mock: must be a list of objects (is null)"},
    {"[1]", "Mock[0]: must be an object (is a number)"},
    {"[{},{\"Atempt\":1}]", "Mock[1].Atempt: unknown key; did you mean Attempt?"},
    {"[{\"Attempt\":1.5}]", "Mock[0].Attempt: must be a whole number, 1 to 3 (is 1.5)"},
    {"[{\"Error\":\"KMSDisabledExeption\"}]",
     "Mock[0].Error: unknown exception \"KMSDisabledExeption\"; did you mean "
     "KMSDisabledException?"},
    {"[{\"Error\":\"Duplicate\"}]", "Mock[0].Error: unknown exception \"Duplicate\"; an example "
                                    "is TooManyRequestsException"},
};

static const struct {
    const char *json;
    const char *why;
} faults[] = {
    {"{\"Error\":\"ServiceException\"}", NULL},
    {"[{\"Error\":\"ServiceException\"},{\"Error\":\"Cut\"}]", NULL},
    {"[]", NULL},
    {"{\"Error\":\"Drop\",\"Message\":\"m\",\"Times\":2,\"Probability\":1.0,\"Seed\":0,\"DelayMs\":"
     "5,\"When\":\"After\"}",
     NULL},
    {"{}", "Faults: Error is required: an exception of the Invoke API, Duplicate, Drop or Cut"},
    {"[{\"Error\":\"Drop\"},{}]",
     "Faults[1]: Error is required: an exception of the Invoke API, Duplicate, Drop or Cut"},
    {"{\"Error\":\"NoSuchException\"}", "Faults.Error: unknown exception \"NoSuchException\"; "
                                        "an example is TooManyRequestsException"},
    {"{\"Error\":5}", "Faults.Error: must be a string (is a number)"},
    {"{\"Error\":\"Drop\",\"Probability\":-0.1}", "Faults.Probability: must be 0 to 1 (is -0.1)"},
    {"{\"Error\":\"Drop\",\"When\":\"Later\"}",
     "Faults.When: must be Before or After (is \"Later\")"},
    {"\"Drop\"", "Faults: must be a list of objects (is a string)"},
};

START_TEST(checks_canned_answers)
{
    char why[300] = "";
    cJSON *item = cJSON_Parse(mocks[_i].json);

    ck_assert_ptr_nonnull(item);
    ck_assert_int_eq(config_check_mock(item, why, sizeof why), mocks[_i].why == NULL);
    ck_assert_str_eq(why, mocks[_i].why == NULL ? "" : mocks[_i].why);
    cJSON_Delete(item);
}
END_TEST

START_TEST(checks_faults)
{
    char why[300] = "";
    cJSON *item = cJSON_Parse(faults[_i].json);

    ck_assert_ptr_nonnull(item);
    ck_assert_int_eq(config_check_faults(item, why, sizeof why), faults[_i].why == NULL);
    ck_assert_str_eq(why, faults[_i].why == NULL ? "" : faults[_i].why);
    cJSON_Delete(item);
}
END_TEST

START_TEST(refuses_what_is_nested_too_deep)
{
    char text[500] = "", why[300] = "";

    strcat(text, "[{\"Payload\":");
    memset(text + strlen(text), '[', 150);
    memset(text + strlen(text), ']', 150);
    strcat(text, "}]");
    cJSON *item = cJSON_Parse(text);

    ck_assert_ptr_nonnull(item);
    ck_assert(!config_check_mock(item, why, sizeof why));
    ck_assert_str_eq(why, "Mock: is nested more than 100 levels deep");
    cJSON_Delete(item);
}
END_TEST

START_TEST(cuts_the_reason_to_its_place)
{
    char why[6] = "";
    cJSON *item = cJSON_Parse("[]");

    ck_assert(!config_check_mock(item, why, sizeof why));
    ck_assert_str_eq(why, "Mock:");
    cJSON_Delete(item);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("config_answers");
    TCase *answers = tcase_create("answers");

    tcase_add_loop_test(answers, checks_canned_answers, 0, ARRAY_LENGTH(mocks));
    tcase_add_loop_test(answers, checks_faults, 0, ARRAY_LENGTH(faults));
    tcase_add_test(answers, refuses_what_is_nested_too_deep);
    tcase_add_test(answers, cuts_the_reason_to_its_place);
    suite_add_tcase(suite, answers);
    return suite;
}
