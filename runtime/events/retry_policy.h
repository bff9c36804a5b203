/*
 * retry_policy.h - what follows an attempt of an asynchronous event: it is done, tried again, or given up.
 *
 * Pure functions: no clock, no queue. AWS's rules, as recorded and documented:
 *   - a function error is tried again, at most maximum_retry_attempts times, delays_s apart
 *   - a throttle or a system error uses up no attempt; it backs off from 1 s, doubling to 300 s
 *   - age is checked ahead: an event that would be too old at its next try is given up at once
 *   - reserved concurrency of 0, and a function that invokes itself in a loop, give it up at once
 *   - an attempt cut off by a stop of the server doesn't count and is repeated at once
 *
 * Used by: runtime/events/async_outcome.c. Threads: any.
 */
#ifndef RUNTIME_EVENTS_RETRY_POLICY_H
#define RUNTIME_EVENTS_RETRY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum attempt_result {
    ATTEMPT_SUCCEEDED,
    ATTEMPT_FUNCTION_ERROR, /* it ran and failed: error, time-out, exit, response too large */
    ATTEMPT_THROTTLED,      /* refused: no concurrency left */
    ATTEMPT_ZERO_RESERVED_CONCURRENCY, /* refused: there will never be any */
    ATTEMPT_RECURSIVE,                 /* refused: the function invokes itself in a loop */
    ATTEMPT_SYSTEM_ERROR, /* 5xx of the Invoke API: it did not run for no problem of its own */
    ATTEMPT_INTERRUPTED   /* the server stopped meanwhile */
};

struct attempt {
    enum attempt_result result;
    unsigned
        run_count; /* runs of the event that ended in success or function error, this one included */
    unsigned refusal_count; /* throttles and system errors in a row, this one included */
    int64_t age_ms;         /* since the event was accepted */
};

struct retry_settings {
    unsigned maximum_retry_attempts;
    unsigned maximum_event_age_s;
    const unsigned *
        delays_s; /* borrowed; before the first retry, the second...; the last also serves for later ones */
    size_t delay_count; /* at least 1 */
};

enum retry_action {
    RETRY_DONE,   /* to the destination on success */
    RETRY_AGAIN,  /* after delay_ms */
    RETRY_DISCARD /* to the dead-letter queue and the destination on failure, with `condition` */
};

enum discard_condition {
    DISCARD_RETRIES_EXHAUSTED,
    DISCARD_EVENT_AGE_EXCEEDED,
    DISCARD_ZERO_RESERVED_CONCURRENCY,
    DISCARD_RECURSIVE_INVOCATION
};

struct retry_decision {
    enum retry_action action;
    int64_t delay_ms;                 /* of RETRY_AGAIN; else 0 */
    enum discard_condition condition; /* of RETRY_DISCARD only */
    int64_t late_delay_ms; /* of DISCARD_EVENT_AGE_EXCEEDED: after that it would be too old */
};

struct retry_decision retry_policy_decide(const struct attempt *attempt,
                                          const struct retry_settings *settings);

/* Is an event that waited for its turn too old to be tried? Then it is given up as DISCARD_EVENT_AGE_EXCEEDED. */
bool retry_policy_is_expired(int64_t age_ms, const struct retry_settings *settings);

/* As AWS writes it into the invocation record: "RetriesExhausted", ... */
const char *discard_condition_name(enum discard_condition condition);

#endif
