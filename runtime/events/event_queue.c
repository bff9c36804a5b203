#include "runtime/events/event_queue.h"

#include "runtime/events/event_lane.h"
#include "runtime/events/running_marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS_LIST_MAX = 64 * 1024 * 1024 };

struct event_queue {
    struct store_worker *worker;
    struct store *store; /* the worker's; used here only before the first operation */
    int64_t last_sequence, last_lane_id, newest_ms;
    struct running_marks *marks; /* NULL: what is in memory alone is gone after a kill */
    struct running_mark *found;  /* of the server before */
    size_t found_count, found_next;
};

struct event_queue *event_queue_open(uv_loop_t *loop, const struct store_options *options,
                                     char problem[STORE_MESSAGE_SIZE])
{
    struct event_queue *queue = calloc(1, sizeof *queue);
    struct store *store = store_open(options, problem);
    struct store_start start = {0};

    if (queue != NULL && store != NULL) {
        if (store->engine->start(store, &start) == STORE_OK)
            queue->worker = store_worker_open(loop, store);
        else
            (void)snprintf(problem, STORE_MESSAGE_SIZE, "%s: %s", options->folder, store->error);
    }
    if (queue != NULL && queue->worker != NULL) {
        if (options->durability != DURABILITY_MEMORY)
            queue->marks = running_marks_open(options->folder, &queue->found, &queue->found_count);
        queue->store = store;
        queue->last_sequence = start.last_sequence;
        queue->last_lane_id = start.last_lane_id;
        queue->newest_ms = start.newest_ms;
        return queue;
    }
    if (problem[0] == '\0')
        (void)snprintf(problem, STORE_MESSAGE_SIZE, "out of memory");
    store_close(store);
    free(queue);
    return NULL;
}

void event_queue_listen(struct event_queue *queue, const struct store_worker_listener *listener)
{
    store_worker_listen(queue->worker, listener);
}

enum store_status event_queue_lanes(struct event_queue *queue, store_lane_fn *on_lane,
                                    void *context)
{
    return queue->store->engine->lanes(queue->store, on_lane, context);
}

void event_queue_close(struct event_queue *queue, store_worker_closed_fn *on_closed, void *context)
{
    store_worker_close(queue->worker, on_closed, context);
    running_marks_close(queue->marks);
    free(queue->found);
    free(queue);
}

int64_t event_queue_newest_ms(const struct event_queue *queue)
{
    return queue->newest_ms;
}

struct event *event_queue_next_cut_off(struct event_queue *queue)
{
    struct event *event = NULL;

    while (queue->found_next < queue->found_count) {
        const struct running_mark *mark = &queue->found[queue->found_next++];

        if (queue->store->engine->find(queue->store, mark->sequence, &event) != STORE_OK)
            return NULL;
        if (event != NULL && event->run_count == mark->run_count &&
            strcmp(event->request_id, mark->request_id) == 0)
            return event;
        event_free(event); /* another one, or its outcome was written in time */
    }
    return NULL;
}

void event_queue_mark(struct event_queue *queue, struct event *event)
{
    struct running_mark mark = {.sequence = event->sequence, .run_count = event->run_count};

    (void)snprintf(mark.request_id, sizeof mark.request_id, "%s", event->request_id);
    event->mark = running_marks_set(queue->marks, &mark);
}

void event_queue_unmark(struct event_queue *queue, struct event *event)
{
    running_marks_clear(queue->marks, event->mark);
    event->mark = 0;
}

void event_queue_hurry(struct event_queue *queue)
{
    store_worker_hurry(queue->worker);
}

bool event_queue_is_failing(const struct event_queue *queue)
{
    return store_worker_is_failing(queue->worker);
}

int64_t event_queue_next_sequence(struct event_queue *queue)
{
    return ++queue->last_sequence;
}

int64_t event_queue_next_lane_id(struct event_queue *queue)
{
    return ++queue->last_lane_id;
}

struct store_worker *event_queue_worker(struct event_queue *queue)
{
    return queue->worker;
}

/* ---- one event ---- */

struct event_operation {
    struct store_operation operation;
    struct event_end end;
    struct store_lane lane;      /* to be stored first; id 0 when it is */
    struct event_lane *new_lane; /* the same one on the loop */
    size_t appended_count;
    int64_t now_ms;
    event_written_fn *on_written;
    void *context;
};

static struct store_lane row_of(const struct event_lane *lane)
{
    return (struct store_lane){
        .id = lane->id, .account_id = lane->account->id, .function_name = lane->function_name};
}

static enum store_status run_add(struct store *store, struct store_operation *operation)
{
    const struct event_operation *add = (const struct event_operation *)operation;
    enum store_status status = STORE_OK;

