/*
 *     STARTING --- the server is ready ---> RUNNING --- COMMAND has ended ---> STOPPING ---> OVER
 *         \                                     \-- with --drain --> DRAINING --/      (the server has ended)
 *          \----- a signal, COMMAND can't be started, no server -----------/
 *
 * One loop waits for signals (COMMAND's end is one: SIGCHLD) and for the server.
 */
#include "server/cli/run_command.h"

#include "base/folder.h"
#include "server/cli/run_environment.h"
#include "server/cli/run_server.h"
#include "server/cli/serve.h"
#include "server/cli/temporary_folder.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STOP_LIMIT_MS = 15000 };

enum run_state { RUN_STARTING, RUN_RUNNING, RUN_DRAINING, RUN_STOPPING, RUN_OVER };

struct run {
    const struct options *options;
    enum run_state state;
    struct run_server server;
    bool is_server_lost; /* it ended before it was asked to */
    pid_t command;
    sigset_t own_mask; /* as invoked was started with; COMMAND gets it */
    int signals;       /* a signalfd */
    int status;        /* the exit status */
};

/* Passed on to COMMAND; while there is none, the first STOPPING of them stop the run. */
static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};
enum { PASSED_ON = sizeof passed_on / sizeof passed_on[0], STOPPING = 4 };

/* ---- signals ---- */

