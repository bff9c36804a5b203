/*
 * What a change of each setting of a version does. A setting without a row here fails a test, and so does a member of
 * struct function_version that version_facts.c has forgotten.
 */
#include "config/version_facts.h"

#include "config/settings/function_settings.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

enum effect {
    PROCESS, /* needs a new process; published with the version */
    VERSION, /* published with the version */
    BESIDE   /* follows the current configuration */
};

/* Two values of each; "Local." stands before those under Local. */
static const struct {
    const char *name, *left, *right;
    enum effect effect;
} rows[] = {
    {"Runtime", "\"python3.12\"", "\"python3.13\"", PROCESS},
    {"Handler", "\"a.b\"", "\"a.c\"", PROCESS},
    {"CodeUri", "\"code/hello\"", "\"code/hello-v1\"", PROCESS},
    {"InlineCode", "\"a = 1\"", "\"a = 2\"", PROCESS},
    {"Code", "{\"ZipFile\":\"a = 1\"}", "{\"ZipFile\":\"a = 2\"}", PROCESS},
    {"Layers", "[\"code/hello\"]", "[\"code/hello\",\"code/hello-v1\"]", PROCESS},
    {"Description", "\"a\"", "\"b\"", VERSION},
    {"Timeout", "3", "4", VERSION},
    {"MemorySize", "128", "129", PROCESS},
    {"Environment", "{\"Variables\":{\"AB\":\"1\"}}", "{\"Variables\":{\"AB\":\"2\"}}", PROCESS},
    {"LoggingConfig", "{\"LogFormat\":\"Text\"}", "{\"LogFormat\":\"JSON\"}", PROCESS},
    {"LoggingConfig", "{\"LogFormat\":\"JSON\"}",
     "{\"LogFormat\":\"JSON\",\"SystemLogLevel\":\"WARN\"}", PROCESS},
    {"DeadLetterConfig", "{\"TargetArn\":\"\"}",
     "{\"TargetArn\":\"arn:aws:sqs:us-east-1:123456789012:q\"}", VERSION},
    {"EventInvokeConfig", "{\"MaximumRetryAttempts\":0}", "{\"MaximumRetryAttempts\":1}", BESIDE},
    {"ImageConfig", "{\"EntryPoint\":[\"a\"]}", "{\"EntryPoint\":[\"a\",\"b\"]}", PROCESS},
    {"Local.Command", "[\"a\"]", "[\"b\"]", PROCESS},
    {"Local.Mock", "[{\"Payload\":1}]", "[{\"Payload\":2}]", BESIDE},
    {"Local.Faults", "[]", "[{\"Error\":\"Drop\"}]", BESIDE},
    {"Local.InheritEnvironment", "[\"A\"]", "[\"B\"]", PROCESS},
    {"Local.IdleTimeoutSeconds", "5", "6", BESIDE},
    {"Local.EnforceMemory", "true", "false", PROCESS},
    {"Local.Freeze", "true", "false", PROCESS},
    {"Local.MountTask", "\"on\"", "\"off\"", PROCESS},
    {"Local.EnvFile", "\"one.env\"", "\"two.env\"", PROCESS},
    {"Local.AccessDenied", "true", "false", BESIDE},
    {"Local.AllowedAccessKeyIds", "[\"A\"]", "[\"B\"]", BESIDE},
    {"Local.LogicalId", "\"A\"", "\"B\"", BESIDE},
    {"Local.Attach", "true", "false", PROCESS},
    {"Local.DebugCommand", "[\"a\"]", "[\"b\"]", PROCESS},
};

static const char *value_of(const char *name, const char *wanted, const char *value,
                            const char *fallback)
{
    return strcmp(name, wanted) == 0 ? value : fallback;
}

/* A function of which one setting has that value. */
static struct config *parse(const char *name, const char *value)
{
    struct config_problems problems = {.count = 0};
    const bool is_local = strncmp(name, "Local.", 6) == 0;
    const bool is_way = strcmp(name, "ImageConfig") == 0 || strcmp(name, "Local.Command") == 0;
    const bool is_base = strcmp(name, "Runtime") == 0 || strcmp(name, "Handler") == 0 ||
                         strcmp(name, "CodeUri") == 0;
    char text[1000], own[500] = "";

