/*
 * async_internal.h - what the parts of the asynchronous invoker share; nobody else includes this.
 *
 *   async_invoker.c  opening, accepting, closing
 *   event_lanes.c    accounts and lanes
 *   async_round.c    which event starts next, and which waits
 *   async_places.c   has an event a place?
 *   async_outcome.c  what follows an attempt: another one, done, given up
 *   async_records.c  what is written about it: dead letter, destination record (pure)
 *   async_words.c    what a decision is in words (pure)
 *   async_tell.c     what the log and the stream are told
 *   async_wait.c     drain and advance
 *   async_list.c     listing and clearing the queue
 *   async_redrive.c  dead letters back into the queue
 */
#ifndef RUNTIME_EVENTS_ASYNC_INTERNAL_H
#define RUNTIME_EVENTS_ASYNC_INTERNAL_H

#include "runtime/events/event_lanes.h"
#include "runtime/events/retry_policy.h"

enum {
    LANE_WINDOW = 64,                    /* due events of a lane that are in memory */
    WINDOW_BYTES = 1024 * 1024,          /* payloads of one read */
    MEMORY_BYTES_MAX = 32 * 1024 * 1024, /* of all windows; beyond it a lane keeps one event */
    LANE_BUCKETS_MIN = 64
};

struct async_invoker {
    struct async_invoker_options options;
    struct event_lanes lanes;
    struct event_lane *round_first, *round_last;
    uv_timer_t read_timer; /* wakes the lanes some time after one of them could not be read */
    unsigned running_count;
    unsigned unreserved_running; /* of them, those of functions without reserved concurrency */
    unsigned lane_places,
        event_places;         /* how many of those may run at once, of a lane and of all */
    unsigned reserved_places; /* and of a lane with reserved concurrency */
    size_t dead_letter_count; /* since the start */
    async_invoker_closed_fn *on_closed;
    void *context;
};

struct event_traces;

/* A try and the decision about it, while it is being settled. */
struct settlement {
    struct event *event;
    const struct config *config;
    const struct function_target *target; /* NULL: the configuration has no such function */
    struct dispatcher_places places;      /* ATTEMPT_THROTTLED before a run */
    enum attempt_result result;
    const char *why;     /* for people */
    bool is_handled;     /* a function error of this try is Handled */
    unsigned error_code; /* of a refusal */
    struct retry_decision decision;
    int64_t now_ms;
};

enum { EXPLANATION_SIZE = 2048, EVENT_TIME_SIZE = 16 };

/* async_words.c: fills all of `step` that the decision says, and `text`, which it points to. `traces` NULL: none are written. */
void async_explain(const struct settlement *settlement, const struct event_traces *traces,
                   struct event_step *step, char text[EXPLANATION_SIZE]);

/* async_tell.c */

/* "05:47:34" */
void async_write_time(int64_t at_ms, char text[EVENT_TIME_SIZE]);

/* Is there anybody to be told of every step? */
bool async_is_told(const struct event_lanes *lanes);

/* Tells the listener and the log; fills in what `step` has from the event. */
void async_tell(const struct event *event, struct event_step *step);
void async_tell_accepted(const struct event *event);
void async_tell_started(const struct event *event, const struct function_target *target);
/* `why`: what cut it off, and when it runs again. */
void async_tell_cut_off(const struct event *event, const char *why);

/* Once of each event that is due and has no place. `places` NULL: those that its function draws from. */
void async_tell_queued(struct event_lane *lane, const struct dispatcher_places *places);

/* At the start and at the end: how many events there are, and which were cut off by a kill. */
void async_tell_found(const struct event_lanes *lanes);
void async_tell_left(const struct event_lanes *lanes);

/* async_records.c; pure. */

/* What an event leaves behind. */
struct event_traces {
    struct event_end *end; /* its records are added to */
    const char *
        function_arn; /* of the function that is invoked with `record`; NULL for none, else borrowed */
    struct bytes *record;                  /* owned */
    const char *dead_letter, *destination; /* ARNs; NULL for none, else borrowed */
};

/* Adds the dead letter and the record that the event is due. False when out of memory. */
bool async_add_records(const struct settlement *settlement, struct event_traces *traces);

/* async_invoker.c */
void async_close_if_quiet(struct async_invoker *invoker);

/* async_places.c */

enum place_result {
    PLACE_FREE,
    PLACE_OWN_FULL,   /* until an event of the lane ends */
    PLACE_SHARED_FULL /* until one of any lane ends */
};

/* `full` says which places there are; it is filled in unless PLACE_FREE is returned. */
enum place_result async_look_for_place(const struct event_lane *lane, const struct config *config,
                                       const struct function *function,
                                       struct dispatcher_places *full);

/* Would the dispatcher take it? */
bool async_has_place(const struct event_lane *lane, const struct config *config,
                     const struct function *function);

/* The places that the lane's function draws from, events and synchronous invocations together. */
struct dispatcher_places async_places_of(const struct event_lane *lane);

/* async_round.c */
void async_wake_all(struct event_lanes *lanes);

/* Notes that an event in the database is due then. */
void async_expect(struct event_lane *lane, int64_t due_ms);

/* Callback of the dispatcher. */
void async_on_place(struct account *account, const char *function_name, void *context);

/* async_outcome.c: settles an event that can't be tried (EVENT_READY or EVENT_REFUSED). `target` NULL: no such function. */
void async_refuse(struct event *event, enum attempt_result result,
                  const struct function_target *target, const char *why);

/* Settles an event that grew too old while it waited. */
void async_expire(struct event *event, const struct function_target *target);

/* Callback of the dispatcher; `context` is the event. */
void async_on_done(struct invocation *invocation, void *context);

#endif
