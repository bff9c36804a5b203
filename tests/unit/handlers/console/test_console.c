#include "handlers/console/console.h"

#include "tests/support/unit.h"

#include <string.h>

static const char token[] = "0123456789abcdef0123456789abcdef";

static const struct {
    const char *cookies;
    bool is_admitted;
} cases[] = {
    {"invoked_console=0123456789abcdef0123456789abcdef", true},
    {"a=b; invoked_console=0123456789abcdef0123456789abcdef", true},
    {"a=b;invoked_console=0123456789abcdef0123456789abcdef; c=d", true},
    {"invoked_console=wrong; invoked_console=0123456789abcdef0123456789abcdef", true},
    {NULL, false},
    {"", false},
    {";", false},
    {"invoked_console", false},
    {"invoked_console=", false},
    {"invoked_console=0123456789abcdef0123456789abcde", false},
    {"invoked_console=0123456789abcdef0123456789abcdef0", false},
    {"invoked_console=0123456789abcdef0123456789abcdeF", false},
    {"xinvoked_console=0123456789abcdef0123456789abcdef", false},
    {"a=invoked_console=0123456789abcdef0123456789abcdef", false},
};

START_TEST(admits_who_has_the_token)
{
    struct api api = {.loop = NULL};

    memcpy(api.console_token, token, sizeof token);
    ck_assert_int_eq(console_admits(&api, cases[_i].cookies), cases[_i].is_admitted);
}
END_TEST

START_TEST(admits_nobody_without_a_console)
{
    const struct api api = {.loop = NULL};

    ck_assert(!console_admits(&api, cases[_i].cookies));
    ck_assert(!console_admits(&api, "invoked_console="));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("console");
    TCase *tcase = tcase_create("console");

    tcase_add_loop_test(tcase, admits_who_has_the_token, 0, ARRAY_LENGTH(cases));
    tcase_add_loop_test(tcase, admits_nobody_without_a_console, 0, ARRAY_LENGTH(cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
