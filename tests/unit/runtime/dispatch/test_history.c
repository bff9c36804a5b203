#include "runtime/dispatch/history.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL_SIZE = 3, LARGE_SIZE = 100000 };

static uv_loop_t loop;
static struct accounts *accounts;
static struct account *account;
static struct random_source *source;
static struct config *small, *large, *none;

static struct config *make_config(int history_size)
{
    struct config_problems faults = {0};
    struct config *config;
    char text[256];

    (void)snprintf(text, sizeof text,
                   "{\"Local\":{\"HistorySize\":%d},\"Functions\":{\"hello\":{\"Local\":{"
                   "\"Command\":[\"cat\"]}},"
                   "\"other\":{\"Local\":{\"Command\":[\"cat\"]}}}}",
                   history_size);
    config = config_parse(text, strlen(text), "/tmp/invoked.json", &faults);
    ck_assert_ptr_nonnull(config);
    return config;
}

static void set_up(void)
{
    const struct clock_options options = {.mode = CLOCK_MANUAL};

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    accounts = accounts_open(&loop, &options, "123456789012");
    account = accounts_default(accounts);
    source = random_source_new();
    small = make_config(SMALL_SIZE);
    large = make_config(LARGE_SIZE);
    none = make_config(0);
}

static void tear_down(void)
{
    accounts_close(accounts);
    config_release(small);
    config_release(large);
    config_release(none);
    random_source_free(source);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static struct invocation_options options_of(struct config *config, const char *name)
{
    struct invocation_options options = {
        .account = account,
        .config = config,
        .qualifier = "live",
        .request_id = "00000000-0000-4000-8000-000000000001",
        .attempt = 2,
    };

    ck_assert(function_resolve(config_function(config, name), "", 0.0, &options.target));
    return options;
}

static struct invocation *begin_with(struct config *config, struct bytes *payload)
{
    struct invocation_options options = options_of(config, "hello");
    struct invocation *invocation;

    options.payload = payload;
    invocation = invocation_new(&options, source);
    ck_assert_ptr_nonnull(invocation);
    invocation->started_at_ms = clock_now_ms(account->clock);
    history_accepted(invocation);
    return invocation;
}

static struct invocation *begin(struct config *config)
{
    return begin_with(config, NULL);
}

static void end(struct invocation *invocation)
{
    if (invocation->outcome.kind == OUTCOME_NONE)
        invocation_succeed(invocation, bytes_copy("1", 1));
    history_finished(invocation);
    invocation_free(invocation);
}

static void run(struct config *config)
{
    end(begin(config));
}

static struct bytes *make_bytes(size_t length, char character)
{
    struct bytes *bytes = bytes_new(length);

    memset(bytes->data, character, length);
    bytes->length = length;
    return bytes;
}

static const struct history_row *newest(void)
{
    return history_newest(history_of(account));
}

static size_t row_count(void)
{
    return history_row_count(history_of(account));
}

/* ---- rows ---- */

START_TEST(an_invocation_has_a_row_while_it_runs)
{
    struct bytes *payload = bytes_copy("{}", 2);
    struct invocation *invocation = begin_with(large, payload);
    const struct history_row *row = newest();

    ck_assert_str_eq(row->function_name, "hello");
    ck_assert_str_eq(row->qualifier, "live");
    ck_assert_str_eq(row->version, "$LATEST");
    ck_assert_str_eq(row->request_id, "00000000-0000-4000-8000-000000000001");
    ck_assert_int_eq(row->status, HISTORY_RUNNING);
    ck_assert_int_eq(row->type, INVOCATION_REQUEST_RESPONSE);
    ck_assert_uint_eq(row->attempt, 2);
    ck_assert_int_eq(row->started_at_ms, clock_now_ms(account->clock));
    ck_assert_ptr_eq(row->payload.bytes, payload);
    ck_assert(!row->has_run && row->response.bytes == NULL && row->log.bytes == NULL);
    bytes_release(payload);
    end(invocation);
}
END_TEST

START_TEST(the_row_is_filled_in_when_it_ends_and_outlives_it)
{
    struct invocation *invocation = begin(large);
    const struct history_row *row = newest();

    log_tail_append(&invocation->log, "START\n", 6);
    invocation->duration_ms = 12.5;
    invocation->is_cold_start = true;
    invocation_fail(invocation, "", bytes_copy("{\"errorType\":\"E\"}", 17));
    end(invocation);
    ck_assert_int_eq(row->status, HISTORY_FAILED);
    ck_assert(row->has_run && row->function_error != NULL && row->is_cold_start);
    ck_assert_double_eq(row->duration_ms, 12.5);
    ck_assert_uint_eq(row->response.bytes->length, 17);
    ck_assert_mem_eq(row->log.bytes->data, "START\n", 6);
    ck_assert_ptr_null(row->invocation);
}
END_TEST

static const struct {
    struct outcome outcome;
    enum history_status status;
    bool has_run, has_function_error;
} outcomes[] = {
    {{.kind = OUTCOME_SUCCEEDED}, HISTORY_SUCCEEDED, true, false},
    {{.kind = OUTCOME_FUNCTION_ERROR}, HISTORY_FAILED, true, true},
    {{.kind = OUTCOME_ABANDONED}, HISTORY_FAILED, false, false},
    {{.kind = OUTCOME_EXCEPTION, .exception = API_KMS_DISABLED}, HISTORY_REJECTED, false, false},
    {{.kind = OUTCOME_EXCEPTION, .exception = API_TOO_MANY_REQUESTS},
     HISTORY_THROTTLED,
     false,
     false},
};

START_TEST(every_outcome_has_its_status)
{
    struct invocation *invocation = begin(large);
    const struct history_row *row = newest();

    invocation->outcome = outcomes[_i].outcome;
    end(invocation);
    ck_assert_int_eq(row->status, outcomes[_i].status);
    ck_assert_int_eq(row->has_run, outcomes[_i].has_run);
    ck_assert_int_eq(row->function_error != NULL, outcomes[_i].has_function_error);
}
END_TEST

START_TEST(a_status_is_found_by_its_name)
{
    enum history_status status;

    ck_assert(history_status_parse(history_status_name((enum history_status)_i), &status));
    ck_assert_int_eq(status, _i);
    ck_assert(!history_status_parse("Running", &status));
}
END_TEST

START_TEST(an_invocation_that_is_refused_is_throttled)
{
    const enum dispatch_status statuses[] = {DISPATCH_FUNCTION_THROTTLED,
                                             DISPATCH_ACCOUNT_THROTTLED};
    struct invocation_options options = options_of(large, "hello");
    struct invocation *invocation = invocation_new(&options, source);

    history_refused(invocation, statuses[_i]);
    ck_assert_int_eq(newest()->status, HISTORY_THROTTLED);
    ck_assert(!newest()->has_run);
    ck_assert_ptr_null(invocation->history_row);
    invocation_free(invocation);
}
END_TEST

START_TEST(one_that_was_accepted_and_then_refused_has_one_row)
{
    struct invocation *invocation = begin(large);

    history_refused(invocation, DISPATCH_NO_MEMORY);
    ck_assert_uint_eq(row_count(), 1);
    ck_assert_int_eq(newest()->status, HISTORY_REJECTED);
    invocation_free(invocation);
}
END_TEST

START_TEST(a_request_that_is_rejected_has_a_row_unless_it_is_a_dry_run)
{
    struct invocation_options options = options_of(large, "other");

    options.type = INVOCATION_DRY_RUN;
    history_rejected(&options, API_KMS_DISABLED);
    ck_assert_ptr_null(newest());
    options.type = INVOCATION_EVENT;
    history_rejected(&options, API_KMS_DISABLED);
    ck_assert_int_eq(newest()->status, HISTORY_REJECTED);
    ck_assert_int_eq(newest()->type, INVOCATION_EVENT);
    ck_assert_str_eq(newest()->function_name, "other");
    ck_assert_int_eq(newest()->started_at_ms, clock_now_ms(account->clock));
    history_rejected(&options, API_TOO_MANY_REQUESTS);
    ck_assert_int_eq(newest()->status, HISTORY_THROTTLED);
}
END_TEST

START_TEST(accounts_do_not_see_each_other)
{
    run(large);
    account = accounts_get(accounts, "111111111111");
    ck_assert_ptr_null(newest());
    run(large);
    run(large);
    ck_assert_uint_eq(row_count(), 2);
    account = accounts_default(accounts);
    ck_assert_uint_eq(row_count(), 1);
}
END_TEST

/* ---- bounds ---- */

START_TEST(the_oldest_rows_make_room_beyond_the_history_size)
{
    struct invocation_options options = options_of(small, "other");

    history_rejected(&options, API_KMS_DISABLED);
    for (int i = 0; i < SMALL_SIZE; i++)
        run(small);
    ck_assert_uint_eq(row_count(), SMALL_SIZE);
    for (const struct history_row *row = newest(); row != NULL; row = row->older)
        ck_assert_str_eq(row->function_name, "hello");
}
END_TEST

START_TEST(a_smaller_history_size_holds_from_the_next_row_on)
{
    for (int i = 0; i < 10; i++)
        run(large);
    run(small);
    ck_assert_uint_eq(row_count(), SMALL_SIZE);
    run(none);
    ck_assert_uint_eq(row_count(), 0);
}
END_TEST

START_TEST(a_row_that_makes_room_while_its_invocation_runs_is_forgotten)
{
    struct invocation *invocation = begin(small);

    for (int i = 0; i < SMALL_SIZE; i++)
        run(small);
    ck_assert_ptr_null(invocation->history_row);
    end(invocation);
    ck_assert_uint_eq(row_count(), SMALL_SIZE);
}
END_TEST

START_TEST(all_rows_together_weigh_no_more_than_their_bound)
{
    struct bytes *payload;

    for (int i = 0; i < 2 * HISTORY_BYTES_MAX / HISTORY_PART_MAX; i++) {
        payload = make_bytes(HISTORY_PART_MAX, 'x');
        end(begin_with(large, payload));
        bytes_release(payload);
        ck_assert_uint_le(history_weight(history_of(account)), HISTORY_BYTES_MAX);
    }
    ck_assert_uint_gt(history_weight(history_of(account)),
                      HISTORY_BYTES_MAX - 2 * HISTORY_PART_MAX);
    ck_assert_uint_lt(row_count(), HISTORY_BYTES_MAX / HISTORY_PART_MAX);
    history_forget(history_of(account));
    ck_assert_uint_eq(history_weight(history_of(account)), 0);
}
END_TEST

START_TEST(the_accounts_together_weigh_no_more_than_their_bound)
{
    struct bytes *payload = make_bytes(HISTORY_PART_MAX, 'x');
    const int rows = HISTORY_BYTES_MAX / HISTORY_PART_MAX - 2;
    struct account *owners[6];
    size_t weight = 0;

    for (int i = 0; i < 6; i++) {
        char id[ACCOUNT_ID_SIZE];

        (void)snprintf(id, sizeof id, "%012d", i);
        account = owners[i] = accounts_get(accounts, id);
        for (int row = 0; row < rows; row++)
            end(begin_with(large, payload));
    }
    for (int i = 0; i < 6; i++) {
        account = owners[i];
        weight += history_weight(history_of(account));
        ck_assert(i > 1 ? row_count() == (size_t)rows : row_count() < (size_t)rows);
    }
    ck_assert_uint_le(weight, ACCOUNT_BYTES_MAX);
    ck_assert_uint_gt(weight, ACCOUNT_BYTES_MAX - 2 * HISTORY_PART_MAX);
    bytes_release(payload);
}
END_TEST

START_TEST(a_part_is_shared_up_to_its_bound_and_cut_beyond)
{
    struct bytes *payload = make_bytes(HISTORY_PART_MAX, 'x'),
                 *longer = make_bytes(HISTORY_PART_MAX + 1, 'y');

    end(begin_with(large, payload));
    ck_assert_ptr_eq(newest()->payload.bytes, payload);
    ck_assert(!newest()->payload.is_cut);
    end(begin_with(large, longer));
    ck_assert_ptr_ne(newest()->payload.bytes, longer);
    ck_assert(newest()->payload.is_cut);
    ck_assert_uint_eq(newest()->payload.bytes->length, HISTORY_PART_MAX);
    ck_assert_uint_eq(longer->reference_count, 1);
    bytes_release(payload);
    bytes_release(longer);
}
END_TEST

START_TEST(a_part_is_cut_between_characters)
{
    struct bytes *payload = make_bytes(HISTORY_PART_MAX + 8, 'x');

    memcpy(payload->data + HISTORY_PART_MAX - _i, "\xF0\x9F\x98\x80", 4);
    end(begin_with(large, payload));
    ck_assert_uint_eq(newest()->payload.bytes->length,
                      (size_t)HISTORY_PART_MAX - (size_t)(_i == 4 ? 0 : _i));
    bytes_release(payload);
}
END_TEST

START_TEST(a_buffer_that_is_mostly_empty_is_not_kept)
{
    struct bytes *payload = bytes_new(1 << 20);

    ck_assert(bytes_append(&payload, "12", 2));
    end(begin_with(large, payload));
    ck_assert_ptr_ne(newest()->payload.bytes, payload);
    ck_assert_uint_eq(newest()->payload.bytes->length, 2);
    ck_assert(!newest()->payload.is_cut);
    ck_assert_uint_lt(history_weight(history_of(account)), 4096);
    bytes_release(payload);
}
END_TEST

START_TEST(a_log_whose_beginning_was_dropped_is_cut)
{
    struct invocation *invocation = begin(large);

    log_tail_append(&invocation->log, "x\n", 2);
    invocation->log.is_cut = true;
    end(invocation);
    ck_assert(newest()->log.is_cut);
}
END_TEST

/* ---- responses in pieces ---- */

static void stream(struct invocation *invocation, size_t length)
{
    struct bytes *piece = make_bytes(length, 's');

    history_streamed(invocation, bytes_view(piece));
    bytes_release(piece);
}

START_TEST(a_streamed_response_is_put_together)
{
    struct invocation *invocation = begin(large);

    stream(invocation, 3);
    stream(invocation, 4);
    invocation_succeed(invocation, NULL);
    end(invocation);
    ck_assert_uint_eq(newest()->response.bytes->length, 7);
    ck_assert(!newest()->response.is_cut);
}
END_TEST

START_TEST(a_streamed_response_is_cut_at_its_bound)
{
    struct invocation *invocation = begin(large);

    stream(invocation, HISTORY_PART_MAX - 1);
    stream(invocation, 2);
    stream(invocation, 1);
    invocation_succeed(invocation, NULL);
    end(invocation);
    ck_assert_uint_eq(newest()->response.bytes->length, HISTORY_PART_MAX);
    ck_assert(newest()->response.is_cut);
    history_forget(history_of(account));
    ck_assert_uint_eq(history_weight(history_of(account)), 0);
}
END_TEST

START_TEST(an_error_takes_the_place_of_what_was_streamed)
{
    struct invocation *invocation = begin(large);

    stream(invocation, HISTORY_PART_MAX + 1);
    invocation_fail(invocation, "", bytes_copy("{}", 2));
    end(invocation);
    ck_assert_uint_eq(newest()->response.bytes->length, 2);
    ck_assert(!newest()->response.is_cut);
    history_forget(history_of(account));
    ck_assert_uint_eq(history_weight(history_of(account)), 0);
}
END_TEST

START_TEST(pieces_of_a_forgotten_row_go_nowhere)
{
    struct invocation *invocation = begin(large);

    history_forget(history_of(account));
    stream(invocation, 10);
    end(invocation);
    ck_assert_uint_eq(row_count(), 0);
}
END_TEST

/* ---- asking ---- */

static const struct {
    struct history_filter filter;
    bool matches;
} filters[] = {
    {{.request_id = ""}, true},
    {{.function_name = "hello"}, true},
    {{.function_name = "hell"}, false},
    {{.function_name = "hello", .qualifier = "live"}, true},
    {{.function_name = "hello", .qualifier = "1"}, false},
    {{.request_id = "00000000-0000-4000-8000-000000000001"}, true},
    {{.request_id = "00000000-0000-4000-8000-000000000002"}, false},
    {{.has_type = true, .type = INVOCATION_REQUEST_RESPONSE}, true},
    {{.has_type = true, .type = INVOCATION_EVENT}, false},
    {{.has_status = true, .status = HISTORY_SUCCEEDED}, true},
    {{.has_status = true, .status = HISTORY_RUNNING}, false},
    {{.function_name = "hello", .has_status = true, .status = HISTORY_SUCCEEDED, .has_type = true},
     true},
    {{.function_name = "other", .has_status = true, .status = HISTORY_SUCCEEDED, .has_type = true},
     false},
};

START_TEST(a_filter_matches_when_all_of_it_does)
{
    run(large);
    ck_assert_int_eq(history_matches(&filters[_i].filter, newest()), filters[_i].matches);
    ck_assert_uint_eq(history_count(history_of(account), &filters[_i].filter, false),
                      filters[_i].matches);
}
END_TEST

START_TEST(only_finished_rows_count_unless_running_ones_are_asked_for)
{
    const struct history_filter any = {0},
                                running = {.has_status = true, .status = HISTORY_RUNNING};
    struct invocation *invocation = begin(large);
    const struct history *history = history_of(account);

    run(large);
    ck_assert_uint_eq(history_count(history, &any, false), 2);
    ck_assert_uint_eq(history_count(history, &any, true), 1);
    ck_assert_uint_eq(history_count(history, &running, true), 1);
    end(invocation);
    ck_assert_uint_eq(history_count(history, &running, true), 0);
}
END_TEST

static unsigned reached_count, reset_count;

static void on_end(struct history_watch *watch, enum history_watch_end how)
{
    (void)watch;
    reached_count += how == HISTORY_WATCH_REACHED;
    reset_count += how == HISTORY_WATCH_RESET;
}

static struct history_watch watch_for(size_t at_least)
{
    reached_count = reset_count = 0;
    return (struct history_watch){.at_least = at_least, .on_end = on_end};
}

START_TEST(a_watch_ends_with_the_row_that_makes_it_enough)
{
    struct history_watch watch = watch_for(3);
    struct invocation *invocation;

    run(large);
    history_watch_start(history_of(account), &watch);
    ck_assert_uint_eq(watch.count, 1);
    run(large);
    invocation = begin(large);
    ck_assert_uint_eq(watch.count, 2);
    ck_assert_uint_eq(reached_count, 0);
    end(invocation);
    ck_assert_uint_eq(watch.count, 3);
    ck_assert_uint_eq(reached_count, 1);
    run(large);
    ck_assert_uint_eq(reached_count, 1);
}
END_TEST

START_TEST(a_watch_counts_what_matches_only)
{
    struct history_watch watch = watch_for(1);
    struct invocation_options options = options_of(large, "other");

    (void)snprintf(watch.filter.function_name, sizeof watch.filter.function_name, "other");
    history_watch_start(history_of(account), &watch);
    run(large);
    ck_assert_uint_eq(reached_count, 0);
    history_rejected(&options, API_KMS_DISABLED);
    ck_assert_uint_eq(reached_count, 1);
}
END_TEST

START_TEST(a_watch_counts_rows_that_had_to_make_room)
{
    struct history_watch watch = watch_for(SMALL_SIZE + 2);

    history_watch_start(history_of(account), &watch);
    for (int i = 0; i < SMALL_SIZE + 2; i++)
        run(small);
    ck_assert_uint_eq(reached_count, 1);
}
END_TEST

START_TEST(a_watch_for_running_rows_counts_up_and_down)
{
    struct history_watch watch = watch_for(2);
    struct invocation *first = begin(large), *second, *third;

    watch.filter.has_status = true;
    watch.filter.status = HISTORY_RUNNING;
    end(begin(large));
    history_watch_start(history_of(account), &watch);
    ck_assert_uint_eq(watch.count, 1);
    end(first);
    ck_assert_uint_eq(watch.count, 0);
    second = begin(large);
    ck_assert_uint_eq(reached_count, 0);
    third = begin(large);
    ck_assert_uint_eq(reached_count, 1);
    end(second);
    end(third);
}
END_TEST

START_TEST(a_running_row_that_makes_room_no_longer_counts_as_running)
{
    struct history_watch watch = watch_for(2);
    struct invocation *invocation = begin(small);

    watch.filter.has_status = true;
    watch.filter.status = HISTORY_RUNNING;
    history_watch_start(history_of(account), &watch);
    for (int i = 0; i < SMALL_SIZE - 1; i++) {
        struct invocation_options options = options_of(small, "hello");

        history_rejected(&options, API_KMS_DISABLED);
    }
    ck_assert_uint_eq(watch.count, 1);
    for (int i = 0; i < SMALL_SIZE; i++) {
        struct invocation_options options = options_of(small, "hello");

        history_rejected(&options, API_KMS_DISABLED);
    }
    ck_assert_uint_eq(watch.count, 0);
    history_watch_stop(&watch);
    end(invocation);
}
END_TEST

START_TEST(a_forgotten_history_is_counted_from_nothing)
{
    struct history_watch watch = watch_for(2);
    struct invocation *invocation = begin(large);

    run(large);
    history_watch_start(history_of(account), &watch);
    history_forget(history_of(account));
    ck_assert_uint_eq(watch.count, 0);
    end(invocation); /* of before: forgotten */
    run(large);
    ck_assert_uint_eq(watch.count, 1);
    ck_assert_uint_eq(reached_count + reset_count, 0);
    history_watch_stop(&watch);
}
END_TEST

START_TEST(a_reset_ends_every_watch)
{
    struct history_watch first = watch_for(2), second = watch_for(3), third = watch_for(4);

    history_watch_start(history_of(account), &first);
    history_watch_start(history_of(account), &second);
    history_watch_start(history_of(account), &third);
    history_watch_stop(&second);
    run(large);
    history_reset(history_of(account));
    ck_assert_uint_eq(reset_count, 2);
    ck_assert_uint_eq(row_count(), 0);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("history");
    TCase *tcase = tcase_create("history");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, an_invocation_has_a_row_while_it_runs);
    tcase_add_test(tcase, the_row_is_filled_in_when_it_ends_and_outlives_it);
    tcase_add_loop_test(tcase, every_outcome_has_its_status, 0, ARRAY_LENGTH(outcomes));
    tcase_add_loop_test(tcase, a_status_is_found_by_its_name, 0, HISTORY_STATUS_COUNT);
    tcase_add_loop_test(tcase, an_invocation_that_is_refused_is_throttled, 0, 2);
    tcase_add_test(tcase, one_that_was_accepted_and_then_refused_has_one_row);
    tcase_add_test(tcase, a_request_that_is_rejected_has_a_row_unless_it_is_a_dry_run);
    tcase_add_test(tcase, accounts_do_not_see_each_other);
    tcase_add_test(tcase, the_oldest_rows_make_room_beyond_the_history_size);
    tcase_add_test(tcase, a_smaller_history_size_holds_from_the_next_row_on);
    tcase_add_test(tcase, a_row_that_makes_room_while_its_invocation_runs_is_forgotten);
    tcase_add_test(tcase, all_rows_together_weigh_no_more_than_their_bound);
    tcase_add_test(tcase, the_accounts_together_weigh_no_more_than_their_bound);
    tcase_add_test(tcase, a_part_is_shared_up_to_its_bound_and_cut_beyond);
    tcase_add_loop_test(tcase, a_part_is_cut_between_characters, 0, 5);
    tcase_add_test(tcase, a_buffer_that_is_mostly_empty_is_not_kept);
    tcase_add_test(tcase, a_log_whose_beginning_was_dropped_is_cut);
    tcase_add_test(tcase, a_streamed_response_is_put_together);
    tcase_add_test(tcase, a_streamed_response_is_cut_at_its_bound);
    tcase_add_test(tcase, an_error_takes_the_place_of_what_was_streamed);
    tcase_add_test(tcase, pieces_of_a_forgotten_row_go_nowhere);
    tcase_add_loop_test(tcase, a_filter_matches_when_all_of_it_does, 0, ARRAY_LENGTH(filters));
    tcase_add_test(tcase, only_finished_rows_count_unless_running_ones_are_asked_for);
    tcase_add_test(tcase, a_watch_ends_with_the_row_that_makes_it_enough);
    tcase_add_test(tcase, a_watch_counts_what_matches_only);
    tcase_add_test(tcase, a_watch_counts_rows_that_had_to_make_room);
    tcase_add_test(tcase, a_watch_for_running_rows_counts_up_and_down);
    tcase_add_test(tcase, a_running_row_that_makes_room_no_longer_counts_as_running);
    tcase_add_test(tcase, a_forgotten_history_is_counted_from_nothing);
    tcase_add_test(tcase, a_reset_ends_every_watch);
    suite_add_tcase(suite, tcase);
    return suite;
}
