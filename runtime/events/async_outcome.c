/*
 * The outcome of a try: retry_policy decides, and this carries it out. Records are written before the event is removed,
 * in one operation (event_queue_finish), so a kill in between repeats a record and never loses one.
 */
#include "runtime/events/async_internal.h"

#include "config/names/function_name.h"
#include "runtime/dispatch/lineage.h"
#include "runtime/events/destination.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing the outcome ---- */

static void on_finished(struct event *event, enum store_status status, void *context)
{
    struct event_lane *lane = event->lane;
    struct async_account *owner = context;

    if (status == STORE_OK && !event->is_forgotten)
        async_discount(lane);
    async_drop(event);
    async_wake(lane);
    async_end(owner);
}

static void on_rescheduled(struct event *event, enum store_status status, void *context)
{
    struct event_lane *lane = event->lane;
    const int64_t due_ms = event->due_ms;
    const bool is_in_database = status == STORE_OK && !event->is_forgotten;

    async_drop(event);
    if (is_in_database)
        async_expect(lane, due_ms);
    async_end(context);
}

/* The one that was refused stays in memory, to be tried first. */
static void on_refusal_written(struct event *event, enum store_status status, void *context)
{
    struct event_lane *lane = event->lane;

    event->is_writing = false;
    if (event->is_forgotten || status != STORE_OK) {
        async_drop(event);
        async_unblock(lane);
    }
    async_wake(lane); /* a place may have come, or its time, while it was written */
    async_end(context);
}

static void reschedule(const struct settlement *settlement, event_written_fn *on_written)
{
    struct event *event = settlement->event;
    struct async_account *owner = event->lane->owner;

    async_begin(owner);
    if (!event_queue_reschedule(owner->lanes->queue, event, settlement->now_ms, on_written, owner))
        async_out_of_memory();
}

static void on_finished_with_follow_up(struct event *event, enum store_status status, void *context)
{
    struct event *follow_up = event->follow_up;

    event->follow_up = NULL;
    async_accept(follow_up, status);
    on_finished(event, status, context);
}

/* `traces` NULL: nothing is written. */
static void explain(const struct settlement *settlement, const struct event_traces *traces)
{
    const struct event_lanes *lanes = settlement->event->lane->owner->lanes;
    struct event_step step;
    char text[EXPLANATION_SIZE];

    if (!async_is_told(lanes) && settlement->result == ATTEMPT_SUCCEEDED)
        return;
    async_explain(settlement, traces, &step, text);
    async_tell(settlement->event, &step);
}

/* The record as an event for another function; NULL when there is none or it can't be invoked. */
static struct event *make_follow_up(const struct event *event, const struct event_traces *traces)
{
    struct event_lane *lane = event->lane;
    struct enqueue_options options = {.account = lane->account,
                                      .payload = traces->record,
                                      .is_follow_up = true,
                                      .origin = "as the destination of another function"};
    char trace_header[TRACE_HEADER_SIZE];
    struct event *follow_up = NULL;
    struct function_name name;
    enum enqueue_status status;

    if (function_name_parse(traces->function_arn, strlen(traces->function_arn), &name) ==
        FUNCTION_NAME_OK) {
        const struct lineage_function function = {.account_id = lane->account->id,
                                                  .name = name.name};

        (void)lineage_extend(event->trace_header, &function, trace_header);
        options.function_name = name.name;
        options.qualifier = name.qualifier;
        options.trace_header = trace_header;
        follow_up = async_new_event(lane->owner->lanes, &options, &status);
    }
    if (follow_up == NULL)
        log_write(lane->owner->lanes->invoker->options.log, LOG_ERROR,
                  "%s %.8s: cannot invoke destination %s; its record is dropped",
                  lane->function_name, event->request_id, traces->function_arn);
    return follow_up;
}

static void warn_of_loss(const struct settlement *settlement)
{
    const struct event *event = settlement->event;

    log_write(
        event->lane->owner->lanes->invoker->options.log, LOG_WARN,
        "%s %.8s: event dropped (%s) after %u run%s: %s; the function has neither dead-letter "
        "queue nor on-failure destination",
        event->lane->function_name, event->request_id,
        discard_condition_name(settlement->decision.condition), event->run_count,
        event->run_count == 1 ? "" : "s", settlement->why);
}

