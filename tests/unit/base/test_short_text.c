#include "base/short_text.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

START_TEST(pieces_stand_one_after_the_other)
{
    char memory[64];
    struct short_text text;

    short_text_begin(&text, memory, sizeof memory);
    ck_assert_str_eq(memory, "");
    short_text_put(&text, "Duration: ");
    short_text_put_hundredths(&text, 12.5);
    short_text_put(&text, " ms of ");
    short_text_put_number(&text, 3000);
    short_text_put_bytes(&text, " ms and more", 3);
    ck_assert_str_eq(memory, "Duration: 12.50 ms of 3000 ms");
    ck_assert_uint_eq(text.length, strlen(memory));
}
END_TEST

START_TEST(what_has_no_room_is_left_out)
{
    char memory[8] = "xxxxxxx";
    struct short_text text;

    short_text_begin(&text, memory, 6);
    short_text_put(&text, "abc");
    short_text_put_number(&text, 12345);
    short_text_put(&text, "more");
    ck_assert_str_eq(memory, "abc12");
    ck_assert_int_eq(memory[6], 'x');
    short_text_begin(&text, memory, 1);
    short_text_put(&text, "abc");
    ck_assert_str_eq(memory, "");
}
END_TEST

static const uint64_t numbers[] = {0, 9, 10, 99, 100, 4294967296, UINT64_MAX};

START_TEST(numbers_are_those_of_printf)
{
    char memory[32], expected[32];
    struct short_text text;

    short_text_begin(&text, memory, sizeof memory);
    short_text_put_number(&text, numbers[_i]);
    (void)snprintf(expected, sizeof expected, "%llu", (unsigned long long)numbers[_i]);
    ck_assert_str_eq(memory, expected);
}
END_TEST

static const double fractions[] = {0, 0.001, 0.01,   0.1,       0.994, 0.996,
                                   1, 1.234, 59.999, 899999.25, 900000};

START_TEST(hundredths_are_those_of_printf)
{
    char memory[32], expected[32];
    struct short_text text;

    short_text_begin(&text, memory, sizeof memory);
    short_text_put_hundredths(&text, fractions[_i]);
    (void)snprintf(expected, sizeof expected, "%.2f", fractions[_i]);
    ck_assert_str_eq(memory, expected);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *const suite = suite_create("short_text");
    TCase *const tests = tcase_create("all");

    tcase_add_test(tests, pieces_stand_one_after_the_other);
    tcase_add_test(tests, what_has_no_room_is_left_out);
    tcase_add_loop_test(tests, numbers_are_those_of_printf, 0, ARRAY_LENGTH(numbers));
    tcase_add_loop_test(tests, hundredths_are_those_of_printf, 0, ARRAY_LENGTH(fractions));
    suite_add_tcase(suite, tests);
    return suite;
}
