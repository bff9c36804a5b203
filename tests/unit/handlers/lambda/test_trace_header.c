#include "handlers/lambda/trace_header.h"

#include "tests/support/unit.h"

#include <regex.h>
#include <string.h>

#define ROOT "1-669f2d13-c6867523289ee374e75f22bf"
#define FRESH "1-[0-9a-f]{8}-[0-9a-f]{24}"

/* `pattern` is what the answer shows, as a regular expression. */
/* clang-format off */
static const struct {
    const char *sent, *seen, *pattern;
} cases[] = {
    {NULL, NULL, "root=" FRESH ";sampled=0"},
    {NULL, "Root=" ROOT ";Parent=644a89f7bc5b683d;Sampled=0", "root=" ROOT ";sampled=0"},
    {"Root=" ROOT, "Root=" ROOT, "root=" ROOT ";sampled=0"},
    {"Root=" ROOT ";Parent=644a89f7bc5b683d;Sampled=1", "Root=" ROOT ";Parent=644a89f7bc5b683d;Sampled=1",
     "root=" ROOT ";parent=644a89f7bc5b683d;sampled=1"},
    {"Root=" ROOT ";Parent=644a89f7bc5b683d;Sampled=1", NULL, "root=" ROOT ";parent=644a89f7bc5b683d;sampled=1"},
    {"Sampled=1; Parent=644a89f7bc5b683d; Root=" ROOT, NULL, "root=" ROOT ";parent=644a89f7bc5b683d;sampled=1"},
    {"Parent=644a89f7bc5b683d;Sampled=1", "Root=" ROOT ";Parent=0123456789abcdef;Sampled=0",
     "root=" ROOT ";sampled=0"},
    {"", NULL, "root=" FRESH ";sampled=0"},
    {";;; ;", NULL, "root=" FRESH ";sampled=0"},
    {"Root=", NULL, "root=" FRESH ";sampled=0"},
    {"root=" ROOT, NULL, "root=" FRESH ";sampled=0"},
    {"Rooted=" ROOT, NULL, "root=" FRESH ";sampled=0"},
    {"Root=<script>;Sampled=1", NULL, "root=" FRESH ";sampled=1"},
    {"Root=" ROOT ROOT, NULL, "root=" FRESH ";sampled=0"},
    {"Root=" ROOT ";Sampled=?", NULL, "root=" ROOT ";sampled=0"},
};
/* clang-format on */

START_TEST(the_answer_shows_the_trace_that_the_function_saw)
{
    struct random_source *random = random_source_new();
    char text[TRACE_ANSWER_SIZE], pattern[256] = "^";
    regex_t compiled;

    trace_header_make(cases[_i].sent, cases[_i].seen, random, text);
    (void)strncat(pattern, cases[_i].pattern, sizeof pattern - 3);
    (void)strncat(pattern, "$", 2);
    ck_assert_int_eq(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
    ck_assert_msg(regexec(&compiled, text, 0, NULL, 0) == 0, "not %s: %s", pattern, text);
    regfree(&compiled);
    random_source_free(random);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("trace_header");
    TCase *tcase = tcase_create("trace_header");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, the_answer_shows_the_trace_that_the_function_saw, 0,
                        ARRAY_LENGTH(cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
