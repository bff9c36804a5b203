/* test_document_yaml.c - trees out of YAML, and what bounds them. Faults of whole files: test_template_invalid.c. */
#include "config/config.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/document/yaml_scalar.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TREE_MAX = 2000 };

static struct document *document;
static struct problem_list problems;

static void begin(void)
{
    document = document_new();
    ck_assert_ptr_nonnull(document);
    problem_list_init(&problems, "x.yaml");
}

static void end(void)
{
    problem_list_clear(&problems);
    document_free(document);
}

static bool read_text(const char *text)
{
    return document_read_yaml(document, text, strlen(text), &problems);
}

/* One line: keys, lines and values of a whole tree. */
static void print_node(const struct node *node, char *out)
{
    char quoted[100];
    const size_t used = strlen(out);

    node_quote(node, quoted, sizeof quoted);
    snprintf(out + used, TREE_MAX - used, "%s%s%u:%s ", node->key == NULL ? "" : node->key,
             node->key == NULL ? "" : "@", node->line,
             node->kind == NODE_BOOLEAN ? (node->number != 0 ? "true" : "false") : quoted);
    for (const struct node *child = node->first; child != NULL; child = child->next)
        print_node(child, out);
}

/* clang-format off */
static const struct {
    const char *text, *tree;
} trees[] = {
    {"a: 1\nb:\n  - x\n  - y: z", "1:an object a@1:1 b@2:a list 3:\"x\" 4:an object y@4:\"z\" "},
    {"{\"a\": [true, null, \"1\"], 'b': '2'}",
     "1:an object a@1:a list 1:true 1:null 1:\"1\" b@1:\"2\" "},
    {"a: !Ref B", "1:an object a@1:an object Ref@1:\"B\" "},
    {"a: !Ref 12", "1:an object a@1:an object Ref@1:\"12\" "},
    {"a: !GetAtt B.Arn", "1:an object a@1:an object Fn::GetAtt@1:\"B.Arn\" "},
    {"- !Join\n  - ','\n  - [!Ref A, b]",
     "1:a list 1:an object Fn::Join@1:a list 2:\",\" 3:a list 3:an object Ref@3:\"A\" 3:\"b\" "},
    {"- !If [C, !Sub '${x}', !Ref AWS::NoValue]",
     "1:a list 1:an object Fn::If@1:a list 1:\"C\" 1:an object Fn::Sub@1:\"${x}\" 1:an object Ref@1:\"AWS::NoValue\" "},
    {"a: !Condition C", "1:an object a@1:an object Condition@1:\"C\" "},
    {"a: !!str 12\nb: !!int 12", "1:an object a@1:\"12\" b@2:12 "},
    {"a: |\n  one\n  two\nb: >-\n  three\n  four", "1:an object a@1:\"one\ntwo\n\" b@4:\"three four\" "},
    {"a: &x {b: 1}\nc: *x", "1:an object a@1:an object b@1:1 c@2:an object b@1:1 "},
    {"a: &x !Ref B\nc: *x", "1:an object a@1:an object Ref@1:\"B\" c@2:an object Ref@1:\"B\" "},
    {"a: &x 1\nb: &x 2\nc: *x", "1:an object a@1:1 b@2:2 c@3:2 "},
    {"a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}",
     "1:an object a@1:an object p@1:1 q@1:2 b@2:an object q@2:3 p@1:1 "},
    {"a: &x {p: 1}\nb: &y {p: 2, q: 3}\nc:\n  <<: [*x, *y]\n  r: 4",
     "1:an object a@1:an object p@1:1 b@2:an object p@2:2 q@2:3 c@3:an object r@5:4 p@1:1 q@2:3 "},
    {"a: {<<: {p: 1}}", "1:an object a@1:an object p@1:1 "},
    {"2012-10-17: 2010-09-09", "1:an object 2012-10-17@1:\"2010-09-09\" "},
    {"---\na: ''\n...\n", "2:an object a@2:\"\" "},
    {"a:\nb: ~", "1:an object a@1:null b@2:null "},
};

static const struct {
    const char *text;
    enum node_kind kind;
    double number;
    bool is_decimal;
} scalars[] = {
    {"12",     NODE_NUMBER, 12, true},      {"-1.5",  NODE_NUMBER, -1.5, true}, {"1e3",   NODE_NUMBER, 1000, true},
    {"1E-2",   NODE_NUMBER, 0.01, true},    {"0",     NODE_NUMBER, 0, true},    {"0.5",   NODE_NUMBER, 0.5, true},
    {"010",    NODE_NUMBER, 8, false},      {"0x1F",  NODE_NUMBER, 31, false},  {"0b101", NODE_NUMBER, 5, false},
    {"1_000",  NODE_NUMBER, 1000, false},   {"+5",    NODE_NUMBER, 5, false},   {".5",    NODE_NUMBER, 0.5, false},
    {"5.",     NODE_NUMBER, 5, false},      {"-0_1.5", NODE_STRING, 0, false},  {"0129",  NODE_STRING, 0, false},
    {"012345678901", NODE_STRING, 0, false}, {"0o17", NODE_STRING, 0, false},   {"1.2.3", NODE_STRING, 0, false},
    {"-",      NODE_STRING, 0, false},      {"+",     NODE_STRING, 0, false},   {".",     NODE_STRING, 0, false},
    {"_",      NODE_STRING, 0, false},      {"0x",    NODE_STRING, 0, false},   {"1e",    NODE_STRING, 0, false},
    {"12:30",  NODE_STRING, 0, false},      {"2012-10-17", NODE_STRING, 0, false}, {"3.x", NODE_STRING, 0, false},
    {"yes",    NODE_BOOLEAN, 1, false},     {"On",    NODE_BOOLEAN, 1, false},  {"TRUE",  NODE_BOOLEAN, 1, false},
    {"no",     NODE_BOOLEAN, 0, false},     {"off",   NODE_BOOLEAN, 0, false},  {"False", NODE_BOOLEAN, 0, false},
    {"y",      NODE_STRING, 0, false},      {"tRUE",  NODE_STRING, 0, false},   {"nul",   NODE_STRING, 0, false},
    {"",       NODE_NULL, 0, false},        {"~",     NODE_NULL, 0, false},     {"Null",  NODE_NULL, 0, false},
};
/* clang-format on */

