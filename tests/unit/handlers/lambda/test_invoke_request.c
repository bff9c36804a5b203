#include "handlers/lambda/invoke_request.h"

#include "runtime/dispatch/metrics.h"
#include "tests/support/fake_exchange.h"
#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char configuration[] =
    "{\"Functions\":{"
    "\"hello\":{\"Local\":{\"Command\":[\"cat\"]},\"Versions\":{\"1\":{}},"
    "           \"Aliases\":{\"live\":{\"FunctionVersion\":\"1\"}}},"
    "\"denied\":{\"Local\":{\"Command\":[\"cat\"],\"AccessDenied\":true}},"
    "\"mine\":{\"Local\":{\"Command\":[\"cat\"],\"AllowedAccessKeyIds\":[\"AKIAME\"]}}}}";

#define ID "4bcbe58b-b0cc-47a5-a1d9-79eda1987e58"
#define ARN "arn:aws:lambda:us-east-1:123456789012:function:"
#define PATTERN \
    "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\\\d{1}:)?(\\\\d{12}:)?(function:)?" \
    "([a-zA-Z0-9-_\\\\.]+)(:(\\\\$LATEST(\\\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
#define QUALIFIER_PATTERN "\\\\$(LATEST(\\\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"
#define FAILED "' failed to satisfy constraint: "
#define SOURCE(line, column) \
    "\\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: " line ", column: " column "]"
#define BAD_JSON "Could not parse request body into json: Could not parse payload into json: "
#define NOT_AUTHORIZED(account, resource, policy) \
    "{\"Message\":\"User: arn:aws:iam::" account ":user/local is not authorized to perform: lambda:InvokeFunction on " \
    "resource: " resource " because no " policy " policy allows the lambda:InvokeFunction action\"}"
/* clang-format on */

static struct test_bed bed;
static struct api api;
static struct fake_exchange fake;
static struct invoke_request request;
static bool is_request_read;
static const struct invoke_rules invoke_rules = {.event_payload_max = EVENT_PAYLOAD_MAX,
                                                 .allows_event = true};
static const struct invoke_rules stream_rules = {.event_payload_max = EVENT_PAYLOAD_MAX,
                                                 .allows_event = false};
static const struct invoke_rules async_rules = {
    .is_always_event = true, .event_payload_max = INVOKE_ASYNC_PAYLOAD_MAX, .allows_event = true};

static void set_up(void)
{
    test_bed_open(&bed);
    api = (struct api){.config_store = config_store_new("invoked.json", NULL,
                                                        test_bed_config(&bed, configuration)),
                       .accounts = bed.accounts,
                       .random = bed.random,
                       .log = bed.log};
    ck_assert_ptr_nonnull(api.config_store);
    api.metrics = metrics_new();
    ck_assert_ptr_nonnull(api.metrics);
    is_request_read = false;
}

static void tear_down(void)
{
    if (is_request_read)
        invoke_request_clear(&request);
    fake_exchange_clear(&fake);
    config_store_free(api.config_store);
    metrics_free(api.metrics);
    test_bed_close(&bed);
}

/* `parameter` as it stands in the path; `query` may be NULL. */
static void prepare(const char *parameter, const char *query)
{
    fake_exchange_init(&fake, "POST", "/");
    fake.exchange.parameter = (struct bytes_view){parameter, strlen(parameter)};
    if (query != NULL)
        fake.exchange.query = (struct bytes_view){query, strlen(query)};
}

static bool read_request(const struct invoke_rules *rules)
{
    is_request_read = true;
    const bool is_good = invoke_request_read(&fake.exchange, &api, rules, &request);

    ck_assert_uint_eq(fake.answer_count, is_good ? 0 : 1);
    return is_good;
}

static void assert_refused(const char *status_and_type, const char *body)
{
    char expected[8192];
    const int status = atoi(status_and_type);

    (void)snprintf(expected, sizeof expected,
                   "%d\nContent-Type: application/json\nx-amzn-RequestId: " ID
                   "\nx-amzn-ErrorType: %s\n\n%s",
                   status, status_and_type + 4, body);
    ck_assert_str_eq(fake_exchange_answer(&fake), expected);
}

/* ---- names ---- */

