#include "runtime/process/launcher.h"

#include "tests/support/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct launcher *launcher;

static void set_up(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGUSR1, SIG_IGN);
    launcher = launcher_open();
    ck_assert_ptr_nonnull(launcher);
}

static void tear_down(void)
{
    launcher_close(launcher);
}

/* Starts `script` in a shell; `*output` is what it prints. */
static pid_t start(const char *path, const char *script, int *output)
{
    char *const arguments[] = {"sh", "-c", (char *)(uintptr_t)script, NULL};
    char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    int ends[2];
    pid_t id;

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    id = launcher_start(launcher, path,
                        &(struct process_options){
                            .path = path,
                            .arguments = arguments,
                            .environment = environment,
                            .working_directory = "/tmp",
                            .input = nothing,
                            .output = ends[1],
                            .error = nothing,
                            .extra = -1,
                        });
    const int error = errno;

    (void)close(nothing);
    (void)close(ends[1]);
    if (output != NULL && id > 0)
        *output = ends[0];
    else
        (void)close(ends[0]);
    errno = error;
    return id;
}

static void read_all(int file, char text[4096])
{
    size_t length = 0;
    ssize_t count;

    while (length < 4095 && (count = read(file, text + length, 4095 - length)) > 0)
        length += (size_t)count;
    text[length] = '\0';
    (void)close(file);
}

/* What `script` prints; it must succeed. */
static void run(const char *script, char text[4096])
{
    int output, status;
    const pid_t id = start("/bin/sh", script, &output);

    ck_assert_int_gt(id, 0);
    read_all(output, text);
    ck_assert_int_eq(waitpid(id, &status, 0), id);
    ck_assert_int_eq(status, 0);
}

START_TEST(the_program_runs_as_told)
{
    char text[4096];

    run("pwd; env; readlink /proc/$$/fd/0", text);
    ck_assert_ptr_nonnull(strstr(text, "/tmp\n"));
    ck_assert_ptr_nonnull(strstr(text, "PATH=/usr/bin:/bin\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n/dev/null\n"));
}
END_TEST

START_TEST(signals_that_the_server_ignores_are_normal_again)
{
    char text[4096];

    /* Without 32 and 33, libc's own: its posix_spawn() lets them be ignored, as in what make starts. */
    run("for bits in $(grep -E '^Sig(Ign|Blk)' /proc/$$/status | cut -f2); do"
        " echo $((0x$bits & ~0x180000000)); done | tr '\\n' ' '",
        text);
    ck_assert_str_eq(text, "0 0 ");
}
END_TEST

START_TEST(what_cannot_run_leaves_no_process_and_the_error_of_exec)
{
    errno = 0;
    ck_assert_int_eq(start("/not/there", "true", NULL), -1);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(start("/etc/passwd", "true", NULL), -1);
    ck_assert_int_eq(errno, EACCES);
    ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(the_servers_own_state_stays)
{
    struct rlimit64 before, after;
    sigset_t mask_before, mask_after;
    struct sigaction action;
    char text[4096];

    ck_assert_int_eq(getrlimit64(RLIMIT_LOCKS, &before), 0);
    ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &mask_before), 0);
    run("true", text);
    ck_assert_int_eq(getrlimit64(RLIMIT_LOCKS, &after), 0);
    ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &mask_after), 0);
    ck_assert_int_eq(before.rlim_cur == after.rlim_cur, 1);
    for (int i = 1; i < 32; i++) /* the two behind them are the C library's own */
        ck_assert_int_eq(sigismember(&mask_before, i), sigismember(&mask_after, i));
    ck_assert_int_eq(sigaction(SIGUSR1, NULL, &action), 0);
    ck_assert(action.sa_handler == SIG_IGN);
}
END_TEST

/* Each prints the id of the process that is to be known. */
static const char *const ways[] = {
    "echo $$; sleep 100",
    "sleep 100 & echo $!; wait",
    "setsid sh -c 'echo $$; exec sleep 100'",
    "setsid env -i sh -c 'echo $$; exec sleep 100'",
    "(setsid sh -c '(sleep 100 & echo $!; wait)' &); sleep 100",
};

START_TEST(a_descendant_is_known_by_its_origin_to_its_own_launcher_only)
{
    struct launcher *other = launcher_open();
    char text[32];
    int output;
    const pid_t id = start("/bin/sh", ways[_i], &output);
    size_t length = 0;

    ck_assert_int_gt(id, 0);
    while (length == 0 || (text[length - 1] != '\n' && length < sizeof text - 1)) {
        ck_assert_int_eq(read(output, text + length, 1), 1);
        length++;
    }
    text[length] = '\0';
    const pid_t descendant = (pid_t)strtol(text, NULL, 10);

    ck_assert_int_eq(launcher_origin(launcher, id), id);
    ck_assert_int_eq(launcher_origin(launcher, descendant), id);
    ck_assert_int_eq(launcher_origin(other, descendant), 0);
    (void)kill(descendant, SIGKILL);
    (void)kill(-id, SIGKILL);
    (void)kill(id, SIGKILL);
    ck_assert_int_eq(waitpid(id, NULL, 0), id);
    (void)close(output);
    launcher_close(other);
}
END_TEST

START_TEST(others_have_no_origin)
{
    const pid_t child = fork();

    if (child == 0) {
        for (;;)
            (void)pause();
    }
    ck_assert_int_eq(launcher_origin(launcher, child), 0);
    ck_assert_int_eq(launcher_origin(launcher, getpid()), 0);
    ck_assert_int_eq(launcher_origin(launcher, 1), 0);
    ck_assert_int_eq(launcher_origin(launcher, INT32_MAX), 0);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("launcher");
    TCase *tcase = tcase_create("launcher");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, the_program_runs_as_told);
    tcase_add_test(tcase, signals_that_the_server_ignores_are_normal_again);
    tcase_add_test(tcase, what_cannot_run_leaves_no_process_and_the_error_of_exec);
    tcase_add_test(tcase, the_servers_own_state_stays);
    tcase_add_loop_test(tcase, a_descendant_is_known_by_its_origin_to_its_own_launcher_only, 0,
                        ARRAY_LENGTH(ways));
    tcase_add_test(tcase, others_have_no_origin);
    suite_add_tcase(suite, tcase);
    return suite;
}
