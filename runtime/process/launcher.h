/*
 * launcher.h - starts a program in a new process, without copying the server's memory.
 *
 * It does what posix_spawn() does, and costs less: the new process has a stack that is kept for the next one (mapping a
 * fresh one each time shows), resets only the signals that somebody in the server handles or ignores instead of asking
 * for each of 64, and sets its limit of descriptors itself, so it never runs with the server's.
 *
 * Owns:    the stack that a new process uses until it has become the program.
 * Used by: runtime/process/process.c.
 * Threads: event-loop thread only. That thread waits until the program runs.
 */
#ifndef RUNTIME_PROCESS_LAUNCHER_H
#define RUNTIME_PROCESS_LAUNCHER_H

#include <sys/types.h>

struct launcher;
struct process_options;

/* NULL with errno set. The signals that are ignored at this moment are those that a program gets back to normal. */
struct launcher *launcher_open(void);

void launcher_close(struct launcher *launcher);

/*
 * The id of the process, which leads a session and group of its own; -1 with errno set as exec tells: there is no
 * process then. `path` is the program, not searched any more; `options` says the rest.
 */
pid_t launcher_start(struct launcher *launcher, const char *path,
                     const struct process_options *options);

#endif
