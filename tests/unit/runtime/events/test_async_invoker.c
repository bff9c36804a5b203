#include "tests/support/async_bed.h"

#include <stdlib.h>
#include <string.h>

PLAY_DISPATCHER

START_TEST(an_event_is_accepted_run_at_once_and_gone)
{
    enqueue_id("hello", id_a);
    WAIT_FOR(accepted_count == 1);
    WAIT_FOR(async_invoker_count(account) == 0);
    ck_assert_str_eq(fake.ran, "hello#1 ");
    ck_assert_str_eq(fake.last_request_id, id_a);
    ck_assert_int_eq(refused_count, 0);
}
END_TEST

START_TEST(a_failing_event_is_run_three_times_and_given_up_in_milliseconds)
{
    char *letters, *records;

    fake.answer = "error";
    enqueue_id("hello", id_a);
    drain();
    ck_assert_str_eq(fake.ran, "hello#1 hello#2 hello#3 ");
    ck_assert_str_eq(fake.last_request_id, id_a);
    ck_assert_int_eq(clock_now_ms(account->clock), start_ms + 180 * SECOND_MS);
    letters = file_text("dead-letters/hello-dlq.jsonl");
    records = file_text("destinations/bad.jsonl");
    ck_assert_ptr_nonnull(strstr(letters, "\"Body\":\"{\\\"n\\\": 1}\""));
    ck_assert_ptr_nonnull(strstr(letters, "\"ErrorCode\":{\"StringValue\":\"200\""));
    ck_assert_ptr_nonnull(strstr(letters, "\"ErrorMessage\":{\"StringValue\":\"boom\""));
    ck_assert_ptr_nonnull(strstr(records, "\"condition\":\"RetriesExhausted\""));
    ck_assert_ptr_nonnull(strstr(records, "\"approximateInvokeCount\":3"));
    ck_assert_ptr_nonnull(strstr(records, "\"source\":\"lambda\""));
    ck_assert_ptr_nonnull(strstr(records, "function:hello:$LATEST"));
    ck_assert_ptr_nonnull(
        strstr(log_text(), "hello 4bcbe58b attempt 1 of 3 failed (Unhandled: Exception: boom); "
                           "next at "));
    ck_assert_ptr_nonnull(strstr(log_text(), " (in 60 s)"));
    free(letters);
    free(records);
}
END_TEST

START_TEST(a_retry_waits_for_the_clock)
{
    fake.answer = "error";
    enqueue_id("hello", id_a);
    WAIT_FOR(fake.run_count == 1);
    ck_assert_str_eq(list(NULL), "hello waiting 2 +60 Unhandled: Exception: boom|");
    advance(59 * SECOND_MS);
    ck_assert_uint_eq(fake.run_count, 1);
    ck_assert_uint_eq(ran_count, 0);
    fake.answer = "ok";
    advance(1 * SECOND_MS);
    ck_assert_uint_eq(fake.run_count, 2);
    ck_assert_uint_eq(ran_count, 1);
    ck_assert_str_eq(ran_first, id_a);
    ck_assert_uint_eq(async_invoker_count(account), 0);
}
END_TEST

START_TEST(a_retry_that_falls_due_within_an_advance_runs_in_it_at_its_time)
{
    fake.answer = "error";
    enqueue_id("hello", id_a);
    WAIT_FOR(fake.run_count == 1);
    advance(HOUR_MS);
    ck_assert_uint_eq(ran_count, 2);
    ck_assert_uint_eq(async_invoker_count(account), 0);
    ck_assert_int_eq(clock_now_ms(account->clock), start_ms + HOUR_MS);
}
END_TEST

START_TEST(an_advance_does_not_wait_for_what_ran_before)
{
    fake.is_immediate = false;
    enqueue("hello");
    WAIT_FOR(fake.running_count == 1);
    advance(HOUR_MS);
    ck_assert_uint_eq(ran_count, 0);
    ck_assert_uint_eq(fake.running_count, 1);
    end_one("ok");
    drain();
}
END_TEST

