/*
 * The rows of the SQLite engine: events, lanes and the origins of dead letters; see struct store_engine.
 *
 * What is bound isn't copied: whoever calls holds it until the transaction is over, and every statement is bound anew
 * before its next step.
 */
#include "runtime/events/sqlite_internal.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

static sqlite3_stmt *bind_text(struct store *store, enum sqlite_statement which, int at,
                               const char *text)
{
    sqlite3_stmt *statement = ((struct sqlite_store *)store)->statements[which];

    (void)sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC); /* NULL binds NULL */
    return statement;
}

/* ---- at the start ---- */

enum store_status sqlite_lanes(struct store *store, store_lane_fn *on_lane, void *context)
{
    /* The counts come from the index alone. */
    static const char text[] = "SELECT l.id, l.account, l.function, e.n, e.due FROM"
                               " (SELECT lane, count(*) AS n, min(due_ms) AS due FROM events"
                               " GROUP BY lane) AS e JOIN lanes AS l ON l.id = e.lane"
                               " ORDER BY l.id";
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    sqlite3_stmt *statement = NULL;
    enum store_status status;
    int result = sqlite3_prepare_v2(sqlite->database, text, -1, &statement, NULL);

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
    status = sqlite_check(sqlite, result);
    (void)sqlite3_finalize(statement);
    return status;
}

enum store_status sqlite_start(struct store *store, struct store_start *start)
{
    static const char text[] = "SELECT (SELECT ifnull(max(sequence), 0) FROM events),"
                               " (SELECT ifnull(max(id), 0) FROM lanes),"
                               " (SELECT ifnull(max(at_ms), 0) FROM newest WHERE account IN"
                               " (SELECT account FROM lanes WHERE EXISTS"
                               " (SELECT 1 FROM events WHERE lane = lanes.id)))";
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    sqlite3_stmt *statement = NULL;
    enum store_status status;
    int result = sqlite3_prepare_v2(sqlite->database, text, -1, &statement, NULL);

    *start = (struct store_start){0};
    if (result == SQLITE_OK)
        result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        start->last_sequence = sqlite3_column_int64(statement, 0);
        start->last_lane_id = sqlite3_column_int64(statement, 1);
        start->newest_ms = sqlite3_column_int64(statement, 2);
    }
    status = sqlite_check(sqlite, result);
    (void)sqlite3_finalize(statement);
    return status;
}

/* ---- writing events ---- */

static void bind_bytes(sqlite3_stmt *statement, int at, const struct bytes *bytes)
{
    if (bytes == NULL)
        (void)sqlite3_bind_null(statement, at);
    else
        (void)sqlite3_bind_blob64(statement, at, bytes->data, bytes->length, SQLITE_STATIC);
}

enum store_status sqlite_add_lane(struct store *store, const struct store_lane *lane)
{
    sqlite3_stmt *statement = bind_text(store, SQL_ADD_LANE, 2, lane->account_id);

    (void)sqlite3_bind_int64(statement, 1, lane->id);
    (void)sqlite3_bind_text(statement, 3, lane->function_name, -1, SQLITE_STATIC);
    return sqlite_step((struct sqlite_store *)store, SQL_ADD_LANE, NULL);
}

/*
 * Times beyond the wall's come from clocks that run faster or were moved by hand. The next start must not set such a
 * clock behind them; see CLOCK_MANUAL.
 */
static enum store_status keep_newest(struct store *store, int64_t lane_id, int64_t at_ms)
{
    sqlite3_stmt *statement = ((struct sqlite_store *)store)->statements[SQL_NEWEST];

    (void)sqlite3_bind_int64(statement, 1, at_ms);
    (void)sqlite3_bind_int64(statement, 2, lane_id);
    return sqlite_step((struct sqlite_store *)store, SQL_NEWEST, NULL);
}

enum store_status sqlite_add(struct store *store, const struct event *event)
{
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    sqlite3_stmt *statement = sqlite->statements[SQL_ADD];
    const char *const texts[] = {event->request_id, event->qualifier, event->trace_header,
                                 event->last_error, event->last_version};
    enum store_status status;

