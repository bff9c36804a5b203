/*
 * Values of a template: what the template says, what SAM's and CloudFormation's rules say, and what stands in for
 * values that only a deployment could tell.
 */
#include "config/config.h"
#include "tests/support/unit.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 16384 };

static char folder[] = "/tmp/invoked-values-XXXXXX";
static char path[PATH_MAX];
static struct config_problems problems, warnings;

static void make_folder(void)
{
    strcpy(strrchr(folder, '-'), "-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/template.yaml", folder);
}

static void remove_folder(void)
{
    config_problems_clear(&problems);
    config_problems_clear(&warnings);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* Prints what is wrong, when it is. */
static struct config *load(const char *yaml)
{
    const struct config_options options = {.warnings = &warnings};
    FILE *file = fopen(path, "we");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(yaml, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    struct config *config = config_load(path, &options, &problems);

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

/* ---- one value ---- */

static const char around[] =
    "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\n"
    "Parameters:\n"
    "  Stage: {Type: String}\n"
    "  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>'}\n"
    "  Colours: {Type: CommaDelimitedList, Default: 'red, green'}\n"
    "  Bus: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /core/bus}\n"
    "  Known: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /own/colour}\n"
    "Conditions:\n"
    "  Prod: !Equals [!Ref Stage, prod]\n"
    "  NotProd: !Not [!Condition Prod]\n"
    "Mappings:\n"
    "  Accounts: {'999999999999': {Name: live}}\n"
    "  Stages: {dev: {Table: dev-table}}\n"
    "Resources:\n"
    "  F:\n"
    "    Type: AWS::Lambda::Function\n"
    "    Metadata: {Invoked: {Command: [cat]}}\n"
    "    Properties: {Environment: {Variables: {X_V: %s}}}\n"
    "  Ben:\n"
    "    Type: AWS::Serverless::Function\n"
    "    Metadata: {Invoked: {Command: [cat]}}\n"
    "    Properties:\n"
    "      AutoPublishAlias: live\n"
    "      FunctionUrlConfig: {AuthType: NONE}\n"
    "      EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SQS}}}\n"
    "  Shop: {Type: AWS::Serverless::Api, Properties: {StageName: v1}}\n"
    "  Web: {Type: AWS::Serverless::HttpApi}\n"
    "  Table: {Type: AWS::DynamoDB::Table}\n"
    "  Kafka: {Type: AWS::MSK::Cluster}\n"
    "  Db: {Type: AWS::RDS::DBInstance}\n"
    "  Net: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.1.0.0/16}}\n"
    "  Probe: {Type: 'Custom::Probe', Properties: {Token: no}}\n"
    "  Colour: {Type: AWS::SSM::Parameter, Properties: {Name: /own/colour, Value: blue}}\n"
    "  Maybe: {Type: AWS::SQS::Queue, Condition: Prod}\n";

/* clang-format off */
static const struct {
    const char *value, *expected;
    const char *warning; /* part of the only one; NULL: none */
} values[] = {
    /* what the template says */
    {"!GetAtt Colour.Value", "blue", NULL},
    {"!GetAtt Net.CidrBlock", "10.1.0.0/16", NULL},
    {"!Ref Known", "blue", NULL},
    {"'{{resolve:ssm:/own/colour}}'", "blue", NULL},
    {"'{{resolve:ssm:/own/colour:3}}, again'", "blue, again", NULL},
    {"!Length [a, b]", "2", NULL},
    {"!Length {Ref: Colours}", "2", NULL},
    {"{'Fn::ToJsonString': {a: 1, b: [x, !Ref 'AWS::Region', null, true], 'c\"': {}}}", "{\"a\":1,\"b\":[\"x\",\"us-east-1\",null,true],\"c\\\"\":{}}", NULL},
    {"!Ref {'Fn::Sub': 'Ta${Part}'}", NULL, NULL},
    {"!Select [1, !GetAZs '']", "us-east-1b", NULL},
    {"!FindInMap [Stages, dev, Table]", "dev-table", NULL},
    {"!FindInMap [Stages, test, Table, {DefaultValue: none}]", "none", NULL},
    {"{Ref: {'Fn::Join': ['', [Ta, ble]]}}", "Table", NULL},
    {"!GetAtt [{'Fn::Sub': '${AWS::NoSuch}'}, Arn]", NULL, NULL},

    /* what SAM adds */
    {"!Ref Ben.Alias", "arn:aws:lambda:us-east-1:123456789012:function:Ben:live", NULL},
    {"!Ref BenAliaslive", "arn:aws:lambda:us-east-1:123456789012:function:Ben:live", NULL},
    {"!Ref Ben.Version", "arn:aws:lambda:us-east-1:123456789012:function:Ben:1", NULL},
    {"!GetAtt Ben.Version.Version", "1", NULL},
    {"!Sub '${BenRole.Arn}'", "arn:aws:iam::123456789012:role/BenRole", NULL},
    {"!Sub '${ BenRole.Arn }'", "arn:aws:iam::123456789012:role/BenRole", NULL},
    {"!GetAtt BenUrl.FunctionUrl", "https://Ben.lambda-url.us-east-1.on.aws/", NULL},
    {"!GetAtt BenUrl.FunctionArn", "arn:aws:lambda:us-east-1:123456789012:function:Ben", NULL},
    {"!Ref Ben.DestinationQueue", "https://sqs.us-east-1.amazonaws.com/123456789012/BenEventInvokeConfigOnFailureQueue", NULL},
    {"!GetAtt Ben.DestinationQueue.Arn", "arn:aws:sqs:us-east-1:123456789012:BenEventInvokeConfigOnFailureQueue", NULL},
    {"!Ref Shop.Stage", "v1", NULL},
    {"!Ref Shopv1Stage", "v1", NULL},
    {"!Ref Web.Stage", "$default", NULL},
    {"!Ref WebApiGatewayDefaultStage", "$default", NULL},
    {"!GetAtt Web.ApiEndpoint", "https://Web.execute-api.us-east-1.amazonaws.com", NULL},
    {"!Ref ServerlessRestApi", "ServerlessRestApi", NULL},
    {"!Sub '${ServerlessRestApi.Stage}/${ServerlessRestApiProdStage}'", "Prod/Prod", NULL},

    /* what stands in */
    {"!Ref Stage", "Stage", "18: Resources.F.Properties.Environment.Variables.X_V.Ref: parameter Stage has no default (pass --parameter Stage=VALUE); \"Stage\" stands in for it"},
    {"!Sub 'a-${Stage}-${Stage}'", "a-Stage-Stage", "parameter Stage has no default"},
    {"!Join [',', !Ref Subnets]", "Subnets", "parameter Subnets has no default"},
    {"!Select [2, !Ref Subnets]", "Subnets", "parameter Subnets has no default"},
    {"!Select [3, !Split [':', !Ref Stage]]", "Stage", "parameter Stage has no default"},
    {"!Ref Bus", "Bus", "parameter Bus is read from AWS Systems Manager"},
    {"!ImportValue other-table", "other-table", "the export other-table of another stack is not known"},
    {"!ImportValue {'Fn::Sub': '${AWS::StackName}-table'}", "local-table", "the export local-table"},
    {"'{{resolve:secretsmanager:db:SecretString:password}}'", "password", "{{resolve:secretsmanager:db:SecretString:password}} is read from AWS"},
    {"'postgres://{{resolve:secretsmanager:db:SecretString:user::}}@db'", "postgres://user@db", "is read from AWS"},
    {"!Sub '{{resolve:secretsmanager:${Table}:SecretString}}'", "Table", "{{resolve:secretsmanager:Table:SecretString}} is read from AWS"},
    {"!Join ['', ['{{resolve:ssm:', /a/b, ':1}}']]", "/a/b", "{{resolve:ssm:/a/b:1}} is read from AWS"},
    {"'{{resolve:ssm-secure:/a/b}}'", "/a/b", "is read from AWS"},
    {"'{{resolve:ssm:/a/b'", "{{resolve:ssm:/a/b", NULL},
    {"!GetAtt Probe.Token", "Probe.Token", "Token of Probe (Custom::Probe) is known only after a deployment"},
    {"!GetAtt Db.Endpoint.Address", "Db.Endpoint.Address", "Endpoint.Address of Db (AWS::RDS::DBInstance) is known only"},
    {"!GetAtt Kafka.Arn", "arn:aws:msk:us-east-1:123456789012:Kafka", "Arn of Kafka (AWS::MSK::Cluster) is known only"},
    {"!GetAtt Table.Arm", "Table.Arm", "(did you mean Arn?)"},
    {"!GetAtt ServerlessRestApi.RootResourceId", "ServerlessRestApi.RootResourceId", "RootResourceId of ServerlessRestApi"},
    {"!Ref BenTimerPermission", "BenTimerPermission", "BenTimerPermission is not in the template, and may be added by SAM"},
    {"!Select [0, !Cidr [10.0.0.0/16, 4, 8]]", "10.0.0.0/16", "the networks of Fn::Cidr are not computed"},
    {"!Select [3, !Cidr [!GetAtt Net.CidrBlock, 4, 8]]", "10.1.0.0/16", "the networks of Fn::Cidr"},
    {"!FindInMap [Accounts, !Ref 'AWS::AccountId', Name]", "Name", "Mappings.Accounts has no 123456789012"},
    {"!FindInMap [Stages, !Ref Stage, Table]", "Table", "parameter Stage has no default"},
    {"{'Fn::Fetch': x}", "Fn::Fetch", "Fn::Fetch is not known"},

    /* conditions on them */
    {"!If [Prod, a, b]", "b", "9: Conditions.Prod.Fn::Equals[0].Ref: parameter Stage has no default"},
    {"!If [NotProd, a, b]", "a", "parameter Stage has no default"},
    {"!If [Prod, a, !GetAtt Maybe.QueueName]", "Maybe", "parameter Stage has no default"},
};
/* clang-format on */

static bool is_warned(const char *wanted)
{
    for (size_t i = 0; i < warnings.count; i++) {
        if (strstr(warnings.messages[i], wanted) != NULL)
            return true;
        fprintf(stderr, "%s\n", warnings.messages[i]);
    }
    return false;
}

START_TEST(resolves_or_stands_in)
{
    char yaml[TEXT_MAX];

    snprintf(yaml, sizeof yaml, around, values[_i].value);
    struct config *config = load(yaml);

    if (values[_i].expected == NULL) {
        ck_assert_ptr_null(config);
        return;
    }
    ck_assert_ptr_nonnull(config);
    ck_assert_str_eq(variable(config_function(config, "F")->latest, "X_V"), values[_i].expected);
    config_release(config);
    if (values[_i].warning != NULL)
        ck_assert(is_warned(values[_i].warning));
    for (size_t i = values[_i].warning == NULL ? 0 : 1; i < warnings.count; i++)
        ck_assert_msg(strstr(warnings.messages[i], "Mappings.Stages") != NULL, "%s",
                      warnings.messages[i]);
}
END_TEST

/* ---- what a function is like ---- */

static struct config *load_function(const char *properties, const char *others)
{
    char yaml[TEXT_MAX];

    snprintf(yaml, sizeof yaml,
             "Parameters: {P: {Type: String}, N: {Type: Number}}\n"
             "Resources:\n"
             "  F: {Type: AWS::Serverless::Function, Metadata: {Invoked: {Command: [cat]}}, "
             "Properties: {%s}}\n%s",
             properties, others);
    struct config *config = load(yaml);

    ck_assert_ptr_nonnull(config);
    return config;
}

START_TEST(uses_the_default_where_a_name_is_no_value)
{
    struct config *config = load_function(
        "Timeout: !Ref N, MemorySize: !If [A, 256, !Ref N], ReservedConcurrentExecutions: !Ref P, "
        "LoggingConfig: {LogFormat: !Ref P}",
        "Conditions: {A: !Equals [a, b]}\n");
    const struct function *function = config_function(config, "F");

    ck_assert_uint_eq(function->latest->timeout_s, TIMEOUT_DEFAULT_S);
    ck_assert_uint_eq(function->latest->memory_mb, MEMORY_DEFAULT_MB);
    ck_assert_int_eq(function->reserved_concurrency, CONCURRENCY_UNRESERVED);
    ck_assert(is_warned("Properties.Timeout: is not known, so the default is used"));
    ck_assert(is_warned("Properties.MemorySize: is not known, so the default is used"));
    ck_assert(is_warned("LogFormat: is not known, so the default is used"));
    config_release(config);
}
END_TEST

START_TEST(makes_names_of_what_stands_in)
{
    struct config *config = load_function("FunctionName: !Sub 'shop-${Q.Some.Name}', "
                                          "AutoPublishAlias: !Ref P",
                                          "  Q: {Type: 'Custom::Q'}\n");
    struct function_target target;
    const struct function *function = config_function(config, "shop-Q-Some-Name");

    ck_assert_ptr_nonnull(function);
    ck_assert(function_resolve(function, "P", 0, &target));
    config_release(config);
}
END_TEST

START_TEST(makes_arns_of_what_stands_in)
{
    struct config *config = load_function(
        "DeadLetterQueue: {Type: SNS, TargetArn: !Ref P}, EventInvokeConfig: {DestinationConfig: "
        "{OnSuccess: {Type: SQS, Destination: !ImportValue 'a/b.c'}, OnFailure: {Type: SQS, "
        "Destination: !GetAtt C.TopicArn}}}",
        "  C: {Type: 'Custom::C'}\n");
    const struct function_version *latest = config_function(config, "F")->latest;

    ck_assert_str_eq(latest->dead_letter_arn, "arn:aws:sns:us-east-1:123456789012:P");
    ck_assert_str_eq(latest->event_invoke_config->on_success,
                     "arn:aws:sqs:us-east-1:123456789012:b-c");
    ck_assert_str_eq(latest->event_invoke_config->on_failure,
                     "arn:aws:sqs:us-east-1:123456789012:C");
    config_release(config);
}
END_TEST

START_TEST(shortens_a_logical_id_that_is_too_long_for_a_name)
{
    static const char id[] = "AveryLongLogicalIdThatTheCdkMakesOfNestedConstructsForAFunctionEAB1";
    char first[80];

    for (int i = 0; i < 2; i++) {
        char resource[400];

        snprintf(resource, sizeof resource,
                 "  %s: {Type: AWS::Serverless::Function, Metadata: {Invoked: {Command: [cat]}}}\n"
                 "  %s2: {Type: AWS::Serverless::Function, Metadata: {Invoked: {Command: "
                 "[cat]}}}\n",
                 id, id);
        struct config *config = load_function("", resource);
        const char *name = config->functions[0]->name;

        ck_assert_uint_eq(config->function_count, 3);
        ck_assert_uint_eq(strlen(name), 64);
        ck_assert_int_eq(strncmp(name, id, 51), 0);
        ck_assert_str_ne(name, config->functions[1]->name);
        if (i == 1)
            ck_assert_str_eq(name, first); /* the same from start to start */
        snprintf(first, sizeof first, "%s", name);
        config_release(config);
    }
}
END_TEST

START_TEST(gives_an_alias_the_newest_version_when_its_own_is_not_known)
{
    struct config *config = load_function(
        "FunctionName: f",
        "  One: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref F}}\n"
        "  Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref F, Name: live, "
        "FunctionVersion: !Ref P}}\n"
        "  Events: {Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: !Ref F, "
        "Qualifier: !Ref P}}\n");
    struct function_target target;

    ck_assert(function_resolve(config_function(config, "f"), "live", 0, &target));
    ck_assert_str_eq(target.version->version, "1");
    ck_assert(is_warned("Qualifier: is not known, so these settings count for no invocation"));
    config_release(config);
}
END_TEST

/* ---- keys that stand twice ---- */

START_TEST(takes_the_last_of_keys_outside_of_functions)
{
    struct config *config = load_function(
        "Description: !Sub '${Q.QueueName} ${W.QueueName}'",
        "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: a, QueueName: b, QueueName: c}}\n"
        "  W: {Type: AWS::SNS::Topic}\n"
        "  W: {Type: AWS::SQS::Queue}\n"
        "Outputs: {O: {Value: a}, O: {Value: b}}\n");

    ck_assert_str_eq(config_function(config, "F")->latest->description, "c W");
    ck_assert_uint_eq(warnings.count, 3);
    ck_assert(is_warned("4: Resources.Q.Properties.QueueName: duplicate key (first defined on "
                        "line 4): the last one counts"));
    ck_assert(is_warned("6: Resources.W: duplicate key (first defined on line 5)"));
    ck_assert(is_warned("7: Outputs.O: duplicate key (first defined on line 7)"));
    config_release(config);
}
END_TEST

static const char *const doubled[] = {
    "Resources:\n  F: {Type: AWS::Lambda::Function, Type: AWS::Lambda::Function}\n",
    "Resources:\n  F: {Type: AWS::Lambda::Function, Properties: {Timeout: 1, Timeout: 2}}\n",
    "Resources:\n  F: {Type: AWS::Lambda::Function}\n  F: {Type: AWS::SQS::Queue}\n",
    "Resources:\n  F: {Type: AWS::SQS::Queue}\n  F: {Type: AWS::Lambda::Function}\n",
};

START_TEST(refuses_keys_that_stand_twice_in_a_function)
{
    bool is_told = false;

    ck_assert_ptr_null(load(doubled[_i]));
    for (size_t i = 0; i < problems.count; i++)
        is_told |= strstr(problems.messages[i], "duplicate key (first defined on line 2)") != NULL;
    ck_assert(is_told);
}
END_TEST

/* ---- loops ---- */

static const char loops[] =
    "Transform: AWS::LanguageExtensions\n"
    "Parameters: {Names: {Type: CommaDelimitedList, Default: 'Ann,Ben'}}\n"
    "Mappings: {Sizes: {Ann: {MB: 256}, Ben: {MB: 512}}}\n"
    "Conditions:\n"
    "  Fn::ForEach::Conditions: [Who, [Ann, Ben], {'Is${Who}': !Equals [!Ref Who, Ann]}]\n"
    "Resources:\n"
    "  Fn::ForEach::Functions:\n"
    "    - Who\n"
    "    - !Ref Names\n"
    "    - Fn${Who}:\n"
    "        Type: AWS::Lambda::Function\n"
    "        Metadata: {Invoked: {Command: [cat]}}\n"
    "        Properties:\n"
    "          MemorySize: !FindInMap [Sizes, !Ref Who, MB]\n"
    "          Description: !If ['Is${Who}', first, other]\n"
    "          Environment:\n"
    "            Variables:\n"
    "              WHO: !Ref Who\n"
    "              QUEUE: !GetAtt 'Queue&{Who}.Arn'\n"
    "              OTHER: !Sub '${Who}-${AWS::Region}'\n"
    "              Fn::ForEach::Letters:\n"
    "                - L\n"
    "                - [A, B]\n"
    "                - 'KEY_${L}': !Sub '${Who}${L}'\n"
    "  Fn::ForEach::Queues:\n"
    "    - Who\n"
    "    - [Ann, Ben]\n"
    "    - Queue${Who}: {Type: AWS::SQS::Queue}\n";

START_TEST(writes_out_loops)
{
    struct config *config = load(loops);

    ck_assert_ptr_nonnull(config);
    ck_assert_uint_eq(config->function_count, 2);
    const struct function_version *ann = config_function(config, "FnAnn")->latest;
    const struct function_version *ben = config_function(config, "FnBen")->latest;

    ck_assert_str_eq(variable(ann, "WHO"), "Ann");
    ck_assert_str_eq(variable(ben, "QUEUE"), "arn:aws:sqs:us-east-1:123456789012:QueueBen");
    ck_assert_str_eq(variable(ben, "OTHER"), "Ben-us-east-1");
    ck_assert_str_eq(variable(ben, "KEY_A"), "BenA");
    ck_assert_str_eq(variable(ann, "KEY_B"), "AnnB");
    ck_assert_uint_eq(ann->memory_mb, 256);
    ck_assert_uint_eq(ben->memory_mb, 512);
    ck_assert_str_eq(ann->description, "first");
    ck_assert_str_eq(ben->description, "other");
    ck_assert_uint_eq(warnings.count, 0);
    config_release(config);
}
END_TEST

static const struct {
    const char *loop, *problem;
} wrong_loops[] = {
    {"[Who, [a]]", "Fn::ForEach::L: must be [identifier, collection, {key: value}]"},
    {"[Who, [a], text]", "Fn::ForEach::L: must be [identifier, collection, {key: value}]"},
    {"[[Who], [a], {}]", "Fn::ForEach::L: must be [identifier, collection, {key: value}]"},
    {"[Who, text, {}]", "Fn::ForEach::L: must be [identifier, collection, {key: value}]"},
    {"[Who, [[a]], {}]", "Fn::ForEach::L: the collection must be a list of strings"},
    {"[Who, !Ref Nobody, {}]", "no parameter or resource is named Nobody"},
    {"[Who, [!If [C, a, b]], {}]", "unknown condition C"},
    {"[Who, [a, b], {F: {Type: AWS::Lambda::Function, Metadata: {Invoked: {Command: [cat]}}}}]",
     "has the same function name (F)"},
};

START_TEST(says_what_is_wrong_with_a_loop)
{
    char yaml[TEXT_MAX];

    snprintf(yaml, sizeof yaml, "Resources:\n  Fn::ForEach::L: %s\n", wrong_loops[_i].loop);
    ck_assert_ptr_null(load(yaml));
    ck_assert_uint_ge(problems.count, 1);
    ck_assert_ptr_nonnull(strstr(problems.messages[0], wrong_loops[_i].problem));
}
END_TEST

START_TEST(bounds_loops_inside_each_other)
{
    char yaml[TEXT_MAX] = "{Resources: {";
    size_t used = strlen(yaml);

    for (int i = 0; i < 12; i++)
        used += (size_t)snprintf(yaml + used, sizeof yaml - used,
                                 "Fn::ForEach::L%d: [I%d, [a, b, c, d, e, f, g, h], {", i, i);
    used += (size_t)snprintf(yaml + used, sizeof yaml - used, "R: {Type: A}");
    for (int i = 0; i < 12; i++)
        used += (size_t)snprintf(yaml + used, sizeof yaml - used, "}]");
    snprintf(yaml + used, sizeof yaml - used, "}}");
    ck_assert_ptr_null(load(yaml));
    ck_assert(!problems.is_out_of_memory);
    ck_assert_uint_ge(problems.count, 1);
    ck_assert_ptr_nonnull(strstr(problems.messages[0], "takes too much work"));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("template_values");
    TCase *rules = tcase_create("rules");

    tcase_add_checked_fixture(rules, make_folder, remove_folder);
    tcase_add_loop_test(rules, resolves_or_stands_in, 0, ARRAY_LENGTH(values));
    tcase_add_test(rules, uses_the_default_where_a_name_is_no_value);
    tcase_add_test(rules, makes_names_of_what_stands_in);
    tcase_add_test(rules, makes_arns_of_what_stands_in);
    tcase_add_test(rules, shortens_a_logical_id_that_is_too_long_for_a_name);
    tcase_add_test(rules, gives_an_alias_the_newest_version_when_its_own_is_not_known);
    tcase_add_test(rules, takes_the_last_of_keys_outside_of_functions);
    tcase_add_loop_test(rules, refuses_keys_that_stand_twice_in_a_function, 0,
                        ARRAY_LENGTH(doubled));
    tcase_add_test(rules, writes_out_loops);
    tcase_add_loop_test(rules, says_what_is_wrong_with_a_loop, 0, ARRAY_LENGTH(wrong_loops));
    tcase_add_test(rules, bounds_loops_inside_each_other);
    suite_add_tcase(suite, rules);
    return suite;
}
