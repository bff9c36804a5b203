#include "server/runtime_port/http_request.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What came of a request. */
struct parsed {
    struct http_request request;
    struct bytes *body;
    bool has_head;
    enum http_status status;
    size_t used;
};

static bool on_head(void *context)
{
    struct parsed *parsed = context;

    ck_assert(!parsed->has_head);
    parsed->has_head = true;
    return true;
}

static bool on_body(void *context, const char *data, size_t length)
{
    struct parsed *parsed = context;

    ck_assert(parsed->has_head && length > 0);
    ck_assert(bytes_append(&parsed->body, data, length));
    return true;
}

static const struct http_request_callbacks callbacks = {on_head, on_body};

/* Each piece is copied to an exact-size block, so that the sanitizer sees a read beyond the end. */
static void feed(struct parsed *parsed, const char *text, size_t length)
{
    char *copy = malloc(length > 0 ? length : 1);
    size_t used;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, length);
    parsed->status = http_request_feed(&parsed->request, copy, length, &used);
    ck_assert_uint_le(used, length);
    parsed->used += used;
    free(copy);
}

static void begin(struct parsed *parsed)
{
    *parsed = (struct parsed){.status = HTTP_INCOMPLETE};
    http_request_init(&parsed->request, &callbacks, parsed);
}

/* Of the text, `split` bytes arrive first, then the rest; 0: byte by byte. */
static void parse(struct parsed *parsed, const char *text, size_t length, size_t split)
{
    size_t at = 0;

    begin(parsed);
    while (at < length && parsed->status == HTTP_INCOMPLETE) {
        const size_t piece = split == 0 ? 1 : at == 0 && split < length ? split : length - at;

        feed(parsed, text + at, piece);
        at += piece;
    }
}