/* clang-format off */
static const struct {
    const char *parameter, *query;
    const char *refusal; /* status and type; NULL: it is good */
    const char *body;    /* or the executed version and the qualifier, "1 live" */
} names[] = {
    {"hello", NULL, NULL, "$LATEST "},
    {"hello:1", NULL, NULL, "1 1"},
    {"hello:live", NULL, NULL, "1 live"},
    {"hello", "Qualifier=live", NULL, "1 live"},
    {"hello:live", "Qualifier=live", NULL, "1 live"},
    {"hello", "Qualifier=%24LATEST", NULL, "$LATEST $LATEST"},
    {"hello%3A%24LATEST", NULL, NULL, "$LATEST $LATEST"},
    {"function:hello", NULL, NULL, "$LATEST "},
    {"123456789012:function:hello:1", NULL, NULL, "1 1"},
    {"us-east-1:123456789012:function:hello", NULL, NULL, "$LATEST "},
    {ARN "hello", NULL, NULL, "$LATEST "},
    {"arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Ahello%3Alive", NULL, NULL, "1 live"},
    {"hello", "x=y&other=1", NULL, "$LATEST "},

    {"doesnotexist", NULL, "404 ResourceNotFoundException",
     "{\"Message\":\"Function not found: " ARN "doesnotexist:$LATEST\",\"Type\":\"User\"}"},
    {"my-function", "Qualifier=live", "404 ResourceNotFoundException",
     "{\"Message\":\"Function not found: " ARN "my-function:live\",\"Type\":\"User\"}"},
    {"hello:non-existent-alias", NULL, "404 ResourceNotFoundException",
     "{\"Message\":\"Function not found: " ARN "hello:non-existent-alias\",\"Type\":\"User\"}"},
    {"hello", "Qualifier=9", "404 ResourceNotFoundException",
     "{\"Message\":\"Function not found: " ARN "hello:9\",\"Type\":\"User\"}"},
    {"hello", "Qualifier=$latest", "404 ResourceNotFoundException",
     "{\"Message\":\"Function not found: " ARN "hello:$latest\",\"Type\":\"User\"}"},
    {"hello", "Qualifier=valid-with-$-but-doesnotexist", "404 ResourceNotFoundException",
     "{\"Message\":\"Function not found: " ARN "hello:valid-with-$-but-doesnotexist\",\"Type\":\"User\"}"},
    {"arn:aws:lambda:us-east-1:123456789012:function", NULL, "404 ResourceNotFoundException",
     "{\"Message\":\"Function not found: " ARN "function:$LATEST\",\"Type\":\"User\"}"},
    {"a2345678901234567890123456789012345678901234567890123456789012345", NULL, "404 ResourceNotFoundException",
     "{\"Message\":\"Function not found: " ARN
     "a2345678901234567890123456789012345678901234567890123456789012345:$LATEST\",\"Type\":\"User\"}"},

    {"arn:aws:lambda:eu-west-1:123456789012:function:hello", NULL, "404 ResourceNotFoundException",
     "{\"Message\":\"Functions from 'eu-west-1' are not reachable in this region ('us-east-1')\",\"Type\":\"User\"}"},
    {"doesnotexist:$LATEST", "Qualifier=1", "400 InvalidParameterValueException",
     "{\"Type\":\"User\",\"message\":\"The derived qualifier from the function name does not match the specified qualifier.\"}"},
    {"hello:live", "Qualifier=1", "400 InvalidParameterValueException",
     "{\"Type\":\"User\",\"message\":\"The derived qualifier from the function name does not match the specified qualifier.\"}"},

    {"my-function!", NULL, "400 ValidationException",
     "{\"message\":\"1 validation error detected: Value 'my-function!' at 'functionName" FAILED
     "Member must satisfy regular expression pattern: " PATTERN "\"}"},
    {"*", NULL, "400 ValidationException",
     "{\"message\":\"1 validation error detected: Value '*' at 'functionName" FAILED
     "Member must satisfy regular expression pattern: " PATTERN "\"}"},
    {"arn%3Aaws%3Aec2%3Aus-east-1%3A123456789012%3Ainstance", NULL, "400 ValidationException",
     "{\"message\":\"1 validation error detected: Value 'arn:aws:ec2:us-east-1:123456789012:instance' at 'functionName" FAILED
     "Member must satisfy regular expression pattern: " PATTERN "\"}"},
    {"hello", "Qualifier=invalid!", "400 ValidationException",
     "{\"message\":\"1 validation error detected: Value 'invalid!' at 'qualifier" FAILED
     "Member must satisfy regular expression pattern: " QUALIFIER_PATTERN "\"}"},
    {"hello!", "Qualifier=invalid!", "400 ValidationException",
     "{\"message\":\"2 validation errors detected: Value 'invalid!' at 'qualifier" FAILED
     "Member must satisfy regular expression pattern: " QUALIFIER_PATTERN "; Value 'hello!' at 'functionName" FAILED
     "Member must satisfy regular expression pattern: " PATTERN "\"}"},
    {"", NULL, "400 ValidationException",
     "{\"message\":\"1 validation error detected: Value '' at 'functionName" FAILED
     "Member must have length greater than or equal to 1\"}"},

    {"arn:aws:lambda:us-east-1:111111111111:function:hello", NULL, "403 AccessDeniedException",
     NOT_AUTHORIZED("123456789012", "arn:aws:lambda:us-east-1:111111111111:function:hello", "resource-based")},
    {"denied", NULL, "403 AccessDeniedException", NOT_AUTHORIZED("123456789012", ARN "denied", "identity-based")},
    {"mine", NULL, "403 AccessDeniedException", NOT_AUTHORIZED("123456789012", ARN "mine", "identity-based")},
};
/* clang-format on */

