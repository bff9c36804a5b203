#include "base/line_writer.h"

#include "base/clock.h"
#include "tests/support/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uv_loop_t loop;
static struct line_writer *writer;
static int ends[2]; /* what is written to ends[1] is read from ends[0] */
static char received[4 * LINE_WRITER_CAPACITY];

static size_t say_dropped(char *line, size_t size, unsigned long long dropped_count, void *context)
{
    (void)context;
    return (size_t)snprintf(line, size, "%llu dropped\n", dropped_count);
}

static void open_on(int descriptor)
{
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    writer = line_writer_open(&loop, descriptor, say_dropped, NULL);
    ck_assert_ptr_nonnull(writer);
    signal(SIGPIPE, SIG_IGN);
}

static void open_on_pipe(void)
{
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_ne(fcntl(ends[0], F_SETFL, O_NONBLOCK), -1);
    open_on(ends[1]);
}

static void close_all(void)
{
    line_writer_close(writer);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

/* A line of `length` bytes, its line end included. False when it was dropped. */
static bool add_line(char letter, size_t length)
{
    char *const room = line_writer_reserve(writer, length);

    if (room == NULL)
        return false;
    memset(room, letter, length - 1);
    room[length - 1] = '\n';
    line_writer_commit(writer, length);
    return true;
}

/* Reads what is there; returns how much `received` then holds. */
static size_t receive(size_t held)
{
    ssize_t count;

    while ((count = read(ends[0], received + held, sizeof received - held)) > 0)
        held += (size_t)count;
    return held;
}

/* Runs the loop for so long in real time. */
static void on_time_up(uv_timer_t *timer)
{
    uv_stop(timer->loop);
    uv_close((uv_handle_t *)timer, NULL);
}

static void run_loop_ms(uint64_t duration_ms)
{
    uv_timer_t timer;

    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, on_time_up, duration_ms, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_run(&loop, UV_RUN_NOWAIT);
}

START_TEST(keeps_a_line_for_a_moment_and_then_writes_it)
{
    open_on_pipe();
    ck_assert(add_line('a', 10));
    ck_assert_uint_eq(receive(0), 0);
    run_loop_ms(50);
    ck_assert_uint_eq(receive(0), 10);
    ck_assert_mem_eq(received, "aaaaaaaaa\n", 10);
    close_all();
}
END_TEST

START_TEST(writes_without_waiting_for_the_timer_when_much_is_pending)
{
    open_on_pipe();
    for (int i = 0; i < 40; i++)
        ck_assert(add_line('a', 1000));
    ck_assert_uint_ge(receive(0), 32768);
    close_all();
}
END_TEST

START_TEST(closing_writes_what_is_left)
{
    open_on_pipe();
    ck_assert(add_line('z', 5));
    close_all();
    ck_assert_uint_eq(receive(0), 5);
}
END_TEST

START_TEST(never_waits_for_a_reader_that_does_not_read)
{
    const int64_t began_us = clock_monotonic_us();
    unsigned long long taken = 0, refused = 0;

    open_on_pipe();
    for (int i = 0; i < 20000; i++)
        *(add_line('a', 100) ? &taken : &refused) += 1;
    run_loop_ms(50);
    /* Two million bytes, of which a pipe and the buffer hold about 1.1. */
    ck_assert_uint_gt(taken, 10000);
    ck_assert_uint_gt(refused, 5000);
    ck_assert_int_lt(clock_monotonic_us() - began_us, 5000000);
    ck_assert(!line_writer_flush(writer, 20));

    /* Then it reads again: all that was taken, in whole lines, and once how many are missing. */
    size_t held = 0;
    char note[64];

    for (int i = 0; i < 100; i++) {
        held = receive(held);
        line_writer_push(writer);
    }
    (void)snprintf(note, sizeof note, "\n%llu dropped\n", refused);
    ck_assert_uint_eq(held, taken * 100 + strlen(note) - 1);
    received[held] = '\0';
    ck_assert_ptr_nonnull(strstr(received, note));
    ck_assert_ptr_eq(strstr(strstr(received, "dropped") + 1, "dropped"), NULL);
    ck_assert(add_line('b', 3));
    close_all();
}
END_TEST

START_TEST(leaves_the_shared_descriptor_blocking)
{
    open_on_pipe();
    ck_assert_int_eq(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
    close_all();
    ck_assert_int_ne(fcntl(ends[1], F_GETFD), -1); /* and open */
}
END_TEST

START_TEST(a_line_longer_than_an_atomic_write_arrives_whole)
{
    open_on_pipe();
    ck_assert(add_line('l', 30000));
    ck_assert(add_line('m', 20));
    ck_assert(line_writer_flush(writer, 1000));
    ck_assert_uint_eq(receive(0), 30020);
    ck_assert_int_eq(received[29998], 'l');
    ck_assert_int_eq(received[29999], '\n');
    ck_assert_int_eq(received[30000], 'm');
    close_all();
}
END_TEST

START_TEST(writes_whole_lines_at_a_time_to_a_pipe)
{
    char piece[8192];

    open_on_pipe();
    ck_assert_int_ne(fcntl(ends[1], F_SETPIPE_SZ, 4096), -1); /* holds one write */
    for (int i = 0; i < 100; i++)
        ck_assert(add_line('a', 150));
    line_writer_push(writer);
    const ssize_t count = read(ends[0], piece, sizeof piece);

    ck_assert_int_gt(count, 0);
    ck_assert_int_eq(count % 150, 0);
    ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    for (int i = 0; i < 10; i++) {
        line_writer_push(writer);
        (void)receive(0);
    }
    close_all();
}
END_TEST

START_TEST(a_reader_that_is_gone_costs_nothing)
{
    open_on_pipe();
    ck_assert_int_eq(close(ends[0]), 0);
    ck_assert(add_line('a', 10));
    line_writer_push(writer);
    ck_assert(!add_line('a', 10));
    ck_assert(line_writer_flush(writer, 1000));
    close_all();
}
END_TEST

START_TEST(a_socket_is_asked_before_it_is_written_to)
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    ck_assert_int_ne(fcntl(ends[0], F_SETFL, O_NONBLOCK), -1);
    open_on(ends[1]);
    size_t taken = 0, held = 0;

    for (int i = 0; i < 20000; i++)
        taken += add_line('a', 100);
    ck_assert_uint_lt(taken, 20000);
    for (int i = 0; i < 1000; i++) {
        held = receive(held);
        line_writer_push(writer);
    }
    ck_assert_uint_ge(held, taken * 100);
    close_all();
}
END_TEST

START_TEST(a_file_takes_everything)
{
    char path[] = "/tmp/test_line_writer_XXXXXX";

    ends[0] = mkstemp(path);
    ck_assert_int_ge(ends[0], 0);
    open_on(ends[0]);
    for (int i = 0; i < 50000; i++)
        ck_assert(add_line('a', 100));
    ck_assert(line_writer_flush(writer, 0));
    ck_assert_int_eq(lseek(ends[0], 0, SEEK_END), 5000000);
    ck_assert_int_eq(unlink(path), 0);
    close_all();
}
END_TEST

START_TEST(a_descriptor_that_is_not_open_swallows_lines)
{
    open_on(1000);
    ck_assert(!add_line('a', 10));
    close_all();
}
END_TEST

Suite *unit_suite(void)
{
    Suite *const suite = suite_create("line_writer");
    TCase *const tests = tcase_create("line_writer");

    tcase_add_test(tests, keeps_a_line_for_a_moment_and_then_writes_it);
    tcase_add_test(tests, writes_without_waiting_for_the_timer_when_much_is_pending);
    tcase_add_test(tests, closing_writes_what_is_left);
    tcase_add_test(tests, never_waits_for_a_reader_that_does_not_read);
    tcase_add_test(tests, leaves_the_shared_descriptor_blocking);
    tcase_add_test(tests, a_line_longer_than_an_atomic_write_arrives_whole);
    tcase_add_test(tests, writes_whole_lines_at_a_time_to_a_pipe);
    tcase_add_test(tests, a_reader_that_is_gone_costs_nothing);
    tcase_add_test(tests, a_socket_is_asked_before_it_is_written_to);
    tcase_add_test(tests, a_file_takes_everything);
    tcase_add_test(tests, a_descriptor_that_is_not_open_swallows_lines);
    suite_add_tcase(suite, tests);
    return suite;
}