static void clear(struct parsed *parsed)
{
    http_request_clear(&parsed->request);
    bytes_release(parsed->body);
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
    bool is_chunked;
    uint64_t content_length;
    bool keeps_alive, expects_continue;
} good[] = {
    {"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: 127.0.0.1:9001\r\n\r\n",
     "GET", "/2018-06-01/runtime/invocation/next", false, 0, true, false},
    {"GET / HTTP/1.1\r\n\r\n", "GET", "/", false, 0, true, false},
    {"GET / HTTP/1.0\r\n\r\n", "GET", "/", false, 0, false, false},
    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET", "/", false, 0, true, false},
    {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "GET", "/", false, 0, false, false},
    {"GET / HTTP/1.1\r\nConnection: Upgrade , CLOSE\r\n\r\n", "GET", "/", false, 0, false, false},
    {"GET / HTTP/1.1\r\nConnection: enclosed\r\n\r\n", "GET", "/", false, 0, true, false},
    {"POST /a?b=c HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "POST", "/a?b=c", false, 5, true, false},
    {"POST / HTTP/1.1\r\ncontent-length:0\r\n\r\n", "POST", "/", false, 0, true, false},
    {"POST / HTTP/1.1\r\nContent-Length: \t 12 \t\r\n\r\n", "POST", "/", false, 12, true, false},
    {"POST / HTTP/1.1\r\nContent-Length: 999999999999999999\r\n\r\n",
     "POST", "/", false, UINT64_C(999999999999999999), true, false},
    {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "POST", "/", true, 0, true, false},
    {"POST / HTTP/1.1\r\nTRANSFER-ENCODING:Chunked\r\n\r\n", "POST", "/", true, 0, true, false},
    {"POST / HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n", "POST", "/", false, 1, true, true},
    {"POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n", "POST", "/", false, 1, false, false},
    {"POST / HTTP/1.1\r\nContent-Length: 1\r\nExpect:\r\n\r\n", "POST", "/", false, 1, true, false},
    {"GET / HTTP/1.1\r\nX: a\tb\xc3\xa4\r\nEmpty:\r\n\r\n", "GET", "/", false, 0, true, false},
    {"\r\n\r\nGET / HTTP/1.1\r\n\r\n", "GET", "/", false, 0, true, false},
    {"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", "GET", "/", false, 0, true, false},
    {"GET  /  HTTP/1.1\r\n\r\n", "GET", "/", false, 0, true, false},
    {"M-SEARCH /%00 HTTP/1.1\r\n\r\n", "M-SEARCH", "/%00", false, 0, true, false},
};
/* clang-format on */

START_TEST(a_sound_head_is_taken_apart_however_it_arrives)
{
    const char *text = good[_i].head;

    for (size_t split = 0; split < strlen(text); split++) {
        struct parsed parsed;

        parse(&parsed, text, strlen(text), split);
        ck_assert(parsed.has_head);
        ck_assert_str_eq(parsed.request.method, good[_i].method);
        assert_view(parsed.request.target, good[_i].target);
        ck_assert_int_eq(parsed.request.is_chunked, good[_i].is_chunked);
        ck_assert_uint_eq(parsed.request.content_length, good[_i].content_length);
        ck_assert_int_eq(parsed.request.keeps_alive, good[_i].keeps_alive);
        ck_assert_int_eq(parsed.request.expects_continue, good[_i].expects_continue);
        clear(&parsed);
    }
}
END_TEST

START_TEST(a_head_is_incomplete_until_its_last_byte)
{
    const char *text = good[_i].head;
    const char *first = text + strspn(text, "\r\n");
    const size_t head_length = (size_t)(strstr(first, "\r\n\r\n") + 4 - text);

    for (size_t length = 1; length < head_length; length++) {
        struct parsed parsed;

        parse(&parsed, text, length, length);
        ck_assert_int_eq(parsed.status, HTTP_INCOMPLETE);
        ck_assert(!parsed.has_head);
        clear(&parsed);
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

START_TEST(a_malicious_head_is_malformed_however_it_arrives)
{
    for (size_t split = 0; split < bad[_i].length; split++) {
        struct parsed parsed;

        parse(&parsed, bad[_i].head, bad[_i].length, split);
        ck_assert_int_eq(parsed.status, HTTP_MALFORMED);
        ck_assert(!parsed.has_head);
        clear(&parsed);
    }
}
END_TEST

START_TEST(headers_are_found_whatever_their_case)
{
    static const char text[] = "POST /X-One HTTP/1.1\r\nHost: a\r\nX-One:  first \r\nx-one: "
                               "second\r\nEmpty:\r\nValue: Host\r\n\r\n";
    struct parsed parsed;

    parse(&parsed, text, sizeof text - 1, 0);
    ck_assert_int_eq(parsed.status, HTTP_COMPLETE);
    ck_assert_str_eq(http_request_header(&parsed.request, "X-ONE"), "first");
    ck_assert_str_eq(http_request_header(&parsed.request, "empty"), "");
    ck_assert_str_eq(http_request_header(&parsed.request, "host"), "a");
    ck_assert_ptr_null(http_request_header(&parsed.request, "X-On"));
    ck_assert_ptr_null(http_request_header(&parsed.request, "X-Ones"));
    ck_assert_ptr_null(http_request_header(&parsed.request, "/X-One"));
    clear(&parsed);
}
END_TEST

START_TEST(a_header_stays_where_it_is_while_trailers_come)
{
    static const char head[] = "POST / HTTP/1.1\r\nA: one\r\nTransfer-Encoding: chunked\r\n\r\n";
    struct parsed parsed;
    const char *value;

    begin(&parsed);
    feed(&parsed, head, sizeof head - 1);
    value = http_request_header(&parsed.request, "A");
    feed(&parsed, "0\r\nA: two\r\nB: \tthree \r\n\r\n", 25);
    ck_assert_int_eq(parsed.status, HTTP_COMPLETE);
    ck_assert_ptr_eq(http_request_header(&parsed.request, "A"), value);
    ck_assert_str_eq(value, "one");
    ck_assert_str_eq(http_request_header(&parsed.request, "B"), "three");
    clear(&parsed);
}
END_TEST

START_TEST(requests_follow_each_other_on_a_connection)
{
    static const char text[] = "POST /1 HTTP/1.1\r\nContent-Length: 2\r\nA: b\r\n\r\nxyGET /2 "
                               "HTTP/1.1\r\n\r\nPOST /3 HTTP/1.1\r\nContent-Length: 1\r\n\r\nz";
    const char *const targets[] = {"/1", "/2", "/3"}, *const texts[] = {"xy", "xy", "xyz"};
    struct parsed parsed;

    begin(&parsed);
    for (int i = 0; i < 3; i++) {
        feed(&parsed, text + parsed.used, sizeof text - 1 - parsed.used);
        ck_assert_int_eq(parsed.status, HTTP_COMPLETE);
        assert_view(parsed.request.target, targets[i]);
        assert_view(bytes_view(parsed.body), texts[i]);
        ck_assert_int_eq(http_request_header(&parsed.request, "A") != NULL, i == 0);
        http_request_next(&parsed.request);
        parsed.has_head = false;
    }
    ck_assert_uint_eq(parsed.used, sizeof text - 1);
    clear(&parsed);
}
END_TEST

static bool refuse_head(void *context)
{
    (void)context;
    return false;
}

static bool refuse_body(void *context, const char *data, size_t length)
{
    (void)context;
    (void)data;
    (void)length;
    return false;
}

START_TEST(a_callback_can_stop_it)
{
    static const struct http_request_callbacks stopping[] = {{refuse_head, on_body},
                                                             {on_head, refuse_body}};

    for (int i = 0; i < 2; i++) {
        struct parsed parsed;

        begin(&parsed);
        parsed.request.callbacks = &stopping[i];
        feed(&parsed, "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nxy", 40);
        ck_assert_int_eq(parsed.status, HTTP_STOPPED);
        clear(&parsed);
    }
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
    const size_t texts = sizeof "/" + sizeof "X" + 1; /* with their NULs, and that of the value */
    const struct {
        size_t padding;
        bool has_end;
        enum http_status status;
    } cases[] = {
        {1 << 20, true, HTTP_COMPLETE},
        {HTTP_HEAD_MAX - texts, true, HTTP_COMPLETE},
        {HTTP_HEAD_MAX - texts + 1, true, HTTP_TOO_LARGE},
        {1 << 20, false, HTTP_INCOMPLETE},
        {HTTP_HEAD_MAX, false, HTTP_TOO_LARGE},
    };

    for (int i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct bytes *head = make_large(cases[i].padding, cases[i].has_end);
        struct parsed parsed;

        parse(&parsed, head->data, head->length, 1000);
        ck_assert_int_eq(parsed.status, cases[i].status);
        clear(&parsed);
        bytes_release(head);
    }
}
END_TEST

START_TEST(more_headers_than_there_is_room_for_are_malformed)
{
    for (unsigned count = HTTP_HEADERS_MAX; count <= HTTP_HEADERS_MAX + 1; count++) {
        struct bytes *head = bytes_copy("GET / HTTP/1.1\r\n", 16);
        struct parsed parsed;

        for (unsigned i = 0; i < count; i++)
            ck_assert(bytes_format(&head, "X-%u: %u\r\n", i, i));
        ck_assert(bytes_append(&head, "\r\n", 2));
        parse(&parsed, head->data, head->length, 7);
        ck_assert_int_eq(parsed.status, count == HTTP_HEADERS_MAX ? HTTP_COMPLETE : HTTP_MALFORMED);
        clear(&parsed);
        bytes_release(head);
    }
}
END_TEST

/* ---- chunks ---- */

#define CHUNKED "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"

/* The chunked head, and this. Returns owned. */
static struct bytes *with_head(const char *body, size_t length)
{
    struct bytes *text = bytes_copy(CHUNKED, sizeof CHUNKED - 1);

    ck_assert(bytes_append(&text, body, length));
    return text;
}

/* "A: b|C: d|"; valid until the next call. */
static const char *tell_trailers(const struct http_request *request)
{
    static char told[256];
    const struct bytes_view texts = bytes_view(request->trailers);
    size_t length = 0;

    told[0] = '\0';
    for (size_t at = 0; at < texts.length;) {
        const char *name = texts.data + at, *value = name + strlen(name) + 1;

        length += (size_t)snprintf(told + length, sizeof told - length, "%s: %s|", name, value);
        ck_assert_uint_lt(length, sizeof told);
        at += strlen(name) + strlen(value) + 2;
    }
    return told;
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
    HEAD("1 ;a\r\n"), HEAD("1\t\r\nz\r\n"), HEAD("10000000000000000\r\n"),
    /* a line end that is none: another server might see the chunk begin elsewhere */
    HEAD("1\nz\r\n0\r\n\r\n"), HEAD("1;a\nz\r\n0\r\n\r\n"), HEAD("1 \nz\r\n"), HEAD("1\r;\nz\r\n"), HEAD("1\rz"),
    HEAD("1;a\rb\r\nz\r\n"), HEAD("1\r\r\nz\r\n"),
    HEAD("1\0\r\nz\r\n"), HEAD("1;\0\r\nz\r\n"), HEAD("1;\x1b\r\nz\r\n"), HEAD("1;\x7f\r\nz\r\n"),
    HEAD("1\r\nzz\r\n"), HEAD("1\r\nz\n0\r\n\r\n"), HEAD("1\r\nz\r0"), HEAD("1\r\nz0\r\n\r\n"),
    HEAD("0\r\n\n"), HEAD("0\r\nA: b\n\r\n"),
    /* trailers are headers */
    HEAD("0\r\nA: b\r\n c\r\n\r\n"), HEAD("0\r\nA : b\r\n\r\n"), HEAD("0\r\nA: \0\r\n\r\n"), HEAD("0\r\nA\r\n\r\n"),
};
/* clang-format on */

START_TEST(a_chunked_body_is_decoded_however_it_arrives)
{
    struct bytes *text = with_head(bodies[_i].text, strlen(bodies[_i].text));

    for (size_t split = 0; split < text->length; split++) {
        struct parsed parsed;

        parse(&parsed, text->data, text->length, split);
        ck_assert_int_eq(parsed.status, bodies[_i].status);
        assert_view(bytes_view(parsed.body), bodies[_i].data);
        if (parsed.status == HTTP_COMPLETE) {
            ck_assert_str_eq(tell_trailers(&parsed.request), bodies[_i].trailers);
            assert_view((struct bytes_view){text->data + parsed.used, strlen(bodies[_i].behind)},
                        bodies[_i].behind);
            ck_assert(split == 0 || parsed.used + strlen(bodies[_i].behind) == text->length);
        }
        clear(&parsed);
    }
    bytes_release(text);
}
END_TEST

START_TEST(a_malformed_chunk_is_refused_however_it_arrives)
{
    struct bytes *text = with_head(bad_bodies[_i].text, bad_bodies[_i].length);

    for (size_t split = 0; split < text->length; split++) {
        struct parsed parsed;

        parse(&parsed, text->data, text->length, split);
        ck_assert_int_eq(parsed.status, HTTP_MALFORMED);
        clear(&parsed);
    }
    bytes_release(text);
}
END_TEST

/* What comes again and again must be refused after a while. */
static const struct {
    const char *beginning, *piece;
    enum http_status status;
} endless[] = {
    {CHUNKED "1;", "a;", HTTP_MALFORMED},          {CHUNKED "1;", "a", HTTP_MALFORMED},
    {CHUNKED "1;a=", "a", HTTP_MALFORMED},         {CHUNKED "0\r\nA: ", "b", HTTP_TOO_LARGE},
    {CHUNKED "0\r\n", "A: b\r\n", HTTP_MALFORMED}, {"GET /", "a", HTTP_TOO_LARGE},
    {"GET / HTTP/1.1\r\n", "a", HTTP_TOO_LARGE},   {"GET / HTTP/1.1\r\n", "A:\r\n", HTTP_MALFORMED},
};

START_TEST(nothing_grows_without_a_bound)
{
    struct bytes *block = NULL;
    struct parsed parsed;
    size_t count;

    for (count = 0; count < 1000; count++)
        ck_assert(bytes_append(&block, endless[_i].piece, strlen(endless[_i].piece)));
    begin(&parsed);
    feed(&parsed, endless[_i].beginning, strlen(endless[_i].beginning));
    for (count = 0; parsed.status == HTTP_INCOMPLETE && count <= HTTP_HEAD_MAX / 1000; count++)
        feed(&parsed, block->data, block->length);
    ck_assert_int_eq(parsed.status, endless[_i].status);
    bytes_release(block);
    clear(&parsed);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("http_request");
    TCase *tcase = tcase_create("http_request");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_sound_head_is_taken_apart_however_it_arrives, 0,
                        ARRAY_LENGTH(good));
    tcase_add_loop_test(tcase, a_head_is_incomplete_until_its_last_byte, 0, ARRAY_LENGTH(good));
    tcase_add_loop_test(tcase, a_malicious_head_is_malformed_however_it_arrives, 0,
                        ARRAY_LENGTH(bad));
    tcase_add_test(tcase, headers_are_found_whatever_their_case);
    tcase_add_test(tcase, a_header_stays_where_it_is_while_trailers_come);
    tcase_add_test(tcase, requests_follow_each_other_on_a_connection);
    tcase_add_test(tcase, a_callback_can_stop_it);
    tcase_add_test(tcase, a_head_may_be_as_large_as_an_error_cause_and_no_larger);
    tcase_add_test(tcase, more_headers_than_there_is_room_for_are_malformed);
    tcase_add_loop_test(tcase, a_chunked_body_is_decoded_however_it_arrives, 0,
                        ARRAY_LENGTH(bodies));
    tcase_add_loop_test(tcase, a_malformed_chunk_is_refused_however_it_arrives, 0,
                        ARRAY_LENGTH(bad_bodies));
    tcase_add_loop_test(tcase, nothing_grows_without_a_bound, 0, ARRAY_LENGTH(endless));
    suite_add_tcase(suite, tcase);
    return suite;
}