    if (add->lane.id != 0)
        status = store->engine->add_lane(store, &add->lane);
    return status == STORE_OK ? store->engine->add(store, add->end.event) : status;
}

static enum store_status run_reschedule(struct store *store, struct store_operation *operation)
{
    const struct event_operation *change = (const struct event_operation *)operation;

    return store->engine->reschedule(store, change->end.event, change->now_ms);
}

/* The lines go out before the event goes: a kill in between repeats a record, and never loses one. */
static enum store_status run_finish(struct store *store, struct store_operation *operation)
{
    struct event_operation *finish = (struct event_operation *)operation;
    const bool is_synced = store->durability == DURABILITY_POWER;
    enum store_status status = STORE_OK;
    char path[RECORD_PATH_SIZE];

    for (; finish->appended_count < finish->end.record_count; finish->appended_count++) {
        const struct event_record *record = &finish->end.records[finish->appended_count];
        const int error =
            record_file_append(store->folder, &record->file, bytes_view(record->line), is_synced);

        if (error != 0) {
            record_file_path(store->folder, &record->file, path);
            return store_file_status(store, path, error);
        }
    }
    if (finish->lane.id != 0)
        status = store->engine->add_lane(store, &finish->lane);
    return status == STORE_OK ? store->engine->finish(store, &finish->end) : status;
}

static void on_event_done(struct store_operation *operation, enum store_status status)
{
    struct event_operation *done = (struct event_operation *)operation;

    if (status == STORE_OK && done->new_lane != NULL)
        done->new_lane->is_stored = true;
    done->on_written(done->end.event, status, done->context);
    for (size_t i = 0; i < done->end.record_count; i++)
        bytes_release(done->end.records[i].line);
    free(done);
}

/* `added` is the event whose lane may be new; NULL for none. NULL when out of memory. */
static struct event_operation *new_event_operation(store_run_fn *run,
                                                   enum store_operation_kind kind,
                                                   const struct event_end *end,
                                                   const struct event *added)
{
    struct event_operation *operation = calloc(1, sizeof *operation);

    if (operation == NULL)
        return NULL;
    operation->operation = (struct store_operation){
        .kind = kind, .account = end->event->lane->account, .run = run, .done = on_event_done};
    operation->end = *end;
    operation->end.function_name = end->event->lane->function_name;
    if (added != NULL && !added->lane->is_stored) {
        operation->new_lane = added->lane;
        operation->lane = row_of(added->lane);
    }
    return operation;
}

bool event_queue_add(struct event_queue *queue, struct event *event, bool is_kept,
                     event_written_fn *on_written, void *context)
{
    const struct event_end end = {.event = event};
    struct event_operation *add =
        new_event_operation(run_add, is_kept ? OPERATION_KEPT : OPERATION_WRITE, &end, event);

    if (add == NULL)
        return false;
    add->on_written = on_written;
    add->context = context;
    store_worker_submit(queue->worker, &add->operation);
    return true;
}

bool event_queue_reschedule(struct event_queue *queue, struct event *event, int64_t now_ms,
                            event_written_fn *on_written, void *context)
{
    const struct event_end end = {.event = event};
    struct event_operation *change =
        new_event_operation(run_reschedule, OPERATION_KEPT, &end, NULL);

    if (change == NULL)
        return false;
    change->now_ms = now_ms;
    change->on_written = on_written;
    change->context = context;
    store_worker_submit(queue->worker, &change->operation);
    return true;
}

bool event_queue_finish(struct event_queue *queue, const struct event_end *end,
                        event_written_fn *on_written, void *context)
{
    struct event_operation *finish =
        new_event_operation(run_finish, OPERATION_KEPT, end, end->follow_up);

    if (finish == NULL)
        return false;
    finish->on_written = on_written;
    finish->context = context;
    store_worker_submit(queue->worker, &finish->operation);
    return true;
}

/* ---- reading ---- */

struct read_operation {
    struct store_operation operation;
    struct store_read read;
    int64_t *held;
    event_read_fn *on_read;
    void *context;
};

static enum store_status run_read(struct store *store, struct store_operation *operation)
{
    return store->engine->take(store, &((struct read_operation *)operation)->read);
}

static void on_read_done(struct store_operation *operation, enum store_status status)
{
    struct read_operation *read = (struct read_operation *)operation;

    if (status != STORE_OK) { /* it may be another operation of the batch that failed */
        events_free(read->read.first);
        read->read.first = NULL;
        read->read.count = 0;
    }
    read->on_read(&read->read, status, read->context);
    free(read->held);
    free(read);
}