START_TEST(a_name_is_resolved_or_refused_word_for_word)
{
    prepare(names[_i].parameter, names[_i].query);
    if (names[_i].refusal != NULL) {
        ck_assert(!read_request(&invoke_rules));
        assert_refused(names[_i].refusal, names[_i].body);
        return;
    }
    char expected[512];

    ck_assert(read_request(&invoke_rules));
    (void)snprintf(expected, sizeof expected, "%s %s", request.about.target.version->version,
                   request.about.qualifier);
    ck_assert_str_eq(expected, names[_i].body);
}
END_TEST

/* How long a name and a qualifier may be. */
/* clang-format off */
static const struct {
    size_t name_length, qualifier_length;
    const char *refusal, *end; /* of the body */
} lengths[] = {
    {256, 0, "404", ":$LATEST\",\"Type\":\"User\"}"},
    {257, 0, "400", "' at 'functionName" FAILED "Member must have length less than or equal to 256\"}"},
    {5, 128, "404", "\",\"Type\":\"User\"}"},
    {5, 129, "400", "' at 'qualifier" FAILED "Member must have length less than or equal to 128\"}"},
};
/* clang-format on */

START_TEST(names_and_qualifiers_have_a_greatest_length)
{
    char name[300] = "", query[300] = "Qualifier=";

    memset(name, 'a', lengths[_i].name_length);
    name[lengths[_i].name_length] = '\0';
    memset(query + 10, 'a', lengths[_i].qualifier_length);
    query[10 + lengths[_i].qualifier_length] = '\0';
    prepare(name, lengths[_i].qualifier_length > 0 ? query : NULL);
    ck_assert(!read_request(&invoke_rules));
    const char *answer = fake_exchange_answer(&fake);

    ck_assert(strncmp(answer, lengths[_i].refusal, 3) == 0);
    ck_assert_str_eq(answer + strlen(answer) - strlen(lengths[_i].end), lengths[_i].end);
}
END_TEST

/* ---- headers ---- */

