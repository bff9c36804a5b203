/* test_config_versions.c - versions, aliases, and what a qualifier stands for. */
#include "config/config.h"
#include "tests/support/unit.h"

#include <string.h>

static struct config *config;
static const struct function *hello;

static struct config *parse(const char *text)
{
    struct config_problems problems = {.count = 0};
    struct config *parsed = config_parse(text, strlen(text), "fixtures/configs/x.json", &problems);

    ck_assert_msg(parsed != NULL, "%s",
                  problems.count > 0 ? problems.messages[0] : "no problem told");
    config_problems_clear(&problems);
    return parsed;
}

static void load(void)
{
    struct config_problems problems = {.count = 0};

    config = config_load("fixtures/configs/valid.json", NULL, &problems);
    ck_assert_ptr_nonnull(config);
    hello = config_function(config, "hello");
}

static void release(void)
{
    config_release(config);
}

static const struct {
    const char *qualifier;
    double draw;
    const char *version; /* NULL: there is none */
    const char *alias;
    unsigned retry_attempts, event_age_s;
} cases[] = {
    {"", 0, "$LATEST", NULL, 1, 3600},
    {"$LATEST", 0, "$LATEST", NULL, 1, 3600},
    {"1", 0, "1", NULL, 0, 21600},
    {"2", 0, "2", NULL, 1, 3600},
    {"10", 0, "10", NULL, 1, 3600},
    {"live", 0, "2", "live", 2, 60},
    {"live", 0.2499, "2", "live", 2, 60},
    {"live", 0.25, "1", "live", 2, 60},
    {"live", 0.999, "1", "live", 2, 60},
    {"old", 0, "1", "old", 0, 21600},
    {"next", 0.5, "$LATEST", "next", 1, 3600},
    {"3", 0, NULL, NULL, 0, 0},
    {"01", 0, NULL, NULL, 0, 0},
    {"Live", 0, NULL, NULL, 0, 0},
    {"$latest", 0, NULL, NULL, 0, 0},
};

START_TEST(resolves_a_qualifier_to_version_alias_and_event_settings)
{
    struct function_target target;
    const bool is_found = function_resolve(hello, cases[_i].qualifier, cases[_i].draw, &target);

    ck_assert_int_eq(is_found, cases[_i].version != NULL);
    if (!is_found)
        return;
    ck_assert_str_eq(target.version->version, cases[_i].version);
    ck_assert_int_eq(target.alias != NULL, cases[_i].alias != NULL);
    if (target.alias != NULL)
        ck_assert_str_eq(target.alias->name, cases[_i].alias);
    ck_assert_uint_eq(target.event_invoke_config->maximum_retry_attempts, cases[_i].retry_attempts);
    ck_assert_uint_eq(target.event_invoke_config->maximum_event_age_s, cases[_i].event_age_s);
}
END_TEST

START_TEST(keeps_versions_and_aliases_as_written)
{
    ck_assert_uint_eq(hello->version_count, 4);
    ck_assert_str_eq(hello->versions[2]->version, "10");
    ck_assert_uint_eq(hello->alias_count, 3);
    ck_assert_str_eq(hello->aliases[0]->name, "live");
    ck_assert_double_eq(hello->aliases[0]->additional_weight, 0.25);
    ck_assert_str_eq(hello->aliases[0]->additional_version->version, "2");
    ck_assert_ptr_null(hello->aliases[1]->additional_version);
    ck_assert_ptr_null(hello->aliases[1]->event_invoke_config);
}
END_TEST

START_TEST(an_empty_version_is_as_latest_is)
{
    const struct function_version *latest = hello->latest, *second = hello->versions[1];

    ck_assert_str_eq(second->code_uri, latest->code_uri);
    ck_assert_str_eq(second->handler, latest->handler);
    ck_assert_uint_eq(second->timeout_s, latest->timeout_s);
    ck_assert_uint_eq(second->environment.count, 3);
    ck_assert_str_eq(second->dead_letter_arn, latest->dead_letter_arn);
    ck_assert_ptr_eq(second->event_invoke_config, latest->event_invoke_config);
    ck_assert_uint_eq(second->idle_timeout_s, 30);
    ck_assert_int_eq(cJSON_GetArraySize(second->faults.list), 4);
    ck_assert_ptr_eq(second->function, hello);
}
END_TEST

START_TEST(a_version_overrides_what_it_names)
{
    const struct function_version *first = hello->versions[0], *tenth = hello->versions[2];

    ck_assert_ptr_nonnull(strstr(first->code_uri, "/code/hello-v1"));
    ck_assert_str_eq(first->working_directory, first->code_uri);
    ck_assert_uint_eq(first->environment.count, 1); /* replaced as a whole */
    ck_assert_str_eq(first->environment.items[0], "OLD=yes");
    ck_assert_str_eq(first->handler, "app.handler");
    ck_assert(first->access_denied); /* Local is overridden key by key */
    ck_assert_uint_eq(first->idle_timeout_s, 30);
    ck_assert(!hello->latest->access_denied);
    ck_assert_ptr_null(first->event_invoke_config->on_failure);
    ck_assert_int_eq(tenth->family, RUNTIME_FAMILY_NODEJS);
    ck_assert_str_eq(tenth->handler, "index.handler");
    ck_assert_uint_eq(tenth->timeout_s, 900);
}
END_TEST

START_TEST(a_version_may_run_in_another_way)
{
    const struct function_version *eleventh = hello->versions[3];

    ck_assert_int_eq(eleventh->kind, FUNCTION_COMMAND);
    ck_assert_ptr_null(eleventh->runtime);
    ck_assert_ptr_null(eleventh->code_uri);
    ck_assert_str_eq(eleventh->command.items[0], "cat");
    ck_assert_str_eq(eleventh->working_directory, hello->latest->code_uri);
}
END_TEST

