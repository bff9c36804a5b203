/*
 * Every rule of templates has a file in fixtures/templates/invalid that breaks it, and a row here with all that is said
 * about it. '@' stands for the absolute name of that folder. Faults are separated by a line end and begin with their
 * line.
 */
#include "config/config.h"
#include "tests/support/unit.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 16384, PARAMETERS_MAX = 4 };

static const char folder[] = "fixtures/templates/invalid";

/* clang-format off */
static const struct {
    const char *file;
    const char *problems;
    const char *parameters[PARAMETERS_MAX];
} cases[] = {
    {"a-list.yaml",
     "1: must be an AWS SAM or CloudFormation template with Resources",
     {NULL}},
    {"anchor-in-itself.yaml",
     "2: no anchor &all is defined above",
     {NULL}},
    {"bad-bytes.yaml",
     "2: is not YAML: invalid leading UTF-8 octet",
     {NULL}},
    {"billion-laughs.yaml",
     "6: aliases expand to more than 50000 values",
     {NULL}},
    {"circle.yaml",
     "5: Resources.F.Properties.FunctionName: refers to itself, or its references are nested "
     "too deeply",
     {NULL}},
    {"code-missing.yaml",
     "2: Resources.F: Code is required: the folder with the code",
     {NULL}},
    {"conditions.yaml",
     "3: Conditions.Right.Fn::Not[0].Condition: the condition refers to itself\n"
     "4: Conditions.Odd.Fn::Equals: must be [value, value]\n"
     "5: Conditions.Text: must be a condition: Fn::Equals, Fn::And, Fn::Or, Fn::Not or "
     "Condition\n"
     "6: Conditions.Few.Fn::And: must be a list of 2 to 10 conditions\n"
     "9: Resources.B.Condition: unknown condition Lefd; did you mean Left?\n"
     "13: Resources.F.Condition: must be the name of a condition (is a list)",
     {NULL}},
    {"destinations.yaml",
     "11: Resources.A.Properties.EventInvokeConfig.DestinationConfig.OnSuccess: Destination (an "
     "ARN) is required; SAM creates one only for Type SQS and SNS\n"
     "12: Resources.A.Properties.EventInvokeConfig.DestinationConfig.OnFailure.Type: must be "
     "SQS, SNS, Lambda, EventBridge or S3Bucket\n"
     "16: Resources.B.Properties.DeadLetterQueue.TargetArn: must be the ARN of an SQS queue or "
     "SNS topic, such as arn:aws:sqs:us-east-1:123456789012:my-queue (is "
     "\"https://sqs.us-east-1.amazonaws.com/123456789012/Queue\")\n"
     "18: Resources.B.Properties.EventInvokeConfig.MaximumRetryAttempts: must be 0 to 2 (is 3)\n"
     "21: Resources.B.Properties.EventInvokeConfig.DestinationConfig.OnSuccess.Destination: You "
     "can't specify the function as a destination for itself.",
     {NULL}},
    {"empty.yaml",
     "1: is empty; the minimum is Resources: {}",
     {NULL}},
    {"globals-list.yaml",
     "1: Globals: must be an object (is a list)",
     {NULL}},
    {"json.template.json",
     "5: Resources.F.Properties.Timeout.Ref: no parameter or resource is named Time",
     {NULL}},
    {"key-not-text.yaml",
     "2: keys must be plain scalars",
     {NULL}},
    {"key-twice.yaml",
     "5: Resources.F.Type: duplicate key (first defined on line 3)",
     {NULL}},
    {"merge-text.yaml",
     "2: << must name an object or a list of objects (is a string)",
     {NULL}},
    {"metadata.yaml",
     "2: Metadata.Invoked.AccountId: must be 12 digits (is \"12\")\n"
     "2: Metadata.Invoked.HistorySize: must be 0 to 1000000 (is -1)\n"
     "2: Metadata.Invoked.Regions: unknown key; known here: RetryDelaysSeconds, QueueCapacity, "
     "HistorySize, AllowedOrigins, Durability, SpareRuntimes, InheritEnvironment, LayersFolder, "
     "RuntimeClients, CreateDelayMs, S3Folder, ApiOverridesFiles, IdleTimeoutSeconds, "
     "EnvFile\n"
     "8: Resources.F.Metadata.Invoked.Comand: unknown key; did you mean Command?\n"
     "10: Resources.F.Metadata.Invoked.Timeout: must be 1 to 900 (is 0)\n"
     "14: Resources.G.Metadata.Invoked: must be an object (is a string)",
     {NULL}},
    {"misspelt-function.yaml",
     "8: Resources.F.Properties.Description.Fn::Jion: unknown function; did you mean Fn::Join?",
     {NULL}},
    {"misspelt-property.yaml",
     "3: Globals.Function.Runtimes: unknown property; did you mean Runtime?\n"
     "11: Resources.F.Properties.Timout: unknown property; did you mean Timeout?",
     {NULL}},
    {"nested-too-deep.yaml",
     "1: is nested more than 100 levels deep",
     {NULL}},
    {"no-resources.yaml",
     "1: must be an AWS SAM or CloudFormation template with Resources",
     {NULL}},
    {"nul.yaml",
     "1: strings must not contain \\0",
     {NULL}},
    {"parameter-given.yaml",
     "2: --parameter Stgae: the template has no such parameter; did you mean Stage?\n"
     "3: Parameters.Stage: --parameter value \"test\" must be one of dev, prod\n"
     "7: Parameters.Memory: --parameter value \"64\" must be at least 128",
     {"Stage=test", "Memory=64", "Stgae=x"}},
    {"parameter-missing.yaml",
     "19: Resources.F.Properties.Environment.Variables.OTHER.Ref: no parameter or resource is "
     "named Stages; did you mean Stage?",
     {NULL}},
    {"parameter-wrong.yaml",
     "2: Parameters.Stage: default \"test\" must be one of dev, prod\n"
     "6: Parameters.Memory: default \"much\" must be a number\n"
     "9: Parameters.Retries: default \"3\" must be at most 2\n"
     "13: Parameters.Name: default \"ab\" must be at least 3 characters long\n"
     "17: Parameters.Odd: must be an object (is a number)",
     {NULL}},
    {"ranges.yaml",
     "6: Globals.Function.MemorySize: must be 128 to 10240 (is 64)\n"
     "11: Resources.F.Properties.Timeout: must be 1 to 900 (is 1000)\n"
     "14: Resources.F.Properties.Environment.Variables.AWS_REGION: is reserved by AWS Lambda: "
     "choose another name\n"
     "15: Resources.F.Properties.Environment.Variables.LIST: must be a string (is a list): put "
     "it in quotes\n"
     "19: Resources.G.Properties.Timeout: must be a number (is a string)",
     {NULL}},
    {"resource-without-type.yaml",
     "2: Resources.F: Type is required, such as AWS::Serverless::Function\n"
     "3: Resources.G: must be an object (is a string)",
     {NULL}},
    {"same-name.yaml",
     "9: Resources.Second: has the same function name (hello) as the resource on line 2: set "
     "another FunctionName",
     {NULL}},
    {"sections.yaml",
     "1: Parameters: must be an object (is a list)\n"
     "2: Globals.Function: must be an object (is a string)\n"
     "3: Resources: must be an object (is a list)",
     {NULL}},
    {"syntax.yaml",
     "4: is not YAML: while parsing a block mapping, did not find expected key (column 4)",
     {NULL}},
    {"tab.yaml",
     "2: is not YAML: while scanning for the next token, found character that cannot start any token "
     "(column 1)",
     {NULL}},
    {"too-much-work.yaml",
     "10: Resources.B.Properties.QueueName.Fn::Sub: resolving this template takes too much work; gave "
     "up here",
     {NULL}},
    {"two-documents.yaml",
     "2: a second YAML document starts here: only one is allowed",
     {NULL}},
    {"unclosed.yaml",
     "2: is not YAML: while parsing a flow sequence, did not find expected ',' or ']' (column 1)",
     {NULL}},
    {"unknown-anchor.yaml",
     "1: no anchor &nothing is defined above",
     {NULL}},
    {"unknown-section.yaml",
     "1: Resource: unknown section of a template; did you mean Resources?",
     {NULL}},
    {"unknown-tag.yaml",
     "2: unknown tag !Reff; did you mean !Ref?",
     {NULL}},
    {"unresolvable.yaml",
     "10: Resources.F.Properties.Environment.Variables.PSEUDO.Ref: unknown pseudo parameter "
     "AWS::Regin; did you mean AWS::Region?\n"
     "11: Resources.F.Properties.Environment.Variables.HALF.Fn::GetAtt: must be "
     "Resource.Attribute (is Table)\n"
     "12: Resources.F.Properties.Environment.Variables.NOBODY.Fn::GetAtt: no parameter or "
     "resource is named Tabel; did you mean Table?\n"
     "13: Resources.F.Properties.Environment.Variables.OPEN.Fn::Sub: ${ without }\n"
     "14: Resources.F.Properties.Environment.Variables.MISSING.Fn::FindInMap[0]: Mappings has "
     "no Stages\n"
     "15: Resources.F.Properties.Environment.Variables.NINTH.Fn::Select: index 9 is out of "
     "range: the list has 2 elements\n"
     "16: Resources.F.Properties.Environment.Variables.JOINED.Fn::Join: must be [delimiter, "
     "list]\n"
     "17: Resources.F.Properties.Environment.Variables.HIDDEN.Ref: Hidden is excluded by its "
     "Condition",
     {NULL}},
    {"versions.yaml",
     "6: Resources.F.Properties.AutoPublishAlias: alias names must be 1 to 128 characters of "
     "a-z, A-Z, 0-9, - and _, and not a number\n"
     "9: Resources.Live.Properties.FunctionVersion: no version 2 is defined under Versions\n"
     "10: Resources.Again: the function already has an alias live\n"
     "13: Resources.Nameless: Name is required\n"
     "18: Resources.Events.Properties.Qualifier: the function has no version or alias nobody\n"
     "22: Resources.Most: duplicate EventInvokeConfig for this function and qualifier\n"
     "25: Resources.Orphan: FunctionName is required",
     {NULL}},
};
/* clang-format on */

