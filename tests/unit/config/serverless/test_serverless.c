/* test_serverless.c - functions and variables of serverless.yml. */
#include "config/config.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 8192 };

static struct config_problems problems;

static void end(void)
{
    config_problems_clear(&problems);
}

static struct config *parse(const char *yaml)
{
    struct config *config =
        config_parse(yaml, strlen(yaml), "fixtures/serverless/orders/x.yml", &problems);

    for (size_t i = 0; i < problems.count; i++)
        fprintf(stderr, "%s\n", problems.messages[i]);
    return config;
}

static const char *variable(const struct function_version *version, const char *name)
{
    const size_t length = strlen(name);

    for (size_t i = 0; i < version->environment.count; i++) {
        const char *item = version->environment.items[i];

        if (strncmp(item, name, length) == 0 && item[length] == '=')
            return item + length + 1;
    }
    return NULL;
}

static const char around[] =
    "service: shop\n"
    "provider: {name: aws, region: eu-west-1, environment: {ALL: '1'}}\n"
    "custom: {a: {b: [x, y]}, n: 7, yes: 'true', dev: {c: deep}, self: '${self:custom.self}', e: "
    "''}\n"
    "params: {default: {p: all, q: all}, dev: {q: own}}\n"
    "functions: {f: {handler: src/orders.handler, runtime: python3.12, environment: {X_V: %s}}}\n"
    "resources: {Resources: {Q: {Type: AWS::SQS::Queue}}}\n";

/* clang-format off */
static const struct {
    const char *value, *expected; /* NULL: a problem */
} values[] = {
    {"plain", "plain"},
    {"'${self:custom.a.b.1}'", "y"},
    {"'${self:custom.${sls:stage}.c}'", "deep"},
    {"'${self:custom.n}'", "7"},
    {"'${self:service}-${self:provider.stage}-${aws:region}-${aws:accountId}'", "shop-dev-eu-west-1-123456789012"},
    {"'${opt:no, self:custom.no, ''it''}'", "it"},
    {"'${opt:no, ${self:custom.no, 12}}'", "12"},
    {"'${opt:no, \"a, b\"}'", "a, b"},
    {"'${opt:no, true}'", "true"},
    {"'${self:custom.e}'", ""},
    {"'${param:p}-${param:q}'", "all-own"},
    {"'${file(settings.yml):dev.level}'", "debug"},
    {"'${file(./settings.yml):${sls:stage}.timeout}'", "9"},
    {"'${file(no.yml):a, ''none''}'", "none"},
    {"'${file(no.js):a}'", "a"},
    {"'${strToBool(${self:custom.yes})}'", "true"},
    {"'${env:INVOKED_NO_SUCH, ''unset''}'", "unset"},
    {"!Sub '${AWS::Region}-${self:service}-${Q.Arn}'", "eu-west-1-shop-arn:aws:sqs:eu-west-1:123456789012:Q"},
    {"!Ref AWS::StackName", "shop-dev"},
    {"!Ref HttpApi", "HttpApi"},
    {"'${opt:colour}'", "colour"},
    {"'a-${ssm:/x/y}'", "a-/x/y"},
    {"'${cf:other-stack.TableArn}'", "TableArn"},
    {"'${ssm(us-east-1):/x/y, ''fallback''}'", "fallback"},
    {"'${x}'", "${x}"},
    {"'${self:custom.self}'", NULL},
    {"'${self:custom'", NULL},
    {"'${self:custom.a}'", NULL}, /* an object is no text */
};
/* clang-format on */

START_TEST(resolves_variables)
{
    char yaml[TEXT_MAX];

    snprintf(yaml, sizeof yaml, around, values[_i].value);
    struct config *config = parse(yaml);

    if (values[_i].expected == NULL) {
        ck_assert_ptr_null(config);
        ck_assert_ptr_nonnull(strstr(problems.messages[0], "x.yml:"));
        return;
    }
    ck_assert_ptr_nonnull(config);
    ck_assert_str_eq(variable(config_function(config, "f")->latest, "X_V"), values[_i].expected);
    ck_assert_str_eq(variable(config_function(config, "f")->latest, "ALL"), "1");
    config_release(config);
}
END_TEST

