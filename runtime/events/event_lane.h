/*
 * event_lane.h - the events of one function in one account: how many there are, and the few that are in memory.
 *
 * A lane holds a window of the events that are due (in order), those that run, and those that are being written. All
 * others are only in the database, so a million of them need no memory.
 *
 * Used by:  the async_*.c files, event_queue.c (id and names).
 * Threads:  event-loop thread only.
 */
#ifndef RUNTIME_EVENTS_EVENT_LANE_H
#define RUNTIME_EVENTS_EVENT_LANE_H

#include "runtime/dispatch/account.h"
#include "runtime/events/event.h"

struct async_account;

struct event_lane {
    /* Constant. */
    int64_t id;
    struct async_account *owner;
    struct account *account; /* borrowed */
    char *function_name;

    bool is_stored;                     /* the database knows its id */
    size_t count;                       /* events, wherever they are */
    struct event *first, *last;         /* in memory, whatever their state */
    size_t held_count, forgotten_count; /* in memory; of these, no longer counted */
    size_t ready_count, running_count;
    struct event *refused; /* backs off, or waits for a place; NULL for none */
    int64_t
        next_due_ms; /* of those that are only in the database; INT64_MAX for none, may be too early */
    int64_t expected_due_ms; /* the same, of those that were added while the database is read */
    bool is_reading, is_read_stale;
    bool
        is_blocked; /* one was refused: none is tried until there is a place or its back-off is over */
    bool is_queued; /* in the invoker's round */
    struct clock_timer timer;
    struct event_lane *next_of_account;
    struct event_lane *next_in_round;
    struct event_lane *next_in_table;
    struct event_lane *next_blocked;
};

/* Puts an event that is in no list at its place: by (due, sequence). */
void event_lane_hold(struct event_lane *lane, struct event *event);
void event_lane_drop(struct event_lane *lane, struct event *event);

/* The only place that writes an event's state; keeps the counts. */
void event_lane_enter(struct event_lane *lane, struct event *event, enum event_state state);

/* The first that is ready; NULL for none. */
struct event *event_lane_ready(const struct event_lane *lane);

/* It no longer counts: the queue was cleared. */
void event_lane_forget(struct event_lane *lane, struct event *event);

/* NULL when it isn't in memory. */
struct event *event_lane_find(const struct event_lane *lane, int64_t sequence);

/* Sequences of all that is in memory, sorted; malloc'd, NULL when out of memory or there is none. */
int64_t *event_lane_held(const struct event_lane *lane);

/* How many are only in the database. */
size_t event_lane_unread(const struct event_lane *lane);

#endif
