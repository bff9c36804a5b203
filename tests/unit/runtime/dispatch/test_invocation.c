#include "runtime/dispatch/invocation.h"

#include "base/json/json_text.h"
#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

static struct test_bed bed;
static struct config *config;
static struct invocation_options options;
static struct invocation *invocation;

static void set_up(void)
{
    test_bed_open(&bed);
    config = test_bed_config(
        &bed,
        "{\"Region\":\"eu-west-1\",\"Functions\":{\"hello\":{\"Local\":{\"Command\":[\"cat\"]}}}}");
    options = (struct invocation_options){
        .account = accounts_default(bed.accounts), .config = config, .attempt = 1};
    ck_assert(function_resolve(config_function(config, "hello"), "", 0.0, &options.target));
}

static void make(void)
{
    invocation_free(invocation);
    invocation = invocation_new(&options, bed.random);
    ck_assert_ptr_nonnull(invocation);
}

static void tear_down(void)
{
    invocation_free(invocation);
    config_release(config);
    test_bed_close(&bed);
}

static void assert_payload(const char *text)
{
    const struct bytes_view view = bytes_view(invocation->outcome.payload);

    ck_assert_msg(view.length == strlen(text) && memcmp(view.data, text, view.length) == 0,
                  "is %.*s, not %s", (int)view.length, view.data, text);
}

START_TEST(it_holds_copies_of_what_it_was_made_of)
{
    char context[] = "{}", tenant[] = "blue", qualifier[] = "live",
         id[] = "4bcbe58b-b0cc-47a5-a1d9-79eda1987e58";

    options.client_context = context;
    options.tenant_id = tenant;
    options.qualifier = qualifier;
    options.request_id = id;
    make();
    memset(context, 'x', 2);
    memset(tenant, 'x', 4);
    memset(qualifier, 'x', 4);
    memset(id, 'x', 36);
    ck_assert_str_eq(invocation->client_context, "{}");
    ck_assert_str_eq(invocation->tenant_id, "blue");
    ck_assert_str_eq(invocation->qualifier, "live");
    ck_assert_str_eq(invocation->request_id, "4bcbe58b-b0cc-47a5-a1d9-79eda1987e58");
    ck_assert_str_eq(invocation->invoked_arn,
                     "arn:aws:lambda:eu-west-1:123456789012:function:hello:live");
    ck_assert_str_eq(invocation_function_name(invocation), "hello");
    ck_assert_int_eq(invocation->outcome.kind, OUTCOME_NONE);
}
END_TEST

START_TEST(without_a_qualifier_the_arn_has_no_suffix)
{
    make();
    ck_assert_str_eq(invocation->invoked_arn,
                     "arn:aws:lambda:eu-west-1:123456789012:function:hello");
    ck_assert_str_eq(invocation->qualifier, "");
    ck_assert_uint_eq(strlen(invocation->request_id), 36);
}
END_TEST

START_TEST(the_configuration_outlives_its_owner)
{
    make();
    config_release(config); /* ours */
    ck_assert_str_eq(invocation->config->region, "eu-west-1");
    ck_assert_uint_eq(invocation->target.version->timeout_s, TIMEOUT_DEFAULT_S);
    config = config_retain(invocation->config);
}
END_TEST

START_TEST(no_event_is_an_empty_object)
{
    make();
    ck_assert_uint_eq(invocation_event(invocation).length, 2);
    ck_assert_mem_eq(invocation_event(invocation).data, "{}", 2);
    options.payload = bytes_copy("", 0);
    make();
    ck_assert_mem_eq(invocation_event(invocation).data, "{}", 2);
    bytes_release(options.payload);
    options.payload = bytes_copy("[1]", 3);
    make();
    ck_assert_ptr_eq(invocation_event(invocation).data, options.payload->data);
    bytes_release(options.payload);
}
END_TEST

#define FRESH "^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$"

/* clang-format off */
static const struct {
    const char *sent, *pattern;
} traces[] = {
    {NULL, FRESH},
    {"", FRESH},
    {"Parent=644a89f7bc5b683d;Sampled=1", FRESH},
    {"Root=1-669f2d13-c6867523289ee374e75f22bf;Parent=644a89f7bc5b683d;Sampled=1",
     "^Root=1-669f2d13-c6867523289ee374e75f22bf;Parent=644a89f7bc5b683d;Sampled=1$"},
};
/* clang-format on */

