#include "server/runtime_port/http_request.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Copies to an exact-size block first, so that the sanitizer sees a read beyond the end. */
static enum http_status parse(const char *text, size_t length, struct http_request *request,
                              char **copy)
{
    *copy = malloc(length > 0 ? length : 1);
    ck_assert_ptr_nonnull(*copy);
    memcpy(*copy, text, length);
    return http_request_parse(*copy, length, request);
}

static void assert_view(struct bytes_view view, const char *text)
{
    ck_assert_msg(view.length == strlen(text) && memcmp(view.data, text, view.length) == 0,
                  "is %.*s, not %s", (int)view.length, view.data, text);
}

/* ---- heads ---- */

/* clang-format off */
static const struct {
    const char *head;
    const char *method, *target;
    bool is_chunked, has_content_length;
    uint64_t content_length;
    bool keeps_alive, expects_continue;
} good[] = {
    {"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: 127.0.0.1:9001\r\n\r\n",
     "GET", "/2018-06-01/runtime/invocation/next", false, false, 0, true, false},
    {"GET / HTTP/1.1\r\n\r\n", "GET", "/", false, false, 0, true, false},
    {"GET / HTTP/1.0\r\n\r\n", "GET", "/", false, false, 0, false, false},
    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET", "/", false, false, 0, true, false},
    {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "GET", "/", false, false, 0, false, false},
    {"GET / HTTP/1.1\r\nConnection: Upgrade , CLOSE\r\n\r\n", "GET", "/", false, false, 0, false, false},
    {"GET / HTTP/1.1\r\nConnection: enclosed\r\n\r\n", "GET", "/", false, false, 0, true, false},
    {"POST /a?b=c HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "POST", "/a?b=c", false, true, 5, true, false},
    {"POST / HTTP/1.1\r\ncontent-length:0\r\n\r\n", "POST", "/", false, true, 0, true, false},
    {"POST / HTTP/1.1\r\nContent-Length: \t 12 \t\r\n\r\n", "POST", "/", false, true, 12, true, false},
    {"POST / HTTP/1.1\r\nContent-Length: 999999999999999999\r\n\r\n",
     "POST", "/", false, true, UINT64_C(999999999999999999), true, false},
    {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "POST", "/", true, false, 0, true, false},
    {"POST / HTTP/1.1\r\nTRANSFER-ENCODING:Chunked\r\n\r\n", "POST", "/", true, false, 0, true, false},
    {"POST / HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n", "POST", "/", false, true, 1, true, true},
    {"POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n", "POST", "/", false, true, 1, false, false},
    {"POST / HTTP/1.1\r\nContent-Length: 1\r\nExpect:\r\n\r\n", "POST", "/", false, true, 1, true, false},
    {"GET / HTTP/1.1\r\nX: a\tb\xc3\xa4\r\nEmpty:\r\n\r\n", "GET", "/", false, false, 0, true, false},
    {"M-SEARCH /%00 HTTP/1.1\r\n\r\n", "M-SEARCH", "/%00", false, false, 0, true, false},
};
/* clang-format on */

START_TEST(a_sound_head_is_taken_apart)
{
    struct http_request request;
    const char *text = good[_i].head;
    char *copy;

    ck_assert_int_eq(parse(text, strlen(text), &request, &copy), HTTP_COMPLETE);
    ck_assert_uint_eq(request.head_length, (size_t)(strstr(text, "\r\n\r\n") + 4 - text));
    assert_view(request.method, good[_i].method);
    assert_view(request.target, good[_i].target);
    ck_assert_int_eq(request.is_chunked, good[_i].is_chunked);
    ck_assert_int_eq(request.has_content_length, good[_i].has_content_length);
    ck_assert_uint_eq(request.content_length, good[_i].content_length);
    ck_assert_int_eq(request.keeps_alive, good[_i].keeps_alive);
    ck_assert_int_eq(request.expects_continue, good[_i].expects_continue);
    free(copy);
}
END_TEST

START_TEST(a_head_is_incomplete_until_its_last_byte)
{
    const char *text = good[_i].head;
    const size_t head_length = (size_t)(strstr(text, "\r\n\r\n") + 4 - text);
    struct http_request request;

    for (size_t length = 0; length < head_length; length++) {
        char *copy;

        ck_assert_int_eq(parse(text, length, &request, &copy), HTTP_INCOMPLETE);
        free(copy);
    }
}
END_TEST

/* Lengths are given where a NUL stands inside. */
#define HEAD(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

/* clang-format off */
static const struct {
    const char *head;
    size_t length;
} bad[] = {
    /* Two lengths, or two ways to say it: what proxies and servers smuggle requests by. */
    HEAD("POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"),
    HEAD("POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"),
    HEAD("POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\n"),
    HEAD("POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
    HEAD("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
    HEAD("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
    HEAD("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
    HEAD("POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n"),
    HEAD("POST / HTTP/1.1\r\nTransfer-Encoding: chunked;q=1\r\n\r\n"),
    HEAD("POST / HTTP/1.1\r\nTransfer-Encoding:\x0b" "chunked\r\n\r\n"),
    HEAD("POST / HTTP/1.1\r\nTransfer-Encoding:\r\n\r\n"),
    HEAD("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    /* Lengths that are no number. */
    HEAD("POST / HTTP/1.1\r\nContent-Length:\r\n\r\n"),
    HEAD("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
    HEAD("POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n"),
    HEAD("POST / HTTP/1.1\r\nContent-Length: 0x10\r\n\r\n"),
    HEAD("POST / HTTP/1.1\r\nContent-Length: 1 2\r\n\r\n"),
    HEAD("POST / HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n"),
    HEAD("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"),
    HEAD("POST / HTTP/1.1\r\nContent-Length: 18446744073709551617\r\n\r\n"),
    /* Line ends and folding. */
    HEAD("GET / HTTP/1.1\nHost: a\n\n"),
    HEAD("GET / HTTP/1.1\n\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nX: a\r\n\tb\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\n X: a\r\n\r\n"),
    HEAD("\r\nGET / HTTP/1.1\r\n\r\n"),
    HEAD("\r\n\r\n"),
    /* Names of headers. */
    HEAD("GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nContent-Length : 5\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nContent-Length\t: 5\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\n: a\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHost\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHo\xc3\xa4st: a\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHo(st): a\r\n\r\n"),
    /* Control characters. */
    HEAD("GET / HTTP/1.1\r\nX: a\0b\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nX\0: a\r\n\r\n"),
    HEAD("GET /\0 HTTP/1.1\r\n\r\n"),
    HEAD("GET /\x01 HTTP/1.1\r\n\r\n"),
    HEAD("G\0T / HTTP/1.1\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nX: \x1b[2J\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nX: \x7f\r\n\r\n"),
    HEAD("GET /\t HTTP/1.1\r\n\r\n"),
    /* The first line. */
    HEAD("GET /\r\n\r\n"),
    HEAD("GET\r\n\r\n"),
    HEAD("GET  HTTP/1.1\r\n\r\n"),
    HEAD(" GET / HTTP/1.1\r\n\r\n"),
    HEAD("GET /  HTTP/1.1\r\n\r\n"),
    HEAD("GET  / HTTP/1.1\r\n\r\n"),
    HEAD("GET / HTTP/1.1 \r\n\r\n"),
    HEAD("GET /a b HTTP/1.1\r\n\r\n"),
    HEAD("GET\t/\tHTTP/1.1\r\n\r\n"),
    HEAD("GET / HTTP/2.0\r\n\r\n"),
    HEAD("GET / HTTP/1.11\r\n\r\n"),
    HEAD("GET / http/1.1\r\n\r\n"),
    HEAD("GET / HTTP/0.9\r\n\r\n"),
    HEAD("GET http://127.0.0.1/ HTTP/1.1\r\n\r\n"),
    HEAD("CONNECT 127.0.0.1:80 HTTP/1.1\r\n\r\n"),
    HEAD("OPTIONS * HTTP/1.1\r\n\r\n"),
    HEAD("G@T / HTTP/1.1\r\n\r\n"),
    HEAD("\x16\x03\x01\x02\r\n\r\n"),
};
/* clang-format on */

START_TEST(a_malicious_head_is_malformed)
{
    struct http_request request;
    char *copy;

    ck_assert_int_eq(parse(bad[_i].head, bad[_i].length, &request, &copy), HTTP_MALFORMED);
    free(copy);
}
END_TEST

START_TEST(headers_are_found_whatever_their_case)
{
    static const char text[] =
        "POST / HTTP/1.1\r\nHost: a\r\nX-One:  first \r\nx-one: second\r\nEmpty:\r\n\r\n";
    struct http_request request;

    ck_assert_int_eq(http_request_parse(text, sizeof text - 1, &request), HTTP_COMPLETE);
    ck_assert_uint_eq(request.header_count, 4);
    assert_view(http_request_header(&request, "X-ONE"), "first");
    assert_view(http_request_header(&request, "empty"), "");
    ck_assert_ptr_nonnull(http_request_header(&request, "empty").data);
    ck_assert_ptr_null(http_request_header(&request, "X-On").data);
    ck_assert_ptr_null(http_request_header(&request, "X-Ones").data);
}
END_TEST

/* "GET / HTTP/1.1", one header of `padding` bytes, and the blank line. */
static struct bytes *make_large(size_t padding, bool has_end)
{
    static const char first[] = "GET / HTTP/1.1\r\nX: ";
    struct bytes *bytes = bytes_copy(first, sizeof first - 1);
    char *room = bytes_reserve(&bytes, padding);

    memset(room, 'x', padding);
    bytes->length += padding;
    if (has_end)
        ck_assert(bytes_append(&bytes, "\r\n\r\n", 4));
    return bytes;
}

START_TEST(a_head_may_be_as_large_as_an_error_cause_and_no_larger)
{
    const size_t frame = strlen("GET / HTTP/1.1\r\nX: \r\n\r\n");
    const struct {
        size_t padding;
        bool has_end;
        enum http_status status;
    } cases[] = {
        {1 << 20, true, HTTP_COMPLETE},
        {HTTP_HEAD_MAX - frame, true, HTTP_COMPLETE},
        {HTTP_HEAD_MAX - frame + 1, true, HTTP_TOO_LARGE},
        {1 << 20, false, HTTP_INCOMPLETE},
        {HTTP_HEAD_MAX, false, HTTP_TOO_LARGE},
    };

    for (int i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct bytes *head = make_large(cases[i].padding, cases[i].has_end);
        struct http_request request;

        ck_assert_int_eq(http_request_parse(head->data, head->length, &request), cases[i].status);
        bytes_release(head);
    }
}
END_TEST

START_TEST(more_headers_than_there_is_room_for_are_malformed)
{
    for (unsigned count = HTTP_HEADERS_MAX; count <= HTTP_HEADERS_MAX + 1; count++) {
        struct bytes *head = bytes_copy("GET / HTTP/1.1\r\n", 16);
        struct http_request request;

        for (unsigned i = 0; i < count; i++)
            ck_assert(bytes_format(&head, "X-%u: %u\r\n", i, i));
        ck_assert(bytes_append(&head, "\r\n", 2));
        ck_assert_int_eq(http_request_parse(head->data, head->length, &request),
                         count == HTTP_HEADERS_MAX ? HTTP_COMPLETE : HTTP_MALFORMED);
        bytes_release(head);
    }
}
END_TEST

/* ---- chunks ---- */

struct decoded {
    struct bytes *data, *trailers;
    enum http_status status;
    size_t used;
};

/* Feeds the text up to `length`, of which only `split` bytes have arrived at first. */
static struct decoded decode(const char *text, size_t length, size_t split)
{
    struct http_chunks chunks = {.rest = 0};
    struct decoded decoded = {.status = HTTP_INCOMPLETE};
    size_t arrived = split;

    for (;;) {
        struct http_chunk_step step;
        char *copy = malloc(arrived - decoded.used + 1);

        memcpy(copy, text + decoded.used, arrived - decoded.used);
        decoded.status = http_chunks_step(&chunks, copy, arrived - decoded.used, &step);
        ck_assert_uint_le(step.used, arrived - decoded.used);
        ck_assert(bytes_append(&decoded.data, step.data.data, step.data.length));
        if (step.trailer.length > 0)
            ck_assert(bytes_format(&decoded.trailers, "%.*s|", (int)step.trailer.length,
                                   step.trailer.data));
        free(copy);
        decoded.used += step.used;
        if (decoded.status != HTTP_INCOMPLETE)
            return decoded;
        if (step.used > 0)
            continue;
        if (arrived == length)
            return decoded;
        arrived = split == 0 ? arrived + 1 : length;
    }
}

static void decoded_clear(struct decoded *decoded)
{
    bytes_release(decoded->data);
    bytes_release(decoded->trailers);
}

/* clang-format off */
static const struct {
    const char *text;
    enum http_status status;
    const char *data, *trailers;
    const char *behind; /* what stands behind the body and is not its own */
} bodies[] = {
    {"0\r\n\r\n",                                     HTTP_COMPLETE, "", "", ""},
    {"5\r\nhello\r\n0\r\n\r\n",                       HTTP_COMPLETE, "hello", "", ""},
    {"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\nGET /",        HTTP_COMPLETE, "hello!", "", "GET /"},
    {"00a\r\n0123456789\r\n000\r\n\r\n",              HTTP_COMPLETE, "0123456789", "", ""},
    {"A\r\n0123456789\r\n0\r\n\r\n",                  HTTP_COMPLETE, "0123456789", "", ""},
    {"2\r\n\r\n\r\n0\r\n\r\n",                        HTTP_COMPLETE, "\r\n", "", ""},
    {"1;name=value;x=\"y\"\r\nz\r\n0;last\r\n\r\n",   HTTP_COMPLETE, "z", "", ""},
    {"1 \t;a\r\nz\r\n0\r\n\r\n",                      HTTP_COMPLETE, "z", "", ""},
    {"1\r\nz\r\n0\r\nLambda-Runtime-Function-Error-Type: E\r\nB: c\r\n\r\n",
     HTTP_COMPLETE, "z", "Lambda-Runtime-Function-Error-Type: E|B: c|", ""},
    {"0\r\nA: b\r\n\r\n\r\n",                         HTTP_COMPLETE, "", "A: b|", "\r\n"},
    /* cut short */
    {"",                                              HTTP_INCOMPLETE, "", "", ""},
    {"5",                                             HTTP_INCOMPLETE, "", "", ""},
    {"5\r\nhel",                                      HTTP_INCOMPLETE, "hel", "", ""},
    {"5\r\nhello",                                    HTTP_INCOMPLETE, "hello", "", ""},
    {"5\r\nhello\r\n0\r\n",                           HTTP_INCOMPLETE, "hello", "", ""},
    {"5\r\nhello\r\n0\r\nA: b",                       HTTP_INCOMPLETE, "hello", "", "A: b"},
    {"ffffffffffff\r\nx",                             HTTP_INCOMPLETE, "x", "", ""},
};

static const struct {
    const char *text;
    size_t length;
} bad_bodies[] = {
    HEAD("\r\n"), HEAD("g\r\n"), HEAD("-1\r\n"), HEAD("0x1\r\n"), HEAD(" 1\r\nz\r\n"), HEAD(";\r\n"), HEAD("1 2\r\n"),
    HEAD("1000000000000\r\n"), HEAD("0000000000000\r\n\r\n"),
    /* a line end that is none: another server might see the chunk begin elsewhere */
    HEAD("1\nz\r\n0\r\n\r\n"), HEAD("1;a\nz\r\n0\r\n\r\n"), HEAD("1 \nz\r\n"), HEAD("1\r;\nz\r\n"), HEAD("1\rz"),
    HEAD("1;a\rb\r\nz\r\n"), HEAD("1\r\r\nz\r\n"),
    HEAD("1\0\r\nz\r\n"), HEAD("1;\0\r\nz\r\n"), HEAD("1;\x1b\r\nz\r\n"), HEAD("1;\x7f\r\nz\r\n"),
    HEAD("1\r\nzz\r\n"), HEAD("1\r\nz\n0\r\n\r\n"), HEAD("1\r\nz\r0"), HEAD("1\r\nz0\r\n\r\n"),
    HEAD("0\r\n\n"), HEAD("0\r\nA: b\n\r\n"),
};
/* clang-format on */

START_TEST(a_chunked_body_is_decoded_however_it_arrives)
{
    const char *text = bodies[_i].text;
    const size_t length = strlen(text);

    for (size_t split = 0; split <= length; split++) { /* 0: byte by byte */
        struct decoded decoded = decode(text, length, split);

        ck_assert_int_eq(decoded.status, bodies[_i].status);
        assert_view(bytes_view(decoded.data), bodies[_i].data);
        assert_view(bytes_view(decoded.trailers), bodies[_i].trailers);
        ck_assert_str_eq(text + decoded.used, bodies[_i].behind);
        decoded_clear(&decoded);
    }
}
END_TEST

START_TEST(a_malformed_chunk_is_refused_however_it_arrives)
{
    for (size_t split = 0; split <= bad_bodies[_i].length; split++) {
        struct decoded decoded = decode(bad_bodies[_i].text, bad_bodies[_i].length, split);

        ck_assert_int_eq(decoded.status, HTTP_MALFORMED);
        decoded_clear(&decoded);
    }
}
END_TEST

START_TEST(extensions_and_trailers_are_bounded)
{
    struct http_chunks chunks = {.rest = 0};
    struct http_chunk_step step;
    enum http_status status = http_chunks_step(&chunks, "1;", 2, &step);
    struct bytes *trailer = make_large(HTTP_HEAD_MAX, false);
    size_t count;

    for (count = 0; status == HTTP_INCOMPLETE && count < 100000; count++)
        status = http_chunks_step(&chunks, ";", 1, &step);
    ck_assert_int_eq(status, HTTP_MALFORMED);
    ck_assert_uint_lt(count, 10000);

    chunks = (struct http_chunks){.state = CHUNK_TRAILER};
    ck_assert_int_eq(http_chunks_step(&chunks, trailer->data + 16, trailer->length - 16, &step),
                     HTTP_TOO_LARGE);
    bytes_release(trailer);

    status = HTTP_INCOMPLETE;
    for (count = 0; status == HTTP_INCOMPLETE && count < 1000000; count++)
        status = http_chunks_step(&chunks, "A: b\r\n", 6, &step);
    ck_assert_int_eq(status, HTTP_TOO_LARGE);
    ck_assert_uint_lt(count, HTTP_HEAD_MAX);
}
END_TEST

START_TEST(behind_the_end_of_a_body_nothing_is_used)
{
    struct http_chunks chunks = {.state = CHUNK_DONE};
    struct http_chunk_step step;

    ck_assert_int_eq(http_chunks_step(&chunks, "5\r\n", 3, &step), HTTP_COMPLETE);
    ck_assert_uint_eq(step.used, 0);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("http_request");
    TCase *tcase = tcase_create("http_request");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_sound_head_is_taken_apart, 0, ARRAY_LENGTH(good));
    tcase_add_loop_test(tcase, a_head_is_incomplete_until_its_last_byte, 0, ARRAY_LENGTH(good));
    tcase_add_loop_test(tcase, a_malicious_head_is_malformed, 0, ARRAY_LENGTH(bad));
    tcase_add_test(tcase, headers_are_found_whatever_their_case);
    tcase_add_test(tcase, a_head_may_be_as_large_as_an_error_cause_and_no_larger);
    tcase_add_test(tcase, more_headers_than_there_is_room_for_are_malformed);
    tcase_add_loop_test(tcase, a_chunked_body_is_decoded_however_it_arrives, 0,
                        ARRAY_LENGTH(bodies));
    tcase_add_loop_test(tcase, a_malformed_chunk_is_refused_however_it_arrives, 0,
                        ARRAY_LENGTH(bad_bodies));
    tcase_add_test(tcase, extensions_and_trailers_are_bounded);
    tcase_add_test(tcase, behind_the_end_of_a_body_nothing_is_used);
    suite_add_tcase(suite, tcase);
    return suite;
}
