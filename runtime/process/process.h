/*
 * process.h - the processes of handlers: starts them, notices their end, and ends everything that they started.
 *
 * Each leads a session and process group of its own. launcher.c does not copy the server's memory, so starting costs
 * the same however large the server is (fork, which uv_spawn() of libuv 1.44 uses, falls to a fiftieth with 500 MB).
 * SIGCHLD reports the end of a process; the loop's thread blocks the signal and reads it from a descriptor. The server
 * becomes the reaper of orphans, so it finds and ends what a handler detached from its group (setsid, double fork). Only
 * processes with the launcher's mark are ended: other children, such as those of a shell that became this server by exec,
 * are left alone.
 *
 * Threads: event-loop thread only.
 */
#ifndef RUNTIME_PROCESS_PROCESS_H
#define RUNTIME_PROCESS_PROCESS_H

#include "runtime/process/launcher.h"

#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

struct process_table;
struct process;

/* NULL with errno set. One for each server. */
struct process_table *process_table_open(uv_loop_t *loop);

/* Kills the remaining processes and orphans and waits for their end. No callback runs any more. */
void process_table_close(struct process_table *table);

/* Is it a regular file that may be executed? Else errno is set as exec does. */
bool process_is_program(const char *path);

/*
 * Searches `name`, if it has no slash, in `search_path` (a PATH). False with errno: ENOENT, ENAMETOOLONG, or EACCES when
 * files of that name may not be executed.
 */
bool process_find_program(const char *name, const char *search_path, char *found, size_t size);

/* Runs after the process has ended and was reaped; `peak_memory_kb` includes its own reaped children. */
typedef void process_ended_fn(int wait_status, long peak_memory_kb, void *context);

/*
 * NULL with errno set: ENOENT, EACCES, ENOEXEC … as exec tells, EAGAIN or ENOMEM when the system is short. `on_ended`
 * runs exactly once, never before this returns; the process is gone then.
 */
struct process *process_start(struct process_table *table, const struct process_options *options,
                              process_ended_fn *on_ended, void *context);

/* Replaces the callback. */
void process_hand_over(struct process *process, process_ended_fn *on_ended, void *context);

/* True once it has ended, even before its callback runs. */
bool process_has_ended(const struct process *process);

pid_t process_id(const struct process *process);

/* Sends SIGKILL to the whole group. What has left the group is ended shortly after the process. */
void process_kill(struct process *process);

/*
 * Stops the whole group (SIGSTOP), and lets it go on. What has left the group goes on all the time; a process that has
 * been stopped can be killed as ever.
 */
void process_freeze(const struct process *process);
void process_thaw(const struct process *process);

/* Peak resident memory of the process so far in KB; 0 if unknown. */
long process_peak_memory_kb(const struct process *process);

#endif
