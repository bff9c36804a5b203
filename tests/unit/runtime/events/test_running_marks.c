#include "runtime/events/running_marks.h"

#include "tests/support/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[64], path[128];
static struct running_mark *found;
static size_t found_count;

static void set_up(void)
{
    (void)snprintf(root, sizeof root, "/tmp/test_running_marks.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    (void)snprintf(path, sizeof path, "%s/running", root);
}

static void tear_down(void)
{
    char command[128];

    free(found);
    found = NULL;
    (void)snprintf(command, sizeof command, "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
}

static struct running_marks *reopen(void)
{
    struct running_marks *marks;

    free(found);
    marks = running_marks_open(root, &found, &found_count);
    ck_assert_ptr_nonnull(marks);
    return marks;
}

static struct running_mark mark_of(int64_t sequence)
{
    struct running_mark mark = {.sequence = sequence, .run_count = sequence % 3};

    (void)snprintf(mark.request_id, sizeof mark.request_id, "event %lld", (long long)sequence);
    return mark;
}

START_TEST(a_kill_leaves_what_ran_in_the_order_of_acceptance)
{
    struct running_marks *marks;
    const pid_t server = fork();

    ck_assert_int_ge(server, 0);
    if (server == 0) {
        const struct running_mark three = mark_of(3), two = mark_of(2), one = mark_of(1);
        unsigned ended;

        marks = running_marks_open(root, &found, &found_count);
        (void)running_marks_set(marks, &three);
        ended = running_marks_set(marks, &two);
        (void)running_marks_set(marks, &one);
        running_marks_clear(marks, ended);
        (void)raise(SIGKILL);
    }
    ck_assert_int_eq(waitpid(server, NULL, 0), server);
    marks = reopen();
    ck_assert_uint_eq(found_count, 2);
    ck_assert_int_eq(found[0].sequence, 1);
    ck_assert_int_eq(found[0].run_count, 1);
    ck_assert_str_eq(found[0].request_id, "event 1");
    ck_assert_int_eq(found[1].sequence, 3);
    running_marks_close(marks);
    running_marks_close(reopen()); /* and they are told once */
    ck_assert_uint_eq(found_count, 0);
}
END_TEST

START_TEST(more_than_there_is_room_for_run_without)
{
    struct running_marks *marks = reopen();
    const struct running_mark mark = mark_of(7);
    unsigned last = 0, count = 0;

    for (unsigned set; (set = running_marks_set(marks, &mark)) != 0; count++)
        last = set;
    ck_assert_uint_eq(count, 4096);
    running_marks_clear(marks, 0);
    running_marks_clear(marks, last);
    ck_assert_uint_eq(running_marks_set(marks, &mark), last);
    ck_assert_uint_eq(running_marks_set(marks, &mark), 0);
    running_marks_close(marks);
}
END_TEST

START_TEST(what_is_no_file_of_marks_is_nothing_found)
{
    static const char text[] = "hello";
    const struct running_mark mark = mark_of(7);
    struct running_marks *marks;
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, sizeof text, file), sizeof text);
    ck_assert_int_eq(fclose(file), 0);
    marks = reopen();
    ck_assert_uint_eq(found_count, 0);
    ck_assert_uint_ne(running_marks_set(marks, &mark), 0);
    running_marks_close(marks);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    marks = reopen();
    ck_assert_uint_eq(found_count, 0);
    ck_assert_uint_eq(running_marks_set(marks, &mark), 0);
    running_marks_close(marks);
}
END_TEST

START_TEST(garbage_of_the_right_size_is_harmless)
{
    struct running_marks *marks = reopen();
    FILE *file;
    long size;

    running_marks_close(marks);
    file = fopen(path, "r+");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    size = ftell(file);
    rewind(file);
    for (long i = 0; i < size; i++)
        ck_assert_int_eq(fputc(0x41, file), 0x41);
    ck_assert_int_eq(fclose(file), 0);
    running_marks_close(reopen());
    ck_assert_uint_eq(found_count, 0); /* no request id ends */
}
END_TEST

START_TEST(without_a_folder_there_are_none)
{
    const struct running_mark mark = mark_of(7);

    ck_assert_int_eq(rmdir(root), 0);
    running_marks_close(reopen());
    ck_assert_uint_eq(running_marks_set(NULL, &mark), 0);
    running_marks_clear(NULL, 1);
    running_marks_close(NULL);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("running_marks");
    TCase *tcase = tcase_create("running_marks");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_kill_leaves_what_ran_in_the_order_of_acceptance);
    tcase_add_test(tcase, more_than_there_is_room_for_run_without);
    tcase_add_test(tcase, what_is_no_file_of_marks_is_nothing_found);
    tcase_add_test(tcase, garbage_of_the_right_size_is_harmless);
    tcase_add_test(tcase, without_a_folder_there_are_none);
    suite_add_tcase(suite, tcase);
    return suite;
}
