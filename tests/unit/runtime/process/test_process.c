#include "runtime/process/process.h"

#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct test_bed bed;

struct child {
    struct process *process;
    int output;
    char text[4096]; /* what it has printed */
    size_t length;
    unsigned end_count;
    int status;
    long peak_memory_kb;
};

static void set_up(void)
{
    test_bed_open(&bed);
}

static void tear_down(void)
{
    test_bed_close(&bed);
}

static void on_ended(int status, long peak_memory_kb, void *context)
{
    struct child *child = context;

    child->end_count++;
    child->status = status;
    child->peak_memory_kb = peak_memory_kb;
}

static bool has_ended(void *context)
{
    return ((const struct child *)context)->end_count > 0;
}

static bool has_printed_a_line(void *context)
{
    struct child *child = context;
    const ssize_t length =
        read(child->output, child->text + child->length, sizeof child->text - 1 - child->length);

    if (length > 0)
        child->length += (size_t)length;
    child->text[child->length] = '\0';
    return strchr(child->text, '\n') != NULL;
}

/* `options` says what isn't usual. */
static bool start(struct child *child, struct process_options options)
{
    static char path[] = "PATH=/usr/bin:/bin";
    static char *environment[] = {path, NULL};
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    *child = (struct child){.output = ends[0]};
    options.input = nothing;
    options.output = ends[1];
    options.error = nothing;
    options.extra = -1;
    if (options.environment == NULL)
        options.environment = environment;
    if (options.working_directory == NULL)
        options.working_directory = "/";
    child->process = process_start(bed.processes, &options, on_ended, child);
    const int error = errno;

    (void)close(nothing);
    (void)close(ends[1]);
    if (child->process == NULL)
        (void)close(ends[0]);
    errno = error;
    return child->process != NULL;
}

static void start_shell(struct child *child, const char *script)
{
    char *const arguments[] = {"sh", "-c", (char *)(uintptr_t)script, NULL};

    ck_assert(start(child, (struct process_options){.path = "/bin/sh", .arguments = arguments}));
}

static void wait_for_end(struct child *child)
{
    test_bed_run_until(&bed, has_ended, child);
    ck_assert_uint_eq(child->end_count, 1);
    (void)has_printed_a_line(child);
    (void)close(child->output);
}

static pid_t printed_number(struct child *child)
{
    test_bed_run_until(&bed, has_printed_a_line, child);
    return (pid_t)strtol(child->text, NULL, 10);
}

static bool is_gone(void *context)
{
    return kill(*(const pid_t *)context, 0) != 0 && errno == ESRCH;
}

/* ---- ends ---- */

/* clang-format off */
static const struct {
    const char *script;
    int exit_status, signal_number; /* -1, or 0 */
} ends[] = {
    {"exit 0",       0,   0},
    {"exit 3",       3,   0},
    {"exit 255",     255, 0},
    {"kill -9 $$",   -1,  SIGKILL},
    {"kill -SEGV $$", -1, SIGSEGV},
    {"kill -TERM $$", -1, SIGTERM},
    {"kill -PIPE $$", -1, SIGPIPE},
};
/* clang-format on */

START_TEST(the_end_of_a_process_is_told_once_with_its_status)
{
    struct child child;

    start_shell(&child, ends[_i].script);
    ck_assert_uint_eq(child.end_count, 0);
    ck_assert_int_gt(process_id(child.process), 1);
    wait_for_end(&child);
    if (ends[_i].signal_number == 0) {
        ck_assert(WIFEXITED(child.status));
        ck_assert_int_eq(WEXITSTATUS(child.status), ends[_i].exit_status);
    } else {
        ck_assert(WIFSIGNALED(child.status));
        ck_assert_int_eq(WTERMSIG(child.status), ends[_i].signal_number);
    }
    ck_assert_int_gt(child.peak_memory_kb, 0);
    test_bed_run_for(&bed, 20);
    ck_assert_uint_eq(child.end_count, 1);
}
END_TEST

START_TEST(many_processes_that_end_together_are_all_told)
{
    static struct child children[100];

    for (int i = 0; i < ARRAY_LENGTH(children); i++)
        start_shell(&children[i], "exit 7");
    for (int i = 0; i < ARRAY_LENGTH(children); i++) {
        wait_for_end(&children[i]);
        ck_assert_int_eq(WEXITSTATUS(children[i].status), 7);
    }
}
END_TEST

/* ---- what can't be started ---- */

