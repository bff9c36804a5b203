/*
 * run_queue.h - the events that are left when COMMAND of `invoked run` has ended: waits for them (--drain), and reports
 * those that are dropped with a temporary data folder.
 *
 * Looks at all accounts, one after the other. Threads: event-loop thread only.
 */
#ifndef SERVER_CLI_RUN_QUEUE_H
#define SERVER_CLI_RUN_QUEUE_H

#include "handlers/api.h"

typedef void run_queue_fn(size_t left_count, void *context);

/* The caller's memory. */
struct run_queue {
    const struct api *api;
    const char *folder;      /* where the events stay; NULL: they are dropped */
    struct async_wait *wait; /* while it drains; else NULL */
    struct account *account; /* being drained or reported */
    size_t left_count;
    run_queue_fn *on_done;
    void *context;
};

/*
 * With `drains`, waits until no account has an event; then reports what is left, on standard error. `on_done` runs
 * exactly once, maybe before this returns, unless run_queue_cancel() is called before.
 */
void run_queue_finish(struct run_queue *queue, bool drains);

/* Ends the waiting and reports. Does nothing once it reports. */
void run_queue_stop_draining(struct run_queue *queue);

/* Ends the waiting; `on_done` doesn't run. */
void run_queue_cancel(struct run_queue *queue);

#endif
