/*
 * What is told of an event, step by step: to the listener (the console's stream) and to the log, both from one
 * struct event_step. The log has every step with --explain, else those that are news: another attempt after a failure,
 * and an event that was given up.
 *
 * To add a step: fill a struct event_step where it happens, and call async_tell(). A new figure is a member of the
 * struct and a line of write_members().
 */
#include "runtime/events/async_internal.h"

#include "base/json/json_writer.h"
#include "runtime/events/record_file.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void async_write_time(int64_t at_ms, char text[EVENT_TIME_SIZE])
{
    const time_t seconds = (time_t)(at_ms / 1000);
    struct tm local;

    if (localtime_r(&seconds, &local) == NULL ||
        strftime(text, EVENT_TIME_SIZE, "%H:%M:%S", &local) == 0)
        text[0] = '\0';
}

/* "[05:47:34] ": by a clock that isn't real, since then the log's own times say nothing about it. */
static void write_stamp(const struct account *account, char text[EVENT_TIME_SIZE + 4])
{
    char at[EVENT_TIME_SIZE];

    text[0] = '\0';
    if (clock_mode_of(account->clock) == CLOCK_REAL)
        return;
    async_write_time(clock_now_ms(account->clock), at);
    (void)snprintf(text, EVENT_TIME_SIZE + 4, "[%s] ", at);
}

static void put_text(struct json_writer *writer, const char *key, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    json_key(writer, key);
    json_text(writer, text);
}

static void put_time(struct json_writer *writer, const char *key, int64_t at_ms)
{
    if (at_ms == 0)
        return;
    json_key(writer, key);
    json_time(writer, at_ms);
}

static void put_number(struct json_writer *writer, const char *key, int64_t number)
{
    json_key(writer, key);
    json_integer(writer, number);
}

/* "charge-dlq" of an ARN. */
static void put_name(struct json_writer *writer, const char *key, const char *arn)
{
    char name[RECORD_NAME_SIZE];

    if (arn == NULL)
        return;
    record_file_name(arn, name);
    put_text(writer, key, name);
}

static void write_members(struct json_writer *writer, const struct event_step *step)
{
    put_text(writer, "function", step->function_name);
    put_text(writer, "qualifier", step->qualifier);
    put_text(writer, "requestId", step->request_id);
    put_text(writer, "accountId", step->account->id);
    put_time(writer, "clock", step->at_ms);
    put_text(writer, "step", step->name);
    put_number(writer, "attempt", step->attempt);
    if (step->attempt_max > 0)
        put_number(writer, "maximumAttempts", step->attempt_max);
    put_text(writer, "error", step->error);
    put_time(writer, "nextAttemptAt", step->next_attempt_at_ms);
    if (step->next_attempt_at_ms != 0)
        put_number(writer, "delaySeconds", (step->next_attempt_at_ms - step->at_ms + 999) / 1000);
    if (step->places.limit > 0) {
        put_number(writer, "busy", step->places.busy);
        put_number(writer, "places", step->places.limit);
    }
    put_text(writer, "condition", step->condition);
    if (step->age_max_s > 0) {
        put_number(writer, "ageSeconds", step->age_s);
        put_number(writer, "maximumEventAgeInSeconds", step->age_max_s);
    }
    put_name(writer, "deadLetter", step->dead_letter);
    put_name(writer, "destination", step->destination);
}

static void log_step(struct log *log, const struct event_step *step)
{
    const bool has_qualifier = step->qualifier != NULL && step->qualifier[0] != '\0';
    struct json_writer writer = {0};
    char stamp[EVENT_TIME_SIZE + 4], line[EXPLANATION_SIZE + 256];
    struct bytes *members;

    write_members(&writer, step);
    members = json_writer_take(&writer);
    write_stamp(step->account, stamp);
    (void)snprintf(line, sizeof line, "%s%.140s%s%.128s %.8s %s", stamp, step->function_name,
                   has_qualifier ? ":" : "", has_qualifier ? step->qualifier : "", step->request_id,
                   step->text);
    log_write_members(log, LOG_INFO, bytes_view(members), line);
    bytes_release(members);
}

bool async_is_told(const struct event_lanes *lanes)
{
    return lanes->listener != NULL || lanes->invoker->options.is_explaining;
}

bool async_explains(const struct event_lanes *lanes)
{
    return lanes->invoker->options.is_explaining;
}

void async_tell(const struct event *event, struct event_step *step)
{
    const struct event_lane *lane = event->lane;
    const struct event_lanes *lanes = lane->owner->lanes;
    const struct async_invoker_options *options = &lanes->invoker->options;

    step->account = lane->account;
    step->request_id = event->request_id;
    step->function_name = lane->function_name;
    step->qualifier = event->qualifier;
    step->at_ms = clock_now_ms(lane->account->clock);
    if (lanes->listener != NULL)
        lanes->listener(step, lanes->listener_context);
    if ((options->is_explaining || step->is_news) && log_shows(options->log, LOG_INFO))
        log_step(options->log, step);
}

/* ---- steps that need no decision ---- */

void async_tell_accepted(const struct event *event)
{
    char text[128];

    if (!async_is_told(event->lane->owner->lanes))
        return;
    (void)snprintf(text, sizeof text, "accepted (%s)",
                   event->origin == NULL ? "202" : event->origin);
    async_tell(event, &(struct event_step){.name = "accepted", .attempt = 1, .text = text});
}

static unsigned attempt_max(const struct function_target *target)
{
    return 1 + target->event_invoke_config->maximum_retry_attempts;
}

