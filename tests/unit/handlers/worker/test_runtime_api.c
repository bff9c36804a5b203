#include "handlers/worker/runtime_api.h"

#include "tests/support/fake_exchange.h"
#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ATTACHED_MS = 24 * 60 * 60 * 1000 /* what a handler under a debugger is told that it has */
};

/* One environment whose handler is attached: no process, just the Runtime API. */
static struct test_bed bed;
static struct config *config;
static struct environment *environment;
static struct worker *worker;
static struct invocation *current, *done;
static unsigned idle_count, gone_count, closed_ports;
static char target[256];

static struct worker_port *open_port(void *context, struct worker *owner, unsigned short *number)
{
    (void)owner;
    *number = 40123;
    return context; /* never looked into */
}

static void drain_port(struct worker_port *port)
{
    (void)port;
}

static void close_port(struct worker_port *port)
{
    (void)port;
    closed_ports++;
}

static const struct worker_ports ports = {open_port, drain_port, close_port, &bed};

static void on_idle(struct environment *idle, void *context)
{
    (void)idle;
    (void)context;
    idle_count++;
}

static void on_done(struct environment *busy, struct invocation *invocation, void *context)
{
    (void)busy;
    (void)context;
    invocation_free(done);
    done = invocation;
}

static struct invocation *on_init_failed(struct environment *failed, void *context)
{
    struct invocation *invocation = current;

    (void)failed;
    (void)context;
    current = NULL;
    return invocation;
}

static void on_shutdown(struct environment *ending, void *context)
{
    (void)ending;
    (void)context;
}

static void on_gone(struct environment *ended, void *context)
{
    (void)ended;
    (void)context;
    gone_count++;
}

static const struct environment_listener listener = {on_idle, on_done, on_init_failed, on_shutdown,
                                                     on_gone};

static void set_up(void)
{
    test_bed_open(&bed);
    bed.services.ports = &ports;
    config =
        test_bed_config(&bed, "{\"Functions\":{\"hello\":{\"ImageConfig\":{\"Command\":[\"x\"]},"
                              "\"Local\":{\"Attach\":true}}}}");
    const struct environment_options options = {
        .services = &bed.services,
        .account = accounts_default(bed.accounts),
        .config = config,
        .settings = config_function(config, "hello")->latest,
        .listener = &listener,
    };

    environment = worker_open(&options);
    ck_assert_ptr_nonnull(environment);
    worker = (struct worker *)environment;
}

static bool is_over(void *context)
{
    (void)context;
    return gone_count > 0;
}

static void tear_down(void)
{
    environment->kind->shut_down(environment);
    test_bed_run_until(&bed, is_over, NULL);
    ck_assert_uint_eq(gone_count, 1);
    ck_assert_uint_eq(closed_ports, 1);
    invocation_free(done);
    invocation_free(current);
    config_release(config);
    test_bed_close(&bed);
}

/* ---- requests ---- */

/* Returns the answer, "" when there is none yet. */
static const char *ask_with(const char *method, const char *path, const char *header,
                            const char *value, const char *body)
{
    static char answer[2048];
    struct fake_exchange fake;

    fake_exchange_init(&fake, method, path);
    if (header != NULL)
        fake_exchange_header(&fake, header, value);
    if (body != NULL)
        fake_exchange_body(&fake, body, strlen(body));
    runtime_api_handle(&fake.exchange, worker);
    (void)snprintf(answer, sizeof answer, "%s", fake_exchange_answer(&fake));
    if (fake.answer_count == 0)
        runtime_api_forget(&fake.exchange, worker);
    fake_exchange_clear(&fake);
    return answer;
}

static const char *ask(const char *method, const char *path, const char *body)
{
    return ask_with(method, path, NULL, NULL, body);
}

static const char *path_of(const char *request_id, const char *what)
{
    (void)snprintf(target, sizeof target, "/2018-06-01/runtime/invocation/%s/%s", request_id, what);
    return target;
}

