/*
 * store_worker.h - runs operations on the store off the loop, many in one transaction.
 *
 * Operations wait on the loop in one list, in the order of submission. One batch of them is with the thread pool at a
 * time, as one transaction; when it is done, the next batch takes all that have gathered since. So the more there is to
 * do, the more operations share one commit, and nobody waits longer than for two.
 *
 * When a commit fails, its operations are told so, except those that must not be lost: these stay at the head of the
 * list and are tried again until a commit succeeds. Meanwhile nothing overtakes them but reads, and no read overtakes
 * the clearing of its account. Other writes are refused. Writing counts as failing until a transaction that changed
 * something has been committed.
 *
 * An operation that can't be done by itself (its record file can't be written) is skipped: the others of its batch are
 * committed. If it must not be lost it stays at the head of the list, until a clearing of its account covers it.
 *
 * A file that turns out to be damaged is moved aside and a new one begun; one that was removed is written again.
 *
 * Owns:     the store.
 * Lifetime: opened by event_queue_open().
 * Threads:  event-loop thread only; `run` of an operation is called on a pool thread, never two at once.
 */
#ifndef RUNTIME_EVENTS_STORE_WORKER_H
#define RUNTIME_EVENTS_STORE_WORKER_H

#include "runtime/events/store.h"

#include <uv.h>

struct store_worker;
struct store_operation;

/* On a pool thread, inside of a transaction; may be called again after a failure. */
typedef enum store_status store_run_fn(struct store *store, struct store_operation *operation);

/* On the loop, exactly once; frees the operation. With STORE_FAILED nothing of it is in the database. */
typedef void store_done_fn(struct store_operation *operation, enum store_status status);

enum store_operation_kind {
    OPERATION_READ,  /* changes nothing */
    OPERATION_WRITE, /* told when it fails */
    OPERATION_KEPT, /* a write that is tried again until it works; told STORE_CLOSED if it never did */
    OPERATION_CLEAR /* OPERATION_KEPT that removes all earlier events of its account */
};

/* First member of what an operation needs besides. */
struct store_operation {
    struct store_operation *next;
    enum store_operation_kind kind;
    const void
        *account; /* whose events it is about; NULL: of all accounts. Compared, never followed */
    store_run_fn *run;
    store_done_fn *done;
    /* The worker's. */
    bool is_skipped, has_complained;
    char *why; /* why it was skipped, for people; valid in `done` */
};

/* What its user wants to know; all on the loop. */
struct store_worker_listener {
    void (*on_failing)(void *context, const char *why); /* writing fails from now on */
    void (*on_skipped)(void *context, const char *why); /* an operation can't be done */
    void (*on_unreadable)(void *context, const char *why);
    void (*on_recovered)(void *context); /* writing works again */
    void (*on_replaced)(void *context,
                        const char *what); /* a damaged file was moved aside; rows are gone */
    void (*on_restored)(void *context,
                        const char *what); /* a removed file was written again; no row is gone */
    void *context;
};

typedef void store_worker_closed_fn(void *context);

/* Takes `store` on success; NULL when out of memory. */
struct store_worker *store_worker_open(uv_loop_t *loop, struct store *store);

/* Before the first operation; copies `listener`. */
void store_worker_listen(struct store_worker *worker, const struct store_worker_listener *listener);

/* Takes `operation`; see above for the order in which they are run. */
void store_worker_submit(struct store_worker *worker, struct store_operation *operation);

/* Do writes fail at present, or too many of them wait? Then nothing new should be begun. */
bool store_worker_is_failing(const struct store_worker *worker);

/* From now on what must not be lost is tried only once more, and told STORE_CLOSED if that fails: the server stops. */
void store_worker_hurry(struct store_worker *worker);

/* What was submitted is still tried, once; then the store is closed. */
void store_worker_close(struct store_worker *worker, store_worker_closed_fn *on_closed,
                        void *context);

#endif
