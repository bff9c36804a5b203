#include "runtime/bundled/interpreter_version.h"

#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the version, by itself --- */

/* clang-format off */
static const struct {
    const char *runtime, *version;
    bool fits;
} versions[] = {
    {"python3.12", "3.12.0",  true},
    {"python3.12", "3.12",    true},
    {"python3.12", "3.11.7",  false},
    {"python3.1",  "3.12.0",  false},
    {"python3.12", "3.1.2",   false},
    {"python3.12", "3.120.0", false},
    {"nodejs20.x", "20.19.2", true},
    {"nodejs20.x", "20",      true},
    {"nodejs20.x", "22.1.0",  false},
    {"nodejs2.x",  "20.1.0",  false},
    {"nodejs20.x", "2.0.0",   false},
};

static const struct {
    const char *answer, *path, *version; /* NULL: it is none */
} answers[] = {
    {"/usr/bin/python3\n3.11.2\n",      "/usr/bin/python3", "3.11.2"},
    {"/usr/bin/python3\r\n3.11.2\r\n",  "/usr/bin/python3", "3.11.2"},
    {"/usr/bin/node\n20.1.0",           "/usr/bin/node",    "20.1.0"},
    {"/a\n3\nmore\n",                   "/a",               "3"},
    {"",                                NULL, NULL},
    {"\n3.11.2\n",                      NULL, NULL},
    {"python3\n3.11.2\n",               NULL, NULL},
    {"/usr/bin/python3\n",              NULL, NULL},
    {"/usr/bin/python3\n\n",            NULL, NULL},
    {"/usr/bin/python3\nv20\n",         NULL, NULL},
    {"/usr/bin/python3\n.1\n",          NULL, NULL},
    {"/a-path-that-is-too-long\n3.1\n", NULL, NULL},
    {"/a\n11111111111111111111111111111111\n", NULL, NULL},
};
/* clang-format on */

START_TEST(a_version_fits_the_runtime_that_names_its_beginning)
{
    ck_assert_int_eq(interpreter_version_fits(versions[_i].runtime, versions[_i].version),
                     versions[_i].fits);
}
END_TEST

START_TEST(reads_what_an_interpreter_says_of_itself)
{
    char path[20], version[INTERPRETER_VERSION_SIZE];
    const size_t length = strlen(answers[_i].answer);
    char *const block = malloc(length + 1);

    ck_assert_ptr_nonnull(block);
    memcpy(block, answers[_i].answer, length);
    ck_assert_int_eq(
        interpreter_version_read((struct bytes_view){block, length}, path, sizeof path, version),
        answers[_i].path != NULL);
    if (answers[_i].path != NULL) {
        ck_assert_str_eq(path, answers[_i].path);
        ck_assert_str_eq(version, answers[_i].version);
    }
    free(block);
}
END_TEST

/* --- the search that goes ahead --- */

enum { INTERPRETERS_MAX = 3, QUIET_MS = 1000 };

/* A script, which is asked at once where the real one is. */
struct stand_in {
    const char *name, *version; /* version NULL: it fails */
};

static struct test_bed bed;

static void open_bed(void)
{
    test_bed_open(&bed);
}

static void close_bed(void)
{
    test_bed_close(&bed);
}

static void install(const struct stand_in *stand_in)
{
    char text[600];

    if (stand_in->version == NULL)
        (void)snprintf(text, sizeof text, "#!/bin/sh\nexit 1\n");
    else
        (void)snprintf(text, sizeof text,
                       "#!/bin/sh\necho asked >> '%s/asked'\necho '%s/%s'\necho %s\n", bed.folder,
                       bed.folder, stand_in->name, stand_in->version);
    test_bed_write(&bed, stand_in->name, 0755, text, NULL);
}

static struct config *config_of(const char *runtime, const char *more)
{
    char text[1000];

