#include "runtime/events/async_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * How many events run at once, of one function and of all. On AWS each has a machine of its own; here a thousand events
 * must not become a thousand processes. Most functions spend their time waiting, so it is more than one for each core;
 * the minimum is for machines with few cores. Reserved concurrency is an explicit wish, so its limit is higher.
 */
enum {
    RESERVED_PLACES_PER_CORE = 64,
    RESERVED_PLACES_MIN = 128,
    LANE_PLACES_PER_CORE = 4,
    LANE_PLACES_MIN = 8,
    EVENT_PLACES_PER_CORE = 16,
    EVENT_PLACES_MIN = 32
};

struct event_lanes *async_lanes_of(struct async_invoker *invoker)
{
    return &invoker->lanes;
}

static void on_queue_closed(void *context)
{
    struct async_invoker *invoker = context;
    async_invoker_closed_fn *on_closed = invoker->on_closed;
    void *closed_context = invoker->context;

    free(invoker);
    on_closed(closed_context);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct async_invoker *invoker = handle->data;

    while (invoker->lanes.accounts != NULL)
        async_free_owner(invoker->lanes.accounts);
    free(invoker->lanes.buckets);
    event_queue_close(invoker->lanes.queue, on_queue_closed, invoker);
}

static void on_idle_closed(uv_handle_t *handle)
{
    struct async_invoker *invoker = handle->data;

    uv_close((uv_handle_t *)&invoker->read_timer, on_timer_closed);
}

/* Writes that fail are reported only when the queue closes, so closing doesn't wait for them. */
void async_close_if_quiet(struct async_invoker *invoker)
{
    if (invoker->lanes.state == INVOKER_CLOSING && invoker->running_count == 0 &&
        !uv_is_closing((uv_handle_t *)&invoker->lanes.idle) && invoker->lanes.busy_count == 0) {
        async_tell_left(&invoker->lanes);
        uv_close((uv_handle_t *)&invoker->lanes.idle, on_idle_closed);
    }
}

_Noreturn void async_out_of_memory(void)
{
    static const char text[] =
        "invoked: out of memory: cannot write the outcome of an event; stopping, so that it runs "
        "again after the next start\n";

    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    abort();
}

/* ---- what the queue reports ---- */

static void on_failing(void *context, const char *why)
{
    const struct async_invoker *invoker = context;

    log_write(invoker->options.log, LOG_ERROR,
              "event queue is not writable (%s): rejecting new events; accepted events resume when "
              "writes succeed",
              why);
}

static void on_skipped(void *context, const char *why)
{
    const struct async_invoker *invoker = context;

    log_write(invoker->options.log, LOG_ERROR, "%s; dead letters and records for it wait", why);
}

static void on_unreadable(void *context, const char *why)
{
    const struct async_invoker *invoker = context;

    log_write(invoker->options.log, LOG_ERROR, "event queue: read failed: %s", why);
}

static void on_recovered(void *context)
{
    struct async_invoker *invoker = context;

    log_write(invoker->options.log, LOG_WARN, "event queue is writable again");
    async_wake_all(&invoker->lanes);
}

static void on_restored_event(struct event *copy, enum store_status status, void *context)
{
    (void)status;
    event_free(copy);
    async_end(context);
}

/* A copy, since the event itself may start, end or go while the pool thread writes it. */
static void restore_event(struct event_lane *lane, const struct event *event)
{
    struct event *copy = event_copy(event);

    if (copy == NULL)
        async_out_of_memory();
    async_begin(lane->owner);
    if (!event_queue_add(lane->owner->lanes->queue, copy, true, on_restored_event, lane->owner))
        async_out_of_memory();
}

/* The rows are gone: writes what is in memory into the new file. What is being written anyway needs nothing. */
static void restore_lane(struct event_lane *lane)
{
    struct async_invoker *invoker = lane->owner->lanes->invoker;

    lane->owner->count -= event_lane_unread(lane);
    lane->count -= event_lane_unread(lane);
    lane->next_due_ms = INT64_MAX;
    if (!event_queue_add_lane(invoker->lanes.queue, lane))
        async_out_of_memory();
    for (struct event *event = lane->first; event != NULL; event = event->next) {
        const bool is_being_written = event->state == EVENT_ADDING ||
                                      event->state == EVENT_SETTLING ||
                                      (event->state == EVENT_REFUSED && event->is_writing);

        if (!is_being_written && !event->is_forgotten)
            restore_event(lane, event);
    }
}

static void on_restored(void *context, const char *what)
{
    const struct async_invoker *invoker = context;

    log_write(invoker->options.log, LOG_WARN, "queue: %s", what);
}

