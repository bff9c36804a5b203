#include "runtime/environments/execution_environment.h"

#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <regex.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static struct test_bed bed;
static struct config *config;
static struct environment environment;
static struct invocation *done;
static unsigned shutdown_count;

static void on_done(struct environment *busy, struct invocation *invocation, void *context)
{
    ck_assert_ptr_eq(busy, &environment);
    ck_assert_ptr_eq(context, &bed);
    ck_assert_ptr_null(busy->invocation);
    done = invocation;
}

static void on_shutdown(struct environment *ending, void *context)
{
    (void)context;
    ck_assert_int_eq(ending->state, ENVIRONMENT_SHUTDOWN);
    shutdown_count++;
}

static const struct environment_listener listener = {.on_done = on_done,
                                                     .on_shutdown = on_shutdown};

static void set_up(void)
{
    test_bed_open(&bed);
    config = test_bed_config(
        &bed, "{\"Functions\":{\"hello\":{\"Timeout\":3,\"Local\":{\"Command\":[\"cat\"]}}}}");
    const struct environment_options options = {
        .services = &bed.services,
        .account = accounts_default(bed.accounts),
        .config = config,
        .settings = config_function(config, "hello")->latest,
        .listener = &listener,
        .listener_context = &bed,
    };

    environment_init(&environment, NULL, &options);
}

static void tear_down(void)
{
    environment.state = ENVIRONMENT_GONE; /* however the test left it */
    environment_clear(&environment);
    invocation_free(done);
    config_release(config);
    test_bed_close(&bed);
}

/* ---- states ---- */

/* Rows are from, columns to: Init, Idle, Invoke, Finishing, Shutdown, Gone. */
static const char *const may_follow[ENVIRONMENT_STATE_COUNT] = {
    [ENVIRONMENT_INIT] = "-I--S-",     [ENVIRONMENT_IDLE] = "--V-S-",
    [ENVIRONMENT_INVOKE] = "-I-FS-",   [ENVIRONMENT_FINISHING] = "-I--S-",
    [ENVIRONMENT_SHUTDOWN] = "-----G", [ENVIRONMENT_GONE] = "------",
};

START_TEST(every_legal_step_is_taken)
{
    for (int from = 0; from < ENVIRONMENT_STATE_COUNT; from++) {
        for (int to = 0; to < ENVIRONMENT_STATE_COUNT; to++) {
            if (may_follow[from][to] == '-')
                continue;
            environment.state = (enum environment_state)from;
            environment_enter(&environment, (enum environment_state)to);
            ck_assert_int_eq((int)environment.state, to);
        }
    }
    ck_assert_uint_eq(shutdown_count, 4);
    ck_assert_int_gt(environment.ready_us, 0);
}
END_TEST

/* One loop a step: from * COUNT + to. */
START_TEST(every_other_step_is_our_own_mistake)
{
    const int from = _i / ENVIRONMENT_STATE_COUNT, to = _i % ENVIRONMENT_STATE_COUNT;

    if (may_follow[from][to] != '-')
        (void)raise(SIGABRT); /* every_legal_step_is_taken() tests these */
    environment.state = (enum environment_state)from;
    environment_enter(&environment, (enum environment_state)to);
}
END_TEST

/* ---- ends of processes ---- */

/* clang-format off */
static const struct {
    int wait_status;
    const char *message;
} exits[] = {
    {W_EXITCODE(0, 0),                    "Runtime exited without providing a reason"},
    {W_EXITCODE(1, 0),                    "Runtime exited with error: exit status 1"},
    {W_EXITCODE(127, 0),                  "Runtime exited with error: exit status 127"},
    {W_EXITCODE(255, 0),                  "Runtime exited with error: exit status 255"},
    {W_EXITCODE(0, SIGHUP),               "Runtime exited with error: signal: hangup"},
    {W_EXITCODE(0, SIGKILL),              "Runtime exited with error: signal: killed"},
    {W_EXITCODE(0, SIGTERM),              "Runtime exited with error: signal: terminated"},
    {W_EXITCODE(0, SIGSEGV),              "Runtime exited with error: signal: segmentation fault"},
    {W_EXITCODE(0, SIGSEGV) | WCOREFLAG,  "Runtime exited with error: signal: segmentation fault (core dumped)"},
    {W_EXITCODE(0, SIGABRT) | WCOREFLAG,  "Runtime exited with error: signal: aborted (core dumped)"},
    {W_EXITCODE(0, SIGBUS),               "Runtime exited with error: signal: bus error"},
    {W_EXITCODE(0, SIGSYS),               "Runtime exited with error: signal: signal 31"},
};
/* clang-format on */

START_TEST(the_end_of_a_process_is_told_in_the_words_of_aws)
{
    char message[EXIT_MESSAGE_SIZE];

    environment_exit_message(exits[_i].wait_status, message);
    ck_assert_str_eq(message, exits[_i].message);
}
END_TEST