    (void)sqlite3_bind_int64(statement, 1, event->sequence);
    (void)sqlite3_bind_int64(statement, 2, event->due_ms);
    (void)sqlite3_bind_int64(statement, 3, event->enqueued_at_ms);
    (void)sqlite3_bind_int64(statement, 4, event->run_count);
    (void)sqlite3_bind_int64(statement, 5, event->throttle_count);
    for (int i = 0; i < 5; i++)
        (void)sqlite3_bind_text(statement, 6 + i, texts[i], -1, SQLITE_STATIC);
    bind_bytes(statement, 11, event->last_response);
    bind_bytes(statement, 12, event->payload);
    (void)sqlite3_bind_text(statement, 13, event->tenant_id, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 14, event->lane_id);
    status = sqlite_step(sqlite, SQL_ADD, NULL);
    if (status != STORE_OK || event->enqueued_at_ms <= clock_real_now_ms())
        return status;
    return keep_newest(store, event->lane_id, event->enqueued_at_ms);
}

enum store_status sqlite_reschedule(struct store *store, const struct event *event, int64_t now_ms)
{
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    sqlite3_stmt *statement = sqlite->statements[SQL_RESCHEDULE];
    const char *const texts[] = {event->trace_header, event->last_error, event->last_version};
    enum store_status status;
    int changed;

    (void)sqlite3_bind_int64(statement, 1, event->sequence);
    (void)sqlite3_bind_int64(statement, 2, event->due_ms);
    (void)sqlite3_bind_int64(statement, 3, event->run_count);
    (void)sqlite3_bind_int64(statement, 4, event->throttle_count);
    for (int i = 0; i < 3; i++)
        (void)sqlite3_bind_text(statement, 5 + i, texts[i], -1, SQLITE_STATIC);
    bind_bytes(statement, 8, event->last_response);
    status = sqlite_step(sqlite, SQL_RESCHEDULE, &changed);
    if (status == STORE_OK && changed == 0)
        status = sqlite_add(store, event);
    if (status != STORE_OK || now_ms <= clock_real_now_ms())
        return status;
    return keep_newest(store, event->lane_id, now_ms);
}

static enum store_status add_origin(struct store *store, const struct event_record *record,
                                    const struct event *event, const char *function_name)
{
    sqlite3_stmt *statement = bind_text(store, SQL_ADD_ORIGIN, 1, record->message_id);

    (void)sqlite3_bind_text(statement, 2, record->file.account_id, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 3, record->file.name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 4, function_name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 5, event->qualifier, -1, SQLITE_STATIC);
    return sqlite_step((struct sqlite_store *)store, SQL_ADD_ORIGIN, NULL);
}

enum store_status sqlite_finish(struct store *store, const struct event_end *end)
{
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    enum store_status status = STORE_OK;

    for (size_t i = 0; status == STORE_OK && i < end->record_count; i++) {
        if (end->records[i].message_id[0] != '\0')
            status = add_origin(store, &end->records[i], end->event, end->function_name);
    }
    if (status == STORE_OK && end->follow_up != NULL)
        status = sqlite_add(store, end->follow_up);
    if (status != STORE_OK)
        return status;
    (void)sqlite3_bind_int64(sqlite->statements[SQL_FINISH], 1, end->event->sequence);
    return sqlite_step(sqlite, SQL_FINISH, NULL);
}

enum store_status sqlite_clear(struct store *store, const char *account_id, int64_t last_sequence)
{
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    sqlite3_stmt *statement = bind_text(store, SQL_CLEAR, 1, account_id);
    enum store_status status;

    (void)sqlite3_bind_int64(statement, 2, last_sequence);
    status = sqlite_step(sqlite, SQL_CLEAR, NULL);
    if (status != STORE_OK)
        return status;
    (void)bind_text(store, SQL_CLEAR_NEWEST, 1, account_id);
    return sqlite_step(sqlite, SQL_CLEAR_NEWEST, NULL);
}

enum store_status sqlite_probe(struct store *store)
{
    return sqlite_step((struct sqlite_store *)store, SQL_PROBE, NULL);
}

/* ---- reading events ---- */

static bool read_bytes(sqlite3_stmt *statement, int column, struct bytes **bytes)
{
    const void *data;

    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return true;
    data = sqlite3_column_blob(statement, column);
    *bytes = bytes_copy(data, (size_t)sqlite3_column_bytes(statement, column));
    return *bytes != NULL;
}