#define NEXT "/2018-06-01/runtime/invocation/next"
#define JSON(status) status "\nContent-Type: application/json\n\n"
#define OK JSON("202") "{\"status\":\"OK\"}\n"
#define WRONG_ID                                                                                   \
    JSON("400") "{\"errorMessage\":\"Invalid request ID\",\"errorType\":\"InvalidRequestID\"}\n"
#define WRONG_STATE(from, to)                                                                      \
    JSON("403")                                                                                    \
    "{\"errorMessage\":\"State transition from " from " to " to                                    \
    " failed for runtime. Error: State transition is not "                                         \
    "allowed\",\"errorType\":\"InvalidStateTransition\"}\n"

/* The handler is ready, and one invocation runs; its id. */
static const char *begin(const char *payload)
{
    static char id[REQUEST_ID_SIZE];
    struct invocation *invocation = test_bed_invocation(&bed, config, "hello", payload);

    ck_assert_str_eq(ask("GET", NEXT, NULL), "");
    ck_assert_int_eq(environment->state, ENVIRONMENT_IDLE);
    (void)snprintf(id, sizeof id, "%s", invocation->request_id);
    environment->kind->invoke(environment, invocation);
    return id;
}

static void assert_payload(const char *text)
{
    const struct bytes_view view = bytes_view(done->outcome.payload);

    ck_assert_uint_eq(view.length, strlen(text));
    ck_assert_mem_eq(view.data, text, view.length);
}

/* ---- tests ---- */

/* clang-format off */
static const struct {
    const char *method, *path, *answer;
} others[] = {
    {"GET",  "/ping",                                   "200\nContent-Type: text/plain; charset=utf-8\n\npong"},
    {"GET",  "/2018-06-01/ping",                        "200\nContent-Type: text/plain; charset=utf-8\n\npong"},
    {"GET",  "/",                                       "404\nContent-Type: text/plain; charset=utf-8\n\n404 page not found\n"},
    {"GET",  "/2018-06-01/runtime/",                    "404\nContent-Type: text/plain; charset=utf-8\n\n404 page not found\n"},
    {"GET",  "/2018-06-01/runtime/invocation/",         "404\nContent-Type: text/plain; charset=utf-8\n\n404 page not found\n"},
    {"GET",  "/2018-06-01/runtime/invocation/next/",    "404\nContent-Type: text/plain; charset=utf-8\n\n404 page not found\n"},
    {"POST", "/2018-06-01/runtime/invocation/a/answer", "404\nContent-Type: text/plain; charset=utf-8\n\n404 page not found\n"},
    {"GET",  "/2019-01-01/runtime/invocation/next",     "404\nContent-Type: text/plain; charset=utf-8\n\n404 page not found\n"},
    {"POST", NEXT,                                      "405\n\n"},
    {"GET",  "/2018-06-01/runtime/invocation/a/response", "405\n\n"},
    {"PUT",  "/2018-06-01/runtime/invocation/a/error",  "405\n\n"},
    {"GET",  "/2018-06-01/runtime/init/error",          "405\n\n"},
    {"POST", "/2018-06-01/runtime/invocation/a/response", WRONG_ID},
    {"POST", "/2018-06-01/runtime/invocation/a/error",  WRONG_ID},
    {"POST", "/2018-06-01/runtime/invocation//response", WRONG_ID},
};
/* clang-format on */

START_TEST(paths_and_methods_are_answered_as_the_emulator_does)
{
    ck_assert_str_eq(ask(others[_i].method, others[_i].path, NULL), others[_i].answer);
    ck_assert_int_eq(environment->state, ENVIRONMENT_INIT);
}
END_TEST