static void finish(const struct settlement *settlement)
{
    struct event *event = settlement->event;
    struct async_account *owner = event->lane->owner;
    struct event_end end = {.event = event};
    struct event_traces traces = {.end = &end};

    if (!async_add_records(settlement, &traces))
        async_out_of_memory();
    explain(settlement, &traces);
    if (settlement->decision.action == RETRY_DISCARD && traces.dead_letter == NULL &&
        traces.destination == NULL)
        warn_of_loss(settlement);
    if (traces.function_arn != NULL)
        event->follow_up = end.follow_up = make_follow_up(event, &traces);
    bytes_release(traces.record);
    owner->lanes->invoker->dead_letter_count += traces.dead_letter != NULL;
    async_begin(owner);
    if (!event_queue_finish(owner->lanes->queue, &end,
                            end.follow_up == NULL ? on_finished : on_finished_with_follow_up,
                            owner))
        async_out_of_memory();
}

/* ---- deciding ---- */

static void decide(struct settlement *settlement)
{
    const struct event *event = settlement->event;
    const struct config *config = settlement->config;
    const struct event_invoke_config *own =
        settlement->target == NULL ? NULL : settlement->target->event_invoke_config;
    const struct retry_settings settings = {
        .maximum_retry_attempts =
            own == NULL ? RETRY_ATTEMPTS_DEFAULT : own->maximum_retry_attempts,
        .maximum_event_age_s = own == NULL ? EVENT_AGE_DEFAULT_S : own->maximum_event_age_s,
        .delays_s = config->retry_delays_s,
        .delay_count = config->retry_delay_count};
    const struct attempt attempt = {.result = settlement->result,
                                    .run_count = event->run_count,
                                    .refusal_count = event->throttle_count,
                                    .age_ms = settlement->now_ms - event->enqueued_at_ms};

    settlement->decision = retry_policy_decide(&attempt, &settings);
}

static void settle(struct settlement *settlement, enum event_state waiting,
                   event_written_fn *on_written)
{
    struct event *event = settlement->event;

    switch (settlement->decision.action) {
    case RETRY_AGAIN:
        event->due_ms = settlement->now_ms + settlement->decision.delay_ms;
        if (!event_set_text(&event->last_error, settlement->why))
            async_out_of_memory();
        event_lane_enter(event->lane, event, waiting);
        explain(settlement, NULL);
        reschedule(settlement, on_written);
        return;
    case RETRY_DONE:
    case RETRY_DISCARD:
        event_lane_enter(event->lane, event, EVENT_SETTLING);
        finish(settlement);
        return;
    }
}

static struct settlement begin(struct event *event, enum attempt_result result,
                               const struct function_target *target, const char *why)
{
    return (struct settlement){
        .event = event,
        .config = config_store_current(event->lane->owner->lanes->invoker->options.config_store),
        .target = target,
        .result = result,
        .why = why,
        .error_code = result == ATTEMPT_SYSTEM_ERROR ? 500 : 429,
        .now_ms = clock_now_ms(event->lane->account->clock)};
}

void async_refuse(struct event *event, enum attempt_result result,
                  const struct function_target *target, const char *why)
{
    struct settlement settlement = begin(event, result, target, why);
    struct event_lane *lane = event->lane;

    event->throttle_count++;
    if (result == ATTEMPT_THROTTLED)
        settlement.places = async_places_of(lane);
    decide(&settlement);
    if (settlement.decision.action == RETRY_AGAIN) {
        lane->refused = event;
        event->is_writing = true;
    } else if (lane->refused == event) {
        lane->refused = NULL;
    }
    settle(&settlement, EVENT_REFUSED, on_refusal_written);
}

void async_expire(struct event *event, const struct function_target *target)
{
    struct settlement settlement =
        begin(event, ATTEMPT_INTERRUPTED, target,
              event->last_error == NULL ? "Rate Exceeded." : event->last_error);

    if (event->lane->refused == event)
        event->lane->refused = NULL;
    settlement.decision =
        (struct retry_decision){.action = RETRY_DISCARD, .condition = DISCARD_EVENT_AGE_EXCEEDED};
    settle(&settlement, EVENT_SETTLING, on_rescheduled);
}

/* ---- after a run ---- */

static enum attempt_result result_of(const struct outcome *outcome)
{
    switch (outcome->kind) {
    case OUTCOME_SUCCEEDED:
        return ATTEMPT_SUCCEEDED;
    case OUTCOME_FUNCTION_ERROR:
        return ATTEMPT_FUNCTION_ERROR;
    case OUTCOME_EXCEPTION:
        return api_exception_row(outcome->exception)->status == 429 ? ATTEMPT_THROTTLED
                                                                    : ATTEMPT_SYSTEM_ERROR;
    case OUTCOME_NONE:
    case OUTCOME_ABANDONED:
        return ATTEMPT_INTERRUPTED;
    }
    abort();
}

