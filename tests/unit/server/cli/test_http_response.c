#include "server/cli/http_response.h"

#include "server/cli/http_client.h"
#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

/* Each piece is an exact-size heap block, so that a sanitizer sees a byte that is read too far. */
static enum http_response_status parse(const char *text, size_t length, size_t piece,
                                       struct http_response *response)
{
    http_response_init(response);
    for (size_t at = 0; at < length; at += piece) {
        const size_t next = length - at < piece ? length - at : piece;
        char *const block = malloc(next);

        ck_assert_ptr_nonnull(block);
        memcpy(block, text + at, next);
        (void)http_response_feed(response, (struct bytes_view){block, next});
        free(block);
    }
    return response->state;
}

/* clang-format off */
static const struct {
    const char *received;
    bool has_ended;
    enum http_response_status expected;
    unsigned status;
    const char *body;
} cases[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",    false, HTTP_RESPONSE_WHOLE, 200, "abc"},
    {"HTTP/1.1 200 OK\r\ncontent-length:3  \r\n\r\nabcde", false, HTTP_RESPONSE_WHOLE, 200, "abc"},
    {"HTTP/1.0 404\r\nContent-Length: 0\r\n\r\n",          false, HTTP_RESPONSE_WHOLE, 404, ""},
    {"HTTP/1.1 204 No Content\r\n\r\n",                    false, HTTP_RESPONSE_WHOLE, 204, ""},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", false, HTTP_RESPONSE_WHOLE, 204, ""},
    {"HTTP/1.1 200 OK\r\n\r\nabc",                         true,  HTTP_RESPONSE_WHOLE, 200, "abc"},
    {"HTTP/1.1 200 OK\r\n\r\n",                            true,  HTTP_RESPONSE_WHOLE, 200, ""},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", false, HTTP_RESPONSE_WHOLE, 200, "x"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\n\r\n",
                                                           false, HTTP_RESPONSE_WHOLE, 200, "abc0123456789"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: 1\r\n\r\n", false, HTTP_RESPONSE_WHOLE, 200, ""},

    {"",                                                   true,  HTTP_RESPONSE_UNFINISHED, 0, NULL},
    {"HTT",                                                false, HTTP_RESPONSE_UNFINISHED, 0, NULL},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n",           true,  HTTP_RESPONSE_UNFINISHED, 0, NULL},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",     true,  HTTP_RESPONSE_UNFINISHED, 0, NULL},
    {"HTTP/1.1 200 OK\r\n\r\nabc",                         false, HTTP_RESPONSE_UNFINISHED, 0, NULL},
    {"HTTP/1.1 100 Continue\r\n\r\n",                      true,  HTTP_RESPONSE_UNFINISHED, 0, NULL},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3",            true, HTTP_RESPONSE_UNFINISHED, 0, NULL},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",      true, HTTP_RESPONSE_UNFINISHED, 0, NULL},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", true, HTTP_RESPONSE_UNFINISHED, 0, NULL},

    {"SSH-2.0-OpenSSH_9.2\r\n",                            false, HTTP_RESPONSE_MALFORMED, 0, NULL},
    {"HTTP/2.0 200 OK\r\n\r\n",                            true,  HTTP_RESPONSE_MALFORMED, 0, NULL},
    {"HTTP/1.1 20\r\n\r\n",                                true,  HTTP_RESPONSE_MALFORMED, 0, NULL},
    {"HTTP/1.1 2000 OK\r\n\r\n",                           true,  HTTP_RESPONSE_MALFORMED, 0, NULL},
    {"HTTP/1.1 099 OK\r\n\r\n",                            true,  HTTP_RESPONSE_MALFORMED, 0, NULL},
    {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",      true,  HTTP_RESPONSE_MALFORMED, 0, NULL},
    {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", true, HTTP_RESPONSE_MALFORMED, 0, NULL},
    {"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",         true,  HTTP_RESPONSE_MALFORMED, 0, NULL},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",        true, HTTP_RESPONSE_MALFORMED, 0, NULL},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", true, HTTP_RESPONSE_MALFORMED, 0, NULL},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\nab", true, HTTP_RESPONSE_UNFINISHED, 0, NULL},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nab", true, HTTP_RESPONSE_MALFORMED, 0, NULL},
};
/* clang-format on */

START_TEST(parses_every_kind_of_response)
{
    const char *text = cases[_i].received;

    for (int i = 0; i < 2; i++) { /* byte by byte, and whole */
        struct http_response response;
        enum http_response_status status =
            parse(text, strlen(text), i == 0 ? 1 : strlen(text), &response);

        if (cases[_i].has_ended)
            status = http_response_feed(&response, (struct bytes_view){NULL, 0});
        ck_assert_int_eq(status, cases[_i].expected);
        if (cases[_i].body != NULL) {
            const struct bytes_view body = bytes_view(response.body);

            ck_assert_uint_eq(response.status, cases[_i].status);
            ck_assert_uint_eq(body.length, strlen(cases[_i].body));
            ck_assert_mem_eq(body.data, cases[_i].body, body.length);
        }
        http_response_clear(&response);
    }
}
END_TEST

