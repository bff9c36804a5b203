#include "handlers/lambda/function_request.h"

#include "tests/support/fake_exchange.h"
#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

static const char configuration[] =
    "{\"Functions\":{"
    "\"hello\":{\"Local\":{\"Command\":[\"cat\"]},\"Versions\":{\"1\":{}},"
    "           \"Aliases\":{\"live\":{\"FunctionVersion\":\"1\"}}},"
    "\"denied\":{\"Local\":{\"Command\":[\"cat\"],\"AccessDenied\":true}}}}";

#define ARN "arn:aws:lambda:us-east-1:123456789012:function:"
#define NOT_AUTHORIZED                                                                             \
    "{\"Message\":\"User: arn:aws:iam::123456789012:user/local is not authorized to perform: "     \
    "lambda:GetFunction on resource: "
#define NOT_ALLOWED(policy) " because no " policy " policy allows the lambda:GetFunction action\"}"

static struct test_bed bed;
static struct api api;
static struct fake_exchange fake;
static struct function_request request;

static void set_up(void)
{
    test_bed_open(&bed);
    api = (struct api){.config_store = config_store_new("invoked.json", NULL,
                                                        test_bed_config(&bed, configuration)),
                       .accounts = bed.accounts,
                       .random = bed.random,
                       .log = bed.log};
    ck_assert_ptr_nonnull(api.config_store);
}

static void tear_down(void)
{
    function_request_clear(&request);
    fake_exchange_clear(&fake);
    config_store_free(api.config_store);
    test_bed_close(&bed);
}

/* As an operation does it, in AWS's order. */
static bool read_request(const char *name, const char *query)
{
    static const struct function_rules rules = {.action = "lambda:GetFunction"};
    struct violations violations = {0};

    fake_exchange_init(&fake, "GET", "/");
    fake.exchange.parameter = (struct bytes_view){name, strlen(name)};
    fake.exchange.query = (struct bytes_view){query, strlen(query)};
    if (!function_request_begin(&fake.exchange, &api, &request))
        return false;
    function_request_constrain(&request, &violations);
    return violations_settle(&violations, &fake.exchange) &&
           function_request_authorize(&fake.exchange, &request, &rules) &&
           function_request_find(&fake.exchange, &api, &request, &rules);
}

/* clang-format off */
static const struct {
    const char *name, *query, *version, *body; /* the version that was found, or what was answered */
} cases[] = {
    {"hello",      "",                "$LATEST", NULL},
    {"hello:live", "",                "1",       NULL},
    {"hello",      "Qualifier=1",     "1",       NULL},
    {"nobody",     "",                NULL, "{\"Message\":\"Function not found: " ARN "nobody\",\"Type\":\"User\"}"},
    {"nobody:1",   "",                NULL, "{\"Message\":\"Function not found: " ARN "nobody:1\",\"Type\":\"User\"}"},
    {"hello",      "Qualifier=2",     NULL, "{\"Message\":\"Function not found: " ARN "hello:2\",\"Type\":\"User\"}"},
    {"denied",     "",                NULL, NOT_AUTHORIZED ARN "denied" NOT_ALLOWED("identity-based")},
    {"denied",     "Qualifier=x",     NULL, NOT_AUTHORIZED ARN "denied:x" NOT_ALLOWED("identity-based")},
    {"111111111111:function:hello", "", NULL,
     NOT_AUTHORIZED "arn:aws:lambda:us-east-1:111111111111:function:hello" NOT_ALLOWED("resource-based")},
    {"eu-west-1:123456789012:function:hello", "", NULL,
     "{\"Message\":\"Functions from 'eu-west-1' are not reachable in this region ('us-east-1')\",\"Type\":\"User\"}"},
    {"hello:1",    "Qualifier=live",  NULL,
     "{\"Type\":\"User\",\"message\":\"The derived qualifier from the function name does not match the specified qualifier.\"}"},
};
/* clang-format on */

START_TEST(every_operation_finds_its_function_or_is_refused_by_name)
{
    const bool is_found = read_request(cases[_i].name, cases[_i].query);
    const char *answer, *body;

    ck_assert_int_eq(is_found, cases[_i].version != NULL);
    if (is_found) {
        ck_assert_str_eq(request.target.version->version, cases[_i].version);
        ck_assert_ptr_eq(request.caller.account, accounts_default(bed.accounts));
        return;
    }
    answer = fake_exchange_answer(&fake);
    body = strstr(answer, "\n\n");
    ck_assert_ptr_nonnull(body);
    ck_assert_str_eq(body + 2, cases[_i].body);
}
END_TEST

START_TEST(name_and_qualifier_are_told_of_behind_other_members)
{
    struct violations violations = {0};

    (void)read_request("hello", "Qualifier=%21");
    violations_add(&violations, "0", "maxItems",
                   "Member must have value greater than or equal to %d", 1);
    function_request_constrain(&request, &violations);
    ck_assert_uint_eq(violations.count, 2);
    ck_assert(bytes_append(&violations.text, "", 1));
    ck_assert_ptr_eq(strstr(violations.text->data, "Value '0' at 'maxItems'"),
                     violations.text->data);
    ck_assert_ptr_nonnull(strstr(violations.text->data, "; Value '!' at 'qualifier' failed"));
    bytes_release(violations.text);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("function_request");
    TCase *tcase = tcase_create("function_request");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, every_operation_finds_its_function_or_is_refused_by_name, 0,
                        ARRAY_LENGTH(cases));
    tcase_add_test(tcase, name_and_qualifier_are_told_of_behind_other_members);
    suite_add_tcase(suite, tcase);
    return suite;
}
