#include "base/clock.h"

#include "tests/support/unit.h"

#include <string.h>
#include <time.h>

enum { HOUR_MS = 3600000 };

static uv_loop_t loop;
static struct clock *manual; /* stands at `start_ms` */
static int64_t start_ms;

struct probe {
    struct clock_timer timer;
    struct clock *clock;
    char name;
    int64_t fired_at_ms;
    int64_t again_after_ms; /* 0: does not start again */
    unsigned again_count;
};

static char fired[64];

static void on_fired(void *context)
{
    struct probe *probe = context;
    const size_t length = strlen(fired);

    if (length + 1 < sizeof fired) {
        fired[length] = probe->name;
        fired[length + 1] = '\0';
    }
    probe->fired_at_ms = clock_now_ms(probe->clock);
    if (probe->again_count > 0) {
        probe->again_count--;
        clock_timer_start(probe->clock, &probe->timer, probe->fired_at_ms + probe->again_after_ms,
                          on_fired, probe);
    }
}

static struct probe probe_of(struct clock *clock, char name)
{
    return (struct probe){.clock = clock, .name = name};
}

static void start(struct probe *probe, int64_t due_ms)
{
    clock_timer_start(probe->clock, &probe->timer, due_ms, on_fired, probe);
}

static void set_up(void)
{
    const struct clock_options options = {.mode = CLOCK_MANUAL,
                                          .not_before_ms = clock_real_now_ms() + HOUR_MS};

    fired[0] = '\0';
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    manual = clock_open(&loop, &options);
    ck_assert_ptr_nonnull(manual);
    start_ms = clock_now_ms(manual);
    ck_assert_int_eq(start_ms, options.not_before_ms);
}