START_TEST(the_first_next_ends_the_initialisation_and_waits)
{
    ck_assert_str_eq(worker_state_name(worker), "Started");
    ck_assert_str_eq(ask("GET", NEXT, NULL), "");
    ck_assert_uint_eq(idle_count, 1);
    ck_assert_str_eq(worker_state_name(worker), "Ready");
    ck_assert_str_eq(ask("GET", NEXT, NULL), ""); /* once more: it takes the place of the first */
    ck_assert_uint_eq(idle_count, 1);
}
END_TEST

START_TEST(next_carries_the_event_and_all_headers)
{
    struct invocation *invocation = test_bed_invocation(&bed, config, "hello", "{\"a\": 1}");
    struct fake_exchange fake;
    char expected[2048];
    const char *deadline;

    invocation->client_context = strdup("{\"custom\":\r\n{}}");
    invocation->tenant_id = strdup("blue");
    fake_exchange_init(&fake, "GET", NEXT);
    runtime_api_handle(&fake.exchange, worker);
    environment->kind->invoke(environment, invocation);
    deadline = strstr(fake_exchange_answer(&fake), "Deadline-Ms: ");
    ck_assert_ptr_nonnull(deadline);
    const long long deadline_ms = strtoll(deadline + 13, NULL, 10);

    ck_assert_int_le(llabs(deadline_ms - clock_real_now_ms() - ATTACHED_MS), 2000);
    (void)snprintf(
        expected, sizeof expected,
        "200\nContent-Type: application/json\nLambda-Runtime-Aws-Request-Id: %s\n"
        "Lambda-Runtime-Trace-Id: %s\nLambda-Runtime-Client-Context: {\"custom\":  {}}\n"
        "Lambda-Runtime-Invoked-Function-Arn: "
        "arn:aws:lambda:us-east-1:123456789012:function:hello\n"
        "Lambda-Runtime-Deadline-Ms: %lld\nLambda-Runtime-Aws-Tenant-Id: blue\n\n{\"a\": 1}",
        invocation->request_id, invocation->trace_header, deadline_ms);
    ck_assert_str_eq(fake_exchange_answer(&fake), expected);
    fake_exchange_clear(&fake);
}
END_TEST

START_TEST(an_event_without_payload_is_an_empty_object)
{
    (void)begin(NULL);
    ck_assert_ptr_nonnull(strstr(ask("GET", NEXT, NULL), "\n\n{}"));
}
END_TEST

START_TEST(an_event_is_delivered_again_as_long_as_it_is_not_answered)
{
    const char *id = begin("{\"n\":1}");
    char first[2048];

    (void)snprintf(first, sizeof first, "%s", ask("GET", NEXT, NULL));
    ck_assert_ptr_nonnull(strstr(first, id));
    ck_assert_str_eq(ask("GET", NEXT, NULL), first);
    ck_assert_str_eq(worker_state_name(worker), "Running");
}
END_TEST

START_TEST(a_response_is_accepted_once)
{
    const char *id = begin("{}");

    ck_assert_str_eq(ask("POST", path_of("another-id", "response"), "1"), WRONG_ID);
    ck_assert_ptr_null(done);
    ck_assert_str_eq(ask("POST", path_of(id, "response"), "[1, 2]"), OK);
    ck_assert_int_eq(done->outcome.kind, OUTCOME_SUCCEEDED);
    assert_payload("[1, 2]");
    ck_assert_str_eq(worker_state_name(worker), "RuntimeResponseSentState");
    ck_assert_str_eq(ask("POST", path_of(id, "response"), "3"),
                     WRONG_STATE("RuntimeResponseSentState", "InvocationResponse"));
    ck_assert_str_eq(ask("POST", path_of(id, "error"), "{}"),
                     WRONG_STATE("RuntimeResponseSentState", "InvocationErrorResponse"));
    ck_assert_str_eq(ask("POST", "/2018-06-01/runtime/init/error", "{}"),
                     WRONG_STATE("RuntimeResponseSentState", "InitError"));
    ck_assert_str_eq(ask("GET", NEXT, NULL), "");
    ck_assert_str_eq(ask("POST", path_of(id, "response"), "4"), WRONG_ID);
    assert_payload("[1, 2]");
}
END_TEST