START_TEST(age_is_checked_ahead)
{
    char *records;

    fake.answer = "error";
    enqueue("short");
    drain();
    ck_assert_uint_eq(fake.run_count, 2);
    ck_assert_int_eq(clock_now_ms(account->clock), start_ms + 60 * SECOND_MS);
    records = file_text("destinations/late.jsonl");
    ck_assert_ptr_nonnull(
        strstr(records, "\"condition\":\"EventAgeExceeded\",\"approximateInvokeCount\":2"));
    ck_assert_ptr_nonnull(strstr(records, "\"functionError\":\"Unhandled\""));
    free(records);
}
END_TEST

START_TEST(reserved_concurrency_of_zero_gives_up_at_once)
{
    char *records;

    enqueue("none");
    drain();
    ck_assert_uint_eq(fake.run_count, 0);
    records = file_text("destinations/zero.jsonl");
    ck_assert_ptr_nonnull(
        strstr(records, "\"condition\":\"ZeroReservedConcurrency\",\"approximateInvokeCount\":0},"
                        "\"requestPayload\":{\"n\": 1}}\n"));
    ck_assert_ptr_null(strstr(records, "responseContext"));
    free(records);
}
END_TEST

START_TEST(events_of_a_function_run_in_order_one_after_the_other)
{
    fake.is_immediate = false;
    enqueue_id("one", id_a);
    enqueue_id("one", id_b);
    WAIT_FOR(fake.running_count == 1);
    settle();
    ck_assert_uint_eq(fake.running_count, 1);
    ck_assert_str_eq(fake.last_request_id, id_a);
    ck_assert_str_eq(list("one"), "one running 1 +-1 -|one queued 1 +0 -|");
    end_one("ok");
    WAIT_FOR(fake.run_count == 2);
    ck_assert_str_eq(fake.last_request_id, id_b);
    end_one("ok");
    drain();
}
END_TEST

START_TEST(one_that_is_refused_backs_off_and_the_others_wait_for_a_place)
{
    fake.is_full = true;
    enqueue_id("one", id_a);
    enqueue_id("one", id_b);
    WAIT_FOR(accepted_count == 2);
    settle();
    ck_assert_uint_eq(fake.run_count, 0);
    ck_assert_str_eq(list(NULL), "one waiting 1 +1 Rate Exceeded.|one queued 1 +0 -|");
    advance(1 * SECOND_MS);
    ck_assert_str_eq(list(NULL), "one waiting 1 +3 Rate Exceeded.|one queued 1 +0 -|");
    advance(2 * SECOND_MS);
    ck_assert_str_eq(list(NULL), "one waiting 1 +7 Rate Exceeded.|one queued 1 +0 -|");
    fake.is_immediate = false;
    free_place();
    WAIT_FOR(fake.run_count == 1);
    ck_assert_str_eq(fake.last_request_id, id_a);
    fake.is_immediate = true;
    drain();
    ck_assert_uint_eq(fake.run_count, 2);
    ck_assert_str_eq(fake.last_request_id, id_b);
    ck_assert_str_eq(fake.ran, "one#1 one#1 ");
    ck_assert_int_eq(clock_now_ms(account->clock), start_ms + 3 * SECOND_MS);
}
END_TEST

START_TEST(refused_events_of_several_functions_get_places_in_the_order_of_acceptance)
{
    static const char *const names[] = {"plain", "hello", "short", "versions"};

    fake.is_full = true;
    for (int i = 0; i < ARRAY_LENGTH(names); i++) {
        enqueue(names[i]);
        settle();
    }
    /* Refused again later, and in another order. */
    advance(1 * SECOND_MS);
    fake.is_immediate = false;
    free_place();
    WAIT_FOR(fake.run_count == 4);
    ck_assert_str_eq(fake.ran, "plain#1 hello#1 short#1 versions#1 ");
    fake.is_immediate = true;
    drain();
}
END_TEST

START_TEST(one_that_finds_the_place_taken_again_has_not_been_refused_again)
{
    fake.is_full = true;
    enqueue("one");
    WAIT_FOR(accepted_count == 1);
    settle();
    ck_assert_str_eq(list(NULL), "one waiting 1 +1 Rate Exceeded.|");
    free_place();
    fake.is_full = true; /* a synchronous invocation was faster */
    settle();
    ck_assert_str_eq(list(NULL), "one waiting 1 +1 Rate Exceeded.|");
    free_place();
    drain();
    ck_assert_uint_eq(fake.run_count, 1);
}
END_TEST

