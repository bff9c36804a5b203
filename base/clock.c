#include "base/clock.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/*
 * A real clock is the wall's as long as that goes forward. When it is put back, ours goes on at the pace of the
 * monotonic clock until the wall has caught up: time neither runs backwards nor stops, so nothing that waits
 * waits an hour longer. The monotonic clock does not count the time a machine sleeps; the wall does, hence a look at it
 * at least every RECHECK_MS.
 */
enum { RECHECK_MS = 30000 };

struct clock {
    uv_timer_t timer; /* for the earliest of `first`…; data is the clock */
    enum clock_mode mode;
    unsigned factor;
    int64_t anchor_ms; /* what o'clock it was… */
    int64_t anchor_us; /* …by the monotonic clock at this point; CLOCK_MANUAL has no need of it */
    struct clock_timer *first;
    bool is_firing; /* whoever fires sets the timer afterwards, once */
};

int64_t clock_real_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_monotonic_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void clock_format(int64_t epoch_ms, char text[CLOCK_TEXT_SIZE])
{
    int64_t rest = epoch_ms % 1000;
    time_t seconds = (time_t)(epoch_ms / 1000);
    struct tm utc;

    if (rest < 0) {
        rest += 1000;
        seconds--;
    }
    if (gmtime_r(&seconds, &utc) == NULL || utc.tm_year > 8099) {
        (void)snprintf(text, CLOCK_TEXT_SIZE, "9999-12-31T23:59:59.999Z");
        return;
    }
    const size_t length = strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);

    (void)snprintf(text + length, CLOCK_TEXT_SIZE - length, ".%03dZ", (int)rest);
}

struct clock *clock_open(uv_loop_t *loop, const struct clock_options *options)
{
    struct clock *clock = calloc(1, sizeof *clock);

    if (clock == NULL)
        return NULL;
    (void)uv_timer_init(loop, &clock->timer); /* always 0 */
    clock->timer.data = clock;
    clock->mode = options->mode;
    clock->factor = options->mode == CLOCK_FASTER && options->factor > 0 ? options->factor : 1;
    clock->anchor_us = clock_monotonic_us();
    clock->anchor_ms = clock_real_now_ms();
    if (clock->mode != CLOCK_REAL && clock->anchor_ms < options->not_before_ms)
        clock->anchor_ms = options->not_before_ms;
    return clock;
}

static void on_handle_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void clock_close(struct clock *clock)
{
    if (clock == NULL)
        return;
    assert(clock->first == NULL);
    uv_close((uv_handle_t *)&clock->timer, on_handle_closed);
}

enum clock_mode clock_mode_of(const struct clock *clock)
{
    return clock->mode;
}

unsigned clock_factor(const struct clock *clock)
{
    return clock->factor;
}

static int64_t real_now_ms(struct clock *clock)
{
    const int64_t monotonic_us = clock_monotonic_us();
    const int64_t own_ms = clock->anchor_ms + (monotonic_us - clock->anchor_us) / 1000;
    const int64_t wall_ms = clock_real_now_ms();

    if (wall_ms <= own_ms)
        return own_ms;
    clock->anchor_ms = wall_ms;
    clock->anchor_us = monotonic_us;
    return wall_ms;
}

int64_t clock_now_ms(struct clock *clock)
{
    switch (clock->mode) {
    case CLOCK_REAL:
        return real_now_ms(clock);
    case CLOCK_FASTER:
        return clock->anchor_ms +
               (clock_monotonic_us() - clock->anchor_us) * (int64_t)clock->factor / 1000;
    case CLOCK_MANUAL:
        return clock->anchor_ms;
    }
    abort();
}

static void on_timer(uv_timer_t *handle);

/* Sets libuv's timer for the earliest of ours, at least `wait_min_ms` from now. */
static void arm(struct clock *clock, int64_t wait_min_ms)
{
    int64_t wait_ms;

    if (clock->is_firing)
        return;
    if (clock->first == NULL ||
        (clock->mode == CLOCK_MANUAL && clock->first->due_ms > clock->anchor_ms)) {
        (void)uv_timer_stop(&clock->timer);
        return;
    }
    wait_ms = clock->first->due_ms - clock_now_ms(clock);
    if (clock->factor > 1 && wait_ms > 0)
        wait_ms = (wait_ms - 1) / (int64_t)clock->factor + 1;
    if (wait_ms < wait_min_ms)
        wait_ms = wait_min_ms;
    if (wait_ms > RECHECK_MS)
        wait_ms = RECHECK_MS;
    (void)uv_timer_start(&clock->timer, on_timer, (uint64_t)wait_ms, 0);
}

static void unlink_timer(struct clock_timer *timer)
{
    struct clock *clock = timer->clock;

    assert(clock != NULL);
    if (timer->previous != NULL)
        timer->previous->next = timer->next;
    else
        clock->first = timer->next;
    if (timer->next != NULL)
        timer->next->previous = timer->previous;
    timer->previous = timer->next = NULL;
    timer->clock = NULL;
}

static void fire_first(struct clock *clock)
{
    struct clock_timer *timer = clock->first;

    unlink_timer(timer);
    timer->fire(timer->context);
}

/*
 * A timer that is started again at once must not hold the loop up, so it waits for the next millisecond: libuv would run
 * a timer of 0 ms in this same round.
 */
static void on_timer(uv_timer_t *handle)
{
    struct clock *clock = handle->data;
    const int64_t now_ms = clock_now_ms(clock);
    size_t due_count = 0;

    for (struct clock_timer *timer = clock->first; timer != NULL && timer->due_ms <= now_ms;
         timer = timer->next)
        due_count++;
    clock->is_firing = true;
    for (; due_count > 0 && clock->first != NULL && clock->first->due_ms <= now_ms; due_count--)
        fire_first(clock);
    clock->is_firing = false;
    arm(clock, 1);
}

void clock_timer_start(struct clock *clock, struct clock_timer *timer, int64_t due_ms,
                       clock_timer_fn *fire, void *context)
{
    struct clock_timer *previous = NULL, *next;

    clock_timer_stop(timer);
    for (next = clock->first; next != NULL && next->due_ms <= due_ms; next = next->next)
        previous = next;
    *timer = (struct clock_timer){due_ms, fire, context, previous, next, clock};
    if (previous != NULL)
        previous->next = timer;
    else
        clock->first = timer;
    if (next != NULL)
        next->previous = timer;
    if (clock->first == timer)
        arm(clock, 0);
}

void clock_timer_stop(struct clock_timer *timer)
{
    struct clock *clock = timer->clock;

    if (clock == NULL)
        return;
    unlink_timer(timer);
    arm(clock, 0);
}

void clock_advance_to(struct clock *clock, int64_t to_ms)
{
    assert(clock->mode == CLOCK_MANUAL && !clock->is_firing);
    clock->is_firing = true;
    while (clock->first != NULL && clock->first->due_ms <= to_ms) {
        if (clock->first->due_ms > clock->anchor_ms)
            clock->anchor_ms = clock->first->due_ms;
        fire_first(clock);
    }
    if (to_ms > clock->anchor_ms)
        clock->anchor_ms = to_ms;
    clock->is_firing = false;
    arm(clock, 0);
}

void clock_reset(struct clock *clock, int64_t now_ms)
{
    assert(clock->mode == CLOCK_MANUAL && !clock->is_firing);
    clock->anchor_ms = now_ms;
    arm(clock, 0);
}
