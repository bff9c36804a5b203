#include "runtime/process/source_watcher.h"

#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { QUIET_MS = 300 }; /* longer than a change takes to be told */

static struct test_bed bed;
static struct source_watcher *watcher;
static char data_folder[2 * TEST_BED_PATH_SIZE];
static struct {
    unsigned count;
    char last[2 * TEST_BED_PATH_SIZE]; /* "f:app.py" */
} told;

static void on_changed(const char *function_name, const char *changed, void *context)
{
    ck_assert_ptr_eq(context, &bed);
    told.count++;
    (void)snprintf(told.last, sizeof told.last, "%s:%s", function_name, changed);
}

static void set_up(void)
{
    test_bed_open(&bed);
    memset(&told, 0, sizeof told);
    (void)snprintf(data_folder, sizeof data_folder, "%s/code/data", bed.folder);
    const struct source_watcher_options options = {
        .loop = &bed.loop,
        .log = bed.log,
        .data_folder = data_folder,
        .on_changed = on_changed,
        .context = &bed,
    };

    watcher = source_watcher_open(&options);
    ck_assert_ptr_nonnull(watcher);
    test_bed_write(&bed, "code/app.py", 0644, "old", NULL);
}

static void tear_down(void)
{
    source_watcher_close(watcher);
    test_bed_close(&bed);
}

static struct source *watch(const char *name, const char *folder, const char *only)
{
    char path[2 * TEST_BED_PATH_SIZE];
    struct source *source;

    (void)snprintf(path, sizeof path, "%s/%s", bed.folder, folder);
    source = source_watcher_watch(watcher, name, path, only);
    ck_assert_ptr_nonnull(source);
    test_bed_run_for(&bed, QUIET_MS); /* until it was scanned */
    return source;
}

static void write_file(const char *name)
{
    test_bed_write(&bed, name, 0644, "new", NULL);
}

static bool was_told(void *context)
{
    return told.count >= *(const unsigned *)context;
}

static void expect_told(const char *expected)
{
    unsigned count = told.count + 1;

    test_bed_run_until(&bed, was_told, &count);
    ck_assert_str_eq(told.last, expected);
}

static void expect_silence(void)
{
    const unsigned count = told.count;

    test_bed_run_for(&bed, QUIET_MS);
    ck_assert_msg(told.count == count, "told of %s", told.last);
}

START_TEST(an_edit_is_told_to_each_function_of_the_folder)
{
    (void)watch("f", "code", NULL);
    ck_assert_ptr_eq(watch("g", "code", NULL), watch("g", "code", NULL));
    write_file("code/app.py");
    test_bed_run_for(&bed, QUIET_MS);
    ck_assert_uint_eq(told.count, 2);
    write_file("elsewhere/app.py");
    expect_silence();
}
END_TEST

START_TEST(what_comes_in_new_folders_is_told)
{
    (void)watch("f", "code", NULL);
    write_file("code/new/deep/data.txt");
    expect_told("f:new");
    write_file("code/new/deep/data.txt");
    expect_told("f:new/deep/data.txt");
}
END_TEST

START_TEST(one_name_is_watched_alone)
{
    (void)watch("", "code", "invoked.json");
    write_file("code/other.json");
    expect_silence();
    write_file("code/invoked.json");
    expect_told(":invoked.json");
}
END_TEST

START_TEST(one_name_is_told_when_it_is_closed)
{
    char path[2 * TEST_BED_PATH_SIZE];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/code/app.py", bed.folder);
    (void)watch("", "code", "app.py");
    file = fopen(path, "r+");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_gt(fputs("half", file), 0);
    ck_assert_int_eq(fflush(file), 0);
    expect_silence();
    ck_assert_int_eq(fclose(file), 0);
    expect_told(":app.py");
}
END_TEST

/* The folder is watched for both, so both kinds of events come. */
START_TEST(a_file_opened_and_closed_is_no_edit_of_a_folder)
{
    char path[2 * TEST_BED_PATH_SIZE];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/code/app.py", bed.folder);
    (void)watch("", "code", "other.py");
    (void)watch("f", "code", NULL);
    file = fopen(path, "r+");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fclose(file), 0);
    expect_silence();
    write_file("code/app.py");
    expect_told("f:app.py");
}
END_TEST

START_TEST(the_data_folder_is_left_out)
{
    write_file("code/data/queue.db");
    (void)watch("f", "code", NULL);
    write_file("code/data/queue.db");
    ck_assert_int_eq(chmod(data_folder, 0750), 0);
    expect_silence();
}
END_TEST

/* ---- while the function runs ---- */

static const char *const own[] = {"cache.json", "data.db", "data.db-wal", "notes.txt",
                                  "deep/cache.json"};
static const char *const edits[] = {"app.py", "page.html", "deep/helper.js", "new/helper.js"};

START_TEST(its_own_write_is_no_edit_and_said_once)
{
    char name[TEST_BED_PATH_SIZE];
    struct source *source;

    write_file("code/deep/old.txt");
    source = watch("f", "code", NULL);
    (void)snprintf(name, sizeof name, "code/%s", own[_i]);
    for (unsigned i = 0; i < 3; i++) {
        source_run_begins(source);
        write_file(name);
        source_run_ends(source);
        expect_silence();
    }
    const char *said = strstr(test_bed_log(&bed), "f: wrote ");

    ck_assert_int_eq(said != NULL, strstr(name, "-wal") == NULL);
    if (said != NULL)
        ck_assert_ptr_null(strstr(said + 1, "f: wrote "));
    write_file("code/cache.json");
    expect_told("f:cache.json");
}
END_TEST