START_TEST(has_the_properties_of_a_function)
{
    struct config *config = parse(
        "service: {name: shop}\n"
        "provider: {name: aws, runtime: python3.12, stage: qa, memorySize: 512}\n"
        "functions:\n"
        "  - first-one:\n"
        "      handler: src/orders.handler\n"
        "      description: does it\n"
        "      timeout: 30\n"
        "      reservedConcurrency: 3\n"
        "      maximumRetryAttempts: 0\n"
        "      maximumEventAge: 120\n"
        "      onError: arn:aws:sns:us-east-1:123456789012:t\n"
        "      destinations: {onSuccess: second, onFailure: {type: sqs, arn: !GetAtt Q.Arn}}\n"
        "  - second: {handler: src/orders.handler, name: other, url: {authorizer: aws_iam}}\n"
        "resources:\n"
        "  - Resources: {Q: {Type: AWS::SQS::Queue}}\n");

    ck_assert_ptr_nonnull(config);
    const struct function *first = config_function(config, "shop-qa-first-one");
    const struct function_version *latest = first->latest;

    ck_assert_ptr_eq(config_function(config, "first-one"), first);
    ck_assert_str_eq(latest->handler, "src/orders.handler");
    ck_assert_str_eq(latest->description, "does it");
    ck_assert_uint_eq(latest->timeout_s, 30);
    ck_assert_uint_eq(latest->memory_mb, 512);
    ck_assert_int_eq(first->reserved_concurrency, 3);
    ck_assert_str_eq(latest->dead_letter_arn, "arn:aws:sns:us-east-1:123456789012:t");
    ck_assert_uint_eq(latest->event_invoke_config->maximum_retry_attempts, 0);
    ck_assert_uint_eq(latest->event_invoke_config->maximum_event_age_s, 120);
    ck_assert_str_eq(latest->event_invoke_config->on_success,
                     "arn:aws:lambda:us-east-1:123456789012:function:other");
    ck_assert_str_eq(latest->event_invoke_config->on_failure,
                     "arn:aws:sqs:us-east-1:123456789012:Q");
    ck_assert_str_eq(config_function(config, "second")->name, "other");
    ck_assert_uint_eq(config_function(config, "other")->latest->timeout_s, 6);
    config_release(config);
}
END_TEST

static const struct {
    const char *yaml, *problem;
} faults[] = {
    {"service: a\nprovider: {name: google}\nfunctions: {f: {handler: a.b}}\n",
     "x.yml:2: provider: google is not supported: only aws is"},
    {"service: a\nprovider: {name: aws, runtime: python3.12}\nfunctions: {f: {handler: a.b, "
     "timeout: 1000}}\n",
     "x.yml:3: functions.f.timeout: must be 1 to 900 (is 1000)"},
    {"service: a\nprovider: {name: aws}\nfunctions: {f: text}\n",
     "x.yml:3: functions.f: must be an object (is a string)"},
    {"service: a\nprovider: {name: aws}\nfunctions: text\n",
     "x.yml:3: functions: must be an object (is a string)"},
};

START_TEST(says_what_is_wrong_with_the_line_of_the_file)
{
    ck_assert_ptr_null(parse(faults[_i].yaml));
    ck_assert_ptr_nonnull(strstr(problems.messages[0], faults[_i].problem));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("serverless");
    TCase *rules = tcase_create("rules");

    tcase_add_checked_fixture(rules, NULL, end);
    tcase_add_loop_test(rules, resolves_variables, 0, ARRAY_LENGTH(values));
    tcase_add_test(rules, has_the_properties_of_a_function);
    tcase_add_loop_test(rules, says_what_is_wrong_with_the_line_of_the_file, 0,
                        ARRAY_LENGTH(faults));
    suite_add_tcase(suite, rules);
    return suite;
}
