/* The SQLite engine under a queue: damage, formats, durabilities, kills. */
#include "tests/support/queue_bed.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t count_files(const char *pattern)
{
    char path[128];
    glob_t found;
    size_t count;

    (void)snprintf(path, sizeof path, "%s/%s", queue_folder, pattern);
    count = glob(path, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    globfree(&found);
    return count;
}

static void damage(off_t offset, size_t length)
{
    char path[128];
    char junk[8192];
    int descriptor;

    memset(junk, 0xa5, sizeof junk);
    ck_assert_uint_le(length, sizeof junk);
    (void)snprintf(path, sizeof path, "%s/queue.db", queue_folder);
    descriptor = open(path, O_WRONLY);
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(pwrite(descriptor, junk, length, offset), (ssize_t)length);
    (void)close(descriptor);
}

START_TEST(a_damaged_file_is_kept_aside_and_that_is_said)
{
    for (int i = 0; i < 100; i++)
        add(1, 100);
    run();
    close_queue();
    damage(_i == 0 ? 0 : 4096, 8192);
    open_queue();
    ck_assert_ptr_nonnull(strstr(problem, queue_folder));
    ck_assert_ptr_nonnull(strstr(problem, "queue.db.damaged-"));
    ck_assert_uint_eq(count_files("queue.db.damaged-*"), 1);
    ck_assert_uint_eq(lane_count, 0);
    add(1, 10);
    run();
    ck_assert_int_eq(written_count, 101);
    close_queue();
}
END_TEST

START_TEST(damage_found_later_is_told_and_the_queue_goes_on)
{
    for (int i = 0; i < 2000; i++)
        add(1, 1000);
    run();
    close_queue(); /* all of it is in the file, and nothing of it in memory */
    open_queue();
    for (int page = 3; page < 500; page++)
        damage((off_t)page * 4096, 4096);
    for (int64_t sequence = 1; sequence < 2000 && replaced_count == 0; sequence += 50) {
        struct event *event = make_event(1, 1);

        event->sequence = sequence;
        finish(event, NULL);
        run();
    }
    ck_assert_int_eq(replaced_count, 1);
    ck_assert_ptr_nonnull(strstr(replaced_text, "queue.db.damaged-"));
    ck_assert_uint_eq(count_files("queue.db.damaged-*"), 1);
    queue_lane.is_stored = false;
    written_count = 0;
    add(1, 10);
    run();
    ck_assert_int_eq(written_count, 1);
    close_queue();
}
END_TEST

/* Reads the whole file, or writes it. */
static size_t copy_file(const char *mode, char *data, size_t size)
{
    char path[128];
    FILE *file;
    size_t length;

    (void)snprintf(path, sizeof path, "%s/queue.db", queue_folder);
    file = fopen(path, mode);
    ck_assert_ptr_nonnull(file);
    length = mode[0] == 'r' ? fread(data, 1, size, file) : fwrite(data, 1, size, file);
    ck_assert_int_eq(fclose(file), 0);
    return length;
}

static void on_any_read(struct store_read *read, enum store_status status, void *context)
{
    (void)status;
    (void)context;
    events_free(read->first);
    read->first = NULL;
}

/* What is damaged opens, with what is sound or with a new file, and takes events. */
static void check_damaged(void)
{
    queue = try_open(DURABILITY_PROCESS);
    ck_assert_msg(queue != NULL, "%s", problem);
    for (size_t i = 0; i < lane_count; i++) {
        const struct store_read what = {.lane_id = lanes[i].id,
                                        .due_max_ms = INT64_MAX,
                                        .event_max = 1000,
                                        .byte_max = 10000000,
                                        .has_payload = true};

        ck_assert(event_queue_read(queue, &queue_account, &what, NULL, on_any_read, NULL));
        run();
    }
    queue_lane.is_stored = false;
    queue_lane.id = event_queue_next_lane_id(queue);
    written_count = 0;
    for (int i = 0; i < 10 && written_count == 0; i++) {
        add(1, 10);
        run();
    }
    ck_assert_int_gt(written_count, 0);
    close_queue();
}

START_TEST(damage_of_every_kind_is_survived)
{
    enum { SIZE = 1000000 };
    static char whole[SIZE], damaged[SIZE];
    unsigned random = 12345;
    size_t length;

    for (int i = 0; i < 200; i++)
        add(i, i % 20 == 0 ? 9000 : 100);
    run();
    close_queue();
    length = copy_file("r", whole, SIZE);
    ck_assert_uint_gt(length, 50000);
    for (size_t i = 0; i < 260; i++) {
        memcpy(damaged, whole, length);
        if (i < 100) {
            damaged[i] = (char)~damaged[i]; /* each byte of the header */
        } else {
            const size_t span = 1 + 40 * (i % 60);
            size_t at;

            random = random * 1103515245 + 12345;
            at = (i % 2 == 0 ? (random >> 8) % (length - span) : (random >> 8) % 4096);
            for (size_t j = 0; j < span; j++)
                damaged[at + j] = (char)(random = random * 1103515245 + 12345, random >> 16);
        }
        (void)copy_file("w", damaged, length);
        check_damaged();
    }
}
END_TEST

static void execute(const char *sql)
{
    char path[128];
    sqlite3 *database;

    (void)snprintf(path, sizeof path, "%s/queue.db", queue_folder);
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(database), SQLITE_OK);
}

