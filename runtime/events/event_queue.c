#include "runtime/events/event_queue.h"

#include "runtime/events/event_lane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct event_queue {
    struct store_worker *worker;
    struct event_store *store; /* the worker's; used here only before the first operation */
    int64_t last_sequence, last_lane_id, newest_ms;
};

struct event_queue *event_queue_open(uv_loop_t *loop, const struct store_options *options,
                                     char fault[STORE_MESSAGE_SIZE])
{
    struct event_queue *queue = calloc(1, sizeof *queue);
    struct event_store *store = event_store_open(options, fault);
    struct store_start start = {0};

    if (queue != NULL && store != NULL) {
        if (event_store_start(store, &start) == STORE_OK)
            queue->worker = store_worker_open(loop, store);
        else
            (void)snprintf(fault, STORE_MESSAGE_SIZE, "%.1000s/queue.db: %s", options->folder,
                           event_store_error(store));
    }
    if (queue != NULL && queue->worker != NULL) {
        queue->store = store;
        queue->last_sequence = start.last_sequence;
        queue->last_lane_id = start.last_lane_id;
        queue->newest_ms = start.newest_ms;
        return queue;
    }
    if (fault[0] == '\0')
        (void)snprintf(fault, STORE_MESSAGE_SIZE, "out of memory");
    event_store_close(store);
    free(queue);
    return NULL;
}

void event_queue_hurry(struct event_queue *queue)
{
    store_worker_hurry(queue->worker);
}

void event_queue_listen(struct event_queue *queue, const struct store_worker_listener *listener)
{
    store_worker_listen(queue->worker, listener);
}

enum store_status event_queue_lanes(struct event_queue *queue, store_lane_fn *on_lane,
                                    void *context)
{
    return event_store_lanes(queue->store, on_lane, context);
}

void event_queue_close(struct event_queue *queue, store_worker_closed_fn *on_closed, void *context)
{
    store_worker_close(queue->worker, on_closed, context);
    free(queue);
}

int64_t event_queue_newest_ms(const struct event_queue *queue)
{
    return queue->newest_ms;
}

bool event_queue_is_failing(const struct event_queue *queue)
{
    return store_worker_is_failing(queue->worker);
}

int64_t event_queue_next_sequence(struct event_queue *queue)
{
    return ++queue->last_sequence;
}

int64_t event_queue_last_sequence(const struct event_queue *queue)
{
    return queue->last_sequence;
}

int64_t event_queue_next_lane_id(struct event_queue *queue)
{
    return ++queue->last_lane_id;
}

struct store_worker *event_queue_worker(struct event_queue *queue)
{
    return queue->worker;
}

/* Operations on one event. */

struct event_operation {
    struct store_operation operation;
    struct event_end end;
    struct store_lane lane; /* to be stored first; id 0 when it is */
    struct event_lane *new_lane;
    size_t appended_count;
    int64_t now_ms;
    event_written_fn *on_written;
    void *context;
};

static enum store_status run_lane(struct event_store *store, const struct event_operation *add)
{
    return add->lane.id == 0 ? STORE_OK : event_store_add_lane(store, &add->lane);
}

static enum store_status run_add(struct event_store *store, struct store_operation *operation)
{
    const struct event_operation *add = (const struct event_operation *)operation;
    const enum store_status status = run_lane(store, add);

    return status == STORE_OK ? event_store_add(store, add->end.event) : status;
}

static enum store_status run_reschedule(struct event_store *store,
                                        struct store_operation *operation)
{
    const struct event_operation *change = (const struct event_operation *)operation;

    return event_store_reschedule(store, change->end.event, change->now_ms);
}

static enum store_status add_origin(struct event_store *store, const struct event_record *record,
                                    const struct event_operation *finish)
{
    sqlite3_stmt *statement = event_store_statement(store, STORE_ADD_ORIGIN);

    (void)sqlite3_bind_text(statement, 1, record->message_id, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 2, record->file.account_id, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 3, record->file.name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 4, finish->end.event->lane->function_name, -1,
                            SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 5, finish->end.event->qualifier, -1, SQLITE_STATIC);
    return event_store_step(store, statement, NULL);
}