START_TEST(reads_trees_with_their_lines)
{
    char tree[TREE_MAX] = "";

    ck_assert(read_text(trees[_i].text));
    print_node(document_root(document), tree);
    ck_assert_str_eq(tree, trees[_i].tree);
    ck_assert(problem_list_is_empty(&problems));
}
END_TEST

START_TEST(types_plain_scalars_as_yaml_1_1_does)
{
    double number = -1;
    bool is_decimal = true;

    ck_assert_int_eq(yaml_scalar_kind(scalars[_i].text, &number, &is_decimal), scalars[_i].kind);
    ck_assert(number == scalars[_i].number);
    ck_assert(is_decimal == scalars[_i].is_decimal);
}
END_TEST

START_TEST(spells_other_numbers_in_decimal)
{
    char tree[TREE_MAX] = "";

    ck_assert(read_text("[010, 0x1F, 1_000, '010']"));
    print_node(document_root(document), tree);
    ck_assert_str_eq(tree, "1:a list 1:8 1:31 1:1000 1:\"010\" ");
}
END_TEST

static void expect_fault(const char *problem)
{
    struct config_problems told = {.count = 0};

    problem_list_hand_over(&problems, &told);
    ck_assert_uint_eq(told.count, 1);
    ck_assert_str_eq(told.messages[0], problem);
    config_problems_clear(&told);
}

START_TEST(refuses_a_text_above_the_limit)
{
    char *text = malloc(YAML_BYTES_MAX + 1);

    ck_assert_ptr_nonnull(text);
    memset(text, '#', YAML_BYTES_MAX + 1);
    ck_assert(!document_read_yaml(document, text, YAML_BYTES_MAX + 1, &problems));
    free(text);
    expect_fault("x.yaml:1: is larger than 8 MiB");
}
END_TEST

START_TEST(refuses_too_many_anchors)
{
    static char text[20000];
    size_t used = 0;

    for (int i = 0; i <= 1000; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "- &a%d x\n", i);
    ck_assert(!read_text(text));
    expect_fault("x.yaml:1001: contains more than 1000 anchors");
}
END_TEST

START_TEST(refuses_depth_that_aliases_add_up_to)
{
    char text[2000];
    size_t used = 0;

    used += (size_t)snprintf(text + used, sizeof text - used, "a: &a %.*s%.*s\n", 50,
                             "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 50,
                             "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    snprintf(text + used, sizeof text - used, "b: %.*s*a%.*s\n", 50,
             "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 50,
             "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    ck_assert(!read_text(text));
    expect_fault("x.yaml:2: is nested more than 100 levels deep");
}
END_TEST

START_TEST(keeps_notes_in_order)
{
    ck_assert_ptr_null(document_notes(document));
    ck_assert(document_add_note(document, "one"));
    ck_assert(document_add_note(document, "two"));
    ck_assert_str_eq(document_notes(document)->text, "one");
    ck_assert_str_eq(document_notes(document)->next->text, "two");
    ck_assert_ptr_null(document_notes(document)->next->next);
}
END_TEST

START_TEST(speaks_of_what_a_node_was_made_from)
{
    char path[100];

    ck_assert(read_text("a: {b: [1, 2]}"));
    const struct node *source = node_member(document_root(document), "a")->first->last;
    struct node *root = document_add(document, NULL, NODE_OBJECT, NULL, 1);
    struct node *made = document_add(document, root, NODE_OBJECT, "x", 1);
    const struct node *inner = document_add(document, made, NODE_NULL, "y", 1);

    made->origin = source;
    node_path(made, path, sizeof path);
    ck_assert_str_eq(path, "a.b[1]");
    node_path(inner, path, sizeof path);
    ck_assert_str_eq(path, "a.b[1].y");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("document_yaml");
    TCase *reading = tcase_create("reading"), *scalar = tcase_create("scalars");

    tcase_add_checked_fixture(reading, begin, end);
    tcase_add_loop_test(reading, reads_trees_with_their_lines, 0, ARRAY_LENGTH(trees));
    tcase_add_test(reading, spells_other_numbers_in_decimal);
    tcase_add_test(reading, refuses_a_text_above_the_limit);
    tcase_add_test(reading, refuses_too_many_anchors);
    tcase_add_test(reading, refuses_depth_that_aliases_add_up_to);
    tcase_add_test(reading, keeps_notes_in_order);
    tcase_add_test(reading, speaks_of_what_a_node_was_made_from);
    tcase_add_loop_test(scalar, types_plain_scalars_as_yaml_1_1_does, 0, ARRAY_LENGTH(scalars));
    suite_add_tcase(suite, reading);
    suite_add_tcase(suite, scalar);
    return suite;
}
