#include "base/safe_text.h"

#include "tests/support/unit.h"

#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"
#define TEXT(literal) (literal), sizeof(literal) - 1

/* clang-format off */
static const struct {
    const char *text;
    size_t length;
    const char *plain, *json;
} cases[] = {
    {TEXT(""),                       "",                       ""},
    {TEXT("hello, world"),           "hello, world",           "hello, world"},
    {TEXT("say \"hi\" \\ bye"),      "say \"hi\" \\ bye",      "say \\\"hi\\\" \\\\ bye"},
    {TEXT("a\tb"),                   "a\tb",                   "a\\tb"},
    {TEXT("a\nb\rc"),                "a\\nb\\rc",              "a\\nb\\rc"},
    {TEXT("\b\f"),                   "\\x08\\x0c",             "\\b\\f"},
    {TEXT("\033[2J"),                "\\x1b[2J",               "\\u001b[2J"},
    {TEXT("nul\0here"),              "nul\\x00here",           "nul\\u0000here"},
    {TEXT("\x7F"),                   "\\x7f",                  "\\u007f"},
    {TEXT("\xC2\x9B" "31m"),         "\\x9b31m",               "\\u009b31m"},
    {TEXT("\xC2\xA0"),               "\xC2\xA0",               "\xC2\xA0"},
    {TEXT("Gr\xC3\xBC\xC3\x9F" "e"), "Gr\xC3\xBC\xC3\x9F" "e", "Gr\xC3\xBC\xC3\x9F" "e"},
    {TEXT("\xE2\x82\xAC"),           "\xE2\x82\xAC",           "\xE2\x82\xAC"},
    {TEXT("\xF0\x9F\x9A\x80"),       "\xF0\x9F\x9A\x80",       "\xF0\x9F\x9A\x80"},
    {TEXT("\xF4\x8F\xBF\xBF"),       "\xF4\x8F\xBF\xBF",       "\xF4\x8F\xBF\xBF"},
    /* Not UTF-8: a lone byte, a cut character, overlong ones, a surrogate, beyond the last code point. */
    {TEXT("\x80" "a"),               REPLACEMENT "a",          REPLACEMENT "a"},
    {TEXT("\x9B"),                   REPLACEMENT,              REPLACEMENT},
    {TEXT("a\xFF\xFE"),              "a" REPLACEMENT REPLACEMENT, "a" REPLACEMENT REPLACEMENT},
    {TEXT("\xE2\x82"),               REPLACEMENT REPLACEMENT,  REPLACEMENT REPLACEMENT},
    {TEXT("\xE2\x28\xA1"),           REPLACEMENT "(" REPLACEMENT, REPLACEMENT "(" REPLACEMENT},
    {TEXT("\xC0\xAF"),               REPLACEMENT REPLACEMENT,  REPLACEMENT REPLACEMENT},
    {TEXT("\xE0\x80\xAF"),           REPLACEMENT REPLACEMENT REPLACEMENT, REPLACEMENT REPLACEMENT REPLACEMENT},
    {TEXT("\xED\xA0\x80"),           REPLACEMENT REPLACEMENT REPLACEMENT, REPLACEMENT REPLACEMENT REPLACEMENT},
    {TEXT("\xF0\x80\x80\x80"),       REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT,
                                     REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT},
    {TEXT("\xF4\x90\x80\x80"),       REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT,
                                     REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT},
};
/* clang-format on */

typedef size_t make_safe_fn(struct bytes_view text, char *out);

static void check(make_safe_fn *make_safe, int row, const char *expected)
{
    char out[256];

    ck_assert_uint_le(cases[row].length * SAFE_TEXT_GROWTH, sizeof out);
    const size_t length = make_safe((struct bytes_view){cases[row].text, cases[row].length}, out);

    ck_assert_uint_eq(length, strlen(expected));
    ck_assert_mem_eq(out, expected, length);
}

START_TEST(makes_text_fit_for_a_terminal)
{
    check(safe_text_plain, _i, cases[_i].plain);
}
END_TEST

START_TEST(makes_text_fit_for_a_json_string)
{
    check(safe_text_json, _i, cases[_i].json);
}
END_TEST

/* What is promised about room holds for each byte, alone and before a good one. */
START_TEST(grows_by_no_more_than_it_says)
{
    const char text[2] = {(char)_i, 'a'};
    char out[2 * SAFE_TEXT_GROWTH];

    ck_assert_uint_le(safe_text_plain((struct bytes_view){text, 1}, out), SAFE_TEXT_GROWTH);
    ck_assert_uint_le(safe_text_json((struct bytes_view){text, 1}, out), SAFE_TEXT_GROWTH);
    ck_assert_uint_le(safe_text_json((struct bytes_view){text, 2}, out), SAFE_TEXT_GROWTH + 1);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *const suite = suite_create("safe_text");
    TCase *const tests = tcase_create("safe_text");

    tcase_add_loop_test(tests, makes_text_fit_for_a_terminal, 0, ARRAY_LENGTH(cases));
    tcase_add_loop_test(tests, makes_text_fit_for_a_json_string, 0, ARRAY_LENGTH(cases));
    tcase_add_loop_test(tests, grows_by_no_more_than_it_says, 0, 256);
    suite_add_tcase(suite, tests);
    return suite;
}
