/*
 * event.h - one accepted asynchronous event in memory: it is being written, waits for its turn, or runs.
 *
 * Threads: event-loop thread only, except that a pool thread reads it while it stores it, and creates those that it
 * reads from the database.
 */
#ifndef RUNTIME_EVENTS_EVENT_H
#define RUNTIME_EVENTS_EVENT_H

#include "base/bytes.h"
#include "base/request_id.h"

struct event_lane;

enum event_state {
    EVENT_ADDING,   /* not committed yet */
    EVENT_READY,    /* due; in the lane's window */
    EVENT_RUNNING,  /* in the dispatcher */
    EVENT_SETTLING, /* its outcome is being written */
    EVENT_REFUSED   /* it was tried and refused, and backs off; one of a lane at most */
};

struct event {
    struct event *previous, *next; /* among those of its lane that are in memory */
    struct event_lane *lane;       /* borrowed; NULL while the pool thread reads it */
    enum event_state state;
    bool is_forgotten;    /* the queue was cleared meanwhile: ignore its outcome */
    bool is_writing;      /* EVENT_REFUSED only: not on disk yet */
    bool is_unreserved;   /* EVENT_RUNNING only: draws from the account's share */
    bool is_told_waiting; /* EVENT_READY only: the listener knows that it waits for a place */
    bool is_old; /* EVENT_RUNNING only: it ran before the clock was advanced; see async_wait.c */
    void (*on_accepted)(bool is_accepted, void *context); /* EVENT_ADDING only; may be NULL */
    void *context;
    const char *origin;      /* EVENT_ADDING only: static, for people; NULL: a request */
    struct event *follow_up; /* EVENT_SETTLING only: added in the same transaction */
    unsigned mark;           /* from its start until its outcome is written; see running_marks.h */

    size_t weight;    /* as counted when it came into memory */
    int64_t sequence; /* over all of the queue; the order of acceptance */
    int64_t lane_id;
    int64_t enqueued_at_ms, due_ms; /* by the account's clock */
    unsigned run_count;             /* runs that ended */
    unsigned throttle_count;        /* refusals in a row */
    char request_id[REQUEST_ID_SIZE];
    char *qualifier;    /* NULL for none, like all that follow */
    char *trace_header; /* of the caller */
    char *tenant_id;
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

/* A copy of all that is stored of an event, in no list. Returns owned; NULL when out of memory. */
struct event *event_copy(const struct event *event);

/* Its size in memory. */
size_t event_weight(const struct event *event);

/* Replaces a text of an event; NULL and "" mean none. False when out of memory. */
bool event_set_text(char **text, const char *value);

#endif
