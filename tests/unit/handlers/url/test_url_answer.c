#include "handlers/url/url_answer.h"

#include "tests/support/unit.h"

#include <string.h>

#define JSON "Content-Type: application/json\n"

/* clang-format off */
static const struct {
    const char *payload, *answer; /* NULL: it stands for no response */
} cases[] = {
    {"{\"hello\": \"world\"}",              "200\n" JSON "\n{\"hello\":\"world\"}"},
    {"[\"hello\", 3, true]",                "200\n" JSON "\n[\"hello\",3,true]"},
    {"\"hello\"",                           "200\n" JSON "\nhello"},
    {"\"a\\n\\u00e4\\ud83d\\ude00\\ud83d\"", "200\n" JSON "\na\n\xC3\xA4\xF0\x9F\x98\x80\xEF\xBF\xBD"},
    {"3",                                   "200\n" JSON "\n3"},
    {"3.1",                                 "200\n" JSON "\n3.1"},
    {"true",                                "200\n" JSON "\ntrue"},
    {"null",                                "200\n" JSON "\nnull"},
    {" {\"a\" : \"x \\\" y\"} ",            "200\n" JSON "\n{\"a\":\"x \\\" y\"}"},
    {"no JSON",                             "200\n" JSON "\nno JSON"},
    {"",                                    "200\n" JSON "\n"},
    {"{\"statusCode\": null, \"a\": 1}",    "200\n" JSON "\n{\"statusCode\":null,\"a\":1}"},
    {"{\"statusCode\": 200, \"body\": \"body123\"}", "200\n" JSON "\nbody123"},
    {"{\"statusCode\": 200, \"body\": \"{\\\"hello\\\": \\\"world\\\"}\"}", "200\n" JSON "\n{\"hello\": \"world\"}"},
    {"{\"statusCode\": \"404\"}",           "404\n" JSON "\n"},
    {"{\"statusCode\": 204, \"body\": null}", "204\n" JSON "\n"},
    {"{\"statusCode\": 200, \"body\": {\"a\": 1}}", "200\n" JSON "\n{\"a\":1}"},
    {"{\"statusCode\": 200, \"body\": 5}",  "200\n" JSON "\n5"},
    {"{\"statusCode\":302,\"headers\":{\"Location\":\"/x\",\"content-type\":\"text/html\"}}",
     "302\nLocation: /x\ncontent-type: text/html\n\n"},
    {"{\"statusCode\":200,\"headers\":{\"X-N\":5,\"X-B\":true,\"X-0\":null}}", "200\nX-N: 5\nX-B: true\n" JSON "\n"},
    {"{\"statusCode\":200,\"cookies\":[\"a=1\",\"b=2; Secure\"]}", "200\nSet-Cookie: a=1\nSet-Cookie: b=2; Secure\n" JSON "\n"},
    {"{\"statusCode\":200,\"headers\":{\"Content-Length\":\"9\",\"Connection\":\"close\"}}",
     "200\nx-amzn-Remapped-Content-Length: 9\nx-amzn-Remapped-Connection: close\n" JSON "\n"},
    {"{\"statusCode\":200,\"body\":\"aGk=\",\"isBase64Encoded\":true}",  "200\n" JSON "\nhi"},
    {"{\"statusCode\":200,\"body\":\"aGk=\",\"isBase64Encoded\":false}", "200\n" JSON "\naGk="},
    {"{\"statusCode\":200,\"multiValueHeaders\":{\"A\":[\"1\"]}}",       "200\n" JSON "\n"},
    {"{\"statusCode\":200,\"body\":\"a\\u0000b\"}",                      "200\n" JSON "\na"},
    {"{\"statusCode\":200,\"body\":\"h\xC3\xB6\",\"isBase64Encoded\":true}", NULL},
    {"{\"statusCode\":\"abc\"}",            NULL},
    {"{\"statusCode\":99}",                 NULL},
    {"{\"statusCode\":100}",                NULL},
    {"{\"statusCode\":600}",                NULL},
    {"{\"statusCode\":2000}",               NULL},
    {"{\"statusCode\":2e2}",                NULL},
    {"{\"statusCode\":[200]}",              NULL},
    {"{\"statusCode\":200,\"headers\":[]}", NULL},
    {"{\"statusCode\":200,\"headers\":{\"A\":{}}}", NULL},
    {"{\"statusCode\":200,\"headers\":{\"A\":\"x\\r\\nB: y\"}}", NULL},
    {"{\"statusCode\":200,\"headers\":{\"A B\":\"x\"}}", NULL},
    {"{\"statusCode\":200,\"headers\":{\"\":\"x\"}}", NULL},
    {"{\"statusCode\":200,\"cookies\":\"a=1\"}", NULL},
    {"{\"statusCode\":200,\"cookies\":[\"a\\n\"]}", NULL},
};

