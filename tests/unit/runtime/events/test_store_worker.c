#include "runtime/events/store_worker.h"

#include "tests/support/unit.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TOLD_SIZE = 4096 };

static uv_loop_t loop;
static struct store_worker *worker;
/* Read on the pool thread. */
static atomic_bool is_full;    /* every write fails */
static atomic_bool is_blocked; /* the record file of those named in capitals can't be written */
static char ran[TOLD_SIZE], told[TOLD_SIZE];
static int failing_count, recovered_count, skipped_count, unreadable_count;
static bool is_closed;
static const char one[] = "account one", two[] = "account two";

struct fake {
    struct store_operation operation; /* first */
    char name;
};

static void append(char *text, const char *more)
{
    ck_assert_uint_lt(strlen(text) + strlen(more), TOLD_SIZE);
    (void)strcat(text, more);
}

static enum store_status run_fake(struct store *store, struct store_operation *operation)
{
    static int64_t lane_id;
    const struct fake *fake = (struct fake *)operation;
    char function_name[32];
    struct store_lane lane = {.id = ++lane_id, .account_id = "123456789012"};

    append(ran, (char[]){fake->name, 0});
    if (is_blocked && fake->name >= 'A' && fake->name <= 'Z') {
        store_set_error(store, "q.jsonl: is a directory");
        return STORE_SKIPPED;
    }
    if (operation->kind == OPERATION_READ)
        return STORE_OK;
    if (is_full) {
        store_set_error(store, "disk full");
        return STORE_FAILED;
    }
    (void)snprintf(function_name, sizeof function_name, "f%lld", (long long)lane_id);
    lane.function_name = function_name;
    return store->engine->add_lane(store, &lane);
}

static void on_fake_done(struct store_operation *operation, enum store_status status)
{
    static const char *const names[] = {
        [STORE_OK] = " ", [STORE_FAILED] = "! ", [STORE_CLOSED] = "? "};

    append(told, (char[]){((struct fake *)operation)->name, 0});
    append(told, names[status]);
    free(operation);
}

/* Kinds as the tests write them: r read, w write, k kept, c clear. */
static void submit_for(const void *account, char kind, char name)
{
    struct fake *fake = calloc(1, sizeof *fake);

    ck_assert_ptr_nonnull(fake);
    fake->operation.kind = kind == 'r'   ? OPERATION_READ
                           : kind == 'w' ? OPERATION_WRITE
                           : kind == 'k' ? OPERATION_KEPT
                                         : OPERATION_CLEAR;
    fake->operation.account = account;
    fake->operation.run = run_fake;
    fake->operation.done = on_fake_done;
    fake->name = name;
    store_worker_submit(worker, &fake->operation);
}

static void submit(char kind, char name)
{
    submit_for(one, kind, name);
}

static void on_failing(void *context, const char *why)
{
    (void)context;
    ck_assert_str_eq(why, "disk full");
    failing_count++;
}

static void on_skipped(void *context, const char *why)
{
    (void)context;
    ck_assert_str_eq(why, "q.jsonl: is a directory");
    skipped_count++;
}

static void on_unreadable(void *context, const char *why)
{
    (void)context;
    (void)why;
    unreadable_count++;
}

static void on_recovered(void *context)
{
    (void)context;
    recovered_count++;
}

static void on_replaced(void *context, const char *what)
{
    (void)context;
    ck_abort_msg("%s", what);
}

static void set_up(void)
{
    const struct store_options options = {.folder = "/nowhere", .durability = DURABILITY_MEMORY};
    const struct store_worker_listener listener = {.on_failing = on_failing,
                                                   .on_skipped = on_skipped,
                                                   .on_unreadable = on_unreadable,
                                                   .on_recovered = on_recovered,
                                                   .on_replaced = on_replaced,
                                                   .on_restored = on_replaced};
    char problem[STORE_MESSAGE_SIZE];
    struct store *store = store_open(&options, problem);

    ck_assert_msg(store != NULL, "%s", problem);
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    worker = store_worker_open(&loop, store);
    ck_assert_ptr_nonnull(worker);
    store_worker_listen(worker, &listener);
}

static void on_closed(void *context)
{
    (void)context;
    is_closed = true;
}

