#include "runtime/events/store_worker.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* How long to wait before what failed is tried again, or whether writing works. Real time: we wait for the disk. */
enum { RETRY_MS = 200, PROBE_MS = 1000, KEPT_MAX = 1000 };

struct operation_list {
    struct store_operation *first, *last; /* `last` counts only if there is a first */
};

enum worker_state { WORKER_IDLE, WORKER_BUSY, WORKER_CLOSING_STORE, WORKER_CLOSING_HANDLES };

struct store_worker {
    uv_loop_t *loop;
    uv_work_t work;
    uv_timer_t retry_timer;
    struct store *store;
    struct store_worker_listener listener;
    enum worker_state state;
    bool is_failing;
    bool is_retry_due;
    size_t kept_count;             /* at the head of `waiting`: tried already */
    struct operation_list waiting; /* in the order of submission */
    struct operation_list batch;
    char *complaint; /* the last one, so that it isn't repeated for each event */
    /* Written by the pool thread. */
    enum store_status status;
    bool is_replaced;
    bool is_writing;  /* the batch has more than reads */
    bool has_written; /* the transaction changed something */
    char problem[STORE_MESSAGE_SIZE];
    char note[STORE_MESSAGE_SIZE]; /* "" unless the file was written again */
    /* Closing. */
    bool is_hurried, is_closing;
    store_worker_closed_fn *on_closed;
    void *context;
};

static void list_append(struct operation_list *list, struct store_operation *operation)
{
    operation->next = NULL;
    if (list->first == NULL)
        list->first = operation;
    else
        list->last->next = operation;
    list->last = operation;
}

static struct operation_list list_take_all(struct operation_list *list)
{
    const struct operation_list taken = *list;

    list->first = NULL;
    return taken;
}

