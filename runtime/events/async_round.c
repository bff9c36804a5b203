/*
 * Which event starts next.
 *
 * Lanes that may have something to start are in a round-robin list (the round). Each in turn starts one event, if it has
 * a place (async_places.c), and goes to the end, so no backlog holds up another. The round runs from an idle handle: once
 * for all that happened in one turn of the loop, and never inside somebody's callback.
 */
#include "runtime/events/async_internal.h"

#include "config/names/api_exception.h"
#include "runtime/dispatch/lineage.h"

#include <stdio.h>
#include <stdlib.h>

enum { STARTS_A_TURN = 256, READ_RETRY_MS = 200 };

enum step_result { STEP_STARTED, STEP_NOTHING, STEP_WAITS };

static void on_idle(uv_idle_t *idle);

void async_touch(struct event_lanes *lanes)
{
    if (lanes->state == INVOKER_OPEN)
        (void)uv_idle_start(&lanes->idle, on_idle);
}

static void append_to_round(struct event_lane *lane)
{
    struct async_invoker *invoker = lane->owner->lanes->invoker;

    lane->is_queued = true;
    lane->next_in_round = NULL;
    if (invoker->round_last == NULL)
        invoker->round_first = lane;
    else
        invoker->round_last->next_in_round = lane;
    invoker->round_last = lane;
}

static struct event_lane *take_from_round(struct async_invoker *invoker)
{
    struct event_lane *lane = invoker->round_first;

    if (lane == NULL)
        return NULL;
    invoker->round_first = lane->next_in_round;
    if (invoker->round_first == NULL)
        invoker->round_last = NULL;
    lane->is_queued = false;
    return lane;
}

void async_wake(struct event_lane *lane)
{
    if (lane->ready_count == 0 && lane->refused == NULL && event_lane_unread(lane) == 0)
        return;
    if (!lane->is_queued)
        append_to_round(lane);
    async_touch(lane->owner->lanes);
}

void async_wake_all(struct event_lanes *lanes)
{
    for (struct async_account *owner = lanes->accounts; owner != NULL; owner = owner->next) {
        for (struct event_lane *lane = owner->first_lane; lane != NULL;
             lane = lane->next_of_account) {
            if (lane->count > 0)
                async_wake(lane);
        }
    }
}

/* ---- due times ---- */

int64_t async_lane_due_after(const struct event_lane *lane, int64_t now_ms)
{
    int64_t due_ms = INT64_MAX;

    if (event_lane_unread(lane) > 0 && lane->next_due_ms > now_ms)
        due_ms = lane->next_due_ms;
    if (lane->refused != NULL && lane->refused->due_ms > now_ms && lane->refused->due_ms < due_ms)
        due_ms = lane->refused->due_ms;
    return due_ms;
}

static void on_lane_due(void *context)
{
    struct event_lane *lane = context;

    async_wake(lane);
    async_schedule(lane);
}

void async_schedule(struct event_lane *lane)
{
    const int64_t due_ms = async_lane_due_after(lane, clock_now_ms(lane->account->clock));

    if (lane->timer.clock != NULL && lane->timer.due_ms == due_ms)
        return;
    clock_timer_stop(&lane->timer);
    if (due_ms != INT64_MAX && lane->owner->lanes->state == INVOKER_OPEN)
        clock_timer_start(lane->account->clock, &lane->timer, due_ms, on_lane_due, lane);
}

void async_expect(struct event_lane *lane, int64_t due_ms)
{
    if (due_ms < lane->next_due_ms)
        lane->next_due_ms = due_ms;
    if (due_ms < lane->expected_due_ms)
        lane->expected_due_ms = due_ms;
    if (due_ms <= clock_now_ms(lane->account->clock))
        async_wake(lane);
    async_schedule(lane);
}

/* ---- reading due events into the window ---- */

static void hold_all(struct event_lane *lane, struct event *event)
{
    struct event *next;

    for (; event != NULL; event = next) {
        next = event->next;
        event->next = NULL;
        event->state = EVENT_READY;
        async_hold(lane, event);
    }
}

/*
 * The counts are ours and the rows are the file's: of a damaged file they may differ. More rows than were counted are
 * events as well; fewer, with nothing left and nothing added meanwhile, would be waited for in vain.
 */
