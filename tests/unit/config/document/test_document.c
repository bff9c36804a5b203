#include "base/arena.h"
#include "config/config.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct document *document;
static struct problem_list problems;

static void begin(void)
{
    document = document_new();
    ck_assert_ptr_nonnull(document);
    problem_list_init(&problems, "x.json");
}

static void end(void)
{
    problem_list_clear(&problems);
    document_free(document);
}

static bool read_text(const char *text)
{
    return document_read_json(document, text, strlen(text), &problems);
}

/* One line: kinds, keys, lines and values of a whole tree. */
static void print_node(const struct node *node, char *out, size_t size)
{
    char quoted[100];
    size_t used = strlen(out);

    node_quote(node, quoted, sizeof quoted);
    snprintf(out + used, size - used, "%s%s%u:%s ", node->key == NULL ? "" : node->key,
             node->key == NULL ? "" : "@", node->line,
             node->kind == NODE_BOOLEAN ? (node->number != 0 ? "true" : "false") : quoted);
    for (const struct node *child = node->first; child != NULL; child = child->next)
        print_node(child, out, size);
}

static const struct {
    const char *text;
    const char *tree;
} trees[] = {
    {"null", "1:null "},
    {"\xef\xbb\xbf[1]", "1:a list 1:1 "},
    {" \r\n [true,\n false]", "2:a list 2:true 3:false "},
    {"{\"a\":\n\"b\"\n,\n\"c\" : {}}", "1:an object a@1:\"b\" c@4:an object "},
    {"{\"a\"\r:\r\"b\",\r\n\"c\":1}", "1:an object a@1:\"b\" c@4:1 "},
    {"// one\n/* two\n three */ [ // four\n 1, /**/ 2 ] // five", "3:a list 4:1 4:2 "},
    {"[\"// no\", \"/* no */\", \"\\\"// no\"]",
     "1:a list 1:\"// no\" 1:\"/* no */\" 1:\"\"// no\" "},
    {"/***/[/*/ still /*/]", "1:a list "},
    {"[-0, 1e2, 1e999, -12.50]", "1:a list 1:-0 1:1e2 1:1e999 1:-12.50 "},
    {"[\"\\u0041\\n\\u00e9\\u20ac\\ud83d\\udc4b\\/\"]",
     "1:a list 1:\"A\n\xc3\xa9\xe2\x82\xac\xf0\x9f\x91\x8b/\" "},
};

START_TEST(reads_json_with_comments_and_knows_the_lines)
{
    char tree[1000] = "";

    ck_assert(read_text(trees[_i].text));
    ck_assert(problem_list_is_empty(&problems));
    print_node(document_root(document), tree, sizeof tree);
    ck_assert_str_eq(tree, trees[_i].tree);
}
END_TEST

static const struct {
    const char *text;
    unsigned line;
    const char *part;
} refusals[] = {
    {"", 1, "is empty"},
    {" \n\t// only this\n", 1, "is empty"},
    {"[1,\n/* never ends", 2, "unterminated comment"},
    {"[1]\n/*/", 2, "unterminated comment"},
    {"[1]\n/", 2, ""},
    {"[1,\n\n]", 3, "remove the comma before it"},
    {"{\"a\":1 // why\n,}", 2, "remove the comma before it"},
    {"[1] [2]", 1, ""},
    {"# yaml", 1, ""},
    {"\n\n[\"a\nb\"]", 3, ""},
    {"[\"\\ud800\"]", 1, "surrogate"},
    {"[\n\"\\udc00\"]", 2, "surrogate"},
    {"[\"\\ud800\\ud800\"]", 1, "surrogate"},
    {"{\"a\\u0000\":1}", 1, "\\u0000"},
    {"[\"\xff\"]", 1, ""},
};

START_TEST(refuses_what_is_no_json_with_its_line)
{
    char place[40];

    ck_assert(!read_text(refusals[_i].text));
    ck_assert_uint_eq(problems.count, 1);
    snprintf(place, sizeof place, "x.json:%u: ", refusals[_i].line);
    ck_assert_msg(strncmp(problems.problems[0].message, place, strlen(place)) == 0, "%s",
                  problems.problems[0].message);
    ck_assert_msg(strstr(problems.problems[0].message, refusals[_i].part) != NULL, "%s",
                  problems.problems[0].message);
}
END_TEST

