#include "server/http/head_guard.h"

#include "tests/support/unit.h"

#include <string.h>

enum { HEADERS_MAX = 3 };

/* clang-format off */
static const struct {
    const char *headers[HEADERS_MAX][2];
    const char *problem; /* a part of it; NULL: it is let through */
} cases[] = {
    {{{NULL}}, NULL},
    {{{"Host", "localhost"}, {"Content-Length", "12"}}, NULL},
    {{{"content-length", "0"}}, NULL},
    {{{"Transfer-Encoding", "chunked"}}, NULL},
    {{{"transfer-encoding", "CHUNKED"}}, NULL},
    {{{"X-Any!#$%&'*+-.^_`|~", "\x80 tab\tand \"more\""}}, NULL},
    {{{"X", ""}}, NULL},

    {{{"Content-Length", "1"}, {"Content-Length", "1"}}, "duplicate body length"},
    {{{"Content-Length", "1"}, {"transfer-encoding", "chunked"}}, "duplicate body length"},
    {{{"Transfer-Encoding", "chunked"}, {"Content-Length", "1"}}, "duplicate body length"},
    {{{"Transfer-Encoding", "chunked"}, {"X", "1"}, {"Transfer-Encoding", "chunked"}}, "duplicate body length"},
    {{{"Transfer-Encoding", "gzip, chunked"}}, "must be chunked"},
    {{{"Transfer-Encoding", "identity"}}, "must be chunked"},
    {{{"Transfer-Encoding", "chunked "}}, "must be chunked"},
    {{{"Transfer-Encoding", ""}}, "must be chunked"},
    {{{"Content-Length", "+1"}}, "must be a number"},
    {{{"Content-Length", "1,1"}}, "must be a number"},
    {{{"Content-Length", "0x1"}}, "must be a number"},
    {{{"Content-Length", ""}}, "must be a number"},
    {{{"Host", "localhost"}, {"HOST", "evil.example"}}, "duplicate Host"},

    {{{"Transfer-Encoding ", "chunked"}}, "name of a header"},
    {{{" Transfer-Encoding", "chunked"}}, "name of a header"},
    {{{"Content-Length\t", "1"}}, "name of a header"},
    {{{"X(Y", "1"}}, "name of a header"},
    {{{"X\x01", "1"}}, "name of a header"},
    {{{"X\xc3\xa4", "1"}}, "name of a header"},
    {{{"", "1"}}, "name of a header"},
    {{{"X", "1\rContent-Length: 5"}}, "control character"},
    {{{"X", "\x7f"}}, "control character"},
    {{{"X", "\x01"}}, "control character"},
    {{{"X", "\x01"}, {"Y", "1"}}, "control character"},
};
/* clang-format on */

/* A head as libmicrohttpd leaves it, NUL for CR, LF and ':'. */
struct head {
    char text[2048];
    size_t length;
};

static const char *put(struct head *head, const char *text, size_t gap)
{
    char *at = head->text + head->length;

    memcpy(at, text, strlen(text) + 1);
    head->length += strlen(text) + gap;
    return at;
}

static struct request_line put_request_line(struct head *head, const char *method,
                                            const char *target, const char *version)
{
    struct request_line line = {.target = target};

    line.method = put(head, method, 1);
    line.place = put(head, target, 1);
    line.version = put(head, version, 2);
    return line;
}

static void put_header(struct head_guard *guard, struct head *head, const char *name,
                       const char *value)
{
    const char *at = put(head, name, 1);

    (void)put(head, " ", 0); /* behind the colon */
    head_guard_look(guard, at, put(head, value, 2));
}

static const char *problem_of(const char *method, const char *target, const char *version,
                              const char *const (*headers)[2])
{
    struct head head = {.length = 0};
    const struct request_line line = put_request_line(&head, method, target, version);
    struct head_guard guard;

    head_guard_begin(&guard, &line);
    for (size_t i = 0; i < HEADERS_MAX && headers[i][0] != NULL; i++)
        put_header(&guard, &head, headers[i][0], headers[i][1]);
    head_guard_end(&guard, head.text + head.length + 2);
    return guard.problem;
}