static void recount(struct event_lane *lane, const struct store_read *read)
{
    const size_t unread = event_lane_unread(lane);
    const bool is_all = read->next_due_ms == INT64_MAX && lane->expected_due_ms == INT64_MAX;

    if (read->count == unread || (read->count < unread && !is_all))
        return;
    log_write(lane->owner->lanes->invoker->options.log, LOG_WARN,
              "event queue: %s: found %zu events on disk where %zu were expected",
              lane->function_name, read->count, unread);
    lane->count = lane->count - unread + read->count;
    lane->owner->count = lane->owner->count - unread + read->count;
}

static void on_read_time(uv_timer_t *timer)
{
    async_wake_all(&((struct async_invoker *)timer->data)->lanes);
}

static void read_again_later(struct async_invoker *invoker)
{
    if (invoker->lanes.state == INVOKER_OPEN)
        (void)uv_timer_start(&invoker->read_timer, on_read_time, READ_RETRY_MS, 0);
}

/* Ignores a read that began before the queue was cleared. */
static void on_read(struct store_read *read, enum store_status status, void *context)
{
    struct event_lane *lane = context;
    struct async_account *owner = lane->owner;
    const bool is_stale = lane->is_read_stale;

    lane->is_reading = lane->is_read_stale = false;
    if (status == STORE_OK && !is_stale) {
        recount(lane, read);
        hold_all(lane, read->first);
        if (read->next_due_ms < lane->expected_due_ms)
            lane->expected_due_ms = read->next_due_ms;
        lane->next_due_ms = lane->expected_due_ms;
    } else {
        events_free(read->first);
    }
    read->first = NULL;
    if (status == STORE_OK)
        async_wake(lane);
    else
        read_again_later(owner->lanes->invoker);
    async_schedule(lane);
    async_end(owner);
}

/*
 * A read doesn't return what is added or rescheduled while it is under way; `expected_due_ms` collects the due times of
 * those.
 */
static void read_window(struct event_lane *lane)
{
    struct async_invoker *invoker = lane->owner->lanes->invoker;
    const bool is_short = invoker->lanes.memory_bytes > MEMORY_BYTES_MAX;
    const struct store_read what = {.lane_id = lane->id,
                                    .due_max_ms = clock_now_ms(lane->account->clock),
                                    .event_max = is_short ? 1 : LANE_WINDOW,
                                    .byte_max = WINDOW_BYTES,
                                    .has_payload = true,
                                    .held_count = lane->held_count};
    int64_t *held = event_lane_held(lane);

    if ((held == NULL && lane->held_count > 0) ||
        !event_queue_read(invoker->lanes.queue, lane->account, &what, held, on_read, lane)) {
        read_again_later(invoker);
        return;
    }
    lane->is_reading = true;
    lane->expected_due_ms = INT64_MAX;
    async_begin(lane->owner);
}

static void read_ahead(struct event_lane *lane)
{
    const bool is_short = lane->owner->lanes->memory_bytes > MEMORY_BYTES_MAX;

    if (lane->is_reading || event_lane_unread(lane) == 0 ||
        lane->ready_count > (is_short ? 0 : LANE_WINDOW / 4) ||
        lane->next_due_ms > clock_now_ms(lane->account->clock))
        return;
    read_window(lane);
}

/* ---- starting ---- */

/* DISPATCH_ACCEPTED: the dispatcher has taken it. */
static enum dispatch_status submit(struct event *event, struct config *config,
                                   const struct function_target *target)
{
    struct event_lane *lane = event->lane;
    struct async_invoker *invoker = lane->owner->lanes->invoker;
    const struct invocation_options options = {.account = lane->account,
                                               .config = config,
                                               .target = *target,
                                               .qualifier = event->qualifier,
                                               .type = INVOCATION_EVENT,
                                               .payload = event->payload,
                                               .request_id = event->request_id,
                                               .trace_header = event->trace_header,
                                               .tenant_id = event->tenant_id,
                                               .enqueued_at_ms = event->enqueued_at_ms,
                                               .attempt = event->run_count + 1};
    struct invocation *invocation = invocation_new(&options, invoker->options.random);
    enum dispatch_status status = DISPATCH_NO_MEMORY;

    if (invocation == NULL)
        return status;
    status = dispatcher_submit(invoker->options.dispatcher, invocation, async_on_done, event);
    if (status != DISPATCH_ACCEPTED)
        invocation_free(invocation);
    return status;
}

