/* test_config_sources.c - what a path may be: a folder of functions, a template, a file; and reading it again. */
#include "config/config_store.h"
#include "tests/support/unit.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[] = "/tmp/test_config.XXXXXX";
static char file[PATH_MAX];

static void make_scratch(void)
{
    memcpy(strchr(scratch, '.'), ".XXXXXX", sizeof ".XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(scratch));
    snprintf(file, sizeof file, "%s/invoked.json", scratch);
}

static void remove_scratch(void)
{
    unlink(file);
    rmdir(scratch);
}

static void write_file(const char *text)
{
    FILE *stream = fopen(file, "w");

    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    ck_assert_int_eq(fclose(stream), 0);
}

static const struct {
    const char *path;
    const char *problems; /* each ended by a line end */
} refused[] = {
    {"fixtures/configs/none.json",
     "fixtures/configs/none.json: can't be read: No such file or directory; expected a "
     "configuration file, a template or a folder of functions\n"},
    {"fixtures/configs/none/none.json",
     "fixtures/configs/none/none.json: can't be read: No such file or directory; expected a "
     "configuration file, a template or a folder of functions\n"},
    {"fixtures/configs/folder-without-functions",
     "fixtures/configs/folder-without-functions: contains no function: add NAME.py, NAME.mjs, "
     "an executable file, or a folder with app.py, index.mjs or bootstrap\n"},
    {"fixtures/configs/folder-with-faults/",
     "fixtures/configs/folder-with-faults/he llo.py: function names must be 1 to 64 "
     "characters of a-z, A-Z, 0-9, - and _: rename the file, or prefix its name with a dot to "
     "exclude it\n"
     "fixtures/configs/folder-with-faults/my.tool.sh: function names must be 1 to 64 "
     "characters of a-z, A-Z, 0-9, - and _: rename the file, or prefix its name with a dot to "
     "exclude it\n"
     "fixtures/configs/folder-with-faults/twice.py: defines the function twice, and so does "
     "twice.mjs: rename one of them\n"},
};

START_TEST(says_why_a_path_is_no_configuration)
{
    struct config_problems problems = {.count = 0};
    char found[3000] = "";

    ck_assert_ptr_null(config_load(refused[_i].path, NULL, &problems));
    for (size_t i = 0; i < problems.count; i++) {
        strcat(found, problems.messages[i]);
        strcat(found, "\n");
    }
    ck_assert_str_eq(found, refused[_i].problems);
    config_problems_clear(&problems);
}
END_TEST

/* ---- folders ---- */

static const struct {
    const char *name;
    enum function_kind kind;
    enum runtime_family family;
    const char *handler;
    const char *folder; /* in fixtures/configs/folder */
} entries[] = {
    {"echo", FUNCTION_RUNTIME, RUNTIME_FAMILY_PYTHON, "echo.handler", ""},
    {"fetch", FUNCTION_RUNTIME, RUNTIME_FAMILY_PYTHON, "app.handler", "/fetch"},
    {"mirror", FUNCTION_RUNTIME, RUNTIME_FAMILY_NODEJS, "mirror.handler", ""},
    {"native", FUNCTION_RUNTIME, RUNTIME_FAMILY_PROVIDED, NULL, "/native"},
    {"old", FUNCTION_RUNTIME, RUNTIME_FAMILY_NODEJS, "old.handler", ""},
    {"plain", FUNCTION_RUNTIME, RUNTIME_FAMILY_NODEJS, "plain.handler", ""},
    {"render", FUNCTION_RUNTIME, RUNTIME_FAMILY_NODEJS, "index.handler", "/render"},
    {"shout", FUNCTION_COMMAND, RUNTIME_FAMILY_NONE, NULL, ""},
};

START_TEST(reads_a_folder_of_functions)
{
    struct config_problems problems = {.count = 0};
    struct config *config = config_load("fixtures/configs/folder", NULL, &problems);
    char base[PATH_MAX], expected[PATH_MAX * 2];

    ck_assert_ptr_nonnull(config);
    ck_assert_ptr_nonnull(realpath("fixtures/configs/folder", base));
    ck_assert_str_eq(config->path, base);
    ck_assert_uint_eq(config->function_count, ARRAY_LENGTH(entries));
    for (int i = 0; i < ARRAY_LENGTH(entries); i++) {
        const struct function_version *latest = config->functions[i]->latest;

        ck_assert_str_eq(config->functions[i]->name, entries[i].name);
        ck_assert_int_eq(latest->kind, entries[i].kind);
        ck_assert_int_eq(latest->family, entries[i].family);
        ck_assert_pstr_eq(latest->handler, entries[i].handler);
        snprintf(expected, sizeof expected, "%s%s", base, entries[i].folder);
        ck_assert_str_eq(latest->working_directory, expected);
    }
    snprintf(expected, sizeof expected, "%s/shout.sh", base);
    ck_assert_str_eq(config_function(config, "shout")->latest->command.items[0], expected);
    ck_assert_uint_eq(config_function(config, "shout")->latest->command.count, 1);
    config_release(config);
}
END_TEST

/* ---- the store ---- */

static const char first_text[] =
    "{\"Functions\":{\"f\":{\"Timeout\":1,\"Local\":{\"Command\":[\"cat\"]}}}}";
static const char second_text[] =
    "{\"Functions\":{\"f\":{\"Timeout\":2,\"Local\":{\"Command\":[\"cat\"]}}}}";

static unsigned current_timeout(const struct config_store *store)
{
    return config_function(config_store_current(store), "f")->latest->timeout_s;
}

static struct config_store *open_store(void)
{
    struct config_problems problems = {.count = 0};
    static char parameter[] = "Stage=dev";
    char *items[] = {parameter, NULL};
    const struct config_options options = {.parameters = {.count = 1, .items = items}};

    write_file(first_text);
    struct config *config = config_load(file, &options, &problems);

    ck_assert_ptr_nonnull(config);
    ck_assert_uint_eq(config->notes.count, 1);
    ck_assert_str_eq(config->notes.items[0],
                     "--parameter and --config-env are ignored: the configuration is not "
                     "a template");
    return config_store_new(file, &options, config);
}

START_TEST(reads_a_changed_file_again)
{
    struct config_problems problems = {.count = 0};
    struct config_store *store = open_store();

    ck_assert_uint_eq(current_timeout(store), 1);
    struct config *old = config_retain(config_store_current(store));

    write_file(second_text);
    ck_assert(config_store_reload(store, &problems));
    ck_assert_uint_eq(problems.count, 0);
    ck_assert_uint_eq(current_timeout(store), 2);
    ck_assert_uint_eq(config_function(old, "f")->latest->timeout_s,
                      1); /* who works with it keeps it */
    ck_assert_uint_eq(config_function(old, "f")->latest->fingerprint,
                      config_function(config_store_current(store), "f")->latest->fingerprint);
    config_release(old);
    config_store_free(store);
}
END_TEST

START_TEST(keeps_the_old_snapshot_when_the_new_one_is_bad)
{
    struct config_problems problems = {.count = 0};
    struct config_store *store = open_store();
    struct config *old = config_store_current(store);

    write_file("{\"Functions\":{\"f\":{}}}");
    ck_assert(!config_store_reload(store, &problems));
    ck_assert_uint_eq(problems.count, 1);
    config_problems_clear(&problems);
    unlink(file);
    ck_assert(!config_store_reload(store, &problems));
    ck_assert_uint_eq(problems.count, 1);
    config_problems_clear(&problems);
    ck_assert_ptr_eq(config_store_current(store), old);
    ck_assert_uint_eq(current_timeout(store), 1);
    write_file(second_text);
    ck_assert(config_store_reload(store, &problems));
    ck_assert_uint_eq(current_timeout(store), 2);
    config_store_free(store);
}
END_TEST

static const char published_text[] =
    "{\"Functions\":{\"f\":{\"Timeout\":%u,\"Description\":\"%s\",\"Local\":{\"Command\":[\"cat\"%"
    "s]},"
    "\"EventInvokeConfig\":{\"MaximumRetryAttempts\":%u},"
    "\"Versions\":{%s},\"Aliases\":{\"live\":{\"FunctionVersion\":\"1\"}}}}}";

static void write_versions(unsigned timeout_s, const char *description, const char *words,
                           unsigned retries, const char *versions)
{
    char text[1024];

    ck_assert_int_lt(snprintf(text, sizeof text, published_text, timeout_s, description, words,
                              retries, versions),
                     (int)sizeof text);
    write_file(text);
}

static const struct function_version *current_version(const struct config_store *store,
                                                      const char *qualifier)
{
    struct function_target target;

    ck_assert(function_resolve(config_function(config_store_current(store), "f"), qualifier, 0.5,
                               &target));
    return target.version;
}

START_TEST(keeps_published_versions_over_a_reload)
{
    struct config_problems problems = {.count = 0};
    struct config_store *store = NULL;

    write_versions(1, "first", "", 1, "\"1\":{}");
    store = config_store_new(file, NULL, config_load(file, NULL, &problems));
    /* $LATEST and a new version are as the file says; version 1 is not. The third reload frees the second snapshot. */
    for (unsigned round = 2; round < 5; round++) {
        write_versions(round, "next", ",\"-u\"", 0,
                       round < 4 ? "\"1\":{},\"2\":{\"Timeout\":9}" : "\"1\":{},\"2\":{}");
        ck_assert(config_store_reload(store, &problems));
        ck_assert_uint_eq(problems.count, round < 4 ? 1 : 2);
        ck_assert_ptr_nonnull(
            strstr(problems.messages[0], "Functions.f.Versions.1: published versions"));
        config_problems_clear(&problems);
        problems = (struct config_problems){.count = 0};
        ck_assert_uint_eq(current_version(store, "")->timeout_s, round);
        ck_assert_uint_eq(current_version(store, "2")->timeout_s, 9);
        ck_assert_uint_eq(current_version(store, "2")->command.count, 2);
        ck_assert_uint_eq(current_version(store, "1")->timeout_s, 1);
        ck_assert_str_eq(current_version(store, "1")->description, "first");
        ck_assert_uint_eq(current_version(store, "1")->command.count, 1);
        ck_assert_ptr_eq(current_version(store, "live"), current_version(store, "1"));
        ck_assert_ptr_eq(current_version(store, "1")->function,
                         config_function(config_store_current(store), "f"));
        ck_assert_uint_eq(current_version(store, "1")->event_invoke_config->maximum_retry_attempts,
                          0);
    }
    config_store_free(store);
}
END_TEST

START_TEST(reads_from_a_pipe)
{
    struct config_problems problems = {.count = 0};
    int ends[2];
    char path[40];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], first_text, strlen(first_text)), (int)strlen(first_text));
    close(ends[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    struct config *config = config_load(path, NULL, &problems);

    ck_assert_ptr_nonnull(config);
    ck_assert_uint_eq(config_function(config, "f")->latest->timeout_s, 1);
    config_release(config);
    close(ends[0]);
}
END_TEST

START_TEST(refuses_a_file_above_the_limit)
{
    struct config_problems problems = {.count = 0};

    write_file("");
    ck_assert_int_eq(truncate(file, ((off_t)64 << 20) + 1), 0);
    ck_assert_ptr_null(config_load(file, NULL, &problems));
    ck_assert_uint_eq(problems.count, 1);
    ck_assert_ptr_nonnull(strstr(problems.messages[0], "invoked.json: is larger than 64 MiB"));
    config_problems_clear(&problems);
}
END_TEST

/* Reading it would hold the loop until somebody writes. */
START_TEST(refuses_to_read_a_pipe_again)
{
    struct config_problems problems = {.count = 0};

    write_file("{\"Functions\":{}}");
    struct config *config = config_load(file, NULL, &problems);
    struct config_store *store = config_store_new(file, NULL, config);

    ck_assert_ptr_nonnull(store);
    unlink(file);
    ck_assert_int_eq(mkfifo(file, 0600), 0);
    ck_assert(!config_store_reload(store, &problems));
    ck_assert_uint_eq(problems.count, 1);
    ck_assert_ptr_nonnull(strstr(problems.messages[0], "is not a regular file"));
    ck_assert_ptr_eq(config_store_current(store), config);
    config_problems_clear(&problems);
    config_store_free(store);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("config_sources");
    TCase *paths = tcase_create("paths"), *store = tcase_create("store");

    tcase_add_loop_test(paths, says_why_a_path_is_no_configuration, 0, ARRAY_LENGTH(refused));
    tcase_add_test(paths, reads_a_folder_of_functions);
    tcase_add_test(paths, reads_from_a_pipe);
    tcase_add_checked_fixture(store, make_scratch, remove_scratch);
    tcase_add_test(store, reads_a_changed_file_again);
    tcase_add_test(store, keeps_published_versions_over_a_reload);
    tcase_add_test(store, keeps_the_old_snapshot_when_the_new_one_is_bad);
    tcase_add_test(store, refuses_to_read_a_pipe_again);
    tcase_add_test(store, refuses_a_file_above_the_limit);
    suite_add_tcase(suite, paths);
    suite_add_tcase(suite, store);
    return suite;
}
