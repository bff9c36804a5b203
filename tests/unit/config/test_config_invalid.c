/*
 * Every rule has a file in fixtures/configs/invalid/ that breaks it, and a row here with all that is said about it.
 * '@' stands for the absolute name of fixtures/configs. Faults are separated by a line end and begin with their line.
 */
#include "config/config.h"
#include "tests/support/unit.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char folder[] = "fixtures/configs/invalid";

/* clang-format off */
static const struct {
    const char *rule;
    const char *problems;
} cases[] = {
    {"account-id-as-number",
     "2: AccountId: must be a string (is a number)"},
    {"account-id",
     "2: AccountId: must be 12 digits (is \"1234\")"},
    {"account-limit",
     "2: AccountLimit.ConcurrentExecutions: must be 1 to 1000000 (is 0)"},
    {"alias-names",
     "6: Functions.hello.Aliases.1: alias names must be 1 to 128 characters of a-z, A-Z, 0-9, - "
     "and _, and not a number\n"
     "7: Functions.hello.Aliases.$LATEST: alias names must be 1 to 128 characters of a-z, A-Z, "
     "0-9, - and _, and not a number\n"
     "8: Functions.hello.Aliases.a b: alias names must be 1 to 128 characters of a-z, A-Z, 0-9, "
     "- and _, and not a number"},
    {"alias-to-unknown-version",
     "7: Functions.hello.Aliases.live.FunctionVersion: no version 2 is defined under Versions"},
    {"alias-version-as-number",
     "7: Functions.hello.Aliases.live.FunctionVersion: must be a string (is a number)"},
    {"alias-without-version",
     "6: Functions.hello.Aliases.live: FunctionVersion is required: the version that the alias "
     "points to"},
    {"all-in-one-go",
     "2: Region: must be a string (is a number)\n"
     "5: Functions.hello.Timeout: must be 1 to 900 (is 0)\n"
     "7: Functions.hello.Handler: must not be empty\n"
     "8: Functions.hello.CodeUri: no such folder: @/invalid/nowhere\n"
     "9: Functions.hello.Versions.x: version numbers must be positive integers without leading "
     "zeros\n"
     "10: Functions.hello.MemorySize: must be a number (is a string)\n"
     "12: Functions.world.Local.Comand: unknown key; did you mean Command?\n"
     "12: Functions.world: doesn't say how it runs: set Runtime, Handler and CodeUri, or "
     "ImageConfig, Local.Command or Local.Mock\n"
     "14: Local.QueueCapacity: must be a number (is a list)"},
    {"allowed-access-key-ids",
     "6: Functions.hello.Local.AllowedAccessKeyIds[0]: must not be empty"},
    {"allowed-origins",
     "3: Local.AllowedOrigins[0]: must be http://HOST[:PORT] or https://HOST[:PORT] in "
     "lower case, without a path (is \"localhost:3000\")\n"
     "3: Local.AllowedOrigins[1]: must be http://HOST[:PORT] or https://HOST[:PORT] in "
     "lower case, without a path (is \"http://localhost/\")\n"
     "4: Local.AllowedOrigins[2]: must be http://HOST[:PORT] or https://HOST[:PORT] in "
     "lower case, without a path (is \"http://LOCALHOST\")\n"
     "4: Local.AllowedOrigins[3]: must be http://HOST[:PORT] or https://HOST[:PORT] in "
     "lower case, without a path (is \"http://a:0\")\n"
     "4: Local.AllowedOrigins[5]: must be http://HOST[:PORT] or https://HOST[:PORT] in "
     "lower case, without a path (is \"http://[::1\")"},
    {"attach-to-a-command",
     "6: Functions.hello.Local.Attach: requires Runtime or ImageConfig: other functions have no "
     "process to attach to"},
    {"attach-with-debug-command",
     "7: Functions.hello.Local.DebugCommand: can't be combined with Attach: either you start "
     "the handler or invoked does"},
    {"code-inline-native",
     "5: Functions.hello.Code.ZipFile: only Python and Node.js functions can have inline code: set "
     "CodeUri to a folder\n"
     "8: Functions.empty.Code: ZipFile is required: the source text"},
    {"code-twice",
     "6: Functions.hello.InlineCode: can't be combined with CodeUri: keep one of them\n"
     "7: Functions.hello.Code: can't be combined with CodeUri: keep one of them"},
    {"code-uri-a-device",
     "5: Functions.hello.CodeUri: must be a folder, an archive or a file (/dev/null is not): set "
     "CodeUri to a folder"},
    {"code-uri-an-object",
     "5: Functions.hello.CodeUri: must be a string (is an object)"},
    {"code-uri-missing",
     "4: Functions.hello.Runtime: requires CodeUri, the folder with the code"},
    {"code-uri-not-there",
     "5: Functions.hello.CodeUri: no such folder: @/code/helo"},
    {"code-uri-of-a-command-not-there",
     "4: Functions.hello.CodeUri: no such folder: @/code/helo"},
    {"command-as-string",
     "4: Functions.hello.Local.Command: must be a list of strings (is a string)"},
    {"command-empty",
     "4: Functions.hello.Local.Command: must not be empty"},
    {"command-of-numbers",
     "4: Functions.hello.Local.Command[1]: must be a string (is a number)"},
    {"command-without-program",
     "4: Functions.hello.Local.Command[0]: must name a program (is \"\")"},
    {"comment-never-ends",
     "2: unterminated comment: close it with */"},
    {"dead-letter-fifo",
     "5: Functions.hello.DeadLetterConfig.TargetArn: must be a standard queue or topic: AWS "
     "doesn't deliver to FIFO ones (is \"arn:aws:sqs:us-east-1:123456789012:hello.fifo\")"},
    {"dead-letter-not-an-arn",
     "5: Functions.hello.DeadLetterConfig.TargetArn: must be the ARN of an SQS queue or "
     "SNS topic, such as arn:aws:sqs:us-east-1:123456789012:my-queue (is \"hello-dlq\")"},
    {"dead-letter-to-a-function",
     "5: Functions.hello.DeadLetterConfig.TargetArn: must be the ARN of an SQS queue or "
     "SNS topic, such as arn:aws:sqs:us-east-1:123456789012:my-queue (is "
     "\"arn:aws:lambda:us-east-1:123456789012:function:x\")"},
    {"debug-command-of-a-mock",
     "6: Functions.hello.Local.DebugCommand: requires a process, which canned responses don't "
     "have: remove it"},
    {"description-too-long",
     "5: Functions.hello.Description: must be 0 to 256 characters long (is 257 long)"},
    {"destination-bucket-on-success",
     "6: Functions.hello.EventInvokeConfig.DestinationConfig.OnSuccess.Destination: must "
     "be the ARN of an SQS queue, SNS topic, Lambda function or event bus, such as "
     "arn:aws:sqs:us-east-1:123456789012:my-queue (is \"arn:aws:s3:::bucket\")"},
    {"destination-itself",
     "6: Functions.hello.EventInvokeConfig.DestinationConfig.OnSuccess.Destination: You "
     "can't specify the function as a destination for itself."},
    {"destination-path-in-name",
     "6: Functions.hello.EventInvokeConfig.DestinationConfig.OnFailure.Destination: must "
     "be the ARN of an SQS queue, SNS topic, Lambda function, event bus or S3 bucket, "
     "such as arn:aws:sqs:us-east-1:123456789012:my-queue (is "
     "\"arn:aws:events:us-east-1:123456789012:event-bus/..\")"},
    {"destination-unknown-service",
     "6: Functions.hello.EventInvokeConfig.DestinationConfig.OnFailure.Destination: must "
     "be the ARN of an SQS queue, SNS topic, Lambda function, event bus or S3 bucket, "
     "such as arn:aws:sqs:us-east-1:123456789012:my-queue (is "
     "\"arn:aws:kinesis:us-east-1:123456789012:stream/s\")"},
    {"durability",
     "2: Local.Durability: must be process, power or memory (is \"disk\")"},
    {"empty",
     "1: is empty; the minimum is {\"Functions\": {}}"},
    {"ends-too-early",
     "3: the file ends before the { of line 2 is closed (column 1)"},
    {"enforce-memory",
     "6: Functions.hello.Local.EnforceMemory: must be true or false (is a string)"},
    {"environment-without-variables",
     "5: Functions.hello.Environment.TABLE: unknown key; known here: Variables"},
    {"local-of-the-whole",
     "6: Functions.hello.Local.RetryDelaysSeconds: applies to all functions: move it to Local of "
     "the whole file"},
    {"event-age",
     "6: Functions.hello.EventInvokeConfig.MaximumEventAgeInSeconds: must be 60 to 21600 "
     "(is 59)"},
    {"faults-ranges",
     "6: Functions.hello.Local.Faults[0].Probability: must be 0 to 1 (is 1.1)\n"
     "7: Functions.hello.Local.Faults[1].Times: must be 1 to 2147483647 (is 0)\n"
     "8: Functions.hello.Local.Faults[2].When: must be Before or After (is \"after\")\n"
     "9: Functions.hello.Local.Faults[3].Seed: must be 0 to 2147483647 (is -1)\n"
     "10: Functions.hello.Local.Faults[4].Chance: unknown key; known here: Error, "
     "Message, Times, Probability, Seed, DelayMs, When, Reason, RetryAfterSeconds, EC2ErrorCode"},
    {"faults-unknown-exception",
     "6: Functions.hello.Local.Faults[0].Error: unknown exception \"Duplicated\"; did you mean "
     "Duplicate?\n"
     "7: Functions.hello.Local.Faults[1].Error: unknown exception \"drop\"; did you mean Drop?\n"
     "8: Functions.hello.Local.Faults[2].Error: unknown exception \"TooManyRequestException\"; "
     "did you mean TooManyRequestsException?"},
    {"faults-without-error",
     "6: Functions.hello.Local.Faults[0]: Error is required: an exception of the Invoke API, "
     "Duplicate, Drop or Cut"},
    {"function-name-too-long",
     "3: Functions.hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh: function "
     "names must be 1 to 64 characters of a-z, A-Z, 0-9, - and _"},
    {"function-name",
     "3: Functions.he.llo: function names must be 1 to 64 characters of a-z, A-Z, 0-9, - and _"},
    {"function-not-an-object",
     "3: Functions.hello: must be an object (is a string)"},
    {"apis",
     "6: Apis.one.Type: must be HttpApi or Api (is \"Web\")\n"
     "8: Apis.one.Routes[0].Method: must be a method in capitals, or ANY (is \"get\")\n"
     "8: Apis.one.Routes[0].Path: must be a path such as /pets/{id} or /{proxy+} (is \"pets\")\n"
     "9: Apis.one.Routes[1].Path: must be a path such as /pets/{id} or /{proxy+} (is \"/{a+}/b\")\n"
     "10: Apis.one.Routes[2]: Function is required\n"
     "13: Apis.two: Type is required: HttpApi or Api\n"
     "15: Apis.two.Routes[0].Function: no function nobody is configured\n"
     "16: Apis.two.Routes[1].Qualifier: the function has no version or alias 7"},
    {"function-url",
     "6: Functions.hello.FunctionUrlConfig.AuthType: must be NONE or AWS_IAM (is \"SOME\")\n"
     "7: Functions.hello.FunctionUrlConfig.InvokeMode: must be BUFFERED or RESPONSE_STREAM (is \"STREAM\")\n"
     "9: Functions.hello.FunctionUrlConfig.Cors.AllowMethods[0]: must be GET, PUT, HEAD, POST, PATCH, DELETE or * (is \"get\")\n"
     "10: Functions.hello.FunctionUrlConfig.Cors.AllowOrigins[0]: must be 1 to 1024 visible ASCII characters without commas (is \"a b\")\n"
     "11: Functions.hello.FunctionUrlConfig.Cors.MaxAge: must be 0 to 86400 (is 100000)\n"
     "15: Functions.hello.Versions.1.FunctionUrlConfig: applies to the whole function: move it there\n"
     "18: Functions.hello.Aliases.live.FunctionUrlConfig: AuthType is required: NONE or AWS_IAM\n"
     "23: Functions.hello.Aliases.test.FunctionUrlConfig.Cors.AllowCredentials: can't be true when AllowOrigins has *: list the origins"},
    {"function-twice",
     "4: Functions.hello: duplicate key (first defined on line 3)"},
    {"functions-not-an-object",
     "2: Functions: must be an object (is a list)"},
    {"half-a-surrogate-pair",
     "5: strings must not contain \\u0000 or an unpaired surrogate"},
    {"handler-missing",
     "4: Functions.hello.Runtime: requires Handler, such as \"index.handler\""},
    {"handler-with-blanks",
     "5: Functions.hello.Handler: must not contain whitespace (is \"app handler\")"},
    {"history-size",
     "2: Local.HistorySize: must be 0 to 1000000 (is -1)"},
    {"idle-timeout",
     "6: Functions.hello.Local.IdleTimeoutSeconds: must be 1 to 86400 (is 0)"},
    {"image-without-command",
     "4: Functions.hello.ImageConfig: EntryPoint or Command is required: the command that "
     "starts the runtime"},
    {"image-working-directory",
     "6: Functions.hello.ImageConfig.WorkingDirectory: no such folder: /no/such/folder"},
    {"inherit-environment",
     "6: Functions.hello.Local.InheritEnvironment[0]: must be the name of a variable (is "
     "\"A=B\")\n"
     "7: Functions.hello.Local.InheritEnvironment[1]: must be the name of a variable (is "
     "\"\")"},
    {"key-of-aws-without-meaning",
     "5: Functions.hello.Role: has no effect on a local server: remove it"},
    {"key-twice",
     "6: Functions.hello.Timeout: duplicate key (first defined on line 5)"},
    {"logging-level-of-text",
     "4: Functions.hello.LoggingConfig.ApplicationLogLevel: needs LogFormat JSON"},
    {"memory-size-too-large",
     "5: Functions.hello.MemorySize: must be 128 to 10240 (is 10241)"},
    {"memory-size",
     "5: Functions.hello.MemorySize: must be 128 to 10240 (is 127)"},
    {"misspelt-key",
     "5: Functions.hello.Timout: unknown key; did you mean Timeout?"},
    {"misspelt-local-key",
     "6: Functions.hello.Local.IdleTimeout: unknown key; did you mean IdleTimeoutSeconds?"},
    {"mock-empty",
     "4: Functions.hello.Local.Mock: must not be empty"},
    {"mock-function-error",
     "5: Functions.hello.Local.Mock[0].FunctionError: must be Unhandled or Handled (is "
     "\"unhandled\")\n"
     "6: Functions.hello.Local.Mock[1].FunctionError: can't be combined with Exit: it requires "
     "Payload"},
    {"mock-message-alone",
     "5: Functions.hello.Local.Mock[0].Message: requires Error, which is missing"},
    {"mock-not-a-list",
     "4: Functions.hello.Local.Mock: must be a list of objects (is an object)"},
    {"mock-of-strings",
     "5: Functions.hello.Local.Mock[0]: must be an object (is a string)"},
    {"mock-ranges",
     "5: Functions.hello.Local.Mock[0].Attempt: must be 1 to 3 (is 4)\n"
     "6: Functions.hello.Local.Mock[1].Attempt: must be 1 to 3 (is 0)\n"
     "7: Functions.hello.Local.Mock[2].Times: must be 1 to 2147483647 (is 0)\n"
     "8: Functions.hello.Local.Mock[3].Exit: must be 0 to 255 (is 256)\n"
     "9: Functions.hello.Local.Mock[4].DelayMs: must be 0 to 900000 (is -1)\n"
     "10: Functions.hello.Local.Mock[5].Payload[0]: must be within the range of a double (is "
     "1e400)"},
    {"mock-two-ends",
     "5: Functions.hello.Local.Mock[0].Exit: can't be combined with Payload: an answer has one "
     "outcome; keep one of them\n"
     "6: Functions.hello.Local.Mock[1].Timeout: can't be combined with Error: an answer has one "
     "outcome; keep one of them"},
    {"mock-unknown-exception",
     "5: Functions.hello.Local.Mock[0].Error: unknown exception \"KMSDisabled\"; did you mean "
     "KMSDisabledException?\n"
     "6: Functions.hello.Local.Mock[1].Error: unknown exception \"TooManyRequests\"; did you "
     "mean TooManyRequestsException?\n"
     "7: Functions.hello.Local.Mock[2].Error: unknown exception \"Oops\"; an example is "
     "TooManyRequestsException\n"
     "8: Functions.hello.Local.Mock[3].Error: unknown exception \"Drop\"; an example is "
     "TooManyRequestsException"},
    {"mock-unknown-key",
     "6: Functions.hello.Local.Mock[1].Delay: unknown key; did you mean DelayMs?"},
    {"nested-too-deep",
     "3: is nested more than 100 levels deep"},
    {"no-way-to-run",
     "3: Functions.hello: doesn't say how it runs: set Runtime, Handler and CodeUri, or "
     "ImageConfig, Local.Command or Local.Mock"},
    {"not-an-object",
     "1: must be an object such as {\"Functions\": {}} (is a list)"},
    {"nul-in-string",
     "5: strings must not contain \\u0000 or an unpaired surrogate"},
    {"number-with-leading-zero",
     "5: a number must not begin with 0 (column 19)"},
    {"only-comments",
     "1: is empty; the minimum is {\"Functions\": {}}"},
    {"queue-capacity",
     "2: Local.QueueCapacity: must be 1 to 100000000 (is 0)"},
    {"region",
     "2: Region: must be a region such as us-east-1 (is \"Frankfurt\")"},
    {"reserved-above-account-limit",
     "3: Functions: the sum of ReservedConcurrentExecutions (11) exceeds "
     "AccountLimit.ConcurrentExecutions (10): lower the values or raise the limit"},
    {"reserved-negative",
     "5: Functions.hello.ReservedConcurrentExecutions: must be 0 to 1000000 (is -1)"},
    {"retry-attempts",
     "5: Functions.hello.EventInvokeConfig.MaximumRetryAttempts: must be 0 to 2 (is 3)"},
    {"retry-delays-empty",
     "2: Local.RetryDelaysSeconds: must not be empty"},
    {"retry-delays",
     "3: Local.RetryDelaysSeconds[1]: must be 0 to 21600 (is -1)\n"
     "3: Local.RetryDelaysSeconds[2]: must be a whole number, 0 to 21600 (is 1.5)\n"
     "3: Local.RetryDelaysSeconds[3]: must be a number (is a string)"},
    {"runtime-not-bundled",
     "4: Functions.hello.Runtime: \"java21\" is not bundled: use ImageConfig with the "
     "command that starts its runtime interface client, or provided.al2023 with a "
     "bootstrap; a build for Java, .NET or Go in CodeUri runs by AWS's own client"},
    {"runtime-unknown",
     "4: Functions.hello.Runtime: must be python3.N, nodejsN.x, rubyN.N, provided, provided.al2 or "
     "provided.al2023 (is \"pyton3.12\"); did you mean python3.12?"},
    {"runtime-unlike-any",
     "4: Functions.hello.Runtime: must be python3.N, nodejsN.x, rubyN.N, provided, provided.al2 or "
     "provided.al2023 (is \"cobol\")"},
    {"single-quotes",
     "2: a key in double quotes must be here (is ') (column 3)"},
    {"spare-runtimes",
     "2: Local.SpareRuntimes: must be 0 to 64 (is 65)"},
    {"tenancy",
     "4: Functions.hello.TenancyConfig: requires TenantIsolationMode: PER_TENANT\n"
     "5: Functions.hello.RecursiveLoop: must be Terminate or Allow (is \"Stop\")\n"
     "10: Functions.open.FunctionUrlConfig: Function URL is not supported for functions enabled "
     "with tenancy configuration: remove it or TenancyConfig"},
    {"timeout-as-string",
     "5: Functions.hello.Timeout: must be a number (is a string)"},
    {"timeout-minus-zero",
     "5: Functions.hello.Timeout: must be 1 to 900 (is -0)"},
    {"timeout-not-whole",
     "5: Functions.hello.Timeout: must be a whole number, 1 to 900 (is 3.5)"},
    {"timeout-null",
     "5: Functions.hello.Timeout: must be a number (is null)"},
    {"timeout-out-of-range-of-numbers",
     "5: Functions.hello.Timeout: must be 1 to 900 (is 1e999)"},
    {"timeout",
     "5: Functions.hello.Timeout: must be 1 to 900 (is 0)"},
    {"trailing-comma",
     "4: a key in double quotes must be here (is }) (column 3); remove the comma before it"},
    {"two-ways-to-run",
     "5: Functions.hello.ImageConfig: can't be combined with Runtime: a function runs in one "
     "way; keep one of them\n"
     "6: Functions.hello.Local.Command: can't be combined with Runtime: a function runs in one "
     "way; keep one of them"},
    {"unknown-top-level-key",
     "2: Function: unknown key; did you mean Functions?\n"
     "3: Colour: unknown key; known here: Region, AccountId, AccountLimit, Functions, "
     "Apis, Local"},
    {"variables-named-badly",
     "6: Functions.hello.Environment.Variables.A-B: variable names must start with a letter, "
     "contain only letters, digits and _, and have at least two characters\n"
     "7: Functions.hello.Environment.Variables.1A: variable names must start with a letter, "
     "contain only letters, digits and _, and have at least two characters\n"
     "8: Functions.hello.Environment.Variables.A: variable names must start with a letter, "
     "contain only letters, digits and _, and have at least two characters"},
    {"variables-not-strings",
     "6: Functions.hello.Environment.Variables.COUNT: must be a string (is a number): put "
     "it in quotes\n"
     "7: Functions.hello.Environment.Variables.FLAG: must be a string (is a boolean): put "
     "it in quotes"},
    {"variables-reserved",
     "6: Functions.hello.Environment.Variables.AWS_REGION: is reserved by AWS Lambda: choose "
     "another name\n"
     "7: Functions.hello.Environment.Variables._HANDLER: is reserved by AWS Lambda: choose "
     "another name"},
    {"variables-too-large",
     "5: Functions.hello.Environment.Variables: must be at most 4096 bytes as JSON, AWS's "
     "limit (is 4097)"},
    {"version-inherits-a-fault",
     "4: Functions.hello.Runtime: requires Handler, such as \"app.handler\"\n"
     "5: Functions.hello.CodeUri: no such folder: @/code/none"},
    {"version-names",
     "6: Functions.hello.Versions.0: version numbers must be positive integers without leading "
     "zeros\n"
     "7: Functions.hello.Versions.01: version numbers must be positive integers without leading "
     "zeros\n"
     "8: Functions.hello.Versions.1.0: version numbers must be positive integers without "
     "leading zeros\n"
     "9: Functions.hello.Versions.$LATEST: version numbers must be positive integers without "
     "leading zeros"},
    {"version-runs-in-two-ways",
     "7: Functions.hello.Versions.1.Local.Command: can't be combined with ImageConfig: a "
     "function runs in one way; keep one of them"},
    {"version-setting",
     "6: Functions.hello.Versions.1.Timeout: must be 1 to 900 (is 901)\n"
     "7: Functions.hello.Versions.2: must be an object (is a list)"},
    {"version-with-versions",
     "6: Functions.hello.Versions.1.Aliases: applies to the whole function: move it there\n"
     "7: Functions.hello.Versions.1.ReservedConcurrentExecutions: applies to the whole "
     "function: move it there"},
    {"weights-not-a-number",
     "9: Functions.hello.Aliases.live.RoutingConfig.AdditionalVersionWeights.2: must be a "
     "number (is a string)"},
    {"weights-of-latest",
     "9: Functions.hello.Aliases.live.RoutingConfig.AdditionalVersionWeights.$LATEST: "
     "$LATEST is not supported for an alias pointing to more than 1 version"},
    {"weights-out-of-range",
     "9: Functions.hello.Aliases.live.RoutingConfig.AdditionalVersionWeights.2: must be "
     "0.0 to 1.0 (is 1.5)"},
    {"weights-own-version",
     "9: Functions.hello.Aliases.live.RoutingConfig.AdditionalVersionWeights.1: Invalid "
     "function version 1. Function version 1 is already included in routing configuration."},
    {"weights-two",
     "8: Functions.hello.Aliases.live.RoutingConfig.AdditionalVersionWeights: Number of "
     "items in AdditionalVersionWeights cannot be greater than 1"},
    {"weights-unknown-version",
     "9: Functions.hello.Aliases.live.RoutingConfig.AdditionalVersionWeights.4: no such version "
     "is defined under Versions"},
    {"weights-with-latest",
     "7: Functions.hello.Aliases.live.FunctionVersion: $LATEST is not supported for an "
     "alias pointing to more than 1 version"},
};
/* clang-format on */