/* clang-format off */
static const struct {
    const char *name, *value;
    const struct invoke_rules *rules;
    const char *refusal, *body; /* NULL: it is good */
} headers[] = {
    {"X-Amz-Invocation-Type", "RequestResponse", &invoke_rules, NULL, NULL},
    {"X-Amz-Invocation-Type", "Event",           &invoke_rules, NULL, NULL},
    {"X-Amz-Invocation-Type", "DryRun",          &invoke_rules, NULL, NULL},
    {"X-Amz-Invocation-Type", "DryRun",          &stream_rules, NULL, NULL},
    {"X-Amz-Invocation-Type", "nonsense",        &async_rules,  NULL, NULL},
    {"x-amzn-RequestId",      ID,                &invoke_rules, NULL, NULL},
    {"x-amzn-RequestId",      "mine",            &invoke_rules, "400 InvalidRequestContentException",
     "{\"Type\":\"User\",\"message\":\"The x-amzn-RequestId header is not a valid UUID string.\"}"},
    {"X-Amz-Tenant-Id",       "tenant-1",        &invoke_rules, "400 InvalidParameterValueException",
     "{\"Type\":\"User\",\"message\":\"The invoked function is not enabled with tenancy configuration. Remove the tenant "
     "ID from your request and try again.\"}"},
    {"X-Amz-Durable-Execution-Name", "order-1",  &stream_rules, "400 InvalidParameterValueException",
     "{\"Type\":\"User\",\"message\":\"You cannot provide a durable execution name to invoke a function without a durable "
     "configuration.\"}"},
    {"X-Amz-Invocation-Type", "dry_run", &invoke_rules, "400 ValidationException",
     "{\"message\":\"1 validation error detected: Value 'dry_run' at 'invocationType" FAILED
     "Member must satisfy enum value set: [DryRun, RequestResponse, Event]\"}"},
    {"X-Amz-Invocation-Type", "event", &invoke_rules, "400 ValidationException",
     "{\"message\":\"1 validation error detected: Value 'event' at 'invocationType" FAILED
     "Member must satisfy enum value set: [DryRun, RequestResponse, Event]\"}"},
    {"X-Amz-Invocation-Type", "", &invoke_rules, "400 ValidationException",
     "{\"message\":\"1 validation error detected: Value '' at 'invocationType" FAILED
     "Member must satisfy enum value set: [DryRun, RequestResponse, Event]\"}"},
    {"X-Amz-Log-Type", "None", &invoke_rules, NULL, NULL},
    {"X-Amz-Log-Type", "Tail", &invoke_rules, NULL, NULL},
    {"X-Amz-Log-Type", "tail", &invoke_rules, "400 ValidationException",
     "{\"message\":\"1 validation error detected: Value 'tail' at 'logType" FAILED
     "Member must satisfy enum value set: [None, Tail]\"}"},
    {"X-Amz-Client-Context", "e30=",     &invoke_rules, NULL, NULL},
    {"X-Amz-Client-Context", "IHsgfSA=", &invoke_rules, NULL, NULL},
    {"X-Amz-Client-Context", "",         &invoke_rules, NULL, NULL},
    {"X-Amz-Client-Context", "not base64", &invoke_rules, "400 InvalidRequestContentException",
     "{\"Type\":\"User\",\"message\":\"Client context must be a valid Base64-encoded JSON object.\"}"},
    {"X-Amz-Client-Context", "e30", &invoke_rules, "400 InvalidRequestContentException",
     "{\"Type\":\"User\",\"message\":\"Client context must be a valid Base64-encoded JSON object.\"}"},
    {"X-Amz-Client-Context", "W10=", &invoke_rules, "400 InvalidRequestContentException",
     "{\"Type\":\"User\",\"message\":\"Client context must be a valid Base64-encoded JSON object.\"}"},
    {"X-Amz-Client-Context", "bnVsbA==", &invoke_rules, "400 InvalidRequestContentException",
     "{\"Type\":\"User\",\"message\":\"Client context must be a valid Base64-encoded JSON object.\"}"},
    {"X-Amz-Client-Context", "e30AfQ==", &invoke_rules, "400 InvalidRequestContentException",
     "{\"Type\":\"User\",\"message\":\"Client context must be a valid Base64-encoded JSON object.\"}"},
};
/* clang-format on */

START_TEST(a_header_is_checked_word_for_word)
{
    prepare("hello", NULL);
    fake_exchange_header(&fake, headers[_i].name, headers[_i].value);
    ck_assert_int_eq(read_request(headers[_i].rules), headers[_i].refusal == NULL);
    if (headers[_i].refusal != NULL)
        assert_refused(headers[_i].refusal, headers[_i].body);
}
END_TEST