static void count_start(struct event *event, const struct function_target *target)
{
    const struct function *function = target->version->function;
    struct event_lane *lane = event->lane;
    struct async_account *owner = lane->owner;

    if (lane->refused == event)
        lane->refused = NULL;
    event_lane_enter(lane, event, EVENT_RUNNING);
    event->is_old = false;
    event->is_unreserved = function->reserved_concurrency == CONCURRENCY_UNRESERVED;
    owner->unreserved_running += event->is_unreserved;
    owner->lanes->invoker->unreserved_running += event->is_unreserved;
    owner->running_count++;
    owner->lanes->invoker->running_count++;
    event_queue_mark(owner->lanes->queue, event);
    async_begin(owner);
    async_tell_started(event, target);
    if (owner->waits != NULL)
        async_note_start(owner, event);
}

/* Its refused event waits for a place, or for its next try. */
static void block(struct event_lane *lane)
{
    struct event_lane **link = &lane->owner->blocked;

    if (lane->is_blocked)
        return;
    while (*link != NULL && (*link)->refused->sequence < lane->refused->sequence)
        link = &(*link)->next_blocked;
    lane->next_blocked = *link;
    *link = lane;
    lane->is_blocked = true;
}

void async_unblock(struct event_lane *lane)
{
    struct event_lane **link = &lane->owner->blocked;

    if (!lane->is_blocked)
        return;
    while (*link != lane)
        link = &(*link)->next_blocked;
    *link = lane->next_blocked;
    lane->is_blocked = false;
    async_wake(lane);
}

/* One is tried and refused; the others wait behind it. */
static enum step_result refuse(struct event_lane *lane, struct event *event,
                               enum attempt_result result, const struct function_target *target,
                               const char *why)
{
    if (result == ATTEMPT_THROTTLED && lane->running_count > 0) {
        async_tell_queued(lane, NULL);
        return STEP_NOTHING; /* the end of one of its own frees a place */
    }
    async_refuse(event, result, target, why);
    if (lane->refused == NULL)
        return STEP_STARTED; /* given up */
    block(lane);
    return STEP_NOTHING;
}

/* Refused as a synchronous one is (invoke_request.c). */
static bool is_endless(const struct event_lane *lane, const struct event *event,
                       const struct function *function)
{
    const struct lineage_function self = {.account_id = lane->account->id,
                                          .name = lane->function_name};

    return !function->allows_recursion && lineage_is_endless(event->trace_header, &self);
}

static void stop_recursion(struct event *event, const struct function_target *target)
{
    const struct api_exception_row *row = api_exception_row(API_RECURSIVE_INVOCATION);
    char why[256];

    (void)snprintf(why, sizeof why, "%s: %s", row->name, row->message);
    async_refuse(event, ATTEMPT_RECURSIVE, target, why);
}

static enum step_result try_event(struct event_lane *lane, struct event *event,
                                  struct config *config, const struct function_target *target)
{
    const struct function *function = target->version->function;
    struct dispatcher_places full;

    if (function->reserved_concurrency == 0) {
        async_refuse(event, ATTEMPT_ZERO_RESERVED_CONCURRENCY, target, "Rate Exceeded.");
        return STEP_STARTED;
    }
    if (clock_now_ms(lane->account->clock) - event->enqueued_at_ms >=
        (int64_t)target->event_invoke_config->maximum_event_age_s * 1000) {
        async_expire(event, target);
        return STEP_STARTED;
    }
    if (is_endless(lane, event, function)) {
        stop_recursion(event, target);
        return STEP_STARTED;
    }
    switch (async_look_for_place(lane, config, function, &full)) {
    case PLACE_FREE:
        break;
    case PLACE_OWN_FULL: /* the end of one of its own wakes the lane */
        async_tell_queued(lane, &full);
        return STEP_NOTHING;
    case PLACE_SHARED_FULL:
        async_tell_queued(lane, &full);
        return STEP_WAITS;
    }
    if (event == lane->refused && event->due_ms > clock_now_ms(lane->account->clock) &&
        !async_has_place(lane, config, function)) {
        block(lane); /* woken before its time, and another was faster: that is no refusal */
        return STEP_NOTHING;
    }
    switch (submit(event, config, target)) {
    case DISPATCH_ACCEPTED:
        count_start(event, target);
        return STEP_STARTED;
    case DISPATCH_FUNCTION_THROTTLED:
    case DISPATCH_ACCOUNT_THROTTLED:
        return refuse(lane, event, ATTEMPT_THROTTLED, target, "Rate Exceeded.");
    case DISPATCH_NO_MEMORY:
        return refuse(lane, event, ATTEMPT_SYSTEM_ERROR, target, "out of memory");
    }
    abort();
}

