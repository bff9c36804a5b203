/*
 * Which texts are JSON. The rows take up the ideas of JSONTestSuite (nst/JSONTestSuite): what every parser must accept,
 * must refuse, and may do as it likes with, where we go by the letter of the RFC. The words of a refusal are tested in
 * test_json_text_error.c.
 */
#include "base/json/json_text.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
    const char *bytes;
    size_t length;
};

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof literal - 1                                                                \
    }

/* clang-format off */
static const struct text good[] = {
    /* arrays */
    TEXT("[]"), TEXT("[[]   ]"), TEXT("[\"\"]"), TEXT("[false]"), TEXT("[null, 1, \"1\", {}]"), TEXT("[null]"), TEXT("[1\n]"),
    TEXT(" [1]"), TEXT("[1,null,null,null,2]"), TEXT("[2] "), TEXT("[\"a\"]"), TEXT("[]\n"), TEXT(" [] "), TEXT("[[[[]],[]],{}]"),
    TEXT("\t\r\n[\t\r\n1\t\r\n,\t\r\n2\t\r\n]\t\r\n"),
    /* numbers */
    TEXT("[123e65]"), TEXT("[0e+1]"), TEXT("[0e1]"), TEXT("[ 4]"), TEXT("[-0.000000000000000000000000000000000001]"), TEXT("[20e1]"),
    TEXT("[-0]"), TEXT("[-123]"), TEXT("[-1]"), TEXT("[-0.0]"), TEXT("[1E22]"), TEXT("[1E-2]"), TEXT("[1E+2]"), TEXT("[123e45]"),
    TEXT("[123.456e78]"), TEXT("[1e-2]"), TEXT("[1e+2]"), TEXT("[123]"), TEXT("[123.456789]"), TEXT("[0.1]"), TEXT("0"), TEXT("-0"),
    TEXT("0.0"), TEXT("42"), TEXT("-0.1"), TEXT("1e9"), TEXT("10"), TEXT("12345678901234567890"), TEXT("[1.5,1.25,1e1,-1,0]"),
    TEXT("[123123e100000]"), TEXT("[-1e+9999]"), TEXT("[0.4e00669999999999999999999999999999999999999999999999]"),
    TEXT("[100000000000000000000]"), TEXT("[-123123123123123123123123123123]"), TEXT("[1.5e+9999]"), TEXT("[123e-10000000]"),
    /* objects */
    TEXT("{}"), TEXT("{\"\":0}"), TEXT("{\"asd\":\"sdf\", \"dfg\":\"fgh\"}"), TEXT("{\"asd\":\"sdf\"}"), TEXT("{\"a\":\"b\",\"a\":\"c\"}"),
    TEXT("{\"a\":\"b\",\"a\":\"b\"}"), TEXT("{\"foo\\u0000bar\": 42}"), TEXT("{ \"min\": -1.0e+28, \"max\": 1.0e+28 }"),
    TEXT("{\"x\":[{\"id\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}], \"id\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}"),
    TEXT("{\"a\":[]}"), TEXT("{\"title\":\"\\u041f\\u043e\\u043b\\u0442\\u043e\\u0440\\u0430\" }"), TEXT("{\n\"a\": \"b\"\n}"),
    TEXT("{\"a\" : {\"b\" : [ { } , [ ] ] } }"),
    /* strings and escapes */
    TEXT("[\"\\u0060\\u012a\\u12AB\"]"), TEXT("[\"\\ud801\\udc37\"]"), TEXT("[\"\\uD83D\\uDE39\\uD83D\\uDC8D\"]"),
    TEXT("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"), TEXT("[\"\\\\u0000\"]"), TEXT("[\"\\\"\"]"), TEXT("[\"a/*b*/c/*d//e\"]"), TEXT("[\"\\\\a\"]"),
    TEXT("[\"\\\\n\"]"), TEXT("[\"\\u0012\"]"), TEXT("[\"\\uFFFF\"]"), TEXT("[\"asd\"]"), TEXT("[ \"asd\"]"), TEXT("[\"\\uDBFF\\uDFFF\"]"),
    TEXT("[\"new\\u00A0line\"]"), TEXT("[\"\xF4\x8F\xBF\xBF\"]"), TEXT("[\"\xEF\xBF\xBF\"]"), TEXT("[\"\\u0000\"]"), TEXT("[\"\\u002c\"]"),
    TEXT("[\"\xCF\x80\"]"), TEXT("[\"\xF0\x9B\xBF\xBF\"]"), TEXT("[\"asd \"]"), TEXT("\" \""), TEXT("[\"\\uD834\\uDd1e\"]"),
    TEXT("[\"\\u0821\"]"), TEXT("[\"\\u0123\"]"), TEXT("[\"\xE2\x80\xA8\"]"), TEXT("[\"\xE2\x80\xA9\"]"), TEXT("[\"\\u0061\\u30af\\u30EA\\u30b9\"]"),
    TEXT("[\"new\\u000Aline\"]"), TEXT("[\"\x7F\"]"), TEXT("[\"\\uA66D\"]"), TEXT("[\"\\u005C\"]"), TEXT("[\"\xE2\x8D\x82\xE3\x88\xB4\xE2\x8D\x82\"]"),
    TEXT("[\"\\u0022\"]"), TEXT("[\"a\x7F" "a\"]"), TEXT("[\"\\u200B\"]"), TEXT("[\"\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\"]"),
    /* left to the parser: halves of surrogate pairs stand in the grammar */
    TEXT("[\"\\uDADA\"]"), TEXT("[\"\\uD888\\u1234\"]"), TEXT("[\"\\uD800\\n\"]"), TEXT("[\"\\uDd1ea\"]"), TEXT("[\"\\uD800\\uD800\\n\"]"),
    TEXT("[\"\\ud800\"]"), TEXT("[\"\\ud800abc\"]"), TEXT("[\"\\uDd1e\\uD834\"]"), TEXT("[\"\\uDFAA\"]"), TEXT("{\"\\uDFAA\":0}"),
    /* at the root */
    TEXT("false"), TEXT("42"), TEXT("-0.1"), TEXT("null"), TEXT("\"asd\""), TEXT("true"), TEXT("\"\""), TEXT("[\"a\"]\n"), TEXT("[true]"),
};

