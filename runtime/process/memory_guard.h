/*
 * memory_guard.h - watches the memory of busy environments and reports those that exceed their limit.
 *
 * The memory of an environment is the resident memory of its process and of the process's descendants. The limit is
 * GUARD_FACTOR times MemorySize, since a local process needs more than one inside Lambda (Local.EnforceMemory: false turns
 * this off). Memory is read every GUARD_INTERVAL_MS, and only while something is watched.
 * Lifetime: opened before the dispatcher, closed after it. Threads: event-loop thread only.
 */
#ifndef RUNTIME_PROCESS_MEMORY_GUARD_H
#define RUNTIME_PROCESS_MEMORY_GUARD_H

#include <sys/types.h>
#include <uv.h>

enum { GUARD_INTERVAL_MS = 200, GUARD_FACTOR = 2 };

struct memory_guard;

/* The process exceeds its limit; it is not watched any more. */
typedef void memory_exceeded_fn(void *context);

/* The caller's memory; zeroed before its first use. */
struct memory_watch {
    struct memory_watch *previous, *next;
    struct memory_guard *guard; /* NULL while not started */
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
