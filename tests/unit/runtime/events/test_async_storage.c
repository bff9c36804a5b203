/* The asynchronous invoker where its storage fails, is cleared or starts again. */
#include "tests/support/async_bed.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

PLAY_DISPATCHER

START_TEST(what_was_accepted_runs_after_a_restart_and_a_cut_off_run_counts_not)
{
    fake.answer = "error";
    enqueue_id("hello", id_a);
    WAIT_FOR(fake.run_count == 1);
    settle();
    fake.is_immediate = false;
    advance(60 * SECOND_MS - 1);
    is_over = false;
    ck_assert_ptr_nonnull(
        async_invoker_advance(invoker, account, start_ms + 60 * SECOND_MS, on_over, NULL));
    WAIT_FOR(fake.running_count == 1);
    close_invoker();
    fake.is_immediate = true;
    fake.answer = "ok";
    open_invoker(CLOCK_MANUAL);
    ck_assert_uint_eq(async_invoker_count(account), 1);
    drain();
    ck_assert_str_eq(fake.ran, "hello#1 hello#2 hello#2 ");
    ck_assert_str_eq(fake.last_request_id, id_a);
}
END_TEST

/* Another program that keeps the database from being written. */
static sqlite3 *lock_database(void)
{
    sqlite3 *database;
    char path[128];

    (void)snprintf(path, sizeof path, "%s/queue.db", folder);
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return database;
}

static void unlock_database(sqlite3 *database, const char *sql)
{
    ck_assert_int_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(database), SQLITE_OK);
}

static void reload(const char *text)
{
    struct config_problems problems = {0};

    write_config(text);
    ck_assert(config_store_reload(store, &problems));
    async_invoker_reconfigure(invoker);
}

START_TEST(a_refusal_that_is_written_slowly_keeps_its_event_through_a_change_of_the_limit)
{
    sqlite3 *other;

    fake.is_full = true;
    enqueue_id("one", id_a);
    enqueue_id("one", id_b);
    WAIT_FOR(accepted_count == 2);
    settle();
    other = lock_database();
    advance_only(1 * SECOND_MS);
    settle(); /* refused again; the commit waits */
    reload("{\"Functions\":{\"one\":{\"Local\":{\"Mock\":[{}]},"
           "\"ReservedConcurrentExecutions\":0}}}");
    settle();
    reload(config_text);
    free_place();
    unlock_database(other, "SELECT 1");
    drain();
    ck_assert_str_eq(fake.ran, "one#1 one#1 ");
    ck_assert_str_eq(fake.last_request_id, id_b);
}
END_TEST

START_TEST(rows_that_were_not_counted_hold_up_nothing)
{
    static const char *const changes[] = {
        "INSERT INTO events SELECT sequence + 10, lane, due_ms, enqueued_at_ms, run_count,"
        " throttle_count, request_id, qualifier, trace_header, last_error, last_version, tenant_id,"
        " last_response, payload FROM events",
        "DELETE FROM events WHERE sequence > 1"};

    fake.is_full = true;
    for (int i = 0; i < 3; i++)
        enqueue("plain");
    WAIT_FOR(accepted_count == 3);
    close_invoker();
    open_invoker(CLOCK_MANUAL); /* has counted them, and read none */
    unlock_database(lock_database(), changes[_i]);
    fake.is_full = false;
    drain();
    ck_assert_uint_eq(fake.run_count, _i == 0 ? 6 : 1);
    ck_assert_ptr_nonnull(strstr(log_text(), "events on disk where 3 were expected"));
    close_invoker();
    open_invoker(CLOCK_MANUAL);
    ck_assert_uint_eq(async_invoker_count(account), 0);
}
END_TEST

static enum store_status cleared;
static bool is_cleared;

static void on_cleared(enum store_status status, void *context)
{
    (void)context;
    cleared = status;
    is_cleared = true;
}

