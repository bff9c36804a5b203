#include "runtime/events/event_lane.h"

#include "tests/support/unit.h"

#include <stdlib.h>

static struct event_lane lane;

static void set_up(void)
{
    lane = (struct event_lane){.id = 7, .next_due_ms = INT64_MAX, .expected_due_ms = INT64_MAX};
}

static void tear_down(void)
{
    while (lane.first != NULL) {
        struct event *event = lane.first;

        event_lane_drop(&lane, event);
        event_free(event);
    }
}

static struct event *hold(int64_t due_ms, int64_t sequence)
{
    struct event *event = event_new();

    ck_assert_ptr_nonnull(event);
    event->due_ms = due_ms;
    event->sequence = sequence;
    event->state = EVENT_READY;
    lane.count++;
    event_lane_hold(&lane, event);
    return event;
}

static void check_order(const int64_t *sequences, size_t count)
{
    const struct event *event = lane.first, *previous = NULL;

    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_nonnull(event);
        ck_assert_int_eq(event->sequence, sequences[i]);
        ck_assert_ptr_eq(event->previous, previous);
        previous = event;
        event = event->next;
    }
    ck_assert_ptr_null(event);
    ck_assert_ptr_eq(lane.last, previous);
}

START_TEST(events_are_held_by_due_time_and_then_by_acceptance)
{
    (void)hold(20, 1);
    (void)hold(10, 3);
    (void)hold(10, 2);
    (void)hold(30, 4);
    check_order((const int64_t[]){2, 3, 1, 4}, 4);
    ck_assert_int_eq(lane.first->lane_id, 7);
}
END_TEST

START_TEST(dropping_from_anywhere_leaves_the_others_in_order)
{
    struct event *events[] = {hold(1, 1), hold(2, 2), hold(3, 3), hold(4, 4)};

    event_lane_drop(&lane, events[1]);
    check_order((const int64_t[]){1, 3, 4}, 3);
    event_lane_drop(&lane, events[0]);
    event_lane_drop(&lane, events[3]);
    check_order((const int64_t[]){3}, 1);
    ck_assert_ptr_null(events[1]->lane);
    event_free(events[0]);
    event_free(events[1]);
    event_free(events[3]);
}
END_TEST

START_TEST(states_are_counted_and_the_first_ready_one_is_found)
{
    struct event *first = hold(1, 1), *second = hold(2, 2);

    ck_assert_uint_eq(lane.ready_count, 2);
    ck_assert_ptr_eq(event_lane_ready(&lane), first);
    event_lane_enter(&lane, first, EVENT_RUNNING);
    ck_assert_uint_eq(lane.running_count, 1);
    ck_assert_ptr_eq(event_lane_ready(&lane), second);
    event_lane_enter(&lane, second, EVENT_SETTLING);
    ck_assert_ptr_null(event_lane_ready(&lane));
    ck_assert_uint_eq(lane.ready_count, 0);
    event_lane_drop(&lane, first);
    ck_assert_uint_eq(lane.running_count, 0);
    event_free(first);
}
END_TEST

START_TEST(dropping_the_refused_event_leaves_none_refused_and_another_leaves_it)
{
    struct event *first = hold(1, 1), *second = hold(2, 2);

    event_lane_enter(&lane, first, EVENT_REFUSED);
    lane.refused = first;
    event_lane_drop(&lane, second);
    ck_assert_ptr_eq(lane.refused, first);
    event_lane_drop(&lane, first);
    ck_assert_ptr_null(lane.refused);
    event_free(first);
    event_free(second);
}
END_TEST

START_TEST(what_is_on_disk_alone_is_what_is_counted_and_not_held)
{
    struct event *event = hold(1, 1);

    lane.count += 5;
    ck_assert_uint_eq(event_lane_unread(&lane), 5);
    /* Emptied: the one that runs is counted no more, and there is nothing on disk. */
    lane.count = 0;
    event_lane_forget(&lane, event);
    event_lane_forget(&lane, event);
    ck_assert_uint_eq(event_lane_unread(&lane), 0);
    lane.count = 2;
    ck_assert_uint_eq(event_lane_unread(&lane), 2);
    event_lane_drop(&lane, event);
    ck_assert_uint_eq(event_lane_unread(&lane), 2);
    event_free(event);
}
END_TEST

START_TEST(the_held_sequences_are_sorted_and_found)
{
    int64_t *held;

    ck_assert_ptr_null(event_lane_held(&lane));
    (void)hold(3, 5);
    (void)hold(1, 9);
    (void)hold(2, 7);
    held = event_lane_held(&lane);
    ck_assert_int_eq(held[0], 5);
    ck_assert_int_eq(held[1], 7);
    ck_assert_int_eq(held[2], 9);
    free(held);
    ck_assert_int_eq(event_lane_find(&lane, 7)->due_ms, 2);
    ck_assert_ptr_null(event_lane_find(&lane, 8));
}
END_TEST

START_TEST(a_copy_has_all_that_is_written_and_outlives_the_event)
{
    struct event *event = hold(4, 9);
    struct event *copy;

    event->run_count = 2;
    event->throttle_count = 3;
    event->payload = bytes_copy("{}", 2);
    ck_assert(event_set_text(&event->qualifier, "live"));
    ck_assert(event_set_text(&event->last_error, "boom"));
    copy = event_copy(event);
    event_lane_drop(&lane, event);
    event_free(event);
    ck_assert_int_eq(copy->sequence, 9);
    ck_assert_int_eq(copy->lane_id, 7);
    ck_assert_int_eq(copy->due_ms, 4);
    ck_assert_uint_eq(copy->run_count, 2);
    ck_assert_uint_eq(copy->throttle_count, 3);
    ck_assert_str_eq(copy->qualifier, "live");
    ck_assert_str_eq(copy->last_error, "boom");
    ck_assert_ptr_null(copy->trace_header);
    ck_assert_uint_eq(copy->payload->length, 2);
    event_free(copy);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("event_lane");
    TCase *tcase = tcase_create("event_lane");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, events_are_held_by_due_time_and_then_by_acceptance);
    tcase_add_test(tcase, dropping_from_anywhere_leaves_the_others_in_order);
    tcase_add_test(tcase, states_are_counted_and_the_first_ready_one_is_found);
    tcase_add_test(tcase, dropping_the_refused_event_leaves_none_refused_and_another_leaves_it);
    tcase_add_test(tcase, what_is_on_disk_alone_is_what_is_counted_and_not_held);
    tcase_add_test(tcase, the_held_sequences_are_sorted_and_found);
    tcase_add_test(tcase, a_copy_has_all_that_is_written_and_outlives_the_event);
    suite_add_tcase(suite, tcase);
    return suite;
}
