#include "runtime/events/event_lanes.h"

#include "runtime/events/async_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static size_t hash(const char *account_id, const char *function_name)
{
    uint64_t number = UINT64_C(14695981039346656037);

    for (; *account_id != '\0'; account_id++)
        number = (number ^ (unsigned char)*account_id) * UINT64_C(1099511628211);
    for (; *function_name != '\0'; function_name++)
        number = (number ^ (unsigned char)*function_name) * UINT64_C(1099511628211);
    return (size_t)(number ^ (number >> 32));
}

struct event_lane *async_find_lane(const struct event_lanes *lanes, const struct account *account,
                                   const char *function_name)
{
    struct event_lane *lane =
        lanes->buckets[hash(account->id, function_name) & (lanes->bucket_count - 1)];

    while (lane != NULL &&
           (lane->account != account || strcmp(lane->function_name, function_name) != 0))
        lane = lane->next_in_table;
    return lane;
}

static void put_in_table(struct event_lanes *lanes, struct event_lane *lane)
{
    struct event_lane **bucket =
        &lanes->buckets[hash(lane->account->id, lane->function_name) & (lanes->bucket_count - 1)];

    lane->next_in_table = *bucket;
    *bucket = lane;
}

/* Without memory the chains just get longer. */
static void grow_table(struct event_lanes *lanes)
{
    struct event_lane **buckets;

    if (lanes->lane_count < lanes->bucket_count)
        return;
    buckets = calloc(2 * lanes->bucket_count, sizeof(struct event_lane *));
    if (buckets == NULL)
        return;
    free(lanes->buckets);
    lanes->buckets = buckets;
    lanes->bucket_count *= 2;
    for (struct async_account *owner = lanes->accounts; owner != NULL; owner = owner->next) {
        for (struct event_lane *lane = owner->first_lane; lane != NULL;
             lane = lane->next_of_account)
            put_in_table(lanes, lane);
    }
}

static void free_lane(struct event_lane *lane)
{
    struct event_lanes *lanes = lane->owner->lanes;
    struct event_lane **link =
        &lanes->buckets[hash(lane->account->id, lane->function_name) & (lanes->bucket_count - 1)];

    while (*link != lane)
        link = &(*link)->next_in_table;
    *link = lane->next_in_table;
    lanes->lane_count--;
    clock_timer_stop(&lane->timer);
    while (lane->first != NULL)
        async_drop(lane->first);
    free(lane->function_name);
    free(lane);
}

void async_free_owner(struct async_account *owner)
{
    struct async_account **link = &owner->lanes->accounts;
    struct event_lane *lane;

    while (*link != owner)
        link = &(*link)->next;
    *link = owner->next;
    async_drop_waits(owner);
    while ((lane = owner->first_lane) != NULL) {
        owner->first_lane = lane->next_of_account;
        free_lane(lane);
    }
    owner->account->events = NULL;
    account_remove_part(&owner->part);
    free(owner);
}

static void free_part(struct account_part *part)
{
    async_free_owner((struct async_account *)part);
}

static bool is_used(const struct account_part *part)
{
    const struct async_account *owner = (const struct async_account *)part;
    const struct event_lane *lane = owner->first_lane;

    while (lane != NULL && lane->held_count == 0 && !lane->is_queued)
        lane = lane->next_of_account;
    return owner->count > 0 || owner->busy_count > 0 || owner->waits != NULL || lane != NULL;
}

struct async_account *async_owner(struct event_lanes *lanes, struct account *account)
{
    static const struct account_part_kind kind = {.free = free_part, .is_used = is_used};
    struct async_account *owner = account->events;

    if (owner != NULL)
        return owner;
    owner = calloc(1, sizeof *owner);
    if (owner == NULL)
        return NULL;
    account_add_part(account, &owner->part, &kind);
    owner->lanes = lanes;
    owner->account = account;
    owner->next = lanes->accounts;
    lanes->accounts = owner;
    account->events = owner;
    return owner;
}

struct event_lane *async_new_lane(struct async_account *owner, const char *function_name)
{
    struct event_lane *lane = calloc(1, sizeof *lane);

    if (lane == NULL)
        return NULL;
    lane->function_name = strdup(function_name);
    if (lane->function_name == NULL) {
        free(lane);
        return NULL;
    }
    lane->owner = owner;
    lane->account = owner->account;
    lane->next_due_ms = lane->expected_due_ms = INT64_MAX;
    lane->next_of_account = owner->first_lane;
    owner->first_lane = lane;
    owner->lanes->lane_count++;
    put_in_table(owner->lanes, lane);
    grow_table(owner->lanes);
    return lane;
}

struct event_lane *async_lane(struct event_lanes *lanes, struct account *account,
                              const char *function_name)
{
    struct event_lane *lane = async_find_lane(lanes, account, function_name);
    struct async_account *owner;

    if (lane != NULL)
        return lane;
    owner = async_owner(lanes, account);
    lane = owner == NULL ? NULL : async_new_lane(owner, function_name);
    if (lane != NULL)
        lane->id = event_queue_next_lane_id(lanes->queue);
    return lane;
}

void async_hold(struct event_lane *lane, struct event *event)
{
    event->weight = event_weight(event);
    lane->owner->lanes->memory_bytes += event->weight;
    event_lane_hold(lane, event);
}

void async_drop(struct event *event)
{
    struct event_lane *lane = event->lane;

    lane->owner->lanes->memory_bytes -= event->weight;
    event_queue_unmark(lane->owner->lanes->queue, event);
    event_lane_drop(lane, event);
    event_free(event);
}

void async_discount(struct event_lane *lane)
{
    assert(lane->count > 0 && lane->owner->count > 0);
    lane->count--;
    lane->owner->count--;
}

void async_begin(struct async_account *owner)
{
    owner->busy_count++;
    owner->lanes->busy_count++;
}

void async_end_any(struct event_lanes *lanes)
{
    assert(lanes->busy_count > 0);
    lanes->busy_count--;
    if (lanes->state == INVOKER_CLOSING)
        async_close_if_quiet(lanes->invoker);
}

void async_end(struct async_account *owner)
{
    assert(owner->busy_count > 0);
    owner->busy_count--;
    if (owner->waits != NULL)
        async_touch(owner->lanes);
    async_end_any(owner->lanes);
}
