#include "tests/support/queue_bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(events_are_there_after_a_restart_in_their_order)
{
    add(300, 10);
    add(100, 10);
    add(200, 10);
    add(9000, 10);
    run();
    ck_assert_int_eq(written_count, 4);
    close_queue();
    open_queue();
    ck_assert_uint_eq(lane_count, 1);
    ck_assert_str_eq(lanes[0].account_id, "123456789012");
    ck_assert_str_eq(lanes[0].function_name, "hello");
    ck_assert_uint_eq(lanes[0].count, 4);
    ck_assert_int_eq(lanes[0].next_due_ms, 100);
    ck_assert_int_eq(event_queue_next_sequence(queue), 5);
    read_due(1000, 10, NULL, 0);
    ck_assert_str_eq(read_order(), "2 3 1");
    ck_assert_int_eq(last_read.next_due_ms, 9000);
    close_queue();
}
END_TEST

START_TEST(a_row_keeps_all_that_an_event_has)
{
    struct event *event = make_event(5, 3), *back;

    ck_assert(event_set_text(&event->qualifier, "live"));
    ck_assert(event_set_text(&event->trace_header, "Root=1-2-3"));
    ck_assert(event_set_text(&event->last_error, "boom"));
    ck_assert(event_set_text(&event->last_version, "7"));
    event->last_response = bytes_copy("a\0b", 3);
    event->run_count = 1;
    event->throttle_count = 4;
    ck_assert(event_queue_add(queue, event, false, on_written, NULL));
    run();
    read_due(5, 1, NULL, 0);
    back = last_read.first;
    ck_assert_ptr_nonnull(back);
    ck_assert_str_eq(back->request_id, "00000001-b0cc-47a5-a1d9-79eda1987e58");
    ck_assert_str_eq(back->qualifier, "live");
    ck_assert_str_eq(back->trace_header, "Root=1-2-3");
    ck_assert_str_eq(back->last_error, "boom");
    ck_assert_str_eq(back->last_version, "7");
    ck_assert_uint_eq(back->last_response->length, 3);
    ck_assert_int_eq(memcmp(back->last_response->data, "a\0b", 3), 0);
    ck_assert_uint_eq(back->payload->length, 3);
    ck_assert_uint_eq(back->run_count, 1);
    ck_assert_uint_eq(back->throttle_count, 4);
    ck_assert_int_eq(back->enqueued_at_ms, 5);
    (void)read_order();
    close_queue();
}
END_TEST

START_TEST(reading_leaves_out_what_is_held_and_says_what_comes_next)
{
    int64_t *held = malloc(2 * sizeof *held);

    for (int i = 0; i < 6; i++)
        add(100 + i, 10);
    run();
    held[0] = 1;
    held[1] = 3;
    read_due(1000, 2, held, 2);
    ck_assert_str_eq(read_order(), "2 4");
    ck_assert_int_eq(last_read.next_due_ms, 104);
    read_due(100, 5, NULL, 0);
    ck_assert_str_eq(read_order(), "1");
    ck_assert_int_eq(last_read.next_due_ms, 101);
    close_queue();
}
END_TEST

START_TEST(a_big_payload_ends_a_read_but_one_event_always_comes)
{
    add(1, 2000000);
    add(2, 10);
    run();
    read_due(10, 5, NULL, 0);
    ck_assert_str_eq(read_order(), "1");
    ck_assert_int_eq(last_read.next_due_ms, 2);
    close_queue();
}
END_TEST

#if defined __SANITIZE_THREAD__ || defined __SANITIZE_ADDRESS__
static const uint64_t many_max_ns = UINT64_C(60000000000);
#else
static const uint64_t many_max_ns = UINT64_C(5000000000);
#endif

START_TEST(many_that_are_added_together_share_few_commits)
{
    uint64_t before;

    for (int i = 0; i < 10000; i++)
        add(i, 100);
    before = uv_hrtime();
    run();
    ck_assert_int_eq(written_count, 10000);
    ck_assert_uint_lt(uv_hrtime() - before, many_max_ns);
    close_queue();
}
END_TEST