static const struct {
    const char *payload, *answer;
} cases_1_0[] = {
    {"{\"statusCode\":200,\"multiValueHeaders\":{\"A\":[\"1\",\"2\"]},\"headers\":{\"B\":\"3\"}}",
     "200\nB: 3\nA: 1\nA: 2\n" JSON "\n"},
    {"{\"statusCode\":200,\"cookies\":[\"a=1\"]}", "200\n" JSON "\n"},
    {"{\"hello\":1}", NULL},
    {"\"hello\"",     NULL},
    {"no JSON",       NULL},
};
/* clang-format on */

/* Ended by NUL; the caller releases it. */
static struct bytes *as_text(const struct url_answer *answer)
{
    const struct bytes_view body = bytes_view(answer->body);
    struct bytes *text = NULL;

    ck_assert(bytes_format(&text, "%d\n", answer->status));
    for (size_t i = 0; i < answer->header_count; i++)
        ck_assert(
            bytes_format(&text, "%s: %s\n", answer->headers[i].name, answer->headers[i].value));
    ck_assert(bytes_append(&text, "\n", 1));
    ck_assert(bytes_append(&text, body.data, body.length));
    ck_assert(bytes_append(&text, "", 1));
    return text;
}

static void expect(const char *payload, enum url_format format, const char *expected)
{
    struct bytes *bytes = bytes_copy(payload, strlen(payload));
    struct url_answer answer;
    const bool is_read = url_answer_read(&answer, bytes, format);

    ck_assert_msg(is_read == (expected != NULL), "%s: %s", payload,
                  answer.problem == NULL ? "read" : answer.problem);
    ck_assert_int_eq(answer.problem == NULL, is_read);
    if (is_read) {
        struct bytes *text = as_text(&answer);

        ck_assert_str_eq(text->data, expected);
        bytes_release(text);
    }
    url_answer_clear(&answer);
    bytes_release(bytes);
}

START_TEST(a_payload_becomes_a_response)
{
    expect(cases[_i].payload, URL_FORMAT_2_0, cases[_i].answer);
}
END_TEST

START_TEST(format_1_asks_for_a_status)
{
    expect(cases_1_0[_i].payload, URL_FORMAT_1_0, cases_1_0[_i].answer);
}
END_TEST

START_TEST(a_body_keeps_its_nul_bytes)
{
    static const char payload[] = "{\"statusCode\":200,\"body\":\"a\\u0000b\"}";
    struct bytes *bytes = bytes_copy(payload, strlen(payload));
    struct url_answer answer;

    ck_assert(url_answer_read(&answer, bytes, URL_FORMAT_2_0));
    ck_assert_uint_eq(bytes_view(answer.body).length, 3);
    ck_assert_mem_eq(bytes_view(answer.body).data, "a\0b", 3);
    url_answer_clear(&answer);
    bytes_release(bytes);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("url_answer");
    TCase *tcase = tcase_create("url_answer");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_payload_becomes_a_response, 0, ARRAY_LENGTH(cases));
    tcase_add_loop_test(tcase, format_1_asks_for_a_status, 0, ARRAY_LENGTH(cases_1_0));
    tcase_add_test(tcase, a_body_keeps_its_nul_bytes);
    suite_add_tcase(suite, tcase);
    return suite;
}
