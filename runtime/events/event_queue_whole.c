/*
 * The operations of event_queue.h on a lane and on the whole: reading, emptying, records.
 */
#include "runtime/events/event_lane.h"
#include "runtime/events/event_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS_LIST_MAX = 64 * 1024 * 1024 };

struct lane_operation {
    struct store_operation operation;
    struct store_lane lane;
};

static enum store_status run_add_lane(struct event_store *store, struct store_operation *operation)
{
    return event_store_add_lane(store, &((struct lane_operation *)operation)->lane);
}

static void on_lane_added(struct store_operation *operation, enum store_status status)
{
    (void)status;
    free(operation);
}

bool event_queue_add_lane(struct event_queue *queue, const struct event_lane *lane)
{
    struct lane_operation *addition = calloc(1, sizeof *addition);

    if (addition == NULL)
        return false;
    addition->operation.run = run_add_lane;
    addition->operation.done = on_lane_added;
    addition->operation.kind = OPERATION_KEPT;
    addition->operation.account = lane->account;
    addition->lane = (struct store_lane){
        .id = lane->id, .account_id = lane->account->id, .function_name = lane->function_name};
    store_worker_submit(event_queue_worker(queue), &addition->operation);
    return true;
}

struct read_operation {
    struct store_operation operation;
    struct store_read read;
    int64_t *held;
    event_read_fn *on_read;
    void *context;
};

static enum store_status run_read(struct event_store *store, struct store_operation *operation)
{
    struct read_operation *read = (struct read_operation *)operation;

    return event_store_read(store, &read->read);
}

static void free_list(struct event *event)
{
    struct event *next;

    for (; event != NULL; event = next) {
        next = event->next;
        event_free(event);
    }
}

static void on_read_done(struct store_operation *operation, enum store_status status)
{
    struct read_operation *read = (struct read_operation *)operation;

    if (status != STORE_OK) { /* it may be another operation of the batch that failed */
        free_list(read->read.first);
        read->read.first = NULL;
        read->read.count = 0;
    }
    read->on_read(&read->read, status, read->context);
    free(read->held);
    free(read);
}

bool event_queue_read(struct event_queue *queue, const struct store_read *what, int64_t *held,
                      event_read_fn *on_read, void *context)
{
    struct read_operation *read = calloc(1, sizeof *read);

    if (read == NULL) {
        free(held);
        return false;
    }
    read->operation.run = run_read;
    read->operation.done = on_read_done;
    read->read = *what;
    read->read.held = held;
    read->held = held;
    read->on_read = on_read;
    read->context = context;
    store_worker_submit(event_queue_worker(queue), &read->operation);
    return true;
}

struct queue_operation {
    struct store_operation operation;
    int64_t lane_id, number; /* what goes in, or comes out */
    char account_id[ACCOUNT_ID_SIZE];
    struct record_file file;
    struct bytes *array;
    event_queue_done_fn *on_done;
    event_oldest_fn *on_oldest;
    event_records_fn *on_records;
    void *context;
};

static struct queue_operation *new_operation(enum store_operation_kind kind, store_run_fn *run,
                                             void *context)
{
    struct queue_operation *operation = calloc(1, sizeof *operation);

    if (operation == NULL)
        return NULL;
    operation->operation.kind = kind;
    operation->operation.run = run;
    operation->context = context;
    return operation;
}

static void on_queue_done(struct store_operation *operation, enum store_status status)
{
    struct queue_operation *done = (struct queue_operation *)operation;

    done->on_done(status, done->context);
    free(done);
}

static enum store_status run_clear(struct event_store *store, struct store_operation *operation)
{
    const struct queue_operation *clear = (const struct queue_operation *)operation;

    return event_store_clear(store, clear->account_id, clear->number);
}

