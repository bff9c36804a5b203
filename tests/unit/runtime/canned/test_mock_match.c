#include "runtime/canned/mock_match.h"

#include "config/document/json_value.h"
#include "config/settings/canned_text.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_SIZE = 2048, ANSWERS_MAX = 8 };

static struct bytes_view view_of(const char *text)
{
    return (struct bytes_view){text, strlen(text)};
}

static struct canned_text read_answers(const char *json)
{
    struct canned_text answers;
    char why[TEXT_SIZE];

    ck_assert_msg(canned_text_read(&answers, CANNED_MOCK, json, strlen(json), why, sizeof why),
                  "%s: %s", json, why);
    return answers;
}

/* ---- When ---- */

static const struct {
    const char *when, *event;
    bool is_contained;
} rows[] = {
    /* objects by key, recursively; more in the event doesn't matter */
    {"{}", "{}", true},
    {"{}", "{\"a\":1}", true},
    {"{}", "[]", false},
    {"{}", "null", false},
    {"{\"a\":1}", "{\"a\":1}", true},
    {"{\"a\":1}", " { \"b\" : 2 , \"a\" : 1 } ", true},
    {"{\"a\":1}", "{\"b\":1}", false},
    {"{\"a\":1}", "{\"A\":1}", false},
    {"{\"a\":{\"b\":{\"c\":1}}}", "{\"a\":{\"x\":0,\"b\":{\"c\":1,\"y\":[1,2]}}}", true},
    {"{\"a\":{\"b\":{\"c\":1}}}", "{\"a\":{\"b\":{\"c\":2}}}", false},
    {"{\"a\":{\"b\":{\"c\":1}}}", "{\"a\":{\"b\":5}}", false},
    {"{\"a\":{}}", "{\"a\":{\"b\":1}}", true},
    {"{\"a\":{}}", "{\"a\":[]}", false},
    {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
    {"{\"a b\":1,\"\":2}", "{\"\":2,\"a b\":1}", true},
    /* of a key that stands twice the last one counts, as parsers have it */
    {"{\"a\":2}", "{\"a\":1,\"a\":2}", true},
    {"{\"a\":1}", "{\"a\":1,\"a\":2}", false},
    /* numbers by value */
    {"0", "0", true},
    {"0", "0.0", true},
    {"0", "-0", true},
    {"0", "false", false},
    {"0", "\"0\"", false},
    {"1", "1.0", true},
    {"100", "1e2", true},
    {"1.50", "1.5", true},
    {"0.1", "0.10000000000000001", true},
    {"-1", "1", false},
    {"9007199254740993", "9007199254740993", true},
    {"9007199254740993", "9007199254740992", false},
    {"1", "1e400", false},
    /* other values by equality */
    {"null", "null", true},
    {"null", "0", false},
    {"true", "true", true},
    {"true", "false", false},
    {"false", "null", false},
    {"{\"a\":null}", "{}", false},
    {"{\"a\":null}", "{\"a\":null}", true},
    {"\"a\"", "\"a\"", true},
    {"\"a\"", "\"A\"", false},
    {"\"\"", "\"\"", true},
    {"\"\"", "null", false},
    {"\"\xc3\xa9\"", "\"\\u00e9\"", true},
    {"\"a/b\"", "\"a\\/b\"", true},
    {"{\"\xc3\xa9\":1}", "{\"\\u00E9\":1}", true},
    {"[]", "[]", true},
    {"[]", "[1]", false},
    {"[1]", "[]", false},
    {"[1,2]", "[1,2.0]", true},
    {"[1,2]", "[2,1]", false},
    {"[1,2]", "[1,2,3]", false},
    {"[1]", "1", false},
    {"{\"a\":[{\"b\":1}]}", "{\"a\":[{\"b\":1}],\"c\":2}", true},
    {"{\"a\":[{\"b\":1}]}", "{\"a\":[{\"b\":1,\"c\":2}]}", false},
    {"[[{\"b\":{\"c\":1}}]]", "[[{\"b\":{\"c\":1,\"d\":2}}]]", false},
    {"[{\"b\":1,\"c\":2}]", "[{\"c\":2,\"b\":1}]", true},
};

START_TEST(when_is_contained_in_the_event)
{
    char json[TEXT_SIZE];
    struct canned_text answers;

    (void)snprintf(json, sizeof json, "[{\"When\":%s}]", rows[_i].when);
    answers = read_answers(json);
    ck_assert_msg(mock_match_contains(answers.list->child->child, view_of(rows[_i].event)) ==
                      rows[_i].is_contained,
                  "%s in %s", rows[_i].when, rows[_i].event);
    canned_text_clear(&answers);
}
END_TEST

START_TEST(an_event_may_be_nested_as_deeply_as_it_likes)
{
    enum { DEPTH = 100000 };
    struct canned_text answers = read_answers("[{\"When\":{\"a\":1}}]");
    char *event = malloc(2 * DEPTH + 32);
    int length;

    ck_assert_ptr_nonnull(event);
    length = snprintf(event, 32, "{\"b\":");
    memset(event + length, '[', DEPTH);
    memset(event + length + DEPTH, ']', DEPTH);
    length += 2 * DEPTH;
    length += snprintf(event + length, 16, ",\"a\":1}");
    ck_assert(mock_match_contains(answers.list->child->child,
                                  (struct bytes_view){event, (size_t)length}));
    free(event);
    canned_text_clear(&answers);
}
END_TEST

/* {"l":[{"00000000":0,...}]}: the keys rise or fall. */
static char *many_members(const char *before, const char *after, bool is_rising)
{
    enum { COUNT = 40000, MEMBER_SIZE = 13 };
    char *text = malloc(strlen(before) + COUNT * MEMBER_SIZE + strlen(after) + 64), *at = text;

    ck_assert_ptr_nonnull(text);
    at += sprintf(at, "%s{\"l\":[{", before);
    for (int i = 0; i < COUNT; i++)
        at += sprintf(at, "%s\"%08d\":0", i == 0 ? "" : ",", is_rising ? i : COUNT - 1 - i);
    sprintf(at, "}]}%s", after);
    return text;
}

/* Within seconds: comparing each pair would take far longer. */
START_TEST(objects_with_many_members_in_another_order_are_compared_in_time)
{
    char *json = many_members("[{\"When\":", "}]", true);
    char *event = many_members("", "", false), *other = many_members("", "", false);
    struct canned_text answers = read_answers(json);
    const unsigned used[] = {0};
    struct bytes *nearest;

    ck_assert(mock_match_contains(answers.list->child->child, view_of(event)));
    *strchr(other, '9') = 'x';
    ck_assert(!mock_match_contains(answers.list->child->child, view_of(other)));
    nearest = mock_match_explain(&(struct mock_question){answers.list, used, view_of(other), 1});
    ck_assert_ptr_nonnull(nearest);
    ck_assert_ptr_nonnull(memmem(nearest->data, nearest->length, "the event has no value", 22));
    bytes_release(nearest);
    canned_text_clear(&answers);
    free(other);
    free(event);
    free(json);
}
END_TEST

/* Each answer would have to read the long number and walk over the long list again. */
START_TEST(many_answers_share_what_was_found_in_the_event)
{
    enum { ANSWERS = 1000, DIGITS = 1000000 };
    static const char answer[] = "{\"When\":{\"n\":1,\"l\":[1]}}";
    char *json = malloc(ANSWERS * sizeof answer + 8), *at = json;
    char *event = malloc(2 * DIGITS + 64);
    const unsigned used[ANSWERS] = {0};
    struct canned_text answers;

    ck_assert(json != NULL && event != NULL);
    for (int i = 0; i < ANSWERS; i++)
        at += sprintf(at, "%s%s", i == 0 ? "[" : ",", answer);
    strcpy(at, "]");
    at = event + sprintf(event, "{\"l\":[[");
    for (int i = 0; i < DIGITS / 2; i++)
        at += sprintf(at, "%s0", i == 0 ? "" : ",");
    at += sprintf(at, "]],\"n\":1.");
    memset(at, '0', DIGITS);
    strcpy(at + DIGITS, "}");
    answers = read_answers(json);
    ck_assert_int_eq(
        mock_match_find(&(struct mock_question){answers.list, used, view_of(event), 1}),
        MOCK_NO_FIT);
    canned_text_clear(&answers);
    free(event);
    free(json);
}
END_TEST

/* ---- which answer ---- */

static const struct {
    const char *answers, *event;
    unsigned used[ANSWERS_MAX];
    unsigned attempt;
    int index;
    const char *nearest; /* NULL: one fits */
} choices[] = {
    {"[{}]", "{}", {0}, 1, 0, NULL},
    {"[{\"When\":{\"a\":1}},{}]", "{\"a\":1}", {0}, 1, 0, NULL},
    {"[{\"When\":{\"a\":1}},{}]", "{\"a\":2}", {0}, 1, 1, NULL},
    {"[{\"Attempt\":1},{\"Attempt\":2},{}]", "{}", {0}, 1, 0, NULL},
    {"[{\"Attempt\":1},{\"Attempt\":2},{}]", "{}", {0}, 2, 1, NULL},
    {"[{\"Attempt\":1},{\"Attempt\":2},{}]", "{}", {0}, 3, 2, NULL},
    {"[{\"Times\":2},{}]", "{}", {1}, 1, 0, NULL},
    {"[{\"Times\":2},{}]", "{}", {2}, 1, 1, NULL},
    {"[{\"Times\":1,\"When\":{\"a\":1}}]",
     "{\"a\":1}",
     {1},
     1,
     MOCK_NO_FIT,
     "Mock[0], which matches but has been used 1 of 1 times"},
    {"[{\"Attempt\":2}]",
     "{}",
     {0},
     1,
     MOCK_NO_FIT,
     "Mock[0], which matches but is for attempt 2 (this is attempt 1)"},
    {"[{\"When\":{\"amount\":0}}]",
     "{\"amount\":5}",
     {0},
     1,
     MOCK_NO_FIT,
     "Mock[0], which differs at $.amount: expected 0, the event has 5"},
    {"[{\"When\":{\"a\":{\"b\":[1,{\"c\":2}]}}}]",
     "{\"a\":{\"b\":[1,{\"c\":\"x\"}]}}",
     {0},
     1,
     MOCK_NO_FIT,
     "Mock[0], which differs at $.a.b[1].c: expected 2, the event has \"x\""},
    {"[{\"When\":{\"a\":1}}]",
     "{}",
     {0},
     1,
     MOCK_NO_FIT,
     "Mock[0], which differs at $.a: expected 1, the event has no value"},
    {"[{\"When\":{\"a\":[1]}}]",
     "{\"a\":[1,2]}",
     {0},
     1,
     MOCK_NO_FIT,
     "Mock[0], which differs at $.a[1]: expected no value, the event has 2"},
    {"[{\"When\":{\"a\":[1,2]}}]",
     "{\"a\":[1]}",
     {0},
     1,
     MOCK_NO_FIT,
     "Mock[0], which differs at $.a[1]: expected 2, the event has no value"},
    {"[{\"When\":[{\"a\":1}]}]",
     "[{\"a\":1,\"b\":{\"c\":2}}]",
     {0},
     1,
     MOCK_NO_FIT,
     "Mock[0], which differs at $[0][\"b\"]: expected no value, the event has {\"c\":2}"},
    {"[{\"When\":{\"a b\":1}}]",
     "{\"a b\":2}",
     {0},
     1,
     MOCK_NO_FIT,
     "Mock[0], which differs at $[\"a b\"]: expected 1, the event has 2"},
    {"[{\"When\":5}]",
     "[]",
     {0},
     1,
     MOCK_NO_FIT,
     "Mock[0], which differs at $: expected 5, the event has []"},
    {"[{\"When\":{\"a\":{\"b\":1.50}}}]",
     "{\"a\":7}",
     {0},
     1,
     MOCK_NO_FIT,
     "Mock[0], which differs at $.a: expected {\"b\":1.50}, the event has 7"},
    /* the fewest differences, then the most that agrees, then the first */
    {"[{\"When\":{\"a\":1,\"b\":2}},{\"When\":{\"a\":0}}]",
     "{\"a\":5}",
     {0},
     1,
     MOCK_NO_FIT,
     "Mock[1], which differs at $.a: expected 0, the event has 5"},
    {"[{\"When\":{\"a\":0}},{\"When\":{\"x\":1,\"y\":2,\"a\":1}}]",
     "{\"x\":1,\"y\":2,\"a\":5}",
     {0},
     1,
     MOCK_NO_FIT,
     "Mock[1], which differs at $.a: expected 1, the event has 5"},
    {"[{\"When\":{\"a\":0}},{\"When\":{\"a\":1}}]",
     "{\"a\":5}",
     {0},
     1,
     MOCK_NO_FIT,
     "Mock[0], which differs at $.a: expected 0, the event has 5"},
    {"[{\"When\":{\"a\":0}},{\"Times\":1}]",
     "{\"a\":5}",
     {0, 1},
     1,
     MOCK_NO_FIT,
     "Mock[1], which matches but has been used 1 of 1 times"},
};

START_TEST(the_first_answer_that_fits_is_the_one_else_the_nearest_is_named)
{
    struct canned_text answers = read_answers(choices[_i].answers);
    const struct mock_question question = {
        .answers = answers.list,
        .used = choices[_i].used,
        .event = view_of(choices[_i].event),
        .attempt = choices[_i].attempt,
    };
    struct bytes *nearest;

    ck_assert_int_eq(mock_match_find(&question), choices[_i].index);
    if (choices[_i].nearest != NULL) {
        nearest = mock_match_explain(&question);
        ck_assert_ptr_nonnull(nearest);
        ck_assert(bytes_append(&nearest, "", 1));
        ck_assert_str_eq(nearest->data, choices[_i].nearest);
        bytes_release(nearest);
    }
    canned_text_clear(&answers);
}
END_TEST

START_TEST(what_is_long_is_cut_between_characters)
{
    struct bytes *text = NULL;

    ck_assert(mock_match_quote(&text, view_of("abcdef"), 6));
    ck_assert(mock_match_quote(&text, view_of("ab\xe2\x82\xac\xe2\x82\xac"), 6));
    ck_assert(mock_match_quote(&text, view_of("\xff\xff\xff"), 2));
    ck_assert(bytes_append(&text, "", 1));
    ck_assert_str_eq(text->data, "abcdef"
                                 "ab\xe2\x82\xac… (8 bytes)"
                                 "\xff\xff… (3 bytes)");
    bytes_release(text);
}
END_TEST

START_TEST(values_are_written_as_they_were_spelled)
{
    static const char json[] = "[{\"Payload\":{\"a\":[1.50,-0,1E2,12345678901234567890,null,true,"
                               "false,\"\\u00e9\\n\\u007f\",{},[]]}}]";
    static const char written[] = "{\"a\":[1.50,-0,1E2,12345678901234567890,null,true,false,"
                                  "\"\xc3\xa9\\n\\u007f\",{},[]]}";
    struct canned_text answers = read_answers(json);
    struct bytes *text = NULL;

    ck_assert(json_value_append(&text, answers.list->child->child));
    ck_assert(bytes_append(&text, "", 1));
    ck_assert_str_eq(text->data, written);
    bytes_release(text);
    canned_text_clear(&answers);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("mock_match");
    TCase *large = tcase_create("large");
    TCase *match = tcase_create("match");

    tcase_add_loop_test(match, when_is_contained_in_the_event, 0, ARRAY_LENGTH(rows));
    tcase_add_test(match, an_event_may_be_nested_as_deeply_as_it_likes);
    tcase_add_loop_test(match, the_first_answer_that_fits_is_the_one_else_the_nearest_is_named, 0,
                        ARRAY_LENGTH(choices));
    tcase_add_test(match, what_is_long_is_cut_between_characters);
    tcase_add_test(match, values_are_written_as_they_were_spelled);
    tcase_set_timeout(large, 20);
    tcase_add_test(large, objects_with_many_members_in_another_order_are_compared_in_time);
    tcase_add_test(large, many_answers_share_what_was_found_in_the_event);
    suite_add_tcase(suite, large);
    suite_add_tcase(suite, match);
    return suite;
}