/* The row's problems, each with the file in front. */
static void expect(const char *file, const char *problems, char *expected)
{
    char absolute[PATH_MAX];
    size_t used = 0;

    ck_assert_ptr_nonnull(realpath(folder, absolute));
    expected[0] = '\0';
    for (bool is_line_begin = true; *problems != '\0'; problems++) {
        if (is_line_begin)
            used += (size_t)snprintf(expected + used, TEXT_MAX - used, "%s:", file);
        used += (size_t)(*problems == '@'
                             ? snprintf(expected + used, TEXT_MAX - used, "%s", absolute)
                             : snprintf(expected + used, TEXT_MAX - used, "%c", *problems));
        is_line_begin = *problems == '\n';
    }
    snprintf(expected + used, TEXT_MAX - used, "\n");
}

START_TEST(says_all_that_is_wrong_with_its_place)
{
    struct config_problems problems = {.count = 0};
    char *items[PARAMETERS_MAX + 1] = {NULL};
    struct config_options options = {.parameters = {.items = items}};
    char file[PATH_MAX], expected[TEXT_MAX], found[TEXT_MAX] = "";

    for (; cases[_i].parameters[options.parameters.count] != NULL; options.parameters.count++)
        items[options.parameters.count] = (char *)cases[_i].parameters[options.parameters.count];
    snprintf(file, sizeof file, "%s/%s", folder, cases[_i].file);
    expect(file, cases[_i].problems, expected);
    ck_assert_ptr_null(config_load(file, &options, &problems));
    for (size_t i = 0; i < problems.count; i++) {
        const size_t used = strlen(found);

        snprintf(found + used, sizeof found - used, "%s\n", problems.messages[i]);
    }
    ck_assert_str_eq(found, expected);
    ck_assert(!problems.is_out_of_memory);
    config_problems_clear(&problems);
}
END_TEST

static bool has_row(const char *file)
{
    for (int i = 0; i < ARRAY_LENGTH(cases); i++) {
        if (strcmp(cases[i].file, file) == 0)
            return true;
    }
    return false;
}

START_TEST(every_file_has_a_row)
{
    DIR *files = opendir(folder);
    const struct dirent *file;
    int count = 0;

    ck_assert_ptr_nonnull(files);
    while ((file = readdir(files)) != NULL) {
        if (file->d_name[0] == '.' || strcmp(file->d_name, "code") == 0)
            continue;
        ck_assert_msg(has_row(file->d_name), "%s has no row", file->d_name);
        count++;
    }
    closedir(files);
    ck_assert_int_eq(count, ARRAY_LENGTH(cases));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("template_invalid");
    TCase *rules = tcase_create("rules");

    tcase_add_loop_test(rules, says_all_that_is_wrong_with_its_place, 0, ARRAY_LENGTH(cases));
    tcase_add_test(rules, every_file_has_a_row);
    suite_add_tcase(suite, rules);
    return suite;
}