START_TEST(a_drain_waits_for_the_place_instead_of_making_the_event_old)
{
    fake.is_full = true;
    enqueue("one");
    is_over = false;
    ck_assert_ptr_nonnull(async_invoker_drain(invoker, account, on_over, NULL));
    settle();
    ck_assert(!is_over);
    ck_assert_int_eq(clock_now_ms(account->clock), start_ms);
    free_place();
    WAIT_FOR(is_over);
    ck_assert_uint_eq(fake.run_count, 1);
    ck_assert_int_eq(clock_now_ms(account->clock), start_ms);
}
END_TEST

START_TEST(pure_throttling_for_six_hours_gives_up_without_a_run)
{
    fake.is_full = true;
    enqueue("one");
    WAIT_FOR(accepted_count == 1);
    advance(6 * HOUR_MS);
    ck_assert_uint_eq(async_invoker_count(account), 0);
    ck_assert_uint_eq(fake.run_count, 0);
    ck_assert_ptr_nonnull(strstr(log_text(), "given up (EventAgeExceeded)"));
}
END_TEST

static const struct {
    const char *answer, *expected;
} refusals[] = {
    {"429", "plain waiting 1 +1 TooManyRequestsException: Rate Exceeded.|"},
    {"kms", "plain waiting 1 +1 KMSDisabledException: "},
};

START_TEST(an_exception_backs_off_and_uses_up_no_attempt)
{
    fake.answer = refusals[_i].answer;
    enqueue("plain");
    WAIT_FOR(fake.run_count == 1);
    ck_assert_int_eq(strncmp(list(NULL), refusals[_i].expected, strlen(refusals[_i].expected)), 0);
    advance(3 * SECOND_MS);
    ck_assert_str_eq(fake.ran, "plain#1 plain#1 plain#1 ");
    fake.answer = "ok";
    drain();
}
END_TEST

START_TEST(a_backlog_of_one_function_holds_up_no_other_and_leaves_places)
{
    fake.is_immediate = false;
    for (int i = 0; i < 500; i++)
        enqueue("plain");
    WAIT_FOR(accepted_count == 500);
    settle();
    ck_assert_uint_ge(fake.running_count, 4);
    ck_assert_uint_le(fake.running_count, 14); /* three quarters of 18 */
    enqueue("hello");
    WAIT_FOR(function_running("hello") == 1);
    ck_assert_uint_le(fake.highest, 18); /* a tenth of 20 is left */
    fake.is_immediate = true;
    drain();
    ck_assert_uint_eq(fake.run_count, 501);
}
END_TEST

START_TEST(events_beyond_the_window_are_read_back_in_order)
{
    for (int i = 0; i < 2500; i++)
        enqueue("plain");
    drain();
    ck_assert_uint_eq(fake.run_count, 2500);
    ck_assert_int_eq(accepted_count, 2500);
}
END_TEST

START_TEST(the_capacity_is_enforced_for_each_account)
{
    struct account *other = accounts_get(accounts, "111111111111");

    fake.is_full = true;
    for (int i = 0; i < 3000; i++)
        enqueue("plain");
    ck_assert_int_eq(try_enqueue_in(account, "plain", "", NULL, NULL), ENQUEUE_FULL);
    ck_assert_int_eq(try_enqueue_in(other, "plain", "", NULL, NULL), ENQUEUE_PENDING);
    WAIT_FOR(accepted_count == 3001);
    ck_assert_uint_eq(async_invoker_count(account), 3000);
    ck_assert_uint_eq(async_invoker_function_count(invoker, other, "plain"), 1);
}
END_TEST

START_TEST(a_function_as_destination_gets_the_record_as_an_event)
{
    enqueue("chain");
    drain();
    ck_assert_str_eq(fake.ran, "chain#1 plain#1 ");
}
END_TEST

START_TEST(a_removed_function_keeps_its_events_until_it_is_back)
{
    struct config_problems faults = {0};

    fake.is_full = true;
    enqueue("plain");
    WAIT_FOR(accepted_count == 1);
    settle();
    write_config("{\"Functions\":{\"other\":{\"Local\":{\"Mock\":[{}]}}}}");
    ck_assert(config_store_reload(store, &faults));
    async_invoker_reconfigure(invoker);
    fake.is_full = false;
    advance(10 * SECOND_MS);
    ck_assert_uint_eq(fake.run_count, 0);
    ck_assert_ptr_nonnull(strstr(list(NULL), "no longer has this function"));
    write_config(config_text);
    ck_assert(config_store_reload(store, &faults));
    config_problems_clear(&faults);
    async_invoker_reconfigure(invoker);
    drain();
    ck_assert_str_eq(fake.ran, "plain#1 ");
}
END_TEST

