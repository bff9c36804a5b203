#include "handlers/handlers.h"

#include "base/json/json_string.h"
#include "config/names/function_name.h"
#include "handlers/held_exchange.h"
#include "handlers/inspect/inspect_query.h"
#include "handlers/inspect/inspect_response.h"
#include "handlers/lambda/api_error.h"
#include "runtime/events/async_invoker.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 100000, DRAIN_SECONDS_DEFAULT = 30 };

static const char short_of_memory[] = "invoked is out of memory";

/* ---- the list ---- */

static bool append_text(struct bytes **json, const char *key, const char *value)
{
    if (!bytes_format(json, ",\"%s\":", key))
        return false;
    return value == NULL ? bytes_format(json, "null")
                         : json_string_append(json, (struct bytes_view){value, strlen(value)});
}

static const char *format_time(int64_t epoch_ms, char text[CLOCK_TEXT_SIZE])
{
    if (epoch_ms == 0)
        return NULL;
    clock_format(epoch_ms, text);
    return text;
}

static bool append_row(struct bytes **json, const struct event_row *row)
{
    static const char *const states[] = {[EVENT_ROW_QUEUED] = "queued",
                                         [EVENT_ROW_RUNNING] = "running",
                                         [EVENT_ROW_WAITING] = "waiting"};
    char enqueued_at[CLOCK_TEXT_SIZE], next_attempt_at[CLOCK_TEXT_SIZE];

    return bytes_format(json, "{\"RequestId\":\"%s\"", row->request_id) &&
           append_text(json, "FunctionName", row->function_name) &&
           append_text(json, "State", states[row->state]) &&
           bytes_format(json, ",\"Attempt\":%u", row->attempt) &&
           append_text(json, "EnqueuedAt", format_time(row->enqueued_at_ms, enqueued_at)) &&
           append_text(json, "NextAttemptAt",
                       format_time(row->next_attempt_at_ms, next_attempt_at)) &&
           append_text(json, "LastError", row->last_error) && bytes_append(json, "}", 1);
}

/* NULL when out of memory. */
static struct bytes *make_list(const struct event_row *rows, size_t count)
{
    struct bytes *json = NULL;
    bool is_made = bytes_append(&json, "[", 1);

    for (size_t i = 0; i < count && is_made; i++)
        is_made = (i == 0 || bytes_append(&json, ",", 1)) && append_row(&json, &rows[i]);
    if (is_made && bytes_append(&json, "]", 1))
        return json;
    bytes_release(json);
    return NULL;
}

static void on_rows(const struct event_row *rows, size_t count, void *context)
{
    if (rows == NULL)
        api_answer_refusal(context, 500, "cannot read the event queue: see the log of invoked");
    else
        inspect_respond_json(context, 200, make_list(rows, count));
}

void inspect_events_list(struct exchange *exchange, struct api *api)
{
    static const char *const known[] = {"FunctionName", NULL};
    struct account *account;
    char name[FUNCTION_NAME_MAX + 1];

    if (!inspect_query_check(exchange, known) ||
        !inspect_query_text(exchange, "FunctionName", name, sizeof name) ||
        (account = inspect_account(exchange, api)) == NULL)
        return;
    if (!async_invoker_list(api->async_invoker, account, name[0] == '\0' ? NULL : name, ROWS_MAX,
                            on_rows, exchange))
        api_answer_refusal(exchange, 500, short_of_memory);
}

/* ---- emptying it ---- */

static void on_cleared(enum store_status status, void *context)
{
    if (status == STORE_OK)
        inspect_respond_done(context);
    else
        api_answer_refusal(context, 500,
                           "cannot clear the event queue on disk: see the log of invoked");
}

void inspect_events_clear(struct exchange *exchange, struct api *api)
{
    static const char *const known[] = {NULL};
    struct account *account;

    if (!inspect_query_check(exchange, known) || (account = inspect_account(exchange, api)) == NULL)
        return;
    if (!async_invoker_clear(api->async_invoker, account, false, on_cleared, exchange))
        api_answer_refusal(exchange, 500, short_of_memory);
}

/* ---- waiting until it is empty ---- */

struct draining {
    struct held_exchange *held;
    struct api *api;
    struct account *account;
    struct async_wait *wait; /* NULL once it is over */
};

static void end_drain(struct draining *draining)
{
    if (draining->wait != NULL)
        async_wait_cancel(draining->wait);
    held_exchange_close(draining->held);
    free(draining);
}

static void on_empty(const char (*request_ids)[REQUEST_ID_SIZE], size_t count, void *context)
{
    struct draining *draining = context;

    (void)request_ids;
    (void)count;
    draining->wait = NULL;
    log_push(draining->api->log);
    inspect_respond_done(held_exchange_of(draining->held));
    end_drain(draining);
}

static void on_left(const struct event_row *rows, size_t count, void *context)
{
    struct bytes *list = make_list(rows, count);
    struct bytes *json = NULL;

    if (bytes_format(&json, "{\"error\":\"timed out with %zu event%s left\",\"events\":", count,
                     count == 1 ? "" : "s") &&
        list != NULL && bytes_append(&json, list->data, list->length) &&
        bytes_append(&json, "}", 1)) {
        inspect_respond_json(context, 408, json);
    } else {
        bytes_release(json);
        api_answer_refusal(context, 408, "timed out with events left");
    }
    bytes_release(list);
}

static void on_drain_overdue(struct held_exchange *held, void *context)
{
    struct draining *draining = context;
    struct exchange *exchange = held_exchange_of(held);
    struct api *api = draining->api;
    struct account *account = draining->account;

    end_drain(draining);
    if (async_invoker_count(account) == 0)
        inspect_respond_done(exchange); /* TimeoutSeconds=0 just asks */
    else if (!async_invoker_list(api->async_invoker, account, NULL, ROWS_MAX, on_left, exchange))
        api_answer_refusal(exchange, 408, "timed out with events left");
}

void inspect_events_drain(struct exchange *exchange, struct api *api)
{
    static const char *const known[] = {"TimeoutSeconds", NULL};
    double seconds = DRAIN_SECONDS_DEFAULT;
    struct account *account;
    struct draining *draining;

    if (!inspect_query_check(exchange, known) || (account = inspect_account(exchange, api)) == NULL)
        return;
    if (!held_exchange_read_seconds(exchange, &seconds)) {
        api_answer_refusal(exchange, 400, "TimeoutSeconds must be a number from 0 to 86400");
        return;
    }
    draining = calloc(1, sizeof *draining);
    if (draining != NULL) {
        draining->api = api;
        draining->account = account;
        draining->held = held_exchange_open(exchange, api, seconds, on_drain_overdue, draining);
    }
    if (draining != NULL && draining->held != NULL)
        draining->wait = async_invoker_drain(api->async_invoker, account, on_empty, draining);
    if (draining != NULL && draining->wait != NULL)
        return;
    if (draining != NULL && draining->held != NULL)
        held_exchange_close(draining->held);
    free(draining);
    api_answer_refusal(exchange, 500, short_of_memory);
}