START_TEST(an_encoded_request_id_is_decoded)
{
    char encoded[128] = "%";
    const char *id = begin("{}");

    (void)snprintf(encoded, sizeof encoded, "%%%02x%s", (unsigned)id[0], id + 1);
    ck_assert_str_eq(ask("POST", path_of(encoded, "response"), NULL), OK);
    assert_payload("");
}
END_TEST

/* What the runtime says of its error, and what REPORT says. */
/* clang-format off */
static const struct {
    const char *header, *reported;
} types[] = {
    {NULL,                        ""},
    {"Unhandled",                 ""},
    {"unhandled",                 ""},
    {"Error",                     ""},
    {"Runtime.ImportModuleError", "Runtime.ImportModuleError"},
    {"Runtime.x",                 ""},
    {"Runtime.",                  ""},
    {"Function.",                 ""},
    {"Function.Whatever",         ""},
};
/* clang-format on */

START_TEST(an_error_is_passed_on_unchanged_and_its_type_reported_if_it_is_the_runtimes)
{
    const char *id = begin("{}");

    ck_assert_str_eq(
        ask_with("POST", path_of(id, "error"),
                 types[_i].header == NULL ? NULL : "lambda-runtime-function-error-type",
                 types[_i].header, "{\"errorType\":\"E\"}"),
        OK);
    ck_assert_int_eq(done->outcome.kind, OUTCOME_FUNCTION_ERROR);
    ck_assert_str_eq(done->outcome.error_type, types[_i].reported);
    assert_payload("{\"errorType\":\"E\"}");
}
END_TEST

START_TEST(an_unknown_response_mode_fails_the_invocation)
{
    const char *id = begin("{}");

    ck_assert_str_eq(ask_with("POST", path_of(id, "response"),
                              "Lambda-Runtime-Function-Response-Mode", "Streaming", "1"),
                     JSON("400") "{\"errorMessage\":\"Invalid function response mode\","
                                 "\"errorType\":\"InvalidFunctionResponseMode\"}\n");
    ck_assert_str_eq(done->outcome.error_type, "Runtime.InvalidResponseModeHeader");
    assert_payload("");
}
END_TEST

/* What is posted when it is too large. */
static const char *const posts[] = {"response", "error"};

START_TEST(too_large_a_result_is_413_and_an_error_of_the_function)
{
    const char *id = begin("{}");
    struct fake_exchange fake;

    fake_exchange_init(&fake, "POST", path_of(id, posts[_i]));
    fake.exchange.is_body_too_large = true;
    runtime_api_handle(&fake.exchange, worker);
    ck_assert_str_eq(
        fake_exchange_answer(&fake),
        JSON("413") "{\"errorMessage\":\"Exceeded maximum allowed payload size (6291556 bytes).\","
                    "\"errorType\":\"RequestEntityTooLarge\"}\n");
    assert_payload("{\"errorMessage\":\"Response payload size exceeded maximum allowed payload "
                   "size (6291556 bytes)."
                   "\",\"errorType\":\"Function.ResponseSizeTooLarge\"}");
    fake_exchange_clear(&fake);
    ck_assert_str_eq(ask("POST", path_of(id, "error"), "{}"),
                     WRONG_STATE("RuntimeResponseSentState", "InvocationErrorResponse"));
    ck_assert_str_eq(ask("GET", NEXT, NULL), ""); /* the environment survives */
    ck_assert_uint_eq(idle_count, 2);
}
END_TEST

