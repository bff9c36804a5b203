/*
 * Waiting until the queue is empty, and moving a manual clock.
 *
 * A manual clock goes from one due time to the next, and stops there until all that is due has been tried and the
 * outcomes are written; so a test of hours takes milliseconds and is deterministic. An advance doesn't wait for what ran
 * before it began: such a run may last as long as it likes in real time.
 *
 * A drain doesn't move the clock while an event waits for the place of a running invocation: that would only make the
 * event older.
 */
#include "runtime/events/event_lanes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { COUNTED_MAX = 10000 };

struct async_wait {
    struct async_account *owner; /* NULL: the account has never had an event */
    bool is_advance, is_cancelled;
    int64_t to_ms;
    char (*request_ids)[REQUEST_ID_SIZE];
    size_t count, capacity;
    async_wait_fn *on_done;
    void *context;
    struct async_wait *next;
};

static void free_wait(struct async_wait *wait)
{
    free(wait->request_ids);
    free(wait);
}

static void unlink_wait(struct async_wait *wait)
{
    struct async_wait **link = &wait->owner->waits;

    while (*link != wait)
        link = &(*link)->next;
    *link = wait->next;
}

static void end_wait(struct async_wait *wait)
{
    unlink_wait(wait);
    if (!wait->is_cancelled)
        wait->on_done((const char(*)[REQUEST_ID_SIZE])wait->request_ids, wait->count,
                      wait->context);
    free_wait(wait);
}

void async_drop_waits(struct async_account *owner)
{
    while (owner->waits != NULL) {
        struct async_wait *wait = owner->waits;

        owner->waits = wait->next;
        free_wait(wait);
    }
}

void async_wait_cancel(struct async_wait *wait)
{
    unlink_wait(wait);
    free_wait(wait);
}

static struct async_wait *new_wait(struct async_invoker *invoker, struct account *account,
                                   async_wait_fn *on_done, void *context)
{
    struct event_lanes *lanes = async_lanes_of(invoker);
    struct async_wait *wait = calloc(1, sizeof *wait);
    struct async_account *owner = wait == NULL ? NULL : async_owner(lanes, account);

    if (owner == NULL) {
        free(wait);
        return NULL;
    }
    wait->owner = owner;
    wait->on_done = on_done;
    wait->context = context;
    wait->next = owner->waits;
    owner->waits = wait;
    async_touch(lanes);
    return wait;
}

struct async_wait *async_invoker_drain(struct async_invoker *invoker, struct account *account,
                                       async_wait_fn *on_done, void *context)
{
    return new_wait(invoker, account, on_done, context);
}

struct async_wait *async_invoker_advance(struct async_invoker *invoker, struct account *account,
                                         int64_t to_ms, async_wait_fn *on_done, void *context)
{
    struct async_wait *wait = new_wait(invoker, account, on_done, context);

    assert(clock_mode_of(account->clock) == CLOCK_MANUAL);
    if (wait == NULL)
        return NULL;
    wait->is_advance = true;
    wait->to_ms = to_ms;
    for (struct event_lane *lane = wait->owner->first_lane; lane != NULL;
         lane = lane->next_of_account) {
        for (struct event *event = lane->first; event != NULL; event = event->next)
            event->is_old = event->state == EVENT_RUNNING;
    }
    return wait;
}

static void note(struct async_wait *wait, const char *request_id)
{
    if (wait->count == wait->capacity) {
        const size_t capacity = wait->capacity == 0 ? 16 : 2 * wait->capacity;
        void *grown = realloc(wait->request_ids, capacity * sizeof *wait->request_ids);

        if (grown == NULL)
            return; /* it runs anyway */
        wait->request_ids = grown;
        wait->capacity = capacity;
    }
    memcpy(wait->request_ids[wait->count++], request_id, REQUEST_ID_SIZE);
}

void async_note_start(struct async_account *owner, const struct event *event)
{
    for (struct async_wait *wait = owner->waits; wait != NULL; wait = wait->next) {
        if (wait->is_advance)
            note(wait, event->request_id);
    }
}

/* The number of runs that an advance doesn't wait for. */
static size_t count_old(const struct async_account *owner)
{
    size_t count = 0;

    for (const struct event_lane *lane = owner->first_lane; lane != NULL;
         lane = lane->next_of_account) {
        for (const struct event *event = lane->first; event != NULL && lane->running_count > 0;
             event = event->next)
            count += event->state == EVENT_RUNNING && event->is_old;
    }
    return count;
}