static void tear_down(void)
{
    clock_close(manual);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static const struct {
    int64_t epoch_ms;
    const char *text;
} formats[] = {
    {0, "1970-01-01T00:00:00.000Z"},
    {INT64_C(1573755365568), "2019-11-14T18:16:05.568Z"},
    {INT64_C(951826554007), "2000-02-29T12:15:54.007Z"},
    {-1, "1969-12-31T23:59:59.999Z"},
    {INT64_MAX, "9999-12-31T23:59:59.999Z"},
};

START_TEST(writes_times_as_aws_does)
{
    char text[CLOCK_TEXT_SIZE];

    clock_format(formats[_i].epoch_ms, text);
    ck_assert_str_eq(text, formats[_i].text);
}
END_TEST

START_TEST(a_manual_clock_stands_still_until_it_is_advanced)
{
    const struct timespec pause = {0, 5000000};

    (void)nanosleep(&pause, NULL);
    ck_assert_int_eq(clock_now_ms(manual), start_ms);
    clock_advance_to(manual, start_ms + 6 * HOUR_MS);
    ck_assert_int_eq(clock_now_ms(manual), start_ms + 6 * HOUR_MS);
    clock_advance_to(manual, start_ms);
    ck_assert_int_eq(clock_now_ms(manual), start_ms + 6 * HOUR_MS);
    clock_reset(manual, start_ms);
    ck_assert_int_eq(clock_now_ms(manual), start_ms);
}
END_TEST

START_TEST(an_advance_fires_what_falls_due_in_order_and_each_at_its_time)
{
    struct probe a = probe_of(manual, 'a'), b = probe_of(manual, 'b'), c = probe_of(manual, 'c');

    start(&b, start_ms + 200);
    start(&c, start_ms + 300);
    start(&a, start_ms + 100);
    clock_advance_to(manual, start_ms + 250);
    ck_assert_str_eq(fired, "ab");
    ck_assert_int_eq(a.fired_at_ms, start_ms + 100);
    ck_assert_int_eq(b.fired_at_ms, start_ms + 200);
    clock_timer_stop(&c.timer);
}
END_TEST

START_TEST(timers_of_the_same_time_fire_in_the_order_of_their_start)
{
    struct probe a = probe_of(manual, 'a'), b = probe_of(manual, 'b');

    start(&b, start_ms + 100);
    start(&a, start_ms + 100);
    clock_advance_to(manual, start_ms + 100);
    ck_assert_str_eq(fired, "ba");
}
END_TEST

START_TEST(a_timer_started_by_a_timer_fires_in_the_same_advance_when_it_is_due_by_then)
{
    struct probe a = probe_of(manual, 'a');

    a.again_after_ms = 60000;
    a.again_count = 5;
    start(&a, start_ms);
    clock_advance_to(manual, start_ms + 180000);
    ck_assert_str_eq(fired, "aaaa");
    ck_assert_int_eq(clock_now_ms(manual), start_ms + 180000);
    clock_advance_to(manual, start_ms + 239999);
    ck_assert_str_eq(fired, "aaaa");
    clock_advance_to(manual, start_ms + 240000);
    ck_assert_str_eq(fired, "aaaaa");
    clock_timer_stop(&a.timer);
    clock_advance_to(manual, start_ms + 300000);
    ck_assert_str_eq(fired, "aaaaa");
}
END_TEST

START_TEST(a_timer_that_is_due_already_fires_from_the_loop_also_under_a_manual_clock)
{
    struct probe a = probe_of(manual, 'a');

    start(&a, start_ms - 1);
    ck_assert_str_eq(fired, "");
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_str_eq(fired, "a");
    ck_assert_int_eq(a.fired_at_ms, start_ms);
}
END_TEST

START_TEST(a_stopped_timer_does_not_fire_and_a_restarted_one_fires_once)
{
    struct probe a = probe_of(manual, 'a'), b = probe_of(manual, 'b');

    start(&a, start_ms + 10);
    start(&b, start_ms + 20);
    start(&b, start_ms + 5);
    clock_timer_stop(&a.timer);
    clock_timer_stop(&a.timer);
    clock_advance_to(manual, start_ms + 100);
    ck_assert_str_eq(fired, "b");
    ck_assert_int_eq(b.fired_at_ms, start_ms + 5);
}
END_TEST

START_TEST(a_real_clock_follows_the_wall)
{
    const struct clock_options options = {.mode = CLOCK_REAL,
                                          .not_before_ms = INT64_C(99999999999999)};
    struct clock *clock = clock_open(&loop, &options);
    const int64_t before_ms = clock_real_now_ms();
    const int64_t now_ms = clock_now_ms(clock);

    ck_assert_int_ge(now_ms, before_ms);
    ck_assert_int_le(now_ms, clock_real_now_ms() + 1);
    clock_close(clock);
}
END_TEST

START_TEST(a_real_timer_does_not_fire_early)
{
    const struct clock_options options = {.mode = CLOCK_REAL};
    struct clock *clock = clock_open(&loop, &options);
    struct probe a = probe_of(clock, 'a');
    const int64_t due_ms = clock_now_ms(clock) + 20;

    start(&a, due_ms);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_str_eq(fired, "a");
    ck_assert_int_ge(a.fired_at_ms, due_ms);
    clock_close(clock);
}
END_TEST

START_TEST(a_faster_clock_takes_an_hour_in_milliseconds)
{
    const struct clock_options options = {
        .mode = CLOCK_FASTER, .factor = 360000, .not_before_ms = start_ms};
    struct clock *clock = clock_open(&loop, &options);
    struct probe a = probe_of(clock, 'a');
    const int64_t before_us = clock_monotonic_us();
    const int64_t due_ms = clock_now_ms(clock) + HOUR_MS;

    ck_assert_int_ge(clock_now_ms(clock), start_ms);
    start(&a, due_ms);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_str_eq(fired, "a");
    ck_assert_int_ge(a.fired_at_ms, due_ms);
    ck_assert_int_lt(clock_monotonic_us() - before_us, 5000000);
    clock_close(clock);
}
END_TEST

START_TEST(a_timer_that_always_starts_again_leaves_the_loop_its_turn)
{
    const struct clock_options options = {.mode = CLOCK_REAL};
    struct clock *clock = clock_open(&loop, &options);
    struct probe a = probe_of(clock, 'a');

    a.again_count = 1000;
    start(&a, clock_now_ms(clock));
    for (int turn = 0; turn < 3; turn++)
        (void)uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_ge(a.again_count, 990);
    clock_timer_stop(&a.timer);
    clock_close(clock);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("clock");
    TCase *tcase = tcase_create("clock");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, writes_times_as_aws_does, 0, ARRAY_LENGTH(formats));
    tcase_add_test(tcase, a_manual_clock_stands_still_until_it_is_advanced);
    tcase_add_test(tcase, an_advance_fires_what_falls_due_in_order_and_each_at_its_time);
    tcase_add_test(tcase, timers_of_the_same_time_fire_in_the_order_of_their_start);
    tcase_add_test(tcase,
                   a_timer_started_by_a_timer_fires_in_the_same_advance_when_it_is_due_by_then);
    tcase_add_test(tcase,
                   a_timer_that_is_due_already_fires_from_the_loop_also_under_a_manual_clock);
    tcase_add_test(tcase, a_stopped_timer_does_not_fire_and_a_restarted_one_fires_once);
    tcase_add_test(tcase, a_real_clock_follows_the_wall);
    tcase_add_test(tcase, a_real_timer_does_not_fire_early);
    tcase_add_test(tcase, a_faster_clock_takes_an_hour_in_milliseconds);
    tcase_add_test(tcase, a_timer_that_always_starts_again_leaves_the_loop_its_turn);
    suite_add_tcase(suite, tcase);
    return suite;
}