START_TEST(the_trace_stays_the_same_on_every_try)
{
    char first[TRACE_HEADER_SIZE];

    fake.answer = "error";
    enqueue("plain");
    WAIT_FOR(fake.run_count == 1);
    memcpy(first, fake.last_trace, sizeof first);
    drain();
    ck_assert_uint_eq(fake.run_count, 3);
    ck_assert_str_eq(fake.last_trace, first);
}
END_TEST

START_TEST(each_try_of_a_weighted_alias_draws_its_version)
{
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(try_enqueue_in(account, "versions", "live", NULL, NULL), ENQUEUE_PENDING);
    drain();
    ck_assert_uint_eq(fake.run_count, 200);
    ck_assert_uint_gt(fake.version_1_count, 20);
    ck_assert_uint_lt(fake.version_1_count, 180);
}
END_TEST

START_TEST(accounts_have_clocks_and_queues_of_their_own)
{
    struct account *other = accounts_get(accounts, "111111111111");
    char *letters;

    fake.answer = "error";
    enqueue("hello");
    ck_assert_int_eq(try_enqueue_in(other, "hello", "", NULL, NULL), ENQUEUE_PENDING);
    WAIT_FOR(fake.run_count == 2);
    drain();
    ck_assert_uint_eq(fake.run_count, 4);
    ck_assert_uint_eq(async_invoker_count(other), 1);
    ck_assert_int_eq(clock_now_ms(other->clock), start_ms);
    is_over = false;
    ck_assert_ptr_nonnull(async_invoker_drain(invoker, other, on_over, NULL));
    WAIT_FOR(is_over);
    letters = file_text("accounts/111111111111/dead-letters/hello-dlq.jsonl");
    ck_assert_ptr_nonnull(strstr(letters, "\"Body\":\"{}\""));
    free(letters);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("async_invoker");
    TCase *tcase = tcase_create("async_invoker");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, an_event_is_accepted_run_at_once_and_gone);
    tcase_add_test(tcase, a_failing_event_is_run_three_times_and_given_up_in_milliseconds);
    tcase_add_test(tcase, a_retry_waits_for_the_clock);
    tcase_add_test(tcase, a_retry_that_falls_due_within_an_advance_runs_in_it_at_its_time);
    tcase_add_test(tcase, an_advance_does_not_wait_for_what_ran_before);
    tcase_add_test(tcase, age_is_checked_ahead);
    tcase_add_test(tcase, reserved_concurrency_of_zero_gives_up_at_once);
    tcase_add_test(tcase, events_of_a_function_run_in_order_one_after_the_other);
    tcase_add_test(tcase, one_that_is_refused_backs_off_and_the_others_wait_for_a_place);
    tcase_add_test(tcase, a_drain_waits_for_the_place_instead_of_making_the_event_old);
    tcase_add_test(tcase, pure_throttling_for_six_hours_gives_up_without_a_run);
    tcase_add_loop_test(tcase, an_exception_backs_off_and_uses_up_no_attempt, 0,
                        ARRAY_LENGTH(refusals));
    tcase_add_test(tcase, a_backlog_of_one_function_holds_up_no_other_and_leaves_places);
    tcase_add_test(tcase, events_beyond_the_window_are_read_back_in_order);
    tcase_add_test(tcase, the_capacity_is_enforced_for_each_account);
    tcase_add_test(tcase, a_function_as_destination_gets_the_record_as_an_event);
    tcase_add_test(tcase, a_removed_function_keeps_its_events_until_it_is_back);
    tcase_add_test(tcase, the_trace_stays_the_same_on_every_try);
    tcase_add_test(tcase,
                   refused_events_of_several_functions_get_places_in_the_order_of_acceptance);
    tcase_add_test(tcase, one_that_finds_the_place_taken_again_has_not_been_refused_again);
    tcase_add_test(tcase, each_try_of_a_weighted_alias_draws_its_version);
    tcase_add_test(tcase, accounts_have_clocks_and_queues_of_their_own);
    suite_add_tcase(suite, tcase);
    return suite;
}