static const struct text bad[] = {
    /* arrays */
    TEXT("[1 true]"), TEXT("[a\xE5]"), TEXT("[\"\": 1]"), TEXT("[\"\"],"), TEXT("[,1]"), TEXT("[1,,2]"), TEXT("[\"x\",,]"), TEXT("[\"x\"]]"),
    TEXT("[\"\",]"), TEXT("[\"x\""), TEXT("[x"), TEXT("[3[4]]"), TEXT("[\xFF]"), TEXT("[1:2]"), TEXT("[,]"), TEXT("[-]"), TEXT("[   , \"\"]"),
    TEXT("[\"a\",\n4\n,1,"), TEXT("[1,]"), TEXT("[1,,]"), TEXT("[\"\x0B" "a\"\\f]"), TEXT("[*]"), TEXT("[\"\""), TEXT("[1,"), TEXT("[1,\n1\n,1"),
    TEXT("[{}"), TEXT("[fals]"), TEXT("[nul]"), TEXT("[tru]"), TEXT("[True]"), TEXT("[nulL]"), TEXT("[truefalse]"), TEXT("[null1]"),
    /* numbers */
    TEXT("[++1234]"), TEXT("[+1]"), TEXT("[+Inf]"), TEXT("[-01]"), TEXT("[-1.0.]"), TEXT("[-2.]"), TEXT("[-NaN]"), TEXT("[.-1]"), TEXT("[.2e-3]"),
    TEXT("[0.1.2]"), TEXT("[0.3e+]"), TEXT("[0.3e]"), TEXT("[0.e1]"), TEXT("[0E+]"), TEXT("[0E]"), TEXT("[0e+]"), TEXT("[0e]"), TEXT("[1.0e+]"),
    TEXT("[1.0e-]"), TEXT("[1.0e]"), TEXT("[1 000.0]"), TEXT("[1eE2]"), TEXT("[2.e+3]"), TEXT("[2.e-3]"), TEXT("[2.e3]"), TEXT("[9.e+]"),
    TEXT("[Inf]"), TEXT("[NaN]"), TEXT("[\xEF\xBC\x91]"), TEXT("[1+2]"), TEXT("[0x1]"), TEXT("[0x42]"), TEXT("[Infinity]"), TEXT("[0e+-1]"),
    TEXT("[-123.123foo]"), TEXT("[123\xE5]"), TEXT("[1e1\xE5]"), TEXT("[0\xE5]\n"), TEXT("[-Infinity]"), TEXT("[-foo]"), TEXT("[- 1]"),
    TEXT("[-012]"), TEXT("[-.123]"), TEXT("[-1x]"), TEXT("[1ea]"), TEXT("[1e\xE5]"), TEXT("[1.]"), TEXT("[.123]"), TEXT("[1.2a-3]"),
    TEXT("[1.8011670033376514H-308]"), TEXT("[012]"), TEXT("1x"), TEXT("00"), TEXT("-"), TEXT("1."), TEXT("1e"), TEXT("1e-"),
    /* objects */
    TEXT("[\"x\", truth]"), TEXT("{[: \"x\"}\n"), TEXT("{\"x\", null}"), TEXT("{\"x\"::\"b\"}"), TEXT("{\xF0\x9F\x87\xA8\xF0\x9F\x87\xAD}"),
    TEXT("{\"a\":\"a\" 123}"), TEXT("{key: 'value'}"), TEXT("{\"\xB9\":\"0\",}"), TEXT("{\"a\" b}"), TEXT("{:\"b\"}"), TEXT("{\"a\" \"b\"}"),
    TEXT("{\"a\":"), TEXT("{\"a\""), TEXT("{1:1}"), TEXT("{9999E9999:1}"), TEXT("{null:null,null:null}"), TEXT("{\"id\":0,,,,,}"), TEXT("{'a':0}"),
    TEXT("{\"id\":0,}"), TEXT("{\"a\":\"b\"}/**/"), TEXT("{\"a\":\"b\"}/**//"), TEXT("{\"a\":\"b\"}//"), TEXT("{\"a\":\"b\"}/"), TEXT("{\"a\":\"b\",,\"c\":\"d\"}"),
    TEXT("{a: \"b\"}"), TEXT("{\"a\":\"a"), TEXT("{ \"foo\" : \"bar\", \"a\" }"), TEXT("{\"a\":\"b\"}#"), TEXT("{\"a\":1]"), TEXT("{\"a\":}"), TEXT("{,}"),
    /* strings */
    TEXT("[\"\\uD800\\\"]"), TEXT("[\"\\uD800\\u\"]"), TEXT("[\"\\uD800\\u1\"]"), TEXT("[\"\\uD800\\u1x\"]"), TEXT("[\xC3\xA9]"), TEXT("[\"\\\x00\"]"),
    TEXT("[\"\\\\\\\"]"), TEXT("[\"\\\t\"]"), TEXT("[\"\\\xF0\x9F\x8C\x80\"]"), TEXT("[\"\\\"]"), TEXT("[\"\\u00A\"]"), TEXT("[\"\\uD834\\uDd\"]"),
    TEXT("[\"\\uD800\\uD800\\x\"]"), TEXT("[\"\\u\xE5\"]"), TEXT("[\"\\a\"]"), TEXT("[\"\\uqqqq\"]"), TEXT("[\"\\\xE5\"]"), TEXT("[\\u0020\"asd\"]"),
    TEXT("[\\n]"), TEXT("\""), TEXT("['single quote']"), TEXT("abc"), TEXT("[\"\\"), TEXT("[\"a\x00" "a\"]"), TEXT("[\"new\nline\"]"), TEXT("[\"\t\"]"),
    TEXT("\"\\UA66D\""), TEXT("\"\"x"), TEXT("[\"\\x00\"]"), TEXT("{\"a\nb\":1}"), TEXT("\"\x1F\""),
    /* UTF-8: cut off, overlong, surrogates, above U+10FFFF, lone continuation bytes */
    TEXT("[\"\xE0\xFF\"]"), TEXT("[\"\xFF\"]"), TEXT("[\"\xE6\x97\xA5\xD1\x88\xFA\"]"), TEXT("[\"\xE9\"]"), TEXT("[\"\x81\"]"), TEXT("[\"\xC0\xAF\"]"),
    TEXT("[\"\xFC\x83\xBF\xBF\xBF\xBF\"]"), TEXT("[\"\xFC\x80\x80\x80\x80\x80\"]"), TEXT("[\"\xED\xA0\x80\"]"), TEXT("[\"\xF4\xBF\xBF\xBF\"]"),
    TEXT("[\"\xF4\x90\x80\x80\"]"), TEXT("[\"\xF5\x80\x80\x80\"]"), TEXT("[\"\xC1\xBF\"]"), TEXT("[\"\xE0\x9F\xBF\"]"), TEXT("[\"\xF0\x8F\xBF\xBF\"]"),
    TEXT("[\"\xC3\"]"), TEXT("[\"\xE2\x82\"]"), TEXT("[\"\xF0\x9F\x98\"]"), TEXT("\"\xC3"), TEXT("\"\xE2\x82"), TEXT("\"\xF0\x9F\x98"), TEXT("{\"\xFF\":1}"),
    /* structure */
    TEXT(""), TEXT(" "), TEXT("<.>"), TEXT("[<null>]"), TEXT("[1]x"), TEXT("[1]]"), TEXT("[\"asd]"), TEXT("a\xC3\xA5"), TEXT("[True]"), TEXT("1]"),
    TEXT("{\"x\": true,"), TEXT("[][]"), TEXT("]"), TEXT("\xEF\xBB{}"), TEXT("\xE5"), TEXT("["), TEXT("2@"), TEXT("{}}"), TEXT("{\"\":"),
    TEXT("{\"a\":/*comment*/\"b\"}"), TEXT("{\"a\": true} \"x\""), TEXT("['"), TEXT("[,"), TEXT("[{"), TEXT("[\"a"), TEXT("[\"a\""), TEXT("{"), TEXT("{]"),
    TEXT("{,"), TEXT("{["), TEXT("{\"a"), TEXT("{'a'"), TEXT("[\"\\{[\"\\{[\"\\{[\"\\{"), TEXT("\xE9"), TEXT("*"), TEXT("{\"a\":\"b\"}#{}"), TEXT("[\\u000A\"\"]"),
    TEXT("[1"), TEXT("[ false, nul"), TEXT("[ true, fals"), TEXT("[ false, tru"), TEXT("{\"asd\":\"asd\""), TEXT("\xC3\xA5"), TEXT("[\xE2\x81\xA0]"),
    TEXT("\xEF\xBB\xBF"), TEXT("\xEF\xBB\xBF{}"), TEXT("[\f]"), TEXT("[\x0B]"), TEXT("1\f"), TEXT("\x00"), TEXT("1\x00"), TEXT("{}\x00"), TEXT("\xC2\xA0" "1"),
    TEXT("\xFF\xFE[\x00]\x00"), TEXT("\x00[\x00]"), TEXT("null\x00"), TEXT("1 2"), TEXT("1,2"), TEXT("// c\n1"), TEXT("[1}"), TEXT("{\"a\":[}]"),
};
/* clang-format on */

