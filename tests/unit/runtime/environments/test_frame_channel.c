#include "runtime/environments/frame_channel.h"

#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BIG = 6 << 20, RECEIVED_MAX = 16 };

static struct test_bed bed;
static struct frame_channel channel;
static int worker; /* the other end, non-blocking */
static struct {
    enum frame_kind kind;
    struct bytes *body;
} received[RECEIVED_MAX];
static size_t received_count;
static unsigned end_count, closed_count;
static bool closes_on_frame;

static void on_closed(void *context)
{
    (void)context;
    closed_count++;
}

static void on_frame(enum frame_kind kind, struct bytes *body, void *context)
{
    ck_assert_ptr_eq(context, &bed);
    ck_assert_uint_lt(received_count, RECEIVED_MAX);
    received[received_count].kind = kind;
    received[received_count++].body = body;
    if (closes_on_frame)
        frame_channel_close(&channel, on_closed);
}

static void on_end(void *context)
{
    ck_assert_ptr_eq(context, &bed);
    end_count++;
}

static void set_up(void)
{
    test_bed_open(&bed);
    worker = frame_channel_open(&channel, &bed.loop, on_frame, on_end, &bed);
    ck_assert_int_ge(worker, 0);
    ck_assert_int_eq(fcntl(worker, F_GETFL) & O_NONBLOCK, 0); /* the worker's end blocks */
    ck_assert_int_eq(fcntl(worker, F_SETFL, O_NONBLOCK), 0);
}

static void tear_down(void)
{
    if (!closes_on_frame)
        frame_channel_close(&channel, on_closed);
    ck_assert_uint_eq(closed_count, closes_on_frame ? closed_count : 0);
    test_bed_run_for(&bed, 5);
    ck_assert_uint_eq(closed_count, 1);
    if (worker >= 0)
        (void)close(worker);
    for (size_t i = 0; i < received_count; i++)
        bytes_release(received[i].body);
    test_bed_close(&bed);
}

static void say(const char *data, size_t length)
{
    while (length > 0) {
        const ssize_t count = write(worker, data, length);

        if (count < 0) {
            ck_assert_int_eq(errno, EAGAIN);
            (void)uv_run(&bed.loop, UV_RUN_NOWAIT);
            continue;
        }
        data += count;
        length -= (size_t)count;
    }
}

static bool has_received(void *context)
{
    return received_count >= *(const size_t *)context;
}

static void wait_for_frames(size_t count)
{
    test_bed_run_until(&bed, has_received, &count);
    ck_assert_uint_eq(received_count, count);
}

static bool has_channel_ended(void *context)
{
    (void)context;
    return end_count > 0;
}

static void assert_frame(size_t index, enum frame_kind kind, const void *body, size_t length)
{
    const struct bytes_view view = bytes_view(received[index].body);

    ck_assert_int_eq(received[index].kind, kind);
    ck_assert_uint_eq(view.length, length);
    ck_assert(length == 0 || memcmp(view.data, body, length) == 0);
}

/* ---- receiving ---- */

static const char three[] = "\0\0\0\1N\0\0\0\6Rhello\0\0\0\1N";

static struct bytes *frame_of(const char *body)
{
    struct bytes *frame = frame_new(0);

    ck_assert_ptr_nonnull(frame);
    ck_assert(bytes_append(&frame, body, strlen(body)));
    return frame;
}

START_TEST(frames_arrive_whole_wherever_the_stream_is_split)
{
    const size_t split = (size_t)_i;

    say(three, split);
    test_bed_run_for(&bed, 3);
    ck_assert_uint_eq(received_count, split >= 20 ? 3 : split >= 15 ? 2 : split >= 5 ? 1 : 0);
    say(three + split, sizeof three - 1 - split);
    wait_for_frames(3);
    assert_frame(0, FRAME_NEXT, "", 0);
    ck_assert_ptr_null(received[0].body);
    assert_frame(1, FRAME_RESPONSE, "hello", 5);
    assert_frame(2, FRAME_NEXT, "", 0);
}
END_TEST

START_TEST(frames_arrive_byte_by_byte)
{
    for (size_t i = 0; i < sizeof three - 1; i++) {
        say(three + i, 1);
        (void)uv_run(&bed.loop, UV_RUN_NOWAIT);
    }
    wait_for_frames(3);
    assert_frame(1, FRAME_RESPONSE, "hello", 5);
}
END_TEST