bool event_queue_clear(struct event_queue *queue, const struct account *account,
                       event_queue_done_fn *on_done, void *context)
{
    struct queue_operation *clear = new_operation(OPERATION_CLEAR, run_clear, context);

    if (clear == NULL)
        return false;
    clear->operation.done = on_queue_done;
    clear->operation.account = account;
    (void)snprintf(clear->account_id, sizeof clear->account_id, "%s", account->id);
    clear->number = event_queue_last_sequence(queue);
    clear->on_done = on_done;
    store_worker_submit(event_queue_worker(queue), &clear->operation);
    return true;
}

static enum store_status run_oldest(struct event_store *store, struct store_operation *operation)
{
    struct queue_operation *oldest = (struct queue_operation *)operation;

    return event_store_oldest(store, &oldest->lane_id, &oldest->number);
}

static void on_oldest_done(struct store_operation *operation, enum store_status status)
{
    struct queue_operation *oldest = (struct queue_operation *)operation;

    oldest->on_oldest(oldest->lane_id, oldest->number, status, oldest->context);
    free(oldest);
}

bool event_queue_oldest(struct event_queue *queue, event_oldest_fn *on_oldest, void *context)
{
    struct queue_operation *oldest = new_operation(OPERATION_READ, run_oldest, context);

    if (oldest == NULL)
        return false;
    oldest->operation.done = on_oldest_done;
    oldest->on_oldest = on_oldest;
    store_worker_submit(event_queue_worker(queue), &oldest->operation);
    return true;
}

static enum store_status run_records(struct event_store *store, struct store_operation *operation)
{
    struct queue_operation *list = (struct queue_operation *)operation;

    char path[RECORD_PATH_SIZE];

    bytes_release(list->array); /* of a batch that failed */
    list->array = NULL;
    return event_store_file_status(store, path,
                                   record_file_list(event_store_folder(store), &list->file,
                                                    RECORDS_LIST_MAX, &list->array, path));
}

static void on_records_done(struct store_operation *operation, enum store_status status)
{
    struct queue_operation *list = (struct queue_operation *)operation;

    if (status != STORE_OK) {
        bytes_release(list->array);
        list->array = NULL;
    }
    list->on_records(list->array, operation->why, list->context);
    free(list);
}

bool event_queue_records(struct event_queue *queue, const struct record_file *file,
                         event_records_fn *on_records, void *context)
{
    struct queue_operation *list = new_operation(OPERATION_READ, run_records, context);

    if (list == NULL)
        return false;
    list->operation.done = on_records_done;
    list->file = *file;
    list->on_records = on_records;
    store_worker_submit(event_queue_worker(queue), &list->operation);
    return true;
}

static enum store_status run_remove(struct event_store *store, struct store_operation *operation)
{
    const struct queue_operation *removal = (const struct queue_operation *)operation;
    sqlite3_stmt *statement = event_store_statement(store, STORE_CLEAR_ORIGINS);
    char path[RECORD_PATH_SIZE];
    const enum store_status status = event_store_file_status(
        store, path,
        record_file_remove_all(event_store_folder(store), removal->file.account_id, path));

    if (status != STORE_OK)
        return status;
    (void)sqlite3_bind_text(statement, 1, removal->file.account_id, -1, SQLITE_STATIC);
    return event_store_step(store, statement, NULL);
}

static enum store_status run_nothing(struct event_store *store, struct store_operation *operation)
{
    (void)store;
    (void)operation;
    return STORE_OK;
}

bool event_queue_remove_records(struct event_queue *queue, const char *account_id,
                                event_queue_done_fn *on_done, void *context)
{
    struct queue_operation *removal = new_operation(OPERATION_WRITE, run_remove, context);

    if (removal == NULL)
        return false;
    removal->operation.done = on_queue_done;
    if (account_id == NULL) {
        removal->operation.kind = OPERATION_READ;
        removal->operation.run = run_nothing;
    } else {
        (void)snprintf(removal->file.account_id, sizeof removal->file.account_id, "%s", account_id);
    }
    removal->on_done = on_done;
    store_worker_submit(event_queue_worker(queue), &removal->operation);
    return true;
}