/* The text alone in a heap block, so that a sanitizer sees any step beyond it. */
static bool check_exact(const char *bytes, size_t length, struct json_text_error *error)
{
    char *copy = malloc(length > 0 ? length : 1);
    bool is_json;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, length);
    is_json = json_text_check(copy, length, error);
    free(copy);
    return is_json;
}

START_TEST(accepts_what_the_rfc_allows)
{
    struct json_text_error error;

    ck_assert_msg(check_exact(good[_i].bytes, good[_i].length, &error), "%s: %s", good[_i].bytes,
                  error.reason);
}
END_TEST

START_TEST(refuses_what_the_rfc_does_not_allow)
{
    struct json_text_error error;

    ck_assert_msg(!check_exact(bad[_i].bytes, bad[_i].length, &error), "accepted: %s",
                  bad[_i].bytes);
    ck_assert_uint_gt(strlen(error.reason), 0);
    ck_assert_uint_ge(error.line, 1);
    ck_assert_uint_le(error.offset, bad[_i].length);
    ck_assert(!check_exact(bad[_i].bytes, bad[_i].length, NULL));
}
END_TEST

START_TEST(no_text_at_all_is_a_fault)
{
    struct json_text_error error;

    ck_assert(!json_text_check(NULL, 0, &error));
    ck_assert_str_eq(error.reason, "No content to map due to end-of-input");
}
END_TEST

