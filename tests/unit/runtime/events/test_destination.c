#include "runtime/events/destination.h"

#include "base/json/json_text.h"
#include "runtime/events/record_file.h"
#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

#define ID "4bcbe58b-b0cc-47a5-a1d9-79eda1987e58"
#define ARN "arn:aws:lambda:us-east-1:111111111111:function:hello:$LATEST"
#define HEAD                                                                                       \
    "{\"version\":\"1.0\",\"timestamp\":\"2019-11-14T18:16:05.568Z\",\"requestContext\":{"         \
    "\"requestId\":\"" ID "\",\"functionArn\":\"" ARN "\",\"condition\":"

static const int64_t now_ms = INT64_C(1573755365568);

static void check_line(struct bytes *line, const char *expected)
{
    ck_assert_ptr_nonnull(line);
    ck_assert_msg(line->length == strlen(expected) &&
                      memcmp(line->data, expected, line->length) == 0,
                  "is      %.*s\nmust be %s", (int)line->length, line->data, expected);
    ck_assert(json_text_check(line->data, line->length, NULL));
    ck_assert_ptr_null(memchr(line->data, '\n', line->length));
    bytes_release(line);
}

static const struct {
    const char *condition;
    unsigned run_count;
    const char *payload, *version;
    const char *function_error;
    const char *response;
    const char *expected;
} records[] = {
    {"Success", 1, "{}", "$LATEST", NULL, "{\"any\":\"json\"}",
     HEAD "\"Success\",\"approximateInvokeCount\":1},\"requestPayload\":{},\"responseContext\":{"
          "\"statusCode\":200,\"executedVersion\":\"$LATEST\"},\"responsePayload\":{\"any\":"
          "\"json\"}}"},
    {"RetriesExhausted", 3, "{\"message\": \"x\"}", "7", "Unhandled", "{\"errorMessage\":\"no\"}",
     HEAD "\"RetriesExhausted\",\"approximateInvokeCount\":3},\"requestPayload\":{\"message\": "
          "\"x\"},\"responseContext\":{\"statusCode\":200,\"executedVersion\":\"7\","
          "\"functionError\":\"Unhandled\"},\"responsePayload\":{\"errorMessage\":\"no\"}}"},
    {"ZeroReservedConcurrency", 0, "", NULL, "Unhandled", "",
     HEAD "\"ZeroReservedConcurrency\",\"approximateInvokeCount\":0},\"requestPayload\":{}}"},
    {"EventAgeExceeded", 0, "[1,\n2]", NULL, "Unhandled", "",
     HEAD "\"EventAgeExceeded\",\"approximateInvokeCount\":0},\"requestPayload\":[1, 2]}"},
    {"Success", 1, "1", "1", NULL, "",
     HEAD "\"Success\",\"approximateInvokeCount\":1},\"requestPayload\":1,\"responseContext\":{"
          "\"statusCode\":200,\"executedVersion\":\"1\"},\"responsePayload\":null}"},
    {"Success", 1, "1", "1", NULL, "plain \"text\"\n\xff",
     HEAD "\"Success\",\"approximateInvokeCount\":1},\"requestPayload\":1,\"responseContext\":{"
          "\"statusCode\":200,\"executedVersion\":\"1\"},\"responsePayload\":\"plain "
          "\\\"text\\\"\\n\xef\xbf\xbd\"}"},
    {"RetriesExhausted", 1, "1", "1", "Handled", "2",
     HEAD "\"RetriesExhausted\",\"approximateInvokeCount\":1},\"requestPayload\":1,"
          "\"responseContext\":{\"statusCode\":200,\"executedVersion\":\"1\",\"functionError\":"
          "\"Handled\"},\"responsePayload\":2}"},
};

static struct event_report report_of(int row)
{
    return (struct event_report){
        .request_id = ID,
        .function_arn = ARN,
        .condition = records[row].condition,
        .now_ms = now_ms,
        .run_count = records[row].run_count,
        .payload = {records[row].payload, strlen(records[row].payload)},
        .executed_version = records[row].version,
        .function_error = records[row].function_error,
        .response = {records[row].response, strlen(records[row].response)}};
}

START_TEST(a_record_is_what_aws_sends_byte_for_byte)
{
    const struct event_report report = report_of(_i);

    check_line(destination_record(&report), records[_i].expected);
}
END_TEST