START_TEST(the_members_come_out_as_they_were_sent)
{
    struct invocation *invocation;

    prepare("hello:live", NULL);
    fake_exchange_header(&fake, "x-amz-log-type", "Tail");
    fake_exchange_header(&fake, "x-amz-client-context", "eyJjdXN0b20iOnt9fQ==");
    fake_exchange_header(&fake, "x-amzn-trace-id",
                         "Root=1-5fa456b2-beda73b8340f62daf4d397fe;Sampled=1");
    fake_exchange_body(&fake, "[1]", 3);
    ck_assert(read_request(&invoke_rules));
    ck_assert_int_eq(request.type, INVOCATION_REQUEST_RESPONSE);
    ck_assert(request.wants_log);
    ck_assert_str_eq(request.client_context, "{\"custom\":{}}");
    invocation = invoke_request_invocation(&request, &fake.exchange, &api);
    ck_assert_str_eq(invocation->request_id, ID);
    ck_assert_str_eq(invocation->invoked_arn, ARN "hello:live");
    ck_assert_str_eq(invocation->client_context, "{\"custom\":{}}");
    ck_assert_ptr_nonnull(
        strstr(invocation->trace_header, "Root=1-5fa456b2-beda73b8340f62daf4d397fe"));
    ck_assert_ptr_eq(invocation->payload, fake.exchange.body); /* shared, not copied */
    invocation_free(invocation);
}
END_TEST

START_TEST(a_client_context_has_a_greatest_length)
{
    static char text[3588];

    memset(text, 'A', sizeof text - 1);
    prepare("hello", NULL);
    fake_exchange_header(&fake, "X-Amz-Client-Context", text);
    ck_assert(!read_request(&invoke_rules));
    ck_assert_ptr_nonnull(strstr(fake_exchange_answer(&fake), "InvalidRequestContentException"));
    ck_assert_ptr_nonnull(strstr(fake_exchange_answer(&fake), "3583"));
}
END_TEST

/* ---- bodies ---- */

#define BODY(literal) literal, sizeof(literal) - 1

/* clang-format off */
static const struct {
    const char *body;
    size_t length;
    const char *message; /* NULL: it is good */
} bodies[] = {
    {BODY(""), NULL}, {BODY("{}"), NULL}, {BODY("null"), NULL}, {BODY(" 0.0 "), NULL}, {BODY("\"x\""), NULL},
    {BODY("[]"), NULL}, {BODY("true"), NULL},
    {BODY("\x6e\x87\x72\x9e\xe9\xb5\xd7\x49\xee\x9b\x6d\x74"),
     BAD_JSON "Invalid UTF-8 start byte 0x87" SOURCE("1", "3")},
    {BODY("\x99\xeb\x2c\x6a\x07\xa1\x7a\x59\x68"),
     BAD_JSON "Unexpected character ((CTRL-CHAR, code 153)): expected a valid value (JSON String, Number, Array, Object or "
     "token 'null', 'true' or 'false')" SOURCE("1", "1")},
};
/* clang-format on */

START_TEST(a_body_is_checked_word_for_word)
{
    char expected[2048];

    prepare("hello", NULL);
    if (bodies[_i].length > 0)
        fake_exchange_body(&fake, bodies[_i].body, bodies[_i].length);
    ck_assert_int_eq(read_request(&invoke_rules), bodies[_i].message == NULL);
    if (bodies[_i].message == NULL)
        return;
    (void)snprintf(expected, sizeof expected, "{\"Type\":\"User\",\"message\":\"%s\"}",
                   bodies[_i].message);
    assert_refused("400 InvalidRequestContentException", expected);
}
END_TEST

START_TEST(white_space_alone_has_no_column)
{
    prepare("hello", NULL);
    fake_exchange_body(&fake, "  \n ", 4);
    ck_assert(!read_request(&invoke_rules));
    ck_assert_ptr_nonnull(strstr(fake_exchange_answer(&fake), "disabled); line: "));
    ck_assert_ptr_null(strstr(fake_exchange_answer(&fake), "column"));
}
END_TEST

/* How large an event may be. */
/* clang-format off */
static const struct {
    const struct invoke_rules *rules;
    const char *type;
    size_t length;
    const char *body; /* NULL: it is good */
} sizes[] = {
    {&invoke_rules, "Event",           1048576, NULL},
    {&invoke_rules, "RequestResponse", 1048577, NULL},
    {&invoke_rules, "RequestResponse", 6291456, NULL},
    {&invoke_rules, "Event",           1048577,
     "{\"message\":\"1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)\"}"},
    {&async_rules,  NULL,              262144,  NULL},
    {&async_rules,  NULL,              262145,
     "{\"message\":\"262145 byte payload is too large for the Event invocation type (limit 262144 bytes)\"}"},
};
/* clang-format on */

