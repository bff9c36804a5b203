#include "handlers/manage/member_rules.h"

#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

static const struct item_rule word = {.text = "WORD", .min = 1, .max = 3, .ere = "[a-z]+"};
static const struct item_rule weight = {.text = "WEIGHT", .min = 0, .max = 1};

/* clang-format off */
static const struct member_rule rules[] = {
    {"Name", MEMBER_TEXT, .is_required = true, .min = 2, .max = 4, .pattern = "[a-z]+", .ere = "[a-z]+"},
    {"Size", MEMBER_INTEGER, .min = 1, .max = 9},
    {"Mode", MEMBER_TEXT, .values = "A, B"},
    {"Part.Words", MEMBER_TEXTS, .max = 2, .item = &word},
    {"Part.Must", MEMBER_FLAG, .is_required = true},
    {"Weights", MEMBER_NUMBERS, .item = &weight},
    {NULL, MEMBER_TEXT, .max = 0},
};

static const struct { const char *body, *told; } cases[] = {
    {"{\"Name\":\"ab\"}", ""},
    {"{\"Name\":\"ab\",\"Size\":9,\"Mode\":\"B\",\"Part\":{\"Words\":[\"a\",\"bc\"],\"Must\":false}}", ""},
    {"{}", "Value null at 'name' failed to satisfy constraint: Member must not be null"},
    {"{\"Name\":\"ABCDE\"}", "Value 'ABCDE' at 'name' failed to satisfy constraint: Member must have length less than or equal to 4; "
        "Value 'ABCDE' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+"},
    {"{\"Name\":\"ab\",\"Size\":0}", "Value '0' at 'size' failed to satisfy constraint: Member must have value greater than or equal to 1"},
    {"{\"Name\":\"ab\",\"Mode\":\"C\"}", "Value 'C' at 'mode' failed to satisfy constraint: Member must satisfy enum value set: [A, B]"},
    {"{\"Name\":\"ab\",\"Part\":{\"Words\":[\"a\",\"long\"],\"Must\":true}}",
        "Value '[a, long]' at 'part.words' failed to satisfy constraint: Member must satisfy constraint: [WORD]"},
    {"{\"Name\":\"ab\",\"Part\":{}}", "Value null at 'part.must' failed to satisfy constraint: Member must not be null"},
    {"{\"Name\":\"ab\",\"Weights\":{\"2\":2}}", "Value '{2=2.0}' at 'weights' failed to satisfy constraint: Map value must satisfy constraint: [WEIGHT]"},
    {"{\"Name\":\"\xc3\xa4\xc3\xa4\"}", "Value '\xc3\xa4\xc3\xa4' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+"},
};

static const struct { const char *body, *wrong; } kinds[] = {
    {"{\"Name\":1}", "Name"},
    {"{\"Name\":\"ab\",\"Size\":1.5}", "Size"},
    {"{\"Name\":\"ab\",\"Part\":{\"Words\":[1],\"Must\":true}}", "Part.Words"},
    {"{\"Name\":\"ab\",\"Weights\":[]}", "Weights"},
};
/* clang-format on */

START_TEST(broken_rules_are_told_in_the_words_of_aws)
{
    cJSON *body = cJSON_Parse(cases[_i].body);
    struct violations violations = {0};
    const char *wrong = NULL;

    ck_assert(member_rules_check(rules, body, &violations, &wrong));
    const struct bytes_view told = bytes_view(violations.text);

    ck_assert_msg(told.length == strlen(cases[_i].told) &&
                      memcmp(told.data, cases[_i].told, told.length) == 0,
                  "%.*s", (int)told.length, told.data);
    bytes_release(violations.text);
    cJSON_Delete(body);
}
END_TEST

START_TEST(a_value_of_another_type_is_named)
{
    cJSON *body = cJSON_Parse(kinds[_i].body);
    struct violations violations = {0};
    const char *wrong = NULL;

    ck_assert(!member_rules_check(rules, body, &violations, &wrong));
    ck_assert_str_eq(wrong, kinds[_i].wrong);
    bytes_release(violations.text);
    cJSON_Delete(body);
}
END_TEST

START_TEST(a_list_holds_whole_words_only)
{
    ck_assert(member_is_listed("a, bc, d", "bc"));
    ck_assert(member_is_listed("a, bc, d", "d"));
    ck_assert(!member_is_listed("a, bc, d", "b"));
    ck_assert(!member_is_listed("a, bc, d", "bcd"));
    ck_assert(!member_is_listed("a, bc, d", ""));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("member_rules");
    TCase *rows = tcase_create("rows");

    tcase_add_loop_test(rows, broken_rules_are_told_in_the_words_of_aws, 0, ARRAY_LENGTH(cases));
    tcase_add_loop_test(rows, a_value_of_another_type_is_named, 0, ARRAY_LENGTH(kinds));
    tcase_add_test(rows, a_list_holds_whole_words_only);
    suite_add_tcase(suite, rows);
    return suite;
}