START_TEST(an_init_error_of_an_attached_handler_leaves_others_waiting)
{
    current = test_bed_invocation(&bed, config, "hello", NULL);
    ck_assert_str_eq(ask_with("POST", "/2018-06-01/runtime/init/error",
                              "Lambda-Runtime-Function-Error-Type", "Runtime.ImportModuleError",
                              "{\"errorType\":\"Runtime.ImportModuleError\"}"),
                     OK);
    ck_assert_ptr_null(done);
    ck_assert_ptr_nonnull(current);
    ck_assert_int_eq(environment->state, ENVIRONMENT_INIT);
    ck_assert_str_eq(ask("POST", "/2018-06-01/runtime/init/error", "{}"), OK);
    ck_assert_str_eq(ask("GET", NEXT, NULL), "");
    ck_assert_int_eq(environment->state, ENVIRONMENT_IDLE);
}
END_TEST

START_TEST(an_init_error_behind_the_first_next_is_too_late)
{
    (void)ask("GET", NEXT, NULL);
    ck_assert_str_eq(ask("POST", "/2018-06-01/runtime/init/error", "{}"),
                     WRONG_STATE("Ready", "InitError"));
    (void)begin("{}");
    ck_assert_str_eq(ask("POST", "/2018-06-01/runtime/init/error", "{}"),
                     WRONG_STATE("Running", "InitError"));
}
END_TEST

START_TEST(a_body_that_is_cut_short_is_refused)
{
    struct fake_exchange fake;

    fake_exchange_init(&fake, "POST", "/");
    runtime_api_handle_truncated(&fake.exchange);
    ck_assert_str_eq(fake_exchange_answer(&fake),
                     JSON("400") "{\"errorMessage\":\"HTTP request detected as truncated\","
                                 "\"errorType\":\"TruncatedHTTPRequest\"}\n");
    fake_exchange_clear(&fake);
}
END_TEST

START_TEST(a_next_whose_connection_broke_gets_nothing_and_the_following_one_the_event)
{
    const char *id = begin("{}"); /* its `next` was forgotten */

    ck_assert_ptr_nonnull(strstr(ask("GET", NEXT, NULL), id));
    ck_assert_str_eq(ask("POST", path_of(id, "response"), "1"), OK);
}
END_TEST

START_TEST(an_invocation_that_runs_when_the_environment_ends_is_abandoned)
{
    (void)begin("{}");
    environment->kind->shut_down(environment);
    ck_assert_int_eq(done->outcome.kind, OUTCOME_ABANDONED);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("runtime_api");
    TCase *tcase = tcase_create("runtime_api");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, paths_and_methods_are_answered_as_the_emulator_does, 0,
                        ARRAY_LENGTH(others));
    tcase_add_test(tcase, the_first_next_ends_the_initialisation_and_waits);
    tcase_add_test(tcase, next_carries_the_event_and_all_headers);
    tcase_add_test(tcase, an_event_without_payload_is_an_empty_object);
    tcase_add_test(tcase, an_event_is_delivered_again_as_long_as_it_is_not_answered);
    tcase_add_test(tcase, a_response_is_accepted_once);
    tcase_add_test(tcase, an_encoded_request_id_is_decoded);
    tcase_add_loop_test(tcase,
                        an_error_is_passed_on_unchanged_and_its_type_reported_if_it_is_the_runtimes,
                        0, ARRAY_LENGTH(types));
    tcase_add_test(tcase, an_unknown_response_mode_fails_the_invocation);
    tcase_add_loop_test(tcase, too_large_a_result_is_413_and_an_error_of_the_function, 0,
                        ARRAY_LENGTH(posts));
    tcase_add_test(tcase, an_init_error_of_an_attached_handler_leaves_others_waiting);
    tcase_add_test(tcase, an_init_error_behind_the_first_next_is_too_late);
    tcase_add_test(tcase, a_body_that_is_cut_short_is_refused);
    tcase_add_test(tcase,
                   a_next_whose_connection_broke_gets_nothing_and_the_following_one_the_event);
    tcase_add_test(tcase, an_invocation_that_runs_when_the_environment_ends_is_abandoned);
    suite_add_tcase(suite, tcase);
    return suite;
}