START_TEST(an_event_has_a_greatest_size)
{
    char *body = malloc(sizes[_i].length);

    memset(body, ' ', sizes[_i].length);
    body[0] = '0';
    prepare("hello", NULL);
    if (sizes[_i].type != NULL)
        fake_exchange_header(&fake, "X-Amz-Invocation-Type", sizes[_i].type);
    fake_exchange_body(&fake, body, sizes[_i].length);
    free(body);
    ck_assert_int_eq(read_request(sizes[_i].rules), sizes[_i].body == NULL);
    if (sizes[_i].body != NULL)
        assert_refused("413 RequestEntityTooLargeException", sizes[_i].body);
}
END_TEST

/* ---- the order of the checks ---- */

/* A request that breaks every rule; each row mends one more, and the next check answers. */
/* clang-format off */
static const struct {
    bool is_too_large;
    const char *parameter, *type, *context;
    const char *body;
    const char *refusal; /* NULL: it is good */
} order[] = {
    {true,  "hello!", "event", "*",  "{",  "413 RequestEntityTooLargeException"},
    {false, "hello!", "event", "*",  "{",  "400 ValidationException"},
    {false, "arn:aws:lambda:eu-west-1:111111111111:function:none:1", "Event", "*", "{", "403 AccessDeniedException"},
    {false, "arn:aws:lambda:eu-west-1:123456789012:function:none:1", "Event", "*", "{", "404 ResourceNotFoundException"},
    {false, "none",   "Event", "*",  "{",  "404 ResourceNotFoundException"},
    {false, "hello",  "Event", "*",  "{",  "400 InvalidRequestContentException"},
    {false, "hello",  "Event", "*",  "{}", "400 InvalidRequestContentException"},
    {false, "hello",  "Event", "e30=", "{}", NULL},
};
/* clang-format on */

START_TEST(the_checks_come_in_the_order_of_aws)
{
    prepare(order[_i].parameter, NULL);
    fake_exchange_header(&fake, "X-Amz-Invocation-Type", order[_i].type);
    fake_exchange_header(&fake, "X-Amz-Client-Context", order[_i].context);
    fake_exchange_body(&fake, order[_i].body, strlen(order[_i].body));
    fake.exchange.is_body_too_large = order[_i].is_too_large;
    ck_assert_int_eq(read_request(&invoke_rules), order[_i].refusal == NULL);
    if (order[_i].refusal != NULL)
        ck_assert_ptr_nonnull(strstr(fake_exchange_answer(&fake), order[_i].refusal + 4));
}
END_TEST

START_TEST(bad_json_is_noticed_before_a_bad_client_context)
{
    prepare("hello", NULL);
    fake_exchange_header(&fake, "X-Amz-Client-Context", "*");
    fake_exchange_body(&fake, "{", 1);
    ck_assert(!read_request(&invoke_rules));
    ck_assert_ptr_nonnull(strstr(fake_exchange_answer(&fake), "Could not parse request body"));
}
END_TEST

/* ---- callers ---- */

/* clang-format off */
static const struct {
    const char *authorization;
    const char *key, *account;
} callers[] = {
    {NULL, "", "123456789012"},
    {"", "", "123456789012"},
    {"AWS4-HMAC-SHA256 Credential=AKIAME/20251124/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0",
     "AKIAME", "123456789012"},
    {"AWS4-HMAC-SHA256 SignedHeaders=host,Credential=111111111111/20251124/us-east-1/lambda/aws4_request",
     "111111111111", "111111111111"},
    {"AWS4-HMAC-SHA256 Credential=11111111111/x", "11111111111", "123456789012"},
    {"AWS4-HMAC-SHA256 Credential=1111111111111/x", "1111111111111", "123456789012"},
    {"AWS4-HMAC-SHA256 Credential=11111111111a/x", "11111111111a", "123456789012"},
    {"AWS4-HMAC-SHA256 Credential=", "", "123456789012"},
    {"Bearer 111111111111", "", "123456789012"},
};
/* clang-format on */

START_TEST(the_access_key_id_says_whose_account_it_is)
{
    struct caller caller;

    prepare("hello", NULL);
    if (callers[_i].authorization != NULL)
        fake_exchange_header(&fake, "Authorization", callers[_i].authorization);
    ck_assert(caller_of(&fake.exchange, &api, &caller));
    ck_assert_str_eq(caller.access_key_id, callers[_i].key);
    ck_assert_str_eq(caller.account->id, callers[_i].account);
}
END_TEST