/* A signal ignored at the start (by nohup, for example) stays ignored, also for COMMAND. */
static bool is_ignored(int signal_number)
{
    struct sigaction action;

    return sigaction(signal_number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* From now on a signal waits until it is read: one that ended invoked would leave the temporary folder. */
static bool open_signals(struct run *run)
{
    sigset_t set;

    (void)sigprocmask(SIG_BLOCK, NULL, &run->own_mask);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    for (size_t i = 0; i < PASSED_ON; i++) {
        if (!is_ignored(passed_on[i]))
            (void)sigaddset(&set, passed_on[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    run->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return run->signals >= 0;
}

static bool stops(int signal_number)
{
    for (size_t i = 0; i < STOPPING; i++) {
        if (passed_on[i] == signal_number)
            return true;
    }
    return false;
}

/*
 * The kernel sends signals of the terminal (Ctrl-C, a new window size) to the whole process group, except that a
 * hang-up goes only to the leader of the session.
 */
static bool has_reached_command(const struct run *run, const struct signalfd_siginfo *info)
{
    if (info->ssi_code != SI_KERNEL || getpgid(run->command) != getpgrp())
        return false;
    return info->ssi_signo != SIGHUP || getsid(0) != getpid();
}

/* ---- the steps ---- */

static void begin_stop(struct run *run, int status)
{
    run->state = run->server.state == RUN_SERVER_ENDED ? RUN_OVER : RUN_STOPPING;
    run->status = status;
    run_server_stop(&run->server);
}

static const char *reason(const char *name, int error)
{
    if (error == ENOENT && strchr(name, '/') != NULL)
        return access(name, F_OK) == 0 ? "the interpreter in its first line (#!) does not exist"
                                       : "no such file";
    switch (error) {
    case ENOENT:
        return strchr(name, ' ') == NULL
                   ? "not found in PATH"
                   : "not found in PATH; don't quote the program together with its arguments";
    case EACCES:
        return "not executable; chmod +x makes a file executable";
    case ENOEXEC:
        return "neither a program nor a script with a #! line";
    default:
        return strerror(error);
    }
}

/* Returns 0 or an errno. */
static int start_process(struct run *run, char *const *environment)
{
    posix_spawnattr_t attributes;
    sigset_t changed;
    int error = posix_spawnattr_init(&attributes);

    if (error != 0)
        return error;
    (void)sigemptyset(&changed);
    (void)sigaddset(&changed, SIGPIPE); /* main() ignores both */
    (void)sigaddset(&changed, SIGXFSZ);
    error = posix_spawnattr_setsigmask(&attributes, &run->own_mask);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(&attributes, &changed);
    if (error == 0)
        error =
            posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (error == 0)
        error = posix_spawnp(&run->command, run->options->run_argv[0], NULL, &attributes,
                             run->options->run_argv, environment);
    (void)posix_spawnattr_destroy(&attributes);
    return error;
}

static void start_command(struct run *run)
{
    const struct run_environment_options options = {
        .inherited = environ,
        .endpoint = run->server.endpoint,
        .region = run->server.region,
    };
    char **const environment = run_environment_new(&options);
    const int error = environment == NULL ? ENOMEM : start_process(run, environment);

    run_environment_free(environment);
    if (error == 0) {
        run->state = RUN_RUNNING;
        return;
    }
    const char *const name = run->options->run_argv[0];

    (void)fprintf(stderr, "invoked: can't start %s: %s\n", name[0] == '\0' ? "\"\"" : name,
                  reason(name, error));
    begin_stop(run, EXIT_COMMAND_NOT_STARTED);
}

static void check_command(struct run *run)
{
    int wait_status;

    if (run->state != RUN_RUNNING || waitpid(run->command, &wait_status, WNOHANG) <= 0)
        return;
    const int status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
                                              : EXIT_COMMAND_SIGNALLED + WTERMSIG(wait_status);

    if (run->options->drains && run->server.state == RUN_SERVER_READY) {
        run->state = RUN_DRAINING;
        run->status = status;
        run_server_drain(&run->server);
    } else {
        begin_stop(run, status);
    }
}

static void on_signal(struct run *run, const struct signalfd_siginfo *info)
{
    const int number = (int)info->ssi_signo;

    if (number == SIGCHLD)
        check_command(run);
    else if (run->state == RUN_RUNNING && !has_reached_command(run, info))
        (void)kill(run->command, number);
    else if ((run->state == RUN_STARTING || run->state == RUN_DRAINING) && stops(number))
        begin_stop(run, EXIT_COMMAND_SIGNALLED + number);
}

static void read_signals(struct run *run)
{
    struct signalfd_siginfo info;

    while (read(run->signals, &info, sizeof info) == sizeof info)
        on_signal(run, &info);
}

static void report_lost_server(const struct run *run)
{
    const int status = run->server.wait_status;

    if (WIFSIGNALED(status))
        (void)fprintf(stderr, "invoked: the server was killed by signal %d (%s)\n",
                      WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (run->state == RUN_RUNNING)
        (void)fprintf(stderr, "invoked: the server ended before %s\n", run->options->run_argv[0]);
}

/* If it ended before COMMAND started, its exit status is that of the run. */
static void on_server_ended(struct run *run)
{
    const int status = run->server.wait_status;

    run->is_server_lost =
        (run->state != RUN_STOPPING && run->state != RUN_DRAINING) || !WIFEXITED(status);
    if (run->is_server_lost)
        report_lost_server(run);
    if (run->state == RUN_STARTING)
        run->status = WIFEXITED(status) && WEXITSTATUS(status) != EXIT_GOOD ? WEXITSTATUS(status)
                                                                            : EXIT_CANNOT_RUN;
    if (run->state != RUN_RUNNING)
        run->state = RUN_OVER;
}

static void read_server(struct run *run)
{
    run_server_read(&run->server);
    switch (run->server.state) {
    case RUN_SERVER_STARTING:
        break;
    case RUN_SERVER_READY:
        if (run->state == RUN_STARTING)
            start_command(run);
        break;
    case RUN_SERVER_ENDED:
        on_server_ended(run);
        break;
    }
}

static void wait_and_act(struct run *run)
{
    struct pollfd files[] = {
        {.fd = run->signals, .events = POLLIN},
        {.fd = run->server.descriptor,
         .events = POLLIN}, /* -1 once it has ended; poll() ignores that */
    };
    const int count = poll(files, 2, run->state == RUN_STOPPING ? STOP_LIMIT_MS : -1);

    if (count == 0)
        run_server_kill(&run->server);
    if (count <= 0)
        return;
    if (files[0].revents != 0)
        read_signals(run);
    if (files[1].revents != 0)
        read_server(run);
}

/* ---- the whole ---- */

/* A server that was lost can't tell: assume the worst. */
static bool has_lost_events(const struct run *run)
{
    if (!run->options->fails_on_dead_letter || run->command <= 0)
        return false;
    return run->is_server_lost || WEXITSTATUS(run->server.wait_status) == RUN_SERVER_LOST_EVENTS;
}

static int cannot_run(const char *what)
{
    (void)fprintf(stderr, "invoked: can't create %s: %s\n", what, strerror(errno));
    return EXIT_CANNOT_RUN;
}

static int run_between(struct run *run, const struct options *options, bool is_temporary)
{
    if (!run_server_start(&run->server, options, is_temporary, &run->own_mask))
        return cannot_run("a process for the server");
    while (run->state != RUN_OVER)
        wait_and_act(run);
    return has_lost_events(run) ? EXIT_CANNOT_RUN : run->status;
}

int run_command(const struct options *options)
{
    struct run run = {.options = options, .state = RUN_STARTING};
    struct options of_server = *options;
    char folder[TEMPORARY_FOLDER_SIZE];
    const bool is_temporary = options->data_dir == NULL;

    (void)signal(SIGCHLD, SIG_DFL); /* if it were ignored, waitpid() would fail */
    if (!open_signals(&run))
        return cannot_run("a descriptor for signals");
    if (is_temporary && !temporary_folder_make(folder))
        return cannot_run("a temporary folder (name a writable one with TMPDIR or --data-dir)");
    if (is_temporary)
        of_server.data_dir = folder;
    const int status = run_between(&run, &of_server, is_temporary);

    if (is_temporary)
        folder_remove(folder); /* if the server was killed */
    return status;
}
