#include "handlers/url/url_event.h"

#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

#define VIEW(text) ((struct bytes_view){(text), strlen(text)})

static struct url_event event;

static void set_up(void)
{
    event = (struct url_event){
        .method = "GET",
        .path = BYTES_VIEW("/"),
        .query = {"", 0},
        .body = {"", 0},
        .route_key = "$default",
        .resource = "/",
        .stage = "$default",
        .account_id = "anonymous",
        .api_id = "abc",
        .domain_name = "abc.lambda-url.us-east-1.localhost",
        .source_ip = "127.0.0.1",
        .request_id = "id",
        .trace_root = "Root=1-2-3",
        .forwarded_port = "3001",
        .time_ms = 1583953383999,
    };
}

static void tear_down(void)
{
    name_values_clear(&event.headers);
    name_values_clear(&event.path_values);
}

static void add_header(const char *name, const char *value)
{
    event.headers.ignores_case = true;
    name_values_add(&event.headers, VIEW(name), VIEW(value));
    name_values_sort(&event.headers);
}

static void expect_in(struct bytes *made, const char *part)
{
    ck_assert_ptr_nonnull(made);
    ck_assert(bytes_append(&made, "", 1));
    ck_assert_msg(strstr(made->data, part) != NULL, "%s\nis not in\n%s", part, made->data);
    bytes_release(made);
}

static void expect_not_in(struct bytes *made, const char *part)
{
    ck_assert_ptr_nonnull(made);
    ck_assert(bytes_append(&made, "", 1));
    ck_assert_msg(strstr(made->data, part) == NULL, "%s\nis in\n%s", part, made->data);
    bytes_release(made);
}

START_TEST(a_request_without_anything_is_the_smallest_event)
{
    struct bytes *made = url_event_2_0(&event);

    ck_assert_ptr_nonnull(made);
    ck_assert(bytes_append(&made, "", 1));
    ck_assert_str_eq(
        made->data,
        "{\"version\":\"2.0\",\"routeKey\":\"$default\",\"rawPath\":\"/\",\"rawQueryString\":\"\","
        "\"headers\":{\"x-amzn-trace-id\":\"Root=1-2-3\",\"x-forwarded-for\":\"127.0.0.1\","
        "\"x-forwarded-port\":\"3001\",\"x-forwarded-proto\":\"http\"},"
        "\"requestContext\":{\"accountId\":\"anonymous\",\"apiId\":\"abc\","
        "\"domainName\":\"abc.lambda-url.us-east-1.localhost\",\"domainPrefix\":\"abc\","
        "\"http\":{\"method\":\"GET\",\"path\":\"/\",\"protocol\":\"HTTP/1.1\","
        "\"sourceIp\":\"127.0.0.1\",\"userAgent\":\"\"},\"requestId\":\"id\","
        "\"routeKey\":\"$default\",\"stage\":\"$default\",\"time\":\"11/Mar/2020:19:03:03 +0000\","
        "\"timeEpoch\":1583953383999},\"isBase64Encoded\":false}");
    bytes_release(made);
}
END_TEST

/* clang-format off */
static const struct {
    const char *query, *joined; /* NULL: no such member */
} queries[] = {
    {"",                NULL},
    {"&&",              NULL},
    {"a=1",             "\"queryStringParameters\":{\"a\":\"1\"}"},
    {"a=1&a=2&b=3",     "\"queryStringParameters\":{\"a\":\"1,2\",\"b\":\"3\"}"},
    {"b=3&a=1&a=2",     "\"queryStringParameters\":{\"a\":\"1,2\",\"b\":\"3\"}"},
    {"a",               "\"queryStringParameters\":{\"a\":\"\"}"},
    {"a=&a",            "\"queryStringParameters\":{\"a\":\",\"}"},
    {"=x",              "\"queryStringParameters\":{\"\":\"x\"}"},
    {"a=b=c",           "\"queryStringParameters\":{\"a\":\"b=c\"}"},
    {"a+b=c+d%2B%26",   "\"queryStringParameters\":{\"a b\":\"c d+&\"}"},
    {"%C3%A4=%E2%82%AC", "\"queryStringParameters\":{\"\xC3\xA4\":\"\xE2\x82\xAC\"}"},
    {"a=%FF%00",        "\"queryStringParameters\":{\"a\":\"\xEF\xBF\xBD\\u0000\"}"},
    {"a&b&c&d&e",       "\"queryStringParameters\":{\"a\":\"\",\"b\":\"\",\"c\":\"\",\"d\":\"\",\"e\":\"\"}"},
};

static const struct {
    const char *content_type, *body, *written;
} bodies[] = {
    {"application/json",                  "{}",  "\"body\":\"{}\",\"isBase64Encoded\":false}"},
    {"Application/JSON; charset=utf-8",   "\"",  "\"body\":\"\\\"\",\"isBase64Encoded\":false}"},
    {"text/plain",                        "\xC3\xA4", "\"body\":\"\xC3\xA4\",\"isBase64Encoded\":false}"},
    {"text/html;charset=utf-8",           "hi",  "\"body\":\"hi\",\"isBase64Encoded\":false}"},
    {"application/xml",                   "hi",  "\"body\":\"hi\",\"isBase64Encoded\":false}"},
    {"application/javascript",            "hi",  "\"body\":\"hi\",\"isBase64Encoded\":false}"},
    {"text/plain",                        "\xFF", "\"body\":\"/w==\",\"isBase64Encoded\":true}"},
    {"application/x-www-form-urlencoded", "a=1", "\"body\":\"YT0x\",\"isBase64Encoded\":true}"},
    {"application/octet-stream",          "hi",  "\"body\":\"aGk=\",\"isBase64Encoded\":true}"},
    {"application/vnd.api+json",          "hi",  "\"body\":\"aGk=\",\"isBase64Encoded\":true}"},
    {"application/jsonx",                 "hi",  "\"body\":\"aGk=\",\"isBase64Encoded\":true}"},
    {"text",                              "hi",  "\"body\":\"aGk=\",\"isBase64Encoded\":true}"},
    {NULL,                                "hi",  "\"body\":\"aGk=\",\"isBase64Encoded\":true}"},
};
/* clang-format on */

