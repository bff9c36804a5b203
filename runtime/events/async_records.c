/*
 * What is written about a try: a line of the log for people, and dead letter and destination record when the event is
 * over.
 */
#include "runtime/events/async_internal.h"

#include "config/names/api_exception.h"
#include "config/names/function_name.h"
#include "runtime/events/destination.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct async_invoker *invoker_of(const struct event *event)
{
    return event->lane->owner->invoker;
}

/* --explain */

static void write_clock_time(int64_t at_ms, char text[16])
{
    const time_t seconds = (time_t)(at_ms / 1000);
    struct tm local;

    if (localtime_r(&seconds, &local) == NULL || strftime(text, 16, "%H:%M:%S", &local) == 0)
        text[0] = '\0';
}

static unsigned attempt_max(const struct settlement *settlement)
{
    return 1 + (settlement->target == NULL
                    ? RETRY_ATTEMPTS_DEFAULT
                    : settlement->target->event_invoke_config->maximum_retry_attempts);
}

/* "attempt 1 of 3 failed (Unhandled: Exception: boom)" */
static void write_what(const struct settlement *settlement, char *text, size_t size)
{
    const struct event *event = settlement->event;

    switch (settlement->result) {
    case ATTEMPT_SUCCEEDED:
        (void)snprintf(text, size, "attempt %u of %u succeeded", event->run_count,
                       attempt_max(settlement));
        return;
    case ATTEMPT_FUNCTION_ERROR:
        (void)snprintf(text, size, "attempt %u of %u failed (%s)", event->run_count,
                       attempt_max(settlement), settlement->why);
        return;
    case ATTEMPT_THROTTLED:
    case ATTEMPT_ZERO_RESERVED_CONCURRENCY:
        (void)snprintf(text, size, "attempt %u of %u throttled (%s)", event->run_count + 1,
                       attempt_max(settlement), settlement->why);
        return;
    case ATTEMPT_SYSTEM_ERROR:
        (void)snprintf(text, size, "attempt %u of %u not possible (%s)", event->run_count + 1,
                       attempt_max(settlement), settlement->why);
        return;
    case ATTEMPT_INTERRUPTED:
        (void)snprintf(text, size, "waited too long for attempt %u of %u", event->run_count + 1,
                       attempt_max(settlement));
        return;
    }
}

static void write_next(const struct settlement *settlement, char *text, size_t size)
{
    char at[16];

    switch (settlement->decision.action) {
    case RETRY_DONE:
        (void)snprintf(text, size, "done");
        return;
    case RETRY_AGAIN:
        write_clock_time(settlement->event->due_ms, at);
        (void)snprintf(text, size, "next at %s (in %lld s)", at,
                       (long long)((settlement->decision.delay_ms + 999) / 1000));
        return;
    case RETRY_DISCARD:
        (void)snprintf(text, size, "given up (%s)",
                       discard_condition_name(settlement->decision.condition));
        return;
    }
}

void async_explain(const struct settlement *settlement, const char *where)
{
    const struct async_invoker *invoker = invoker_of(settlement->event);
    char what[512], next[128];

    if (!invoker->options.is_explaining)
        return;
    write_what(settlement, what, sizeof what);
    write_next(settlement, next, sizeof next);
    log_write(invoker->options.log, LOG_INFO, "%s %.8s %s; %s%s",
              settlement->event->lane->function_name, settlement->event->request_id, what, next,
              where);
}

static char *qualified_arn(const struct settlement *settlement)
{
    const struct event *event = settlement->event;

    return function_arn_make(settlement->config, event->lane->account, event->lane->function_name,
                             event->qualifier == NULL ? "$LATEST" : event->qualifier);
}

static struct event_record *next_record(struct event_end *end, const struct account *account,
                                        enum record_kind kind, const char *arn)
{
    struct event_record *record = &end->records[end->record_count++];

    *record = (struct event_record){.file = {.kind = kind}};
    if (!account->is_default)
        (void)snprintf(record->file.account_id, ACCOUNT_ID_SIZE, "%s", account->id);
    record_file_name(arn, record->file.name);
    return record;
}

/* Of an event that never ran: "KMSDisabledException: …" is that message under that exception's status; what names no
 * exception is said as it is. */
static void read_refusal(const char *why, struct dead_letter *letter)
{
    const char *colon = strstr(why, ": ");
    char *name = colon == NULL ? NULL : strndup(why, (size_t)(colon - why));
    const enum api_exception exception =
        name == NULL ? API_EXCEPTION_COUNT : api_exception_by_name(name);

    letter->error_message = why;
    if (exception != API_EXCEPTION_COUNT) {
        letter->error_code = (unsigned)api_exception_row(exception)->status;
        letter->error_message = colon + 2;
    }
    free(name);
}

