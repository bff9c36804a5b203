#include "runtime/dispatch/dispatcher.h"

#include "runtime/bundled/bundled_runtime.h"
#include "server/runtime_port/runtime_listener.h"
#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DONE_MAX = 64 };

/* Real workers, which take their ports from the real listener. */
static struct test_bed bed;
static struct runtime_listener *ports;
static struct dispatcher *dispatcher;
static struct config *config;
static struct invocation *done[DONE_MAX]; /* in the order of their ends */
static size_t done_count;
static unsigned place_count;
static bool is_closed;

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

static void on_place(struct account *account, const char *function_name, void *context)
{
    (void)context;
    ck_assert_str_eq(account->id, "123456789012");
    ck_assert_ptr_nonnull(function_name);
    place_count++;
}

static void set_up(void)
{
    char why[256];

    test_bed_open(&bed);
    ports = runtime_listener_open(&bed.loop, bed.log);
    bed.services.ports = runtime_listener_ports(ports);
    ck_assert_msg(bundled_runtime_extract(bed.folder, why, sizeof why) == BUNDLED_RUNTIME_OK, "%s",
                  why);
    dispatcher = dispatcher_open(&bed.services);
    ck_assert_ptr_nonnull(dispatcher);
    dispatcher_listen(dispatcher, on_place, NULL);
    test_bed_write(&bed, "code/app.py", 0644,
                   "import sys, time\n"
                   "count = 0\n"
                   "def handler(event, context):\n"
                   "    global count\n"
                   "    count += 1\n"
                   "    time.sleep(event.get('seconds', 0))\n"
                   "    if event.get('exit'):\n"
                   "        sys.exit(3)\n"
                   "    return [event.get('name'), count]\n",
                   NULL);
}

static void close_dispatcher(void)
{
    if (dispatcher != NULL)
        dispatcher_close(dispatcher, on_closed, NULL);
    dispatcher = NULL;
    test_bed_run_until(&bed, has_closed, NULL);
}

static void tear_down(void)
{
    close_dispatcher();
    test_bed_run_for(&bed, 5);
    for (size_t i = 0; i < done_count; i++)
        invocation_free(done[i]);
    config_release(config);
    runtime_listener_close(ports);
    test_bed_close(&bed);
}

static void on_done(struct invocation *invocation, void *context)
{
    ck_assert_ptr_eq(context, &bed);
    ck_assert_uint_lt(done_count, DONE_MAX);
    done[done_count++] = invocation;
}

static enum dispatch_status submit(const char *name, const char *payload)
{
    struct invocation *invocation = test_bed_invocation(&bed, config, name, payload);
    const size_t before = done_count;
    const enum dispatch_status status = dispatcher_submit(dispatcher, invocation, on_done, &bed);

    ck_assert_uint_eq(done_count, before); /* never before it returns */
    if (status != DISPATCH_ACCEPTED)
        invocation_free(invocation);
    return status;
}

static bool are_done(void *context)
{
    return done_count >= *(const size_t *)context;
}

static void wait_for(size_t count)
{
    test_bed_run_until(&bed, are_done, &count);
    ck_assert_uint_eq(done_count, count);
}

static void assert_result(size_t index, const char *text)
{
    const struct bytes_view view = bytes_view(done[index]->outcome.payload);

    ck_assert_msg(view.length == strlen(text) && memcmp(view.data, text, view.length) == 0,
                  "%zu is %.*s, not %s", index, (int)view.length, view.data, text);
}

static bool payload_has(size_t index, const char *text)
{
    const struct bytes_view view = bytes_view(done[index]->outcome.payload);

    return memmem(view.data, view.length, text, strlen(text)) != NULL;
}

#define PYTHON(more)                                                                               \
    "{\"Runtime\":\"python3.11\",\"Handler\":\"app.handler\",\"CodeUri\":\"code\",\"Timeout\":"    \
    "30" more "}"

static void configure(const char *functions, unsigned limit)
{
    char text[4096];

    (void)snprintf(text, sizeof text,
                   "{\"AccountLimit\":{\"ConcurrentExecutions\":%u},\"Functions\":{%s}}", limit,
                   functions);
    config_release(config);
    config = test_bed_config(&bed, text);
}

static struct dispatcher_count count_of(const char *name)
{
    return dispatcher_count(dispatcher, accounts_default(bed.accounts), name);
}

/* ---- concurrency ---- */

#define SLEEPER(more) "{\"Timeout\":30,\"Local\":{\"Command\":[\"sleep\",\"0.2\"]}" more "}"

