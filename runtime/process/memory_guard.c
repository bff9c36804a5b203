#include "runtime/process/memory_guard.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TREE_MAX = 1024 /* processes of one tree that are counted */ };

struct memory_guard {
    uv_timer_t timer;
    struct memory_watch *first;
};

/* The second number of statm: resident pages. */
static size_t resident_bytes(pid_t process_id)
{
    char path[64];
    size_t pages = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/statm", (int)process_id);
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return 0;
    if (fscanf(file, "%*s %zu", &pages) != 1) // NOLINT(cert-err34-c): the kernel's own text
        pages = 0;
    (void)fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Only those that its main thread has started: other threads rarely start any, and to read each thread's list costs. */
static size_t add_children(pid_t process_id, pid_t *tree, size_t count)
{
    char path[64];
    int id;

    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)process_id,
                   (int)process_id);
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return count;
    while (count < TREE_MAX && fscanf(file, "%d", &id) == 1) // NOLINT(cert-err34-c): as above
        tree[count++] = id;
    (void)fclose(file);
    return count;
}

size_t memory_of_process_tree(pid_t process_id)
{
    pid_t tree[TREE_MAX] = {process_id};
    size_t count = 1;
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        bytes += resident_bytes(tree[i]);
        count = add_children(tree[i], tree, count);
    }
    return bytes;
}

static void on_timer(uv_timer_t *timer)
{
    struct memory_guard *guard = timer->data;
    struct memory_watch *next;

    if (guard->first == NULL)
        (void)uv_timer_stop(timer);
    for (struct memory_watch *watch = guard->first; watch != NULL; watch = next) {
        next = watch->next;
        if (memory_of_process_tree(watch->process_id) <= watch->limit_bytes)
            continue;
        memory_watch_stop(watch);
        watch->on_exceeded(watch->context);
        next = guard->first; /* the callback may have stopped others: begin again */
    }
}

struct memory_guard *memory_guard_open(uv_loop_t *loop)
{
    struct memory_guard *guard = calloc(1, sizeof *guard);

    if (guard == NULL)
        return NULL;
    (void)uv_timer_init(loop, &guard->timer);
    guard->timer.data = guard;
    return guard;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void memory_guard_close(struct memory_guard *guard)
{
    assert(guard->first == NULL);
    uv_close((uv_handle_t *)&guard->timer, on_closed);
}

void memory_watch_start(struct memory_guard *guard, struct memory_watch *watch)
{
    assert(watch->guard == NULL);
    watch->guard = guard;
    watch->previous = NULL;
    watch->next = guard->first;
    if (watch->next != NULL)
        watch->next->previous = watch;
    guard->first = watch;
    if (!uv_is_active((uv_handle_t *)&guard->timer))
        (void)uv_timer_start(&guard->timer, on_timer, GUARD_INTERVAL_MS, GUARD_INTERVAL_MS);
}

/* The timer is left running for a while: starting it anew for each of many short invocations would cost more. */
void memory_watch_stop(struct memory_watch *watch)
{
    struct memory_guard *guard = watch->guard;

    if (guard == NULL)
        return;
    if (watch->previous != NULL)
        watch->previous->next = watch->next;
    else
        guard->first = watch->next;
    if (watch->next != NULL)
        watch->next->previous = watch->previous;
    watch->guard = NULL;
}