static void on_replaced(void *context, const char *what)
{
    struct async_invoker *invoker = context;

    log_write(invoker->options.log, LOG_ERROR, "%s", what);
    for (struct async_account *owner = invoker->lanes.accounts; owner != NULL;
         owner = owner->next) {
        for (struct event_lane *lane = owner->first_lane; lane != NULL;
             lane = lane->next_of_account)
            restore_lane(lane);
    }
}

/* ---- opening and closing ---- */

static bool on_lane(const struct store_lane *row, void *context)
{
    struct async_invoker *invoker = context;
    struct account *account = strlen(row->account_id) == ACCOUNT_ID_SIZE - 1
                                  ? accounts_get(invoker->options.accounts, row->account_id)
                                  : NULL;
    struct async_account *owner = account == NULL ? NULL : async_owner(&invoker->lanes, account);
    struct event_lane *lane = owner == NULL ? NULL : async_new_lane(owner, row->function_name);

    if (lane == NULL)
        return false;
    lane->id = row->id;
    lane->is_stored = true;
    lane->count = row->count;
    lane->next_due_ms = row->next_due_ms;
    owner->count += row->count;
    async_wake(lane);
    return true;
}

static unsigned count_places(unsigned per_core, unsigned min)
{
    const long core_count = sysconf(_SC_NPROCESSORS_ONLN);
    const unsigned places =
        core_count > 0 && core_count < 4096 ? (unsigned)core_count * per_core : 0;

    return places < min ? min : places;
}

struct async_invoker *async_invoker_open(const struct async_invoker_options *options,
                                         struct event_queue *queue)
{
    struct store_worker_listener listener = {
        .on_failing = on_failing,
        .on_skipped = on_skipped,
        .on_unreadable = on_unreadable,
        .on_recovered = on_recovered,
        .on_replaced = on_replaced,
        .on_restored = on_restored,
    };
    struct async_invoker *invoker = calloc(1, sizeof *invoker);

    if (invoker == NULL)
        return NULL;
    invoker->options = *options;
    invoker->lanes.invoker = invoker;
    invoker->lanes.queue = queue;
    invoker->lane_places = count_places(LANE_PLACES_PER_CORE, LANE_PLACES_MIN);
    invoker->event_places = count_places(EVENT_PLACES_PER_CORE, EVENT_PLACES_MIN);
    invoker->reserved_places = count_places(RESERVED_PLACES_PER_CORE, RESERVED_PLACES_MIN);
    invoker->lanes.bucket_count = LANE_BUCKETS_MIN;
    invoker->lanes.buckets = calloc(invoker->lanes.bucket_count, sizeof(struct event_lane *));
    (void)uv_idle_init(options->loop, &invoker->lanes.idle); /* always 0 */
    invoker->lanes.idle.data = invoker;
    (void)uv_timer_init(options->loop, &invoker->read_timer); /* always 0 */
    uv_unref((uv_handle_t *)&invoker->read_timer);
    invoker->read_timer.data = invoker;
    if (invoker->lanes.buckets == NULL || event_queue_lanes(queue, on_lane, invoker) != STORE_OK) {
        /* Not freed, since the loop still has its handles; the caller ends the program. */
        (void)uv_idle_stop(&invoker->lanes.idle);
        return NULL;
    }
    listener.context = invoker;
    event_queue_listen(queue, &listener);
    dispatcher_listen(options->dispatcher, async_on_place, invoker);
    async_tell_found(&invoker->lanes);
    (void)async_finish_redrives(&invoker->lanes);
    return invoker;
}

void async_invoker_stop(struct async_invoker *invoker)
{
    if (invoker->lanes.state == INVOKER_OPEN)
        invoker->lanes.state = INVOKER_STOPPED;
    (void)uv_idle_stop(&invoker->lanes.idle);
    (void)uv_timer_stop(&invoker->read_timer);
    for (struct async_account *owner = invoker->lanes.accounts; owner != NULL;
         owner = owner->next) {
        for (struct event_lane *lane = owner->first_lane; lane != NULL;
             lane = lane->next_of_account)
            clock_timer_stop(&lane->timer);
    }
}

void async_invoker_close(struct async_invoker *invoker, async_invoker_closed_fn *on_closed,
                         void *context)
{
    async_invoker_stop(invoker);
    invoker->lanes.state = INVOKER_CLOSING;
    invoker->on_closed = on_closed;
    invoker->context = context;
    event_queue_hurry(invoker->lanes.queue);
    async_close_if_quiet(invoker);
}

void async_invoker_reconfigure(struct async_invoker *invoker)
{
    for (struct async_account *owner = invoker->lanes.accounts; owner != NULL;
         owner = owner->next) {
        while (owner->blocked != NULL)
            async_unblock(owner->blocked); /* its function may be back, or have a place */
    }
    async_wake_all(&invoker->lanes);
}

/* ---- accepting ---- */