    if (is_local)
        snprintf(own, sizeof own, ",\"Local\":{\"%s\":%s}", name + 6, value);
    else if (!is_base)
        snprintf(own, sizeof own, ",\"%s\":%s", name, value);
    if (strstr(name, "Code") != NULL) /* in the place of CodeUri */
        snprintf(
            text, sizeof text,
            "{\"Functions\":{\"f\":{\"Runtime\":\"python3.12\",\"Handler\":\"a.b\",\"%s\":%s}}}",
            name, value);
    else if (is_way)
        snprintf(text, sizeof text, "{\"Functions\":{\"f\":{%s}}}", own + 1);
    else
        snprintf(text, sizeof text,
                 "{\"Functions\":{\"f\":{\"Runtime\":%s,\"Handler\":%s,\"CodeUri\":%s%s}}}",
                 value_of(name, "Runtime", value, "\"python3.12\""),
                 value_of(name, "Handler", value, "\"a.b\""),
                 value_of(name, "CodeUri", value, "\"code/hello\""), own);
    struct config *config = config_parse(text, strlen(text), "fixtures/configs/x.json", &problems);

    ck_assert_msg(config != NULL, "%s: %s", text,
                  problems.count > 0 ? problems.messages[0] : "no problem told");
    return config;
}

START_TEST(a_setting_has_the_effect_that_aws_gives_it)
{
    struct config *one = parse(rows[_i].name, rows[_i].left);
    struct config *other = parse(rows[_i].name, rows[_i].right);
    const struct function_version *left = config_function(one, "f")->latest;
    const struct function_version *right = config_function(other, "f")->latest;
    struct function_version restored = *right;

    ck_assert_msg((left->fingerprint != right->fingerprint) == (rows[_i].effect == PROCESS), "%s",
                  rows[_i].name);
    ck_assert_msg(version_is_same(left, right) == (rows[_i].effect == BESIDE), "%s", rows[_i].name);
    version_restore(&restored, left);
    ck_assert_msg(version_is_same(&restored, left), "%s", rows[_i].name);
    ck_assert_ptr_eq(restored.event_invoke_config, right->event_invoke_config);
    ck_assert_ptr_eq(restored.mock.list, right->mock.list);
    ck_assert_ptr_eq(restored.faults.list, right->faults.list);
    ck_assert_uint_eq(restored.idle_timeout_s, right->idle_timeout_s);
    ck_assert_uint_eq(restored.access_denied, right->access_denied);
    ck_assert_ptr_eq(restored.allowed_access_key_ids.items, right->allowed_access_key_ids.items);
    config_release(other);
    config_release(one);
}
END_TEST

static void expect_rows(const struct setting_scope *scope, const char *prefix)
{
    char name[100];

    for (size_t i = 0; i < scope->count; i++) {
        const struct setting *setting = &scope->settings[i];
        int row = 0;

        if (setting->scope != NULL && setting->scope->fills_outer_slots) {
            expect_rows(setting->scope, "Local.");
            continue;
        }
        snprintf(name, sizeof name, "%s%s", prefix, setting->name);
        while (row < ARRAY_LENGTH(rows) && strcmp(rows[row].name, name) != 0)
            row++;
        ck_assert_msg(row < ARRAY_LENGTH(rows), "%s has no row", name);
    }
}

START_TEST(every_setting_of_a_version_has_a_row)
{
    expect_rows(&version_settings, "");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("version_facts");
    TCase *facts = tcase_create("facts");

    tcase_add_loop_test(facts, a_setting_has_the_effect_that_aws_gives_it, 0, ARRAY_LENGTH(rows));
    tcase_add_test(facts, every_setting_of_a_version_has_a_row);
    suite_add_tcase(suite, facts);
    return suite;
}
