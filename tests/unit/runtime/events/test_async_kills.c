#include "tests/support/async_bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

PLAY_DISPATCHER

/*
 * Kills. A child accepts numbered events as fast as it can and runs them; what it tells goes through a pipe, a record
 * each: 'A' for accepted, 'R' for run, and the number.
 */
enum { KILLS = 20, NUMBERS_MAX = 1000000, IN_FLIGHT_MAX = 400 };

struct told {
    char what;
    int number;
};

static int tell_descriptor = -1;
static int next_number, number_in_flight;
static unsigned char accepted_numbers[NUMBERS_MAX], runs_of[NUMBERS_MAX];

static void tell(char what, int number)
{
    const struct told told = {what, number};

    if (tell_descriptor >= 0 && write(tell_descriptor, &told, sizeof told) != sizeof told)
        _exit(1);
}

static void tell_run(const struct invocation *invocation)
{
    char text[32];
    const struct bytes_view event = invocation_event(invocation);

    (void)snprintf(text, sizeof text, "%.*s", (int)event.length, event.data);
    tell('R', (int)strtol(text, NULL, 10));
}

static void enqueue_number(void);

static void on_number_accepted(bool is_accepted, void *context)
{
    const int *number = context;

    if (is_accepted)
        tell('A', *number);
    free(context);
    number_in_flight--;
    enqueue_number();
}

static void enqueue_number(void)
{
    char text[32];

    while (number_in_flight < 16 && next_number < NUMBERS_MAX) {
        int *number = malloc(sizeof *number);

        *number = next_number++;
        (void)snprintf(text, sizeof text, "%d", *number);
        struct bytes *payload = text_bytes(text);
        const struct enqueue_options options = {
            .account = account, .function_name = "plain", .payload = payload};

        if (async_invoker_enqueue(invoker, &options, on_number_accepted, number) !=
            ENQUEUE_PENDING) {
            free(number);
            bytes_release(payload);
            return; /* the queue is full for now */
        }
        bytes_release(payload);
        number_in_flight++;
    }
}

static void child_main(int descriptor)
{
    const struct log_options log_options = {.descriptor = 2, .level = LOG_ERROR};

    (void)uv_loop_fork(&loop);
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    own_log = log_open(&loop, &log_options);
    start_dispatcher();
    tell_descriptor = descriptor;
    open_invoker(CLOCK_REAL);
    for (;;) {
        enqueue_number();
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    }
}

/* So many records, or all until the child's end. */
static void hear(int descriptor, size_t count)
{
    struct told told;

    while (count-- > 0 && read(descriptor, &told, sizeof told) == sizeof told) {
        ck_assert_int_lt(told.number, NUMBERS_MAX);
        if (told.number >= next_number)
            next_number = told.number + 1;
        if (told.what == 'A')
            accepted_numbers[told.number] = 1;
        else if (runs_of[told.number] < 255)
            runs_of[told.number]++;
    }
}

static void kill_one(int round)
{
    int ends[2], status;
    pid_t child;

    ck_assert_int_eq(pipe(ends), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        child_main(ends[1]);
    (void)close(ends[1]);
    hear(ends[0], 200); /* however busy the machine is */
    (void)usleep((useconds_t)((round * 7919) % 30000));
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    hear(ends[0], SIZE_MAX);
    (void)close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    next_number += 100; /* those that were accepted, and not told */
}

START_TEST(no_accepted_event_is_lost_by_kills_and_only_those_in_flight_run_again)
{
    int accepted = 0, again = 0, ends[2];

    fake.on_run = tell_run;
    close_invoker();
    for (int round = 0; round < KILLS; round++)
        kill_one(round);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_ge(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20), 1 << 20);
    tell_descriptor = ends[1];
    open_invoker(CLOCK_MANUAL);
    drain();
    tell_descriptor = -1;
    (void)close(ends[1]);
    hear(ends[0], SIZE_MAX);
    (void)close(ends[0]);
    for (int number = 0; number < NUMBERS_MAX; number++) {
        accepted += accepted_numbers[number];
        again += runs_of[number] > 1;
        ck_assert_msg(accepted_numbers[number] == 0 || runs_of[number] > 0,
                      "event %d was accepted and lost", number);
    }
    ck_assert_int_gt(accepted, 1000);
    ck_assert_int_lt(again, KILLS * IN_FLIGHT_MAX);
    ck_assert_int_lt(again, accepted / 2);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("async_kills");
    TCase *tcase = tcase_create("async_kills");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, no_accepted_event_is_lost_by_kills_and_only_those_in_flight_run_again);
    suite_add_tcase(suite, tcase);
    return suite;
}
