#include "runtime/process/memory_guard.h"

#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const size_t MIB = 1u << 20;

static struct test_bed bed;

struct watched {
    struct memory_watch watch;
    unsigned exceeded_count;
    struct memory_watch *stops; /* another one, when it is exceeded */
};

static void set_up(void)
{
    test_bed_open(&bed);
}

static void tear_down(void)
{
    test_bed_close(&bed);
}

static void on_exceeded(void *context)
{
    struct watched *watched = context;

    watched->exceeded_count++;
    if (watched->stops != NULL)
        memory_watch_stop(watched->stops);
}

static bool is_exceeded(void *context)
{
    return ((const struct watched *)context)->exceeded_count > 0;
}

static void watch(struct watched *watched, pid_t id, size_t limit_bytes)
{
    *watched = (struct watched){.watch = {
                                    .process_id = id,
                                    .limit_bytes = limit_bytes,
                                    .on_exceeded = on_exceeded,
                                    .context = watched,
                                }};
    memory_watch_start(bed.memory_guard, &watched->watch);
}

/* A process that uses this memory, and has children that use nothing. It runs until end(). */
static pid_t start(size_t bytes, unsigned child_count)
{
    int ready[2];
    char sign;

    ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
    const pid_t id = fork();

    if (id == 0) {
        char *memory = malloc(bytes + 1);

        (void)setpgid(0, 0);
        for (unsigned i = 0; i < child_count && fork() > 0; i++)
            continue;
        if (memory != NULL && getpgrp() == getpid()) {
            memset(memory, 1, bytes + 1);
            if (write(ready[1], memory, 1) != 1)
                _exit(1);
        }
        for (;;)
            (void)pause();
    }
    ck_assert_int_gt(id, 0);
    ck_assert_int_eq(read(ready[0], &sign, 1), 1);
    (void)close(ready[0]);
    (void)close(ready[1]);
    return id;
}

static void end(pid_t id)
{
    ck_assert_int_eq(kill(-id, SIGKILL), 0);
    ck_assert_int_eq(waitpid(id, NULL, 0), id);
    while (waitpid(-1, NULL, 0) > 0) /* its children are ours now */
        continue;
}

START_TEST(memory_is_that_of_a_process_and_its_descendants)
{
    const pid_t id = start(50 * MIB, 0);
    const size_t used = memory_of_process_tree(id);

    ck_assert_uint_gt(used, 50 * MIB);
#ifndef __SANITIZE_THREAD__ /* which takes several times as much */
    ck_assert_uint_lt(used, 90 * MIB);
#endif
    ck_assert_uint_gt(memory_of_process_tree(getpid()), used);
    end(id);
    ck_assert_uint_eq(memory_of_process_tree(id), 0);
}
END_TEST

/* The list of their ids is longer than 4 KiB, and what is cut off at its end must not be taken for an id. */
START_TEST(all_of_many_children_are_counted)
{
    const pid_t id = start(0, 900);
    const size_t own = memory_of_process_tree(id);

    end(id);
    ck_assert_uint_gt(own, 900u * 64 * 1024); /* a forked child has this at least */
}
END_TEST

START_TEST(what_uses_more_than_its_share_is_told_once)
{
    struct watched large, small;
    const pid_t id = start(50 * MIB, 0);

    watch(&large, id, 40 * MIB);
    watch(&small, id, 400 * MIB);
    ck_assert_uint_eq(large.exceeded_count, 0);
    test_bed_run_until(&bed, is_exceeded, &large);
    ck_assert_ptr_null(large.watch.guard);
    test_bed_run_for(&bed, 2 * GUARD_INTERVAL_MS);
    ck_assert_uint_eq(large.exceeded_count, 1);
    ck_assert_uint_eq(small.exceeded_count, 0);
    memory_watch_stop(&large.watch);
    memory_watch_stop(&small.watch);
    end(id);
}
END_TEST

START_TEST(one_that_is_exceeded_may_stop_others)
{
    struct watched watched[3];
    const pid_t id = start(50 * MIB, 0);

    for (unsigned i = 0; i < ARRAY_LENGTH(watched); i++)
        watch(&watched[i], id, i == 1 ? 400 * MIB : 40 * MIB);
    watched[0].stops = &watched[_i].watch;
    watched[2].stops = &watched[_i == 2 ? 0 : _i].watch;
    test_bed_run_for(&bed, 2 * GUARD_INTERVAL_MS + 100);
    ck_assert_uint_ge(watched[0].exceeded_count + watched[2].exceeded_count, 1);
    for (unsigned i = 0; i < ARRAY_LENGTH(watched); i++)
        memory_watch_stop(&watched[i].watch);
    end(id);
}
END_TEST

START_TEST(a_process_that_is_gone_uses_nothing)
{
    struct watched watched;
    const pid_t id = start(0, 0);

    end(id);
    watch(&watched, id, 0);
    test_bed_run_for(&bed, 2 * GUARD_INTERVAL_MS);
    ck_assert_uint_eq(watched.exceeded_count, 0);
    memory_watch_stop(&watched.watch);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("memory_guard");
    TCase *tcase = tcase_create("memory_guard");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, memory_is_that_of_a_process_and_its_descendants);
    tcase_add_test(tcase, all_of_many_children_are_counted);
    tcase_add_test(tcase, what_uses_more_than_its_share_is_told_once);
    tcase_add_loop_test(tcase, one_that_is_exceeded_may_stop_others, 0, 3);
    tcase_add_test(tcase, a_process_that_is_gone_uses_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
