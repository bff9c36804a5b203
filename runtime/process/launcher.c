/*
 * The new process shares the server's memory until it runs the program, and the server's thread sleeps that long
 * (CLONE_VM and CLONE_VFORK). So become_program() may only make system calls and write to its own stack and to
 * `struct launch`, and no handler of the server may run in it: all signals are blocked until none has a handler left.
 */
#include "runtime/process/launcher.h"

#include "runtime/process/task_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    STACK_BYTES = 64 << 10,
    GUARD_BYTES = 64 << 10,         /* whole pages, of whatever size */
    HANDLER_DESCRIPTORS_MAX = 1024, /* RLIMIT_NOFILE of AWS's sandbox */
    INHERITED_COUNT = 4,
    COULD_NOT_RUN = 127,
    MARK_SHIFT = 32 /* above it who started the process, below the id of its first process */
};

/* The server, or a program that contains it, may handle these later. */
static const int usual_signals[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1, SIGUSR2,
                                    SIGPIPE, SIGALRM, SIGTERM, SIGCHLD, SIGWINCH};

struct launcher {
    char *memory; /* the guard, then the stack, which grows down to it */
    int signals[NSIG];
    unsigned signal_count;
    rlim64_t mark;     /* this server's half */
    rlim64_t mark_max; /* the hard limit, which stays */
};

struct launch {
    const struct launcher *launcher;
    const char *path;
    const struct process_options *options;
    int error; /* why the program could not run; 0 if it runs */
};

static bool is_usual(int signal_number)
{
    for (size_t i = 0; i < sizeof usual_signals / sizeof usual_signals[0]; i++) {
        if (usual_signals[i] == signal_number)
            return true;
    }
    return false;
}

static void find_signals(struct launcher *launcher)
{
    for (int i = 1; i < NSIG; i++) {
        struct sigaction action;

        if (i != SIGKILL && i != SIGSTOP && sigaction(i, NULL, &action) == 0 &&
            (action.sa_handler != SIG_DFL || is_usual(i)))
            launcher->signals[launcher->signal_count++] = i;
    }
}

/* 31 bits by chance, and not 0: a mark is no limit that somebody would choose. */
static bool make_mark(struct launcher *launcher)
{
    struct rlimit64 limit;
    uint32_t chance;

    if (getrandom(&chance, sizeof chance, 0) != (ssize_t)sizeof chance ||
        getrlimit64(RLIMIT_LOCKS, &limit) != 0)
        return false;
    launcher->mark = (rlim64_t)((chance >> 1) | 1) << MARK_SHIFT;
    launcher->mark_max = limit.rlim_max;
    return true;
}

struct launcher *launcher_open(void)
{
    struct launcher *launcher = calloc(1, sizeof *launcher);

    if (launcher == NULL)
        return NULL;
    if (!make_mark(launcher)) {
        free(launcher);
        return NULL;
    }
    launcher->memory = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (launcher->memory == MAP_FAILED) {
        free(launcher);
        return NULL;
    }
    if (mprotect(launcher->memory, GUARD_BYTES, PROT_NONE) != 0) {
        launcher_close(launcher);
        return NULL;
    }
    find_signals(launcher);
    return launcher;
}

void launcher_close(struct launcher *launcher)
{
    (void)munmap(launcher->memory, GUARD_BYTES + STACK_BYTES);
    free(launcher);
}

/* ---- in the new process ---- */

/*
 * Not by sigaction(): ThreadSanitizer replaces it and notes the handlers in memory, which is the server's here. All
 * bytes of the kernel's structure are 0 for the default action.
 */
static void reset_signals(const struct launcher *launcher)
{
    static const char normal[sizeof(struct sigaction)];

    for (unsigned i = 0; i < launcher->signal_count; i++)
        (void)syscall(SYS_rt_sigaction, launcher->signals[i], normal, NULL, (NSIG - 1) / CHAR_BIT);
}

/* The server raises its own limit; a handler gets that of AWS's sandbox, or less where the machine allows less. */
static void limit_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= HANDLER_DESCRIPTORS_MAX)
        return;
    limit.rlim_cur = HANDLER_DESCRIPTORS_MAX;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void set_mark(const struct launcher *launcher, pid_t id)
{
    const struct rlimit64 limit = {.rlim_cur = launcher->mark | (rlim64_t)id,
                                   .rlim_max = launcher->mark_max};

    (void)setrlimit64(RLIMIT_LOCKS, &limit);
}

static bool place_descriptors(const struct process_options *options)
{
    const int sources[INHERITED_COUNT] = {options->input, options->output, options->error,
                                          options->extra};

    for (int i = 0; i < INHERITED_COUNT; i++) {
        if (sources[i] < 0)
            continue;
        /* One that is in its place already would be closed by exec. */
        if (sources[i] == i ? fcntl(i, F_SETFD, 0) < 0 : dup2(sources[i], i) < 0)
            return false;
    }
    return true;
}

/*
 * Returns only if the program can't run, which ends the process. Otherwise its frame never ends, and the sanitizers
 * would take it into account for the next process on this stack.
 */
__attribute__((no_sanitize_address, no_sanitize_thread)) static int become_program(void *argument)
{
    struct launch *launch = argument;
    const struct process_options *options = launch->options;
    const pid_t id = setsid();
    sigset_t none;

    (void)sigemptyset(&none);
    reset_signals(launch->launcher);
    limit_descriptors();
    set_mark(launch->launcher, id);
    /* The mount first: it needs a descriptor of the server's, and takes away the signal below. */
    const bool is_placed = id >= 0 &&
                           (options->mount == NULL || task_mount_enter(options->mount)) &&
                           place_descriptors(options);

    if (options->ends_with_server)
        (void)prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL, 0UL, 0UL, 0UL);
    if (is_placed && chdir(options->working_directory) == 0 &&
        sigprocmask(SIG_SETMASK, &none, NULL) == 0)
        (void)execve(launch->path, options->arguments, options->environment);
    launch->error = errno;
    return COULD_NOT_RUN;
}

/* ---- in the server ---- */

pid_t launcher_start(struct launcher *launcher, const char *path,
                     const struct process_options *options)
{
    struct launch launch = {.launcher = launcher, .path = path, .options = options};
    sigset_t all, usual;
    pid_t id;
    int error;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &usual);
    id = clone(become_program, launcher->memory + GUARD_BYTES + STACK_BYTES,
               CLONE_VM | CLONE_VFORK | SIGCHLD, &launch);
    error = id < 0 ? errno : launch.error;
    (void)pthread_sigmask(SIG_SETMASK, &usual, NULL);
    if (error == 0)
        return id;
    if (id > 0)
        (void)waitpid(id, NULL, 0);
    errno = error;
    return -1;
}

/* A process of another user is none of ours: prlimit() refuses it, too. */
pid_t launcher_origin(const struct launcher *launcher, pid_t id)
{
    struct rlimit64 limit;

    if (prlimit64(id, RLIMIT_LOCKS, NULL, &limit) != 0 ||
        limit.rlim_cur >> MARK_SHIFT != launcher->mark >> MARK_SHIFT)
        return 0;
    return (pid_t)(limit.rlim_cur & UINT32_MAX);
}
