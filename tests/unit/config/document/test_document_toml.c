/* test_document_toml.c - trees out of TOML, and what is wrong with a text. */
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

enum { TREE_MAX = 2000 };

static struct document *document;
static struct problem_list problems;

static void begin(void)
{
    document = document_new();
    ck_assert_ptr_nonnull(document);
    problem_list_init(&problems, "x.toml");
}

static void end(void)
{
    problem_list_clear(&problems);
    document_free(document);
}

/* JSON without the lines, in which texts that are no strings stand as they were written. */
static void print_node(const struct node *node, char *out)
{
    const char *opening = node->kind == NODE_OBJECT ? "{" : node->kind == NODE_ARRAY ? "[" : "";
    const char *closing = node->kind == NODE_OBJECT ? "}" : node->kind == NODE_ARRAY ? "]" : "";
    const char *quote = node->kind == NODE_STRING ? "'" : "";
    const char *text = node->kind == NODE_BOOLEAN ? (node->number != 0 ? "true" : "false")
                       : node->text == NULL       ? ""
                                                  : node->text;
    size_t used = strlen(out);

    snprintf(out + used, TREE_MAX - used, "%s%s%s%s%s%s%s", node->index > 0 ? ", " : "",
             node->key == NULL ? "" : node->key, node->key == NULL ? "" : ": ", opening, quote,
             text, quote);
    for (const struct node *child = node->first; child != NULL; child = child->next)
        print_node(child, out);
    used = strlen(out);
    snprintf(out + used, TREE_MAX - used, "%s", closing);
}

/* clang-format off */
static const struct {
    const char *text, *tree;
} trees[] = {
    {"", "{}"},
    {"# only\r\n  # comments", "{}"},
    {"a = 1\nb='x' # y\n\"c d\" = \"\"", "{a: 1, b: 'x', c d: ''}"},
    {"a = true\nb = false\nc = -1.5e3\nd = 1979-05-27T07:32:00Z\ne = 0x1f\nf = inf",
     "{a: true, b: false, c: -1.5e3, d: '1979-05-27T07:32:00Z', e: '0x1f', f: 'inf'}"},
    {"a = \"x\\ty\\\"\\\\\\u00e9\\U0001F600\"", "{a: 'x\ty\"\\\u00e9\U0001F600'}"},
    {"a = '''\nx\n'y'\n'''\nb = \"\"\"\nx \\\n   y\"\"\"", "{a: 'x\n'y'\n', b: 'x y'}"},
    {"a.b.c = 1\na.b.d = 2", "{a: {b: {c: 1, d: 2}}}"},
    {"[a]\nb = 1\n[ c . 'd' ]\ne = 2\n[a.f]\ng = 3", "{a: {b: 1, f: {g: 3}}, c: {d: {e: 2}}}"},
    {"[[a]]\nb = 1\n[[a]]\nb = 2\n[a.c]\nd = 3", "{a: [{b: 1}, {b: 2, c: {d: 3}}]}"},
    {"a = [1, [\n 'x', # y\n 'z',\n], {b = 1, c.d = [ ]}]\ne = {}", "{a: [1, ['x', 'z'], {b: 1, c: {d: []}}], e: {}}"},
};

static const struct {
    const char *text, *problem;
} faults[] = {
    {"a", "x.toml:1: is not TOML: expected = behind a key"},
    {"\n= 1", "x.toml:2: is not TOML: expected a key"},
    {"a = ", "x.toml:1: is not TOML: expected a value"},
    {"a = 1 b = 2", "x.toml:1: is not TOML: expected the end of the line"},
    {"a = 1\na = 2", "x.toml:2: is not TOML: duplicate key"},
    {"a = 1\n[a]", "x.toml:2: is not TOML: a key has a value already and can't be a table"},
    {"a = 1\n[[a]]", "x.toml:2: is not TOML: a table of that name is no array"},
    {"[a", "x.toml:1: is not TOML: expected ] behind the name of a table"},
    {"a = \"x\n\"", "x.toml:1: is not TOML: a string has no end"},
    {"a = '''x", "x.toml:1: is not TOML: a string has no end"},
    {"a = \"\\x\"", "x.toml:1: is not TOML: unknown escape in a string"},
    {"a = \"\\u12\"", "x.toml:1: is not TOML: \\u needs hexadecimal digits"},
    {"a = \"\\ud800\"", "x.toml:1: is not TOML: no such character"},
    {"a = [1 2]", "x.toml:1: is not TOML: expected , or ] in an array"},
    {"a = {b = 1 c = 2}", "x.toml:1: is not TOML: expected , or } in a table"},
    {"a = '\xff'", "x.toml:1: is not TOML: it is no UTF-8, or contains \\0"},
    {"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u = 1", "x.toml:1: is not TOML: a key has too many parts"},
};
/* clang-format on */

START_TEST(reads)
{
    char out[TREE_MAX] = "";

    ck_assert(document_read_toml(document, trees[_i].text, strlen(trees[_i].text), &problems));
    print_node(document_root(document), out);
    ck_assert_str_eq(out, trees[_i].tree);
}
END_TEST

START_TEST(says_what_is_wrong)
{
    ck_assert(!document_read_toml(document, faults[_i].text, strlen(faults[_i].text), &problems));
    ck_assert_uint_eq(problems.count, 1);
    ck_assert_str_eq(problems.problems[0].message, faults[_i].problem);
}
END_TEST

START_TEST(bounds_nesting)
{
    char text[1000] = "a = ";

    memset(text + 4, '[', 200);
    ck_assert(!document_read_toml(document, text, strlen(text), &problems));
    ck_assert_str_eq(problems.problems[0].message, "x.toml:1: is not TOML: is nested too deeply");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("document_toml");
    TCase *rules = tcase_create("rules");

    tcase_add_checked_fixture(rules, begin, end);
    tcase_add_loop_test(rules, reads, 0, ARRAY_LENGTH(trees));
    tcase_add_loop_test(rules, says_what_is_wrong, 0, ARRAY_LENGTH(faults));
    tcase_add_test(rules, bounds_nesting);
    suite_add_tcase(suite, rules);
    return suite;
}
