#include "runtime/dispatch/metrics.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

static struct metrics *metrics;
static struct config *config;

static struct config *make_config(const char *text)
{
    struct config_problems faults = {0};
    struct config *made = config_parse(text, strlen(text), "/tmp/invoked.json", &faults);

    ck_assert_ptr_nonnull(made);
    return made;
}

static void set_up(void)
{
    metrics = metrics_new();
    config = make_config("{\"Functions\":{\"hello\":{\"Local\":{\"Command\":[\"cat\"]}},"
                         "\"other\":{\"Local\":{\"Command\":[\"cat\"]}}}}");
}

static void tear_down(void)
{
    metrics_free(metrics);
    config_release(config);
}

static struct invocation invocation_of(const char *name, enum invocation_type type)
{
    struct invocation invocation = {.type = type};

    ck_assert(function_resolve(config_function(config, name), "", 0.0, &invocation.target));
    return invocation;
}

static void finish(const char *name, enum invocation_type type, struct outcome outcome,
                   double duration_ms)
{
    struct invocation invocation = invocation_of(name, type);

    invocation.outcome = outcome;
    invocation.duration_ms = duration_ms;
    metrics_finished(metrics, &invocation);
}

static void refuse(const char *name, enum dispatch_status status)
{
    struct invocation invocation = invocation_of(name, INVOCATION_REQUEST_RESPONSE);

    metrics_refused(metrics, &invocation, status);
}

static void gauges_of(const char *function_name, struct function_gauges *gauges, void *context)
{
    (void)context;
    if (strcmp(function_name, "hello") == 0)
        *gauges = (struct function_gauges){1, 2, 3, 4};
}

/* Owned, ended by NUL. */
static struct bytes *write_of(const struct config *of)
{
    const struct metrics_sources sources = {
        .config = of, .gauges = gauges_of, .dead_letters = 7, .memory = {4096, 512, 1024}};
    struct bytes *text = metrics_write(metrics, &sources);

    ck_assert(metrics_append_oldest_event(&text, 1.25));
    ck_assert(bytes_append(&text, "", 1));
    return text;
}

/* Is there exactly this line? */
static bool has_line(const struct bytes *text, const char *line)
{
    const size_t length = strlen(line);

    for (const char *at = text->data; (at = strstr(at, line)) != NULL; at++) {
        if ((at == text->data || at[-1] == '\n') && at[length] == '\n')
            return true;
    }
    return false;
}

static void expect(const char *line)
{
    struct bytes *text = write_of(config);

    ck_assert_msg(has_line(text, line), "no line %s in\n%s", line, text->data);
    bytes_release(text);
}

static const struct {
    enum outcome_kind kind;
    enum api_exception exception;
    const char *outcome;
} outcomes[] = {
    {OUTCOME_SUCCEEDED, API_SERVICE, "succeeded"},
    {OUTCOME_FUNCTION_ERROR, API_SERVICE, "failed"},
    {OUTCOME_ABANDONED, API_SERVICE, "failed"},
    {OUTCOME_EXCEPTION, API_SERVICE, "rejected"},
    {OUTCOME_EXCEPTION, API_TOO_MANY_REQUESTS, "throttled"},
};

START_TEST(an_invocation_is_counted_by_function_type_and_outcome)
{
    const struct outcome outcome = {.kind = outcomes[_i].kind, .exception = outcomes[_i].exception};
    char line[256];

    finish("hello", INVOCATION_EVENT, outcome, 1);
    finish("hello", INVOCATION_EVENT, outcome, 1);
    (void)snprintf(line, sizeof line,
                   "invoked_invocations_total{function=\"hello\",type=\"Event\",outcome=\"%s\"} 2",
                   outcomes[_i].outcome);
    expect(line);
    (void)snprintf(
        line, sizeof line,
        "invoked_invocations_total{function=\"hello\",type=\"RequestResponse\",outcome=\"%s\"} 0",
        outcomes[_i].outcome);
    expect(line);
    (void)snprintf(line, sizeof line,
                   "invoked_invocations_total{function=\"other\",type=\"Event\",outcome=\"%s\"} 0",
                   outcomes[_i].outcome);
    expect(line);
}
END_TEST

START_TEST(a_refusal_is_counted_by_the_limit_that_it_met)
{
    refuse("hello", DISPATCH_FUNCTION_THROTTLED);
    refuse("hello", DISPATCH_ACCOUNT_THROTTLED);
    refuse("hello", DISPATCH_ACCOUNT_THROTTLED);
    refuse("hello", DISPATCH_NO_MEMORY);
    metrics_rejected(metrics, "hello", INVOCATION_REQUEST_RESPONSE, API_TOO_MANY_REQUESTS);
    metrics_rejected(metrics, "hello", INVOCATION_REQUEST_RESPONSE, API_KMS_DISABLED);
    metrics_rejected(metrics, "hello", INVOCATION_DRY_RUN, API_KMS_DISABLED);
    expect("invoked_throttles_total{function=\"hello\",limit=\"function\"} 1");
    expect("invoked_throttles_total{function=\"hello\",limit=\"account\"} 2");
    expect("invoked_throttles_total{function=\"hello\",limit=\"other\"} 1");
    expect("invoked_throttles_total{function=\"other\",limit=\"account\"} 0");
    expect("invoked_invocations_total{function=\"hello\",type=\"RequestResponse\",outcome="
           "\"throttled\"} 4");
    expect("invoked_invocations_total{function=\"hello\",type=\"RequestResponse\",outcome="
           "\"rejected\"} 2");
}
END_TEST