START_TEST(refuses_a_nul_byte)
{
    ck_assert(!document_read_json(document, "[1]\0", 4, &problems));
    ck_assert_uint_eq(problems.count, 1);
}
END_TEST

static char *nested(size_t depth)
{
    char *text = malloc(2 * depth + 1);

    ck_assert_ptr_nonnull(text);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    text[2 * depth] = '\0';
    return text;
}

START_TEST(takes_the_deepest_nesting_and_no_deeper)
{
    static const size_t depths[] = {DOCUMENT_DEPTH_MAX, DOCUMENT_DEPTH_MAX + 1, 1000000};
    char *text = nested(depths[_i]);

    ck_assert_int_eq(read_text(text), depths[_i] == DOCUMENT_DEPTH_MAX);
    ck_assert_uint_eq(problems.count, depths[_i] == DOCUMENT_DEPTH_MAX ? 0 : 1);
    free(text);
}
END_TEST

START_TEST(keeps_the_first_of_keys_that_stand_twice)
{
    ck_assert(read_text("{\"a\":1,\n\"b\":2,\n\"a\":3,\n\"a\":4,\"c\":5}"));
    ck_assert_uint_eq(problems.count, 2);
    ck_assert_str_eq(problems.problems[0].message,
                     "x.json:3: a: duplicate key (first defined on line 1)");
    ck_assert_str_eq(problems.problems[1].message,
                     "x.json:4: a: duplicate key (first defined on line 1)");
    ck_assert_uint_eq(document_root(document)->count, 3);
    ck_assert_double_eq(node_member(document_root(document), "a")->number, 1);
    ck_assert_double_eq(node_member(document_root(document), "c")->number, 5);
}
END_TEST

START_TEST(finds_a_twin_among_many_keys)
{
    enum { KEYS = 50000 };
    char *text = malloc(KEYS * 16 + 40);
    size_t used = 0;

    ck_assert_ptr_nonnull(text);
    for (int i = 0; i < KEYS; i++)
        used += (size_t)sprintf(text + used, "%c\"k%d\":%d\n", i == 0 ? '{' : ',', i, i);
    sprintf(text + used, ",\"k7\":1}");
    ck_assert(read_text(text));
    ck_assert_uint_eq(problems.count, 1);
    ck_assert_str_eq(problems.problems[0].message,
                     "x.json:50001: k7: duplicate key (first defined on line 8)");
    ck_assert_uint_eq(document_root(document)->count, KEYS);
    ck_assert_str_eq(document_root(document)->last->key, "k49999");
    free(text);
}
END_TEST

START_TEST(refuses_a_text_above_the_limit)
{
    const size_t length = (size_t)DOCUMENT_BYTES_MAX + 1;
    char *text = malloc(length);

    ck_assert_ptr_nonnull(text);
    memset(text, ' ', length);
    ck_assert(!document_read_json(document, text, length, &problems));
    ck_assert_str_eq(problems.problems[0].message, "x.json:1: is larger than 64 MiB");
    free(text);
}
END_TEST

START_TEST(refuses_more_values_than_it_holds)
{
    const size_t count = (size_t)DOCUMENT_NODES_MAX + 1;
    char *text = malloc(2 * count + 2);

    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + 2 * i, ",1", 2);
    text[0] = '[';
    memcpy(text + 2 * count, "]", 2);
    ck_assert(!read_text(text));
    ck_assert_str_eq(problems.problems[0].message, "x.json:1: contains more than 4000000 values");
    free(text);
}
END_TEST

START_TEST(says_where_a_node_stands)
{
    char path[100];
    const struct node *node;

    ck_assert(read_text("{\"a\":{\"b\":[0,{\"c d\":1}]}}"));
    node = node_member(node_member(document_root(document), "a"), "b")->first->next->first;
    node_path(node, path, sizeof path);
    ck_assert_str_eq(path, "a.b[1].c d");
    node_path(node, path, 5);
    ck_assert_str_eq(path, "a.b[");
    node_path(document_root(document), path, sizeof path);
    ck_assert_str_eq(path, "");
}
END_TEST

