/*
 * The rows of store.h: events and lanes, read and written.
 */
#include "base/clock.h"
#include "runtime/events/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum store_status event_store_lanes(struct event_store *store, store_lane_fn *on_lane,
                                    void *context)
{
    /* The counts come from the index alone. */
    static const char text[] = "SELECT l.id, l.account, l.function, e.n, e.due FROM"
                               " (SELECT lane, count(*) AS n, min(due_ms) AS due FROM events"
                               " GROUP BY lane) AS e JOIN lanes AS l ON l.id = e.lane"
                               " ORDER BY l.id";
    sqlite3 *database = sqlite3_db_handle(event_store_statement(store, STORE_READ));
    sqlite3_stmt *statement = NULL;
    enum store_status status;
    int result = sqlite3_prepare_v2(database, text, -1, &statement, NULL);

    while (result == SQLITE_OK || result == SQLITE_ROW) {
        result = sqlite3_step(statement);
        if (result != SQLITE_ROW)
            break;
        const struct store_lane lane = {
            .id = sqlite3_column_int64(statement, 0),
            .account_id = (const char *)sqlite3_column_text(statement, 1),
            .function_name = (const char *)sqlite3_column_text(statement, 2),
            .count = (size_t)sqlite3_column_int64(statement, 3),
            .next_due_ms = sqlite3_column_int64(statement, 4)};

        if (lane.account_id == NULL || lane.function_name == NULL || !on_lane(&lane, context)) {
            result = SQLITE_NOMEM;
            break;
        }
    }
    status = event_store_end(store, statement, result);
    (void)sqlite3_finalize(statement);
    return status;
}

enum store_status event_store_start(struct event_store *store, struct store_start *start)
{
    static const char text[] = "SELECT (SELECT ifnull(max(sequence), 0) FROM events),"
                               " (SELECT ifnull(max(id), 0) FROM lanes),"
                               " (SELECT ifnull(max(at_ms), 0) FROM newest WHERE account IN"
                               " (SELECT account FROM lanes WHERE EXISTS"
                               " (SELECT 1 FROM events WHERE lane = lanes.id)))";
    sqlite3 *database = sqlite3_db_handle(event_store_statement(store, STORE_READ));
    sqlite3_stmt *statement = NULL;
    enum store_status status;
    int result = sqlite3_prepare_v2(database, text, -1, &statement, NULL);

    *start = (struct store_start){0};
    if (result == SQLITE_OK)
        result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        start->last_sequence = sqlite3_column_int64(statement, 0);
        start->last_lane_id = sqlite3_column_int64(statement, 1);
        start->newest_ms = sqlite3_column_int64(statement, 2);
    }
    status = event_store_end(store, statement, result);
    (void)sqlite3_finalize(statement);
    return status;
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    (void)sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC); /* NULL binds NULL */
}

/* Not copied: the loop holds a reference until the batch is done. */
static void bind_bytes(sqlite3_stmt *statement, int at, const struct bytes *bytes)
{
    if (bytes == NULL)
        (void)sqlite3_bind_null(statement, at);
    else
        (void)sqlite3_bind_blob64(statement, at, bytes->data, bytes->length, SQLITE_STATIC);
}

enum store_status event_store_add_lane(struct event_store *store, const struct store_lane *lane)
{
    sqlite3_stmt *statement = event_store_statement(store, STORE_ADD_LANE);

    (void)sqlite3_bind_int64(statement, 1, lane->id);
    bind_text(statement, 2, lane->account_id);
    bind_text(statement, 3, lane->function_name);
    return event_store_step(store, statement, NULL);
}

/*
 * Times beyond the wall's come from clocks that run faster or were moved by hand. The next start must not set such a
 * clock behind them; see CLOCK_MANUAL.
 */
static enum store_status keep_newest(struct event_store *store, int64_t lane_id, int64_t at_ms)
{
    sqlite3_stmt *statement;

    if (at_ms <= clock_real_now_ms())
        return STORE_OK;
    statement = event_store_statement(store, STORE_NEWEST);
    (void)sqlite3_bind_int64(statement, 1, at_ms);
    (void)sqlite3_bind_int64(statement, 2, lane_id);
    return event_store_step(store, statement, NULL);
}

enum store_status event_store_add(struct event_store *store, const struct event *event)
{
    sqlite3_stmt *statement = event_store_statement(store, STORE_ADD);
    enum store_status status;

    (void)sqlite3_bind_int64(statement, 1, event->sequence);
    (void)sqlite3_bind_int64(statement, 2, event->due_ms);
    (void)sqlite3_bind_int64(statement, 3, event->enqueued_at_ms);
    (void)sqlite3_bind_int64(statement, 4, event->run_count);
    (void)sqlite3_bind_int64(statement, 5, event->throttle_count);
    bind_text(statement, 6, event->request_id);
    bind_text(statement, 7, event->qualifier);
    bind_text(statement, 8, event->trace_header);
    bind_text(statement, 9, event->last_error);
    bind_text(statement, 10, event->last_version);
    bind_bytes(statement, 11, event->last_response);
    bind_bytes(statement, 12, event->payload);
    (void)sqlite3_bind_int64(statement, 13, event->lane_id);
    status = event_store_step(store, statement, NULL);
    return status == STORE_OK ? keep_newest(store, event->lane_id, event->enqueued_at_ms) : status;
}

enum store_status event_store_finish(struct event_store *store, int64_t sequence)
{
    sqlite3_stmt *statement = event_store_statement(store, STORE_FINISH);

    (void)sqlite3_bind_int64(statement, 1, sequence);
    return event_store_step(store, statement, NULL);
}

