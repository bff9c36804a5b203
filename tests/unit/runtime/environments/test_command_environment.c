#include "runtime/dispatch/dispatcher.h"

#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Commands are run as the dispatcher runs them: one environment an invocation. */
static struct test_bed bed;
static struct dispatcher *dispatcher;
static struct config *config;
static struct invocation *done;
static bool is_closed;
static unsigned timeout_s = 30; /* a loaded machine may be slow */

static void on_closed(void *context)
{
    (void)context;
    is_closed = true;
}

static bool has_closed(void *context)
{
    (void)context;
    return is_closed;
}

static void set_up(void)
{
    test_bed_open(&bed);
    dispatcher = dispatcher_open(&bed.services);
    ck_assert_ptr_nonnull(dispatcher);
}

static void tear_down(void)
{
    dispatcher_close(dispatcher, on_closed, NULL);
    test_bed_run_until(&bed, has_closed, NULL);
    invocation_free(done);
    config_release(config);
    test_bed_close(&bed);
}

static void on_done(struct invocation *invocation, void *context)
{
    (void)context;
    ck_assert_ptr_null(done);
    done = invocation;
}

static bool is_done(void *context)
{
    (void)context;
    return done != NULL;
}

/* `command` is a JSON array. */
static void submit(const char *command, const char *payload)
{
    char text[4096];

    (void)snprintf(
        text, sizeof text,
        "{\"Functions\":{\"f\":{\"Timeout\":%u,\"Environment\":{\"Variables\":{\"OWN\":\"mine\"}},"
        "\"Local\":{\"Command\":%s}}}}",
        timeout_s, command);
    config = test_bed_config(&bed, text);
    ck_assert_int_eq(dispatcher_submit(dispatcher, test_bed_invocation(&bed, config, "f", payload),
                                       on_done, NULL),
                     DISPATCH_ACCEPTED);
    ck_assert_ptr_null(done);
}

static void run(const char *command, const char *payload)
{
    submit(command, payload);
    test_bed_run_until(&bed, is_done, NULL);
}

static void assert_payload(const char *text)
{
    const struct bytes_view view = bytes_view(done->outcome.payload);

    ck_assert_msg(view.length == strlen(text) && memcmp(view.data, text, view.length) == 0,
                  "is %.*s, not %s", (int)view.length, view.data, text);
}

static const char *tail(void)
{
    static char text[LOG_KEPT_MAX];
    const struct bytes_view view = bytes_view(done->log.text);

    ck_assert_uint_lt(view.length, sizeof text);
    memcpy(text, view.data, view.length);
    text[view.length] = '\0';
    return text;
}

/* clang-format off */
static const struct {
    const char *command, *payload, *result;
} successes[] = {
    {"[\"cat\"]", "{\"a\": 1}", "{\"a\": 1}"},
    {"[\"cat\"]", NULL, "{}"},
    {"[\"cat\"]", "", "{}"},
    {"[\"tr\", \"a-z\", \"A-Z\"]", "\"shout\"", "\"SHOUT\""},
    {"[\"true\"]", "{}", ""},
    {"[\"printf\", \"%s\", \"a\\\"b $HOME\"]", "{}", "a\"b $HOME"},
    {"[\"sh\", \"-c\", \"exec <&-; echo unread\"]", "{}", "unread\n"},
    {"[\"sh\", \"-c\", \"exec >&-; cat >/dev/null\"]", "{}", ""},
    {"[\"sh\", \"-c\", \"printf $OWN; printf $AWS_LAMBDA_FUNCTION_NAME; printf ${AWS_LAMBDA_RUNTIME_API-none}\"]",
     "{}", "minefnone"},
};
/* clang-format on */

START_TEST(the_output_of_a_command_is_the_result)
{
    run(successes[_i].command, successes[_i].payload);
    ck_assert_int_eq(done->outcome.kind, OUTCOME_SUCCEEDED);
    assert_payload(successes[_i].result);
    ck_assert_int_eq(strncmp(tail(), "START RequestId: ", 17), 0);
    ck_assert_ptr_nonnull(strstr(tail(), "\nREPORT RequestId: "));
    ck_assert_uint_gt(done->max_memory_mb, 0);
    ck_assert(!done->is_cold_start);
}
END_TEST

