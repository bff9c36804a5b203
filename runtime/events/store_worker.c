#include "runtime/events/store_worker.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* How long to wait before what failed is tried again. Real time: it is the disk that we wait for. */
enum { RETRY_MS = 200, KEPT_MAX = 1000 };

struct operation_list {
    struct store_operation *first, **last;
};

enum worker_state { WORKER_IDLE, WORKER_BUSY, WORKER_CLOSING_STORE, WORKER_CLOSING_HANDLES };

struct store_worker {
    uv_loop_t *loop;
    uv_work_t work;
    uv_timer_t retry_timer;
    struct event_store *store;
    struct store_worker_listener listener;
    enum worker_state state;
    bool is_failing;
    bool is_kept_due;
    size_t kept_count; /* in `kept` */
    struct operation_list gathered;
    struct operation_list kept; /* what failed and is tried again; before all else */
    struct operation_list batch;
    /* Written by the pool thread. */
    enum store_status status;
    bool is_replaced;
    char fault[STORE_MESSAGE_SIZE];
    char note[STORE_MESSAGE_SIZE]; /* "" unless the file was written again */
    /* Closing. */
    bool is_hurried, is_closing;
    store_worker_closed_fn *on_closed;
    void *context;
};

static void list_init(struct operation_list *list)
{
    list->first = NULL;
    list->last = &list->first;
}

static size_t list_count(const struct operation_list *list)
{
    size_t count = 0;

    for (const struct store_operation *operation = list->first; operation != NULL;
         operation = operation->next)
        count++;
    return count;
}

static void list_append(struct operation_list *list, struct store_operation *operation)
{
    operation->next = NULL;
    *list->last = operation;
    list->last = &operation->next;
}

static struct store_operation *list_take_all(struct operation_list *list)
{
    struct store_operation *first = list->first;

    list_init(list);
    return first;
}

static void ignore(void *context)
{
    (void)context;
}

static void ignore_why(void *context, const char *why)
{
    (void)context;
    (void)why;
}

static const struct store_worker_listener nobody = {ignore_why, ignore_why, ignore,
                                                    ignore_why, ignore_why, NULL};

struct store_worker *store_worker_open(uv_loop_t *loop, struct event_store *store)
{
    struct store_worker *worker = calloc(1, sizeof *worker);

    if (worker == NULL)
        return NULL;
    worker->loop = loop;
    worker->store = store;
    worker->listener = nobody;
    worker->work.data = worker;
    list_init(&worker->gathered);
    list_init(&worker->kept);
    list_init(&worker->batch);
    (void)uv_timer_init(loop, &worker->retry_timer); /* always 0 */
    worker->retry_timer.data = worker;
    return worker;
}

void store_worker_listen(struct store_worker *worker, const struct store_worker_listener *listener)
{
    worker->listener = *listener;
}

static enum store_status run_batch(struct store_worker *worker)
{
    enum store_status status = event_store_restore(worker->store, worker->note);

    if (status == STORE_OK)
        status = event_store_begin(worker->store);
    for (struct store_operation *operation = worker->batch.first;
         status == STORE_OK && operation != NULL; operation = operation->next) {
        status = operation->run(worker->store, operation);
        operation->is_postponed = status == STORE_POSTPONED;
        if (operation->is_postponed) {
            (void)snprintf(worker->fault, sizeof worker->fault, "%s",
                           event_store_error(worker->store));
            status = STORE_OK;
        }
    }
    if (status == STORE_OK)
        status = event_store_commit(worker->store);
    if (status != STORE_OK)
        event_store_rollback(worker->store);
    return status;
}

/* On a pool thread. */
static void on_work(uv_work_t *work)
{
    struct store_worker *worker = work->data;

    worker->is_replaced = false;
    worker->fault[0] = '\0';
    worker->status = run_batch(worker);
    switch (worker->status) {
    case STORE_OK:
    case STORE_POSTPONED:
    case STORE_CLOSED:
        return;
    case STORE_FAILED:
        (void)snprintf(worker->fault, sizeof worker->fault, "%s", event_store_error(worker->store));
        return;
    case STORE_DAMAGED:
        worker->is_replaced = true;
        worker->status = STORE_FAILED;
        (void)event_store_replace(worker->store, worker->fault);
        return;
    }
}

static void start_next(struct store_worker *worker);

static void on_retry_time(uv_timer_t *timer)
{
    struct store_worker *worker = timer->data;

    worker->is_kept_due = true;
    start_next(worker);
}

/* The kept ones go again at once if others were with them, whose size may have been the trouble; else a little later. */
static void keep(struct store_worker *worker, struct operation_list *kept, bool had_others)
{
    if (kept->first == NULL)
        return;
    worker->kept_count += list_count(kept);
    if (worker->kept.first == NULL)
        worker->kept.last = kept->last;
    *kept->last = worker->kept.first;
    worker->kept.first = kept->first;
    if (had_others)
        worker->is_kept_due = true;
    else
        (void)uv_timer_start(&worker->retry_timer, on_retry_time, RETRY_MS, 0);
}