START_TEST(a_reserved_function_draws_from_its_own_share_alone)
{
    configure("\"r\":" SLEEPER(",\"ReservedConcurrentExecutions\":2") ",\"u\":" SLEEPER(""), 5);
    ck_assert_int_eq(submit("r", NULL), DISPATCH_ACCEPTED);
    ck_assert_int_eq(submit("r", NULL), DISPATCH_ACCEPTED);
    ck_assert_int_eq(submit("r", NULL), DISPATCH_FUNCTION_THROTTLED);
    for (unsigned i = 0; i < 3; i++) /* 5 less the 2 that are reserved */
        ck_assert_int_eq(submit("u", NULL), DISPATCH_ACCEPTED);
    ck_assert_int_eq(submit("u", NULL), DISPATCH_ACCOUNT_THROTTLED);
    ck_assert_uint_eq(dispatcher_running(dispatcher), 5);
    ck_assert_uint_eq(count_of("r").busy, 2);
    wait_for(5);
    ck_assert_uint_eq(dispatcher_running(dispatcher), 0);
    ck_assert_uint_eq(place_count, 5);
    ck_assert_int_eq(submit("r", NULL), DISPATCH_ACCEPTED);
    ck_assert_int_eq(submit("u", NULL), DISPATCH_ACCEPTED);
    wait_for(7);
}
END_TEST

START_TEST(a_share_that_is_not_used_is_nobody_elses)
{
    configure("\"r\":" SLEEPER(",\"ReservedConcurrentExecutions\":4") ",\"u\":" SLEEPER(""), 5);
    ck_assert_int_eq(submit("u", NULL), DISPATCH_ACCEPTED);
    ck_assert_int_eq(submit("u", NULL), DISPATCH_ACCOUNT_THROTTLED);
    ck_assert_int_eq(submit("r", NULL), DISPATCH_ACCEPTED);
    wait_for(2);
}
END_TEST

START_TEST(nothing_runs_of_a_function_with_a_share_of_zero)
{
    configure("\"r\":" SLEEPER(",\"ReservedConcurrentExecutions\":0"), 5);
    ck_assert_int_eq(submit("r", NULL), DISPATCH_FUNCTION_THROTTLED);
    ck_assert_uint_eq(count_of("r").busy + count_of("r").starting, 0);
}
END_TEST

START_TEST(each_account_has_limits_of_its_own)
{
    configure("\"u\":" SLEEPER(""), 1);
    ck_assert_int_eq(submit("u", NULL), DISPATCH_ACCEPTED);
    ck_assert_int_eq(dispatcher_place(dispatcher, accounts_default(bed.accounts), config,
                                      config_function(config, "u")),
                     DISPATCH_ACCOUNT_THROTTLED);
    ck_assert_int_eq(dispatcher_place(dispatcher, accounts_get(bed.accounts, "111111111111"),
                                      config, config_function(config, "u")),
                     DISPATCH_ACCEPTED);
    wait_for(1);
}
END_TEST

/* ---- warm environments ---- */

START_TEST(an_environment_is_used_again)
{
    configure("\"f\":" PYTHON(""), 10);
    for (size_t i = 1; i <= 3; i++) {
        char expected[32];

        ck_assert_int_eq(submit("f", "{\"name\": \"x\"}"), DISPATCH_ACCEPTED);
        wait_for(i);
        (void)snprintf(expected, sizeof expected, "[\"x\", %zu]", i);
        assert_result(i - 1, expected);
        ck_assert_int_eq(done[i - 1]->is_cold_start, i == 1);
    }
    ck_assert_uint_eq(count_of("f").idle + count_of("f").busy, 1);
    ck_assert_uint_eq(count_of("f").starting, 0);
}
END_TEST

START_TEST(concurrency_starts_as_many_environments_as_it_needs)
{
    configure("\"f\":" PYTHON(""), 10);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(submit("f", "{\"seconds\": 0.5}"), DISPATCH_ACCEPTED);
    ck_assert_uint_eq(count_of("f").starting, 4);
    wait_for(4);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(done[i]->outcome.kind, OUTCOME_SUCCEEDED);
}
END_TEST

START_TEST(a_worker_that_exits_fails_its_invocation_and_the_next_one_works)
{
    configure("\"f\":" PYTHON(""), 10);
    ck_assert_int_eq(submit("f", "{\"exit\": 1}"), DISPATCH_ACCEPTED);
    wait_for(1);
    ck_assert_str_eq(done[0]->outcome.error_type, "Runtime.ExitError");
    ck_assert(payload_has(0, "exit status 3"));
    ck_assert_int_eq(submit("f", "{\"name\": \"y\"}"), DISPATCH_ACCEPTED);
    wait_for(2);
    assert_result(1, "[\"y\", 1]");
}
END_TEST

