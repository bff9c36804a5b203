#include "tests/support/test_bed.h"

#include "runtime/process/memory_guard.h"
#include "tests/support/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POLL_MS = 2, PATIENCE_MS = 45000 };

void test_bed_open(struct test_bed *bed)
{
    const struct clock_options clock_options = {.mode = CLOCK_REAL};
    const char *parent = getenv("TMPDIR");

    *bed = (struct test_bed){.log_file = memfd_create("log", MFD_CLOEXEC)};
    ck_assert_int_ge(bed->log_file, 0);
    const struct log_options log_options = {.descriptor = bed->log_file, .level = LOG_DEBUG};

    (void)signal(SIGPIPE, SIG_IGN);
    (void)snprintf(bed->folder, sizeof bed->folder, "%s/bed-XXXXXX",
                   parent == NULL ? "/tmp" : parent);
    ck_assert_ptr_nonnull(mkdtemp(bed->folder));
    ck_assert_int_eq(uv_loop_init(&bed->loop), 0);
    bed->log = log_open(&bed->loop, &log_options);
    bed->random = random_source_new();
    bed->accounts = accounts_open(&bed->loop, &clock_options, "123456789012");
    bed->processes = process_table_open(&bed->loop);
    bed->interpreters = interpreters_open(&bed->loop, bed->processes, bed->log);
    bed->memory_guard = memory_guard_open(&bed->loop);
    ck_assert(bed->memory_guard != NULL && bed->log != NULL && bed->random != NULL &&
              bed->accounts != NULL && bed->processes != NULL && bed->interpreters != NULL);
    bed->services = (struct environment_services){
        .loop = &bed->loop,
        .log = bed->log,
        .random = bed->random,
        .processes = bed->processes,
        .interpreters = bed->interpreters,
        .memory_guard = bed->memory_guard,
        .endpoint = "http://127.0.0.1:3001",
        .bundled_folder = bed->folder,
    };
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void test_bed_close(struct test_bed *bed)
{
    if (bed->interpreters != NULL)
        interpreters_close(bed->interpreters);
    if (bed->processes != NULL)
        process_table_close(bed->processes);
    memory_guard_close(bed->memory_guard);
    log_close(bed->log);
    accounts_close(bed->accounts);
    (void)uv_run(&bed->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&bed->loop), 0);
    random_source_free(bed->random);
    (void)close(bed->log_file);
    (void)nftw(bed->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}

void test_bed_write(const struct test_bed *bed, const char *name, unsigned mode, const char *text,
                    char path[TEST_BED_PATH_SIZE])
{
    char whole[2 * TEST_BED_PATH_SIZE];
    FILE *file;

    (void)snprintf(whole, sizeof whole, "%s/%s", bed->folder, name);
    for (char *at = whole + strlen(bed->folder) + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        ck_assert(mkdir(whole, 0700) == 0 || errno == EEXIST);
        *at = '/';
    }
    file = fopen(whole, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(whole, mode), 0);
    if (path != NULL)
        ck_assert_int_lt(snprintf(path, TEST_BED_PATH_SIZE, "%s", whole), TEST_BED_PATH_SIZE);
}

struct config *test_bed_config(const struct test_bed *bed, const char *text)
{
    char path[2 * TEST_BED_PATH_SIZE];
    struct config_problems faults = {0};
    struct config *config;

    (void)snprintf(path, sizeof path, "%s/invoked.json", bed->folder);
    config = config_parse(text, strlen(text), path, &faults);
    ck_assert_msg(config != NULL, "%s", faults.count > 0 ? faults.messages[0] : "memory");
    config_problems_clear(&faults);
    return config;
}

struct invocation *test_bed_invocation(const struct test_bed *bed, struct config *config,
                                       const char *name, const char *payload)
{
    struct bytes *event = payload == NULL ? NULL : bytes_copy(payload, strlen(payload));
    struct invocation_options options = {.account = accounts_default(bed->accounts),
                                         .config = config,
                                         .payload = event,
                                         .attempt = 1};
    const struct function *function = config_function(config, name);
    struct invocation *invocation;

    ck_assert_ptr_nonnull(function);
    ck_assert(function_resolve(function, "", 0.0, &options.target));
    invocation = invocation_new(&options, bed->random);
    ck_assert_ptr_nonnull(invocation);
    bytes_release(event);
    return invocation;
}

/* ---- the loop ---- */

static void on_tick(uv_timer_t *timer)
{
    (void)timer; /* it only makes uv_run() return */
}

static bool never(void *context)
{
    (void)context;
    return false;
}

static bool run(struct test_bed *bed, test_bed_condition_fn *is_so, void *context,
                unsigned milliseconds)
{
    const int64_t until_us = clock_monotonic_us() + (int64_t)milliseconds * 1000;
    uv_timer_t timer;
    bool is_met = is_so(context);

    ck_assert_int_eq(uv_timer_init(&bed->loop, &timer), 0);
    ck_assert_int_eq(uv_timer_start(&timer, on_tick, POLL_MS, POLL_MS), 0);
    while (!is_met && clock_monotonic_us() < until_us) {
        (void)uv_run(&bed->loop, UV_RUN_ONCE);
        is_met = is_so(context);
    }
    uv_close((uv_handle_t *)&timer, NULL);
    (void)uv_run(&bed->loop, UV_RUN_NOWAIT);
    return is_met;
}

void test_bed_run_until(struct test_bed *bed, test_bed_condition_fn *is_so, void *context)
{
    ck_assert_msg(run(bed, is_so, context, PATIENCE_MS), "waited in vain; the log: %s",
                  test_bed_log(bed));
}

void test_bed_run_for(struct test_bed *bed, unsigned milliseconds)
{
    (void)run(bed, never, NULL, milliseconds);
}

const char *test_bed_log(struct test_bed *bed)
{
    static char text[1 << 20];
    ssize_t length;

    log_flush(bed->log);
    length = pread(bed->log_file, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    return text;
}
