/*
 * event.h - one accepted asynchronous event in memory: a row of the queue that is being written, waits its turn or runs.
 *
 * Threads: event-loop thread only, except that the pool thread that stores it reads it meanwhile, and makes those that
 * it reads from the database.
 */
#ifndef RUNTIME_EVENTS_EVENT_H
#define RUNTIME_EVENTS_EVENT_H

#include "base/bytes.h"
#include "base/request_id.h"

struct event_lane;

enum event_state {
    EVENT_ADDING,   /* its commit is not done */
    EVENT_READY,    /* due; in the lane's window */
    EVENT_RUNNING,  /* the dispatcher has it */
    EVENT_SETTLING, /* what came of it is being written */
    EVENT_REFUSED   /* the one of its lane that was tried and refused, and backs off */
};

struct event {
    struct event *previous, *next; /* among those of its lane that are in memory */
    struct event_lane *lane;       /* borrowed; NULL while the pool thread reads it */
    enum event_state state;
    bool is_forgotten;  /* the queue was emptied meanwhile: whatever comes of it leads to nothing */
    bool is_writing;    /* EVENT_REFUSED only: not on disk yet */
    bool is_unreserved; /* EVENT_RUNNING only: draws from the account's share */
    bool is_old; /* EVENT_RUNNING only: it ran before the clock was advanced; see async_wait.c */
    void (*on_accepted)(bool is_accepted, void *context); /* EVENT_ADDING only; may be NULL */
    void *context;
    struct event *follow_up; /* EVENT_SETTLING only: added in the same transaction */

    size_t weight;    /* as counted when it came into memory */
    int64_t sequence; /* over all of the queue; the order of acceptance */
    int64_t lane_id;
    int64_t enqueued_at_ms, due_ms; /* by the account's clock */
    unsigned run_count;             /* runs that ended */
    unsigned throttle_count;        /* refusals in a row */
    char request_id[REQUEST_ID_SIZE];
    char *qualifier;             /* NULL for none, like all that follow */
    char *trace_header;          /* of the caller */
    char *last_error;            /* for people */
    char *last_version;          /* that ran last */
    struct bytes *last_response; /* of the last run: the error */
    struct bytes *payload;
};

/* Zeroed; NULL when out of memory. */
struct event *event_new(void);
void event_free(struct event *event);

/* Frees a list of events, by `next`. */
void events_free(struct event *first);

/* What is written of an event: of its own lane, in no list. Returns owned; NULL when out of memory. */
struct event *event_copy(const struct event *event);

/* What it weighs in memory. */
size_t event_weight(const struct event *event);

/* Replaces a text of an event; NULL and "" are none. False when out of memory. */
bool event_set_text(char **text, const char *value);

#endif