START_TEST(what_people_edit_is_an_edit_even_then)
{
    char name[TEST_BED_PATH_SIZE];
    struct source *source;
    const unsigned one = 1;

    write_file("code/deep/old.txt");
    source = watch("f", "code", NULL);
    (void)snprintf(name, sizeof name, "code/%s", edits[_i]);
    source_run_begins(source);
    write_file(name);
    test_bed_run_until(&bed, was_told, (void *)(uintptr_t)&one);
    source_run_ends(source);
}
END_TEST

START_TEST(an_edit_just_before_and_one_just_after_are_edits)
{
    struct source *source = watch("f", "code", NULL);

    write_file("code/a.json");
    source_run_begins(source);
    source_run_ends(source);
    expect_told("f:a.json");
    source_run_begins(source);
    source_run_ends(source);
    write_file("code/b.json");
    expect_told("f:b.json");
}
END_TEST

START_TEST(another_function_that_runs_from_there_may_have_written_it)
{
    struct source *above, *below;

    write_file("code/below/app.py");
    above = watch("above", "code", NULL);
    below = watch("below", "code/below", NULL);
    ck_assert_ptr_ne(above, below);
    source_run_begins(below);
    source_run_begins(below);
    source_run_ends(below);
    write_file("code/below/cache.json");
    source_run_ends(below);
    expect_silence();
    source_run_begins(below);
    write_file("code/cache.json"); /* not where it runs from */
    source_run_ends(below);
    expect_told("above:cache.json");
}
END_TEST

/* ---- while much else changes ---- */

enum { BUSY_TASKS = 12, BUSY_MS = 100 };

static uv_work_t tasks[BUSY_TASKS];
static bool is_pool_busy;

static void on_pool(uv_work_t *task)
{
    (void)task;
    (void)usleep(BUSY_MS * 1000);
}

static void on_pool_done(uv_work_t *task, int status)
{
    ck_assert_int_eq(status, 0);
    if (is_pool_busy)
        ck_assert_int_eq(uv_queue_work(&bed.loop, task, on_pool, on_pool_done), 0);
}

/* A scan takes longer than the pause between two bursts of changes. */
START_TEST(an_edit_is_told_though_each_scan_is_followed_by_another)
{
    char name[TEST_BED_PATH_SIZE];

    (void)watch("f", "code", NULL);
    is_pool_busy = true;
    for (unsigned i = 0; i < BUSY_TASKS; i++)
        on_pool_done(&tasks[i], 0);
    for (unsigned i = 0; told.count == 0 && i < 40; i++) {
        (void)snprintf(name, sizeof name, "code/%u/app.py", i);
        write_file(name);
        test_bed_run_for(&bed, 150);
    }
    is_pool_busy = false;
    ck_assert_uint_ge(told.count, 1);
    test_bed_run_for(&bed, 1000);
}
END_TEST

static unsigned queue_length(void)
{
    FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
    unsigned length = 0;

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%u", &length), 1);
    (void)fclose(file);
    return length;
}

START_TEST(an_edit_may_be_among_events_that_are_lost)
{
    const unsigned length = queue_length();
    struct source *source;

    if (length > 1 << 17)
        return; /* it would take too long */
    write_file("code/a.txt");
    write_file("code/b.txt");
    source = watch("f", "code", NULL);
    source_run_begins(source);
    for (unsigned i = 0; i <= length; i++)
        write_file(i % 2 == 0 ? "code/a.txt" : "code/b.txt");
    write_file("code/app.py");
    source_run_ends(source);
    test_bed_run_for(&bed, QUIET_MS);
    ck_assert_uint_ge(told.count, 1);
}
END_TEST

START_TEST(a_folder_that_was_missing_is_watched_when_it_is_asked_for_again)
{
    (void)watch("f", "later", NULL);
    write_file("later/app.py");
    (void)watch("f", "later", NULL);
    write_file("later/app.py");
    expect_told("f:app.py");
}
END_TEST

START_TEST(it_can_be_closed_at_any_moment)
{
    char path[2 * TEST_BED_PATH_SIZE];

    (void)snprintf(path, sizeof path, "%s/code", bed.folder);
    ck_assert_ptr_nonnull(source_watcher_watch(watcher, "f", path, NULL));
    if (_i > 0)
        test_bed_run_for(&bed, 1);
    if (_i > 1)
        write_file("code/app.py");
    if (_i > 2)
        test_bed_run_for(&bed, 50);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("source_watcher");
    TCase *tcase = tcase_create("source_watcher");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, an_edit_is_told_to_each_function_of_the_folder);
    tcase_add_test(tcase, what_comes_in_new_folders_is_told);
    tcase_add_test(tcase, one_name_is_watched_alone);
    tcase_add_test(tcase, one_name_is_told_when_it_is_closed);
    tcase_add_test(tcase, a_file_opened_and_closed_is_no_edit_of_a_folder);
    tcase_add_test(tcase, the_data_folder_is_left_out);
    tcase_add_loop_test(tcase, its_own_write_is_no_edit_and_said_once, 0, ARRAY_LENGTH(own));
    tcase_add_loop_test(tcase, what_people_edit_is_an_edit_even_then, 0, ARRAY_LENGTH(edits));
    tcase_add_test(tcase, an_edit_just_before_and_one_just_after_are_edits);
    tcase_add_test(tcase, another_function_that_runs_from_there_may_have_written_it);
    tcase_add_test(tcase, an_edit_is_told_though_each_scan_is_followed_by_another);
    tcase_add_test(tcase, an_edit_may_be_among_events_that_are_lost);
    tcase_add_test(tcase, a_folder_that_was_missing_is_watched_when_it_is_asked_for_again);
    tcase_add_loop_test(tcase, it_can_be_closed_at_any_moment, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite;
}
