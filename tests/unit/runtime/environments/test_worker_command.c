#include "runtime/environments/worker_command.h"

#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct test_bed bed;
static struct config *config;
static struct worker_command command;

static void set_up(void)
{
    test_bed_open(&bed);
    test_bed_write(&bed, "code/app.py", 0644, "", NULL);
    test_bed_write(&bed, "native/bootstrap", 0755, "#!/bin/sh\n", NULL);
    config = test_bed_config(
        &bed,
        "{\"Functions\":{"
        "\"py\":{\"Runtime\":\"python3.12\",\"Handler\":\"app.handler\",\"CodeUri\":\"code\"},"
        "\"js\":{\"Runtime\":\"nodejs20.x\",\"Handler\":\"a.b\",\"CodeUri\":\"code\"},"
        "\"debug\":{\"Runtime\":\"python3.12\",\"Handler\":\"app.handler\",\"CodeUri\":\"code\","
        "           \"Local\":{\"DebugCommand\":[\"debugger\",\"--wait\"]}},"
        "\"native\":{\"Runtime\":\"provided.al2023\",\"CodeUri\":\"native\"},"
        "\"bare\":{\"Runtime\":\"provided.al2023\",\"CodeUri\":\"code\"},"
        "\"image\":{\"ImageConfig\":{\"EntryPoint\":[\"my-runtime\",\"-v\"],\"Command\":[\"app."
        "handler\"],"
        "           \"WorkingDirectory\":\"code\"}}}}");
}

static void tear_down(void)
{
    config_release(config);
    test_bed_close(&bed);
}

static const struct function_version *settings_of(const char *name)
{
    return config_function(config, name)->latest;
}

static bool make(const char *name, const char *interpreter, char *wrapper)
{
    char *items[] = {wrapper, NULL};
    const struct environment_variables variables = {.count = wrapper == NULL ? 0 : 1,
                                                    .items = items};

    command = (struct worker_command){.path = ""};
    return worker_command_make(settings_of(name), &variables, "/runtimes", interpreter, &command);
}

/* Arguments with a blank between; FOLDER stands for the bed's. */
/* clang-format off */
static const struct {
    const char *name, *interpreter, *wrapper;
    bool needs_interpreter, is_bundled;
    const char *arguments;
} cases[] = {
    {"py",     "/bin/python3", NULL, true,  true,  "/bin/python3 /runtimes/python/bootstrap.py"},
    {"js",     "/bin/node",    NULL, true,  true,  
     "/bin/node --max-semi-space-size=6 --max-old-space-size=116 /runtimes/nodejs/bootstrap.cjs"},
    {"debug",  NULL,           NULL, false, true,  "debugger --wait /runtimes/python/bootstrap.py"},
    {"native", NULL,           NULL, false, false, "FOLDER/native/bootstrap"},
    {"image",  NULL,           NULL, false, false, "my-runtime -v app.handler"},
    {"py",     "/bin/python3", "AWS_LAMBDA_EXEC_WRAPPER=/opt/wrap", true, true,
     "/opt/wrap /bin/python3 /runtimes/python/bootstrap.py"},
    {"native", NULL,           "AWS_LAMBDA_EXEC_WRAPPER=/opt/wrap", false, false, "/opt/wrap FOLDER/native/bootstrap"},
};
/* clang-format on */

START_TEST(the_command_fits_the_way_to_run)
{
    char arguments[2048] = "", expected[2048];
    const char *rest = cases[_i].arguments;
    const char *folder = strstr(rest, "FOLDER");

    ck_assert_int_eq(worker_command_needs_interpreter(settings_of(cases[_i].name)),
                     cases[_i].needs_interpreter);
    ck_assert(make(cases[_i].name, cases[_i].interpreter, (char *)(uintptr_t)cases[_i].wrapper));
    for (size_t i = 0; command.arguments[i] != NULL; i++) {
        (void)strncat(arguments, i == 0 ? "" : " ", 2);
        (void)strncat(arguments, command.arguments[i], 400);
    }
    if (folder == NULL)
        (void)snprintf(expected, sizeof expected, "%s", rest);
    else
        (void)snprintf(expected, sizeof expected, "%.*s%s%s", (int)(folder - rest), rest,
                       bed.folder, folder + 6);
    ck_assert_str_eq(arguments, expected);
    ck_assert_int_eq(command.is_bundled, cases[_i].is_bundled);
    ck_assert_int_eq(command.has_wrapper, cases[_i].wrapper != NULL);
    ck_assert_str_eq(command.working_directory, settings_of(cases[_i].name)->working_directory);
}
END_TEST