static void add_dead_letter(const struct settlement *settlement, struct event_end *end)
{
    struct event *event = settlement->event;
    struct event_record *record;
    struct dead_letter letter = {.request_id = event->request_id,
                                 .error_code = settlement->error_code,
                                 .now_ms = settlement->now_ms,
                                 .payload = bytes_view(event->payload)};
    char *type = NULL, *message = NULL;

    read_refusal(settlement->why, &letter);
    if (event->run_count > 0) {
        if (!function_error_read(bytes_view(event->last_response), &type, &message))
            async_out_of_memory();
        letter.error_code = 200;
        letter.error_message = message;
    }
    invoker_of(event)->dead_letter_count++;
    record = next_record(end, event->lane->account, RECORD_DEAD_LETTER,
                         settlement->target->version->dead_letter_arn);
    dead_letter_message_id(event->request_id, event->sequence, record->message_id);
    letter.message_id = record->message_id;
    record->line = dead_letter_line(&letter);
    if (record->line == NULL || !bytes_append(&record->line, "\n", 1))
        async_out_of_memory();
    free(type);
    free(message);
}

/* The record as an event for another function. */
static void add_follow_up(const struct settlement *settlement, const char *arn,
                          struct bytes *record, struct event_end *end)
{
    const struct event *event = settlement->event;
    struct function_name name;
    struct enqueue_options options = {
        .account = event->lane->account, .payload = record, .is_follow_up = true};
    enum enqueue_status status;

    if (function_name_parse(arn, strlen(arn), &name) == FUNCTION_NAME_OK) {
        options.function_name = name.name;
        options.qualifier = name.qualifier;
        end->follow_up = async_new_event(invoker_of(event), &options, &status);
    }
    if (end->follow_up == NULL)
        log_write(invoker_of(event)->options.log, LOG_ERROR,
                  "%s %.8s: destination %s gets no record: it can't be invoked",
                  event->lane->function_name, event->request_id, arn);
}

static void add_destination(const struct settlement *settlement, const char *arn,
                            struct event_end *end)
{
    const struct event *event = settlement->event;
    const bool is_success = settlement->decision.action == RETRY_DONE;
    char *function_arn = qualified_arn(settlement);
    const struct event_report report = {
        .request_id = event->request_id,
        .function_arn = function_arn,
        .condition =
            is_success ? "Success" : discard_condition_name(settlement->decision.condition),
        .now_ms = settlement->now_ms,
        .run_count = event->run_count,
        .payload = bytes_view(event->payload),
        .executed_version = event->run_count > 0 ? event->last_version : NULL,
        .function_error = is_success               ? NULL
                          : settlement->is_handled ? "Handled"
                                                   : "Unhandled",
        .response = bytes_view(event->last_response)};
    struct bytes *line;

    if (function_arn == NULL)
        async_out_of_memory();
    line =
        destination_is_bus(arn) ? destination_bus_event(&report, arn) : destination_record(&report);
    if (line == NULL)
        async_out_of_memory();
    if (destination_is_function(arn)) {
        add_follow_up(settlement, arn, line, end);
        bytes_release(line);
    } else {
        if (!bytes_append(&line, "\n", 1))
            async_out_of_memory();
        next_record(end, event->lane->account, RECORD_DESTINATION, arn)->line = line;
    }
    free(function_arn);
}

/* Where it goes: nowhere, dead-letter queue, destination, or both. For the log too. */
void async_add_records(const struct settlement *settlement, struct event_end *end, char *where,
                       size_t size)
{
    const bool is_success = settlement->decision.action == RETRY_DONE;
    const struct event_invoke_config *settings;
    const char *dead_letter, *destination;

    where[0] = '\0';
    if (settlement->target == NULL)
        return;
    settings = settlement->target->event_invoke_config;
    dead_letter = is_success ? NULL : settlement->target->version->dead_letter_arn;
    destination = is_success ? settings->on_success : settings->on_failure;
    if (dead_letter != NULL)
        add_dead_letter(settlement, end);
    if (destination != NULL)
        add_destination(settlement, destination, end);
    (void)snprintf(where, size, "%s%s%s%s", dead_letter == NULL ? "" : "; dead letter to ",
                   dead_letter == NULL ? "" : dead_letter,
                   destination == NULL ? "" : "; record to ",
                   destination == NULL ? "" : destination);
}