START_TEST(query_parameters_are_decoded_and_joined)
{
    event.query = VIEW(queries[_i].query);
    if (queries[_i].joined == NULL)
        expect_not_in(url_event_2_0(&event), "queryStringParameters");
    else
        expect_in(url_event_2_0(&event), queries[_i].joined);
}
END_TEST

START_TEST(the_content_type_decides_on_base64)
{
    if (bodies[_i].content_type != NULL)
        add_header("content-type", bodies[_i].content_type);
    event.body = VIEW(bodies[_i].body);
    expect_in(url_event_2_0(&event), bodies[_i].written);
    expect_in(url_event_1_0(&event), bodies[_i].written);
}
END_TEST

START_TEST(headers_are_folded_and_those_of_the_connection_left_out)
{
    add_header("x-b", "1");
    add_header("x-a", "3");
    add_header("x-b", "2");
    add_header("connection", "keep-alive");
    add_header("transfer-encoding", "chunked");
    add_header("x-forwarded-for", "10.0.0.1");
    expect_in(url_event_2_0(&event),
              "\"headers\":{\"x-a\":\"3\",\"x-amzn-trace-id\":\"Root=1-2-3\",\"x-b\":\"1,2\","
              "\"x-forwarded-for\":\"10.0.0.1,127.0.0.1\",\"x-forwarded-port\":\"3001\","
              "\"x-forwarded-proto\":\"http\"}");
}
END_TEST

START_TEST(cookies_are_a_list_in_the_place_of_their_header)
{
    add_header("cookie", "a=1; b=2;c=3");
    add_header("cookie", "d=4");
    expect_in(url_event_2_0(&event), "\"cookies\":[\"a=1\",\"b=2\",\"c=3\",\"d=4\"],\"headers\":");
    expect_not_in(url_event_2_0(&event), "\"cookie\":");
}
END_TEST

START_TEST(a_signer_is_named)
{
    event.account_id = "111111111111";
    event.signer = (struct url_signer){"AKIALOCAL", "111111111111"};
    expect_in(url_event_2_0(&event),
              "\"accountId\":\"111111111111\",\"apiId\":\"abc\",\"authentication\":null,"
              "\"authorizer\":{\"iam\":{\"accessKey\":\"AKIALOCAL\","
              "\"accountId\":\"111111111111\",");
}
END_TEST

START_TEST(parameters_of_the_path_are_there_when_the_route_has_some)
{
    name_values_add(&event.path_values, BYTES_VIEW("id"), BYTES_VIEW("7"));
    event.route_key = "GET /pets/{id}";
    expect_in(url_event_2_0(&event), "\"pathParameters\":{\"id\":\"7\"}");
    expect_in(url_event_2_0(&event), "\"routeKey\":\"GET /pets/{id}\"");
}
END_TEST

START_TEST(format_1_has_every_value_twice)
{
    add_header("x-b", "1");
    add_header("x-b", "2");
    add_header("cookie", "a=1");
    event.query = BYTES_VIEW("q=1&q=2");
    event.resource = "/pets/{id}";
    name_values_add(&event.path_values, BYTES_VIEW("id"), BYTES_VIEW("7"));
    expect_in(url_event_1_0(&event), "{\"version\":\"1.0\",\"resource\":\"/pets/{id}\",\"path\":\"/"
                                     "\",\"httpMethod\":\"GET\",\"headers\":{\"cookie\":\"a=1\"");
    expect_in(url_event_1_0(&event), "\"x-b\":\"2\"");
    expect_in(url_event_1_0(&event), "\"x-b\":[\"1\",\"2\"]");
    expect_in(url_event_1_0(&event),
              "\"queryStringParameters\":{\"q\":\"2\"},\"multiValueQueryStringParameters\":"
              "{\"q\":[\"1\",\"2\"]}");
    expect_in(url_event_1_0(&event), "\"pathParameters\":{\"id\":\"7\"},\"stageVariables\":null,"
                                     "\"body\":null,\"isBase64Encoded\":false}");
}
END_TEST

START_TEST(format_1_says_null_where_there_is_nothing)
{
    expect_in(url_event_1_0(&event),
              "\"queryStringParameters\":null,\"multiValueQueryStringParameters\":null");
    expect_in(url_event_1_0(&event), "\"pathParameters\":null");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("url_event");
    TCase *tcase = tcase_create("url_event");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_request_without_anything_is_the_smallest_event);
    tcase_add_loop_test(tcase, query_parameters_are_decoded_and_joined, 0, ARRAY_LENGTH(queries));
    tcase_add_loop_test(tcase, the_content_type_decides_on_base64, 0, ARRAY_LENGTH(bodies));
    tcase_add_test(tcase, headers_are_folded_and_those_of_the_connection_left_out);
    tcase_add_test(tcase, cookies_are_a_list_in_the_place_of_their_header);
    tcase_add_test(tcase, a_signer_is_named);
    tcase_add_test(tcase, parameters_of_the_path_are_there_when_the_route_has_some);
    tcase_add_test(tcase, format_1_has_every_value_twice);
    tcase_add_test(tcase, format_1_says_null_where_there_is_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
