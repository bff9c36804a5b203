/*
 * event_plan.h - what will become of the events of a function: the settings that hold, where each comes from, and when an
 * event that always fails runs.
 *
 * Pure: made from the configuration alone, by the policy that decides about real events (retry_policy.h).
 * Used by: handlers/inspect/inspect_plan.c. Threads: any.
 */
#ifndef RUNTIME_EVENTS_EVENT_PLAN_H
#define RUNTIME_EVENTS_EVENT_PLAN_H

#include "config/config.h"
#include "runtime/events/retry_policy.h"

#include <stddef.h>

enum { PLAN_RUNS_MAX = 3, PLAN_TEXT_SIZE = 1024 };

/* Where a setting comes from. */
enum plan_origin {
    PLAN_DEFAULT,
    PLAN_WHOLE, /* Local of the whole configuration */
    PLAN_FUNCTION,
    PLAN_LATEST,
    PLAN_VERSION,
    PLAN_ALIAS
};

/* Texts are borrowed from the configuration; NULL for none. */
struct event_plan {
    enum plan_origin retry_attempts_from, event_age_from, retry_delays_from, dead_letter_from,
        destinations_from, reserved_concurrency_from;
    const char *dead_letter_arn;
    size_t run_count; /* of an event that always fails */
    int64_t runs_at_s[PLAN_RUNS_MAX];
    enum discard_condition condition; /* its end */
    int64_t late_at_s;                /* DISCARD_EVENT_AGE_EXCEEDED: when the next try would be */
};

void event_plan_make(const struct config *config, const struct function_target *target,
                     struct event_plan *plan);

/* "if it always fails: runs at 0, 60, 180 s, then RetriesExhausted: dead letter to charge-dlq" */
void event_plan_write(const struct event_plan *plan, const struct function_target *target,
                      char text[PLAN_TEXT_SIZE]);

#endif
