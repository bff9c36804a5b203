#include "runtime/canned/mocks.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

static const char json[] =
    "{\"Functions\":{"
    "\"pay\":{\"Local\":{\"Mock\":[{\"When\":{\"a\":1},\"Times\":2,\"Payload\":\"few\"},{"
    "\"Payload\":\"rest\"}]},"
    "  \"Versions\":{\"1\":{}, \"2\":{\"Local\":{\"Mock\":[{\"Payload\":\"two\"}]}}}},"
    "\"own\":{\"Local\":{\"Command\":[\"cat\"]}},"
    "\"both\":{\"Local\":{\"Command\":[\"cat\"],\"Mock\":[{\"Payload\":\"mock\"}]}},"
    "\"strict\":{\"Local\":{\"Mock\":[{\"When\":{\"a\":1}}]}}}}";

static uv_loop_t loop;
static struct accounts *accounts;
static struct account *account, *other;
static struct config *config;
static struct random_source *source;

static struct config *parse(const char *text)
{
    struct config_problems faults = {0};
    struct config *parsed = config_parse(text, strlen(text), "/tmp/invoked.json", &faults);

    ck_assert_msg(parsed != NULL, "%s", faults.count > 0 ? faults.messages[0] : "");
    return parsed;
}

static void set_up(void)
{
    const struct clock_options options = {.mode = CLOCK_MANUAL};

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    accounts = accounts_open(&loop, &options, "123456789012");
    ck_assert_ptr_nonnull(accounts);
    account = accounts_default(accounts);
    other = accounts_get(accounts, "111111111111");
    source = random_source_new();
    config = parse(json);
}

static void tear_down(void)
{
    config_release(config);
    random_source_free(source);
    accounts_close(accounts);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static struct function_target resolve(const char *name, const char *qualifier)
{
    struct function_target target;

    ck_assert(function_resolve(config_function(config, name), qualifier, 0, &target));
    return target;
}

static bool is_mocked(struct account *of, const char *name)
{
    return mocks_cover(of, resolve(name, "").version);
}

/* The canned payload, a string, that an invocation gets; "" when no answer fits. */
static const char *choose(struct account *of, const char *name, const char *qualifier,
                          const char *event)
{
    struct bytes *payload = bytes_copy(event, strlen(event));
    const struct invocation_options options = {
        .account = of,
        .config = config,
        .target = resolve(name, qualifier),
        .payload = payload,
        .attempt = 1,
    };
    struct invocation *invocation = invocation_new(&options, source);
    struct bytes *why = NULL;
    const cJSON *answer;

    ck_assert_ptr_nonnull(invocation);
    answer = mocks_choose(of, invocation, &why);
    ck_assert((answer == NULL) == (why != NULL));
    bytes_release(why);
    bytes_release(payload);
    invocation_free(invocation);
    return answer == NULL
               ? ""
               : cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "Payload"));
}

static void set(struct account *of, const char *name, const char *text)
{
    struct canned_text answers;
    char why[512];

    ck_assert_msg(canned_text_read(&answers, CANNED_MOCK, text, strlen(text), why, sizeof why),
                  "%s", why);
    ck_assert(mocks_set(of, name, &answers));
    ck_assert_ptr_null(answers.list);
}

START_TEST(local_mock_answers_also_for_a_function_with_code)
{
    ck_assert(is_mocked(account, "pay"));
    ck_assert(is_mocked(account, "both"));
    ck_assert(!is_mocked(account, "own"));
    ck_assert_str_eq(choose(account, "both", "", "{}"), "mock");
}
END_TEST

START_TEST(times_are_counted_for_each_version_and_account)
{
    ck_assert_str_eq(choose(account, "pay", "", "{\"a\":1}"), "few");
    ck_assert_str_eq(choose(account, "pay", "", "{\"a\":2}"), "rest");
    ck_assert_str_eq(choose(account, "pay", "", "{\"a\":1}"), "few");
    ck_assert_str_eq(choose(account, "pay", "", "{\"a\":1}"), "rest");
    ck_assert_str_eq(choose(account, "pay", "1", "{\"a\":1}"), "few");
    ck_assert_str_eq(choose(account, "pay", "2", "{\"a\":1}"), "two");
    ck_assert_str_eq(choose(other, "pay", "", "{\"a\":1}"), "few");
}
END_TEST

START_TEST(a_function_is_mocked_for_a_while_and_itself_again)
{
    set(account, "own", "[{\"Payload\":\"set\"}]");
    ck_assert(is_mocked(account, "own"));
    ck_assert(!is_mocked(other, "own"));
    ck_assert_str_eq(choose(account, "own", "", "{}"), "set");
    mocks_drop(account, "own");
    mocks_drop(account, "own");
    mocks_drop(other, "own");
    ck_assert(!is_mocked(account, "own"));
}
END_TEST

