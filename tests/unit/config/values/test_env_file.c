/* test_env_file.c - the lines of .env files. */
#include "config/document/document.h"
#include "config/values/env_file.h"
#include "tests/support/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct {
    const char *text;
    const char *variables; /* NAME=value| each */
} cases[] = {
    {"", ""},
    {"A=1", "A=1|"},
    {"A=1\r\nB = x y \nC=", "A=1|B=x y|C=|"},
    {"# no\n\n  export A=1\nexportB=2\nexport=3", "A=1|exportB=2|export=3|"},
    {"A=x#y\nB='x#y' # z\nC=\"x # y\"", "A=x|B=x#y|C=x # y|"},
    {"A=\"x\\ny\\t\"\nB='x\\n'\nC=`it's`", "A=x\ny\\t|B=x\\n|C=it's|"},
    {"A=\"one\ntwo\"\nB=3", "A=one\ntwo|B=3|"},
    {"A=\"open\nB=2", "A=\"open|B=2|"},
    {"A=1\nA=2", "A=2|"},
    {"no line\n=x\n!A=1\nA B=2\nC=3", "C=3|"},
    {"URL=postgres://u:p@h/d?x=1&y=2", "URL=postgres://u:p@h/d?x=1&y=2|"},
};
/* clang-format on */

START_TEST(takes_what_dotenv_takes)
{
    struct document *document = document_new();
    char out[1000] = "";
    const struct node *variables = env_file_parse(document, cases[_i].text, strlen(cases[_i].text));

    ck_assert_ptr_nonnull(variables);
    for (const struct node *one = node_first_member(variables); one != NULL; one = one->next) {
        const size_t used = strlen(out);

        snprintf(out + used, sizeof out - used, "%s=%s|", one->key, one->text);
    }
    ck_assert_str_eq(out, cases[_i].variables);
    document_free(document);
}
END_TEST

START_TEST(says_why_a_file_cannot_be_read)
{
    struct document *document = document_new();

    errno = 0;
    ck_assert_ptr_null(env_file_read(document, "tests/no-such-file"));
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_ptr_null(env_file_read(document, "/dev/null"));
    ck_assert_int_eq(errno, ESPIPE);
    document_free(document);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("env_file");
    TCase *rules = tcase_create("rules");

    tcase_add_loop_test(rules, takes_what_dotenv_takes, 0, ARRAY_LENGTH(cases));
    tcase_add_test(rules, says_why_a_file_cannot_be_read);
    suite_add_tcase(suite, rules);
    return suite;
}