/* `name` is in the folder where it begins with "./". */
/* clang-format off */
static const struct {
    const char *name, *search_path, *working_directory;
    int error;
} refusals[] = {
    {"./not-there",        NULL,            "/",          ENOENT},
    {"./not-executable",   NULL,            "/",          EACCES},
    {"./folder",           NULL,            "/",          EACCES},
    {"./text",             NULL,            "/",          ENOEXEC},
    {"./bad-interpreter",  NULL,            "/",          ENOENT},
    {"./text/below",       NULL,            "/",          ENOTDIR},
    {"./good",             NULL,            "/not-there", ENOENT},
    {"no-such-program",    "/usr/bin:/bin", "/",          ENOENT},
    {"sh",                 NULL,            "/",          ENOENT},
    {"sh",                 "",              "/",          ENOENT},
    {"sh",                 ":::",           "/",          ENOENT},
    {"sh",                 "/not-there",    "/",          ENOENT},
    {"not-executable",     "FOLDER",        "/",          EACCES},
    {"folder",             "FOLDER",        "/",          EACCES},
};
/* clang-format on */

static void write_programs(void)
{
    test_bed_write(&bed, "not-executable", 0644, "#!/bin/sh\n", NULL);
    test_bed_write(&bed, "text", 0755, "not a program\n", NULL);
    test_bed_write(&bed, "bad-interpreter", 0755, "#!/no/such/interpreter\n", NULL);
    test_bed_write(&bed, "good", 0755, "#!/bin/sh\necho good\n", NULL);
    test_bed_write(&bed, "folder/good", 0755, "#!/bin/sh\necho other\n", NULL);
}

START_TEST(what_cannot_be_started_gives_the_error_of_exec)
{
    const char *search_path = refusals[_i].search_path;
    char path[2 * TEST_BED_PATH_SIZE];
    char *const arguments[] = {path, NULL};
    struct child child;

    write_programs();
    (void)snprintf(path, sizeof path, "%s", refusals[_i].name);
    if (path[0] == '.')
        (void)snprintf(path, sizeof path, "%s/%s", bed.folder, refusals[_i].name + 2);
    if (search_path != NULL && strcmp(search_path, "FOLDER") == 0)
        search_path = bed.folder;
    ck_assert(!start(
        &child, (struct process_options){.path = path,
                                         .search_path = search_path,
                                         .arguments = arguments,
                                         .working_directory = refusals[_i].working_directory}));
    ck_assert_int_eq(errno, refusals[_i].error);
    test_bed_run_for(&bed, 5);
    ck_assert_uint_eq(child.end_count, 0);
}
END_TEST