START_TEST(becomes_cjson_and_comes_back)
{
    static const char text[] = "{\"a\":[1,-2.5,1e10,\"x\\n\",true,false,null,{}],\"b\":{\"c\":[]}}";
    struct arena *arena = arena_new();
    struct document *second = document_new();

    ck_assert(read_text(text));
    cJSON *item = node_to_cjson(document_root(document), arena);

    ck_assert_ptr_nonnull(item);
    cJSON *parsed = cJSON_Parse(text);

    ck_assert(cJSON_Compare(item, parsed, true));
    char *printed = cJSON_PrintUnformatted(item);

    ck_assert_str_eq(printed,
                     "{\"a\":[1,-2.5,10000000000,\"x\\n\",true,false,null,{}],\"b\":{\"c\":[]}}");
    ck_assert_ptr_nonnull(document_add_cjson(second, NULL, NULL, parsed));
    char tree[1000] = "";

    print_node(document_root(second), tree, sizeof tree);
    ck_assert_ptr_nonnull(
        strstr(tree, "a@0:a list 0:1 0:-2.5 0:10000000000 0:\"x\n\" 0:true 0:false 0:null"));
    free(printed);
    cJSON_Delete(parsed);
    document_free(second);
    arena_free(arena);
}
END_TEST

START_TEST(takes_no_cjson_that_is_too_deep)
{
    char *text = nested(DOCUMENT_DEPTH_MAX + 2);
    cJSON *item = cJSON_Parse(text);

    ck_assert_ptr_nonnull(item);
    ck_assert_ptr_null(document_add_cjson(document, NULL, NULL, item));
    cJSON_Delete(item);
    free(text);
}
END_TEST

START_TEST(puts_faults_in_order_and_each_once)
{
    struct config_problems told = {.count = 0};

    problem_list_add(&problems, 9, "late");
    problem_list_add(&problems, 2, "first\x1b[31m");
    problem_list_add(&problems, 9, "late");
    problem_list_add(&problems, 2, "second");
    problem_list_hand_over(&problems, &told);
    ck_assert_uint_eq(told.count, 3);
    ck_assert_str_eq(told.messages[0], "x.json:2: first?[31m");
    ck_assert_str_eq(told.messages[1], "x.json:2: second");
    ck_assert_str_eq(told.messages[2], "x.json:9: late");
    config_problems_clear(&told);
}
END_TEST

START_TEST(stops_at_a_thousand_faults_and_says_so)
{
    struct config_problems told = {.count = 0};

    for (unsigned i = 0; i < 2000; i++)
        problem_list_add(&problems, i, "%u", i);
    problem_list_hand_over(&problems, &told);
    ck_assert_uint_eq(told.count, 1001);
    ck_assert_str_eq(told.messages[1000],
                     "x.json: more than 1000 problems; fix these and check again");
    config_problems_clear(&told);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("document");
    TCase *reading = tcase_create("reading"), *faulty = tcase_create("problems");

    tcase_add_checked_fixture(reading, begin, end);
    tcase_add_checked_fixture(faulty, begin, end);
    tcase_set_timeout(reading, 30);
    tcase_add_loop_test(reading, reads_json_with_comments_and_knows_the_lines, 0,
                        ARRAY_LENGTH(trees));
    tcase_add_loop_test(reading, refuses_what_is_no_json_with_its_line, 0, ARRAY_LENGTH(refusals));
    tcase_add_test(reading, refuses_a_nul_byte);
    tcase_add_loop_test(reading, takes_the_deepest_nesting_and_no_deeper, 0, 3);
    tcase_add_test(reading, keeps_the_first_of_keys_that_stand_twice);
    tcase_add_test(reading, finds_a_twin_among_many_keys);
    tcase_add_test(reading, refuses_a_text_above_the_limit);
    tcase_add_test(reading, refuses_more_values_than_it_holds);
    tcase_add_test(reading, says_where_a_node_stands);
    tcase_add_test(reading, becomes_cjson_and_comes_back);
    tcase_add_test(reading, takes_no_cjson_that_is_too_deep);
    tcase_add_test(faulty, puts_faults_in_order_and_each_once);
    tcase_add_test(faulty, stops_at_a_thousand_faults_and_says_so);
    suite_add_tcase(suite, reading);
    suite_add_tcase(suite, faulty);
    return suite;
}
