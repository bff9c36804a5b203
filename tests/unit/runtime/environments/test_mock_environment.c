#include "runtime/environments/mock_environment.h"

#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

/* What the dispatcher is told. */
struct told {
    struct invocation *invocation; /* owned once it is done */
    unsigned done, shutdown, gone;
    enum environment_state state_when_done;
};

static struct test_bed bed;
static struct told told;

static void on_idle(struct environment *environment, void *context)
{
    (void)environment;
    (void)context;
    ck_abort_msg("a mock is idle when it is opened, and never again");
}

static void on_done(struct environment *environment, struct invocation *invocation, void *context)
{
    struct told *listener = context;

    listener->done++;
    listener->invocation = invocation;
    listener->state_when_done = environment->state;
}

static struct invocation *on_init_failed(struct environment *environment, void *context)
{
    (void)environment;
    (void)context;
    ck_abort_msg("a mock has no init that could fail");
    return NULL;
}

static void on_shutdown(struct environment *environment, void *context)
{
    (void)environment;
    ((struct told *)context)->shutdown++;
}

static void on_gone(struct environment *environment, void *context)
{
    (void)environment;
    ((struct told *)context)->gone++;
}

static const struct environment_listener listener = {
    .on_idle = on_idle,
    .on_done = on_done,
    .on_init_failed = on_init_failed,
    .on_shutdown = on_shutdown,
    .on_gone = on_gone,
};

static void set_up(void)
{
    test_bed_open(&bed);
    told = (struct told){.done = 0};
}

static void tear_down(void)
{
    invocation_free(told.invocation);
    test_bed_close(&bed);
}

/* An environment of function f with these answers; `config` is owned by the environment from here on. */
static struct environment *open_mock(const char *answers, unsigned timeout_s,
                                     struct invocation **invocation)
{
    char text[4096];
    struct config *config;
    struct environment *environment;

    (void)snprintf(text, sizeof text,
                   "{\"Functions\":{\"f\":{\"Timeout\":%u,\"Local\":{\"Mock\":%s}}}}", timeout_s,
                   answers);
    config = test_bed_config(&bed, text);
    const struct environment_options options = {
        .services = &bed.services,
        .account = accounts_default(bed.accounts),
        .config = config,
        .settings = config_function(config, "f")->latest,
        .listener = &listener,
        .listener_context = &told,
    };

    environment = mock_open(&options);
    ck_assert_ptr_nonnull(environment);
    ck_assert_int_eq(environment->state, ENVIRONMENT_IDLE);
    *invocation = test_bed_invocation(&bed, config, "f", "{\"a\":1}");
    config_release(config);
    return environment;
}

static bool is_gone(void *context)
{
    return ((const struct told *)context)->gone == 1;
}

static const struct {
    const char *answers;
    enum outcome_kind kind;
    const char *error_type;
    const char *payload; /* its beginning; of an exception its name and message */
    const char *log;     /* a part of it; NULL: nothing ran, so there is none */
} cases[] = {
    {"[{\"Payload\":{\"b\":[1.0]}}]", OUTCOME_SUCCEEDED, "", "{\"b\":[1.0]}", "START RequestId: "},
    {"[{}]", OUTCOME_SUCCEEDED, "", "null", "REPORT RequestId: "},
    {"[{\"FunctionError\":\"Unhandled\",\"Payload\":5}]", OUTCOME_FUNCTION_ERROR, "", "5", "END"},
    {"[{\"Error\":\"EFSIOException\"}]", OUTCOME_EXCEPTION, "", "EFSIOException", NULL},
    {"[{\"Error\":\"EFSIOException\",\"Message\":\"no\"}]", OUTCOME_EXCEPTION, "",
     "EFSIOException no", NULL},
    {"[{\"Timeout\":true}]", OUTCOME_FUNCTION_ERROR, "Sandbox.Timedout",
     "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: ",
     "Task timed out after 60.00 seconds"},
    {"[{\"Exit\":1}]", OUTCOME_FUNCTION_ERROR, "Runtime.ExitError",
     "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: ",
     "Error: Runtime exited with error: exit status 1"},
    {"[{\"Exit\":255}]", OUTCOME_FUNCTION_ERROR, "Runtime.ExitError", "{",
     "Error: Runtime exited with error: exit status 255"},
    {"[{\"When\":{\"a\":2}}]", OUTCOME_FUNCTION_ERROR, "Mock.NoAnswerFits",
     "{\"errorType\":\"Mock.NoAnswerFits\",\"errorMessage\":\"no canned response of f matches the "
     "event {\\\"a\\\":1}; nearest is Mock[0], which differs at $.a: expected 2, the event has "
     "1\"}",
     "Error: no canned response of f matches"},
};

