/*
 * test_bed.h - what execution environments need around them, for tests: a loop, a log to read again, a temporary folder,
 * processes, interpreters and accounts. No sockets: `services.ports` is the test's.
 */
#ifndef TESTS_SUPPORT_TEST_BED_H
#define TESTS_SUPPORT_TEST_BED_H

#include "runtime/bundled/interpreter.h"
#include "runtime/environments/execution_environment.h"

enum { TEST_BED_PATH_SIZE = 256 };

struct test_bed {
    uv_loop_t loop;
    char folder[TEST_BED_PATH_SIZE]; /* gone with the bed */
    int log_file;
    struct log *log;
    struct random_source *random;
    struct accounts *accounts;
    struct process_table *processes;
    struct interpreters *interpreters;
    struct memory_guard *memory_guard;
    struct environment_services services;
};

void test_bed_open(struct test_bed *bed);

/* Fails the test when a handle is still open or a child is left. */
void test_bed_close(struct test_bed *bed);

/* Writes `name` into the folder, with these permissions; `path` may be NULL. */
void test_bed_write(const struct test_bed *bed, const char *name, unsigned mode, const char *text,
                    char path[TEST_BED_PATH_SIZE]);

/* Returns owned: the configuration whose file would lie in the folder. Fails the test when it is unsound. */
struct config *test_bed_config(const struct test_bed *bed, const char *text);

/* Returns owned: an invocation of function `name`; `payload` may be NULL. */
struct invocation *test_bed_invocation(const struct test_bed *bed, struct config *config,
                                       const char *name, const char *payload);

/* Runs the loop until `is_so(context)`; fails the test after 45 s. */
typedef bool test_bed_condition_fn(void *context);
void test_bed_run_until(struct test_bed *bed, test_bed_condition_fn *is_so, void *context);

/* Runs the loop for some time, for what must NOT happen. */
void test_bed_run_for(struct test_bed *bed, unsigned milliseconds);

/* The whole log so far; valid until the next call. */
const char *test_bed_log(struct test_bed *bed);

#endif
