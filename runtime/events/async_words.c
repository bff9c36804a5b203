/*
 * A decision in words: what happened, what comes next and when, and why an event was given up. Pure.
 *
 *     attempt 1 of 3 failed (Unhandled: Exception: boom); next at 05:47:34 (in 60 s)
 *     attempt 1 of 1 failed (…); given up (RetriesExhausted): MaximumRetryAttempts is 0; dead letter to charge-dlq
 */
#include "runtime/events/async_internal.h"

#include "runtime/events/record_file.h"

#include <stdio.h>

enum { PART_SIZE = 1536 };

static const struct event_invoke_config *settings_of(const struct settlement *settlement)
{
    static const struct event_invoke_config defaults = {.maximum_retry_attempts =
                                                            RETRY_ATTEMPTS_DEFAULT,
                                                        .maximum_event_age_s = EVENT_AGE_DEFAULT_S};

    return settlement->target == NULL ? &defaults : settlement->target->event_invoke_config;
}

static unsigned attempt_of(const struct settlement *settlement)
{
    const bool has_run =
        settlement->result == ATTEMPT_SUCCEEDED || settlement->result == ATTEMPT_FUNCTION_ERROR;

    return settlement->event->run_count + !has_run;
}

/* "attempt 1 of 3 failed (Unhandled: Exception: boom)" */
static void write_what(const struct settlement *settlement, char text[PART_SIZE])
{
    const unsigned attempt = attempt_of(settlement);
    const unsigned attempt_max = 1 + settings_of(settlement)->maximum_retry_attempts;

    switch (settlement->result) {
    case ATTEMPT_SUCCEEDED:
        (void)snprintf(text, PART_SIZE, "attempt %u of %u succeeded", attempt, attempt_max);
        return;
    case ATTEMPT_FUNCTION_ERROR:
        (void)snprintf(text, PART_SIZE, "attempt %u of %u failed (%s)", attempt, attempt_max,
                       settlement->why);
        return;
    case ATTEMPT_THROTTLED:
        if (settlement->places.limit > 0)
            (void)snprintf(text, PART_SIZE, "attempt %u of %u throttled (429: %u of %u busy)",
                           attempt, attempt_max, settlement->places.busy, settlement->places.limit);
        else
            (void)snprintf(text, PART_SIZE, "attempt %u of %u throttled (%s)", attempt, attempt_max,
                           settlement->why);
        return;
    case ATTEMPT_ZERO_RESERVED_CONCURRENCY:
        (void)snprintf(text, PART_SIZE, "not run: reserved concurrency is 0");
        return;
    case ATTEMPT_RECURSIVE:
        (void)snprintf(text, PART_SIZE, "attempt %u of %u stopped (%s)", attempt, attempt_max,
                       settlement->why);
        return;
    case ATTEMPT_SYSTEM_ERROR:
        (void)snprintf(text, PART_SIZE, "attempt %u of %u not possible (%s)", attempt, attempt_max,
                       settlement->why);
        return;
    case ATTEMPT_INTERRUPTED:
        (void)snprintf(text, PART_SIZE, "waited too long for attempt %u of %u", attempt,
                       attempt_max);
        return;
    }
}

static void write_why_given_up(const struct settlement *settlement, char text[PART_SIZE])
{
    const struct event_invoke_config *settings = settings_of(settlement);
    const long long age_s = (settlement->now_ms - settlement->event->enqueued_at_ms) / 1000;
    const long long delay_s = (settlement->decision.late_delay_ms + 999) / 1000;

    switch (settlement->decision.condition) {
    case DISCARD_RETRIES_EXHAUSTED:
        (void)snprintf(text, PART_SIZE, ": MaximumRetryAttempts is %u",
                       settings->maximum_retry_attempts);
        return;
    case DISCARD_EVENT_AGE_EXCEEDED:
        if (delay_s > 0)
            (void)snprintf(
                text, PART_SIZE,
                ": at the next try, in %lld s, it would be %lld s old; the maximum is %u", delay_s,
                age_s + delay_s, settings->maximum_event_age_s);
        else
            (void)snprintf(text, PART_SIZE, ": it is %lld s old; the maximum is %u", age_s,
                           settings->maximum_event_age_s);
        return;
    case DISCARD_ZERO_RESERVED_CONCURRENCY:
    case DISCARD_RECURSIVE_INVOCATION:
        text[0] = '\0'; /* it has been said */
        return;
    }
}

