#include "runtime/bundled/interpreter.h"

#include "config/names/bundled_language.h"
#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct test_bed bed;
static char found[INTERPRETER_PATH_SIZE], fault[INTERPRETER_ERROR_SIZE];
static unsigned found_count;

static void set_up(void)
{
    test_bed_open(&bed);
}

static void tear_down(void)
{
    test_bed_close(&bed);
}

static void on_found(const struct bundled_language *language, const char *path, const char *why,
                     void *context)
{
    ck_assert_ptr_nonnull(language);
    ck_assert_ptr_eq(context, &bed);
    found_count++;
    (void)snprintf(found, sizeof found, "%s", path == NULL ? "" : path);
    (void)snprintf(fault, sizeof fault, "%s", why);
}

static bool is_found(void *context)
{
    return found_count >= *(const unsigned *)context;
}

/* The search path is the bed's folder; true when it was known at once. */
static bool find(const char *runtime)
{
    const struct function_version settings = {
        .runtime = runtime,
        .family = bundled_family_of(runtime),
    };
    unsigned wanted = found_count + 1;

    if (interpreters_find(bed.interpreters, &settings, bed.folder, found, on_found, &bed))
        return true;
    test_bed_run_until(&bed, is_found, &wanted);
    ck_assert_uint_eq(found_count, wanted);
    return false;
}

static void assert_found(const char *name)
{
    char expected[2 * TEST_BED_PATH_SIZE];

    (void)snprintf(expected, sizeof expected, name[0] == '/' ? "%.0s%s" : "%s/%s", bed.folder,
                   name);
    ck_assert_str_eq(found, expected);
}

/* A program that is no script: a link to one of the system's. */
static void add_program(const char *name)
{
    char path[2 * TEST_BED_PATH_SIZE];

    (void)snprintf(path, sizeof path, "%s/%s", bed.folder, name);
    ck_assert_int_eq(symlink("/bin/cat", path), 0);
}

static void add_script(const char *name, const char *text)
{
    test_bed_write(&bed, name, 0755, text, NULL);
}

/* What lies in PATH, as names with a blank between, and what is taken. */
/* clang-format off */
static const struct {
    const char *programs, *runtime, *taken;
} cases[] = {
    {"python3.12 python3",  "python3.12", "python3.12"},
    {"python3 python3.11",  "python3.12", "python3"},
    {"node20 node",         "nodejs20.x", "node20"},
    {"nodejs20 node",       "nodejs20.x", "nodejs20"},
    {"node nodejs",         "nodejs20.x", "node"},
    {"nodejs",              "nodejs22.x", "nodejs"},
};
/* clang-format on */

START_TEST(the_program_of_the_very_version_comes_first)
{
    char names[64], *rest = names;
    const char *name;

    (void)snprintf(names, sizeof names, "%s", cases[_i].programs);
    while ((name = strsep(&rest, " ")) != NULL)
        add_program(name);
    ck_assert(!find(cases[_i].runtime));
    assert_found(cases[_i].taken);
    ck_assert_str_eq(fault, "");
    ck_assert(find(cases[_i].runtime)); /* remembered */
    assert_found(cases[_i].taken);
}
END_TEST

START_TEST(what_is_missing_is_named_and_looked_for_again)
{
    ck_assert(!find("python3.12"));
    ck_assert_str_eq(found, "");
    ck_assert_str_eq(fault, "python3.12 is not installed here: no python3 in PATH");
    ck_assert(!find("nodejs20.x"));
    ck_assert_str_eq(fault, "nodejs20.x is not installed here: no node in PATH");
    add_program("python3");
    ck_assert(!find("python3.12"));
    assert_found("python3");
}
END_TEST

START_TEST(a_script_is_asked_where_the_real_one_is)
{
    add_script("python3.12", "#!/bin/sh\necho /bin/cat; echo 3.12.1\n");
    ck_assert(!find("python3.12"));
    assert_found("/bin/cat");
    ck_assert_str_eq(test_bed_log(&bed), ""); /* it is the right one */
}
END_TEST

