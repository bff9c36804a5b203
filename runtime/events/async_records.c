/*
 * What is written about a try: a line of the log, and at the end of the event its dead letter and destination record.
 * Pure: async_outcome.c writes what is made here.
 */
#include "runtime/events/async_internal.h"

#include "config/names/api_exception.h"
#include "runtime/events/destination.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
    case ATTEMPT_RECURSIVE:
        (void)snprintf(text, size, "attempt %u of %u stopped (%s)", event->run_count + 1,
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

void async_explain(const struct settlement *settlement, const char *where,
                   char text[EXPLANATION_SIZE])
{
    char what[512], next[128];

    write_what(settlement, what, sizeof what);
    write_next(settlement, next, sizeof next);
    (void)snprintf(text, EXPLANATION_SIZE, "%s; %s%s", what, next, where);
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

/* The error of an event that never ran. "KMSDisabledException: …" gives that message and the exception's status; any other
 * text is the message itself. */
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

static bool add_dead_letter(const struct settlement *settlement, struct event_end *end)
{
    const struct event *event = settlement->event;
    struct dead_letter letter = {.request_id = event->request_id,
                                 .error_code = settlement->error_code,
                                 .now_ms = settlement->now_ms,
                                 .payload = bytes_view(event->payload)};
    struct event_record *record = next_record(end, event->lane->account, RECORD_DEAD_LETTER,
                                              settlement->target->version->dead_letter_arn);
    char *type = NULL, *message = NULL;

    read_refusal(settlement->why, &letter);
    if (event->run_count > 0) {
        if (!function_error_read(bytes_view(event->last_response), &type, &message))
            return false;
        letter.error_code = 200;
        letter.error_message = message;
    }
    dead_letter_message_id(event->request_id, event->sequence, record->message_id);
    letter.message_id = record->message_id;
    record->line = dead_letter_line(&letter);
    free(type);
    free(message);
    return record->line != NULL && bytes_append(&record->line, "\n", 1);
}

static struct bytes *make_record(const struct settlement *settlement, const char *function_arn,
                                 bool is_for_bus, const char *arn)
{
    const struct event *event = settlement->event;
    const bool is_success = settlement->decision.action == RETRY_DONE;
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

    return is_for_bus ? destination_bus_event(&report, arn) : destination_record(&report);
}

static bool add_destination(const struct settlement *settlement, const char *arn,
                            struct event_traces *traces)
{
    const struct event *event = settlement->event;
    const enum destination_kind kind = destination_kind(arn);
    char *function_arn =
        function_arn_make(settlement->config, event->lane->account, event->lane->function_name,
                          event->qualifier == NULL ? "$LATEST" : event->qualifier);
    struct bytes *line = function_arn == NULL
                             ? NULL
                             : make_record(settlement, function_arn, kind == DESTINATION_BUS, arn);

    free(function_arn);
    if (kind == DESTINATION_FUNCTION) {
        traces->function_arn = arn;
        traces->record = line;
        return line != NULL;
    }
    if (line == NULL || !bytes_append(&line, "\n", 1))
        return false;
    next_record(traces->end, event->lane->account, RECORD_DESTINATION, arn)->line = line;
    return true;
}

bool async_add_records(const struct settlement *settlement, struct event_traces *traces)
{
    const bool is_success = settlement->decision.action == RETRY_DONE;
    const struct event_invoke_config *settings;
    const char *dead_letter, *destination;

    if (settlement->target == NULL)
        return true;
    settings = settlement->target->event_invoke_config;
    dead_letter = is_success ? NULL : settlement->target->version->dead_letter_arn;
    destination = is_success ? settings->on_success : settings->on_failure;
    traces->has_dead_letter = dead_letter != NULL;
    (void)snprintf(
        traces->where, sizeof traces->where, "%s%s%s%s",
        dead_letter == NULL ? "" : "; dead letter to ", dead_letter == NULL ? "" : dead_letter,
        destination == NULL ? "" : "; record to ", destination == NULL ? "" : destination);
    return (dead_letter == NULL || add_dead_letter(settlement, traces->end)) &&
           (destination == NULL || add_destination(settlement, destination, traces));
}