void async_tell_started(const struct event *event, const struct function_target *target)
{
    const unsigned attempt = event->run_count + 1;
    char text[64];

    if (!async_is_told(event->lane->owner->lanes))
        return;
    (void)snprintf(text, sizeof text, "attempt %u of %u starts", attempt, attempt_max(target));
    async_tell(event, &(struct event_step){.name = "started",
                                           .attempt = attempt,
                                           .attempt_max = attempt_max(target),
                                           .text = text});
}

void async_tell_queued(struct event_lane *lane, const struct dispatcher_places *places)
{
    struct dispatcher_places own;

    if (!async_is_told(lane->owner->lanes))
        return;
    if (places == NULL) {
        own = async_places_of(lane);
        places = &own;
    }
    for (struct event *event = lane->first; event != NULL; event = event->next) {
        const unsigned attempt = event->run_count + 1;
        char text[96];

        if (event->state != EVENT_READY || event->is_told_waiting)
            continue;
        event->is_told_waiting = true;
        (void)snprintf(text, sizeof text, "attempt %u waits for a place (%u of %u busy)", attempt,
                       places->busy, places->limit);
        async_tell(event,
                   &(struct event_step){
                       .name = "queued", .attempt = attempt, .places = *places, .text = text});
    }
}

void async_tell_cut_off(const struct event *event, const char *why)
{
    const unsigned attempt = event->run_count + 1;
    char text[128];

    if (!async_is_told(event->lane->owner->lanes))
        return;
    (void)snprintf(text, sizeof text, "attempt %u cut off by %s, and isn't counted", attempt, why);
    async_tell(event, &(struct event_step){.name = "cut off", .attempt = attempt, .text = text});
}

/* ---- the queue and the clock ---- */

void async_tell_moved(const struct async_account *owner, int64_t from_ms, size_t due_count)
{
    const struct async_invoker_options *options = &owner->lanes->invoker->options;
    const int64_t now_ms = clock_now_ms(owner->account->clock);
    struct json_writer writer = {0};
    char at[EVENT_TIME_SIZE], due[64] = "nothing due", line[160];
    struct bytes *members;

    if (!options->is_explaining || now_ms == from_ms)
        return;
    async_write_time(now_ms, at);
    if (due_count > 0)
        (void)snprintf(due, sizeof due, "%zu event%s due", due_count, due_count == 1 ? "" : "s");
    (void)snprintf(line, sizeof line, "[%s] clock +%lld s to %s: %s", at,
                   (long long)((now_ms - from_ms) / 1000), at, due);
    put_text(&writer, "accountId", owner->account->id);
    put_time(&writer, "clock", now_ms);
    put_text(&writer, "step", "clock moved");
    put_number(&writer, "movedSeconds", (now_ms - from_ms) / 1000);
    put_number(&writer, "eventsDue", (int64_t)due_count);
    members = json_writer_take(&writer);
    log_write_members(options->log, LOG_INFO, bytes_view(members), line);
    bytes_release(members);
}

static void tell_found_of(const struct async_account *owner)
{
    const int64_t now_ms = clock_now_ms(owner->account->clock);
    int64_t due_ms = INT64_MAX;
    struct json_writer writer = {0};
    char at[EVENT_TIME_SIZE], stamp[EVENT_TIME_SIZE + 4], next[64] = "the first is due now",
                                                          line[256];
    struct bytes *members;

    if (owner->count == 0)
        return;
    for (const struct event_lane *lane = owner->first_lane; lane != NULL;
         lane = lane->next_of_account) {
        if (lane->count > 0 && lane->next_due_ms < due_ms)
            due_ms = lane->next_due_ms;
    }
    async_write_time(due_ms, at);
    if (due_ms > now_ms)
        (void)snprintf(next, sizeof next, "next at %s (in %lld s)", at,
                       (long long)((due_ms - now_ms + 999) / 1000));
    write_stamp(owner->account, stamp);
    (void)snprintf(line, sizeof line, "%s%zu event%s from the queue, %s", stamp, owner->count,
                   owner->count == 1 ? "" : "s", next);
    put_text(&writer, "accountId", owner->account->id);
    put_time(&writer, "clock", now_ms);
    put_number(&writer, "events", (int64_t)owner->count);
    put_time(&writer, "nextAttemptAt", due_ms);
    members = json_writer_take(&writer);
    log_write_members(owner->lanes->invoker->options.log, LOG_INFO, bytes_view(members), line);
    bytes_release(members);
}

static struct event_lane *lane_of(const struct event_lanes *lanes, int64_t id)
{
    for (const struct async_account *owner = lanes->accounts; owner != NULL; owner = owner->next) {
        for (struct event_lane *lane = owner->first_lane; lane != NULL;
             lane = lane->next_of_account) {
            if (lane->id == id)
                return lane;
        }
    }
    return NULL;
}

void async_tell_found(const struct event_lanes *lanes)
{
    struct event *event;

    for (const struct async_account *owner = lanes->accounts; owner != NULL; owner = owner->next)
        tell_found_of(owner);
    while ((event = event_queue_next_cut_off(lanes->queue)) != NULL) {
        event->lane = lane_of(lanes, event->lane_id);
        if (event->lane != NULL)
            async_tell_cut_off(event, "a kill of the server; it runs again now");
        event_free(event);
    }
}

void async_tell_left(const struct event_lanes *lanes)
{
    size_t count = 0;

    for (const struct async_account *owner = lanes->accounts; owner != NULL; owner = owner->next)
        count += owner->count;
    if (count > 0)
        log_write(lanes->invoker->options.log, LOG_INFO,
                  "%zu event%s stay%s in the queue, for the next start with the same data folder",
                  count, count == 1 ? "" : "s", count == 1 ? "s" : "");
}
