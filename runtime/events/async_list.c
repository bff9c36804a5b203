/*
 * Listing the queue, clearing it, and listing the records that were written.
 */
#include "runtime/events/event_lanes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A list that is being read, lane by lane. */
struct row_list {
    struct async_account *owner;
    struct event_lane *lane; /* the next to be read */
    bool is_one_lane;
    struct event_row *rows;
    size_t count, row_max;
    event_rows_fn *on_rows;
    void *context;
};

static int compare_rows(const void *left, const void *right)
{
    const struct event_row *a = left, *b = right;

    return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static void end_list(struct row_list *list, bool is_read)
{
    if (list->count > 0)
        qsort(list->rows, list->count, sizeof *list->rows, compare_rows);
    list->on_rows(is_read ? list->rows : NULL, is_read ? list->count : 0, list->context);
    for (size_t i = 0; i < list->count; i++)
        free(list->rows[i].last_error);
    free(list->rows);
    free(list);
}

/* The newest state of an event is in memory, if it is held there. */
static void fill_row(struct event_row *row, const struct event_lane *lane, struct event *read)
{
    const struct event *held = event_lane_find(lane, read->sequence);
    const struct event *event = held == NULL ? read : held;
    const bool is_running = event->state == EVENT_RUNNING || event->state == EVENT_SETTLING;
    const bool is_again = event->run_count > 0 || event->throttle_count > 0;

    *row = (struct event_row){.sequence = event->sequence,
                              .function_name = lane->function_name,
                              .attempt = event->run_count + 1,
                              .enqueued_at_ms = event->enqueued_at_ms,
                              .next_attempt_at_ms = event->due_ms};
    memcpy(row->request_id, event->request_id, sizeof row->request_id);
    row->state = is_again ? EVENT_ROW_WAITING : EVENT_ROW_QUEUED;
    if (held != NULL && is_running) {
        row->state = EVENT_ROW_RUNNING;
        row->next_attempt_at_ms = 0;
        if (event->state == EVENT_SETTLING && event->run_count > 0)
            row->attempt = event->run_count;
    }
    (void)event_set_text(&row->last_error, event->last_error);
}

static void read_next_lane(struct row_list *list);

static void on_lane_read(struct store_read *read, enum store_status status, void *context)
{
    struct row_list *list = context;
    struct async_account *owner = list->owner;
    struct event *next;

    for (struct event *event = read->first; event != NULL; event = next) {
        next = event->next;
        fill_row(&list->rows[list->count++], list->lane, event);
        event_free(event);
    }
    read->first = NULL;
    list->lane = list->is_one_lane ? NULL : list->lane->next_of_account;
    if (status == STORE_OK)
        read_next_lane(list);
    else
        end_list(list, false);
    async_end(owner);
}

/* Reads the next lane with events, or ends the list. Called from a callback of the loop only. */
static void read_next_lane(struct row_list *list)
{
    struct async_account *owner = list->owner;
    struct store_read what = {
        .due_max_ms = INT64_MAX, .event_max = list->row_max - list->count, .byte_max = SIZE_MAX};

    while (list->lane != NULL && list->lane->count == 0)
        list->lane = list->is_one_lane ? NULL : list->lane->next_of_account;
    if (list->lane == NULL || what.event_max == 0) {
        end_list(list, true);
        return;
    }
    what.lane_id = list->lane->id;
    async_begin(owner);
    if (event_queue_read(owner->lanes->queue, owner->account, &what, NULL, on_lane_read, list))
        return;
    end_list(list, false);
    async_end(owner);
}

/* Reads nothing, so that the callback of an empty list comes from the loop as well. */
static void on_nothing_read(struct store_read *read, enum store_status status, void *context)
{
    struct row_list *list = context;
    struct async_account *owner = list->owner;

    (void)read;
    (void)status;
    read_next_lane(list);
    async_end(owner);
}

bool async_invoker_list(struct async_invoker *invoker, struct account *account,
                        const char *function_name, size_t row_max, event_rows_fn *on_rows,
                        void *context)
{
    const struct store_read nothing = {.lane_id = 0, .due_max_ms = 0};
    struct event_lanes *lanes = async_lanes_of(invoker);
    struct async_account *owner = async_owner(lanes, account);
    struct row_list *list = owner == NULL ? NULL : calloc(1, sizeof *list);

    if (list == NULL)
        return false;
    list->rows = calloc(row_max + 1, sizeof *list->rows);
    if (list->rows == NULL ||
        !event_queue_read(lanes->queue, account, &nothing, NULL, on_nothing_read, list)) {
        free(list->rows);
        free(list);
        return false;
    }
    list->owner = owner;
    list->row_max = row_max;
    list->is_one_lane = function_name != NULL;
    list->lane =
        function_name == NULL ? owner->first_lane : async_find_lane(lanes, account, function_name);
    list->on_rows = on_rows;
    list->context = context;
    async_begin(owner);
    return true;
}

/* ---- clearing ---- */

struct clearing {
    struct async_account *owner;
    size_t open_count; /* operations */
    enum store_status status;
    event_queue_done_fn *on_done;
    void *context;
};

static void on_cleared(enum store_status status, void *context)
{
    struct clearing *clearing = context;
    struct async_account *owner = clearing->owner;

    if (status != STORE_OK)
        clearing->status = status;
    if (--clearing->open_count == 0) {
        clearing->on_done(clearing->status, clearing->context);
        free(clearing);
    }
    async_end(owner);
}

/* Drops what waits at once; what runs or is being written is dropped when that is over. */
static void forget_lane(struct event_lane *lane)
{
    struct event *next;

    lane->owner->count -= lane->count;
    lane->count = 0;
    lane->next_due_ms = lane->expected_due_ms = INT64_MAX;
    lane->is_read_stale = lane->is_reading;
    for (struct event *event = lane->first; event != NULL; event = next) {
        next = event->next;
        event_lane_forget(lane, event);
        if (event->state == EVENT_READY || (event->state == EVENT_REFUSED && !event->is_writing))
            async_drop(event);
    }
    async_unblock(lane);
    async_schedule(lane);
}

bool async_invoker_clear(struct async_invoker *invoker, struct account *account, bool has_records,
                         event_queue_done_fn *on_done, void *context)
{
    struct event_lanes *lanes = async_lanes_of(invoker);
    struct async_account *owner = async_owner(lanes, account);
    struct clearing *clearing = owner == NULL ? NULL : calloc(1, sizeof *clearing);

    if (clearing == NULL)
        return false;
    *clearing = (struct clearing){.owner = owner, .on_done = on_done, .context = context};
    for (struct event_lane *lane = owner->first_lane; lane != NULL; lane = lane->next_of_account) {
        if (lane->count > 0)
            forget_lane(lane);
    }
    clearing->open_count = 1;
    async_begin(owner);
    if (!event_queue_clear(lanes->queue, account, on_cleared, clearing))
        async_out_of_memory();
    if (!has_records)
        return true;
    clearing->open_count++;
    async_begin(owner);
    if (!event_queue_remove_records(lanes->queue, account->is_default ? "" : account->id,
                                    on_cleared, clearing))
        async_out_of_memory();
    return true;
}

/* ---- the oldest event, and the records ---- */

struct oldest_request {
    struct event_lanes *lanes;
    async_oldest_fn *on_oldest;
    void *context;
};

static void on_oldest(int64_t lane_id, int64_t enqueued_at_ms, enum store_status status,
                      void *context)
{
    struct oldest_request *request = context;
    struct account *account = NULL;

    for (struct async_account *owner = request->lanes->accounts;
         status == STORE_OK && owner != NULL && account == NULL; owner = owner->next) {
        for (struct event_lane *lane = owner->first_lane; lane != NULL;
             lane = lane->next_of_account) {
            if (lane->id == lane_id)
                account = lane->account;
        }
    }
    request->on_oldest(account, enqueued_at_ms, request->context);
    async_end_any(request->lanes);
    free(request);
}

bool async_invoker_oldest(struct async_invoker *invoker, async_oldest_fn *on_done, void *context)
{
    struct event_lanes *lanes = async_lanes_of(invoker);
    struct oldest_request *request = malloc(sizeof *request);

    if (request == NULL)
        return false;
    *request = (struct oldest_request){lanes, on_done, context};
    if (event_queue_oldest(lanes->queue, on_oldest, request)) {
        lanes->busy_count++;
        return true;
    }
    free(request);
    return false;
}

bool async_invoker_records(struct async_invoker *invoker, const struct account *account,
                           enum record_kind kind, const char *name, event_records_fn *on_records,
                           void *context)
{
    struct record_file file = {.kind = kind};

    if (!account->is_default)
        (void)snprintf(file.account_id, sizeof file.account_id, "%s", account->id);
    if (name[0] != '\0')
        record_file_name(name, file.name);
    return event_queue_records(async_lanes_of(invoker)->queue, &file, on_records, context);
}
