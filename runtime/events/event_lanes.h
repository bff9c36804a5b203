/*
 * event_lanes.h - the accounts and lanes of the asynchronous invoker: found by name, counted. They go with their account,
 * once it has no event and nothing waits for one. This is all that the list, the redrive and the waits know of the
 * invoker.
 *
 * Used by:  the async_*.c files alone.
 * Threads:  event-loop thread only.
 */
#ifndef RUNTIME_EVENTS_EVENT_LANES_H
#define RUNTIME_EVENTS_EVENT_LANES_H

#include "runtime/events/async_invoker.h"
#include "runtime/events/event_lane.h"

enum invoker_state { INVOKER_OPEN, INVOKER_STOPPED, INVOKER_CLOSING };

struct event_lanes {
    struct async_invoker *invoker; /* for those that know it (async_internal.h) */
    struct event_queue *queue;
    enum invoker_state state;
    struct async_account *accounts;
    struct event_lane **buckets;
    size_t lane_count, bucket_count;
    size_t memory_bytes;     /* of events in memory */
    size_t busy_count;       /* operations and runs whose end will be told */
    event_step_fn *listener; /* NULL for none */
    void *listener_context;
    uv_idle_t idle; /* runs the round once for whatever happened in one turn of the loop */
};

struct async_account {
    struct account_part part; /* first */
    struct event_lanes *lanes;
    struct account *account;
    size_t count;      /* events */
    size_t busy_count; /* writes, reads and runs in progress */
    size_t running_count;
    unsigned unreserved_running; /* that draw from the account's share */
    struct event_lane *first_lane;
    struct event_lane *blocked; /* in the order in which their refused events were accepted */
    struct async_wait *waits;
    struct async_account *next;
};

/* async_invoker.c */
struct event_lanes *async_lanes_of(struct async_invoker *invoker);

/* A new event in its lane, not yet submitted. NULL, with `status` set, when the queue is full or out of memory. */
struct event *async_new_event(struct event_lanes *lanes, const struct enqueue_options *options,
                              enum enqueue_status *status);

/* When a new event's commit is done: it is kept in memory to be run at once, or left to the database. */
void async_accept(struct event *event, enum store_status status);

/* Ends the server when memory runs out for something that must be written: its event runs again after a restart. */
_Noreturn void async_out_of_memory(void);

/* event_lanes.c: NULL when out of memory. */
struct async_account *async_owner(struct event_lanes *lanes, struct account *account);
void async_free_owner(struct async_account *owner); /* with its lanes and waits */
struct event_lane *async_lane(struct event_lanes *lanes, struct account *account,
                              const char *function_name);

/* The function has none yet; its id is the caller's to set. NULL when out of memory. */
struct event_lane *async_new_lane(struct async_account *owner, const char *function_name);

/* NULL when it has had no event yet. */
struct event_lane *async_find_lane(const struct event_lanes *lanes, const struct account *account,
                                   const char *function_name);

/* Every operation and run is counted from its start to its end, so that waits and the close know when there is none. */
void async_begin(struct async_account *owner);
void async_end(struct async_account *owner);
void async_end_any(struct event_lanes *lanes); /* of no account: begun by busy_count++ */

/* Weight and list in one. */
void async_hold(struct event_lane *lane, struct event *event);
void async_drop(struct event *event); /* out of memory; its row, if any, stays */

/* An event is the queue's no longer. */
void async_discount(struct event_lane *lane);

/* Are clock moves told (--explain)? */
bool async_explains(const struct event_lanes *lanes);

/* async_tell.c: a clock was moved from `from_ms` to now, when so many events fell due. */
void async_tell_moved(const struct async_account *owner, int64_t from_ms, size_t due_count);

/* async_round.c: puts a lane that may have something to start into the round. */
void async_wake(struct event_lane *lane);
void async_unblock(struct event_lane *lane);

/* Sees to it that the round is run, and the waits are looked at. */
void async_touch(struct event_lanes *lanes);

/* Sets the lane's timer for what is due next. */
void async_schedule(struct event_lane *lane);

/* When something of the lane is due next after `now_ms`; INT64_MAX for never. */
int64_t async_lane_due_after(const struct event_lane *lane, int64_t now_ms);

/* Does the lane's next try only wait for a place that an invocation has? */
bool async_waits_for_place(const struct event_lane *lane);

/* async_wait.c: after a round, are there waits that are over, or clocks to be moved on? */
void async_look_at_waits(struct event_lanes *lanes);
void async_note_start(struct async_account *owner, const struct event *event);
void async_drop_waits(struct async_account *owner);

/* async_redrive.c: at the start, what a kill left of a redrive. False when out of memory. */
bool async_finish_redrives(struct event_lanes *lanes);

#endif
