/*
 * What is written at the end of an event: its dead letter and destination record. Pure: async_outcome.c writes what is
 * made here.
 */
#include "runtime/events/async_internal.h"

#include "config/names/api_exception.h"
#include "runtime/events/destination.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

    if (settlement->target == NULL)
        return true;
    settings = settlement->target->event_invoke_config;
    traces->dead_letter = is_success ? NULL : settlement->target->version->dead_letter_arn;
    traces->destination = is_success ? settings->on_success : settings->on_failure;
    return (traces->dead_letter == NULL || add_dead_letter(settlement, traces->end)) &&
           (traces->destination == NULL ||
            add_destination(settlement, traces->destination, traces));
}
