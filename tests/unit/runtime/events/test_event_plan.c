#include "runtime/events/event_plan.h"

#include "tests/support/unit.h"

#include <string.h>

#define QUEUE(name) "\"arn:aws:sqs:us-east-1:123456789012:" name "\""
#define FUNCTION(settings) "{\"Functions\":{\"f\":{\"Local\":{\"Mock\":[{}]}" settings "}}}"

static const char aliased[] = FUNCTION(
    ",\"EventInvokeConfig\":{\"MaximumRetryAttempts\":1,\"DestinationConfig\":{\"OnFailure\":"
    "{\"Destination\":" QUEUE("problems") "}}},\"Versions\":{\"1\":{},\"2\":{\"EventInvokeConfig\":"
                                          "{\"MaximumEventAgeInSeconds\":100}}},\"Aliases\":{"
                                          "\"live\":{\"FunctionVersion\":\"1\","
                                          "\"EventInvokeConfig\":{\"MaximumRetryAttempts\":0}},"
                                          "\"plain\":{\"FunctionVersion\":\"1\"}}");

static const struct {
    const char *config, *qualifier;
    enum plan_origin retry_attempts_from, event_age_from, destinations_from;
    const char *text;
} rows[] = {
    {FUNCTION(""), "", PLAN_DEFAULT, PLAN_DEFAULT, PLAN_DEFAULT,
     "if it always fails: runs at 0, 60, 180 s, then RetriesExhausted: lost, as there is neither "
     "dead-letter queue nor OnFailure"},
    {FUNCTION(",\"DeadLetterConfig\":{\"TargetArn\":" QUEUE("q") "}"), "$LATEST", PLAN_DEFAULT,
     PLAN_DEFAULT, PLAN_DEFAULT,
     "if it always fails: runs at 0, 60, 180 s, then RetriesExhausted: dead letter to q"},
    {FUNCTION(",\"ReservedConcurrentExecutions\":0"), "", PLAN_DEFAULT, PLAN_DEFAULT, PLAN_DEFAULT,
     "never runs, as reserved concurrency is 0; ZeroReservedConcurrency: lost, as there is "
     "neither dead-letter queue nor OnFailure"},
    {aliased, "", PLAN_LATEST, PLAN_DEFAULT, PLAN_LATEST,
     "if it always fails: runs at 0, 60 s, then RetriesExhausted: record to problems"},
    {aliased, "1", PLAN_LATEST, PLAN_DEFAULT, PLAN_LATEST,
     "if it always fails: runs at 0, 60 s, then RetriesExhausted: record to problems"},
    {aliased, "plain", PLAN_LATEST, PLAN_DEFAULT, PLAN_LATEST,
     "if it always fails: runs at 0, 60 s, then RetriesExhausted: record to problems"},
    {aliased, "2", PLAN_DEFAULT, PLAN_VERSION, PLAN_VERSION,
     "if it always fails: runs at 0, 60 s, then EventAgeExceeded (a try at 180 s would be too "
     "late): lost, as there is neither dead-letter queue nor OnFailure"},
    {aliased, "live", PLAN_ALIAS, PLAN_DEFAULT, PLAN_ALIAS,
     "if it fails: runs at 0 s, then RetriesExhausted: lost, as there is neither dead-letter "
     "queue nor OnFailure"},
};

START_TEST(says_what_holds_and_whose_it_is)
{
    struct config_problems problems = {0};
    struct config *config =
        config_parse(rows[_i].config, strlen(rows[_i].config), "/tmp/invoked.json", &problems);
    struct function_target target;
    struct event_plan plan;
    char text[PLAN_TEXT_SIZE];

    ck_assert_msg(config != NULL, "%s", problems.count > 0 ? problems.messages[0] : "");
    ck_assert(function_resolve(config_function(config, "f"), rows[_i].qualifier, 1.0, &target));
    event_plan_make(config, &target, &plan);
    event_plan_write(&plan, &target, text);
    ck_assert_int_eq(plan.retry_attempts_from, rows[_i].retry_attempts_from);
    ck_assert_int_eq(plan.event_age_from, rows[_i].event_age_from);
    ck_assert_int_eq(plan.destinations_from, rows[_i].destinations_from);
    ck_assert_str_eq(text, rows[_i].text);
    config_problems_clear(&problems);
    config_release(config);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("event_plan");
    TCase *tcase = tcase_create("event_plan");

    tcase_add_loop_test(tcase, says_what_holds_and_whose_it_is, 0, ARRAY_LENGTH(rows));
    suite_add_tcase(suite, tcase);
    return suite;
}