static void assert_problem(const char *problem, const char *expected)
{
    if (expected == NULL)
        ck_assert_pstr_eq(problem, NULL);
    else
        ck_assert_msg(problem != NULL && strstr(problem, expected) != NULL, "%s: %s", expected,
                      problem == NULL ? "none" : problem);
}

START_TEST(a_head_that_can_be_read_in_two_ways_is_refused)
{
    assert_problem(problem_of("POST", "/", "HTTP/1.1", cases[_i].headers), cases[_i].problem);
}
END_TEST

START_TEST(a_name_has_these_characters_and_no_others)
{
    static const char allowed[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz";
    const char name[] = {'X', (char)_i, '\0'};
    const char *const headers[HEADERS_MAX][2] = {{name, "1"}};
    const bool is_allowed = strchr(allowed, name[1]) != NULL;

    ck_assert_int_eq(problem_of("POST", "/", "HTTP/1.1", headers) == NULL, is_allowed);
    ck_assert_int_eq(problem_of(name, "/", "HTTP/1.1", &headers[1]) == NULL, is_allowed);
}
END_TEST

/* clang-format off */
static const struct {
    const char *method, *target, *version, *coding, *problem;
} request_lines[] = {
    {"GET", "/a?b=%20&c",  "HTTP/1.1", NULL,      NULL},
    {"GET", "/\xc3\xa4",   "HTTP/1.1", NULL,      NULL},
    {"GET", "/",           "HTTP/1.0", NULL,      NULL},
    {"",    "/",           "HTTP/1.1", NULL,      "method"},
    {"GET", "/a b",        "HTTP/1.1", NULL,      "target"},
    {"GET", "/a\tb",       "HTTP/1.1", NULL,      "target"},
    {"GET", "/a\rb",       "HTTP/1.1", NULL,      "target"},
    {"GET", "/",           "HTTP/1.1", "chunked", NULL},
    {"GET", "/",           "HTTP/1.0", "chunked", "needs HTTP/1.1"},
};
/* clang-format on */

START_TEST(a_request_line_is_looked_at_too)
{
    const char *const headers[HEADERS_MAX][2] = {{"Transfer-Encoding", request_lines[_i].coding}};

    assert_problem(problem_of(request_lines[_i].method, request_lines[_i].target,
                              request_lines[_i].version,
                              &headers[request_lines[_i].coding == NULL ? 1 : 0]),
                   request_lines[_i].problem);
}
END_TEST

/* One byte more or less anywhere is a line that libmicrohttpd read leniently. */
START_TEST(every_part_has_its_place)
{
    const size_t gaps[] = {_i == 0 ? 2 : 1, _i == 1 ? 2 : 1, _i == 2 ? 1 : 2,
                           _i == 3 ? 1 : 2, _i == 4 ? 2 : 1, _i == 5 ? 1 : 2};
    struct head head = {.length = 0};
    struct request_line line = {.target = "/"};
    struct head_guard guard;
    const char *name;

    line.method = put(&head, "GET", gaps[0]);
    line.place = put(&head, "/", gaps[1]);
    line.version = put(&head, "HTTP/1.1", gaps[2]);
    head_guard_begin(&guard, &line);
    name = put(&head, "X", 1);
    head_guard_look(&guard, name, put(&head, "1", gaps[3]));
    name = put(&head, "Y", gaps[4]);
    head_guard_look(&guard, name, put(&head, "2", 2));
    head_guard_end(&guard, head.text + head.length + gaps[5]);
    assert_problem(guard.problem, _i == 6 ? NULL : "begins with a blank");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("head_guard");
    TCase *tcase = tcase_create("head_guard");

    tcase_add_loop_test(tcase, a_head_that_can_be_read_in_two_ways_is_refused, 0,
                        ARRAY_LENGTH(cases));
    tcase_add_loop_test(tcase, a_name_has_these_characters_and_no_others, 1, 256);
    tcase_add_loop_test(tcase, a_request_line_is_looked_at_too, 0, ARRAY_LENGTH(request_lines));
    tcase_add_loop_test(tcase, every_part_has_its_place, 0, 7);
    suite_add_tcase(suite, tcase);
    return suite;
}
