#include "config/document/json_words.h"

#include "tests/support/unit.h"

#include <string.h>

static const struct {
    const char *text, *words;
} rows[] = {
    {"{\"a\": 1\n \"b\": 2}", "a comma is missing before \"b\""},
    {"[1 2]", "a comma is missing before 2"},
    {"{\"a\" 1}", "a colon is missing before 1"},
    {"{a: 1}", "a key in double quotes must be here (is a)"},
    {"{'a': 1}", "a key in double quotes must be here (is ')"},
    {"{\"a\": yes}", "yes is not a value; text needs double quotes around it"},
    {"{\"a\": python3.12}", "python3.12 is not a value; text needs double quotes around it"},
    {"{\"a\": 'b'}", "' is not a value; text needs double quotes around it"},
    {"{\"a\": }", "a value is missing before }"},
    {"{\"a\": \"b\n}", "a string ends on its line: its second \" is missing"},
    {"{\"a\": \"b", "a string has no second \""},
    {"{\"a", "a key has no second \""},
    {"{\n\n\"a\": {", "the file ends before the { of line 3 is closed"},
    {"\n[[1]", "the file ends before the [ of line 2 is closed"},
    {"{\"a\":", "the file ends too early"},
    {"{\"a\": [1}", "} can't close the [ of line 1"},
    {"[{\"a\": 1]", "] can't close the { of line 1"},
    {"}", "} closes nothing that is open"},
    {"{} {}", "the configuration has ended before {"},
    {"1x", "the configuration has ended before x"},
    {"{\"a\": 012}", "a number must not begin with 0"},
    {"[1 \"a string that is rather long, and then some\"]",
     "a comma is missing before \"a string that is rather long, and then ..."},
};

START_TEST(the_slips_that_people_make)
{
    const size_t length = strlen(rows[_i].text);
    struct json_text_error problem;
    char words[JSON_WORDS_SIZE];

    ck_assert(!json_text_check(rows[_i].text, length, &problem));
    json_words(&problem, rows[_i].text, length, words);
    ck_assert_str_eq(words, rows[_i].words);
}
END_TEST

/* Of every text that ends anywhere, and has any byte in it anywhere, something is said. */
START_TEST(every_other_one_has_words_too)
{
    static const char whole[] = "{\"a\": [1, -2.5e3, true, null, \"b\\n\"], \"c\": {}}";
    char text[sizeof whole], words[JSON_WORDS_SIZE];
    struct json_text_error problem;

    for (size_t at = 0; at < sizeof whole - 1; at++) {
        for (unsigned byte = 0; byte <= 256; byte++) {
            const size_t length = byte == 256 ? at : sizeof whole - 1;

            memcpy(text, whole, sizeof whole);
            if (byte < 256)
                text[at] = (char)byte;
            if (json_text_check(text, length, &problem))
                continue;
            words[0] = '\0';
            json_words(&problem, text, length, words);
            ck_assert_ptr_null(strstr(words, "Source"));
            ck_assert_uint_gt(strlen(words), 0);
        }
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("json_words");
    TCase *tcase = tcase_create("json_words");

    tcase_add_loop_test(tcase, the_slips_that_people_make, 0, ARRAY_LENGTH(rows));
    tcase_add_test(tcase, every_other_one_has_words_too);
    suite_add_tcase(suite, tcase);
    return suite;
}