/* AWS's "RequestId: 4bcbe58b-… Error: Task timed out" without the id: whoever reads this has it already. */
static const char *after_request_id(const char *message)
{
    static const char begin[] = "RequestId: ", end[] = " Error: ";
    const size_t id_at = sizeof begin - 1, end_at = id_at + REQUEST_ID_SIZE - 1;

    if (strncmp(message, begin, id_at) != 0 || strlen(message) < end_at + sizeof end - 1 ||
        strncmp(message + end_at, end, sizeof end - 1) != 0)
        return message;
    return message + end_at + sizeof end - 1;
}

/* "Unhandled: Exception: boom", "KMSDisabledException: …". Owned. */
static char *describe(const struct outcome *outcome)
{
    char *text = NULL, *type = NULL, *message = NULL;
    int length = 0;

    if (outcome->kind == OUTCOME_FUNCTION_ERROR) {
        if (!function_error_read(bytes_view(outcome->payload), &type, &message))
            return NULL;
        length =
            asprintf(&text, "%s: %.200s%s%.1000s", outcome_function_error(outcome),
                     type == NULL ? "" : type, type == NULL ? "" : ": ", after_request_id(message));
    } else if (outcome->kind == OUTCOME_EXCEPTION) {
        const struct api_exception_row *row = api_exception_row(outcome->exception);

        length = asprintf(&text, "%s: %.1000s", row->name,
                          outcome->message != NULL ? outcome->message : row->message);
    } else {
        text = strdup("");
    }
    free(type);
    free(message);
    return length < 0 ? NULL : text;
}

/* Keeps the result of the try: it is needed when the event is given up, maybe hours later. */
static void note_result(struct event *event, const struct invocation *invocation,
                        enum attempt_result result)
{
    bool is_kept = event_set_text(&event->trace_header, invocation->trace_header);

    if (result == ATTEMPT_SUCCEEDED || result == ATTEMPT_FUNCTION_ERROR) {
        event->run_count++;
        event->throttle_count = 0;
        bytes_release(event->last_response);
        event->last_response = bytes_retain(invocation->outcome.payload);
        is_kept =
            event_set_text(&event->last_version, invocation->target.version->version) && is_kept;
    } else {
        event->throttle_count++;
    }
    if (!is_kept)
        async_out_of_memory();
}

static void settle_run(struct event *event, const struct invocation *invocation)
{
    const enum attempt_result result = result_of(&invocation->outcome);
    char *why = describe(&invocation->outcome);
    struct settlement settlement = begin(event, result, &invocation->target, why);

    if (why == NULL)
        async_out_of_memory();
    /* The settings of the run; changes since then count for the next try. */
    settlement.config = invocation->config;
    settlement.is_handled = invocation->outcome.is_handled;
    if (invocation->outcome.kind == OUTCOME_EXCEPTION)
        settlement.error_code = (unsigned)api_exception_row(invocation->outcome.exception)->status;
    note_result(event, invocation, result);
    decide(&settlement);
    settle(&settlement, EVENT_SETTLING, on_rescheduled);
    free(why);
}

static void count_end(struct event *event)
{
    struct async_account *owner = event->lane->owner;

    owner->unreserved_running -= event->is_unreserved;
    owner->lanes->invoker->unreserved_running -= event->is_unreserved;
    owner->running_count--;
    owner->lanes->invoker->running_count--;
    async_touch(owner->lanes); /* other lanes may wait for this place */
}

void async_on_done(struct invocation *invocation, void *context)
{
    struct event *event = context;
    struct event_lane *lane = event->lane;
    struct async_account *owner = lane->owner;
    const bool is_abandoned = invocation->outcome.kind == OUTCOME_ABANDONED;

    count_end(event);
    if (!event->is_forgotten && is_abandoned && owner->lanes->state != INVOKER_OPEN)
        async_tell_cut_off(event, "the stop; it runs again after the next start");
    if (event->is_forgotten || (is_abandoned && owner->lanes->state != INVOKER_OPEN))
        async_drop(event); /* if abandoned, its row stays: it runs again after the next start */
    else if (!is_abandoned)
        settle_run(event, invocation);
    else { /* its environment ended before it started */
        event_queue_unmark(owner->lanes->queue, event);
        event_lane_enter(lane, event, EVENT_READY);
    }
    invocation_free(invocation);
    async_wake(lane);
    async_end(owner);
}