START_TEST(it_is_asked_in_the_language_of_its_kind)
{
    add_script("python3", "#!/bin/sh\n[ \"$1\" = -c ] || exit 1\ncase $2 in *sys.executable*) "
                          "echo /bin/cat; echo 3.12.1;; esac\n");
    add_script("node", "#!/bin/sh\n[ \"$1\" = -p ] || exit 1\ncase $2 in *process.execPath*) "
                       "echo /bin/cat; echo 20.1.0;; esac\n");
    ck_assert(!find("python3.12"));
    assert_found("/bin/cat");
    ck_assert(!find("nodejs20.x"));
    assert_found("/bin/cat");
}
END_TEST

/* Scripts that give no interpreter. */
static const char *const useless[] = {
    "#!/bin/sh\necho pyenv: version not installed >&2; exit 127\n",
    "#!/bin/sh\nexit 0\n",
    "#!/bin/sh\necho /bin/cat; echo 3.12.1; exit 1\n",
    "#!/bin/sh\necho /bin/cat\n",
    "#!/bin/sh\necho /bin/cat; echo none\n",
    "#!/bin/sh\necho not-absolute; echo 3.12.1\n",
    "#!/bin/sh\necho /no/such/program; echo 3.12.1\n",
    "#!/bin/sh\necho /etc; echo 3.12.1\n",
    "#!/bin/sh\necho; echo /bin/cat; echo 3.12.1\n",
    "#!/bin/sh\nkill -9 $$\n",
    "#!/no/such/interpreter\n",
    "#!/bin/sh\nhead -c 9000 /dev/zero | tr '\\0' /\n",
};

START_TEST(a_script_that_knows_nothing_is_passed_over)
{
    add_script("python3.12", useless[_i]);
    add_program("python3");
    ck_assert(!find("python3.12"));
    assert_found("python3");
}
END_TEST

START_TEST(a_folder_of_that_name_is_no_program)
{
    test_bed_write(&bed, "python3.12/inside", 0644, "", NULL);
    add_program("python3");
    ck_assert(!find("python3.12"));
    assert_found("python3");
}
END_TEST

START_TEST(all_who_ask_meanwhile_are_told)
{
    const struct function_version settings = {.runtime = "python3.12",
                                              .family = RUNTIME_FAMILY_PYTHON};
    unsigned wanted = 3;

    add_script("python3.12", "#!/bin/sh\necho /bin/cat; echo 3.12.1\n");
    for (unsigned i = 0; i < 3; i++)
        ck_assert(
            !interpreters_find(bed.interpreters, &settings, bed.folder, found, on_found, &bed));
    ck_assert_uint_eq(found_count, 0); /* never before it returns */
    test_bed_run_until(&bed, is_found, &wanted);
    assert_found("/bin/cat");
}
END_TEST

START_TEST(a_search_that_runs_ends_with_the_whole)
{
    const struct function_version settings = {.runtime = "python3.12",
                                              .family = RUNTIME_FAMILY_PYTHON};

    add_script("python3.12", "#!/bin/sh\nsleep 100\n");
    ck_assert(!interpreters_find(bed.interpreters, &settings, bed.folder, found, on_found, &bed));
    test_bed_run_for(&bed, 30);
    interpreters_close(bed.interpreters);
    process_table_close(bed.processes);
    bed.interpreters = NULL;
    bed.processes = NULL;
    ck_assert_uint_eq(found_count, 0);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("interpreter");
    TCase *tcase = tcase_create("interpreter");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, the_program_of_the_very_version_comes_first, 0, ARRAY_LENGTH(cases));
    tcase_add_test(tcase, what_is_missing_is_named_and_looked_for_again);
    tcase_add_test(tcase, a_script_is_asked_where_the_real_one_is);
    tcase_add_test(tcase, it_is_asked_in_the_language_of_its_kind);
    tcase_add_loop_test(tcase, a_script_that_knows_nothing_is_passed_over, 0,
                        ARRAY_LENGTH(useless));
    tcase_add_test(tcase, a_folder_of_that_name_is_no_program);
    tcase_add_test(tcase, all_who_ask_meanwhile_are_told);
    tcase_add_test(tcase, a_search_that_runs_ends_with_the_whole);
    suite_add_tcase(suite, tcase);
    return suite;
}
