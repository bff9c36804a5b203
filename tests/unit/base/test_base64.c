#include "base/base64.h"

#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

/* RFC 4648, section 10, and all bytes of an alphabet's ends. */
/* clang-format off */
static const struct {
    const char *bytes;
    size_t length;
    const char *text;
} pairs[] = {
    {"",             0, ""},
    {"f",            1, "Zg=="},
    {"fo",           2, "Zm8="},
    {"foo",          3, "Zm9v"},
    {"foob",         4, "Zm9vYg=="},
    {"fooba",        5, "Zm9vYmE="},
    {"foobar",       6, "Zm9vYmFy"},
    {"\0\0\0",       3, "AAAA"},
    {"\xfb\xff\xbf", 3, "+/+/"},
    {"\xff",         1, "/w=="},
};

static const char *const refused[] = {
    "Z", "Zg", "Zg=", "Zm9vYg=", "====", "=", "Z===", "A===", "AAAAA===", "Zg==Zg==", "Zg=x", "Zm9v\n", "\nZm9", " Zm9", "Zm9 ",
    "Zm-_", "Zm\xc3\xa4", "Zm9*", "Zm=v",
};
/* clang-format on */

START_TEST(bytes_are_encoded_on_one_line_with_padding)
{
    char *text = base64_encode((struct bytes_view){pairs[_i].bytes, pairs[_i].length});

    ck_assert_str_eq(text, pairs[_i].text);
    free(text);
}
END_TEST

START_TEST(what_was_encoded_is_decoded_to_its_very_length)
{
    size_t length = 99;
    char *bytes =
        base64_decode((struct bytes_view){pairs[_i].text, strlen(pairs[_i].text)}, &length);

    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(length, pairs[_i].length);
    ck_assert_mem_eq(bytes, pairs[_i].bytes, length);
    ck_assert_int_eq(bytes[length], '\0');
    free(bytes);
}
END_TEST

START_TEST(what_is_no_base64_is_refused)
{
    size_t length;

    ck_assert_ptr_null(
        base64_decode((struct bytes_view){refused[_i], strlen(refused[_i])}, &length));
}
END_TEST

START_TEST(a_nul_is_no_base64)
{
    size_t length;

    ck_assert_ptr_null(base64_decode((struct bytes_view){"Zm\0v", 4}, &length));
}
END_TEST

START_TEST(a_log_of_4096_bytes_comes_back_unchanged)
{
    char log[4096];
    size_t length;
    char *text, *again;

    for (size_t i = 0; i < sizeof log; i++)
        log[i] = (char)(i * 7);
    text = base64_encode((struct bytes_view){log, sizeof log});
    ck_assert_uint_eq(strlen(text), (sizeof log + 2) / 3 * 4);
    ck_assert_ptr_null(strchr(text, '\n'));
    again = base64_decode((struct bytes_view){text, strlen(text)}, &length);
    ck_assert_uint_eq(length, sizeof log);
    ck_assert_mem_eq(again, log, length);
    free(text);
    free(again);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("base64");
    TCase *tcase = tcase_create("base64");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, bytes_are_encoded_on_one_line_with_padding, 0, ARRAY_LENGTH(pairs));
    tcase_add_loop_test(tcase, what_was_encoded_is_decoded_to_its_very_length, 0,
                        ARRAY_LENGTH(pairs));
    tcase_add_loop_test(tcase, what_is_no_base64_is_refused, 0, ARRAY_LENGTH(refused));
    tcase_add_test(tcase, a_nul_is_no_base64);
    tcase_add_test(tcase, a_log_of_4096_bytes_comes_back_unchanged);
    suite_add_tcase(suite, tcase);
    return suite;
}
