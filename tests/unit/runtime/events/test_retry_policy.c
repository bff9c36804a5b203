#include "runtime/events/retry_policy.h"
#include "tests/support/unit.h"

#include <stdint.h>

enum { MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS, SIX_HOURS_S = 21600 };

static const unsigned aws_delays_s[] = {60, 120}, one_delay_s[] = {5}, no_delay_s[] = {0},
                      three_delays_s[] = {1, 10, 100};
static const unsigned long_delay_s[] = {UINT32_MAX};

#define AWS aws_delays_s, 2
#define ONE one_delay_s, 1
#define NONE no_delay_s, 1
#define THREE three_delays_s, 3
#define LONG long_delay_s, 1

#define DONE RETRY_DONE, 0, 0
#define AGAIN(delay_ms) RETRY_AGAIN, delay_ms, 0
#define EXHAUSTED RETRY_DISCARD, 0, DISCARD_RETRIES_EXHAUSTED
#define TOO_OLD RETRY_DISCARD, 0, DISCARD_EVENT_AGE_EXCEEDED
#define RECURSIVE RETRY_DISCARD, 0, DISCARD_RECURSIVE_INVOCATION
#define NO_CONCURRENCY RETRY_DISCARD, 0, DISCARD_ZERO_RESERVED_CONCURRENCY

