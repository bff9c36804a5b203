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
static char problem[DATA_FOLDER_ERROR_SIZE];

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
    ck_assert_int_eq(data_folder_open(&folder, path, problem), DATA_FOLDER_OK);
    ck_assert_str_eq(folder.path, path);
    ck_assert_str_eq(problem, "");
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
    ck_assert_int_eq(data_folder_open(&folder, ".invoked/", problem), DATA_FOLDER_OK);
    ck_assert_str_eq(folder.path, path);
    data_folder_close(&folder);
}
END_TEST

/* Another server: a process that opens the folder, says whether it could, and keeps it until it is killed. */
struct server {
    pid_t pid;
    int ready;
};

static struct server start_server(enum data_folder_status expected)
{
    struct server server;
    struct data_folder folder;
    int ends[2];
    char byte = 0;

    ck_assert_int_eq(pipe(ends), 0);
    server.pid = fork();
    ck_assert_int_ge(server.pid, 0);
    if (server.pid == 0) {
        byte = (char)('0' + data_folder_open(&folder, root, problem));
        if (write(ends[1], &byte, 1) == 1)
            (void)pause();
        _exit(1);
    }
    (void)close(ends[1]);
    server.ready = ends[0];
    ck_assert_int_eq(read(server.ready, &byte, 1), 1);
    ck_assert_int_eq(byte - '0', (int)expected);
    return server;
}

static void kill_server(const struct server *server)
{
    int status;

    ck_assert_int_eq(kill(server->pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(server->pid, &status, 0), server->pid);
    (void)close(server->ready);
}

START_TEST(a_second_server_is_refused_with_folder_and_pid_until_the_first_is_gone)
{
    const struct server first = start_server(DATA_FOLDER_OK);
    struct data_folder second;
    struct server third;
    char pid[32];

    (void)snprintf(pid, sizeof pid, "(pid %ld)", (long)first.pid);
    ck_assert_int_eq(data_folder_open(&second, root, problem), DATA_FOLDER_IN_USE);
    ck_assert_ptr_nonnull(strstr(problem, root));
    ck_assert_ptr_nonnull(strstr(problem, pid));
    ck_assert_ptr_nonnull(strstr(problem, "--data-dir"));
    kill_server(&first);
    ck_assert_int_eq(data_folder_open(&second, root, problem), DATA_FOLDER_OK);
    third = start_server(DATA_FOLDER_IN_USE);
    kill_server(&third);
    data_folder_close(&second);
}
END_TEST

/* It is what a handler's process is between fork and exec: it has all descriptors of the server. */
START_TEST(a_child_of_a_killed_server_does_not_keep_the_lock)
{
    struct data_folder folder;
    int ready[2], over[2], status;
    char byte;
    pid_t server;

    ck_assert_int_eq(pipe(ready), 0);
    ck_assert_int_eq(pipe(over), 0);
    server = fork();
    ck_assert_int_ge(server, 0);
    if (server == 0) {
        const bool is_open = data_folder_open(&folder, root, problem) == DATA_FOLDER_OK;

        if (is_open && fork() == 0) {
            (void)close(over[1]);
            (void)!write(ready[1], "r", 1);
            (void)!read(over[0], &byte, 1); /* until the test closes its end */
            _exit(0);
        }
        (void)pause();
        _exit(1);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    ck_assert_int_eq(kill(server, SIGKILL), 0);
    ck_assert_int_eq(waitpid(server, &status, 0), server);
    ck_assert_int_eq(data_folder_open(&folder, root, problem), DATA_FOLDER_OK);
    data_folder_close(&folder);
    (void)close(over[0]);
    (void)close(over[1]);
    (void)close(ready[0]);
    (void)close(ready[1]);
}
END_TEST

START_TEST(a_server_that_is_just_being_killed_is_waited_for)
{
    for (int i = 0; i < 20; i++) {
        const struct server server = start_server(DATA_FOLDER_OK);
        struct data_folder folder;
        int status;

        ck_assert_int_eq(kill(server.pid, SIGKILL), 0);
        ck_assert_int_eq(data_folder_open(&folder, root, problem), DATA_FOLDER_OK);
        ck_assert_int_eq(waitpid(server.pid, &status, 0), server.pid);
        data_folder_close(&folder);
        (void)close(server.ready);
    }
}
END_TEST

START_TEST(a_lock_that_is_no_regular_file_is_refused_without_waiting)
{
    struct data_folder folder;
    char path[128];

    (void)snprintf(path, sizeof path, "%s/lock", root);
    ck_assert_int_eq(_i == 0 ? mkfifo(path, 0600) : symlink("/dev/zero", path), 0);
    ck_assert_int_eq(data_folder_open(&folder, root, problem), DATA_FOLDER_UNUSABLE);
    ck_assert_ptr_nonnull(strstr(problem, path));
}
END_TEST

START_TEST(what_is_no_folder_is_refused_with_its_name)
{
    static const char *const paths[] = {"/dev/null", "/dev/null/below", "/proc/nowhere", ""};
    struct data_folder folder;

    ck_assert_int_eq(data_folder_open(&folder, paths[_i], problem), DATA_FOLDER_UNUSABLE);
    ck_assert_ptr_nonnull(strstr(problem, paths[_i]));
    ck_assert_ptr_nonnull(strstr(problem, "--data-dir"));
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
    tcase_add_test(tcase, a_child_of_a_killed_server_does_not_keep_the_lock);
    tcase_add_test(tcase, a_server_that_is_just_being_killed_is_waited_for);
    tcase_add_loop_test(tcase, a_lock_that_is_no_regular_file_is_refused_without_waiting, 0, 2);
    tcase_add_loop_test(tcase, what_is_no_folder_is_refused_with_its_name, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite;
}