START_TEST(a_rescheduled_event_comes_back_at_its_new_time_with_its_tries)
{
    struct event *event = make_event(100, 10);

    add(100, 10);
    run();
    event->sequence = 2; /* the one that was added */
    event->due_ms = 60100;
    event->run_count = 1;
    ck_assert(event_queue_reschedule(queue, event, 100, on_written, NULL));
    run();
    read_due(60099, 5, NULL, 0);
    ck_assert_str_eq(read_order(), "");
    ck_assert_int_eq(last_read.next_due_ms, 60100);
    read_due(60100, 5, NULL, 0);
    ck_assert_uint_eq(last_read.first->run_count, 1);
    ck_assert_str_eq(read_order(), "2");
    close_queue();
}
END_TEST

START_TEST(a_finished_event_is_gone_and_its_records_are_written_in_order)
{
    struct event *first = make_event(1, 10), *second = make_event(1, 10);
    char *text;

    finish(first, "{\"n\":1}\n");
    finish(second, "{\"n\":2}\n");
    run();
    text = read_text("dead-letters/dlq.jsonl");
    ck_assert_str_eq(text, "{\"n\":1}\n{\"n\":2}\n");
    free(text);
    read_due(1000, 5, NULL, 0);
    ck_assert_str_eq(read_order(), "");
    close_queue();
}
END_TEST

START_TEST(half_a_line_from_a_crash_is_cut_off_before_the_next)
{
    char path[128];
    FILE *file;
    char *text;

    finish(make_event(1, 1), "{\"n\":1}\n");
    run();
    (void)snprintf(path, sizeof path, "%s/dead-letters/dlq.jsonl", queue_folder);
    file = fopen(path, "a");
    (void)fputs("{\"half\":", file);
    (void)fclose(file);
    finish(make_event(1, 1), "{\"n\":2}\n");
    run();
    text = read_text("dead-letters/dlq.jsonl");
    ck_assert_str_eq(text, "{\"n\":1}\n{\"n\":2}\n");
    free(text);
    close_queue();
}
END_TEST

static struct bytes *listed;

static void on_records(struct bytes *array, const char *why, void *context)
{
    (void)context;
    ck_assert_ptr_nonnull(array);
    ck_assert_ptr_null(why);
    bytes_release(listed);
    listed = array;
}

static void list(const char *name, const char *expected)
{
    struct record_file file = {.kind = RECORD_DEAD_LETTER};

    (void)snprintf(file.name, sizeof file.name, "%s", name);
    ck_assert(event_queue_records(queue, &file, on_records, NULL));
    run();
    ck_assert_uint_eq(listed->length, strlen(expected));
    ck_assert_int_eq(memcmp(listed->data, expected, listed->length), 0);
}

static void on_removed(enum store_status status, void *context)
{
    (void)context;
    ck_assert_int_eq(status, STORE_OK);
}

START_TEST(records_are_listed_as_an_array_and_removed)
{
    list("", "[]");
    list("dlq", "[]");
    finish(make_event(1, 1), "{\"n\":1}\n");
    finish(make_event(1, 1), "{\"n\":2}\n");
    run();
    list("", "[{\"n\":1},{\"n\":2}]");
    list("dlq", "[{\"n\":1},{\"n\":2}]");
    list("other", "[]");
    ck_assert(event_queue_remove_records(queue, "", on_removed, NULL));
    run();
    list("", "[]");
    bytes_release(listed);
    listed = NULL;
    close_queue();
}
END_TEST

START_TEST(a_file_that_cannot_be_written_holds_up_no_other_event)
{
    char path[128];
    char *text;

    (void)snprintf(path, sizeof path, "%s/dead-letters", queue_folder);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    (void)snprintf(path, sizeof path, "%s/dead-letters/dlq.jsonl", queue_folder);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    finish(make_event(1, 1), "{\"n\":1}\n");
    add(1, 1);
    while (written_count < 1)
        (void)uv_run(&queue_loop, UV_RUN_ONCE);
    ck_assert_int_eq(skipped_count, 1);
    ck_assert_int_eq(failing_count, 0);
    ck_assert_int_eq(rmdir(path), 0);
    while (written_count < 2)
        (void)uv_run(&queue_loop, UV_RUN_ONCE);
    text = read_text("dead-letters/dlq.jsonl");
    ck_assert_str_eq(text, "{\"n\":1}\n");
    free(text);
    close_queue();
}
END_TEST

