/*
 * async_invoker.h - accepts asynchronous events, runs them when they are due, and handles their outcome.
 *
 *     enqueue --> commit --> "accepted" --> waits in its lane --> dispatcher --> retry_policy (pure)
 *                                               ^                                 |-- done ----> destination, gone
 *                                               |------- at its next time --------|-- again
 *                                                                                 '-- discard -> dead letter, destination, gone
 *
 * Events of one function and account form a lane and start in order while there are free places: those that AWS counts
 * (dispatcher.h), and limits of our own that keep a backlog from overloading the machine (async_round.c). If there is no
 * place, and no run of the lane whose end would free one, the first event is throttled and backs off; the others wait
 * behind it. It is tried first when a place is free.
 *
 * Owns:     the queue, the lanes.
 * Used by:  handlers/.
 * Lifetime: opened by server_start() after accounts, configuration and dispatcher; closed before them.
 * Threads:  event-loop thread only.
 */
#ifndef RUNTIME_EVENTS_ASYNC_INVOKER_H
#define RUNTIME_EVENTS_ASYNC_INVOKER_H

#include "base/log.h"
#include "config/config_store.h"
#include "runtime/dispatch/dispatcher.h"
#include "runtime/events/event_queue.h"

struct async_invoker; /* opaque */

struct async_invoker_options {
    uv_loop_t *loop; /* all of these are borrowed */
    struct accounts *accounts;
    struct config_store *config_store;
    struct dispatcher *dispatcher; /* whose listener this becomes */
    struct log *log;
    struct random_source *random;
    bool is_explaining; /* --explain: a line for each step of each event, and when a clock moves */
};

/* Takes `queue` on success, and continues with the events in it. NULL when it can't be read or out of memory. */
struct async_invoker *async_invoker_open(const struct async_invoker_options *options,
                                         struct event_queue *queue);

/* Starts no more events. Running events keep their rows, so they run again after the next start. */
void async_invoker_stop(struct async_invoker *invoker);

/* Call it after the dispatcher has ended every invocation and every wait is over. `on_closed` runs once all is written and freed. */
typedef void async_invoker_closed_fn(void *context);
void async_invoker_close(struct async_invoker *invoker, async_invoker_closed_fn *on_closed,
                         void *context);

/* The configuration has changed: tries again what waited for a function or a place. */
void async_invoker_reconfigure(struct async_invoker *invoker);

enum enqueue_status {
    ENQUEUE_PENDING,  /* the callback will tell */
    ENQUEUE_FULL,     /* QueueCapacity: a throttle */
    ENQUEUE_STOPPING, /* 5xx, like the next */
    ENQUEUE_NO_MEMORY
};

struct enqueue_options {
    struct account *account;
    const char *function_name;
    const char *qualifier;    /* as invoked; "" or NULL for none */
    struct bytes *payload;    /* retained; NULL for none */
    const char *request_id;   /* NULL: a fresh one */
    const char *trace_header; /* of the caller, with its lineage (lineage.h); may be NULL */
    const char *tenant_id;    /* NULL for none */
    bool is_follow_up;        /* takes the place in the queue of an event that ends */
    const char *origin;       /* static: where it is from, for people; NULL: a request */
};

/* `is_accepted`: committed, so answer 202; otherwise 5xx. */
typedef void enqueue_done_fn(bool is_accepted, void *context);

/* `on_done` runs exactly once if and only if ENQUEUE_PENDING is returned. */
enum enqueue_status async_invoker_enqueue(struct async_invoker *invoker,
                                          const struct enqueue_options *options,
                                          enqueue_done_fn *on_done, void *context);

/* The number of events of an account, and of one of its functions (all qualifiers). */
size_t async_invoker_count(const struct account *account);
size_t async_invoker_running_count(const struct account *account);
size_t async_invoker_function_count(const struct async_invoker *invoker,
                                    const struct account *account, const char *function_name);

/* The number of dead letters since the start, in all accounts. */
/* --explain */
bool async_invoker_explains(const struct async_invoker *invoker);

size_t async_invoker_dead_letter_count(const struct async_invoker *invoker);

/* The queue for people and tests. */

enum event_row_state { EVENT_ROW_QUEUED, EVENT_ROW_RUNNING, EVENT_ROW_WAITING };

struct event_row {
    int64_t sequence;
    char request_id[REQUEST_ID_SIZE];
    const char *function_name; /* valid during the callback, like last_error */
    enum event_row_state state;
    unsigned attempt;
    int64_t enqueued_at_ms, next_attempt_at_ms; /* the latter 0 while it runs */
    char *last_error;                           /* NULL for none */
};

