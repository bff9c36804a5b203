#include "config/names/bundled_language.h"

#include "config/names/name_rules.h"
#include "tests/support/unit.h"

#include <string.h>

/* The whole table: what holds for every language, so that a new row is tested without an edit here. */
START_TEST(each_row_is_complete_and_consistent)
{
    const struct bundled_language *language;
    char spellings[BUNDLED_SPELLINGS_SIZE];

    bundled_language_spellings(spellings);
    for (size_t i = 0; (language = bundled_language_at(i)) != NULL; i++) {
        const char *const slash = strchr(language->script, '/');
        bool has_unversioned = false;

        ck_assert_ptr_eq(bundled_language_of(language->family), language);
        ck_assert_int_eq(runtime_family_of(language->usual), language->family);
        for (const char *const *known = language->known; *known != NULL; known++)
            ck_assert_int_eq(runtime_family_of(*known), language->family);
        ck_assert_ptr_nonnull(strstr(spellings, language->spelling));
        ck_assert_ptr_nonnull(slash);
        ck_assert_ptr_null(strchr(slash + 1, '/'));
        ck_assert(language->name[0] != '\0' && language->handler[0] != '\0');
        ck_assert(language->question_flag[0] == '-' && language->question[0] != '\0');
        ck_assert_ptr_nonnull(language->file_ends[0]);
        ck_assert_ptr_nonnull(language->folder_files[0]);
        for (const char *const *end = language->file_ends; *end != NULL; end++)
            ck_assert_int_eq((*end)[0], '.');
        for (const char *const *executable = language->executables; *executable != NULL;
             executable++)
            has_unversioned = has_unversioned || strchr(*executable, '*') == NULL;
        ck_assert(has_unversioned); /* it is named when none is found */
    }
}
END_TEST

static const struct {
    const char *written, *meant; /* NULL: no suggestion */
} misspelt[] = {
    {"python3,12", "python3.12"}, {"pyton3.15", "python3.15"},
    {"nodejs26", "nodejs26.x"},   {"node22.x", "nodejs22.x"},
    {"nodejs24.X", "nodejs24.x"}, {"jav25", "java25"},
    {"java-21", "java21"},        {"java8al2023", "java8.al2023"},
    {"dotnet-10", "dotnet10"},    {"rubby4.0", "ruby4.0"},
    {"ruby-3.4", "ruby3.4"},      {"provided.al2032", "provided.al2023"},
    {"go1.y", "go1.x"},           {"cobol", NULL},
};

START_TEST(suggests_what_a_misspelt_runtime_may_have_meant)
{
    const char *nearest = nearest_runtime(misspelt[_i].written);

    if (misspelt[_i].meant == NULL)
        ck_assert_ptr_null(nearest);
    else
        ck_assert_str_eq(nearest, misspelt[_i].meant);
}
END_TEST

START_TEST(knows_the_newest_runtimes_of_others)
{
    static const char *const names[] = {"java25",   "java17.al2023", "java8.al2",
                                        "dotnet10", "dotnet8",       "go1.x"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert(is_foreign_runtime(names[i]));
        ck_assert_int_eq(runtime_family_of(names[i]), RUNTIME_FAMILY_NONE);
    }
    ck_assert(!is_foreign_runtime("python3.15"));
}
END_TEST

/* clang-format off */
static const struct {
    const char *runtime;
    enum runtime_family family;
} runtimes[] = {
    {"python3.12",    RUNTIME_FAMILY_PYTHON},
    {"python3.9",     RUNTIME_FAMILY_PYTHON},
    {"python3.999",   RUNTIME_FAMILY_PYTHON},
    {"nodejs20.x",    RUNTIME_FAMILY_NODEJS},
    {"python3.",      RUNTIME_FAMILY_NONE},
    {"python3.1234",  RUNTIME_FAMILY_NONE},
    {"python3.12x",   RUNTIME_FAMILY_NONE},
    {"python2.7",     RUNTIME_FAMILY_NONE},
    {"nodejs.x",      RUNTIME_FAMILY_NONE},
    {"nodejs20",      RUNTIME_FAMILY_NONE},
    {"provided",      RUNTIME_FAMILY_NONE},
    {"ruby3.3",       RUNTIME_FAMILY_RUBY},
    {"ruby4.0",       RUNTIME_FAMILY_RUBY},
    {"ruby3",         RUNTIME_FAMILY_NONE},
    {"ruby3.",        RUNTIME_FAMILY_NONE},
    {"ruby3.x",       RUNTIME_FAMILY_NONE},
    {"ruby3.3.1",     RUNTIME_FAMILY_NONE},
    {"ruby3.1234",    RUNTIME_FAMILY_NONE},
    {"",              RUNTIME_FAMILY_NONE},
};
/* clang-format on */

START_TEST(a_name_says_the_language)
{
    ck_assert_int_eq(bundled_family_of(runtimes[_i].runtime), runtimes[_i].family);
}
END_TEST

START_TEST(other_runtimes_have_no_row)
{
    ck_assert_ptr_null(bundled_language_of(RUNTIME_FAMILY_NONE));
    ck_assert_ptr_null(bundled_language_of(RUNTIME_FAMILY_PROVIDED));
    ck_assert_ptr_null(bundled_language_at(1000));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("bundled_language");
    TCase *tcase = tcase_create("bundled_language");

    tcase_add_loop_test(tcase, suggests_what_a_misspelt_runtime_may_have_meant, 0,
                        ARRAY_LENGTH(misspelt));
    tcase_add_test(tcase, knows_the_newest_runtimes_of_others);
    tcase_add_test(tcase, each_row_is_complete_and_consistent);
    tcase_add_loop_test(tcase, a_name_says_the_language, 0, ARRAY_LENGTH(runtimes));
    tcase_add_test(tcase, other_runtimes_have_no_row);
    suite_add_tcase(suite, tcase);
    return suite;
}