START_TEST(a_full_disk_refuses_new_events_loses_none_and_is_over_when_there_is_room)
{
    struct event *event;
    int accepted;

    add(1, 10);
    run();
    event = make_event(1, 10);
    event->sequence = 1;
    limit_file_size(400000);
    while (failed_count == 0) {
        add(1, PAYLOAD_BIG / 10);
        run();
    }
    accepted = written_count;
    ck_assert_int_ge(failing_count, 1);
    ck_assert(event_queue_is_failing(queue));
    /* What ends is kept until it can be written. */
    limit_file_size(200000);
    finish(event, NULL);
    for (int i = 0; i < 5; i++)
        (void)uv_run(&queue_loop, UV_RUN_ONCE);
    ck_assert_int_eq(written_count, accepted);
    limit_file_size(RLIM_INFINITY);
    while (written_count == accepted)
        (void)uv_run(&queue_loop, UV_RUN_ONCE);
    ck_assert_int_eq(recovered_count, failing_count);
    add(1, PAYLOAD_BIG);
    run();
    ck_assert_int_eq(written_count, accepted + 2);
    close_queue();
    open_queue();
    ck_assert_uint_eq(lanes[0].count, (size_t)accepted);
    close_queue();
}
END_TEST

START_TEST(clearing_removes_what_was_added_before_and_nothing_after)
{
    add(1, 10);
    add(1, 10);
    ck_assert(event_queue_clear(queue, &queue_account, on_cleared, NULL));
    add(1, 10);
    run();
    read_due(1, 10, NULL, 0);
    ck_assert_str_eq(read_order(), "3");
    close_queue();
}
END_TEST

static size_t read_count;

static void on_counted_read(struct store_read *read, enum store_status status, void *context)
{
    (void)status;
    (void)context;
    read_count += read->count;
    events_free(read->first);
    read->first = NULL;
}

/* It is refused with it, or finds nothing. */
START_TEST(a_read_does_not_overtake_the_clearing_of_its_account)
{
    const struct store_read what = {.lane_id = queue_lane.id,
                                    .due_max_ms = 10,
                                    .event_max = 10,
                                    .byte_max = 1000,
                                    .has_payload = true};

    for (int i = 0; i < 50; i++)
        add(1, 1000);
    run();
    limit_file_size(8192);
    ck_assert(event_queue_clear(queue, &queue_account, on_cleared, NULL));
    while (failing_count == 0)
        (void)uv_run(&queue_loop, UV_RUN_ONCE);
    ck_assert(event_queue_read(queue, &queue_account, &what, NULL, on_counted_read, NULL));
    for (int i = 0; i < 5; i++)
        (void)uv_run(&queue_loop, UV_RUN_ONCE);
    limit_file_size(RLIM_INFINITY);
    run();
    ck_assert(event_queue_read(queue, &queue_account, &what, NULL, on_counted_read, NULL));
    run();
    ck_assert_uint_eq(read_count, 0);
    close_queue();
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("event_queue");
    TCase *tcase = tcase_create("event_queue");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, queue_set_up, queue_tear_down);
    tcase_add_test(tcase, events_are_there_after_a_restart_in_their_order);
    tcase_add_test(tcase, a_row_keeps_all_that_an_event_has);
    tcase_add_test(tcase, reading_leaves_out_what_is_held_and_says_what_comes_next);
    tcase_add_test(tcase, a_big_payload_ends_a_read_but_one_event_always_comes);
    tcase_add_test(tcase, many_that_are_added_together_share_few_commits);
    tcase_add_test(tcase, a_rescheduled_event_comes_back_at_its_new_time_with_its_tries);
    tcase_add_test(tcase, a_finished_event_is_gone_and_its_records_are_written_in_order);
    tcase_add_test(tcase, half_a_line_from_a_crash_is_cut_off_before_the_next);
    tcase_add_test(tcase, records_are_listed_as_an_array_and_removed);
    tcase_add_test(tcase, a_file_that_cannot_be_written_holds_up_no_other_event);
    tcase_add_test(tcase, a_full_disk_refuses_new_events_loses_none_and_is_over_when_there_is_room);
    tcase_add_test(tcase, clearing_removes_what_was_added_before_and_nothing_after);
    tcase_add_test(tcase, a_read_does_not_overtake_the_clearing_of_its_account);
    suite_add_tcase(suite, tcase);
    return suite;
}