static void write_next(const struct settlement *settlement, char text[PART_SIZE])
{
    char at[EVENT_TIME_SIZE], why[PART_SIZE];

    switch (settlement->decision.action) {
    case RETRY_DONE:
        (void)snprintf(text, PART_SIZE, "done");
        return;
    case RETRY_AGAIN:
        async_write_time(settlement->event->due_ms, at);
        (void)snprintf(text, PART_SIZE, "next at %s (in %lld s)%s", at,
                       (long long)((settlement->decision.delay_ms + 999) / 1000),
                       settlement->result == ATTEMPT_THROTTLED ? ", or when a place is free" : "");
        return;
    case RETRY_DISCARD:
        write_why_given_up(settlement, why);
        (void)snprintf(text, PART_SIZE, "given up (%s)%.200s",
                       discard_condition_name(settlement->decision.condition), why);
        return;
    }
}

/* "; dead letter to charge-dlq; record to problems" */
static void write_where(const struct event_traces *traces, char text[PART_SIZE])
{
    char dead_letter[RECORD_NAME_SIZE] = "", destination[RECORD_NAME_SIZE] = "";

    if (traces->dead_letter != NULL)
        record_file_name(traces->dead_letter, dead_letter);
    if (traces->destination != NULL)
        record_file_name(traces->destination, destination);
    (void)snprintf(text, PART_SIZE, "%s%s%s%s",
                   traces->dead_letter == NULL ? "" : "; dead letter to ", dead_letter,
                   traces->destination == NULL ? "" : "; record to ", destination);
}

static const char *step_name(const struct settlement *settlement)
{
    switch (settlement->decision.action) {
    case RETRY_DONE:
        return "succeeded";
    case RETRY_DISCARD:
        return "given up";
    case RETRY_AGAIN:
        break;
    }
    return settlement->result == ATTEMPT_THROTTLED ? "throttled" : "waiting";
}

/* Every figure of the sentence, for those who want to reckon with it. */
static void fill_step(const struct settlement *settlement, struct event_step *step)
{
    const struct event *event = settlement->event;
    const struct retry_decision *decision = &settlement->decision;
    const bool is_due_again = decision->action == RETRY_AGAIN;
    const bool is_given_up = decision->action == RETRY_DISCARD;

    step->name = step_name(settlement);
    step->attempt = event->run_count + is_due_again;
    step->attempt_max = 1 + settings_of(settlement)->maximum_retry_attempts;
    step->next_attempt_at_ms = is_due_again ? event->due_ms : 0;
    step->error = settlement->result == ATTEMPT_SUCCEEDED ? NULL : settlement->why;
    step->places = settlement->places;
    step->is_news = is_due_again && settlement->result != ATTEMPT_THROTTLED;
    if (decision->action == RETRY_DONE)
        step->condition = "Success";
    if (!is_given_up)
        return;
    step->condition = discard_condition_name(decision->condition);
    if (decision->condition == DISCARD_EVENT_AGE_EXCEEDED) {
        step->age_s = (unsigned)((settlement->now_ms - event->enqueued_at_ms) / 1000);
        step->age_max_s = settings_of(settlement)->maximum_event_age_s;
    }
}

void async_explain(const struct settlement *settlement, const struct event_traces *traces,
                   struct event_step *step, char text[EXPLANATION_SIZE])
{
    char what[PART_SIZE], next[PART_SIZE], where[PART_SIZE] = "";

    *step = (struct event_step){.text = text};
    fill_step(settlement, step);
    write_what(settlement, what);
    write_next(settlement, next);
    if (traces != NULL) {
        step->dead_letter = traces->dead_letter;
        step->destination = traces->destination;
        write_where(traces, where);
        step->is_news = settlement->decision.action == RETRY_DISCARD && where[0] != '\0';
    }
    (void)snprintf(text, EXPLANATION_SIZE, "%.1200s; %.300s%.500s", what, next, where);
}