START_TEST(a_path_beyond_all_bounds_is_an_error_too)
{
    static char path[10000];
    char *const arguments[] = {path, NULL};
    struct child child;

    memset(path, '/', sizeof path - 1);
    errno = 0;
    ck_assert(!start(&child, (struct process_options){.path = path, .arguments = arguments}));
    ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST

START_TEST(a_name_is_searched_in_the_given_path_for_a_file_that_may_be_run)
{
    char search_path[5 * TEST_BED_PATH_SIZE];
    char *const arguments[] = {"good", NULL};
    struct child child;

    write_programs();
    test_bed_write(&bed, "first/good", 0644, "not executable\n", NULL);
    test_bed_write(&bed, "second/good/x", 0644, "a folder of that name\n", NULL);
    (void)snprintf(search_path, sizeof search_path, ":/not-there:%s/first:%s/second:%s/folder:%s",
                   bed.folder, bed.folder, bed.folder, bed.folder);
    ck_assert(start(&child, (struct process_options){.path = "good",
                                                     .search_path = search_path,
                                                     .arguments = arguments}));
    wait_for_end(&child);
    ck_assert_str_eq(child.text, "other\n");
}
END_TEST

/* ---- what it gets ---- */

/* Bits 32 and 33 are the C library's own. */
START_TEST(it_gets_its_three_descriptors_and_no_signal_of_the_server)
{
    static const char script[] =
        "ls /proc/$$/fd; i=$(grep SigIgn /proc/$$/status | cut -f2); "
        "b=$(grep SigBlk /proc/$$/status | cut -f2); echo $((0x$i & 0x7fffffff)) $((0x$b))";
    struct child child;

    start_shell(&child, script);
    wait_for_end(&child);
    ck_assert_str_eq(child.text, "0\n1\n2\n0 0\n");
}
END_TEST

START_TEST(it_leads_a_session_and_a_group_of_its_own)
{
    struct child child;
    char expected[64];

    start_shell(&child, "cut -d' ' -f5,6 /proc/$$/stat");
    (void)snprintf(expected, sizeof expected, "%d %d\n", (int)process_id(child.process),
                   (int)process_id(child.process));
    wait_for_end(&child);
    ck_assert_str_eq(child.text, expected);
}
END_TEST

START_TEST(its_peak_memory_can_be_read_while_it_runs)
{
    struct child child;

    start_shell(&child, "echo ready; sleep 100");
    (void)printed_number(&child);
    ck_assert_int_gt(process_peak_memory_kb(child.process), 100);
    ck_assert_int_eq(kill(-process_id(child.process), SIGTERM), 0);
    wait_for_end(&child);
    ck_assert_int_eq(WTERMSIG(child.status), SIGTERM);
}
END_TEST

/* The line of its groups comes before that of its memory. */
START_TEST(its_peak_memory_can_be_read_with_a_thousand_groups)
{
    static gid_t groups[1000];
    struct child child;

    for (unsigned i = 0; i < ARRAY_LENGTH(groups); i++)
        groups[i] = 1000000 + i;
    if (setgroups(ARRAY_LENGTH(groups), groups) != 0)
        return; /* only root may */
    start_shell(&child, "echo ready; sleep 100");
    (void)printed_number(&child);
    ck_assert_int_gt(process_peak_memory_kb(child.process), 100);
    process_kill(child.process);
    wait_for_end(&child);
}
END_TEST

/* ---- what it leaves behind ---- */

START_TEST(killing_ends_the_whole_group)
{
    struct child child;
    pid_t other;

    start_shell(&child, "sleep 100 & echo $!; wait");
    other = printed_number(&child);
    process_kill(child.process);
    wait_for_end(&child);
    ck_assert_int_eq(WTERMSIG(child.status), SIGKILL);
    test_bed_run_until(&bed, is_gone, &other);
}
END_TEST

START_TEST(what_is_left_in_the_group_ends_with_its_leader)
{
    struct child child;
    pid_t other;

    start_shell(&child, "sleep 100 & echo $!");
    other = printed_number(&child);
    wait_for_end(&child);
    test_bed_run_until(&bed, is_gone, &other);
}
END_TEST

/* How a handler detaches from its group; each prints the id of what stays. */
static const char *const detached[] = {
    "setsid sleep 100 & echo $!; exec sleep 100",
    "setsid sh -c 'echo $$; exec sleep 100' & exec sleep 100",
    "(setsid sh -c '(sleep 100 & echo $!; wait)' &) & exec sleep 100",
    "(setsid env -i sh -c 'echo $$; exec sleep 100' &); exec sleep 100",
    "(setsid env A=$(head -c 100000 /dev/zero | tr '\\0' a) sh -c 'echo $$; exec sleep 100' &); "
    "exec "
    "sleep 100",
};

START_TEST(what_has_left_the_group_is_ended_too)
{
    struct child child;
    pid_t other;

    start_shell(&child, detached[_i]);
    other = printed_number(&child);
    process_kill(child.process);
    wait_for_end(&child);
    test_bed_run_until(&bed, is_gone, &other);
}
END_TEST

START_TEST(what_was_left_behind_ends_while_others_end_all_the_time)
{
    struct child child, other;
    pid_t orphan;

    start_shell(&child, "(setsid sleep 100 & echo $!); exec sleep 100");
    orphan = printed_number(&child);
    process_kill(child.process);
    wait_for_end(&child);
    for (unsigned i = 0; i < 5000 && !is_gone(&orphan); i++) {
        start_shell(&other, "exit 0");
        wait_for_end(&other);
    }
    ck_assert(is_gone(&orphan));
}
END_TEST

/* The server raises its own limit, and a handler must never see that. */
START_TEST(it_gets_no_more_descriptors_than_aws_gives)
{
    struct child child;
    struct rlimit usual, raised;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &usual), 0);
    raised = usual;
    raised.rlim_cur = usual.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &raised), 0);
    start_shell(&child, "ulimit -Sn");
    wait_for_end(&child);
    ck_assert_int_eq(strtol(child.text, NULL, 10),
                     usual.rlim_max < 1024 ? (long)usual.rlim_max : 1024);
    raised.rlim_cur = 100;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &raised), 0);
    start_shell(&child, "ulimit -Sn");
    wait_for_end(&child);
    ck_assert_str_eq(child.text, "100\n");
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &usual), 0);
}
END_TEST