/* The one that was refused, when there may be a place or its time has come; only without one the first in order. */
static struct event *next_event(struct event_lane *lane)
{
    struct event *refused = lane->refused;

    if (refused == NULL)
        return event_lane_ready(lane);
    if (refused->is_writing ||
        (lane->is_blocked && refused->due_ms > clock_now_ms(lane->account->clock)))
        return NULL;
    return refused;
}

static enum step_result try_lane(struct event_lane *lane)
{
    struct async_invoker *invoker = lane->owner->lanes->invoker;
    struct config *config = config_store_current(invoker->options.config_store);
    const struct function *function;
    struct function_target target;
    struct event *event;

    if (!lane->is_blocked)
        read_ahead(lane);
    event = next_event(lane);
    if (event == NULL) {
        if (lane->refused != NULL)
            async_tell_queued(lane, NULL); /* behind it */
        return STEP_NOTHING;
    }
    if (event == lane->refused)
        async_unblock(lane); /* it is the one to find out */
    function = config_function_of(config, lane->account->id, lane->function_name);
    if (function == NULL ||
        !function_resolve(function, event->qualifier == NULL ? "" : event->qualifier,
                          random_fraction(invoker->options.random), &target))
        return refuse(lane, event, ATTEMPT_SYSTEM_ERROR, NULL,
                      "the configuration no longer has this function or qualifier");
    return try_event(lane, event, config, &target);
}

/* Visits each lane, and again while it starts something. After STARTS_A_TURN starts the loop gets its turn (true). */
static bool run_round(struct async_invoker *invoker)
{
    struct event_lane *first_waiting = NULL;
    unsigned start_count = 0;

    while (start_count < STARTS_A_TURN) {
        struct event_lane *lane = invoker->round_first;

        if (lane == NULL || lane == first_waiting)
            return false;
        (void)take_from_round(invoker);
        switch (try_lane(lane)) {
        case STEP_STARTED:
            start_count++;
            first_waiting = NULL;
            async_wake(lane);
            break;
        case STEP_WAITS:
            if (!lane->is_queued)
                append_to_round(lane);
            if (first_waiting == NULL)
                first_waiting = lane;
            break;
        case STEP_NOTHING:
            async_schedule(lane);
            break;
        }
    }
    return true;
}

static void on_idle(uv_idle_t *idle)
{
    struct async_invoker *invoker = idle->data;
    bool has_more = false;

    (void)uv_idle_stop(idle); /* the round may start it again */
    if (!event_queue_is_failing(invoker->lanes.queue))
        has_more = run_round(invoker);
    if (has_more)
        async_touch(&invoker->lanes);
    else
        async_look_at_waits(&invoker->lanes);
}

bool async_waits_for_place(const struct event_lane *lane)
{
    const struct async_invoker *invoker = lane->owner->lanes->invoker;
    const struct config *config = config_store_current(invoker->options.config_store);
    const struct function *function =
        lane->refused == NULL ? NULL
                              : config_function_of(config, lane->account->id, lane->function_name);

    return function != NULL && function->reserved_concurrency != 0 &&
           !async_has_place(lane, config, function);
}

void async_on_place(struct account *account, const char *function_name, void *context)
{
    struct async_invoker *invoker = context;
    struct async_account *owner = account->events;
    const struct config *config;

    (void)function_name;
    if (owner == NULL || invoker->lanes.state != INVOKER_OPEN)
        return;
    if (owner->waits != NULL)
        async_touch(&invoker->lanes);
    config = config_store_current(invoker->options.config_store);
    for (struct event_lane *lane = owner->blocked, *next; lane != NULL; lane = next) {
        const struct function *function =
            config_function_of(config, account->id, lane->function_name);

        next = lane->next_blocked;
        if (function != NULL && async_has_place(lane, config, function))
            async_unblock(lane);
    }
}
