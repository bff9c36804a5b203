#include "base/json/json_writer.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

static struct json_writer writer;

static void expect(const char *json)
{
    struct bytes *body = json_writer_take(&writer);

    ck_assert_ptr_nonnull(body);
    ck_assert_uint_eq(body->length, strlen(json));
    ck_assert_mem_eq(body->data, json, body->length);
    bytes_release(body);
}

static void set_up(void)
{
    writer = (struct json_writer){0};
}

START_TEST(commas_come_by_themselves)
{
    json_open(&writer, '[');
    json_open(&writer, '{');
    json_key(&writer, "a");
    json_text(&writer, "x,[{:");
    json_key(&writer, "b");
    json_null(&writer);
    json_key(&writer, "c");
    json_open(&writer, '[');
    json_bool(&writer, true);
    json_integer(&writer, -7);
    json_decimal(&writer, 1.005);
    json_thousandths(&writer, 1233.96);
    json_thousandths(&writer, 463.5119);
    json_thousandths(&writer, 40);
    json_thousandths(&writer, 0);
    json_close(&writer, ']');
    json_key(&writer, "d");
    json_open(&writer, '{');
    json_close(&writer, '}');
    json_close(&writer, '}');
    json_open(&writer, '[');
    json_close(&writer, ']');
    json_time(&writer, 1573755365568);
    json_close(&writer, ']');
    expect("[{\"a\":\"x,[{:\",\"b\":null,\"c\":[true,-7,1.00,1233.96,463.512,40,0],\"d\":{}},[],"
           "\"2019-11-14T18:16:05."
           "568Z\"]");
}
END_TEST

static const struct {
    const char *text, *json;
} values[] = {
    {"{\"a\":[1]}", "{\"a\":[1]}"},
    {" 1 \r\n\t", " 1"},
    {"\"text\"", "\"text\""},
    {"null", "null"},
    {"", "\"\""},
    {"   ", "\"   \""},
    {"hello", "\"hello\""},
    {"{\"a\":", "\"{\\\"a\\\":\""},
    {"1 2", "\"1 2\""},
    {"\xFF", "\"\xEF\xBF\xBD\""},
};

START_TEST(what_is_json_is_a_value_and_anything_else_is_text)
{
    json_open(&writer, '[');
    json_value_or_string(&writer, (struct bytes_view){values[_i].text, strlen(values[_i].text)});
    json_integer(&writer, 2);
    json_close(&writer, ']');

    char expected[256];

    (void)snprintf(expected, sizeof expected, "[%s,2]", values[_i].json);
    expect(expected);
}
END_TEST

START_TEST(what_is_nested_too_deeply_is_text)
{
    const size_t depth = (size_t)JSON_VALUE_DEPTH_MAX + (size_t)_i;
    char text[2 * JSON_VALUE_DEPTH_MAX + 16];
    struct bytes *body;

    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    json_value_or_string(&writer, (struct bytes_view){text, 2 * depth});
    body = json_writer_take(&writer);
    ck_assert_int_eq(body->data[0], _i == 0 ? '[' : '"');
    bytes_release(body);
}
END_TEST

START_TEST(brackets_in_strings_do_not_nest)
{
    char text[2 * JSON_VALUE_DEPTH_MAX];
    struct bytes *body;

    memset(text, '[', sizeof text);
    memcpy(text, "[\"\\\"", 4);
    memcpy(text + sizeof text - 2, "\"]", 2);
    json_value_or_string(&writer, (struct bytes_view){text, sizeof text});
    body = json_writer_take(&writer);
    ck_assert_uint_eq(body->length, sizeof text);
    ck_assert_int_eq(body->data[0], '[');
    bytes_release(body);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("json_writer");
    TCase *tcase = tcase_create("json_writer");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, commas_come_by_themselves);
    tcase_add_loop_test(tcase, what_is_json_is_a_value_and_anything_else_is_text, 0,
                        ARRAY_LENGTH(values));
    tcase_add_loop_test(tcase, what_is_nested_too_deeply_is_text, 0, 2);
    tcase_add_test(tcase, brackets_in_strings_do_not_nest);
    suite_add_tcase(suite, tcase);
    return suite;
}