START_TEST(an_event_bus_gets_the_record_as_detail)
{
    const struct event_report success = report_of(0), failure = report_of(2);

    check_line(destination_bus_event(&success, "arn:aws:events:us-east-1:1:event-bus/orders"),
               "{\"source\":\"lambda\",\"detail-type\":\"Lambda Function Invocation Result - "
               "Success\",\"resources\":[\"arn:aws:events:us-east-1:1:event-bus/orders\",\"" ARN
               "\"],\"detail\":" HEAD
               "\"Success\",\"approximateInvokeCount\":1},\"requestPayload\":{},"
               "\"responseContext\":{\"statusCode\":200,\"executedVersion\":\"$LATEST\"},"
               "\"responsePayload\":{\"any\":\"json\"}}}");
    check_line(destination_bus_event(&failure, "arn:aws:events:us-east-1:1:event-bus/orders"),
               "{\"source\":\"lambda\",\"detail-type\":\"Lambda Function Invocation Result - "
               "Failure\",\"resources\":[\"arn:aws:events:us-east-1:1:event-bus/orders\",\"" ARN
               "\"],\"detail\":" HEAD
               "\"ZeroReservedConcurrency\",\"approximateInvokeCount\":0},\"requestPayload\":{}}}");
}
END_TEST

static struct dead_letter letter_of(const char *payload, const char *message)
{
    return (struct dead_letter){.message_id = ID,
                                .request_id = ID,
                                .error_code = 200,
                                .error_message = message,
                                .now_ms = now_ms,
                                .payload = {payload, strlen(payload)}};
}

START_TEST(a_dead_letter_is_the_message_that_aws_sends)
{
    const struct dead_letter letter =
        letter_of("{\"raise_error\": 1,\n\"t\":\"\\u00e9\xc3\xa9\"}", "Test exception");
    const struct dead_letter empty = letter_of("", "");

    check_line(dead_letter_line(&letter),
               "{\"MessageId\":\"" ID "\",\"Body\":\"{\\\"raise_error\\\": 1,\\n\\\"t\\\":"
               "\\\"\\\\u00e9\xc3\xa9\\\"}\",\"MessageAttributes\":{\"RequestID\":{"
               "\"StringValue\":\"" ID "\",\"DataType\":\"String\"},\"ErrorCode\":{"
               "\"StringValue\":\"200\",\"DataType\":\"Number\"},\"ErrorMessage\":{"
               "\"StringValue\":\"Test exception\",\"DataType\":\"String\"}},"
               "\"SentTimestamp\":\"1573755365568\"}");
    check_line(dead_letter_line(&empty),
               "{\"MessageId\":\"" ID "\",\"Body\":\"{}\",\"MessageAttributes\":{\"RequestID\":{"
               "\"StringValue\":\"" ID "\",\"DataType\":\"String\"},\"ErrorCode\":{"
               "\"StringValue\":\"200\",\"DataType\":\"Number\"},\"ErrorMessage\":{"
               "\"StringValue\":\"\",\"DataType\":\"String\"}},"
               "\"SentTimestamp\":\"1573755365568\"}");
}
END_TEST

START_TEST(an_error_message_is_cut_to_a_kilobyte_between_characters)
{
    char message[2001];
    struct dead_letter letter;
    struct bytes *line;
    char expected[1100];

    memset(message, 'x', sizeof message - 1);
    message[2000] = '\0';
    memcpy(message + 1023, "\xc3\xa9", 2); /* would be cut in two */
    letter = letter_of("{}", message);
    line = dead_letter_line(&letter);
    ck_assert_ptr_nonnull(line);
    (void)memset(expected, 'x', 1023);
    memcpy(expected + 1023, "\",\"DataType\"", sizeof "\",\"DataType\"");
    ck_assert(json_text_check(line->data, line->length, NULL));
    ck_assert(bytes_append(&line, "", 1));
    ck_assert_ptr_nonnull(strstr(line->data, expected));
    bytes_release(line);
}
END_TEST

START_TEST(a_message_id_is_a_uuid_that_depends_on_request_and_event)
{
    char first[REQUEST_ID_SIZE], again[REQUEST_ID_SIZE], other[REQUEST_ID_SIZE];

    dead_letter_message_id(ID, 7, first);
    dead_letter_message_id(ID, 7, again);
    dead_letter_message_id(ID, 8, other);
    ck_assert_str_eq(first, again);
    ck_assert_str_ne(first, other);
    ck_assert_str_ne(first, ID);
    ck_assert_uint_eq(strlen(first), 36);
    for (int i = 0; i < 36; i++) {
        if (ID[i] == '-')
            ck_assert_int_eq(first[i], '-');
        else
            ck_assert_ptr_nonnull(strchr("0123456789abcdef", first[i]));
    }
    ck_assert_int_eq(first[14], '4');
    ck_assert_int_eq(first[19], 'a');
}
END_TEST