/* clang-format off */
static const struct {
    const char *command, *error_type, *message;
} failures[] = {
    {"[\"false\"]", "Runtime.ExitError", "Runtime exited with error: exit status 1"},
    {"[\"sh\", \"-c\", \"echo lost; exit 42\"]", "Runtime.ExitError", "Runtime exited with error: exit status 42"},
    {"[\"sh\", \"-c\", \"kill -9 $$\"]", "Runtime.ExitError", "Runtime exited with error: signal: killed"},
    {"[\"sh\", \"-c\", \"kill -SEGV $$\"]", "Runtime.ExitError", "Runtime exited with error: signal: segmentation fault"},
    {"[\"sleep\", \"100\"]", "Sandbox.Timedout", "Task timed out after 1.00 seconds"},
    {"[\"sh\", \"-c\", \"trap '' TERM INT; sleep 100 & wait; sleep 100\"]", "Sandbox.Timedout",
     "Task timed out after 1.00 seconds"},
    {"[\"no-such-program\"]", "Runtime.InvalidEntrypoint",
     "no-such-program can't be started: No such file or directory"},
    {"[\"/etc/passwd\"]", "Runtime.InvalidEntrypoint", "/etc/passwd can't be started: Permission denied"},
};
/* clang-format on */

START_TEST(a_command_that_fails_is_a_function_error)
{
    char expected[512];

    if (strcmp(failures[_i].error_type, "Sandbox.Timedout") == 0)
        timeout_s = 1;
    run(failures[_i].command, "{}");
    ck_assert_int_eq(done->outcome.kind, OUTCOME_FUNCTION_ERROR);
    ck_assert_str_eq(done->outcome.error_type, failures[_i].error_type);
    (void)snprintf(expected, sizeof expected,
                   "{\"errorType\":\"%s\",\"errorMessage\":\"RequestId: %s Error: %s\"}",
                   failures[_i].error_type, done->request_id, failures[_i].message);
    /* A machine may write cores. */
    if (strstr(failures[_i].command, "SEGV") == NULL)
        assert_payload(expected);
    else
        ck_assert_int_eq(strncmp(done->outcome.payload->data, expected, strlen(expected) - 2), 0);
    ck_assert_ptr_nonnull(strstr(tail(), failures[_i].message));
}
END_TEST

START_TEST(what_goes_to_the_standard_error_is_the_log_and_no_result)
{
    run("[\"sh\", \"-c\", \"echo one >&2; echo result; printf two >&2\"]", "{}");
    assert_payload("result\n");
    ck_assert_ptr_nonnull(strstr(tail(), "\none\ntwo"));
}
END_TEST

START_TEST(a_large_event_goes_through_and_comes_back)
{
    char *text = malloc(INVOKE_PAYLOAD_MAX + 1);

    memset(text, 'x', INVOKE_PAYLOAD_MAX);
    text[0] = '"';
    text[INVOKE_PAYLOAD_MAX - 1] = '"';
    text[INVOKE_PAYLOAD_MAX] = '\0';
    run("[\"cat\"]", text);
    ck_assert_int_eq(done->outcome.kind, OUTCOME_SUCCEEDED);
    assert_payload(text);
    free(text);
}
END_TEST

/* What fits into a pipe at once is not watched; what does not is. */
static const size_t event_lengths[] = {2, 4095, 4096, 4097, 65536, 65537, 262144, 262145, 1000000};

START_TEST(an_event_of_any_length_goes_through_and_comes_back)
{
    const size_t length = event_lengths[_i];
    char *text = malloc(length + 1);

    memset(text, 'x', length);
    text[0] = '"';
    text[length - 1] = '"';
    text[length] = '\0';
    run("[\"cat\"]", text);
    ck_assert_int_eq(done->outcome.kind, OUTCOME_SUCCEEDED);
    assert_payload(text);
    free(text);
}
END_TEST

/* More than a pipe holds. */
START_TEST(a_result_may_begin_with_little_and_go_on_with_much_later)
{
    run("[\"sh\", \"-c\", \"printf x; sleep 0.05; head -c 1000000 /dev/zero\"]", "{}");
    ck_assert_int_eq(done->outcome.kind, OUTCOME_SUCCEEDED);
    ck_assert_uint_eq(bytes_view(done->outcome.payload).length, 1000001);
}
END_TEST