static bool is_kept(const struct store_operation *operation)
{
    return operation->kind == OPERATION_KEPT || operation->kind == OPERATION_CLEAR;
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

static const struct store_worker_listener nobody = {ignore_why, ignore_why, ignore_why, ignore,
                                                    ignore_why, ignore_why, NULL};

struct store_worker *store_worker_open(uv_loop_t *loop, struct store *store)
{
    struct store_worker *worker = calloc(1, sizeof *worker);

    if (worker == NULL)
        return NULL;
    worker->loop = loop;
    worker->store = store;
    worker->listener = nobody;
    worker->work.data = worker;
    (void)uv_timer_init(loop, &worker->retry_timer); /* always 0 */
    worker->retry_timer.data = worker;
    return worker;
}

void store_worker_listen(struct store_worker *worker, const struct store_worker_listener *listener)
{
    worker->listener = *listener;
}

/* ---- on a pool thread ---- */

static void skip(struct store *store, struct store_operation *operation)
{
    free(operation->why);
    operation->why = strdup(store->error);
    operation->is_skipped = true;
}

/* What was skipped and is cleared now need not be tried again. */
static void cover(struct store_worker *worker, const struct store_operation *clear)
{
    for (struct store_operation *operation = worker->batch.first; operation != clear;
         operation = operation->next) {
        if (is_kept(operation) && operation->account == clear->account)
            operation->is_skipped = false;
    }
}

static enum store_status run_operations(struct store_worker *worker)
{
    enum store_status status = STORE_OK;

    for (struct store_operation *operation = worker->batch.first;
         status == STORE_OK && operation != NULL; operation = operation->next) {
        status = operation->run(worker->store, operation);
        operation->is_skipped = false;
        if (status == STORE_SKIPPED) {
            skip(worker->store, operation);
            status = STORE_OK;
        } else if (operation->kind == OPERATION_CLEAR && status == STORE_OK) {
            cover(worker, operation);
        }
    }
    return status;
}

/* An empty batch only finds out whether writing works. */
static enum store_status run_batch(struct store_worker *worker)
{
    const struct store_engine *engine = worker->store->engine;
    enum store_status status = engine->begin(worker->store, worker->note);

    if (status == STORE_OK)
        status =
            worker->batch.first == NULL ? engine->probe(worker->store) : run_operations(worker);
    if (status == STORE_OK)
        status = engine->commit(worker->store, &worker->has_written);
    if (status != STORE_OK)
        engine->rollback(worker->store);
    return status;
}

static void on_work(uv_work_t *work)
{
    struct store_worker *worker = work->data;

    worker->is_replaced = worker->has_written = false;
    worker->is_writing = worker->batch.first == NULL;
    for (const struct store_operation *operation = worker->batch.first; operation != NULL;
         operation = operation->next)
        worker->is_writing = worker->is_writing || operation->kind != OPERATION_READ;
    worker->problem[0] = '\0';
    worker->status = run_batch(worker);
    switch (worker->status) {
    case STORE_OK:
    case STORE_SKIPPED:
    case STORE_CLOSED:
        return;
    case STORE_FAILED:
        (void)snprintf(worker->problem, sizeof worker->problem, "%s", worker->store->error);
        return;
    case STORE_DAMAGED:
        worker->is_replaced = true;
        worker->status = STORE_FAILED;
        (void)worker->store->engine->replace(worker->store, worker->problem);
        return;
    }
}

/* ---- on the loop ---- */

static void start_next(struct store_worker *worker);

static void end(struct store_operation *operation, enum store_status status)
{
    char *why = operation->why;

    operation->done(operation, status);
    free(why);
}

static void end_all(struct operation_list list, enum store_status status)
{
    struct store_operation *next;

    for (struct store_operation *operation = list.first; operation != NULL; operation = next) {
        next = operation->next;
        end(operation, status);
    }
}

/* Takes the operations of `waiting` that `chosen` says, and leaves the others in their order. */
static struct operation_list take(struct store_worker *worker,
                                  bool (*chosen)(const struct store_operation *first,
                                                 const struct store_operation *operation))
{
    struct operation_list waiting = list_take_all(&worker->waiting);
    struct operation_list taken = {NULL, NULL};
    struct store_operation *next;

    for (struct store_operation *operation = waiting.first; operation != NULL; operation = next) {
        const bool is_chosen = chosen(worker->waiting.first, operation);

        next = operation->next;
        list_append(is_chosen ? &taken : &worker->waiting, operation);
    }
    return taken;
}

/* A read may overtake what is left before it, but no clearing of its account. */
static bool is_free_read(const struct store_operation *first,
                         const struct store_operation *operation)
{
    if (operation->kind != OPERATION_READ)
        return false;
    for (; first != NULL; first = first->next) {
        if (first->kind == OPERATION_CLEAR && first->account == operation->account)
            return false;
    }
    return true;
}

static bool is_refused(const struct store_operation *first, const struct store_operation *operation)
{
    (void)first;
    return operation->kind == OPERATION_WRITE;
}

static void on_retry_time(uv_timer_t *timer)
{
    struct store_worker *worker = timer->data;

    worker->is_retry_due = true;
    start_next(worker);
}

/* What is kept comes before all that was submitted meanwhile. */
static void keep(struct store_worker *worker, struct operation_list kept, size_t count)
{
    kept.last->next = worker->waiting.first;
    if (worker->waiting.first == NULL)
        worker->waiting.last = kept.last;
    worker->waiting.first = kept.first;
    worker->kept_count += count;
}

/* Each operation complains once, and not of what the one before it complained of. */
static void complain(struct store_worker *worker, struct store_operation *operation)
{
    const char *why = operation->why == NULL ? "out of memory" : operation->why;
    const bool is_said = worker->complaint != NULL && strcmp(worker->complaint, why) == 0;

    if (operation->has_complained || is_said)
        return;
    operation->has_complained = true;
    free(worker->complaint);
    worker->complaint = strdup(why);
    worker->listener.on_skipped(worker->listener.context, why);
}

static void forget_complaint(struct store_worker *worker)
{
    free(worker->complaint);
    worker->complaint = NULL;
}

/* What is kept goes again at once if other writes were with it, whose size may have been the trouble. */
static void end_operations(struct store_worker *worker)
{
    struct operation_list batch = list_take_all(&worker->batch), kept = {NULL, NULL};
    struct store_operation *next;
    size_t kept_count = 0;
    bool had_others = false;

    for (struct store_operation *operation = batch.first; operation != NULL; operation = next) {
        enum store_status status = worker->status;

        next = operation->next;
        if (status == STORE_OK && operation->is_skipped) {
            complain(worker, operation);
            status = STORE_FAILED;
        }
        if (status == STORE_FAILED && is_kept(operation)) {
            list_append(&kept, operation);
            kept_count++;
            continue;
        }
        had_others =
            had_others || (worker->status == STORE_FAILED && operation->kind == OPERATION_WRITE);
        if (status == STORE_OK && operation->has_complained)
            forget_complaint(worker);
        end(operation, status);
    }
    if (had_others && kept_count > 0)
        worker->is_retry_due = true;
    if (worker->is_hurried)
        end_all(kept, STORE_CLOSED);
    else if (kept_count > 0)
        keep(worker, kept, kept_count);
}

static void tell_state(struct store_worker *worker)
{
    void *context = worker->listener.context;

    if (worker->note[0] != '\0')
        worker->listener.on_restored(context, worker->note);
    if (worker->is_replaced)
        worker->listener.on_replaced(context, worker->problem);
    if (worker->status != STORE_OK && !worker->is_writing && !worker->is_replaced)
        worker->listener.on_unreadable(context, worker->problem);
    if (worker->is_failing && worker->has_written) {
        worker->is_failing = false;
        worker->listener.on_recovered(context);
    } else if (!worker->is_failing && worker->status != STORE_OK &&
               (worker->is_writing || worker->is_replaced)) {
        worker->is_failing = true;
        if (!worker->is_replaced)
            worker->listener.on_failing(context, worker->problem);
    }
}

/* What the callbacks submit waits until all are told. */
static void on_worked(uv_work_t *work, int status)
{
    struct store_worker *worker = work->data;

    assert(status == 0); /* never cancelled */
    end_operations(worker);
    tell_state(worker);
    worker->state = WORKER_IDLE;
    start_next(worker);
}

/* On a pool thread: the last connection to close writes the log back into the file. */
static void on_close_work(uv_work_t *work)
{
    struct store_worker *worker = work->data;

    store_close(worker->store);
    worker->store = NULL;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct store_worker *worker = handle->data;
    store_worker_closed_fn *on_closed = worker->on_closed;
    void *context = worker->context;

    free(worker->complaint);
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

static void retry_later(struct store_worker *worker)
{
    uv_handle_t *timer = (uv_handle_t *)&worker->retry_timer;

    if (uv_is_active(timer) && uv_has_ref(timer))
        return;
    uv_ref(timer);
    (void)uv_timer_start(&worker->retry_timer, on_retry_time, RETRY_MS, 0);
}

/* Nobody waits for it, so the loop may end without it. */
static void probe_later(struct store_worker *worker)
{
    uv_handle_t *timer = (uv_handle_t *)&worker->retry_timer;

    if (uv_is_active(timer))
        return;
    uv_unref(timer);
    (void)uv_timer_start(&worker->retry_timer, on_retry_time, PROBE_MS, 0);
}

/* The whole list, where nothing speaks against it. Otherwise only reads, until it is time to try again. */
static void choose_batch(struct store_worker *worker)
{
    const bool is_due = worker->is_retry_due || worker->is_hurried;
    const struct store_operation *new = worker->waiting.first;

    for (size_t i = 0; i < worker->kept_count && new != NULL; i++)
        new = new->next;
    if (worker->kept_count > 0 && !is_due && (worker->is_failing || new == NULL)) {
        worker->batch = take(worker, is_free_read);
        retry_later(worker);
        return;
    }
    worker->batch = list_take_all(&worker->waiting);
    worker->kept_count = 0;
}

static void start_next(struct store_worker *worker)
{
    bool is_probing = false;

    if (worker->state != WORKER_IDLE)
        return;
    if (worker->is_failing && worker->is_retry_due && !worker->is_hurried) {
        worker->state = WORKER_BUSY; /* what the callbacks submit waits */
        if (worker->kept_count > 0)
            end_all(take(worker, is_refused), STORE_FAILED);
        worker->state = WORKER_IDLE;
        is_probing = worker->waiting.first == NULL;
    }
    choose_batch(worker);
    if (worker->batch.first != NULL || is_probing) {
        worker->is_retry_due = false;
        queue_work(worker, WORKER_BUSY, on_work, on_worked);
        return;
    }
    if (worker->is_closing && worker->waiting.first == NULL)
        queue_work(worker, WORKER_CLOSING_STORE, on_close_work, on_store_closed);
    else if (worker->is_failing && worker->waiting.first == NULL)
        probe_later(worker);
}

void store_worker_submit(struct store_worker *worker, struct store_operation *operation)
{
    assert(worker->state != WORKER_CLOSING_STORE && worker->state != WORKER_CLOSING_HANDLES);
    list_append(&worker->waiting, operation);
    start_next(worker);
}

bool store_worker_is_failing(const struct store_worker *worker)
{
    return worker->is_failing || worker->kept_count > KEPT_MAX;
}

void store_worker_hurry(struct store_worker *worker)
{
    worker->is_hurried = true;
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
