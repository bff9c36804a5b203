#include "base/json/json_string.h"

#include "base/json/json_text.h"
#include "tests/support/unit.h"

#include <stdint.h>
#include <string.h>

/* clang-format off */
static const struct {
    const char *text;
    size_t length;
    const char *json;
} cases[] = {
    {"",                     0, "\"\""},
    {"plain",                5, "\"plain\""},
    {"say \"hi\"",           8, "\"say \\\"hi\\\"\""},
    {"a\\b",                 3, "\"a\\\\b\""},
    {"line\nend\r\t",       10, "\"line\\nend\\r\\t\""},
    {"\x01",                 1, "\"\\u0001\""},
    {"a\0b",                 3, "\"a\\u0000b\""},
    {"\xc3\xa4",             2, "\"\xc3\xa4\""},
    {"\xff",                 1, "\"\xef\xbf\xbd\""},
    {"\xc3",                 1, "\"\xef\xbf\xbd\""},
};
/* clang-format on */

START_TEST(text_becomes_a_json_string)
{
    struct bytes *bytes = NULL;

    ck_assert(json_string_append(&bytes, (struct bytes_view){cases[_i].text, cases[_i].length}));
    ck_assert_uint_eq(bytes->length, strlen(cases[_i].json));
    ck_assert_mem_eq(bytes->data, cases[_i].json, bytes->length);
    bytes_release(bytes);
}
END_TEST

START_TEST(every_pair_of_bytes_gives_json)
{
    struct bytes *bytes = NULL;

    for (unsigned i = 0; i < 65536; i++) {
        const char pair[] = {(char)(i >> 8), (char)i};

        ck_assert(json_string_append(&bytes, (struct bytes_view){pair, 2}));
        ck_assert_msg(json_text_check(bytes->data, bytes->length, NULL), "of %04x: %.*s", i,
                      (int)bytes->length, bytes->data);
        bytes->length = 0;
    }
    bytes_release(bytes);
}
END_TEST

START_TEST(it_is_appended_to_what_is_there)
{
    struct bytes *bytes = bytes_copy("{\"a\":", 5);

    ck_assert(json_string_append(&bytes, BYTES_VIEW("b")));
    ck_assert_uint_eq(bytes->length, 8);
    ck_assert_mem_eq(bytes->data, "{\"a\":\"b\"", 8);
    bytes_release(bytes);
}
END_TEST

START_TEST(a_long_text_keeps_every_character)
{
    enum { COUNT = 20000 };
    static char text[2 * COUNT + 1];
    struct bytes *bytes = NULL;

    for (int begin = 0; begin < 2; begin++) {
        text[0] = 'x';
        for (int i = 0; i < COUNT; i++)
            memcpy(text + begin + 2 * i, "\xc3\xa9", 2);
        ck_assert(json_string_append(&bytes, (struct bytes_view){text, (size_t)begin + 2 * COUNT}));
        ck_assert_uint_eq(bytes->length, (size_t)begin + 2 * COUNT + 2);
        ck_assert_mem_eq(bytes->data + 1, text, (size_t)begin + 2 * COUNT);
        bytes_release(bytes);
        bytes = NULL;
    }
}
END_TEST

/* clang-format off */
static const struct {
    const char *string, *text;
} decoded[] = {
    {"\"\"",                         ""},
    {"\"plain\"",                    "plain"},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
    {"\"\\u0041\\u00e9\\u20AC\"",    "A\xc3\xa9\xe2\x82\xac"},
    {"\"\\ud83d\\ude00x\"",         "\xf0\x9f\x98\x80x"},
    {"\"\\ud83dx\"",               "\xef\xbf\xbdx"},
    {"\"\\ud83d\\u0041\"",          "\xef\xbf\xbd" "A"},
    {"\"\\ude00\"",                "\xef\xbf\xbd"},
    {"\"\\u12\"",                  "\xef\xbf\xbd" "12"}, /* no JSON: nothing outside is read */
    {"\"\\\"",                     ""},
    {"\"",                         ""},
};
/* clang-format on */

START_TEST(a_json_string_becomes_its_text)
{
    struct bytes *bytes = NULL;

    ck_assert(json_string_decode(
        &bytes, (struct bytes_view){decoded[_i].string, strlen(decoded[_i].string)}));
    ck_assert_uint_eq(bytes_view(bytes).length, strlen(decoded[_i].text));
    ck_assert(bytes_view(bytes).length == 0 ||
              memcmp(bytes->data, decoded[_i].text, bytes->length) == 0);
    bytes_release(bytes);
}
END_TEST

START_TEST(compact_json_keeps_blanks_in_strings_only)
{
    struct bytes *bytes = NULL;

    ck_assert(json_compact_append(&bytes, BYTES_VIEW(" {\"a \\\" b\" :\t[ 1 ,\n2 ] }\r\n")));
    ck_assert_uint_eq(bytes->length, strlen("{\"a \\\" b\":[1,2]}"));
    ck_assert_mem_eq(bytes->data, "{\"a \\\" b\":[1,2]}", bytes->length);
    bytes_release(bytes);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("json_string");
    TCase *tcase = tcase_create("json_string");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, text_becomes_a_json_string, 0, ARRAY_LENGTH(cases));
    tcase_add_test(tcase, every_pair_of_bytes_gives_json);
    tcase_add_test(tcase, it_is_appended_to_what_is_there);
    tcase_add_test(tcase, a_long_text_keeps_every_character);
    tcase_add_loop_test(tcase, a_json_string_becomes_its_text, 0, ARRAY_LENGTH(decoded));
    tcase_add_test(tcase, compact_json_keeps_blanks_in_strings_only);
    suite_add_tcase(suite, tcase);
    return suite;
}