static const struct {
    const char *payload, *type, *message;
} errors[] = {
    {"{\"errorMessage\":\"boom\",\"errorType\":\"Exception\"}", "Exception", "boom"},
    {"{\"errorMessage\":\"boom\"}", NULL, "boom"},
    {"{\"errorMessage\":5}", NULL, "{\"errorMessage\":5}"},
    {"it went wrong", NULL, "it went wrong"},
    {"\xff", NULL, "\xef\xbf\xbd"},
    {"", NULL, ""},
};

START_TEST(what_a_function_error_says_is_found)
{
    char *type, *message;

    ck_assert(function_error_read(
        (struct bytes_view){errors[_i].payload, strlen(errors[_i].payload)}, &type, &message));
    ck_assert_str_eq(message, errors[_i].message);
    if (errors[_i].type == NULL)
        ck_assert_ptr_null(type);
    else
        ck_assert_str_eq(type, errors[_i].type);
    free(type);
    free(message);
}
END_TEST

static const struct {
    const char *arn, *name;
} names[] = {
    {"arn:aws:sqs:us-east-1:123456789012:hello-dlq", "hello-dlq"},
    {"arn:aws:events:us-east-1:123456789012:event-bus/orders", "orders"},
    {"arn:aws:s3:::my.bucket", "my.bucket"},
    {"hello-dlq", "hello-dlq"},
    {"arn:aws:sqs:us-east-1:1:a b\"c", "a_b_c"},
    {"arn:aws:sqs:us-east-1:1:..", "_.."},
    {"arn:aws:sqs:us-east-1:1:", "_"},
    {"", "_"},
};

START_TEST(a_file_is_named_by_the_end_of_the_arn)
{
    char name[RECORD_NAME_SIZE];

    record_file_name(names[_i].arn, name);
    ck_assert_str_eq(name, names[_i].name);
}
END_TEST

START_TEST(other_accounts_have_folders_of_their_own)
{
    const struct record_file own = {.kind = RECORD_DEAD_LETTER, .name = "q"};
    const struct record_file other = {
        .kind = RECORD_DESTINATION, .account_id = "111111111111", .name = "q"};
    char path[RECORD_PATH_SIZE];

    record_file_path("/data", &own, path);
    ck_assert_str_eq(path, "/data/dead-letters/q.jsonl");
    record_file_path("/data", &other, path);
    ck_assert_str_eq(path, "/data/accounts/111111111111/destinations/q.jsonl");
}
END_TEST

START_TEST(an_arn_says_what_kind_of_destination_it_is)
{
    ck_assert_int_eq(destination_kind("arn:aws:lambda:us-east-1:1:function:f"),
                     DESTINATION_FUNCTION);
    ck_assert_int_eq(destination_kind("arn:aws:sqs:us-east-1:1:lambda"), DESTINATION_FILE);
    ck_assert_int_eq(destination_kind("arn:aws-cn:events:cn-north-1:1:event-bus/b"),
                     DESTINATION_BUS);
    ck_assert_int_eq(destination_kind("arn:aws:eventsource:us-east-1:1:b"), DESTINATION_FILE);
    ck_assert_int_eq(destination_kind("events"), DESTINATION_FILE);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("destination");
    TCase *tcase = tcase_create("destination");

    tcase_add_loop_test(tcase, a_record_is_what_aws_sends_byte_for_byte, 0, ARRAY_LENGTH(records));
    tcase_add_test(tcase, an_event_bus_gets_the_record_as_detail);
    tcase_add_test(tcase, a_dead_letter_is_the_message_that_aws_sends);
    tcase_add_test(tcase, an_error_message_is_cut_to_a_kilobyte_between_characters);
    tcase_add_test(tcase, a_message_id_is_a_uuid_that_depends_on_request_and_event);
    tcase_add_loop_test(tcase, what_a_function_error_says_is_found, 0, ARRAY_LENGTH(errors));
    tcase_add_loop_test(tcase, a_file_is_named_by_the_end_of_the_arn, 0, ARRAY_LENGTH(names));
    tcase_add_test(tcase, other_accounts_have_folders_of_their_own);
    tcase_add_test(tcase, an_arn_says_what_kind_of_destination_it_is);
    suite_add_tcase(suite, tcase);
    return suite;
}