static const struct {
    const char *sql, *said;
} refused[] = {
    {"PRAGMA user_version = 4", "newer invoked (format 4; this one knows up to 3)"},
    {"DROP TABLE newest; PRAGMA application_id = 77", "a database of another program"},
};

START_TEST(a_file_that_is_not_for_this_version_is_refused_and_left_alone)
{
    add(1, 10);
    run();
    close_queue();
    execute(refused[_i].sql);
    ck_assert_ptr_null(try_open(DURABILITY_PROCESS));
    ck_assert_ptr_nonnull(strstr(problem, refused[_i].said));
    ck_assert_ptr_nonnull(strstr(problem, queue_folder));
    ck_assert_uint_eq(count_files("queue.db.damaged-*"), 0);
    run();
}
END_TEST

START_TEST(what_is_no_regular_file_in_its_place_is_named)
{
    static const char *const names[] = {"queue.db", "queue.db-wal", "queue.db"};
    char path[128];

    close_queue();
    (void)snprintf(path, sizeof path, "%s/%s", queue_folder, names[_i]);
    (void)unlink(path);
    ck_assert_int_eq(_i < 2 ? mkfifo(path, 0666) : symlink("/dev/zero", path), 0);
    ck_assert_ptr_null(try_open(DURABILITY_PROCESS));
    ck_assert_ptr_nonnull(strstr(problem, path));
    ck_assert_ptr_nonnull(strstr(problem, "not a regular file"));
    run();
}
END_TEST

START_TEST(a_queue_in_memory_leaves_no_file)
{
    close_queue();
    queue = try_open(DURABILITY_MEMORY);
    ck_assert_ptr_nonnull(queue);
    queue_lane.is_stored = false;
    queue_lane.id = event_queue_next_lane_id(queue);
    add(1, 10);
    run();
    read_due(1, 10, NULL, 0);
    ck_assert_str_eq(read_order(), "1");
    close_queue();
    open_queue();
    ck_assert_uint_eq(lane_count, 0);
    close_queue();
}
END_TEST

START_TEST(power_safe_commits_work_as_well)
{
    close_queue();
    queue = try_open(DURABILITY_POWER);
    ck_assert_ptr_nonnull(queue);
    add(1, 10);
    run();
    ck_assert_int_eq(written_count, 1);
    close_queue();
}
END_TEST

START_TEST(the_newest_time_is_known_after_a_restart_while_there_are_events)
{
    const int64_t ahead_ms = clock_real_now_ms() + 6 * 3600000;
    struct event *event;

    add(ahead_ms, 10);
    run();
    close_queue();
    open_queue();
    ck_assert_int_eq(event_queue_newest_ms(queue), ahead_ms);
    event = make_event(1, 1);
    event->sequence = 1;
    finish(event, NULL);
    run();
    close_queue();
    open_queue();
    ck_assert_int_eq(event_queue_newest_ms(queue), 0);
    close_queue();
}
END_TEST

START_TEST(a_cleared_account_has_no_newest_time)
{
    const int64_t now_ms = clock_real_now_ms(), hour_ms = 3600000;
    struct account other = {.id = "111111111111"};
    struct event_lane other_lane = {.account = &other, .function_name = (char *)"hello"};
    struct event *event;

    other_lane.id = event_queue_next_lane_id(queue);
    add(now_ms + 6 * hour_ms, 10);
    event = make_event(now_ms + hour_ms, 10);
    event->lane = &other_lane;
    event->lane_id = other_lane.id;
    ck_assert(event_queue_add(queue, event, false, on_written, NULL));
    ck_assert(event_queue_clear(queue, &queue_account, on_cleared, NULL));
    run();
    add(1, 10);
    run();
    close_queue();
    open_queue();
    ck_assert_int_eq(event_queue_newest_ms(queue), now_ms + hour_ms);
    close_queue();
}
END_TEST

