/*
 * memory_guard.h - watches what the processes of busy environments use, and ends those that go beyond their share.
 *
 * What counts is the resident memory of a handler's process and of all that descends from it. The share is twice
 * MemorySize: a local process weighs more than one inside Lambda (Local.EnforceMemory turns this off).
 *
 * Memory is looked at every GUARD_INTERVAL_MS, and only while something is watched.
 * Lifetime: opened before the dispatcher, closed after it. Threads: event-loop thread only.
 */
#ifndef RUNTIME_PROCESS_MEMORY_GUARD_H
#define RUNTIME_PROCESS_MEMORY_GUARD_H

#include <sys/types.h>
#include <uv.h>

enum { GUARD_INTERVAL_MS = 200, GUARD_FACTOR = 2 };

struct memory_guard;

/* The process is over its share; it is not watched any more. */
typedef void memory_exceeded_fn(void *context);

/* The caller's memory; zeroed before its first use. */
struct memory_watch {
    struct memory_watch *previous, *next;
    struct memory_guard *guard; /* NULL while it does not watch */
    pid_t process_id;
    size_t limit_bytes;
    memory_exceeded_fn *on_exceeded;
    void *context;
};

/* NULL when out of memory. */
struct memory_guard *memory_guard_open(uv_loop_t *loop);
/* Nothing may be watched any more. */
void memory_guard_close(struct memory_guard *guard);

/* Fill process_id, limit_bytes, on_exceeded and context first. */
void memory_watch_start(struct memory_guard *guard, struct memory_watch *watch);
void memory_watch_stop(struct memory_watch *watch);

/* Resident bytes of a process and its descendants; 0 when it is gone. */
size_t memory_of_process_tree(pid_t process_id);

#endif