START_TEST(what_a_living_process_has_detached_stays_until_that_ends)
{
    struct child host, guest;
    pid_t other;

    start_shell(&host, "(setsid sleep 100 & echo $!); exec sleep 100");
    other = printed_number(&host);
    start_shell(&guest, "exit 0");
    wait_for_end(&guest);
    test_bed_run_for(&bed, 500); /* the search for orphans comes 200 ms after an end */
    ck_assert(!is_gone(&other));
    process_kill(host.process);
    wait_for_end(&host);
    test_bed_run_until(&bed, is_gone, &other);
}
END_TEST

/* A child as the server has it that was started by exec, and as it gets it from such a child. */
static const char *const foreign[] = {
    "echo $$; exec sleep 100",
    "setsid sleep 100 & echo $!",
    "(setsid env -i sh -c 'echo $$; exec sleep 100' &)",
    "ulimit -Sx 12345; setsid sleep 100 & echo $!",
};

static pid_t start_foreign(struct child *child, const char *script)
{
    int pipe_ends[2];
    pid_t id;

    ck_assert_int_eq(pipe2(pipe_ends, O_CLOEXEC), 0);
    ck_assert_int_eq(fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK), 0);
    *child = (struct child){.output = pipe_ends[0]};
    id = fork();
    if (id == 0) {
        (void)dup2(pipe_ends[1], STDOUT_FILENO);
        (void)execl("/bin/bash", "bash", "-c", script, NULL);
        _exit(127);
    }
    ck_assert_int_gt(id, 0);
    (void)close(pipe_ends[1]);
    return printed_number(child);
}

START_TEST(what_was_not_started_here_is_left_alone)
{
    struct child other, child;
    const pid_t stranger = start_foreign(&other, foreign[_i]);

    start_shell(&child, "exit 0");
    wait_for_end(&child);
    test_bed_run_for(&bed, 500); /* the search for orphans comes 200 ms after an end */
    ck_assert(!is_gone((void *)(uintptr_t)&stranger));
    interpreters_close(bed.interpreters);
    process_table_close(bed.processes);
    bed.interpreters = NULL;
    bed.processes = NULL;
    ck_assert(!is_gone((void *)(uintptr_t)&stranger));
    ck_assert_int_eq(kill(stranger, SIGKILL), 0);
    ck_assert_int_eq(waitpid(stranger, NULL, 0), stranger);
    (void)close(other.output);
}
END_TEST

START_TEST(closing_the_table_ends_all_that_was_started_and_tells_nobody)
{
    struct child child;
    pid_t other;

    start_shell(&child, "setsid sh -c 'sleep 100 & sleep 100 & echo $!; wait' & exec sleep 100");
    other = printed_number(&child);
    interpreters_close(bed.interpreters);
    process_table_close(bed.processes);
    bed.interpreters = NULL;
    bed.processes = NULL;
    ck_assert(is_gone(&other)); /* tear_down() sees that no child is left */
    ck_assert_uint_eq(child.end_count, 0);
    (void)close(child.output);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("process");
    TCase *tcase = tcase_create("process");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, the_end_of_a_process_is_told_once_with_its_status, 0,
                        ARRAY_LENGTH(ends));
    tcase_add_test(tcase, many_processes_that_end_together_are_all_told);
    tcase_add_loop_test(tcase, what_cannot_be_started_gives_the_error_of_exec, 0,
                        ARRAY_LENGTH(refusals));
    tcase_add_test(tcase, a_path_beyond_all_bounds_is_an_error_too);
    tcase_add_test(tcase, a_name_is_searched_in_the_given_path_for_a_file_that_may_be_run);
    tcase_add_test(tcase, it_gets_its_three_descriptors_and_no_signal_of_the_server);
    tcase_add_test(tcase, it_leads_a_session_and_a_group_of_its_own);
    tcase_add_test(tcase, its_peak_memory_can_be_read_while_it_runs);
    tcase_add_test(tcase, its_peak_memory_can_be_read_with_a_thousand_groups);
    tcase_add_test(tcase, killing_ends_the_whole_group);
    tcase_add_test(tcase, what_is_left_in_the_group_ends_with_its_leader);
    tcase_add_loop_test(tcase, what_has_left_the_group_is_ended_too, 0, ARRAY_LENGTH(detached));
    tcase_add_test(tcase, what_was_left_behind_ends_while_others_end_all_the_time);
    tcase_add_test(tcase, it_gets_no_more_descriptors_than_aws_gives);
    tcase_add_test(tcase, what_a_living_process_has_detached_stays_until_that_ends);
    tcase_add_loop_test(tcase, what_was_not_started_here_is_left_alone, 0, ARRAY_LENGTH(foreign));
    tcase_add_test(tcase, closing_the_table_ends_all_that_was_started_and_tells_nobody);
    suite_add_tcase(suite, tcase);
    return suite;
}