static void close_worker(void)
{
    store_worker_close(worker, on_closed, NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert(is_closed);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

#define WAIT_FOR(condition)                                                                        \
    do {                                                                                           \
        for (int turns = 0; !(condition) && turns < 10000; turns++) {                              \
            (void)uv_run(&loop, UV_RUN_NOWAIT);                                                    \
            (void)usleep(1000);                                                                    \
        }                                                                                          \
        ck_assert(condition);                                                                      \
    } while (0)

static bool is_told(const char *name_and_mark)
{
    return strstr(told, name_and_mark) != NULL;
}

/* One kept write has failed, and waits. */
static void fill(void)
{
    is_full = true;
    submit('k', 'a');
    WAIT_FOR(failing_count == 1);
    ran[0] = '\0';
}

START_TEST(operations_are_run_and_told_in_the_order_of_submission)
{
    submit('k', 'a');
    submit('w', 'b');
    submit('r', 'c');
    submit('c', 'd');
    submit('w', 'e');
    WAIT_FOR(is_told("e "));
    ck_assert_str_eq(ran, "abcde");
    ck_assert_str_eq(told, "a b c d e ");
    close_worker();
}
END_TEST

START_TEST(no_write_overtakes_one_that_failed)
{
    fill();
    submit('k', 'b');
    submit('c', 'c');
    submit('k', 'd');
    is_full = false;
    WAIT_FOR(is_told("d "));
    ck_assert_str_eq(ran, "abcd");
    ck_assert_str_eq(told, "a b c d ");
    close_worker();
}
END_TEST

START_TEST(several_that_failed_stay_in_order_through_every_try)
{
    fill();
    submit('k', 'b');
    WAIT_FOR(strcmp(ran, "aa") == 0); /* the first failure ends a batch */
    submit('k', 'c');
    WAIT_FOR(strcmp(ran, "aaaa") == 0);
    is_full = false;
    WAIT_FOR(is_told("c "));
    ck_assert_str_eq(told, "a b c ");
    close_worker();
}
END_TEST

START_TEST(other_writes_are_refused_while_one_that_failed_waits)
{
    fill();
    submit('w', 'b');
    WAIT_FOR(is_told("b! "));
    ck_assert_ptr_null(strchr(ran, 'b'));
    ck_assert_str_eq(told, "b! ");
    is_full = false;
    WAIT_FOR(is_told("a "));
    submit('w', 'c');
    WAIT_FOR(is_told("c "));
    close_worker();
}
END_TEST

START_TEST(reads_go_on_and_are_no_recovery)
{
    fill();
    for (int i = 0; i < 20; i++) {
        told[0] = '\0';
        submit('r', 'b');
        WAIT_FOR(is_told("b "));
    }
    ck_assert(store_worker_is_failing(worker));
    ck_assert_int_eq(recovered_count, 0);
    ck_assert_int_eq(failing_count, 1);
    is_full = false;
    WAIT_FOR(recovered_count == 1);
    ck_assert_int_eq(failing_count, 1);
    close_worker();
}
END_TEST

START_TEST(a_read_overtakes_no_clearing_of_its_account)
{
    is_full = true;
    submit_for(one, 'c', 'a');
    WAIT_FOR(failing_count == 1);
    submit_for(one, 'r', 'b');
    submit_for(two, 'r', 'c');
    WAIT_FOR(is_told("c "));
    ck_assert_str_eq(told, "c ");
    is_full = false;
    WAIT_FOR(is_told("b "));
    ck_assert_str_eq(told, "c a b ");
    close_worker();
}
END_TEST

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

START_TEST(writing_is_found_to_work_again_with_nothing_to_write)
{
    uv_idle_t others; /* a server's loop has always something to do */

    (void)uv_idle_init(&loop, &others);
    (void)uv_idle_start(&others, on_idle);
    is_full = true;
    submit('w', 'a');
    WAIT_FOR(is_told("a! "));
    ck_assert(store_worker_is_failing(worker));
    is_full = false;
    WAIT_FOR(recovered_count == 1);
    uv_close((uv_handle_t *)&others, NULL);
    ck_assert(!store_worker_is_failing(worker));
    close_worker();
}
END_TEST

START_TEST(one_that_cannot_be_done_is_skipped_and_complains_once)
{
    is_blocked = true;
    submit('k', 'A');
    submit('k', 'B');
    submit('w', 'c');
    WAIT_FOR(is_told("c "));
    submit('w', 'd');
    WAIT_FOR(is_told("d "));
    ck_assert_str_eq(told, "c d ");
    ck_assert_int_eq(failing_count, 0);
    WAIT_FOR(strlen(ran) > 12); /* tried again and again */
    ck_assert_int_eq(skipped_count, 1);
    is_blocked = false;
    WAIT_FOR(is_told("B "));
    ck_assert_str_eq(told, "c d A B ");
    close_worker();
}
END_TEST

START_TEST(a_skipped_read_or_write_is_told_with_no_second_try)
{
    is_blocked = true;
    submit('r', 'A');
    submit('w', 'B');
    submit('w', 'c');
    WAIT_FOR(is_told("c "));
    ck_assert_str_eq(told, "A! B! c ");
    ck_assert_str_eq(ran, "ABc");
    ck_assert_int_eq(failing_count, 0);
    close_worker();
}
END_TEST

START_TEST(clearing_covers_what_was_skipped_before_it_in_its_account_only)
{
    is_blocked = true;
    submit_for(one, 'k', 'A');
    submit_for(two, 'k', 'B');
    WAIT_FOR(skipped_count == 1);
    submit_for(one, 'c', 'c');
    submit_for(one, 'k', 'D');
    WAIT_FOR(is_told("c "));
    ck_assert_str_eq(told, "A c ");
    ran[0] = '\0';
    is_blocked = false;
    WAIT_FOR(is_told("D "));
    ck_assert_ptr_null(strchr(ran, 'A'));
    ck_assert_str_eq(told, "A c B D ");
    close_worker();
}
END_TEST

START_TEST(a_close_tries_once_more_and_tells_the_rest)
{
    fill();
    submit('k', 'b');
    submit('r', 'c');
    close_worker();
    ck_assert(is_told("a? "));
    ck_assert(is_told("b? "));
    ck_assert(is_told("c"));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("store_worker");
    TCase *tcase = tcase_create("store_worker");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, operations_are_run_and_told_in_the_order_of_submission);
    tcase_add_test(tcase, no_write_overtakes_one_that_failed);
    tcase_add_test(tcase, several_that_failed_stay_in_order_through_every_try);
    tcase_add_test(tcase, other_writes_are_refused_while_one_that_failed_waits);
    tcase_add_test(tcase, reads_go_on_and_are_no_recovery);
    tcase_add_test(tcase, a_read_overtakes_no_clearing_of_its_account);
    tcase_add_test(tcase, writing_is_found_to_work_again_with_nothing_to_write);
    tcase_add_test(tcase, one_that_cannot_be_done_is_skipped_and_complains_once);
    tcase_add_test(tcase, a_skipped_read_or_write_is_told_with_no_second_try);
    tcase_add_test(tcase, clearing_covers_what_was_skipped_before_it_in_its_account_only);
    tcase_add_test(tcase, a_close_tries_once_more_and_tells_the_rest);
    suite_add_tcase(suite, tcase);
    return suite;
}