/* clang-format off */
static const struct {
    struct attempt attempt;             /* result, runs, refusals in a row, age */
    struct retry_settings settings;     /* retries, age limit, delays */
    enum retry_action action;
    int64_t delay_ms;
    enum discard_condition condition;
} cases[] = {
    /* success, whenever it comes */
    {{ATTEMPT_SUCCEEDED, 1, 0, 40},                          {2, SIX_HOURS_S, AWS}, DONE},
    {{ATTEMPT_SUCCEEDED, 3, 0, 3 * MINUTE_MS},               {2, SIX_HOURS_S, AWS}, DONE},
    {{ATTEMPT_SUCCEEDED, 1, 0, 7 * HOUR_MS},                 {2, SIX_HOURS_S, AWS}, DONE},
    {{ATTEMPT_SUCCEEDED, 1, 0, 0},                           {0, 60, AWS},          DONE},
    /* function errors: a minute, two minutes, the end */
    {{ATTEMPT_FUNCTION_ERROR, 1, 0, 100},                    {2, SIX_HOURS_S, AWS}, AGAIN(60000)},
    {{ATTEMPT_FUNCTION_ERROR, 2, 0, MINUTE_MS + 100},        {2, SIX_HOURS_S, AWS}, AGAIN(120000)},
    {{ATTEMPT_FUNCTION_ERROR, 3, 0, 3 * MINUTE_MS + 100},    {2, SIX_HOURS_S, AWS}, EXHAUSTED},
    {{ATTEMPT_FUNCTION_ERROR, 4, 0, 3 * MINUTE_MS},          {2, SIX_HOURS_S, AWS}, EXHAUSTED},
    {{ATTEMPT_FUNCTION_ERROR, 1, 0, 100},                    {1, SIX_HOURS_S, AWS}, AGAIN(60000)},
    {{ATTEMPT_FUNCTION_ERROR, 2, 0, MINUTE_MS},              {1, SIX_HOURS_S, AWS}, EXHAUSTED},
    {{ATTEMPT_FUNCTION_ERROR, 1, 0, 100},                    {0, SIX_HOURS_S, AWS}, EXHAUSTED},
    /* refusals before the run change nothing for it */
    {{ATTEMPT_FUNCTION_ERROR, 1, 7, 4 * MINUTE_MS},          {2, SIX_HOURS_S, AWS}, AGAIN(60000)},
    {{ATTEMPT_FUNCTION_ERROR, 3, 2, 4 * MINUTE_MS},          {2, SIX_HOURS_S, AWS}, EXHAUSTED},
    /* other delays; the last one serves for all that follow */
    {{ATTEMPT_FUNCTION_ERROR, 1, 0, 0},                      {2, SIX_HOURS_S, ONE}, AGAIN(5000)},
    {{ATTEMPT_FUNCTION_ERROR, 2, 0, 5000},                   {2, SIX_HOURS_S, ONE}, AGAIN(5000)},
    {{ATTEMPT_FUNCTION_ERROR, 1, 0, 0},                      {2, SIX_HOURS_S, NONE}, AGAIN(0)},
    {{ATTEMPT_FUNCTION_ERROR, 3, 0, 0},                      {2, SIX_HOURS_S, NONE}, EXHAUSTED},
    {{ATTEMPT_FUNCTION_ERROR, 1, 0, 0},                      {5, SIX_HOURS_S, THREE}, AGAIN(1000)},
    {{ATTEMPT_FUNCTION_ERROR, 2, 0, 0},                      {5, SIX_HOURS_S, THREE}, AGAIN(10000)},
    {{ATTEMPT_FUNCTION_ERROR, 3, 0, 0},                      {5, SIX_HOURS_S, THREE}, AGAIN(100000)},
    {{ATTEMPT_FUNCTION_ERROR, 5, 0, 0},                      {5, SIX_HOURS_S, THREE}, AGAIN(100000)},
    {{ATTEMPT_FUNCTION_ERROR, 1, 0, 0},                      {2, UINT32_MAX, LONG}, TOO_OLD},
    {{ATTEMPT_FUNCTION_ERROR, 1, 0, -1},                     {2, UINT32_MAX, LONG}, AGAIN(INT64_C(4294967295000))},
    /* age is looked at ahead; recorded: limit 60 s, one run; limit 90 s, two runs */
    {{ATTEMPT_FUNCTION_ERROR, 1, 0, 0},                      {2, 60, AWS},          TOO_OLD},
    {{ATTEMPT_FUNCTION_ERROR, 1, 0, 200},                    {2, 60, AWS},          TOO_OLD},
    {{ATTEMPT_FUNCTION_ERROR, 1, 0, 200},                    {2, 90, AWS},          AGAIN(60000)},
    {{ATTEMPT_FUNCTION_ERROR, 2, 0, 60400},                  {2, 90, AWS},          TOO_OLD},
    {{ATTEMPT_FUNCTION_ERROR, 1, 0, 29999},                  {2, 90, AWS},          AGAIN(60000)},
    {{ATTEMPT_FUNCTION_ERROR, 1, 0, 30000},                  {2, 90, AWS},          TOO_OLD},
    {{ATTEMPT_FUNCTION_ERROR, 2, 0, 6 * HOUR_MS - 120001},   {2, SIX_HOURS_S, AWS}, AGAIN(120000)},
    {{ATTEMPT_FUNCTION_ERROR, 2, 0, 6 * HOUR_MS - 120000},   {2, SIX_HOURS_S, AWS}, TOO_OLD},
    {{ATTEMPT_FUNCTION_ERROR, 1, 0, 59999},                  {2, 60, NONE},         AGAIN(0)},
    {{ATTEMPT_FUNCTION_ERROR, 1, 0, 60000},                  {2, 60, NONE},         TOO_OLD},
    /* without a retry left there is no next delay to look at */
    {{ATTEMPT_FUNCTION_ERROR, 3, 0, 7 * HOUR_MS},            {2, SIX_HOURS_S, AWS}, EXHAUSTED},
    {{ATTEMPT_FUNCTION_ERROR, 1, 0, 61000},                  {0, 60, AWS},          EXHAUSTED},
    /* throttles double from one second to five minutes */
    {{ATTEMPT_THROTTLED, 0, 1, 0},                           {2, SIX_HOURS_S, AWS}, AGAIN(1000)},
    {{ATTEMPT_THROTTLED, 0, 2, 1000},                        {2, SIX_HOURS_S, AWS}, AGAIN(2000)},
    {{ATTEMPT_THROTTLED, 0, 3, 3000},                        {2, SIX_HOURS_S, AWS}, AGAIN(4000)},
    {{ATTEMPT_THROTTLED, 0, 8, 127000},                      {2, SIX_HOURS_S, AWS}, AGAIN(128000)},
    {{ATTEMPT_THROTTLED, 0, 9, 255000},                      {2, SIX_HOURS_S, AWS}, AGAIN(256000)},
    {{ATTEMPT_THROTTLED, 0, 10, 511000},                     {2, SIX_HOURS_S, AWS}, AGAIN(300000)},
    {{ATTEMPT_THROTTLED, 0, 11, 811000},                     {2, SIX_HOURS_S, AWS}, AGAIN(300000)},
    {{ATTEMPT_THROTTLED, 0, UINT32_MAX, HOUR_MS},            {2, SIX_HOURS_S, AWS}, AGAIN(300000)},
    {{ATTEMPT_THROTTLED, 0, 0, 0},                           {2, SIX_HOURS_S, AWS}, AGAIN(1000)},
    /* and use up no attempt */
    {{ATTEMPT_THROTTLED, 0, 1, 0},                           {0, SIX_HOURS_S, AWS}, AGAIN(1000)},
    {{ATTEMPT_THROTTLED, 2, 1, 2 * MINUTE_MS},               {2, SIX_HOURS_S, AWS}, AGAIN(1000)},
    {{ATTEMPT_THROTTLED, 3, 4, 2 * MINUTE_MS},               {2, SIX_HOURS_S, AWS}, AGAIN(8000)},
    /* but age */
    {{ATTEMPT_THROTTLED, 0, 5, 15000},                       {2, 60, AWS},          AGAIN(16000)},
    {{ATTEMPT_THROTTLED, 0, 6, 31000},                       {2, 60, AWS},          TOO_OLD},
    {{ATTEMPT_THROTTLED, 0, 1, 58999},                       {2, 60, AWS},          AGAIN(1000)},
    {{ATTEMPT_THROTTLED, 0, 1, 59000},                       {2, 60, AWS},          TOO_OLD},
    {{ATTEMPT_THROTTLED, 1, 12, 6 * HOUR_MS - 300000},       {2, SIX_HOURS_S, AWS}, TOO_OLD},
    /* system errors like throttles */
    {{ATTEMPT_SYSTEM_ERROR, 0, 1, 0},                        {2, SIX_HOURS_S, AWS}, AGAIN(1000)},
    {{ATTEMPT_SYSTEM_ERROR, 1, 4, 90000},                    {0, SIX_HOURS_S, AWS}, AGAIN(8000)},
    {{ATTEMPT_SYSTEM_ERROR, 0, 20, HOUR_MS},                 {2, SIX_HOURS_S, AWS}, AGAIN(300000)},
    {{ATTEMPT_SYSTEM_ERROR, 0, 1, 59000},                    {2, 60, AWS},          TOO_OLD},
    /* reserved concurrency of 0: at once, with retries and age to spare */
    {{ATTEMPT_ZERO_RESERVED_CONCURRENCY, 0, 0, 0},           {2, SIX_HOURS_S, AWS}, NO_CONCURRENCY},
    {{ATTEMPT_ZERO_RESERVED_CONCURRENCY, 1, 0, MINUTE_MS},   {2, SIX_HOURS_S, AWS}, NO_CONCURRENCY},
    {{ATTEMPT_ZERO_RESERVED_CONCURRENCY, 0, 3, 7 * HOUR_MS}, {0, 60, AWS},          NO_CONCURRENCY},
    {{ATTEMPT_RECURSIVE, 0, 0, 0},                           {2, SIX_HOURS_S, AWS}, RECURSIVE},
    {{ATTEMPT_RECURSIVE, 1, 0, MINUTE_MS},                   {2, SIX_HOURS_S, AWS}, RECURSIVE},
    /* a stop of the server: at once, and no attempt used up */
    {{ATTEMPT_INTERRUPTED, 0, 0, 0},                         {0, SIX_HOURS_S, AWS}, AGAIN(0)},
    {{ATTEMPT_INTERRUPTED, 2, 0, 4 * MINUTE_MS},             {2, SIX_HOURS_S, AWS}, AGAIN(0)},
    {{ATTEMPT_INTERRUPTED, 1, 5, 59999},                     {2, 60, AWS},          AGAIN(0)},
    {{ATTEMPT_INTERRUPTED, 1, 0, 60000},                     {2, 60, AWS},          TOO_OLD},
    /* the wall clock was set back */
    {{ATTEMPT_FUNCTION_ERROR, 1, 0, -5000},                  {2, 60, AWS},          AGAIN(60000)},
    {{ATTEMPT_THROTTLED, 0, 1, -HOUR_MS},                    {2, 60, AWS},          AGAIN(1000)},
};
/* clang-format on */