START_TEST(those_that_wait_are_served_in_their_order_when_the_first_environment_fails)
{
    test_bed_write(&bed, "broken/app.py", 0644, "raise ValueError('at import')\n", NULL);
    configure("\"f\":{\"Runtime\":\"python3.11\",\"Handler\":\"app.handler\",\"CodeUri\":"
              "\"broken\",\"Timeout\":30}",
              10);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(submit("f", "{}"), DISPATCH_ACCEPTED);
    wait_for(3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(done[i]->outcome.kind, OUTCOME_FUNCTION_ERROR);
        ck_assert(payload_has(i, "at import"));
    }
    ck_assert_uint_eq(dispatcher_running(dispatcher), 0);
}
END_TEST

/* ---- a new configuration ---- */

START_TEST(unchanged_settings_keep_their_environments)
{
    configure("\"f\":" PYTHON(""), 10);
    ck_assert_int_eq(submit("f", "{}"), DISPATCH_ACCEPTED);
    wait_for(1);
    configure("\"f\":" PYTHON("") ",\"g\":" PYTHON(""), 10);
    dispatcher_reconfigure(dispatcher, config);
    ck_assert_int_eq(submit("f", "{}"), DISPATCH_ACCEPTED);
    wait_for(2);
    assert_result(1, "[null, 2]");
}
END_TEST

static bool has_no_environment(void *context)
{
    const struct dispatcher_count count = count_of(context);

    return count.idle + count.busy + count.starting == 0;
}

START_TEST(changed_settings_end_idle_environments_at_once)
{
    configure("\"f\":" PYTHON(""), 10);
    ck_assert_int_eq(submit("f", "{}"), DISPATCH_ACCEPTED);
    wait_for(1);
    configure("\"f\":" PYTHON(",\"Environment\":{\"Variables\":{\"AB\":\"c\"}}"), 10);
    dispatcher_reconfigure(dispatcher, config);
    test_bed_run_until(&bed, has_no_environment, "f");
    ck_assert_int_eq(submit("f", "{}"), DISPATCH_ACCEPTED);
    wait_for(2);
    assert_result(1, "[null, 1]");
}
END_TEST

START_TEST(changed_settings_end_busy_environments_after_their_invocation)
{
    configure("\"f\":" PYTHON(""), 10);
    ck_assert_int_eq(submit("f", "{\"seconds\": 0.5, \"name\": \"old\"}"), DISPATCH_ACCEPTED);
    configure("", 10);
    dispatcher_reconfigure(dispatcher, config);
    wait_for(1);
    assert_result(0, "[\"old\", 1]");
    test_bed_run_until(&bed, has_no_environment, "f");
}
END_TEST

/* ---- the end ---- */

START_TEST(closing_abandons_what_runs_and_what_waits)
{
    configure("\"f\":" PYTHON("") ",\"c\":" SLEEPER(""), 10);
    ck_assert_int_eq(submit("f", "{}"), DISPATCH_ACCEPTED);
    wait_for(1);
    ck_assert_int_eq(submit("f", "{\"seconds\": 2}"), DISPATCH_ACCEPTED); /* runs, or is about to */
    ck_assert_int_eq(submit("f", "{\"seconds\": 2}"),
                     DISPATCH_ACCEPTED); /* waits for its environment */
    ck_assert_int_eq(submit("c", "{}"), DISPATCH_ACCEPTED);
    ck_assert_uint_eq(dispatcher_running(dispatcher), 3);
    close_dispatcher();
    ck_assert_uint_eq(done_count, 4);
    for (size_t i = 1; i < 4; i++)
        ck_assert_int_eq(done[i]->outcome.kind, OUTCOME_ABANDONED);
}
END_TEST

START_TEST(closing_with_nothing_to_do_closes)
{
    close_dispatcher();
    ck_assert(is_closed);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("dispatcher");
    TCase *tcase = tcase_create("dispatcher");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_reserved_function_draws_from_its_own_share_alone);
    tcase_add_test(tcase, a_share_that_is_not_used_is_nobody_elses);
    tcase_add_test(tcase, nothing_runs_of_a_function_with_a_share_of_zero);
    tcase_add_test(tcase, each_account_has_limits_of_its_own);
    tcase_add_test(tcase, an_environment_is_used_again);
    tcase_add_test(tcase, concurrency_starts_as_many_environments_as_it_needs);
    tcase_add_test(tcase, a_worker_that_exits_fails_its_invocation_and_the_next_one_works);
    tcase_add_test(tcase,
                   those_that_wait_are_served_in_their_order_when_the_first_environment_fails);
    tcase_add_test(tcase, unchanged_settings_keep_their_environments);
    tcase_add_test(tcase, changed_settings_end_idle_environments_at_once);
    tcase_add_test(tcase, changed_settings_end_busy_environments_after_their_invocation);
    tcase_add_test(tcase, closing_abandons_what_runs_and_what_waits);
    tcase_add_test(tcase, closing_with_nothing_to_do_closes);
    suite_add_tcase(suite, tcase);
    return suite;
}