START_TEST(an_answer_becomes_the_outcome)
{
    struct invocation *invocation;
    struct environment *environment = open_mock(cases[_i].answers, 60, &invocation);
    char text[4096];

    environment->kind->invoke(environment, invocation);
    ck_assert_uint_eq(told.done, 0);
    test_bed_run_until(&bed, is_gone, &told);
    ck_assert_uint_eq(told.done, 1);
    ck_assert_uint_eq(told.shutdown, 1);
    ck_assert_int_eq(told.state_when_done, ENVIRONMENT_SHUTDOWN);
    const struct outcome *outcome = &told.invocation->outcome;

    ck_assert_int_eq(outcome->kind, cases[_i].kind);
    ck_assert_str_eq(outcome->error_type, cases[_i].error_type);
    if (outcome->kind == OUTCOME_EXCEPTION)
        (void)snprintf(text, sizeof text, "%s%s%s", api_exception_row(outcome->exception)->name,
                       outcome->message == NULL ? "" : " ",
                       outcome->message == NULL ? "" : outcome->message);
    else
        (void)snprintf(text, sizeof text, "%.*s", (int)bytes_view(outcome->payload).length,
                       bytes_view(outcome->payload).data);
    ck_assert_msg(strncmp(text, cases[_i].payload, strlen(cases[_i].payload)) == 0, "%s", text);
    ck_assert(!told.invocation->is_cold_start);
    if (cases[_i].log == NULL)
        ck_assert_ptr_null(strstr(test_bed_log(&bed), "START"));
    else
        ck_assert_ptr_nonnull(strstr(test_bed_log(&bed), cases[_i].log));
}
END_TEST

START_TEST(a_handled_error_is_called_so)
{
    static const char answers[] = "[{\"FunctionError\":\"Handled\",\"Payload\":5}]";
    struct invocation *invocation;
    struct environment *environment = open_mock(answers, 60, &invocation);

    environment->kind->invoke(environment, invocation);
    test_bed_run_until(&bed, is_gone, &told);
    ck_assert_str_eq(outcome_function_error(&told.invocation->outcome), "Handled");
}
END_TEST

static const struct {
    unsigned delay_ms, timeout_s;
    double least_ms, most_ms;
    const char *error_type;
} delays[] = {
    {150, 60, 149, 20000, ""},
    {600000, 1, 990, 20000, "Sandbox.Timedout"},
    {1000, 1, 990, 20000, ""}, /* as long as the time-out is in time */
};

START_TEST(a_delay_passes_before_the_outcome_but_no_longer_than_the_time_out)
{
    char answers[128];
    struct invocation *invocation;
    struct environment *environment;

    (void)snprintf(answers, sizeof answers, "[{\"Payload\":1,\"DelayMs\":%u}]",
                   delays[_i].delay_ms);
    environment = open_mock(answers, delays[_i].timeout_s, &invocation);
    environment->kind->invoke(environment, invocation);
    test_bed_run_until(&bed, is_gone, &told);
    ck_assert_str_eq(told.invocation->outcome.error_type, delays[_i].error_type);
    ck_assert_double_ge(told.invocation->duration_ms, delays[_i].least_ms);
    ck_assert_double_le(told.invocation->duration_ms, delays[_i].most_ms);
}
END_TEST

START_TEST(what_waits_is_abandoned_when_it_is_shut_down)
{
    struct invocation *invocation;
    struct environment *environment =
        open_mock("[{\"Payload\":1,\"DelayMs\":600000}]", 900, &invocation);

    environment->kind->invoke(environment, invocation);
    environment->kind->shut_down(environment);
    ck_assert_uint_eq(told.done, 1);
    ck_assert_int_eq(told.invocation->outcome.kind, OUTCOME_ABANDONED);
    environment->kind->shut_down(environment);
    test_bed_run_until(&bed, is_gone, &told);
    ck_assert_uint_eq(told.done, 1);
}
END_TEST

START_TEST(an_idle_one_is_gone_without_an_outcome)
{
    struct invocation *invocation;
    struct environment *environment = open_mock("[{}]", 60, &invocation);

    environment->kind->shut_down(environment);
    test_bed_run_until(&bed, is_gone, &told);
    ck_assert_uint_eq(told.done, 0);
    invocation_free(invocation);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("mock_environment");
    TCase *mock = tcase_create("mock");

    tcase_set_timeout(mock, 60);
    tcase_add_checked_fixture(mock, set_up, tear_down);
    tcase_add_loop_test(mock, an_answer_becomes_the_outcome, 0, ARRAY_LENGTH(cases));
    tcase_add_test(mock, a_handled_error_is_called_so);
    tcase_add_loop_test(mock, a_delay_passes_before_the_outcome_but_no_longer_than_the_time_out, 0,
                        ARRAY_LENGTH(delays));
    tcase_add_test(mock, what_waits_is_abandoned_when_it_is_shut_down);
    tcase_add_test(mock, an_idle_one_is_gone_without_an_outcome);
    suite_add_tcase(suite, mock);
    return suite;
}
