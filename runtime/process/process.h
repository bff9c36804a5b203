/*
 * process.h - the processes that handlers run in: started without copying the server, ended with all they started.
 *
 * Each leads a session and process group of its own. launcher.c does not copy the server's memory, so starting costs
 * the same however large the server is (fork, which uv_spawn() of libuv 1.44 uses, falls to a fiftieth with 500 MB).
 * The end of a process is noticed through SIGCHLD, which the loop's thread blocks from then on and reads from a
 * descriptor. The server is made the reaper of orphans, so that what a handler detaches from its group (setsid, double
 * fork) is found and ended too.
 *
 * Threads: event-loop thread only.
 */
#ifndef RUNTIME_PROCESS_PROCESS_H
#define RUNTIME_PROCESS_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

#include "runtime/process/launcher.h"

struct process_table;
struct process;

/* NULL with errno set when it can't be opened. One for each server. */
struct process_table *process_table_open(uv_loop_t *loop);

/* Kills what is left, orphans too, and waits for it; nobody is told any more. */
void process_table_close(struct process_table *table);

/* Runs once the process has ended and was reaped; `peak_memory_kb` is of it and its reaped children. */
typedef void process_ended_fn(int wait_status, long peak_memory_kb, void *context);

/*
 * NULL with errno set: ENOENT, EACCES, ENOEXEC … as exec tells, EAGAIN or ENOMEM when the system is short. `on_ended`
 * runs exactly once, never before this returns; the process is gone then.
 */
struct process *process_start(struct process_table *table, const struct process_options *options,
                              process_ended_fn *on_ended, void *context);

/* Its end is told to somebody else from now on. */
void process_hand_over(struct process *process, process_ended_fn *on_ended, void *context);

/* It has ended, though nobody was told yet. */
bool process_has_ended(const struct process *process);

pid_t process_id(const struct process *process);

/* SIGKILL, to the whole group. What has left the group is ended soon after the process itself has. */
void process_kill(struct process *process);

/* A signal for the process's group. */
void process_signal(struct process *process, int signal_number);

/* Highest resident memory of the process so far in KB; 0 when it can't be told. */
long process_peak_memory_kb(const struct process *process);

#endif