START_TEST(a_missing_bootstrap_is_told_in_the_words_of_aws)
{
    ck_assert(!make("bare", NULL, NULL));
    ck_assert_str_eq(command.error_type, "Runtime.InvalidEntrypoint");
    ck_assert_str_eq(command.failure,
                     "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
}
END_TEST

START_TEST(a_working_directory_that_is_gone_is_an_error_of_its_own)
{
    char path[2 * TEST_BED_PATH_SIZE];

    (void)snprintf(path, sizeof path, "%s/code/app.py", bed.folder);
    ck_assert_int_eq(unlink(path), 0);
    (void)snprintf(path, sizeof path, "%s/code", bed.folder);
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert(!make("image", NULL, NULL));
    ck_assert_str_eq(command.error_type, "Runtime.InvalidWorkingDir");
}
END_TEST

/* What exec said, and what the platform says of it. */
/* clang-format off */
static const struct {
    const char *name, *wrapper;
    int error;
    const char *error_type, *failure;
} failures[] = {
    {"native", NULL, ENOENT,  "Runtime.InvalidEntrypoint", "fork/exec /var/task/bootstrap: no such file or directory"},
    {"native", NULL, EACCES,  "Runtime.InvalidEntrypoint", "fork/exec /var/task/bootstrap: permission denied"},
    {"native", NULL, ENOEXEC, "Runtime.InvalidEntrypoint", "fork/exec /var/task/bootstrap: exec format error"},
    {"image",  NULL, ENOENT,  "Runtime.InvalidEntrypoint", "fork/exec my-runtime: no such file or directory"},
    {"native", "AWS_LAMBDA_EXEC_WRAPPER=/gone", ENOENT, "Runtime.ExitError",
     "Runtime exited with error: exit status 127"},
};
/* clang-format on */

START_TEST(a_program_that_does_not_start_is_told_in_the_words_of_aws)
{
    ck_assert(make(failures[_i].name, NULL, (char *)(uintptr_t)failures[_i].wrapper));
    worker_command_failure(settings_of(failures[_i].name), &command, failures[_i].error);
    ck_assert_str_eq(command.error_type, failures[_i].error_type);
    ck_assert_str_eq(command.failure, failures[_i].failure);
}
END_TEST

START_TEST(more_arguments_than_there_is_room_for_are_refused)
{
    static char *items[WORKER_ARGUMENTS_MAX + 1];
    struct function_version settings = *settings_of("image");
    const struct environment_variables none = {.count = 0};

    for (size_t i = 0; i < WORKER_ARGUMENTS_MAX; i++)
        items[i] = "x";
    settings.command = (struct string_list){WORKER_ARGUMENTS_MAX, items};
    command = (struct worker_command){.path = ""};
    ck_assert(!worker_command_make(&settings, &none, "/runtimes", NULL, &command));
    ck_assert_str_eq(command.error_type, "Runtime.InvalidEntrypoint");
    settings.command.count = WORKER_ARGUMENTS_MAX - 1;
    ck_assert(worker_command_make(&settings, &none, "/runtimes", NULL, &command));
    ck_assert_ptr_null(command.arguments[WORKER_ARGUMENTS_MAX - 1]);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("worker_command");
    TCase *tcase = tcase_create("worker_command");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, the_command_fits_the_way_to_run, 0, ARRAY_LENGTH(cases));
    tcase_add_test(tcase, a_missing_bootstrap_is_told_in_the_words_of_aws);
    tcase_add_test(tcase, a_working_directory_that_is_gone_is_an_error_of_its_own);
    tcase_add_loop_test(tcase, a_program_that_does_not_start_is_told_in_the_words_of_aws, 0,
                        ARRAY_LENGTH(failures));
    tcase_add_test(tcase, more_arguments_than_there_is_room_for_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
