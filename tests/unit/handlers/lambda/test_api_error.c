#include "handlers/lambda/api_error.h"

#include "base/json/json_text.h"
#include "tests/support/fake_exchange.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#define ID "4bcbe58b-b0cc-47a5-a1d9-79eda1987e58"
#define HEAD(status, name)                                                                         \
    status "\nContent-Type: application/json\nx-amzn-RequestId: " ID "\nx-amzn-ErrorType: " name   \
           "\n\n"

static struct fake_exchange fake;

static void set_up(void)
{
    fake_exchange_init(&fake, "POST", "/");
}

static void tear_down(void)
{
    fake_exchange_clear(&fake);
}

/* clang-format off */
static const struct {
    struct api_error error;
    const char *answer;
} cases[] = {
    {{.exception = API_RESOURCE_NOT_FOUND, .message = "Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST"},
     HEAD("404", "ResourceNotFoundException")
     "{\"Message\":\"Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST\",\"Type\":\"User\"}"},
    {{.exception = API_TOO_MANY_REQUESTS, .message = "Rate exceeded", .reason = "CallerRateLimitExceeded"},
     HEAD("429", "TooManyRequestsException")
     "{\"Reason\":\"CallerRateLimitExceeded\",\"Type\":\"User\",\"message\":\"Rate exceeded\"}"},
    {{.exception = API_TOO_MANY_REQUESTS},
     HEAD("429", "TooManyRequestsException")
     "{\"Reason\":\"ReservedFunctionConcurrentInvocationLimitExceeded\",\"Type\":\"User\",\"message\":\"Rate Exceeded.\"}"},
    {{.exception = API_VALIDATION, .message = "1 validation error detected: Value 'a\"b' …"},
     HEAD("400", "ValidationException") "{\"message\":\"1 validation error detected: Value 'a\\\"b' …\"}"},
    {{.exception = API_INVALID_REQUEST_CONTENT, .message = "two\nlines"},
     HEAD("400", "InvalidRequestContentException") "{\"Type\":\"User\",\"message\":\"two\\nlines\"}"},
    {{.exception = API_REQUEST_ENTITY_TOO_LARGE},
     HEAD("413", "RequestEntityTooLargeException")
     "{\"message\":\"Request must be smaller than 6291456 bytes for the InvokeFunction operation\"}"},
    {{.exception = API_ACCESS_DENIED, .message = "no"}, HEAD("403", "AccessDeniedException") "{\"Message\":\"no\"}"},
    {{.exception = API_SERVICE, .message = "broken"}, HEAD("500", "ServiceException") "{\"Message\":\"broken\",\"Type\":\"Service\"}"},
    {{.exception = API_EC2_UNEXPECTED, .message = "odd"},
     HEAD("502", "EC2UnexpectedException")
     "{\"EC2ErrorCode\":\"InternalError\",\"Message\":\"odd\",\"Type\":\"Service\"}"},
    {{.exception = API_EC2_UNEXPECTED, .message = "odd", .ec2_error_code = "Client.Odd"},
     HEAD("502", "EC2UnexpectedException")
     "{\"EC2ErrorCode\":\"Client.Odd\",\"Message\":\"odd\",\"Type\":\"Service\"}"},
    {{.exception = API_SERVICE, .message = "odd", .ec2_error_code = "of another exception"},
     HEAD("500", "ServiceException") "{\"Message\":\"odd\",\"Type\":\"Service\"}"},
    {{.exception = API_TOO_MANY_REQUESTS, .retry_after = "7"},
     "429\nContent-Type: application/json\nx-amzn-RequestId: " ID
     "\nx-amzn-ErrorType: TooManyRequestsException\nRetry-After: 7\n\n"
     "{\"Reason\":\"ReservedFunctionConcurrentInvocationLimitExceeded\",\"Type\":\"User\",\"message\":\"Rate Exceeded.\"}"},
};
/* clang-format on */

START_TEST(an_exception_is_answered_byte_for_byte_as_aws_does)
{
    api_answer_error(&fake.exchange, &cases[_i].error);
    ck_assert_str_eq(fake_exchange_answer(&fake), cases[_i].answer);
}
END_TEST

START_TEST(every_exception_of_the_table_gives_its_status_its_name_and_json)
{
    const struct api_exception_row *row = api_exception_row((enum api_exception)_i);
    char head[256];
    const char *answer;

    api_answer_error(&fake.exchange, &(struct api_error){.exception = (enum api_exception)_i});
    (void)snprintf(head, sizeof head,
                   "%d\nContent-Type: application/json\nx-amzn-RequestId: " ID
                   "\nx-amzn-ErrorType: %s\n\n",
                   row->status, row->name);
    answer = fake_exchange_answer(&fake);
    ck_assert(strncmp(answer, head, strlen(head)) == 0);
    ck_assert(json_text_check(answer + strlen(head), strlen(answer) - strlen(head), NULL));
}
END_TEST

START_TEST(a_formatted_message_may_be_long)
{
    static char value[70000];

    memset(value, 'n', sizeof value - 1);
    api_answer_exception(&fake.exchange, API_VALIDATION, "Value '%s'", value);
    ck_assert_uint_eq(strlen(fake_exchange_answer(&fake)),
                      strlen(HEAD("400", "ValidationException") "{\"message\":\"Value ''\"}") +
                          sizeof value - 1);
}
END_TEST

START_TEST(an_unknown_operation_gets_the_captured_xml_of_130_bytes)
{
    static const char body[] =
        "<AccessDeniedException>\n"
        "  <Message>Unable to determine service/operation name to be authorized</Message>\n"
        "</AccessDeniedException>\n";
    const char *rest;

    ck_assert_uint_eq(sizeof body - 1, 130);
    api_answer_unknown_operation(&fake.exchange);
    rest = strstr(fake_exchange_answer(&fake), body);
    ck_assert_ptr_nonnull(rest);
    ck_assert_str_eq(rest, body);
    ck_assert(strncmp(fake_exchange_answer(&fake), "403\nx-amzn-RequestId: " ID "\n\n<",
                      sizeof "403\nx-amzn-RequestId: " ID "\n\n<" - 1) == 0);
}
END_TEST

START_TEST(a_refusal_of_our_own_says_why)
{
    api_answer_refusal(&fake.exchange, 409, "it \"stands\" still");
    ck_assert_str_eq(fake_exchange_answer(&fake),
                     "409\nContent-Type: application/json\nx-amzn-RequestId: " ID
                     "\n\n{\"error\":\"it \\\"stands\\\" still\"}");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("api_error");
    TCase *tcase = tcase_create("api_error");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, an_exception_is_answered_byte_for_byte_as_aws_does, 0,
                        ARRAY_LENGTH(cases));
    tcase_add_loop_test(tcase, every_exception_of_the_table_gives_its_status_its_name_and_json, 0,
                        API_EXCEPTION_COUNT);
    tcase_add_test(tcase, a_formatted_message_may_be_long);
    tcase_add_test(tcase, an_unknown_operation_gets_the_captured_xml_of_130_bytes);
    tcase_add_test(tcase, a_refusal_of_our_own_says_why);
    suite_add_tcase(suite, tcase);
    return suite;
}
