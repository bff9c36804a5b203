/*
 * async_internal.h - what the parts of the asynchronous invoker share; nobody else includes this.
 *
 *   async_invoker.c  opening, accepting, closing
 *   async_lanes.c    accounts and lanes
 *   async_round.c    which event starts next, and which waits
 *   async_outcome.c  what comes of a try: again, done, given up
 *   async_records.c  what is written about it: dead letter, destination, log
 *   async_wait.c     drain and advance
 *   async_list.c     the queue for people; emptying it
 *   async_redrive.c  dead letters back into the queue
 */
#ifndef RUNTIME_EVENTS_ASYNC_INTERNAL_H
#define RUNTIME_EVENTS_ASYNC_INTERNAL_H

#include "runtime/events/async_invoker.h"
#include "runtime/events/event_lane.h"
#include "runtime/events/retry_policy.h"

enum {
    LANE_WINDOW = 64,                    /* due events of a lane that are in memory */
    WINDOW_BYTES = 1024 * 1024,          /* payloads of one read */
    MEMORY_BYTES_MAX = 32 * 1024 * 1024, /* of all windows; beyond it a lane keeps one event */
    LANE_BUCKETS_MIN = 64
};

enum invoker_state { INVOKER_OPEN, INVOKER_STOPPED, INVOKER_CLOSING };

struct async_account {
    struct async_invoker *invoker;
    struct account *account;
    size_t count;      /* events */
    size_t busy_count; /* writes, reads and runs in progress */
    size_t running_count;
    unsigned unreserved_running; /* that draw from the account's share */
    struct event_lane *blocked;  /* in the order in which their refused events were accepted */
    struct event_lane *lanes;
    struct async_wait *waits;
    struct async_account *next;
};

struct async_invoker {
    struct async_invoker_options options;
    struct event_queue *queue;
    enum invoker_state state;
    struct async_account *accounts;
    struct event_lane **buckets;
    size_t lane_count, bucket_count;
    struct event_lane *round_first, *round_last;
    uv_idle_t idle;        /* runs the round once for whatever happened in one turn of the loop */
    uv_timer_t read_timer; /* wakes the lanes some time after one of them could not be read */
    unsigned running_count;
    unsigned unreserved_running; /* of them, those of functions without reserved concurrency */
    unsigned lane_places,
        event_places;         /* how many of those may run at once, of a lane and of all */
    unsigned reserved_places; /* and of a lane with reserved concurrency */
    size_t dead_letter_count; /* since the start */
    size_t memory_bytes;      /* of events in memory */
    size_t busy_count;        /* operations and runs whose end will be told */
    async_invoker_closed_fn *on_closed;
    void *context;
};

/* A try and what it led to, while both are worked out. */
struct settlement {
    struct event *event;
    const struct config *config;
    const struct function_target *target; /* NULL: the configuration has no such function */
    enum attempt_result result;
    const char *why;     /* for people */
    bool is_handled;     /* a function error of this try is Handled */
    unsigned error_code; /* of a refusal */
    struct retry_decision decision;
    int64_t now_ms;
};

/* Says in the log what happened and what comes next (--explain); `where` it goes, or "". */
void async_explain(const struct settlement *settlement, const char *where);

/* Adds the dead letter and the record that the event is due, and says in `where` where they go. */
void async_add_records(const struct settlement *settlement, struct event_end *end, char *where,
                       size_t size);

/* Every asynchronous thing is counted from its start to its end, so that waits and the close know when there is none. */
void async_begin(struct async_account *owner);
void async_end(struct async_account *owner);
void async_end_any(struct async_invoker *invoker); /* of no account: begun by busy_count++ */

/* The function has none yet; its id is the caller's to set. NULL when out of memory. */
struct event_lane *async_new_lane(struct async_account *owner, const char *function_name);

/* NULL when out of memory. */
struct event_lane *async_lane(struct async_invoker *invoker, struct account *account,
                              const char *function_name);

struct async_account *async_owner(struct async_invoker *invoker, struct account *account);

/* NULL when it has had no event yet. */
struct event_lane *async_find_lane(const struct async_invoker *invoker,
                                   const struct account *account, const char *function_name);

/* Weight and list in one. */
void async_hold(struct event_lane *lane, struct event *event);
void async_drop(struct event *event); /* out of memory; its row, if any, stays */

/* An event is the queue's no longer. */
void async_discount(struct event_lane *lane);

/* Puts a lane into the round, to be looked at soon. */
void async_wake(struct event_lane *lane);
void async_wake_all(struct async_invoker *invoker);

/* Sees to it that the round is run. */
void async_touch(struct async_invoker *invoker);

/* Sets the lane's timer for what is due next. */
void async_schedule(struct event_lane *lane);

/* An event in the database is due then. */
void async_expect(struct event_lane *lane, int64_t due_ms);

void async_unblock(struct event_lane *lane);

/* Callback of the timer of reads. */
void async_on_read_time(uv_timer_t *timer);

/* Callback of the loop's idle handle. */
void async_on_idle(uv_idle_t *idle);

/* Of the dispatcher. */
void async_on_place(struct account *account, const char *function_name, void *context);

/* An event can't be tried: `event` is EVENT_READY or EVENT_REFUSED. `target` NULL when there is no such function. */
void async_refuse(struct event *event, enum attempt_result result,
                  const struct function_target *target, const char *why);

/* An event that waited its turn is too old. */
void async_expire(struct event *event, const struct function_target *target);

/* Of the dispatcher; `context` is the event. */
void async_on_done(struct invocation *invocation, void *context);

/* A callback that found writing of what must be kept impossible because memory ran out. */
_Noreturn void async_out_of_memory(void);

int64_t async_now_ms(const struct event_lane *lane);

/* When something of the lane is due next after `now_ms`; INT64_MAX for never. */
int64_t async_lane_due_after(const struct event_lane *lane, int64_t now_ms);

/* After a round: are there waits that are over, or clocks to be moved on? */
void async_look_at_waits(struct async_invoker *invoker);
void async_note_start(struct async_account *owner, const struct event *event);
void async_drop_waits(struct async_account *owner);

/* One event of another function's outcome; NULL when the queue is full or out of memory. */
struct event *async_new_event(struct async_invoker *invoker, const struct enqueue_options *options,
                              enum enqueue_status *status);

/* When a new event's commit is done: it is kept in memory to be run at once, or left to the database. */
void async_accept(struct event *event, enum store_status status);

/* At the start: what a kill left of a redrive. False when out of memory. */
bool async_finish_redrives(struct async_invoker *invoker);

#endif
