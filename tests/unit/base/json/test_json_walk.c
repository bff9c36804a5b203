#include "base/json/json_walk.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bytes_view view_of(const char *text)
{
    return (struct bytes_view){text, strlen(text)};
}

static const struct {
    const char *text, *value;
    enum json_kind kind;
} values[] = {
    {"null", "null", JSON_KIND_NULL},
    {" \t\r\ntrue ", "true", JSON_KIND_TRUE},
    {"false", "false", JSON_KIND_FALSE},
    {" -1.5e3\n", "-1.5e3", JSON_KIND_NUMBER},
    {" \"a \\\" } b\" ", "\"a \\\" } b\"", JSON_KIND_STRING},
    {" [1, \"]\", {\"a\": []}] ", "[1, \"]\", {\"a\": []}]", JSON_KIND_ARRAY},
    {"{\"}\":{}}", "{\"}\":{}}", JSON_KIND_OBJECT},
    {"", "", JSON_KIND_NONE},
    {"  ", "", JSON_KIND_NONE},
};

START_TEST(finds_a_value_and_its_kind)
{
    const struct bytes_view value = json_walk_value(view_of(values[_i].text));

    ck_assert_uint_eq(value.length, strlen(values[_i].value));
    ck_assert_mem_eq(value.data, values[_i].value, value.length);
    ck_assert_int_eq(json_walk_kind(value), values[_i].kind);
}
END_TEST

static const struct {
    const char *container, *children;
} containers[] = {
    {"[]", ""},
    {"{}", ""},
    {"[ ]", ""},
    {"[1,2]", "1|2|"},
    {"[ \"a,b\" , [3,4] , {\"c\":5} ]", "\"a,b\"|[3,4]|{\"c\":5}|"},
    {"{ \"a\" : 1 , \"b:\" : [2] , \"\" : null }", "\"a\"=1|\"b:\"=[2]|\"\"=null|"},
};

START_TEST(walks_through_members_and_elements_in_order)
{
    struct bytes *told = NULL;
    struct json_walk walk;

    json_walk_begin(&walk, view_of(containers[_i].container));
    while (json_walk_next(&walk))
        ck_assert(bytes_format(&told, "%.*s%s%.*s|", (int)walk.key.length,
                               walk.key.length == 0 ? "" : walk.key.data, walk.is_object ? "=" : "",
                               (int)walk.value.length, walk.value.data));
    ck_assert_uint_eq(bytes_view(told).length, strlen(containers[_i].children));
    ck_assert_mem_eq(bytes_view(told).data, containers[_i].children, bytes_view(told).length);
    bytes_release(told);
}
END_TEST

START_TEST(finds_the_last_member_of_a_name)
{
    const struct bytes_view object = view_of("{\"a\":1,\"b\":{\"a\":2},\"\\u0061\":3}");
    struct bytes_view value;

    ck_assert(json_walk_member(object, "a", &value));
    ck_assert_uint_eq(value.length, 1);
    ck_assert_int_eq(value.data[0], '3');
    ck_assert(!json_walk_member(object, "c", &value));
    ck_assert(!json_walk_member(object, "", &value));
}
END_TEST

static const struct {
    const char *string, *text;
    bool is_same;
} strings[] = {
    {"\"\"", "", true},
    {"\"abc\"", "abc", true},
    {"\"abc\"", "ab", false},
    {"\"ab\"", "abc", false},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", true},
    {"\"\\u0041\"", "A", true},
    {"\"\\u00e9\\u20AC\"", "é€", true},
    {"\"\\ud83d\\ude00\"", "😀", true},
    {"\"😀\"", "😀", true},
    {"\"\\ud83d\"", "?", false},
    {"\"\\ud83dx\"", "x", false},
    {"\"\\u0000\"", "", false},
    {"\"a\\u0000b\"", "a", false},
    {"5", "5", false},
};

START_TEST(compares_strings_by_what_they_mean)
{
    ck_assert(json_walk_string_is(view_of(strings[_i].string), strings[_i].text) ==
              strings[_i].is_same);
}
END_TEST

START_TEST(reads_numbers_of_every_length)
{
    char digits[2000];
    double value = 0;

    ck_assert(json_walk_number(view_of("-1.5e1"), &value));
    ck_assert_double_eq(value, -15);
    memset(digits, '0', sizeof digits);
    digits[0] = '1';
    memcpy(digits + 1900, "e-1899", 6);
    ck_assert(json_walk_number((struct bytes_view){digits, 1906}, &value));
    ck_assert_double_eq(value, 1);
}
END_TEST

/* What is not JSON may give any result, but is never read past its end (the sanitizers watch). */
START_TEST(stays_inside_texts_that_are_no_json)
{
    static const char *const texts[] = {"{",      "[",       "\"",      "\"\\",        "{\"a",
                                        "{\"a\"", "{\"a\":", "[1",      "[,",          "{]",
                                        "}",      ",",       "\"\\u12", "\"\\ud83d\\u"};

    for (int i = 0; i < ARRAY_LENGTH(texts); i++) {
        const size_t length = strlen(texts[i]);
        char *exact = malloc(length);
        struct bytes_view text = {exact, length}, found;
        struct json_walk walk;
        int count = 0;

        ck_assert_ptr_nonnull(exact);
        memcpy(exact, texts[i], length);
        json_walk_begin(&walk, text);
        while (json_walk_next(&walk) && count < 10)
            count++;
        ck_assert_int_lt(count, 10);
        (void)json_walk_member(text, "a", &found);
        (void)json_walk_string_is(text, "abc");
        (void)json_walk_value(text);
        free(exact);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("json_walk");
    TCase *walk = tcase_create("walk");

    tcase_add_loop_test(walk, finds_a_value_and_its_kind, 0, ARRAY_LENGTH(values));
    tcase_add_loop_test(walk, walks_through_members_and_elements_in_order, 0,
                        ARRAY_LENGTH(containers));
    tcase_add_test(walk, finds_the_last_member_of_a_name);
    tcase_add_loop_test(walk, compares_strings_by_what_they_mean, 0, ARRAY_LENGTH(strings));
    tcase_add_test(walk, reads_numbers_of_every_length);
    tcase_add_test(walk, stays_inside_texts_that_are_no_json);
    suite_add_tcase(suite, walk);
    return suite;
}