START_TEST(a_response_is_complete_at_its_last_byte)
{
    static const char *const whole[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
    };
    struct http_response response;

    for (size_t length = 0; length <= strlen(whole[_i]); length++) {
        ck_assert_int_eq(parse(whole[_i], length, length, &response),
                         length == strlen(whole[_i]) ? HTTP_RESPONSE_WHOLE
                                                     : HTTP_RESPONSE_UNFINISHED);
        http_response_clear(&response);
    }
}
END_TEST

START_TEST(finds_headers_in_any_case_and_no_others)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\nX-Third: interim\r\n\r\n"
                               "HTTP/1.1 204 OK\r\nX-First:  one two \t\r\nx-second:\r\n"
                               "X-Firsts: no\r\n\r\n";
    struct http_response response;

    ck_assert_int_eq(parse(text, sizeof text - 1, 1, &response), HTTP_RESPONSE_WHOLE);
    const struct bytes_view first = http_response_header(&response, "x-FIRST");

    ck_assert_uint_eq(first.length, strlen("one two"));
    ck_assert_mem_eq(first.data, "one two", first.length);
    ck_assert_ptr_nonnull(http_response_header(&response, "X-Second").data);
    ck_assert_uint_eq(http_response_header(&response, "X-Second").length, 0);
    ck_assert_ptr_null(http_response_header(&response, "X-Third").data);
    ck_assert_ptr_null(http_response_header(&response, "one two").data);
    http_response_clear(&response);
}
END_TEST

START_TEST(a_head_without_end_is_no_answer)
{
    const size_t length = 70000;
    char *const text = malloc(length);
    struct http_response response;

    ck_assert_ptr_nonnull(text);
    memset(text, 'x', length);
    memcpy(text, "HTTP/1.1 200 OK\r\nA: ", strlen("HTTP/1.1 200 OK\r\nA: "));
    ck_assert_int_eq(parse(text, 60000, 1000, &response), HTTP_RESPONSE_UNFINISHED);
    http_response_clear(&response);
    ck_assert_int_eq(parse(text, length, 1000, &response), HTTP_RESPONSE_MALFORMED);
    http_response_clear(&response);
    free(text);
}
END_TEST

/* clang-format off */
static const struct {
    const char *url, *host, *port, *path, *authority; /* host NULL: no such address */
} addresses[] = {
    {"http://127.0.0.1:3001",         "127.0.0.1",   "3001", "",      "127.0.0.1:3001"},
    {"http://localhost",              "localhost",   "80",   "",      "localhost"},
    {"http://localhost:3001/",        "localhost",   "3001", "",      "localhost:3001"},
    {"http://localhost:3001/base/x/", "localhost",   "3001", "/base/x", "localhost:3001"},
    {"http://[::1]:3001/base",        "::1",         "3001", "/base", "[::1]:3001"},
    {"https://localhost:3001",        NULL, NULL, NULL, NULL},
    {"localhost:3001",                NULL, NULL, NULL, NULL},
    {"http://",                       NULL, NULL, NULL, NULL},
    {"http://:3001",                  NULL, NULL, NULL, NULL},
    {"http://localhost:",             NULL, NULL, NULL, NULL},
    {"http://localhost:x",            NULL, NULL, NULL, NULL},
    {"http://localhost:3001x",        NULL, NULL, NULL, NULL},
    {"http://localhost:123456",       NULL, NULL, NULL, NULL},
    {"http://[::1:3001",              NULL, NULL, NULL, NULL},
    {"http://user@localhost:3001",    NULL, NULL, NULL, NULL},
    {"http://localhost:3001/?a",      NULL, NULL, NULL, NULL},
    {"http://localhost:3001/ HTTP/1.1\r\nX: y", NULL, NULL, NULL, NULL},
};
/* clang-format on */

START_TEST(takes_addresses_apart)
{
    struct http_address address;
    const bool is_good = http_address_parse(addresses[_i].url, &address);

    ck_assert_int_eq(is_good, addresses[_i].host != NULL);
    if (!is_good)
        return;
    ck_assert_str_eq(address.host, addresses[_i].host);
    ck_assert_str_eq(address.port, addresses[_i].port);
    ck_assert_str_eq(address.path, addresses[_i].path);
    ck_assert_str_eq(address.authority, addresses[_i].authority);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *const suite = suite_create("http_response");
    TCase *const parsing = tcase_create("parsing");

    tcase_add_loop_test(parsing, parses_every_kind_of_response, 0, ARRAY_LENGTH(cases));
    tcase_add_loop_test(parsing, a_response_is_complete_at_its_last_byte, 0, 2);
    tcase_add_test(parsing, finds_headers_in_any_case_and_no_others);
    tcase_add_test(parsing, a_head_without_end_is_no_answer);
    tcase_add_loop_test(parsing, takes_addresses_apart, 0, ARRAY_LENGTH(addresses));
    suite_add_tcase(suite, parsing);
    return suite;
}
