#include "runtime/events/data_folder.h"

#include "tests/support/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[64];
static char fault[DATA_FOLDER_ERROR_SIZE];

static void set_up(void)
{
    (void)snprintf(root, sizeof root, "/tmp/test_data_folder.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
}

static void tear_down(void)
{
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(makes_the_folder_and_those_above_it)
{
    struct data_folder folder;
    struct stat status;
    char path[128];

    (void)snprintf(path, sizeof path, "%s/a/b/c", root);
    ck_assert_int_eq(data_folder_open(&folder, path, fault), DATA_FOLDER_OK);
    ck_assert_str_eq(folder.path, path);
    ck_assert_str_eq(fault, "");
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert(S_ISDIR(status.st_mode));
    data_folder_close(&folder);
}
END_TEST

START_TEST(a_relative_path_is_made_absolute)
{
    struct data_folder folder;
    char path[128];

    ck_assert_int_eq(chdir(root), 0);
    (void)snprintf(path, sizeof path, "%s/.invoked", root);
    ck_assert_int_eq(data_folder_open(&folder, ".invoked/", fault), DATA_FOLDER_OK);
    ck_assert_str_eq(folder.path, path);
    data_folder_close(&folder);
}
END_TEST

START_TEST(a_second_server_is_refused_with_folder_and_pid_until_the_first_is_gone)
{
    struct data_folder first, second;
    char pid[32];

    (void)snprintf(pid, sizeof pid, "(pid %ld)", (long)getpid());
    ck_assert_int_eq(data_folder_open(&first, root, fault), DATA_FOLDER_OK);
    ck_assert_int_eq(data_folder_open(&second, root, fault), DATA_FOLDER_IN_USE);
    ck_assert_ptr_nonnull(strstr(fault, root));
    ck_assert_ptr_nonnull(strstr(fault, pid));
    ck_assert_ptr_nonnull(strstr(fault, "--data-dir"));
    data_folder_close(&first);
    ck_assert_int_eq(data_folder_open(&second, root, fault), DATA_FOLDER_OK);
    data_folder_close(&second);
}
END_TEST

START_TEST(a_killed_server_leaves_no_lock_behind)
{
    struct data_folder folder;
    int ready[2], status;
    char byte;
    pid_t child;

    ck_assert_int_eq(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        if (data_folder_open(&folder, root, fault) == DATA_FOLDER_OK &&
            write(ready[1], "r", 1) == 1)
            (void)pause();
        _exit(1);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    ck_assert_int_eq(data_folder_open(&folder, root, fault), DATA_FOLDER_IN_USE);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(data_folder_open(&folder, root, fault), DATA_FOLDER_OK);
    data_folder_close(&folder);
    (void)close(ready[0]);
    (void)close(ready[1]);
}
END_TEST

START_TEST(what_is_no_folder_is_refused_with_its_name)
{
    static const char *const paths[] = {"/dev/null", "/dev/null/below", "/proc/nowhere", ""};
    struct data_folder folder;

    ck_assert_int_eq(data_folder_open(&folder, paths[_i], fault), DATA_FOLDER_UNUSABLE);
    ck_assert_ptr_nonnull(strstr(fault, paths[_i]));
    ck_assert_ptr_nonnull(strstr(fault, "--data-dir"));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("data_folder");
    TCase *tcase = tcase_create("data_folder");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, makes_the_folder_and_those_above_it);
    tcase_add_test(tcase, a_relative_path_is_made_absolute);
    tcase_add_test(tcase, a_second_server_is_refused_with_folder_and_pid_until_the_first_is_gone);
    tcase_add_test(tcase, a_killed_server_leaves_no_lock_behind);
    tcase_add_loop_test(tcase, what_is_no_folder_is_refused_with_its_name, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite;
}