/* ---- the log of an invocation ---- */

static void assert_log(const char *pattern)
{
    char text[8192];
    const struct bytes_view view = bytes_view(done->log.text);
    regex_t compiled;

    ck_assert_uint_lt(view.length, sizeof text);
    memcpy(text, view.data, view.length);
    text[view.length] = '\0';
    ck_assert_int_eq(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
    ck_assert_msg(regexec(&compiled, text, 0, NULL, 0) == 0, "not %s: %s", pattern, text);
    regfree(&compiled);
}

static struct invocation *begin(void)
{
    struct invocation *invocation = test_bed_invocation(&bed, config, "hello", "{}");

    environment.state = ENVIRONMENT_INVOKE;
    environment_begin(&environment, invocation);
    return invocation;
}

#define HEX_ID "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
#define START "^START RequestId: " HEX_ID " Version: \\$LATEST\n"
#define END "END RequestId: " HEX_ID "\n"
#define REPORT                                                                                     \
    "REPORT RequestId: " HEX_ID "\tDuration: [0-9]+\\.[0-9]{2} ms\tBilled Duration: [0-9]+ ms\t"   \
    "Memory Size: 128 MB\tMax Memory Used: 37 MB\t"

START_TEST(a_cold_start_reports_its_initialisation_and_a_warm_one_none)
{
    environment.opened_us = clock_monotonic_us() - 123450;
    environment.ready_us = environment.opened_us + 123450;
    invocation_succeed(begin(), NULL);
    environment_hand_over(&environment, 36 * 1024 + 1);
    ck_assert(done->is_cold_start);
    assert_log(START END REPORT "Init Duration: 123\\.45 ms\t\n$");
    invocation_free(done);
    invocation_succeed(begin(), NULL);
    environment_hand_over(&environment, 36 * 1024 + 1);
    ck_assert(!done->is_cold_start);
    assert_log(START END REPORT "\n$");
}
END_TEST

START_TEST(an_exception_of_the_handler_has_no_status)
{
    environment.has_run = true;
    invocation_fail(begin(), "", bytes_copy("{}", 2));
    environment_hand_over(&environment, 37 * 1024);
    assert_log(START END REPORT "\n$");
}
END_TEST

START_TEST(a_failure_of_the_platform_has_its_type)
{
    environment.has_run = true;
    invocation_fail_platform(begin(), "Runtime.ExitError", "gone");
    environment_hand_over(&environment, 37 * 1024);
    assert_log(START END REPORT "Status: error\tError Type: Runtime\\.ExitError\n$");
}
END_TEST

START_TEST(a_time_out_is_noted_and_reported)
{
    environment.has_run = true;
    (void)begin();
    environment_note_timeout(&environment);
    invocation_fail_platform(environment.invocation, "Sandbox.Timedout",
                             "Task timed out after 3.00 seconds");
    environment_hand_over(&environment, 37 * 1024);
    assert_log(START "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z " HEX_ID
                     " Task timed out after 3\\.00 seconds\n\n" END REPORT "Status: timeout\n$");
}
END_TEST

START_TEST(an_invocation_without_outcome_is_abandoned)
{
    (void)begin();
    environment_hand_over(&environment, 0);
    ck_assert_int_eq(done->outcome.kind, OUTCOME_ABANDONED);
}
END_TEST

START_TEST(a_note_beyond_all_bounds_is_cut)
{
    static char text[5000];

    memset(text, 'x', sizeof text - 1);
    (void)begin();
    environment_note(&environment, "%s", text);
    environment_hand_over(&environment, 37 * 1024);
    assert_log(START "x{900,1023}\n" END);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("execution_environment");
    TCase *tcase = tcase_create("execution_environment");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, every_legal_step_is_taken);
    tcase_add_loop_test_raise_signal(tcase, every_other_step_is_our_own_mistake, SIGABRT, 0,
                                     ENVIRONMENT_STATE_COUNT * ENVIRONMENT_STATE_COUNT);
    tcase_add_loop_test(tcase, the_end_of_a_process_is_told_in_the_words_of_aws, 0,
                        ARRAY_LENGTH(exits));
    tcase_add_test(tcase, a_cold_start_reports_its_initialisation_and_a_warm_one_none);
    tcase_add_test(tcase, an_exception_of_the_handler_has_no_status);
    tcase_add_test(tcase, a_failure_of_the_platform_has_its_type);
    tcase_add_test(tcase, a_time_out_is_noted_and_reported);
    tcase_add_test(tcase, an_invocation_without_outcome_is_abandoned);
    tcase_add_test(tcase, a_note_beyond_all_bounds_is_cut);
    suite_add_tcase(suite, tcase);
    return suite;
}