/* INT64_MAX when there is no reason to move the clock. */
static int64_t next_move_ms(const struct async_wait *wait)
{
    const int64_t now_ms = clock_now_ms(wait->owner->account->clock);
    int64_t due_ms = INT64_MAX;

    for (const struct event_lane *lane = wait->owner->first_lane; lane != NULL;
         lane = lane->next_of_account) {
        const int64_t lane_due_ms = async_lane_due_after(lane, now_ms);

        if (lane_due_ms < due_ms && (wait->is_advance || !async_waits_for_place(lane)))
            due_ms = lane_due_ms;
    }
    return due_ms;
}

/* ---- moving the clock ---- */

/* With --explain the events that fall due are counted before the clock moves; reads of several lanes may be under way. */
struct due_count {
    struct async_account *owner;
    struct async_wait *wait; /* only compared: it may be gone */
    int64_t to_ms;
    size_t count, pending;
};

static void move_to(struct async_account *owner, int64_t to_ms, size_t due_count)
{
    const int64_t from_ms = clock_now_ms(owner->account->clock);

    clock_advance_to(owner->account->clock, to_ms);
    async_tell_moved(owner, from_ms, due_count);
}

static bool has_wait(const struct async_account *owner, const struct async_wait *wait)
{
    const struct async_wait *each = owner->waits;

    while (each != NULL && each != wait)
        each = each->next;
    return each != NULL;
}

static void end_count(struct due_count *counting)
{
    struct async_account *owner = counting->owner;

    if (--counting->pending > 0)
        return;
    if (has_wait(owner, counting->wait))
        move_to(owner, counting->to_ms, counting->count);
    free(counting);
    async_end(owner);
}

static void on_counted(struct store_read *read, enum store_status status, void *context)
{
    struct due_count *counting = context;

    if (status == STORE_OK)
        counting->count += read->count;
    events_free(read->first);
    read->first = NULL;
    end_count(counting);
}

static void count_lane(struct due_count *counting, struct event_lane *lane)
{
    const struct store_read what = {.lane_id = lane->id,
                                    .due_max_ms = counting->to_ms,
                                    .event_max = COUNTED_MAX,
                                    .byte_max = SIZE_MAX / 2,
                                    .held_count = lane->held_count};
    int64_t *held;

    counting->count += lane->refused != NULL && lane->refused->due_ms <= counting->to_ms;
    if (event_lane_unread(lane) == 0)
        return;
    held = event_lane_held(lane);
    counting->pending++;
    if ((held == NULL && lane->held_count > 0) ||
        !event_queue_read(lane->owner->lanes->queue, lane->account, &what, held, on_counted,
                          counting))
        counting->pending--;
}

/* False when out of memory: then the clock moves uncounted. */
static bool count_and_move(struct async_wait *wait, int64_t to_ms)
{
    struct due_count *counting = calloc(1, sizeof *counting);

    if (counting == NULL)
        return false;
    *counting =
        (struct due_count){.owner = wait->owner, .wait = wait, .to_ms = to_ms, .pending = 1};
    async_begin(wait->owner);
    for (struct event_lane *lane = wait->owner->first_lane; lane != NULL;
         lane = lane->next_of_account) {
        if (lane->count > 0)
            count_lane(counting, lane);
    }
    end_count(counting);
    return true;
}

static void move(struct async_wait *wait, int64_t to_ms, bool is_any_due)
{
    if (is_any_due && async_explains(wait->owner->lanes) && count_and_move(wait, to_ms))
        return;
    move_to(wait->owner, to_ms, 0);
}

/* Moves the clock if the wait needs that now. False when the wait is over. */
static bool move_on(struct async_wait *wait)
{
    struct clock *clock = wait->owner->account->clock;
    const int64_t due_ms = next_move_ms(wait);

    if (wait->is_advance) {
        move(wait, due_ms < wait->to_ms ? due_ms : wait->to_ms, due_ms <= wait->to_ms);
        return due_ms <= wait->to_ms;
    }
    if (wait->owner->count == 0)
        return false;
    if (due_ms != INT64_MAX && clock_mode_of(clock) == CLOCK_MANUAL)
        move(wait, due_ms, true);
    return true;
}

/* One step of the first wait that can make one; the next round looks again. */
static void look(struct async_account *owner)
{
    struct async_wait *next;

    for (struct async_wait *wait = owner->waits; wait != NULL; wait = next) {
        const int64_t before_ms = clock_now_ms(owner->account->clock);

        next = wait->next;
        if (owner->busy_count > (wait->is_advance ? count_old(owner) : 0))
            continue;
        if (!move_on(wait)) {
            end_wait(wait);
            async_touch(owner->lanes); /* the callback may have changed the list */
            return;
        }
        if (clock_now_ms(owner->account->clock) != before_ms) {
            async_touch(owner->lanes);
            return;
        }
    }
}

void async_look_at_waits(struct event_lanes *lanes)
{
    for (struct async_account *owner = lanes->accounts; owner != NULL; owner = owner->next) {
        if (owner->waits != NULL)
            look(owner);
    }
}