static const struct text whole[] = {
    TEXT("{\"name\": \"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\", \"list\": [1, -2.5e+10, true, "
         "false, null, {}, []],\r\n"
         "\t\"escapes\": \"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\", \"long\": "
         "\"0123456789012345678901234567890123456789\"}"),
    TEXT("\"0123456789abcdef0123456789abcdef\\u0041\xE2\x82\xAC\""),
    TEXT("[[[[\"a\"],{\"b\":{\"c\":[0.125]}}]]]"),
};

START_TEST(misses_the_rest_of_a_text_cut_off_anywhere)
{
    const struct text *text = &whole[_i];
    struct json_text_error error;

    ck_assert(check_exact(text->bytes, text->length, NULL));
    for (size_t length = 0; length < text->length; length++) {
        ck_assert_msg(!check_exact(text->bytes, length, &error), "accepted the first %zu bytes",
                      length);
        ck_assert_uint_le(error.offset, length);
        ck_assert_uint_gt(strlen(error.reason), 0);
    }
}
END_TEST

START_TEST(finds_a_control_character_at_any_place_of_a_string)
{
    char text[80];
    struct json_text_error error;

    for (size_t length = 3; length < sizeof text; length++) {
        for (size_t place = 1; place < length - 1; place++) {
            memset(text, 'x', length);
            text[0] = text[length - 1] = '"';
            ck_assert(check_exact(text, length, NULL));
            text[place] = '\x1F';
            ck_assert(!check_exact(text, length, &error));
            ck_assert_uint_eq(error.offset, place);
            text[place] = '\x80';
            ck_assert(!check_exact(text, length, &error));
            ck_assert_uint_eq(error.offset, place);
        }
    }
}
END_TEST

