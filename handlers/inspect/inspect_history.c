/*
 * Every row has all members; what doesn't apply is null. A payload, response or log of which only a part was kept is
 * that part as text, and the row says so by one more member: PayloadIsCut, ResponsePayloadIsCut or LogIsCut, which is
 * true. (Of a log the beginning is missing, of the others the end.)
 */
#include "handlers/handlers.h"

#include "base/json/json_writer.h"
#include "handlers/inspect/history_query.h"
#include "handlers/inspect/inspect_query.h"
#include "handlers/inspect/inspect_response.h"
#include "handlers/inspect/inspect_rows.h"

#include <string.h>

static void write_part(struct json_writer *writer, const struct history_part *part)
{
    if (part->is_cut)
        json_string(writer, bytes_view(part->bytes));
    else
        json_value_or_string(writer, bytes_view(part->bytes));
}

static void write_cuts(struct json_writer *writer, const struct history_row *row)
{
    const struct {
        const char *name;
        bool is_cut;
    } cuts[] = {
        {"PayloadIsCut", row->payload.is_cut},
        {"ResponsePayloadIsCut", row->response.is_cut},
        {"LogIsCut", row->log.is_cut},
    };

    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        if (cuts[i].is_cut) {
            json_key(writer, cuts[i].name);
            json_bool(writer, true);
        }
    }
}

static void write_request(struct json_writer *writer, const struct history_row *row)
{
    json_key(writer, "RequestId");
    json_text(writer, row->request_id);
    json_key(writer, "FunctionName");
    json_text(writer, row->function_name);
    json_key(writer, "Qualifier");
    json_text(writer, row->qualifier[0] == '\0' ? NULL : row->qualifier);
    json_key(writer, "ExecutedVersion");
    json_text(writer, row->version);
    json_key(writer, "InvocationType");
    json_text(writer, invocation_type_name(row->type));
    if (row->source != NULL) {
        json_key(writer, "Source");
        json_text(writer, row->source);
    }
    json_key(writer, "Payload");
    if (bytes_view(row->payload.bytes).length == 0)
        json_value_or_string(writer, BYTES_VIEW("{}")); /* as the handler gets it */
    else
        write_part(writer, &row->payload);
    json_key(writer, "Attempt");
    json_integer(writer, row->attempt);
}

static void write_outcome(struct json_writer *writer, const struct history_row *row)
{
    json_key(writer, "Status");
    json_text(writer, history_status_name(row->status));
    json_key(writer, "FunctionError");
    json_text(writer, row->function_error);
    json_key(writer, "ResponsePayload");
    if (row->has_run)
        write_part(writer, &row->response);
    else
        json_null(writer);
    json_key(writer, "Log");
    if (row->log.bytes == NULL)
        json_null(writer);
    else
        json_string(writer, bytes_view(row->log.bytes));
    json_key(writer, "StartedAt");
    json_time(writer, row->started_at_ms);
    json_key(writer, "DurationMs");
    if (row->has_run)
        json_decimal(writer, row->duration_ms);
    else
        json_null(writer);
    json_key(writer, "ColdStart");
    if (row->has_run)
        json_bool(writer, row->is_cold_start);
    else
        json_null(writer);
}

static void write_timings(struct json_writer *writer, const struct history_row *row)
{
    json_key(writer, "EnqueuedAt");
    if (row->enqueued_at_ms == 0)
        json_null(writer);
    else
        json_time(writer, row->enqueued_at_ms);
    json_key(writer, "QueueMs");
    if (row->has_run)
        json_decimal(writer, row->queue_ms);
    else
        json_null(writer);
}

void inspect_history_write_row(struct json_writer *writer, const struct history_row *row,
                               bool has_timings)
{
    json_open(writer, '{');
    write_request(writer, row);
    write_outcome(writer, row);
    if (has_timings)
        write_timings(writer, row);
    write_cuts(writer, row);
    json_close(writer, '}');
}

/* False when the exchange has been answered. */
static bool read_timings(struct exchange *exchange, bool *has_timings)
{
    char text[16];

    if (!inspect_query_text(exchange, "Timings", text, sizeof text))
        return false;
    *has_timings = strcmp(text, "true") == 0;
    if (*has_timings || text[0] == '\0' || strcmp(text, "false") == 0)
        return true;
    return inspect_query_refuse(exchange, "Timings: must be true or false (is %s)", text);
}

void inspect_history_list(struct exchange *exchange, struct api *api)
{
    struct history_filter filter;
    struct json_writer writer = {0};
    size_t limit = SIZE_MAX;
    bool has_timings;
    struct account *account;

    if (!history_query_read(exchange, &filter) ||
        !inspect_query_number(exchange, "Limit", 1, UINT32_MAX, &limit) ||
        !read_timings(exchange, &has_timings) || (account = inspect_account(exchange, api)) == NULL)
        return;
    json_open(&writer, '[');
    for (const struct history_row *row =
             account->history == NULL ? NULL : history_newest(account->history);
         row != NULL && limit > 0; row = row->older) {
        if (!history_matches(&filter, row))
            continue;
        inspect_history_write_row(&writer, row, has_timings);
        limit--;
    }
    json_close(&writer, ']');
    inspect_respond_json(exchange, 200, json_writer_take(&writer));
}

void inspect_history_forget(struct exchange *exchange, struct api *api)
{
    struct account *account = inspect_account(exchange, api);

    if (account == NULL)
        return;
    if (account->history != NULL)
        history_forget(account->history);
    inspect_respond_done(exchange);
}