START_TEST(decides_what_follows_an_attempt)
{
    const struct retry_decision decision =
        retry_policy_decide(&cases[_i].attempt, &cases[_i].settings);

    ck_assert_int_eq(decision.action, cases[_i].action);
    ck_assert_int_eq(decision.delay_ms, cases[_i].delay_ms);
    if (decision.action == RETRY_DISCARD)
        ck_assert_int_eq(decision.condition, cases[_i].condition);
    /* The delay that made it too old is told. */
    if (decision.late_delay_ms != 0)
        ck_assert_int_ge(cases[_i].attempt.age_ms + decision.late_delay_ms,
                         (int64_t)cases[_i].settings.maximum_event_age_s * 1000);
}
END_TEST

/* What happens to an event whose every attempt has the same result, by the policy alone. */
struct story {
    unsigned runs, refusals;
    int64_t age_ms;
    enum discard_condition condition;
};

static struct story tell(enum attempt_result result, const struct retry_settings *settings)
{
    struct story story = {.runs = 0};

    for (;;) {
        const bool ran = result == ATTEMPT_FUNCTION_ERROR;

        story.runs += ran;
        story.refusals += !ran;

        const struct attempt attempt = {result, story.runs, story.refusals, story.age_ms};
        const struct retry_decision decision = retry_policy_decide(&attempt, settings);

        if (decision.action != RETRY_AGAIN) {
            story.condition = decision.condition;
            return story;
        }
        story.age_ms += decision.delay_ms;
    }
}