/* Lengths of bodies about the size of one read, and far beyond it. */
static const size_t lengths[] = {1, 65530, 65531, 65535, 65536, 65537, 131072, 1000003, BIG};

START_TEST(a_large_frame_arrives_unchanged_and_the_next_one_too)
{
    const size_t length = lengths[_i];
    const unsigned rest = (unsigned)length + 1;
    const char head[] = {(char)(rest >> 24), (char)(rest >> 16), (char)(rest >> 8), (char)rest,
                         'R'};
    char *body = malloc(length);

    for (size_t i = 0; i < length; i++)
        body[i] = (char)(i * 131 + i / 251);
    say(head, sizeof head);
    say(body, length);
    say("\0\0\0\1N", 5);
    wait_for_frames(2);
    assert_frame(0, FRAME_RESPONSE, body, length);
    assert_frame(1, FRAME_NEXT, "", 0);
    free(body);
}
END_TEST

START_TEST(what_arrived_before_the_end_is_received_by_draining)
{
    say(three, sizeof three - 1);
    (void)close(worker);
    worker = -1;
    frame_channel_drain(&channel);
    ck_assert_uint_eq(received_count, 3);
    frame_channel_drain(&channel);
    ck_assert_uint_eq(end_count, 1);
}
END_TEST

/* Lengths that no frame has. */
static const struct {
    const char *head;
    size_t length;
} nonsense[] = {{"\0\0\0\0N", 5},
                {"\xff\xff\xff\xffR", 5},
                {"\x04\0\0\1R", 5},
                {"HTTP/1.1 200 OK\r\n", 17},
                {"{\"a\":1}\n", 8}};

START_TEST(nonsense_ends_the_channel_once)
{
    say(nonsense[_i].head, nonsense[_i].length);
    test_bed_run_until(&bed, has_channel_ended, NULL);
    test_bed_run_for(&bed, 5);
    ck_assert_uint_eq(end_count, 1);
    ck_assert_uint_eq(received_count, 0);
    ck_assert(!uv_is_active((uv_handle_t *)&channel.poll));
    ck_assert(!frame_channel_send(&channel, FRAME_EVENT, frame_of("late"), NULL));
}
END_TEST

START_TEST(an_unknown_kind_is_the_receivers_to_judge)
{
    say("\0\0\0\1?", 5);
    wait_for_frames(1);
    ck_assert_int_eq(received[0].kind, '?');
}
END_TEST

START_TEST(an_end_in_the_middle_of_a_frame_is_an_end)
{
    say("\0\0\1\0Rhel", 8);
    test_bed_run_for(&bed, 3);
    (void)close(worker);
    worker = -1;
    test_bed_run_until(&bed, has_channel_ended, NULL);
    ck_assert_uint_eq(received_count, 0);
}
END_TEST

/* A number that is free again may be the next socket's, which the close of the handle would then cut off from the loop. */
START_TEST(the_descriptor_of_an_ended_channel_is_not_free_before_its_handle_is_closed)
{
    (void)close(worker);
    worker = -1;
    test_bed_run_until(&bed, has_channel_ended, NULL);
    ck_assert_int_ge(fcntl(channel.descriptor, F_GETFD), 0);
}
END_TEST

START_TEST(a_receiver_may_close_in_the_middle_of_what_has_arrived)
{
    closes_on_frame = true;
    say(three, sizeof three - 1);
    test_bed_run_for(&bed, 5);
    ck_assert_uint_eq(received_count, 1);
    ck_assert_uint_eq(end_count, 0);
}
END_TEST

/* ---- sending ---- */

static void read_all(char *buffer, size_t length)
{
    while (length > 0) {
        const ssize_t count = read(worker, buffer, length);

        if (count < 0) {
            ck_assert_int_eq(errno, EAGAIN);
            (void)uv_run(&bed.loop, UV_RUN_NOWAIT);
            continue;
        }
        ck_assert_int_gt(count, 0);
        buffer += count;
        length -= (size_t)count;
    }
}