START_TEST(a_file_of_the_second_format_gets_its_tenants)
{
    add(1, 10);
    run();
    close_queue();
    execute("ALTER TABLE events DROP COLUMN tenant_id; PRAGMA user_version = 2");
    open_queue();
    ck_assert_str_eq(problem, "");
    ck_assert_uint_eq(lanes[0].count, 1);
    add(1, 10);
    run();
    close_queue();
}
END_TEST

START_TEST(a_file_of_the_first_format_is_brought_up_to_this_one)
{
    add(1, 10);
    run();
    close_queue();
    execute("DROP TABLE newest; ALTER TABLE events DROP COLUMN tenant_id;"
            "CREATE TABLE newest(id INTEGER PRIMARY KEY CHECK(id = 1), at_ms INTEGER NOT NULL);"
            "INSERT INTO newest VALUES(1, 99999999999999); PRAGMA user_version = 1");
    open_queue();
    ck_assert_str_eq(problem, "");
    ck_assert_uint_eq(lanes[0].count, 1);
    ck_assert_int_eq(event_queue_newest_ms(queue), 99999999999999);
    close_queue();
}
END_TEST

/* In the child: adds events for ever and writes a byte for each that is committed. */
static int report_descriptor;

static void on_child_written(struct event *event, enum store_status status, void *context)
{
    (void)context;
    if (status != STORE_OK || write(report_descriptor, "x", 1) != 1)
        _exit(1);
    event_free(event);
    (void)event_queue_add(queue, make_event(1, 200), false, on_child_written, NULL);
}

static void child_main(void)
{
    ck_assert_int_eq(uv_loop_init(&queue_loop), 0);
    open_queue();
    for (int i = 0; i < 64; i++)
        (void)event_queue_add(queue, make_event(1, 200), false, on_child_written, NULL);
    (void)uv_run(&queue_loop, UV_RUN_DEFAULT);
    _exit(1);
}

START_TEST(nothing_that_was_committed_is_lost_by_a_kill)
{
    size_t accepted = 0;
    char buffer[4096];

    close_queue();
    for (int round = 0; round < 5; round++) {
        int ends[2], status;
        size_t wanted = accepted + 200 + 777 * (size_t)round;
        ssize_t got;
        pid_t child;

        ck_assert_int_eq(pipe(ends), 0);
        child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            report_descriptor = ends[1];
            child_main();
        }
        (void)close(ends[1]);
        while (accepted < wanted) {
            got = read(ends[0], buffer, sizeof buffer);
            ck_assert_int_gt(got, 0);
            accepted += (size_t)got;
        }
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        while ((got = read(ends[0], buffer, sizeof buffer)) > 0)
            accepted += (size_t)got;
        (void)close(ends[0]);
        open_queue();
        ck_assert_str_eq(problem, "");
        ck_assert_uint_ge(lanes[0].count, accepted);
        accepted = lanes[0].count; /* committed but not told yet: those are ours now */
        close_queue();
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("sqlite_store");
    TCase *tcase = tcase_create("sqlite_store");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, queue_set_up, queue_tear_down);
    tcase_add_loop_test(tcase, a_damaged_file_is_kept_aside_and_that_is_said, 0, 2);
    tcase_add_test(tcase, damage_of_every_kind_is_survived);
    tcase_add_test(tcase, damage_found_later_is_told_and_the_queue_goes_on);
    tcase_add_loop_test(tcase, a_file_that_is_not_for_this_version_is_refused_and_left_alone, 0,
                        ARRAY_LENGTH(refused));
    tcase_add_loop_test(tcase, what_is_no_regular_file_in_its_place_is_named, 0, 3);
    tcase_add_test(tcase, a_queue_in_memory_leaves_no_file);
    tcase_add_test(tcase, power_safe_commits_work_as_well);
    tcase_add_test(tcase, the_newest_time_is_known_after_a_restart_while_there_are_events);
    tcase_add_test(tcase, a_cleared_account_has_no_newest_time);
    tcase_add_test(tcase, a_file_of_the_second_format_gets_its_tenants);
    tcase_add_test(tcase, a_file_of_the_first_format_is_brought_up_to_this_one);
    tcase_add_test(tcase, nothing_that_was_committed_is_lost_by_a_kill);
    suite_add_tcase(suite, tcase);
    return suite;
}