/* `rows` in the order of acceptance; NULL when it could not be read. */
typedef void event_rows_fn(const struct event_row *rows, size_t count, void *context);

/* `function_name` NULL for all; at most `row_max` rows. False when out of memory. */
bool async_invoker_list(struct async_invoker *invoker, struct account *account,
                        const char *function_name, size_t row_max, event_rows_fn *on_rows,
                        void *context);

/*
 * Removes all events of an account; with `has_records` its dead letters and destination records too. Running
 * invocations end, and their outcome is ignored. `on_done` gets STORE_OK once this is on disk.
 */
bool async_invoker_clear(struct async_invoker *invoker, struct account *account, bool has_records,
                         event_queue_done_fn *on_done, void *context);

/* When the oldest event was accepted, and its account; NULL when there is none. */
typedef void async_oldest_fn(struct account *account, int64_t enqueued_at_ms, void *context);
bool async_invoker_oldest(struct async_invoker *invoker, async_oldest_fn *on_oldest, void *context);

/* Dead letters or records as a JSON array; `name` of a queue or destination, "" for all. See event_queue_records(). */
bool async_invoker_records(struct async_invoker *invoker, const struct account *account,
                           enum record_kind kind, const char *name, event_records_fn *on_records,
                           void *context);

enum redrive_status {
    REDRIVE_DONE,
    REDRIVE_NO_FILE, /* the queue has no dead letters */
    REDRIVE_FAILED   /* some could not be put back */
};

struct redrive_choice {
    const char *queue_name; /* "": all queues */
    char (*message_ids)
        [REQUEST_ID_SIZE]; /* malloc'd and taken if true is returned; NULL: all letters */
    size_t message_id_count;
};

/*
 * Puts dead letters back as new events, each at most once even across a kill, up to QueueCapacity; the others stay in the
 * file. `count` is how many were put back. False when out of memory.
 */
typedef void redrive_fn(size_t count, enum redrive_status status, void *context);
bool async_invoker_redrive(struct async_invoker *invoker, struct account *account,
                           const struct redrive_choice *choice, redrive_fn *on_done, void *context);

/* Waiting for the queue: see async_wait.c. */

struct async_wait; /* opaque */

/* `request_ids`: what ran, in order (only after an advance). The wait has been freed. */
typedef void async_wait_fn(const char (*request_ids)[REQUEST_ID_SIZE], size_t count, void *context);

/*
 * Calls `on_done` when the account has no events left, never before this returns. Moves a manual clock to each next
 * attempt, except while an event waits for the place of a running invocation. NULL when out of memory.
 */
struct async_wait *async_invoker_drain(struct async_invoker *invoker, struct account *account,
                                       async_wait_fn *on_done, void *context);

/* Moves a manual clock to `to_ms` and runs what falls due on the way, each at its time; calls `on_done` when all is done. */
struct async_wait *async_invoker_advance(struct async_invoker *invoker, struct account *account,
                                         int64_t to_ms, async_wait_fn *on_done, void *context);

/* Frees the wait; its callback won't run. */
void async_wait_cancel(struct async_wait *wait);

/* ---- telling what becomes of events ---- */

struct event_step {
    const struct account *account;
    const char *request_id, *function_name;
    const char *qualifier; /* as invoked; NULL for none */
    const char *
        name; /* "accepted", "queued" (no place is free), "started", "waiting", "throttled", "cut off", "succeeded", "given up" */
    unsigned attempt;                      /* that runs, ran or comes next; from 1 */
    unsigned attempt_max;                  /* 0: not decided yet */
    int64_t at_ms;                         /* by the account's clock */
    int64_t next_attempt_at_ms;            /* 0 for none */
    const char *error;                     /* of the attempt; NULL for none, like the next three */
    const char *condition;                 /* as in the record: "Success", "RetriesExhausted"… */
    const char *dead_letter, *destination; /* ARNs of what is written */
    unsigned age_s, age_max_s;             /* if that decided; else 0 */
    struct dispatcher_places places;       /* if they were too few; else 0 */
    bool is_news;                          /* in the log even without --explain */
    const char *text;                      /* all of it, for people */
};

/* Everything is borrowed. Must not call the invoker. */
typedef void event_step_fn(const struct event_step *step, void *context);

/* One listener sees each step in the life of each event; NULL for none. */
void async_invoker_listen(struct async_invoker *invoker, event_step_fn *listener, void *context);

#endif