START_TEST(an_empty_dead_letter_config_drops_the_inherited_one)
{
    struct config *parsed =
        parse("{\"Functions\":{\"f\":{\"Local\":{\"Command\":[\"cat\"]},"
              "\"DeadLetterConfig\":{\"TargetArn\":\"arn:aws:sns:us-east-1:123456789012:t\"},"
              "\"Versions\":{\"1\":{\"DeadLetterConfig\":{}},\"2\":{\"DeadLetterConfig\":{"
              "\"TargetArn\":\"\"}}}}}}");
    const struct function *function = config_function(parsed, "f");

    ck_assert_str_eq(function->latest->dead_letter_arn, "arn:aws:sns:us-east-1:123456789012:t");
    ck_assert_ptr_null(function->versions[0]->dead_letter_arn);
    ck_assert_ptr_null(function->versions[1]->dead_letter_arn);
    config_release(parsed);
}
END_TEST

/* ---- fingerprints ---- */

static const struct {
    const char *function; /* in place of the base one */
    const char *whole;    /* beside Functions */
    bool is_same;
} fingerprints[] = {
    {"\"Timeout\":9,\"Description\":\"x\",\"ReservedConcurrentExecutions\":3,\"Local\":{"
     "\"AccessDenied\":true,"
     "\"IdleTimeoutSeconds\":5,\"Faults\":[],\"Mock\":[{\"Payload\":1}]}",
     "", true},
    {"\"EventInvokeConfig\":{\"MaximumRetryAttempts\":0}", "", true},
    {"\"Versions\":{\"1\":{}}", "", true},
    {"\"Handler\":\"a.c\"", "", false},
    {"\"Runtime\":\"python3.13\"", "", false},
    {"\"CodeUri\":\"code/hello-v1\"", "", false},
    {"\"MemorySize\":256", "", false},
    {"\"Environment\":{\"Variables\":{\"AB\":\"C\"}}", "", false},
    {"\"Local\":{\"InheritEnvironment\":[\"X\"]}", "", false},
    {"\"Local\":{\"EnforceMemory\":false}", "", false},
    {"\"Local\":{\"Attach\":true}", "", false},
    {"\"Local\":{\"DebugCommand\":[\"x\"]}", "", false},
    {"", ",\"Region\":\"eu-west-1\"", false},
    {"", ",\"Local\":{\"InheritEnvironment\":[\"X\"]}", false},
    {"", ",\"Local\":{\"IdleTimeoutSeconds\":7},\"AccountLimit\":{\"ConcurrentExecutions\":7}",
     true},
};

static uint64_t fingerprint(const char *function, const char *whole)
{
    static const struct {
        const char *key, *text;
    } base[] = {
        {"\"Runtime\"", "\"Runtime\":\"python3.12\""},
        {"\"Handler\"", "\"Handler\":\"a.b\""},
        {"\"CodeUri\"", "\"CodeUri\":\"code/hello\""},
    };
    char text[2000] = "{\"Functions\":{\"f\":{";

    strcat(text, function);
    for (size_t i = 0; i < 3; i++) {
        if (strstr(function, base[i].key) != NULL)
            continue;
        strcat(text, text[strlen(text) - 1] == '{' ? "" : ",");
        strcat(text, base[i].text);
    }
    strcat(text, "}}");
    strcat(text, whole);
    strcat(text, "}");
    struct config *parsed = parse(text);
    const uint64_t number = config_function(parsed, "f")->latest->fingerprint;

    config_release(parsed);
    return number;
}

START_TEST(the_fingerprint_is_of_what_starts_the_process)
{
    ck_assert_int_eq(fingerprint(fingerprints[_i].function, fingerprints[_i].whole) ==
                         fingerprint("", ""),
                     fingerprints[_i].is_same);
}
END_TEST

START_TEST(neighbouring_texts_do_not_share_a_fingerprint)
{
    ck_assert_uint_ne(
        fingerprint("\"Environment\":{\"Variables\":{\"AA\":\"B\",\"CC\":\"D\"}}", ""),
        fingerprint("\"Environment\":{\"Variables\":{\"AA\":\"BCC=D\"}}", ""));
    ck_assert_uint_ne(fingerprint("\"Local\":{\"DebugCommand\":[\"12345678\",\"x\"]}", ""),
                      fingerprint("\"Local\":{\"DebugCommand\":[\"12345678x\",\"\"]}", ""));
    ck_assert_uint_ne(fingerprint("\"Local\":{\"DebugCommand\":[\"ab\",\"c\"]}", ""),
                      fingerprint("\"Local\":{\"DebugCommand\":[\"a\",\"bc\"]}", ""));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("config_versions");
    TCase *versions = tcase_create("versions"), *numbers = tcase_create("fingerprints");

    tcase_add_checked_fixture(versions, load, release);
    tcase_add_loop_test(versions, resolves_a_qualifier_to_version_alias_and_event_settings, 0,
                        ARRAY_LENGTH(cases));
    tcase_add_test(versions, keeps_versions_and_aliases_as_written);
    tcase_add_test(versions, an_empty_version_is_as_latest_is);
    tcase_add_test(versions, a_version_overrides_what_it_names);
    tcase_add_test(versions, a_version_may_run_in_another_way);
    tcase_add_test(versions, an_empty_dead_letter_config_drops_the_inherited_one);
    tcase_add_loop_test(numbers, the_fingerprint_is_of_what_starts_the_process, 0,
                        ARRAY_LENGTH(fingerprints));
    tcase_add_test(numbers, neighbouring_texts_do_not_share_a_fingerprint);
    suite_add_tcase(suite, versions);
    suite_add_tcase(suite, numbers);
    return suite;
}