static bool read_text(sqlite3_stmt *statement, int column, char **text)
{
    return event_set_text(text, (const char *)sqlite3_column_text(statement, column));
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
                                read_text(statement, 12, &event->tenant_id) &&
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

/* Appends one. SQLITE_ROW asks for the next, SQLITE_DONE says that it is enough. */
static int read_row(sqlite3_stmt *statement, struct store_read *read, struct event ***last,
                    size_t *weight)
{
    const int64_t sequence = sqlite3_column_int64(statement, 0);
    struct event *event;

    if (read->held_count > 0 && bsearch(&sequence, read->held, read->held_count, sizeof *read->held,
                                        compare_sequences) != NULL)
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

enum store_status sqlite_take(struct store *store, struct store_read *read)
{
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    sqlite3_stmt *statement = sqlite->statements[SQL_READ];
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
        events_free(read->first);
        read->first = NULL;
        read->count = 0;
    }
    return sqlite_end(sqlite, statement, result);
}

enum store_status sqlite_find(struct store *store, int64_t sequence, struct event **event)
{
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    sqlite3_stmt *statement = sqlite->statements[SQL_FIND];
    int result;

    *event = NULL;
    (void)sqlite3_bind_int64(statement, 1, sequence);
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        const struct store_read read = {.lane_id = sqlite3_column_int64(statement, 13)};

        *event = read_event(statement, &read);
        if (*event == NULL)
            result = SQLITE_NOMEM;
    }
    return sqlite_end(sqlite, statement, result);
}

enum store_status sqlite_oldest(struct store *store, int64_t *lane_id, int64_t *enqueued_at_ms)
{
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    sqlite3_stmt *statement = sqlite->statements[SQL_OLDEST];
    const int result = sqlite3_step(statement);

    *lane_id = *enqueued_at_ms = 0;
    if (result == SQLITE_ROW) {
        *lane_id = sqlite3_column_int64(statement, 0);
        *enqueued_at_ms = sqlite3_column_int64(statement, 1);
    }
    return sqlite_end(sqlite, statement, result);
}

/* ---- dead letters ---- */

enum store_status sqlite_origin(struct store *store, const char *message_id,
                                struct store_origin *origin)
{
    sqlite3_stmt *statement = bind_text(store, SQL_ORIGIN, 1, message_id);
    int result = sqlite3_step(statement);

    if (result == SQLITE_ROW && (!read_text(statement, 0, &origin->function_name) ||
                                 !read_text(statement, 1, &origin->qualifier)))
        result = SQLITE_NOMEM;
    return sqlite_end((struct sqlite_store *)store, statement, result);
}

enum store_status sqlite_redrive(struct store *store, const char *message_id, bool *is_first)
{
    enum store_status status;
    int changed;

    (void)bind_text(store, SQL_MARK, 1, message_id);
    status = sqlite_step((struct sqlite_store *)store, SQL_MARK, &changed);
    *is_first = changed == 1;
    return status;
}

enum store_status sqlite_is_redriven(struct store *store, const char *message_id, bool *is_redriven)
{
    sqlite3_stmt *statement = bind_text(store, SQL_IS_MARKED, 1, message_id);
    const int result = sqlite3_step(statement);

    *is_redriven = result == SQLITE_ROW;
    return sqlite_end((struct sqlite_store *)store, statement, result);
}

enum store_status sqlite_redriven_queue(struct store *store, struct record_file *file)
{
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    sqlite3_stmt *statement = sqlite->statements[SQL_MARKED_QUEUE];
    const int result = sqlite3_step(statement);

    *file = (struct record_file){.kind = RECORD_DEAD_LETTER};
    if (result == SQLITE_ROW) {
        const char *account_id = (const char *)sqlite3_column_text(statement, 0);
        const char *name = (const char *)sqlite3_column_text(statement, 1);

        (void)snprintf(file->account_id, sizeof file->account_id, "%s",
                       account_id == NULL ? "" : account_id);
        (void)snprintf(file->name, sizeof file->name, "%s", name == NULL ? "" : name);
    }
    return sqlite_end(sqlite, statement, result);
}

enum store_status sqlite_forget_redriven(struct store *store, const struct record_file *file)
{
    sqlite3_stmt *statement = bind_text(store, SQL_FORGET_MARKED, 1, file->account_id);

    (void)sqlite3_bind_text(statement, 2, file->name, -1, SQLITE_STATIC);
    return sqlite_step((struct sqlite_store *)store, SQL_FORGET_MARKED, NULL);
}

enum store_status sqlite_forget_letters(struct store *store, const char *account_id)
{
    (void)bind_text(store, SQL_CLEAR_ORIGINS, 1, account_id);
    return sqlite_step((struct sqlite_store *)store, SQL_CLEAR_ORIGINS, NULL);
}