START_TEST(stops_at_the_first_character_that_is_no_digit)
{
    static const char others[] = {'/', ':', 'a', ' ', '-', '\x7F', '\x80', '\xB0', '\xFF', '\0'};
    char text[40];
    struct json_text_error error;

    for (size_t length = 4; length < sizeof text; length++) {
        for (size_t place = 2; place < length - 1; place++) {
            memset(text, '7', length);
            text[0] = '[';
            text[length - 1] = ']';
            ck_assert(check_exact(text, length, NULL));
            text[place] = others[(length + place) % sizeof others];
            ck_assert_msg(!check_exact(text, length, &error), "%.*s", (int)length, text);
        }
    }
}
END_TEST

static void fill_nested(char *text, size_t depth, const char *open, const char *close)
{
    const size_t open_length = strlen(open), close_length = strlen(close);

    for (size_t i = 0; i < depth; i++)
        memcpy(text + i * open_length, open, open_length);
    text[depth * open_length] = '0';
    for (size_t i = 0; i < depth; i++)
        memcpy(text + depth * open_length + 1 + i * close_length, close, close_length);
}

static const struct {
    const char *open, *close;
    size_t depth;
} nested[] = {
    {"[", "]", 1},
    {"[", "]", 64},
    {"[", "]", JSON_TEXT_DEPTH_IN_PLACE},
    {"[", "]", JSON_TEXT_DEPTH_IN_PLACE + 1},
    {"[", "]", 100000},
    {"{\"a\":", "}", 100000},
    {"[{\"a\":", "}]", 100000},
    {"{\"b\":[", "]}", 2 * JSON_TEXT_DEPTH_IN_PLACE},
};

START_TEST(depth_has_no_limit_and_costs_no_stack)
{
    const size_t depth = nested[_i].depth, open = strlen(nested[_i].open),
                 close = strlen(nested[_i].close);
    const size_t length = depth * (open + close) + 1;
    char *text = malloc(length);
    struct json_text_error error;

    ck_assert_ptr_nonnull(text);
    fill_nested(text, depth, nested[_i].open, nested[_i].close);
    ck_assert(json_text_check(text, length, NULL));
    ck_assert(!json_text_check(text, length - 1, &error));
    ck_assert_uint_eq(error.offset, length - 1);

    char *const innermost = text + depth * open + 1, right = *innermost;

    *innermost = right == ']' ? '}' : ']';
    ck_assert(!json_text_check(text, length, &error));
    ck_assert_uint_eq(error.offset, depth * open + 1);
    *innermost = right;

    char *const outermost = text + length - 1;

    *outermost = *outermost == ']' ? '}' : ']';
    ck_assert(!json_text_check(text, length, &error));
    ck_assert_uint_eq(error.offset, length - 1);
    free(text);
}
END_TEST

START_TEST(an_unclosed_depth_names_the_innermost_bracket)
{
    char *text = malloc(100000);
    struct json_text_error error;

    ck_assert_ptr_nonnull(text);
    memset(text, '[', 100000);
    ck_assert(!json_text_check(text, 100000, &error));
    ck_assert_str_eq(
        error.reason,
        "Unexpected end-of-input: expected close marker for Array (start marker at [Source: "
        "REDACTED "
        "(`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 100000])");
    free(text);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("json_text");
    TCase *texts = tcase_create("texts");
    TCase *shapes = tcase_create("shapes");

    tcase_add_loop_test(texts, accepts_what_the_rfc_allows, 0, ARRAY_LENGTH(good));
    tcase_add_loop_test(texts, refuses_what_the_rfc_does_not_allow, 0, ARRAY_LENGTH(bad));
    tcase_add_test(texts, no_text_at_all_is_a_fault);
    tcase_add_loop_test(shapes, misses_the_rest_of_a_text_cut_off_anywhere, 0, ARRAY_LENGTH(whole));
    tcase_add_test(shapes, finds_a_control_character_at_any_place_of_a_string);
    tcase_add_test(shapes, stops_at_the_first_character_that_is_no_digit);
    tcase_add_loop_test(shapes, depth_has_no_limit_and_costs_no_stack, 0, ARRAY_LENGTH(nested));
    tcase_add_test(shapes, an_unclosed_depth_names_the_innermost_bracket);
    suite_add_tcase(suite, texts);
    suite_add_tcase(suite, shapes);
    return suite;
}