static bool has_logged_live(void *context)
{
    (void)context;
    return strstr(test_bed_log(&bed), "] live\n") != NULL;
}

START_TEST(what_is_logged_after_the_result_is_seen_at_once)
{
    submit("[\"sh\", \"-c\", \"echo result; sleep 0.05; echo live >&2; exec sleep 100\"]", "{}");
    test_bed_run_until(&bed, has_logged_live, NULL);
    ck_assert_ptr_null(done); /* tear_down() ends it */
}
END_TEST

START_TEST(a_command_that_reads_nothing_of_a_large_event_may_succeed)
{
    char *text = malloc(INVOKE_PAYLOAD_MAX + 1);

    memset(text, '1', INVOKE_PAYLOAD_MAX);
    text[INVOKE_PAYLOAD_MAX] = '\0';
    run("[\"echo\", \"fine\"]", text);
    assert_payload("fine\n");
    free(text);
}
END_TEST

/* How many bytes are printed. */
static const struct {
    const char *command;
    bool is_too_large;
} results[] = {
    {"[\"head\", \"-c\", \"6291556\", \"/dev/zero\"]", false},
    {"[\"head\", \"-c\", \"6291557\", \"/dev/zero\"]", true},
    {"[\"head\", \"-c\", \"30000000\", \"/dev/zero\"]", true},
};

START_TEST(a_result_has_a_greatest_size)
{
    run(results[_i].command, "{}");
    if (results[_i].is_too_large)
        ck_assert_str_eq(done->outcome.error_type, "Function.ResponseSizeTooLarge");
    else
        ck_assert_uint_eq(bytes_view(done->outcome.payload).length, RESPONSE_PAYLOAD_MAX);
}
END_TEST

START_TEST(a_descendant_that_keeps_the_output_and_never_stops_holds_up_nobody)
{
    run("[\"sh\", \"-c\", \"(setsid yes &) ; exec true\"]", "{}");
    ck_assert_int_ne(done->outcome.kind, OUTCOME_NONE);
}
END_TEST

START_TEST(a_descendant_that_keeps_the_output_is_not_waited_for)
{
    const int64_t began_us = clock_monotonic_us();

    run("[\"sh\", \"-c\", \"(setsid sleep 100 &) ; echo done\"]", "{}");
    assert_payload("done\n");
    ck_assert_int_lt(clock_monotonic_us() - began_us, 25000000);
}
END_TEST

START_TEST(a_running_command_is_abandoned_when_the_dispatcher_closes)
{
    submit("[\"sleep\", \"100\"]", "{}");
    dispatcher_close(dispatcher, on_closed, NULL);
    test_bed_run_until(&bed, has_closed, NULL);
    ck_assert_int_eq(done->outcome.kind, OUTCOME_ABANDONED);
    is_closed = false;
    dispatcher = dispatcher_open(&bed.services); /* for tear_down() */
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("command_environment");
    TCase *tcase = tcase_create("command_environment");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, the_output_of_a_command_is_the_result, 0, ARRAY_LENGTH(successes));
    tcase_add_loop_test(tcase, a_command_that_fails_is_a_function_error, 0, ARRAY_LENGTH(failures));
    tcase_add_test(tcase, what_goes_to_the_standard_error_is_the_log_and_no_result);
    tcase_add_test(tcase, a_large_event_goes_through_and_comes_back);
    tcase_add_loop_test(tcase, an_event_of_any_length_goes_through_and_comes_back, 0,
                        ARRAY_LENGTH(event_lengths));
    tcase_add_test(tcase, a_result_may_begin_with_little_and_go_on_with_much_later);
    tcase_add_test(tcase, what_is_logged_after_the_result_is_seen_at_once);
    tcase_add_test(tcase, a_command_that_reads_nothing_of_a_large_event_may_succeed);
    tcase_add_loop_test(tcase, a_result_has_a_greatest_size, 0, ARRAY_LENGTH(results));
    tcase_add_test(tcase, a_descendant_that_keeps_the_output_and_never_stops_holds_up_nobody);
    tcase_add_test(tcase, a_descendant_that_keeps_the_output_is_not_waited_for);
    tcase_add_test(tcase, a_running_command_is_abandoned_when_the_dispatcher_closes);
    suite_add_tcase(suite, tcase);
    return suite;
}