START_TEST(a_failing_event_runs_three_times_in_three_minutes)
{
    const struct retry_settings settings = {2, SIX_HOURS_S, AWS};
    const struct story story = tell(ATTEMPT_FUNCTION_ERROR, &settings);

    ck_assert_uint_eq(story.runs, 3);
    ck_assert_int_eq(story.age_ms, 3 * MINUTE_MS);
    ck_assert_int_eq(story.condition, DISCARD_RETRIES_EXHAUSTED);
}
END_TEST

START_TEST(a_throttled_event_is_given_up_before_its_maximum_age)
{
    const struct retry_settings settings = {2, SIX_HOURS_S, AWS};
    const struct story story = tell(ATTEMPT_THROTTLED, &settings);

    ck_assert_int_eq(story.condition, DISCARD_EVENT_AGE_EXCEEDED);
    ck_assert_int_lt(story.age_ms, 6 * HOUR_MS);
    ck_assert_int_ge(story.age_ms, 6 * HOUR_MS - 5 * MINUTE_MS);
    ck_assert_uint_eq(story.refusals, 9 + (21600 - 511) / 300 + 1);
}
END_TEST

START_TEST(an_event_that_only_waited_expires_at_its_maximum_age)
{
    const struct retry_settings settings = {2, 60, AWS};

    ck_assert(!retry_policy_is_expired(0, &settings));
    ck_assert(!retry_policy_is_expired(59999, &settings));
    ck_assert(retry_policy_is_expired(60000, &settings));
    ck_assert(!retry_policy_is_expired(-1, &settings));
}
END_TEST

START_TEST(conditions_have_the_names_of_aws)
{
    ck_assert_str_eq(discard_condition_name(DISCARD_RETRIES_EXHAUSTED), "RetriesExhausted");
    ck_assert_str_eq(discard_condition_name(DISCARD_EVENT_AGE_EXCEEDED), "EventAgeExceeded");
    ck_assert_str_eq(discard_condition_name(DISCARD_ZERO_RESERVED_CONCURRENCY),
                     "ZeroReservedConcurrency");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("retry_policy");
    TCase *policy = tcase_create("policy");

    tcase_add_loop_test(policy, decides_what_follows_an_attempt, 0, ARRAY_LENGTH(cases));
    tcase_add_test(policy, a_failing_event_runs_three_times_in_three_minutes);
    tcase_add_test(policy, a_throttled_event_is_given_up_before_its_maximum_age);
    tcase_add_test(policy, an_event_that_only_waited_expires_at_its_maximum_age);
    tcase_add_test(policy, conditions_have_the_names_of_aws);
    suite_add_tcase(suite, policy);
    return suite;
}
