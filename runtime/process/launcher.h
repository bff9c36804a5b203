/*
 * launcher.h - starts a program in a new process, without copying the server's memory, and marks it as ours.
 *
 * It does what posix_spawn() does and costs less: the stack of the new process is kept for the next one (mapping a fresh
 * one shows in measurements), and only those signals are reset that the server handles or ignores. It also sets the
 * descriptor limit in the new process, which therefore never runs with the server's.
 *
 * The mark is the soft limit RLIMIT_LOCKS, which Linux has ignored since 2.4.25: children inherit it, and it survives
 * setsid, exec, double forks and `env -i`. The hard limit stays, so a nested server can set a mark of its own. Where the
 * limit can't be set (gVisor), processes are unmarked.
 *
 * Owns:    the stack that a new process uses until it has become the program.
 * Used by: runtime/process/process.c.
 * Threads: event-loop thread only. That thread waits until the program runs.
 */
#ifndef RUNTIME_PROCESS_LAUNCHER_H
#define RUNTIME_PROCESS_LAUNCHER_H

#include <stdbool.h>
#include <sys/types.h>

struct launcher;
struct task_mount;

struct process_options {
    const char *path;        /* searched in `search_path` when it has no slash */
    const char *search_path; /* a PATH */
    char *const *arguments;  /* ended by NULL */
    char *const *environment;
    const char *working_directory;
    int input, output, error; /* its descriptors 0, 1 and 2; stay the caller's */
    int extra;                /* its descriptor 3; -1 for none */
    struct task_mount *mount; /* what it sees as /var/task and /opt (task_mount.h); NULL: nothing */
    bool ends_with_server;    /* killed when the server is: it may be stopped, and not notice */
};

/* NULL with errno set. Signals that the server handles or ignores at this moment are reset in each new process. */
struct launcher *launcher_open(void);

void launcher_close(struct launcher *launcher);

/*
 * Returns the id of the process, which leads a session and group of its own; -1 with errno set as exec does, and no
 * process then. `path` is the program and is not searched; `options->path` is ignored.
 */
pid_t launcher_start(struct launcher *launcher, const char *path,
                     const struct process_options *options);

/* The process of this launcher that `id` is or descends from; 0 if this launcher started neither. */
pid_t launcher_origin(const struct launcher *launcher, pid_t id);

#endif