bool event_queue_read(struct event_queue *queue, const struct account *account,
                      const struct store_read *what, int64_t *held, event_read_fn *on_read,
                      void *context)
{
    struct read_operation *read = calloc(1, sizeof *read);

    if (read == NULL) {
        free(held);
        return false;
    }
    *read = (struct read_operation){.operation = {.kind = OPERATION_READ,
                                                  .account = account,
                                                  .run = run_read,
                                                  .done = on_read_done},
                                    .read = *what,
                                    .held = held,
                                    .on_read = on_read,
                                    .context = context};
    read->read.held = held;
    store_worker_submit(queue->worker, &read->operation);
    return true;
}

/* ---- lanes, accounts and all of it ---- */

struct queue_operation {
    struct store_operation operation;
    struct store_lane lane;
    char account_id[ACCOUNT_ID_SIZE];
    int64_t lane_id, number; /* what goes in, or comes out */
    struct record_file file;
    struct bytes *array;
    event_queue_done_fn *on_done; /* NULL for nobody */
    event_oldest_fn *on_oldest;
    event_records_fn *on_records;
    void *context;
};

static void on_queue_done(struct store_operation *operation, enum store_status status)
{
    struct queue_operation *done = (struct queue_operation *)operation;

    if (done->on_done != NULL)
        done->on_done(status, done->context);
    free(done);
}

/* NULL when out of memory. */
static struct queue_operation *new_operation(enum store_operation_kind kind, store_run_fn *run,
                                             void *context)
{
    struct queue_operation *operation = calloc(1, sizeof *operation);

    if (operation == NULL)
        return NULL;
    operation->operation.kind = kind;
    operation->operation.run = run;
    operation->operation.done = on_queue_done;
    operation->context = context;
    return operation;
}

static enum store_status run_add_lane(struct store *store, struct store_operation *operation)
{
    return store->engine->add_lane(store, &((struct queue_operation *)operation)->lane);
}

bool event_queue_add_lane(struct event_queue *queue, const struct event_lane *lane)
{
    struct queue_operation *addition = new_operation(OPERATION_KEPT, run_add_lane, NULL);

    if (addition == NULL)
        return false;
    addition->operation.account = lane->account;
    addition->lane = row_of(lane);
    store_worker_submit(queue->worker, &addition->operation);
    return true;
}

static enum store_status run_clear(struct store *store, struct store_operation *operation)
{
    const struct queue_operation *clear = (const struct queue_operation *)operation;

    return store->engine->clear(store, clear->account_id, clear->number);
}

bool event_queue_clear(struct event_queue *queue, const struct account *account,
                       event_queue_done_fn *on_done, void *context)
{
    struct queue_operation *clear = new_operation(OPERATION_CLEAR, run_clear, context);

    if (clear == NULL)
        return false;
    clear->operation.account = account;
    (void)snprintf(clear->account_id, sizeof clear->account_id, "%s", account->id);
    clear->number = queue->last_sequence;
    clear->on_done = on_done;
    store_worker_submit(queue->worker, &clear->operation);
    return true;
}

static enum store_status run_oldest(struct store *store, struct store_operation *operation)
{
    struct queue_operation *oldest = (struct queue_operation *)operation;

    return store->engine->oldest(store, &oldest->lane_id, &oldest->number);
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
    store_worker_submit(queue->worker, &oldest->operation);
    return true;
}

/* ---- records ---- */

static enum store_status run_records(struct store *store, struct store_operation *operation)
{
    struct queue_operation *list = (struct queue_operation *)operation;
    char path[RECORD_PATH_SIZE];

    bytes_release(list->array); /* of a batch that failed */
    list->array = NULL;
    return store_file_status(
        store, path,
        record_file_list(store->folder, &list->file, RECORDS_LIST_MAX, &list->array, path));
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
    store_worker_submit(queue->worker, &list->operation);
    return true;
}

static enum store_status run_remove(struct store *store, struct store_operation *operation)
{
    const char *account_id = ((struct queue_operation *)operation)->account_id;
    char path[RECORD_PATH_SIZE];
    const enum store_status status =
        store_file_status(store, path, record_file_remove_all(store->folder, account_id, path));

    return status == STORE_OK ? store->engine->forget_letters(store, account_id) : status;
}

bool event_queue_remove_records(struct event_queue *queue, const char *account_id,
                                event_queue_done_fn *on_done, void *context)
{
    struct queue_operation *removal = new_operation(OPERATION_WRITE, run_remove, context);

    if (removal == NULL)
        return false;
    (void)snprintf(removal->account_id, sizeof removal->account_id, "%s", account_id);
    removal->on_done = on_done;
    store_worker_submit(queue->worker, &removal->operation);
    return true;
}