enum store_status event_store_reschedule(struct event_store *store, const struct event *event,
                                         int64_t now_ms)
{
    sqlite3_stmt *statement = event_store_statement(store, STORE_RESCHEDULE);
    enum store_status status;
    int changed;

    (void)sqlite3_bind_int64(statement, 1, event->sequence);
    (void)sqlite3_bind_int64(statement, 2, event->due_ms);
    (void)sqlite3_bind_int64(statement, 3, event->run_count);
    (void)sqlite3_bind_int64(statement, 4, event->throttle_count);
    bind_text(statement, 5, event->trace_header);
    bind_text(statement, 6, event->last_error);
    bind_text(statement, 7, event->last_version);
    bind_bytes(statement, 8, event->last_response);
    status = event_store_step(store, statement, &changed);
    if (status == STORE_OK && changed == 0)
        status = event_store_add(store, event);
    return status == STORE_OK ? keep_newest(store, event->lane_id, now_ms) : status;
}

enum store_status event_store_clear(struct event_store *store, const char *account_id,
                                    int64_t last_sequence)
{
    sqlite3_stmt *statement = event_store_statement(store, STORE_CLEAR);
    enum store_status status;

    bind_text(statement, 1, account_id);
    (void)sqlite3_bind_int64(statement, 2, last_sequence);
    status = event_store_step(store, statement, NULL);
    if (status != STORE_OK)
        return status;
    statement = event_store_statement(store, STORE_CLEAR_NEWEST);
    bind_text(statement, 1, account_id);
    return event_store_step(store, statement, NULL);
}

static bool read_text(sqlite3_stmt *statement, int column, char **text)
{
    return event_set_text(text, (const char *)sqlite3_column_text(statement, column));
}

static bool read_bytes(sqlite3_stmt *statement, int column, struct bytes **bytes)
{
    const void *data;

    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return true;
    data = sqlite3_column_blob(statement, column);
    *bytes = bytes_copy(data, (size_t)sqlite3_column_bytes(statement, column));
    return *bytes != NULL;
}

static struct event *read_event(sqlite3_stmt *statement, const struct store_read *read)
{
    struct event *event = event_new();
    const char *request_id = (const char *)sqlite3_column_text(statement, 5);

    if (event == NULL)
        return NULL;
    event->lane_id = read->lane_id;
    event->sequence = sqlite3_column_int64(statement, 0);
    event->due_ms = sqlite3_column_int64(statement, 1);
    event->enqueued_at_ms = sqlite3_column_int64(statement, 2);
    event->run_count = (unsigned)sqlite3_column_int64(statement, 3);
    event->throttle_count = (unsigned)sqlite3_column_int64(statement, 4);
    (void)snprintf(event->request_id, sizeof event->request_id, "%s",
                   request_id == NULL ? "" : request_id);
    if (read_text(statement, 6, &event->qualifier) && read_text(statement, 8, &event->last_error) &&
        (!read->has_payload || (read_text(statement, 7, &event->trace_header) &&
                                read_text(statement, 9, &event->last_version) &&
                                read_bytes(statement, 10, &event->last_response) &&
                                read_bytes(statement, 11, &event->payload))))
        return event;
    event_free(event);
    return NULL;
}

static int compare_sequences(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

static bool is_held(const struct store_read *read, int64_t sequence)
{
    return read->held_count > 0 && bsearch(&sequence, read->held, read->held_count,
                                           sizeof *read->held, compare_sequences) != NULL;
}

/* Appends one. SQLITE_ROW asks for the next, SQLITE_DONE says that it is enough. */
static int read_row(sqlite3_stmt *statement, struct store_read *read, struct event ***last,
                    size_t *weight)
{
    struct event *event;

    if (is_held(read, sqlite3_column_int64(statement, 0)))
        return SQLITE_ROW;
    if (sqlite3_column_int64(statement, 1) > read->due_max_ms || read->count == read->event_max ||
        (read->count > 0 && *weight >= read->byte_max)) {
        read->next_due_ms = sqlite3_column_int64(statement, 1);
        return SQLITE_DONE;
    }
    event = read_event(statement, read);
    if (event == NULL)
        return SQLITE_NOMEM;
    **last = event;
    *last = &event->next;
    *weight += event_weight(event);
    read->count++;
    return SQLITE_ROW;
}

enum store_status event_store_read(struct event_store *store, struct store_read *read)
{
    sqlite3_stmt *statement = event_store_statement(store, STORE_READ);
    struct event **last = &read->first;
    size_t weight = 0;
    int result;

    read->first = NULL;
    read->count = 0;
    read->next_due_ms = INT64_MAX;
    (void)sqlite3_bind_int64(statement, 1, read->lane_id);
    do {
        result = sqlite3_step(statement);
        if (result == SQLITE_ROW)
            result = read_row(statement, read, &last, &weight);
    } while (result == SQLITE_ROW);
    if (result != SQLITE_DONE) {
        for (struct event *event = read->first, *next; event != NULL; event = next) {
            next = event->next;
            event_free(event);
        }
        read->first = NULL;
        read->count = 0;
    }
    return event_store_end(store, statement, result);
}

enum store_status event_store_oldest(struct event_store *store, int64_t *lane_id,
                                     int64_t *enqueued_at_ms)
{
    sqlite3_stmt *statement = event_store_statement(store, STORE_OLDEST);
    const int result = sqlite3_step(statement);

    *lane_id = *enqueued_at_ms = 0;
    if (result == SQLITE_ROW) {
        *lane_id = sqlite3_column_int64(statement, 0);
        *enqueued_at_ms = sqlite3_column_int64(statement, 1);
    }
    return event_store_end(store, statement, result);
}
