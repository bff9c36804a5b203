#include "runtime/events/event_lane.h"

#include <assert.h>
#include <stdlib.h>

static bool is_before(const struct event *left, const struct event *right)
{
    if (left->due_ms != right->due_ms)
        return left->due_ms < right->due_ms;
    return left->sequence < right->sequence;
}

/* New ones belong at the end, so the search begins there. */
void event_lane_hold(struct event_lane *lane, struct event *event)
{
    struct event *previous = lane->last;

    while (previous != NULL && is_before(event, previous))
        previous = previous->previous;
    event->lane = lane;
    event->lane_id = lane->id;
    event->previous = previous;
    event->next = previous == NULL ? lane->first : previous->next;
    if (previous == NULL)
        lane->first = event;
    else
        previous->next = event;
    if (event->next == NULL)
        lane->last = event;
    else
        event->next->previous = event;
    lane->held_count++;
    lane->ready_count += event->state == EVENT_READY;
    lane->running_count += event->state == EVENT_RUNNING;
}

void event_lane_drop(struct event_lane *lane, struct event *event)
{
    assert(event->lane == lane && lane->held_count > 0);
    if (event->previous == NULL)
        lane->first = event->next;
    else
        event->previous->next = event->next;
    if (event->next == NULL)
        lane->last = event->previous;
    else
        event->next->previous = event->previous;
    event->previous = event->next = NULL;
    event->lane = NULL;
    lane->held_count--;
    lane->forgotten_count -= event->is_forgotten;
    lane->ready_count -= event->state == EVENT_READY;
    lane->running_count -= event->state == EVENT_RUNNING;
    if (lane->refused == event)
        lane->refused = NULL;
}

void event_lane_enter(struct event_lane *lane, struct event *event, enum event_state state)
{
    lane->ready_count -= event->state == EVENT_READY;
    lane->running_count -= event->state == EVENT_RUNNING;
    event->state = state;
    lane->ready_count += state == EVENT_READY;
    lane->running_count += state == EVENT_RUNNING;
}

struct event *event_lane_ready(const struct event_lane *lane)
{
    struct event *event = lane->first;

    if (lane->ready_count == 0)
        return NULL;
    while (event != NULL && event->state != EVENT_READY)
        event = event->next;
    return event;
}

void event_lane_forget(struct event_lane *lane, struct event *event)
{
    lane->forgotten_count += !event->is_forgotten;
    event->is_forgotten = true;
}

struct event *event_lane_find(const struct event_lane *lane, int64_t sequence)
{
    struct event *event = lane->first;

    while (event != NULL && event->sequence != sequence)
        event = event->next;
    return event;
}

static int compare_sequences(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

int64_t *event_lane_held(const struct event_lane *lane)
{
    int64_t *held = lane->held_count == 0 ? NULL : malloc(lane->held_count * sizeof *held);
    size_t at = 0;

    if (held == NULL)
        return NULL;
    for (const struct event *event = lane->first; event != NULL; event = event->next)
        held[at++] = event->sequence;
    qsort(held, at, sizeof *held, compare_sequences);
    return held;
}

size_t event_lane_unread(const struct event_lane *lane)
{
    return lane->count + lane->forgotten_count - lane->held_count;
}