    (void)snprintf(
        text, sizeof text,
        "{\"Functions\":{\"one\":{\"Runtime\":\"%s\",\"Handler\":\"app.handler\",\"CodeUri\":\".\","
        "\"Environment\":{\"Variables\":{\"PATH\":\"%s\"}}%s}}}",
        runtime, bed.folder, more);
    return test_bed_config(&bed, text);
}

static bool is_said(void *text)
{
    return strstr(test_bed_log(&bed), text) != NULL;
}

static unsigned count_in_log(const char *text)
{
    const char *at = test_bed_log(&bed);
    unsigned count = 0;

    while ((at = strstr(at, text)) != NULL) {
        at++;
        count++;
    }
    return count;
}

/* clang-format off */
static const struct {
    const char *runtime;
    struct stand_in installed[INTERPRETERS_MAX];
    const char *said; /* NULL: nothing */
} searches[] = {
    {"python3.12", {{"python3.12", "3.12.1"}},                       NULL},
    {"python3.12", {{"python3", "3.12.1"}},                          NULL},
    {"python3.12", {{"python3", "3.11.7"}},                          "python3.12: runs under Python 3.11.7 ("},
    {"python3.12", {{"python3.12", NULL}, {"python3", "3.11.7"}},    "python3.12: runs under Python 3.11.7 ("},
    {"python3.12", {{"python3.12", NULL}, {"python3", "3.12.0"}},    NULL},
    {"python3.12", {{NULL}},                                         "python3.12 is not installed here: no python3 in PATH"},
    {"nodejs20.x", {{"node", "20.19.2"}},                            NULL},
    {"nodejs20.x", {{"nodejs", "20.0.0"}},                           NULL},
    {"nodejs20.x", {{"node", "22.1.0"}},                             "nodejs20.x: runs under Node.js 22.1.0 ("},
    {"nodejs20.x", {{"node20", "20.1.0"}, {"node", "22.1.0"}},       NULL},
    {"nodejs20.x", {{"python3", "3.11.7"}},                          "nodejs20.x is not installed here: no node in PATH"},
};
/* clang-format on */

START_TEST(says_once_what_a_function_runs_under_when_that_is_another_version)
{
    struct config *config;

    for (size_t i = 0; i < INTERPRETERS_MAX && searches[_i].installed[i].name != NULL; i++)
        install(&searches[_i].installed[i]);
    config = config_of(searches[_i].runtime, ",\"Versions\":{\"1\":{},\"2\":{}}");
    interpreters_prefetch(bed.interpreters, config);
    interpreters_prefetch(bed.interpreters, config);
    ck_assert_str_eq(test_bed_log(&bed), ""); /* it has only begun */
    if (searches[_i].said != NULL)
        test_bed_run_until(&bed, is_said, (void *)(uintptr_t)searches[_i].said);
    test_bed_run_for(&bed, QUIET_MS);
    if (searches[_i].said == NULL)
        ck_assert_str_eq(test_bed_log(&bed), "");
    else
        ck_assert_uint_eq(count_in_log(searches[_i].said), 1);
    config_release(config);
}
END_TEST

static void on_found(const struct bundled_language *language, const char *path, const char *fault,
                     void *context)
{
    (void)language;
    (void)path;
    (void)fault;
    ++*(unsigned *)context;
}

START_TEST(who_asks_after_it_is_known_gets_it_at_once)
{
    static const struct stand_in python = {"python3", "3.11.7"};
    char path[INTERPRETER_PATH_SIZE], expected[TEST_BED_PATH_SIZE + 16];
    struct config *config;
    unsigned calls = 0;

    install(&python);
    config = config_of("python3.12", "");
    interpreters_prefetch(bed.interpreters, config);
    test_bed_run_until(&bed, is_said, (void *)(uintptr_t) "3.11.7");
    const struct function_version *const settings = config->functions[0]->latest;

    ck_assert_str_eq(interpreter_search_path(settings), bed.folder);
    ck_assert(interpreters_find(bed.interpreters, settings, interpreter_search_path(settings), path,
                                on_found, &calls));
    (void)snprintf(expected, sizeof expected, "%s/python3", bed.folder);
    ck_assert_str_eq(path, expected);
    test_bed_run_for(&bed, 50);
    ck_assert_uint_eq(calls, 0);
    config_release(config);
}
END_TEST