static bool fill_event(struct event *event, const struct event_lane *lane,
                       const struct enqueue_options *options)
{
    struct async_invoker *invoker = lane->owner->lanes->invoker;

    event->sequence = event_queue_next_sequence(invoker->lanes.queue);
    event->enqueued_at_ms = event->due_ms = clock_now_ms(lane->account->clock);
    event->payload = bytes_retain(options->payload);
    event->state = EVENT_ADDING;
    event->origin = options->origin;
    if (options->request_id != NULL)
        (void)snprintf(event->request_id, REQUEST_ID_SIZE, "%s", options->request_id);
    else
        request_id_make(invoker->options.random, event->request_id);
    return event_set_text(&event->qualifier, options->qualifier) &&
           event_set_text(&event->trace_header, options->trace_header) &&
           event_set_text(&event->tenant_id, options->tenant_id);
}

struct event *async_new_event(struct event_lanes *lanes, const struct enqueue_options *options,
                              enum enqueue_status *status)
{
    const struct config *config = config_store_current(lanes->invoker->options.config_store);
    struct event_lane *lane;
    struct event *event;

    *status = ENQUEUE_FULL;
    if (!options->is_follow_up && async_invoker_count(options->account) >= config->queue_capacity)
        return NULL;
    *status = ENQUEUE_NO_MEMORY;
    lane = async_lane(lanes, options->account, options->function_name);
    event = lane == NULL ? NULL : event_new();
    if (event == NULL)
        return NULL;
    if (!fill_event(event, lane, options)) {
        event_free(event);
        return NULL;
    }
    *status = ENQUEUE_PENDING;
    async_hold(lane, event);
    lane->count++;
    lane->owner->count++;
    return event;
}

/* To keep the order, a window holds only what comes before all events that are only in the database. */
static bool is_kept_in_memory(const struct event_lane *lane, const struct event *event)
{
    const struct async_invoker *invoker = lane->owner->lanes->invoker;

    if (lane->is_reading || (event_lane_unread(lane) > 0 && lane->next_due_ms <= event->due_ms))
        return false;
    return lane->ready_count == 0 ||
           (lane->ready_count < LANE_WINDOW && invoker->lanes.memory_bytes <= MEMORY_BYTES_MAX);
}

void async_accept(struct event *event, enum store_status status)
{
    struct event_lane *lane = event->lane;
    const int64_t due_ms = event->due_ms;

    event->on_accepted = NULL;
    if (status == STORE_OK && !event->is_forgotten)
        async_tell_accepted(event);
    if (status != STORE_OK && !event->is_forgotten)
        async_discount(lane);
    if (status != STORE_OK || event->is_forgotten) {
        async_drop(event);
    } else if (is_kept_in_memory(lane, event)) {
        event_lane_enter(lane, event, EVENT_READY);
        async_wake(lane);
    } else {
        async_drop(event);
        async_expect(lane, due_ms);
    }
}

static void on_added(struct event *event, enum store_status status, void *context)
{
    struct async_account *owner = context;
    enqueue_done_fn *on_accepted = event->on_accepted;
    void *accepted_context = event->context;

    async_accept(event, status);
    on_accepted(status == STORE_OK, accepted_context);
    async_end(owner);
}

enum enqueue_status async_invoker_enqueue(struct async_invoker *invoker,
                                          const struct enqueue_options *options,
                                          enqueue_done_fn *on_done, void *context)
{
    enum enqueue_status status;
    struct event *event;

    if (invoker->lanes.state != INVOKER_OPEN)
        return ENQUEUE_STOPPING;
    event = async_new_event(&invoker->lanes, options, &status);
    if (event == NULL)
        return status;
    event->on_accepted = on_done;
    event->context = context;
    if (!event_queue_add(invoker->lanes.queue, event, false, on_added, event->lane->owner)) {
        async_accept(event, STORE_FAILED);
        return ENQUEUE_NO_MEMORY;
    }
    async_begin(event->lane->owner);
    return ENQUEUE_PENDING;
}

size_t async_invoker_count(const struct account *account)
{
    return account->events == NULL ? 0 : account->events->count;
}

size_t async_invoker_running_count(const struct account *account)
{
    return account->events == NULL ? 0 : account->events->running_count;
}

void async_invoker_listen(struct async_invoker *invoker, event_step_fn *listener, void *context)
{
    invoker->lanes.listener = listener;
    invoker->lanes.listener_context = context;
}

bool async_invoker_explains(const struct async_invoker *invoker)
{
    return invoker->options.is_explaining;
}

size_t async_invoker_dead_letter_count(const struct async_invoker *invoker)
{
    return invoker->dead_letter_count;
}

size_t async_invoker_function_count(const struct async_invoker *invoker,
                                    const struct account *account, const char *function_name)
{
    const struct event_lane *lane = async_find_lane(&invoker->lanes, account, function_name);

    return lane == NULL ? 0 : lane->count;
}
