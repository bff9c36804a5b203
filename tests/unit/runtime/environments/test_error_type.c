#include "runtime/environments/error_type.h"

#include "tests/support/unit.h"

static const struct {
    const char *type;
    const char *shown;
} cases[] = {
    {"Runtime.ImportModuleError", "Runtime.ImportModuleError"},
    {"Function.ResponseSizeTooLarge", "Function.ResponseSizeTooLarge"},
    {"in Runtime.ExitError, later", "in Runtime.ExitError, later"},
    {"Runtime.Runtime.OK", "Runtime.Runtime.OK"},
    {"RuntimeError", "Runtime.Unknown"},
    {"Runtime.x", "Runtime.Unknown"},
    {"Runtime.X", "Runtime.Unknown"},
    {"Function.x", "Function.Unknown"},
    {"my Function.x", "Runtime.Unknown"},
    {"Unhandled", "Runtime.Unknown"},
    {"", "Runtime.Unknown"},
};

START_TEST(shows_what_the_platform_knows)
{
    ck_assert_str_eq(error_type_shown(cases[_i].type), cases[_i].shown);
}
END_TEST

START_TEST(tells_the_unknown)
{
    ck_assert(error_type_is_unknown("Runtime.Unknown"));
    ck_assert(error_type_is_unknown("Function.Unknown"));
    ck_assert(!error_type_is_unknown("Runtime.ExitError"));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("error_type");
    TCase *tcase = tcase_create("error_type");

    tcase_add_loop_test(tcase, shows_what_the_platform_knows, 0, ARRAY_LENGTH(cases));
    tcase_add_test(tcase, tells_the_unknown);
    suite_add_tcase(suite, tcase);
    return suite;
}