START_TEST(what_is_set_wins_over_the_configuration_for_all_versions)
{
    (void)choose(account, "pay", "", "{\"a\":1}");
    set(account, "pay", "[{\"Times\":1,\"Payload\":\"once\"}]");
    ck_assert_str_eq(choose(account, "pay", "2", "{\"a\":1}"), "once");
    ck_assert_str_eq(choose(account, "pay", "", "{\"a\":1}"), "");
    set(account, "pay", "[{\"Times\":1,\"Payload\":\"once\"}]");
    ck_assert_str_eq(choose(account, "pay", "", "{\"a\":1}"), "once");
    mocks_drop(account, "pay");
    ck_assert_str_eq(choose(account, "pay", "", "{\"a\":1}"), "few");
    ck_assert_str_eq(choose(account, "pay", "", "{\"a\":1}"), "rest");
}
END_TEST

START_TEST(reset_brings_the_start_back_for_one_account)
{
    set(account, "own", "[{\"Payload\":\"set\"}]");
    set(other, "own", "[{\"Payload\":\"others\"}]");
    (void)choose(account, "pay", "", "{\"a\":1}");
    (void)choose(account, "pay", "", "{\"a\":1}");
    mocks_reset(account);
    ck_assert(!is_mocked(account, "own"));
    ck_assert_str_eq(choose(account, "pay", "", "{\"a\":1}"), "few");
    ck_assert_str_eq(choose(other, "own", "", "{}"), "others");
    mocks_reset(account);
    mocks_reset(account);
}
END_TEST

START_TEST(counts_outlive_a_reload_that_leaves_the_list_as_it_was)
{
    char changed[sizeof json];
    char *times;

    (void)choose(account, "pay", "", "{\"a\":1}");
    (void)choose(account, "pay", "", "{\"a\":1}");
    config_release(config);
    config = parse(json);
    ck_assert_str_eq(choose(account, "pay", "", "{\"a\":1}"), "rest");
    memcpy(changed, json, sizeof json);
    times = strstr(changed, "\"Times\":2");
    ck_assert_ptr_nonnull(times);
    times[8] = '1';
    config_release(config);
    config = parse(changed);
    ck_assert_str_eq(choose(account, "pay", "", "{\"a\":1}"), "few");
    ck_assert_str_eq(choose(account, "pay", "", "{\"a\":1}"), "rest");
}
END_TEST

START_TEST(what_fits_nothing_is_told_with_the_event_cut)
{
    char event[2000];
    struct bytes *payload, *why;
    struct invocation *invocation;

    memset(event, ' ', sizeof event);
    (void)snprintf(event, sizeof event, "{\"a\":2,\"b\":\"%01000d\"}", 5);
    payload = bytes_copy(event, strlen(event));
    const struct invocation_options options = {.account = account,
                                               .config = config,
                                               .target = resolve("strict", ""),
                                               .payload = payload,
                                               .attempt = 1};

    invocation = invocation_new(&options, source);
    ck_assert_ptr_null(mocks_choose(account, invocation, &why));
    ck_assert(bytes_append(&why, "", 1));
    ck_assert_msg(
        strstr(why->data, "no canned response of strict matches the event {\"a\":2,\"b\":\"000") ==
            why->data,
        "%s", why->data);
    ck_assert_ptr_nonnull(strstr(why->data,
                                 "00… (1014 bytes); nearest is Mock[0], which differs at $.a: "
                                 "expected 1, the event has 2"));
    bytes_release(why);
    bytes_release(payload);
    invocation_free(invocation);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("mocks");
    TCase *mocks = tcase_create("mocks");

    tcase_add_checked_fixture(mocks, set_up, tear_down);
    tcase_add_test(mocks, local_mock_answers_also_for_a_function_with_code);
    tcase_add_test(mocks, times_are_counted_for_each_version_and_account);
    tcase_add_test(mocks, a_function_is_mocked_for_a_while_and_itself_again);
    tcase_add_test(mocks, what_is_set_wins_over_the_configuration_for_all_versions);
    tcase_add_test(mocks, reset_brings_the_start_back_for_one_account);
    tcase_add_test(mocks, counts_outlive_a_reload_that_leaves_the_list_as_it_was);
    tcase_add_test(mocks, what_fits_nothing_is_told_with_the_event_cut);
    suite_add_tcase(suite, mocks);
    return suite;
}