START_TEST(a_frame_is_body_then_payload)
{
    struct bytes *payload = bytes_copy("{}", 2);
    char text[64];

    ck_assert(frame_channel_send(&channel, FRAME_EVENT, frame_of("head"), payload));
    ck_assert(frame_channel_send(&channel, FRAME_INIT, frame_of(""), payload));
    ck_assert(frame_channel_send(&channel, FRAME_INIT, frame_of("x"), NULL));
    bytes_release(payload);
    read_all(text, 11 + 7 + 6);
    ck_assert_mem_eq(text, "\0\0\0\7Ehead{}\0\0\0\3I{}\0\0\0\2Ix", 24);
    ck_assert_uint_eq(channel.part_count, 0);
}
END_TEST

START_TEST(what_the_socket_does_not_take_waits_and_arrives_unchanged)
{
    struct bytes *payload = bytes_new(BIG);
    char *text = malloc(BIG + 5);

    for (size_t i = 0; i < BIG; i++)
        payload->data[i] = (char)(i * 17 + i / 509);
    payload->length = BIG;
    ck_assert(frame_channel_send(&channel, FRAME_EVENT, frame_of(""), payload));
    ck_assert_uint_gt(channel.part_count, 0);
    ck_assert(frame_channel_send(&channel, FRAME_EVENT, frame_of("after"), NULL));
    read_all(text, BIG + 5);
    ck_assert_mem_eq(text, "\0\x60\0\1E", 5);
    ck_assert(memcmp(text + 5, payload->data, BIG) == 0);
    read_all(text, 10);
    ck_assert_mem_eq(text, "\0\0\0\6Eafter", 10);
    test_bed_run_for(&bed, 3);
    ck_assert_uint_eq(channel.part_count, 0);
    ck_assert_uint_eq(payload->reference_count, 1);
    bytes_release(payload);
    free(text);
}
END_TEST

START_TEST(a_worker_that_reads_nothing_fills_the_queue_and_no_more)
{
    struct bytes *payload = bytes_new(BIG);
    unsigned count = 0;

    memset(payload->data, 'x', BIG);
    payload->length = BIG;
    while (count < 100 && frame_channel_send(&channel, FRAME_EVENT, frame_of("b"), payload))
        count++;
    ck_assert_uint_gt(count, 0);
    ck_assert_uint_le(count, FRAME_PARTS_MAX);
    bytes_release(payload);
}
END_TEST

START_TEST(a_worker_that_is_gone_while_much_waits_ends_the_channel)
{
    struct bytes *payload = bytes_new(BIG);

    memset(payload->data, 'x', BIG);
    payload->length = BIG;
    ck_assert(frame_channel_send(&channel, FRAME_EVENT, frame_of(""), payload));
    bytes_release(payload);
    (void)close(worker);
    worker = -1;
    test_bed_run_until(&bed, has_channel_ended, NULL);
    ck_assert_uint_eq(end_count, 1);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("frame_channel");
    TCase *tcase = tcase_create("frame_channel");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, frames_arrive_whole_wherever_the_stream_is_split, 0,
                        (int)sizeof three - 1);
    tcase_add_test(tcase, frames_arrive_byte_by_byte);
    tcase_add_loop_test(tcase, a_large_frame_arrives_unchanged_and_the_next_one_too, 0,
                        ARRAY_LENGTH(lengths));
    tcase_add_test(tcase, what_arrived_before_the_end_is_received_by_draining);
    tcase_add_loop_test(tcase, nonsense_ends_the_channel_once, 0, ARRAY_LENGTH(nonsense));
    tcase_add_test(tcase, an_unknown_kind_is_the_receivers_to_judge);
    tcase_add_test(tcase, an_end_in_the_middle_of_a_frame_is_an_end);
    tcase_add_test(tcase,
                   the_descriptor_of_an_ended_channel_is_not_free_before_its_handle_is_closed);
    tcase_add_test(tcase, a_receiver_may_close_in_the_middle_of_what_has_arrived);
    tcase_add_test(tcase, a_frame_is_body_then_payload);
    tcase_add_test(tcase, what_the_socket_does_not_take_waits_and_arrives_unchanged);
    tcase_add_test(tcase, a_worker_that_reads_nothing_fills_the_queue_and_no_more);
    tcase_add_test(tcase, a_worker_that_is_gone_while_much_waits_ends_the_channel);
    suite_add_tcase(suite, tcase);
    return suite;
}
