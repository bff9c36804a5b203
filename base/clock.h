/*
 * clock.h - the only source of time: real, faster, or moved by hand, and the timers that go by it.
 *
 * The clock of an account says what o'clock it is for events: their age, retry delays, back-off, the time stamps of
 * records. In manual mode it stops until it is advanced. Time-outs of handlers and whatever else must be real
 * use the clock_real_… functions and libuv's timers.
 *
 * Lifetime: opened before everything that waits; closed after it.
 * Threads:  event-loop thread only.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct clock;

enum clock_mode { CLOCK_REAL, CLOCK_FASTER, CLOCK_MANUAL };

struct clock_options {
    enum clock_mode mode;
    unsigned factor;       /* CLOCK_FASTER: how many times; else ignored */
    int64_t not_before_ms; /* all but CLOCK_REAL: starts at the real time, but not before this */
};

/* Epoch milliseconds of the wall, microseconds since some fixed point (monotonic). */
int64_t clock_real_now_ms(void);
int64_t clock_monotonic_us(void);

/* "2019-11-14T18:16:05.568Z"; the size that it needs with its NUL. */
enum { CLOCK_TEXT_SIZE = 32 };
void clock_format(int64_t epoch_ms, char text[CLOCK_TEXT_SIZE]);

/* NULL when out of memory. */
struct clock *clock_open(uv_loop_t *loop, const struct clock_options *options);

/* All timers must have been stopped. Memory is freed once the loop has closed the handle. */
void clock_close(struct clock *clock);

enum clock_mode clock_mode_of(const struct clock *clock);

/* How many times faster than the wall it goes; 1 unless CLOCK_FASTER. */
unsigned clock_factor(const struct clock *clock);

/* Epoch milliseconds by this clock; never goes backwards, also when the wall clock is put back. */
int64_t clock_now_ms(struct clock *clock);

typedef void clock_timer_fn(void *context);

/* The caller's memory; zeroed before first use. Fires once, never from inside clock_timer_start(). */
struct clock_timer {
    int64_t due_ms;
    clock_timer_fn *fire;
    void *context;
    struct clock_timer *previous, *next; /* in the order of due_ms */
    struct clock *clock;                 /* NULL while stopped */
};

/* Starts again if it is running. Cost grows with the number of running timers: there is one for each user, not one an event. */
void clock_timer_start(struct clock *clock, struct clock_timer *timer, int64_t due_ms,
                       clock_timer_fn *fire, void *context);
void clock_timer_stop(struct clock_timer *timer);

/*
 * Manual clocks only: moves on to `to_ms`, firing each timer that falls due on the way with the clock standing at that
 * timer's time. A timer may start others, which fire too if they are due by then.
 */
void clock_advance_to(struct clock *clock, int64_t to_ms);

/* Manual clocks only: back to `now_ms`, also when that is in the past. */
void clock_reset(struct clock *clock, int64_t now_ms);

#endif