/* The lines go out before the row goes: a kill in between repeats a record, and never loses one. */
static enum store_status append_records(struct event_store *store, struct event_operation *finish)
{
    const bool is_synced = event_store_durability(store) == DURABILITY_POWER;

    for (; finish->appended_count < finish->end.record_count; finish->appended_count++) {
        const struct event_record *record = &finish->end.records[finish->appended_count];
        const int error = record_file_append(event_store_folder(store), &record->file,
                                             bytes_view(record->line), is_synced);

        if (error != 0) {
            char path[RECORD_PATH_SIZE];

            record_file_path(event_store_folder(store), &record->file, path);
            return event_store_file_status(store, path, error);
        }
    }
    return STORE_OK;
}

static enum store_status run_finish(struct event_store *store, struct store_operation *operation)
{
    struct event_operation *finish = (struct event_operation *)operation;
    enum store_status status = append_records(store, finish);

    for (size_t i = 0; status == STORE_OK && i < finish->end.record_count; i++) {
        if (finish->end.records[i].message_id[0] != '\0')
            status = add_origin(store, &finish->end.records[i], finish);
    }
    if (status == STORE_OK && finish->end.follow_up != NULL) {
        status = run_lane(store, finish);
        if (status == STORE_OK)
            status = event_store_add(store, finish->end.follow_up);
    }
    return status == STORE_OK ? event_store_finish(store, finish->end.event->sequence) : status;
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

/* What differs between the operations on an event. */
struct event_operation_options {
    store_run_fn *run;
    const struct event *added; /* whose lane may be new; NULL for none */
    enum store_operation_kind kind;
    int64_t now_ms;
    event_written_fn *on_written;
    void *context;
};

static bool submit_event(struct event_queue *queue, const struct event_end *end,
                         const struct event_operation_options *options)
{
    struct event_operation *operation = calloc(1, sizeof *operation);

    if (operation == NULL)
        return false;
    operation->operation.run = options->run;
    operation->operation.done = on_event_done;
    operation->operation.kind = options->kind;
    operation->operation.account = end->event->lane->account;
    operation->end = *end;
    operation->now_ms = options->now_ms;
    operation->on_written = options->on_written;
    operation->context = options->context;
    if (options->added != NULL && !options->added->lane->is_stored) {
        operation->new_lane = options->added->lane;
        operation->lane = (struct store_lane){
            .id = operation->new_lane->id,
            .account_id = operation->new_lane->account->id,
            .function_name = operation->new_lane->function_name,
        };
    }
    store_worker_submit(queue->worker, &operation->operation);
    return true;
}

static bool add(struct event_queue *queue, struct event *event, enum store_operation_kind kind,
                event_written_fn *on_written, void *context)
{
    const struct event_end end = {.event = event};

    return submit_event(queue, &end,
                        &(struct event_operation_options){.run = run_add,
                                                          .added = event,
                                                          .kind = kind,
                                                          .on_written = on_written,
                                                          .context = context});
}

bool event_queue_add(struct event_queue *queue, struct event *event, event_written_fn *on_written,
                     void *context)
{
    return add(queue, event, OPERATION_WRITE, on_written, context);
}

bool event_queue_add_again(struct event_queue *queue, struct event *event,
                           event_written_fn *on_written, void *context)
{
    return add(queue, event, OPERATION_KEPT, on_written, context);
}

bool event_queue_reschedule(struct event_queue *queue, struct event *event, int64_t now_ms,
                            event_written_fn *on_written, void *context)
{
    const struct event_end end = {.event = event};

    return submit_event(queue, &end,
                        &(struct event_operation_options){.run = run_reschedule,
                                                          .kind = OPERATION_KEPT,
                                                          .now_ms = now_ms,
                                                          .on_written = on_written,
                                                          .context = context});
}

bool event_queue_finish(struct event_queue *queue, const struct event_end *end,
                        event_written_fn *on_written, void *context)
{
    return submit_event(queue, end,
                        &(struct event_operation_options){.run = run_finish,
                                                          .added = end->follow_up,
                                                          .kind = OPERATION_KEPT,
                                                          .on_written = on_written,
                                                          .context = context});
}