enum { TEXT_MAX = 8192 };

/* Appends `addition`, with '@' as the absolute folder. */
static void append(char *text, const char *addition)
{
    char base[PATH_MAX];
    size_t used = strlen(text);

    ck_assert_ptr_nonnull(realpath("fixtures/configs", base));
    for (; *addition != '\0'; addition++) {
        if (*addition == '@')
            used += (size_t)snprintf(text + used, TEXT_MAX - used, "%s", base);
        else
            used += (size_t)snprintf(text + used, TEXT_MAX - used, "%c", *addition);
        ck_assert_uint_lt(used, TEXT_MAX);
    }
}

/* The row's problems, each with the file in front. */
static void expect(const char *file, const char *problems, char *expected)
{
    expected[0] = '\0';
    while (*problems != '\0') {
        char line[TEXT_MAX];
        const size_t length = strcspn(problems, "\n");

        snprintf(line, sizeof line, "%s:%.*s\n", file, (int)length, problems);
        append(expected, line);
        problems += length + (problems[length] == '\n');
    }
}

START_TEST(says_all_that_is_wrong_with_its_place)
{
    struct config_problems problems = {.count = 0};
    char file[PATH_MAX], expected[TEXT_MAX], found[TEXT_MAX] = "";

    snprintf(file, sizeof file, "%s/%s.json", folder, cases[_i].rule);
    expect(file, cases[_i].problems, expected);
    ck_assert_ptr_null(config_load(file, NULL, &problems));
    for (size_t i = 0; i < problems.count; i++) {
        append(found, problems.messages[i]);
        append(found, "\n");
    }
    ck_assert_str_eq(found, expected);
    ck_assert(!problems.is_out_of_memory);
    config_problems_clear(&problems);
}
END_TEST

static bool has_row(const char *file)
{
    for (int i = 0; i < ARRAY_LENGTH(cases); i++) {
        const size_t length = strlen(cases[i].rule);

        if (strncmp(file, cases[i].rule, length) == 0 && strcmp(file + length, ".json") == 0)
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
        if (file->d_name[0] == '.')
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
    Suite *suite = suite_create("config_invalid");
    TCase *invalid = tcase_create("invalid");

    tcase_add_loop_test(invalid, says_all_that_is_wrong_with_its_place, 0, ARRAY_LENGTH(cases));
    tcase_add_test(invalid, every_file_has_a_row);
    suite_add_tcase(suite, invalid);
    return suite;
}