START_TEST(emptying_forgets_what_waits_and_what_runs)
{
    char *letters;

    fake.is_immediate = false;
    for (int i = 0; i < 300; i++)
        enqueue("hello");
    WAIT_FOR(accepted_count == 300 && fake.running_count > 0);
    is_cleared = false;
    ck_assert(async_invoker_clear(invoker, account, true, on_cleared, NULL));
    ck_assert_uint_eq(async_invoker_count(account), 0);
    enqueue("plain");
    WAIT_FOR(is_cleared);
    ck_assert_int_eq(cleared, STORE_OK);
    fake.answer = "error";
    fake.is_immediate = true;
    WAIT_FOR(fake.running_count == 0);
    fake.answer = "ok";
    drain();
    letters = file_text("dead-letters/hello-dlq.jsonl");
    ck_assert_str_eq(letters, "");
    free(letters);
    close_invoker();
    open_invoker(CLOCK_MANUAL);
    ck_assert_uint_eq(async_invoker_count(account), 0);
}
END_TEST

static void limit_file_size(rlim_t bytes)
{
    const struct rlimit limit = {bytes, RLIM_INFINITY};

    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(what_was_cleared_while_the_disk_was_full_does_not_come_back)
{
    fake.is_immediate = false;
    for (int i = 0; i < 12; i++)
        enqueue("plain");
    WAIT_FOR(accepted_count == 12 && fake.running_count > 0);
    limit_file_size(8192);
    while (fake.running_count > 0)
        end_one("error");
    settle();
    is_cleared = false;
    ck_assert(async_invoker_clear(invoker, account, true, on_cleared, NULL));
    for (int i = 0; i < 50; i++) {
        (void)list(NULL); /* reads in between are no recovery */
        (void)usleep(10000);
    }
    ck_assert(!is_cleared);
    limit_file_size(RLIM_INFINITY);
    WAIT_FOR(is_cleared);
    fake.is_immediate = true;
    drain();
    ck_assert_ptr_null(strstr(strstr(log_text(), "is not writable") + 1, "is not writable"));
    close_invoker();
    open_invoker(CLOCK_MANUAL);
    ck_assert_uint_eq(async_invoker_count(account), 0);
    enqueue("plain");
    drain();
}
END_TEST

static struct account *oldest_account;
static int64_t oldest_ms;
static bool is_told;

static void on_oldest(struct account *of, int64_t enqueued_at_ms, void *context)
{
    (void)context;
    oldest_account = of;
    oldest_ms = enqueued_at_ms;
    is_told = true;
}

START_TEST(the_oldest_event_is_known)
{
    ck_assert(async_invoker_oldest(invoker, on_oldest, NULL));
    WAIT_FOR(is_told);
    ck_assert_ptr_null(oldest_account);
    fake.is_full = true;
    enqueue("plain");
    WAIT_FOR(accepted_count == 1);
    is_told = false;
    ck_assert(async_invoker_oldest(invoker, on_oldest, NULL));
    WAIT_FOR(is_told);
    ck_assert_ptr_eq(oldest_account, account);
    ck_assert_int_eq(oldest_ms, start_ms);
}
END_TEST

static size_t redriven_count;
static bool is_redriven;

static void on_redriven(size_t count, enum redrive_status status, void *context)
{
    (void)context;
    ck_assert_int_ne(status, REDRIVE_FAILED);
    redriven_count = count;
    is_redriven = true;
}

static void redrive(void)
{
    is_redriven = false;
    ck_assert(async_invoker_redrive(invoker, account,
                                    &(const struct redrive_choice){.queue_name = "hello-dlq"},
                                    on_redriven, NULL));
    WAIT_FOR(is_redriven);
}

START_TEST(dead_letters_are_put_back_once_as_new_events)
{
    char *letters;

    fake.answer = "error";
    for (int i = 0; i < 5; i++)
        enqueue_id("hello", i == 0 ? id_a : NULL);
    drain();
    ck_assert_uint_eq(fake.run_count, 15);
    fake.is_full = true;
    redrive();
    ck_assert_uint_eq(redriven_count, 5);
    ck_assert_uint_eq(async_invoker_count(account), 5);
    letters = file_text("dead-letters/hello-dlq.jsonl");
    ck_assert_str_eq(letters, "");
    free(letters);
    redrive();
    ck_assert_uint_eq(redriven_count, 0);
    fake.answer = "ok";
    free_place();
    drain();
    ck_assert_uint_eq(fake.run_count, 20);
    ck_assert_str_ne(fake.last_request_id, id_a);
}
END_TEST

static void restore_letter(const char *letter)
{
    static const char start[] = "{\"MessageId\":\"";
    char path[128], sql[512];
    sqlite3 *database;
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/dead-letters/hello-dlq.jsonl", folder);
    file = fopen(path, "w");
    (void)fputs(letter, file);
    (void)fclose(file);
    (void)snprintf(path, sizeof path, "%s/queue.db", folder);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO dead_letters VALUES('%.36s', '', 'hello-dlq', 'hello', NULL, 1)",
                   letter + sizeof start - 1);
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(database), SQLITE_OK);
}