static void complain(struct store_worker *worker, struct store_operation *operation)
{
    if (operation->is_complained)
        return;
    operation->is_complained = true;
    worker->listener.on_postponed(worker->listener.context, worker->fault);
}

static void abandon(struct operation_list *list)
{
    struct store_operation *next;

    for (struct store_operation *operation = list_take_all(list); operation != NULL;
         operation = next) {
        next = operation->next;
        operation->done(operation, STORE_CLOSED);
    }
}

static void end_operations(struct store_worker *worker, enum store_status status)
{
    struct store_operation *next;
    struct operation_list kept;
    bool had_others = false;

    list_init(&kept);
    for (struct store_operation *operation = list_take_all(&worker->batch); operation != NULL;
         operation = next) {
        next = operation->next;
        const bool is_postponed = status == STORE_OK && operation->is_postponed;

        if (is_postponed)
            complain(worker, operation);
        if (is_postponed || (status == STORE_FAILED && operation->is_kept)) {
            list_append(&kept, operation);
        } else {
            had_others = had_others || status == STORE_FAILED;
            operation->done(operation, status);
        }
    }
    if (worker->is_hurried)
        abandon(&kept);
    else
        keep(worker, &kept, had_others);
}

static void tell_state(struct store_worker *worker)
{
    const bool is_failing = worker->status != STORE_OK;

    if (worker->note[0] != '\0')
        worker->listener.on_restored(worker->listener.context, worker->note);
    if (worker->is_replaced)
        worker->listener.on_replaced(worker->listener.context, worker->fault);
    if (is_failing == worker->is_failing)
        return;
    worker->is_failing = is_failing;
    if (!is_failing)
        worker->listener.on_recovered(worker->listener.context);
    else if (!worker->is_replaced)
        worker->listener.on_failing(worker->listener.context, worker->fault);
}

/* On the loop. What the callbacks submit gathers until all are told. */
static void on_worked(uv_work_t *work, int status)
{
    struct store_worker *worker = work->data;

    assert(status == 0); /* never cancelled */
    end_operations(worker, worker->status);
    tell_state(worker);
    worker->state = WORKER_IDLE;
    start_next(worker);
}

/* On a pool thread: the last connection to close writes the log back into the file. */
static void on_close_work(uv_work_t *work)
{
    struct store_worker *worker = work->data;

    event_store_close(worker->store);
    worker->store = NULL;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct store_worker *worker = handle->data;
    store_worker_closed_fn *on_closed = worker->on_closed;
    void *context = worker->context;

    free(worker);
    on_closed(context);
}

static void on_store_closed(uv_work_t *work, int status)
{
    struct store_worker *worker = work->data;

    assert(status == 0);
    worker->state = WORKER_CLOSING_HANDLES;
    uv_close((uv_handle_t *)&worker->retry_timer, on_handle_closed);
}

static void queue_work(struct store_worker *worker, enum worker_state state, uv_work_cb on_pool,
                       uv_after_work_cb on_loop)
{
    worker->state = state;
    (void)uv_queue_work(worker->loop, &worker->work, on_pool, on_loop); /* fails only without cb */
}

/* The kept ones go alone: an event too big for the room that is left must not hold them up. */
static void start_next(struct store_worker *worker)
{
    struct operation_list *from = &worker->gathered;

    if (worker->state != WORKER_IDLE)
        return;
    if (worker->kept.first != NULL && worker->is_kept_due) {
        worker->is_kept_due = false;
        worker->kept_count = 0;
        from = &worker->kept;
    }
    if (from->first != NULL) {
        worker->batch.last = from->last;
        worker->batch.first = list_take_all(from);
        queue_work(worker, WORKER_BUSY, on_work, on_worked);
        return;
    }
    if (worker->is_closing)
        queue_work(worker, WORKER_CLOSING_STORE, on_close_work, on_store_closed);
}

void store_worker_submit(struct store_worker *worker, struct store_operation *operation)
{
    assert(worker->state != WORKER_CLOSING_STORE && worker->state != WORKER_CLOSING_HANDLES);
    list_append(&worker->gathered, operation);
    start_next(worker);
}

bool store_worker_is_failing(const struct store_worker *worker)
{
    return worker->is_failing || worker->kept_count > KEPT_MAX;
}

void store_worker_hurry(struct store_worker *worker)
{
    worker->is_hurried = true;
    worker->is_kept_due = worker->kept.first != NULL;
    (void)uv_timer_stop(&worker->retry_timer);
    start_next(worker);
}

void store_worker_close(struct store_worker *worker, store_worker_closed_fn *on_closed,
                        void *context)
{
    assert(!worker->is_closing);
    worker->is_closing = true;
    worker->on_closed = on_closed;
    worker->context = context;
    store_worker_hurry(worker);
}
