#include "server/http/head_guard.h"

#include "tests/support/unit.h"

#include <string.h>

enum { HEADERS_MAX = 3 };

/* clang-format off */
static const struct {
    const char *headers[HEADERS_MAX][2];
    const char *fault; /* a part of it; NULL: it is let through */
} cases[] = {
    {{{NULL}}, NULL},
    {{{"Host", "localhost"}, {"Content-Length", "12"}}, NULL},
    {{{"content-length", "0"}}, NULL},
    {{{"Transfer-Encoding", "chunked"}}, NULL},
    {{{"transfer-encoding", "CHUNKED"}}, NULL},
    {{{"X-Any!#$%&'*+-.^_`|~", "\x80 tab\tand \"more\""}}, NULL},
    {{{"X", ""}}, NULL},

    {{{"Content-Length", "1"}, {"Content-Length", "1"}}, "told twice"},
    {{{"Content-Length", "1"}, {"transfer-encoding", "chunked"}}, "told twice"},
    {{{"Transfer-Encoding", "chunked"}, {"Content-Length", "1"}}, "told twice"},
    {{{"Transfer-Encoding", "chunked"}, {"X", "1"}, {"Transfer-Encoding", "chunked"}}, "told twice"},
    {{{"Transfer-Encoding", "gzip, chunked"}}, "must be chunked"},
    {{{"Transfer-Encoding", "identity"}}, "must be chunked"},
    {{{"Transfer-Encoding", "chunked "}}, "must be chunked"},
    {{{"Transfer-Encoding", ""}}, "must be chunked"},
    {{{"Content-Length", "+1"}}, "must be a number"},
    {{{"Content-Length", "1,1"}}, "must be a number"},
    {{{"Content-Length", "0x1"}}, "must be a number"},
    {{{"Content-Length", ""}}, "must be a number"},
    {{{"Host", "localhost"}, {"HOST", "evil.example"}}, "Host is told twice"},

    {{{"Transfer-Encoding ", "chunked"}}, "the name"},
    {{{" Transfer-Encoding", "chunked"}}, "the name"},
    {{{"Content-Length\t", "1"}}, "the name"},
    {{{"X(Y", "1"}}, "the name"},
    {{{"X\x01", "1"}}, "the name"},
    {{{"X\xc3\xa4", "1"}}, "the name"},
    {{{"", "1"}}, "the name"},
    {{{"X", "1\rContent-Length: 5"}}, "control character"},
    {{{"X", "\x7f"}}, "control character"},
    {{{"X", "\x01"}}, "control character"},
    {{{"X", "\x01"}, {"Y", "1"}}, "control character"},
};
/* clang-format on */

START_TEST(a_head_that_can_be_read_in_two_ways_is_refused)
{
    struct head_guard guard = {0};

    for (size_t i = 0; i < HEADERS_MAX && cases[_i].headers[i][0] != NULL; i++)
        head_guard_look(&guard, cases[_i].headers[i][0], cases[_i].headers[i][1]);
    if (cases[_i].fault == NULL)
        ck_assert_ptr_null(guard.fault);
    else
        ck_assert_msg(guard.fault != NULL && strstr(guard.fault, cases[_i].fault) != NULL, "%s: %s",
                      cases[_i].fault, guard.fault == NULL ? "none" : guard.fault);
}
END_TEST

START_TEST(a_name_has_these_characters_and_no_others)
{
    static const char allowed[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz";
    const char name[] = {'X', (char)_i, '\0'};
    struct head_guard guard = {0};

    head_guard_look(&guard, name, "1");
    ck_assert_int_eq(guard.fault == NULL, strchr(allowed, name[1]) != NULL);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("head_guard");
    TCase *tcase = tcase_create("head_guard");

    tcase_add_loop_test(tcase, a_head_that_can_be_read_in_two_ways_is_refused, 0,
                        ARRAY_LENGTH(cases));
    tcase_add_loop_test(tcase, a_name_has_these_characters_and_no_others, 1, 256);
    suite_add_tcase(suite, tcase);
    return suite;
}