START_TEST(durations_fall_into_buckets_that_hold_all_below_them)
{
    const struct outcome succeeded = {.kind = OUTCOME_SUCCEEDED},
                         failed = {.kind = OUTCOME_FUNCTION_ERROR};

    finish("hello", INVOCATION_REQUEST_RESPONSE, succeeded, 0);
    finish("hello", INVOCATION_REQUEST_RESPONSE, succeeded, 1);
    finish("hello", INVOCATION_REQUEST_RESPONSE, succeeded, 1.5);
    finish("hello", INVOCATION_EVENT, failed, 900000);
    finish("hello", INVOCATION_EVENT, failed, 900001);
    expect("invoked_invocation_duration_seconds_bucket{function=\"hello\",le=\"0.001\"} 2");
    expect("invoked_invocation_duration_seconds_bucket{function=\"hello\",le=\"0.0025\"} 3");
    expect("invoked_invocation_duration_seconds_bucket{function=\"hello\",le=\"300\"} 3");
    expect("invoked_invocation_duration_seconds_bucket{function=\"hello\",le=\"900\"} 4");
    expect("invoked_invocation_duration_seconds_bucket{function=\"hello\",le=\"+Inf\"} 5");
    expect("invoked_invocation_duration_seconds_count{function=\"hello\"} 5");
    expect("invoked_invocation_duration_seconds_sum{function=\"hello\"} 1800.0035");
    expect("invoked_invocation_duration_seconds_count{function=\"other\"} 0");
}
END_TEST

START_TEST(what_did_not_run_has_no_duration)
{
    finish("hello", INVOCATION_REQUEST_RESPONSE, (struct outcome){.kind = OUTCOME_EXCEPTION}, 5);
    finish("hello", INVOCATION_REQUEST_RESPONSE, (struct outcome){.kind = OUTCOME_ABANDONED}, 5);
    refuse("hello", DISPATCH_FUNCTION_THROTTLED);
    expect("invoked_invocation_duration_seconds_count{function=\"hello\"} 0");
    expect("invoked_cold_starts_total{function=\"hello\"} 0");
}
END_TEST

START_TEST(cold_starts_are_counted)
{
    struct invocation invocation = invocation_of("hello", INVOCATION_REQUEST_RESPONSE);

    invocation.outcome.kind = OUTCOME_SUCCEEDED;
    metrics_finished(metrics, &invocation);
    invocation.is_cold_start = true;
    metrics_finished(metrics, &invocation);
    expect("invoked_cold_starts_total{function=\"hello\"} 1");
}
END_TEST

START_TEST(what_others_know_is_asked_for)
{
    expect("invoked_environments{function=\"hello\",state=\"idle\"} 1");
    expect("invoked_environments{function=\"hello\",state=\"busy\"} 2");
    expect("invoked_environments{function=\"hello\",state=\"starting\"} 3");
    expect("invoked_environments{function=\"other\",state=\"idle\"} 0");
    expect("invoked_queue_events{function=\"hello\"} 4");
    expect("invoked_dead_letters_total 7");
    expect("invoked_heap_used_bytes 4096");
    expect("invoked_heap_free_bytes 512");
    expect("invoked_database_bytes 1024");
    expect("invoked_queue_oldest_event_age_seconds 1.25");
}
END_TEST

START_TEST(functions_that_are_gone_are_forgotten)
{
    struct config *fewer =
        make_config("{\"Functions\":{\"other\":{\"Local\":{\"Command\":[\"cat\"]}}}}");
    struct bytes *text;

    finish("hello", INVOCATION_EVENT, (struct outcome){.kind = OUTCOME_SUCCEEDED}, 1);
    finish("other", INVOCATION_EVENT, (struct outcome){.kind = OUTCOME_SUCCEEDED}, 1);
    metrics_reconfigure(metrics, fewer);
    text = write_of(fewer);
    ck_assert_ptr_null(strstr(text->data, "hello"));
    ck_assert(has_line(
        text,
        "invoked_invocations_total{function=\"other\",type=\"Event\",outcome=\"succeeded\"} 1"));
    bytes_release(text);
    expect("invoked_invocations_total{function=\"hello\",type=\"Event\",outcome=\"succeeded\"} 0");
    config_release(fewer);
}
END_TEST

START_TEST(labels_are_escaped)
{
    const struct function function = {.name = "a\\b\"c\nd"};
    const struct function *const functions[] = {&function};
    const struct config odd = {.function_count = 1, .functions = functions};
    struct bytes *text = write_of(&odd);

    ck_assert(has_line(text, "invoked_cold_starts_total{function=\"a\\\\b\\\"c\\nd\"} 0"));
    bytes_release(text);
}
END_TEST

START_TEST(every_family_has_its_help_and_type_once)
{
    struct bytes *text = write_of(config);
    unsigned help_count = 0, type_count = 0;

    for (const char *at = text->data; (at = strstr(at, "# HELP ")) != NULL; at++)
        help_count++;
    for (const char *at = text->data; (at = strstr(at, "# TYPE ")) != NULL; at++)
        type_count++;
    ck_assert_uint_eq(help_count, 11);
    ck_assert_uint_eq(type_count, 11);
    bytes_release(text);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tcase = tcase_create("metrics");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, an_invocation_is_counted_by_function_type_and_outcome, 0,
                        ARRAY_LENGTH(outcomes));
    tcase_add_test(tcase, a_refusal_is_counted_by_the_limit_that_it_met);
    tcase_add_test(tcase, durations_fall_into_buckets_that_hold_all_below_them);
    tcase_add_test(tcase, what_did_not_run_has_no_duration);
    tcase_add_test(tcase, cold_starts_are_counted);
    tcase_add_test(tcase, what_others_know_is_asked_for);
    tcase_add_test(tcase, functions_that_are_gone_are_forgotten);
    tcase_add_test(tcase, labels_are_escaped);
    tcase_add_test(tcase, every_family_has_its_help_and_type_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
