/* How the lineage of a trace header grows from hop to hop, and when a chain of invocations counts as endless. */
#include "runtime/dispatch/lineage.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#define ROOT "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"

static const struct lineage_function a = {"123456789012", "a"}, b = {"123456789012", "b"},
                                     c = {"123456789012", "c"}, other = {"111122223333", "a"};

static char header[TRACE_HEADER_SIZE];

static unsigned hop(const struct lineage_function *function)
{
    char extended[TRACE_HEADER_SIZE];
    const unsigned loops = lineage_extend(header, function, extended);

    ck_assert_uint_eq(lineage_loops(extended, function), loops);
    ck_assert_int_eq(lineage_is_endless(extended, function), loops >= 16);
    memcpy(header, extended, sizeof header);
    return loops;
}

static void begin(const char *text)
{
    (void)snprintf(header, sizeof header, "%s", text);
}

/* The 17th invocation is the one that has come back 16 times. */
START_TEST(a_function_that_invokes_itself_comes_back_each_time)
{
    begin(ROOT ";Parent=9a9197af755a6419;Sampled=1");
    for (unsigned i = 0; i < 17; i++)
        ck_assert_uint_eq(hop(&a), i);
    ck_assert(lineage_is_endless(header, &a));
    ck_assert(!lineage_is_endless(header, &b));
    ck_assert(!lineage_is_endless(header, &other));
}
END_TEST

START_TEST(a_loop_that_begins_later_is_found)
{
    const struct lineage_function *const loop[] = {&b, &c, &other};
    unsigned hops = 1;

    begin("");
    ck_assert_uint_eq(hop(&a), 0);
    while (hop(loop[hops % 3]) < LINEAGE_LOOPS_MAX)
        ck_assert_uint_lt(++hops, 3 * 20);
}
END_TEST

START_TEST(functions_of_a_long_chain_are_no_loop)
{
    char name[16];
    const struct lineage_function function = {"123456789012", name};

    begin("");
    for (int i = 0; i < 300; i++) {
        (void)snprintf(name, sizeof name, "f%d", i);
        ck_assert_uint_eq(hop(&function), 0);
    }
}
END_TEST

/* `#` stands for the eight digits of the function. */
static const struct {
    const char *before, *after;
} rows[] = {
    {"", "Lineage=1:#:0"},
    {ROOT, ROOT ";Lineage=1:#:0"},
    {ROOT ";", ROOT ";Lineage=1:#:0"},
    {ROOT ";Lineage=1:d0782663:0", ROOT ";Lineage=2:d0782663:0"},
    {ROOT ";Lineage=7:d0782663:0", ROOT ";Lineage=8:#:0"},
    {ROOT ";Lineage=7:d0782663:1", ROOT ";Lineage=8:d0782663:1"},
    {ROOT ";Lineage=2:d0782663:0", ROOT ";Lineage=3:d0782663:0"},
    {ROOT ";Lineage=3:d0782663:1", ROOT ";Lineage=4:d0782663:1"},
    {"Lineage=1:d0782663:3;" ROOT ";Sampled=0", ROOT ";Sampled=0;Lineage=2:d0782663:3"},
    {ROOT ";Lineage=1:d0782663:0;Sampled=0", ROOT ";Sampled=0;Lineage=2:d0782663:0"},
    {ROOT ";Lineage=32767:d0782663:255", ROOT ";Lineage=32767:d0782663:255"},
    {ROOT ";Lineage=32768:d0782663:0", ROOT ";Lineage=1:#:0"},
    {ROOT ";Lineage=1:d078266:0", ROOT ";Lineage=1:#:0"},
    {ROOT ";Lineage=1:D0782663:0", ROOT ";Lineage=1:#:0"},
    {ROOT ";Lineage=1:d0782663:256", ROOT ";Lineage=1:#:0"},
    {ROOT ";Lineage=1:d0782663:", ROOT ";Lineage=1:#:0"},
    {ROOT ";Lineage=1:d0782663:0x", ROOT ";Lineage=1:#:0"},
    {ROOT ";Lineage=", ROOT ";Lineage=1:#:0"},
    {"hello", "hello;Lineage=1:#:0"},
};

START_TEST(the_lineage_comes_last)
{
    char own[TRACE_HEADER_SIZE], expected[TRACE_HEADER_SIZE];
    const char *mark = strchr(rows[_i].after, '#');

    (void)lineage_extend(NULL, &a, own);
    if (mark == NULL)
        (void)snprintf(expected, sizeof expected, "%s", rows[_i].after);
    else
        (void)snprintf(expected, sizeof expected, "%.*s%.8s%s", (int)(mark - rows[_i].after),
                       rows[_i].after, own + strlen("Lineage=1:"), mark + 1);
    begin(rows[_i].before);
    (void)hop(&a);
    ck_assert_str_eq(header, expected);
}
END_TEST

START_TEST(a_header_without_room_gets_the_lineage_alone)
{
    char extended[TRACE_HEADER_SIZE], text[4 * TRACE_HEADER_SIZE];

    for (size_t length = TRACE_HEADER_SIZE - 60; length < sizeof text - 1; length++) {
        memset(text, 'a', length);
        text[length] = '\0';
        (void)lineage_extend(text, &a, extended);
        ck_assert_ptr_nonnull(strstr(extended, "Lineage=1:"));
        ck_assert_uint_lt(strlen(extended), sizeof extended);
    }
    ck_assert_int_eq(strncmp(extended, "Lineage=", 8), 0);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("lineage");
    TCase *cases = tcase_create("lineage");

    tcase_add_test(cases, a_function_that_invokes_itself_comes_back_each_time);
    tcase_add_test(cases, a_loop_that_begins_later_is_found);
    tcase_add_test(cases, functions_of_a_long_chain_are_no_loop);
    tcase_add_loop_test(cases, the_lineage_comes_last, 0, ARRAY_LENGTH(rows));
    tcase_add_test(cases, a_header_without_room_gets_the_lineage_alone);
    suite_add_tcase(suite, cases);
    return suite;
}