static bool was_called(void *context)
{
    return *(const unsigned *)context > 0;
}

START_TEST(who_asks_meanwhile_is_told_by_the_same_search)
{
    static const struct stand_in python = {"python3", "3.12.0"};
    char path[INTERPRETER_PATH_SIZE], asked[TEST_BED_PATH_SIZE + 8], line[64] = "";
    struct config *config;
    unsigned calls = 0;

    install(&python);
    config = config_of("python3.12", "");
    interpreters_prefetch(bed.interpreters, config);
    ck_assert(!interpreters_find(bed.interpreters, config->functions[0]->latest, bed.folder, path,
                                 on_found, &calls));
    test_bed_run_until(&bed, was_called, &calls);
    (void)snprintf(asked, sizeof asked, "%s/asked", bed.folder);
    FILE *const file = fopen(asked, "r");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(line, 1, sizeof line, file), strlen("asked\n")); /* one process */
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_uint_eq(calls, 1);
    config_release(config);
}
END_TEST

/* The machine's own python3 is no script. */
START_TEST(a_program_under_a_name_without_version_is_asked_in_the_background)
{
    char program[TEST_BED_PATH_SIZE + 16], command[3 * TEST_BED_PATH_SIZE],
        path[INTERPRETER_PATH_SIZE];
    struct config *config;
    unsigned calls = 0;

    (void)snprintf(program, sizeof program, "%s/python3", bed.folder);
    (void)snprintf(command, sizeof command, "ln -s /usr/bin/python3 '%s'", program);
    ck_assert_int_eq(system(command), 0);
    config = config_of("python3.99", "");
    ck_assert(!interpreters_find(bed.interpreters, config->functions[0]->latest, bed.folder, path,
                                 on_found, &calls));
    test_bed_run_until(&bed, was_called, &calls);
    ck_assert_str_eq(test_bed_log(&bed), ""); /* told before the version is known */
    test_bed_run_until(&bed, is_said, (void *)(uintptr_t) "python3.99: runs under Python 3.");
    config_release(config);
}
END_TEST

START_TEST(closing_in_the_middle_ends_the_question)
{
    struct config *config;

    test_bed_write(&bed, "python3", 0755, "#!/bin/sh\nexec sleep 600\n", NULL);
    config = config_of("python3.12", "");
    interpreters_prefetch(bed.interpreters, config);
    test_bed_run_for(&bed, 100);
    config_release(config); /* close_bed() fails when a child is left */
}
END_TEST

Suite *unit_suite(void)
{
    Suite *const suite = suite_create("interpreter_version");
    TCase *const pure = tcase_create("pure"), *const search = tcase_create("search");

    tcase_add_loop_test(pure, a_version_fits_the_runtime_that_names_its_beginning, 0,
                        ARRAY_LENGTH(versions));
    tcase_add_loop_test(pure, reads_what_an_interpreter_says_of_itself, 0, ARRAY_LENGTH(answers));
    suite_add_tcase(suite, pure);
    tcase_add_checked_fixture(search, open_bed, close_bed);
    tcase_set_timeout(search, 60);
    tcase_add_loop_test(search, says_once_what_a_function_runs_under_when_that_is_another_version,
                        0, ARRAY_LENGTH(searches));
    tcase_add_test(search, who_asks_after_it_is_known_gets_it_at_once);
    tcase_add_test(search, who_asks_meanwhile_is_told_by_the_same_search);
    tcase_add_test(search, a_program_under_a_name_without_version_is_asked_in_the_background);
    tcase_add_test(search, closing_in_the_middle_ends_the_question);
    suite_add_tcase(suite, search);
    return suite;
}