START_TEST(the_trace_of_the_caller_is_kept_or_a_fresh_one_begun)
{
    regex_t compiled;

    options.trace_header = traces[_i].sent;
    make();
    ck_assert_int_eq(regcomp(&compiled, traces[_i].pattern, REG_EXTENDED | REG_NOSUB), 0);
    ck_assert_msg(regexec(&compiled, invocation->trace_header, 0, NULL, 0) == 0, "%s",
                  invocation->trace_header);
    regfree(&compiled);
}
END_TEST

START_TEST(a_trace_beyond_all_bounds_is_replaced)
{
    static char sent[TRACE_HEADER_SIZE + 1] = "Root=";

    memset(sent + 5, 'a', sizeof sent - 6);
    options.trace_header = sent;
    make();
    ck_assert_ptr_nonnull(strstr(invocation->trace_header, ";Sampled=0"));
}
END_TEST

/* What the platform says, and how that stands in JSON. */
/* clang-format off */
static const struct {
    const char *message, *escaped;
} messages[] = {
    {"Runtime exited with error: exit status 1", "Runtime exited with error: exit status 1"},
    {"a \"quoted\" \\ word", "a \\\"quoted\\\" \\\\ word"},
    {"two\nlines", "two\\nlines"},
    {"\xc3\xa4", "\xc3\xa4"},
    {"", ""},
};
/* clang-format on */

START_TEST(an_error_of_the_platform_is_json)
{
    char expected[512];

    make();
    invocation_fail_platform(invocation, "Runtime.ExitError", messages[_i].message);
    (void)snprintf(
        expected, sizeof expected,
        "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: %s Error: %s\"}",
        invocation->request_id, messages[_i].escaped);
    assert_payload(expected);
    ck_assert(json_text_check(invocation->outcome.payload->data,
                              invocation->outcome.payload->length, NULL));
    ck_assert_int_eq(invocation->outcome.kind, OUTCOME_FUNCTION_ERROR);
    ck_assert_str_eq(invocation->outcome.error_type, "Runtime.ExitError");
}
END_TEST

START_TEST(too_large_a_response_is_the_recorded_error)
{
    make();
    invocation_fail_too_large(invocation, RESPONSE_PAYLOAD_MAX);
    assert_payload("{\"errorMessage\":\"Response payload size exceeded maximum allowed payload "
                   "size (6291556 bytes)."
                   "\",\"errorType\":\"Function.ResponseSizeTooLarge\"}");
}
END_TEST

START_TEST(a_refusal_keeps_a_copy_of_its_message)
{
    char message[] = "machine is short of processes";

    make();
    invocation_refuse(invocation, API_SERVICE, message);
    message[0] = 'x';
    ck_assert_int_eq(invocation->outcome.kind, OUTCOME_EXCEPTION);
    ck_assert_int_eq(invocation->outcome.exception, API_SERVICE);
    ck_assert_str_eq(invocation->outcome.message, "machine is short of processes");
    make();
    invocation_refuse(invocation, API_KMS_DISABLED, NULL);
    ck_assert_ptr_null(invocation->outcome.message);
}
END_TEST

START_TEST(a_second_outcome_is_our_own_mistake)
{
    make();
    invocation_succeed(invocation, NULL);
    invocation_succeed(invocation, NULL);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("invocation");
    TCase *tcase = tcase_create("invocation");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, it_holds_copies_of_what_it_was_made_of);
    tcase_add_test(tcase, without_a_qualifier_the_arn_has_no_suffix);
    tcase_add_test(tcase, the_configuration_outlives_its_owner);
    tcase_add_test(tcase, no_event_is_an_empty_object);
    tcase_add_loop_test(tcase, the_trace_of_the_caller_is_kept_or_a_fresh_one_begun, 0,
                        ARRAY_LENGTH(traces));
    tcase_add_test(tcase, a_trace_beyond_all_bounds_is_replaced);
    tcase_add_loop_test(tcase, an_error_of_the_platform_is_json, 0, ARRAY_LENGTH(messages));
    tcase_add_test(tcase, too_large_a_response_is_the_recorded_error);
    tcase_add_test(tcase, a_refusal_keeps_a_copy_of_its_message);
    tcase_add_test_raise_signal(tcase, a_second_outcome_is_our_own_mistake, 6);
    suite_add_tcase(suite, tcase);
    return suite;
}