START_TEST(a_redrive_that_a_kill_cut_off_after_its_commit_is_finished_not_repeated)
{
    char *letters;

    fake.answer = "error";
    enqueue("hello");
    drain();
    letters = file_text("dead-letters/hello-dlq.jsonl");
    fake.is_full = true;
    redrive();
    ck_assert_uint_eq(redriven_count, 1);
    close_invoker();
    /* As if the kill had come before the file was written anew: line and mark are there. */
    restore_letter(letters);
    open_invoker(CLOCK_MANUAL);
    settle();
    redrive();
    ck_assert_uint_eq(redriven_count, 0);
    ck_assert_uint_eq(async_invoker_count(account), 1);
    free(letters);
    letters = file_text("dead-letters/hello-dlq.jsonl");
    ck_assert_str_eq(letters, "");
    free(letters);
}
END_TEST

static void damage_database(void)
{
    char path[128], junk[4096];
    struct stat status;
    FILE *file;

    memset(junk, 0xa5, sizeof junk);
    (void)snprintf(path, sizeof path, "%s/queue.db", folder);
    ck_assert_int_eq(stat(path, &status), 0);
    file = fopen(path, "r+");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 3 * 4096, SEEK_SET), 0);
    for (off_t at = 3 * 4096; at + 4096 <= status.st_size; at += 4096)
        ck_assert_uint_eq(fwrite(junk, 1, sizeof junk, file), sizeof junk);
    (void)fclose(file);
}

START_TEST(damage_while_it_runs_is_told_and_what_is_in_memory_goes_on)
{
    for (int i = 0; i < 2000; i++) {
        fake.is_full = true;
        enqueue("plain");
    }
    WAIT_FOR(accepted_count == 2000);
    close_invoker();
    open_invoker(CLOCK_MANUAL);
    settle();
    damage_database();
    free_place();
    drain();
    ck_assert_uint_ge(fake.run_count, 64);
    ck_assert_uint_lt(fake.run_count, 2000);
    ck_assert_ptr_nonnull(strstr(log_text(), "queue.db.damaged-"));
    enqueue("hello");
    drain();
    ck_assert_int_eq(accepted_count, 2001);
    close_invoker();
    open_invoker(CLOCK_MANUAL);
    ck_assert_uint_eq(async_invoker_count(account), 0);
}
END_TEST

START_TEST(events_that_go_while_they_are_written_into_a_new_file_do_no_harm)
{
    fake.is_full = true;
    for (int i = 0; i < 50; i++)
        enqueue("plain");
    for (int i = 0; i < 2000; i++)
        enqueue("hello");
    WAIT_FOR(accepted_count == 2050);
    close_invoker();
    open_invoker(CLOCK_MANUAL);
    settle();
    damage_database();
    free_place();
    WAIT_FOR(strstr(log_text(), "queue.db.damaged-") != NULL);
    is_cleared = false;
    ck_assert(async_invoker_clear(invoker, account, false, on_cleared, NULL));
    WAIT_FOR(is_cleared);
    enqueue("plain");
    drain();
    close_invoker();
    open_invoker(CLOCK_MANUAL);
    ck_assert_uint_eq(async_invoker_count(account), 0);
}
END_TEST