START_TEST(an_access_key_id_beyond_all_bounds_is_none)
{
    static char text[4096] = "Credential=";
    struct caller caller;

    memset(text + 11, '1', sizeof text - 12);
    prepare("hello", NULL);
    fake_exchange_header(&fake, "Authorization", text);
    ck_assert(caller_of(&fake.exchange, &api, &caller));
    ck_assert_str_eq(caller.access_key_id, "");
}
END_TEST

START_TEST(a_listed_access_key_id_may_invoke)
{
    prepare("mine", NULL);
    fake_exchange_header(&fake, "Authorization",
                         "AWS4-HMAC-SHA256 Credential=AKIAME/20251124/us-east-1/lambda/x");
    ck_assert(read_request(&invoke_rules));
}
END_TEST

START_TEST(the_account_of_the_caller_is_that_of_the_arns)
{
    prepare("arn:aws:lambda:us-east-1:123456789012:function:hello", NULL);
    fake_exchange_header(&fake, "Authorization",
                         "AWS4-HMAC-SHA256 Credential=111111111111/20251124/us-east-1/lambda/x");
    ck_assert(!read_request(&invoke_rules));
    assert_refused("403 AccessDeniedException",
                   NOT_AUTHORIZED("111111111111", ARN "hello", "resource-based"));
}
END_TEST

/* ---- refusals of the dispatcher ---- */

/* clang-format off */
static const struct {
    enum dispatch_status status;
    const char *refusal, *body;
} throttles[] = {
    {DISPATCH_FUNCTION_THROTTLED, "429 TooManyRequestsException",
     "{\"Reason\":\"ReservedFunctionConcurrentInvocationLimitExceeded\",\"Type\":\"User\",\"message\":\"Rate Exceeded.\"}"},
    {DISPATCH_ACCOUNT_THROTTLED, "429 TooManyRequestsException",
     "{\"Reason\":\"ConcurrentInvocationLimitExceeded\",\"Type\":\"User\",\"message\":\"Rate Exceeded.\"}"},
};
/* clang-format on */

START_TEST(a_throttle_says_which_limit_was_reached)
{
    prepare("hello", NULL);
    invoke_answer_dispatch(&fake.exchange, throttles[_i].status);
    assert_refused(throttles[_i].refusal, throttles[_i].body);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("invoke_request");
    TCase *tcase = tcase_create("invoke_request");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, a_name_is_resolved_or_refused_word_for_word, 0, ARRAY_LENGTH(names));
    tcase_add_loop_test(tcase, names_and_qualifiers_have_a_greatest_length, 0,
                        ARRAY_LENGTH(lengths));
    tcase_add_loop_test(tcase, a_header_is_checked_word_for_word, 0, ARRAY_LENGTH(headers));
    tcase_add_test(tcase, the_members_come_out_as_they_were_sent);
    tcase_add_test(tcase, a_client_context_has_a_greatest_length);
    tcase_add_loop_test(tcase, a_body_is_checked_word_for_word, 0, ARRAY_LENGTH(bodies));
    tcase_add_test(tcase, white_space_alone_has_no_column);
    tcase_add_loop_test(tcase, an_event_has_a_greatest_size, 0, ARRAY_LENGTH(sizes));
    tcase_add_loop_test(tcase, the_checks_come_in_the_order_of_aws, 0, ARRAY_LENGTH(order));
    tcase_add_test(tcase, bad_json_is_noticed_before_a_bad_client_context);
    tcase_add_loop_test(tcase, the_access_key_id_says_whose_account_it_is, 0,
                        ARRAY_LENGTH(callers));
    tcase_add_test(tcase, an_access_key_id_beyond_all_bounds_is_none);
    tcase_add_test(tcase, a_listed_access_key_id_may_invoke);
    tcase_add_test(tcase, the_account_of_the_caller_is_that_of_the_arns);
    tcase_add_loop_test(tcase, a_throttle_says_which_limit_was_reached, 0, ARRAY_LENGTH(throttles));
    suite_add_tcase(suite, tcase);
    return suite;
}