#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
/* Takes the place of the C library's, so that memory can be short for as long as a test says. */
static bool is_short_of_memory;
static pthread_t loop_thread;
void *__libc_calloc(size_t count, size_t size);

void *calloc(size_t count, size_t size)
{
    return is_short_of_memory && pthread_equal(pthread_self(), loop_thread)
               ? NULL
               : __libc_calloc(count, size);
}

START_TEST(a_lane_that_could_not_be_read_for_want_of_memory_is_read_later)
{
    fake.is_full = true;
    for (int i = 0; i < 3; i++)
        enqueue("plain");
    WAIT_FOR(accepted_count == 3);
    close_invoker();
    fake.is_full = false;
    open_invoker(CLOCK_MANUAL);
    loop_thread = pthread_self();
    is_short_of_memory = true;
    settle();
    is_short_of_memory = false;
    ck_assert_uint_eq(fake.run_count, 0);
    WAIT_FOR(fake.run_count == 3);
    drain();
}
END_TEST
#endif

START_TEST(a_full_disk_loses_nothing_that_was_accepted)
{
    fake.is_immediate = false;
    enqueue("hello");
    WAIT_FOR(fake.running_count == 1);
    limit_file_size(8192);
    enqueue("plain");
    WAIT_FOR(refused_count == 1);
    ck_assert_uint_eq(async_invoker_count(account), 1);
    end_one("error");
    settle();
    limit_file_size(RLIM_INFINITY);
    fake.is_immediate = true;
    fake.answer = "error";
    drain();
    ck_assert_str_eq(fake.ran, "hello#1 hello#2 hello#3 ");
    ck_assert_ptr_nonnull(strstr(log_text(), "event queue is not writable"));
    ck_assert_ptr_nonnull(strstr(log_text(), "event queue is writable again"));
}
END_TEST

START_TEST(a_stop_with_a_full_disk_does_not_wait_for_room)
{
    fake.is_immediate = false;
    enqueue("hello");
    WAIT_FOR(fake.running_count == 1);
    limit_file_size(8192);
    end_one("ok");
    settle();
    close_invoker();
    limit_file_size(RLIM_INFINITY);
    open_invoker(CLOCK_MANUAL);
    ck_assert_uint_eq(async_invoker_count(account), 1);
    fake.is_immediate = true;
    drain();
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("async_storage");
    TCase *tcase = tcase_create("async_storage");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_was_accepted_runs_after_a_restart_and_a_cut_off_run_counts_not);
    tcase_add_test(tcase, emptying_forgets_what_waits_and_what_runs);
    tcase_add_test(tcase, the_oldest_event_is_known);
    tcase_add_test(tcase, dead_letters_are_put_back_once_as_new_events);
    tcase_add_test(tcase, a_redrive_that_a_kill_cut_off_after_its_commit_is_finished_not_repeated);
    tcase_add_test(tcase, damage_while_it_runs_is_told_and_what_is_in_memory_goes_on);
    tcase_add_test(tcase,
                   a_refusal_that_is_written_slowly_keeps_its_event_through_a_change_of_the_limit);
    tcase_add_loop_test(tcase, rows_that_were_not_counted_hold_up_nothing, 0, 2);
    tcase_add_test(tcase, what_was_cleared_while_the_disk_was_full_does_not_come_back);
    tcase_add_test(tcase, events_that_go_while_they_are_written_into_a_new_file_do_no_harm);
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
    tcase_add_test(tcase, a_lane_that_could_not_be_read_for_want_of_memory_is_read_later);
#endif
    tcase_add_test(tcase, a_full_disk_loses_nothing_that_was_accepted);
    tcase_add_test(tcase, a_stop_with_a_full_disk_does_not_wait_for_room);
    suite_add_tcase(suite, tcase);
    return suite;
}
