/*
 * Templates in the shapes that `sam init` and the CDK produce, in fixtures/templates, and a row for each with all that
 * comes out. '@' stands for the absolute folder of the template.
 */
#include "config/config.h"
#include "tests/support/unit.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TEXT_MAX = 16384, PARAMETERS_MAX = 4 };

static char text[TEXT_MAX];
static char base[PATH_MAX];

/* clang-format off */
static const struct {
    const char *file;
    const char *parameters[PARAMETERS_MAX];
    const char *described; /* as describe() does */
} cases[] = {
    {"hello-python/template.yaml",
     {NULL},
     "us-east-1 123456789012 1000\n"
     "HelloWorldFunction: runtime python3.12 app.lambda_handler @/hello_world 3 s 128 MB\n"
     "  AWS_LAMBDA_LOG_FORMAT=JSON\n"
     "  AWS_LAMBDA_LOG_LEVEL=INFO\n"
     "  events 3 tries 21600 s\n"
     "note : ignored: Outputs\n"
     "note : HelloWorldFunction: ignored: Architectures\n"},
    {"hello-nodejs/template.yaml",
     {NULL},
     "us-east-1 123456789012 1000\n"
     "GoodbyeFunction: runtime nodejs20.x app.goodbyeHandler @/hello-world 30 s 256 MB\n"
     "  LOG_LEVEL=info\n"
     "  POWERTOOLS_SERVICE_NAME=greeting\n"
     "  events 3 tries 21600 s\n"
     "HelloWorldFunction: runtime nodejs20.x app.lambdaHandler @/hello-world 10 s 512 MB\n"
     "  LOG_LEVEL=debug\n"
     "  POWERTOOLS_SERVICE_NAME=greeting\n"
     "  PAGE_SIZE=25\n"
     "  VERBOSE=true\n"
     "  GREETING=yes\n"
     "  ZIP=668\n"
     "  RATE=1.50\n"
     "  events 3 tries 21600 s\n"
     "note : ignored: 1 x AWS::ResourceGroups::Group\n"
     "note : Globals.Function: ignored: Tracing\n"},
    {"events/template.yaml",
     {"Retries=2"},
     "us-east-1 123456789012 1000\n"
     "AuditFunction: runtime python3.11 audit.handler @/src 3 s 128 MB\n"
     "  dead letters arn:aws:sns:us-east-1:123456789012:OrdersTopic\n"
     "  events 3 tries 21600 s success arn:aws:sns:us-east-1:123456789012:AuditFunctionEventInvokeConfigOnSuccessTopic failure arn:aws:lambda:us-east-1:123456789012:function:local-orders\n"
     "local-orders: runtime python3.11 orders.handler @/src 3 s 128 MB reserved 5\n"
     "  TABLE_NAME=OrdersTable\n"
     "  QUEUE_URL=https://sqs.us-east-1.amazonaws.com/123456789012/orders-dlq\n"
     "  TOPIC_ARN=arn:aws:sns:us-east-1:123456789012:OrdersTopic\n"
     "  AUDIT_FUNCTION=AuditFunction\n"
     "  BUCKET_ARN=arn:aws:s3:::receiptsbucket\n"
     "  dead letters arn:aws:sqs:us-east-1:123456789012:orders-dlq\n"
     "  events 3 tries 3600 s success arn:aws:sqs:us-east-1:123456789012:OrdersFunctionEventInvokeConfigOnSuccessQueue failure arn:aws:events:us-east-1:123456789012:event-bus/orders\n"
     "note : ignored: 1 x AWS::SQS::Queue, 1 x AWS::SNS::Topic, 1 x AWS::Events::EventBus, 1 x AWS::DynamoDB::Table, 1 x AWS::S3::Bucket\n"
     "note : OrdersFunction: ignored: Policies\n"
     "note : OrdersFunction: ignored: event Placed (EventBridgeRule)\n"},
    {"alias/template.yml",
     {NULL},
     "us-east-1 123456789012 1000\n"
     "CheckoutFunction: runtime nodejs22.x checkout.handler @/src 3 s 128 MB\n"
     "  STOCK_ALIAS=arn:aws:lambda:us-east-1:123456789012:function:stock:live\n"
     "  STOCK_VERSION=arn:aws:lambda:us-east-1:123456789012:function:stock:1\n"
     "  events 3 tries 21600 s\n"
     "  version 1 \"\"\n"
     "  alias live = 1 1 tries 21600 s failure arn:aws:sqs:us-east-1:123456789012:CheckoutFunctionEventInvokeConfigOnFailureQueue\n"
     "stock: runtime nodejs22.x stock.handler @/src 3 s 128 MB\n"
     "  events 3 tries 21600 s\n"
     "  version 1 \"\"\n"
     "  alias live = 1\n"
     "note : CheckoutFunction: ignored: AutoPublishAliasAllProperties, DeploymentPreference\n"
     "note : StockFunction: ignored: ProvisionedConcurrencyConfig\n"},
    {"cloudformation/stack.template",
     {NULL},
     "us-east-1 123456789012 1000\n"
     "resizer: runtime provided.al2023 bootstrap @/build/resizer 60 s 1024 MB\n"
     "  ROLE=arn:aws:iam::123456789012:role/Role\n"
     "  dead letters arn:aws:sqs:us-east-1:123456789012:resizer-dlq\n"
     "  events 3 tries 21600 s\n"
     "  version 1 \"the first\"\n"
     "  version 2 \"\"\n"
     "  alias live = 1, 2 with 0.1 2 tries 120 s success arn:aws:events:us-east-1:123456789012:event-bus/default\n"
     "note : ignored: 1 x AWS::IAM::Role\n"
     "note : Resizer: ignored: Role, TracingConfig\n"
     "note : Second: ignored: CodeSha256\n"},
    {"conditions/template.yaml",
     {NULL},
     "us-east-1 123456789012 1000\n"
     "DevTools: runtime python3.13 tools.handler @/src 3 s 128 MB\n"
     "  events 3 tries 21600 s\n"
     "api-dev: runtime python3.13 api.handler @/src 5 s 128 MB\n"
     "  \"small and in development\"\n"
     "  LEVEL=DEBUG\n"
     "  FIRST_ZONE=us-east-1a\n"
     "  ALL_ZONES=us-east-1a us-east-1b\n"
     "  SECOND_PART=b\n"
     "  ENCODED=aGVsbG8=\n"
     "  LITERAL=${NotMine} dev\n"
     "  API_ARN=arn:aws:lambda:us-east-1:123456789012:function:api-dev\n"
     "  events 3 tries 21600 s\n"
     "note : ignored: 1 x AWS::DynamoDB::Table\n"},
    {"conditions/template.yaml",
     {"Stage=prod", "Memory=256", "Secret=x", "TableArn=t"},
     "us-east-1 123456789012 1000\n"
     "api-prod: runtime python3.13 api.handler @/src 30 s 256 MB reserved 100\n"
     "  \"stage prod, in us-east-1\"\n"
     "  LEVEL=WARN\n"
     "  FIRST_ZONE=us-east-1a\n"
     "  ALL_ZONES=us-east-1a us-east-1b\n"
     "  SECOND_PART=b\n"
     "  ENCODED=aGVsbG8=\n"
     "  LITERAL=${NotMine} prod\n"
     "  ALARM=on\n"
     "  API_ARN=arn:aws:lambda:us-east-1:123456789012:function:api-prod\n"
     "  events 3 tries 21600 s\n"
     "note : ignored: 1 x AWS::DynamoDB::Table\n"},
    {"cdk.out/ShopStack.template.json",
     {"AWS::Region=eu-west-1"},
     "eu-west-1 123456789012 1000\n"
     "BucketNotificationsHandler050A0587: runtime python3.11 index.handler inline code 3 s 128 MB\n"
     "  events 3 tries 21600 s\n"
     "Handler886CB40B: runtime nodejs20.x index.handler @/asset.4b2c7f0a9d 15 s 128 MB\n"
     "  TABLE=Orders4A1B2C3D\n"
     "  ENDPOINT=https://sqs.eu-west-1.amazonaws.com\n"
     "  dead letters arn:aws:sqs:eu-west-1:123456789012:HandlerDeadLetterQueue5B4BDE95\n"
     "  events 2 tries 21600 s failure "
     "arn:aws:sqs:eu-west-1:123456789012:HandlerDeadLetterQueue5B4BDE95\n"
     "  version 1 \"\"\n"
     "  alias live = 1\n"
     "note : ignored: Rules, 1 x AWS::IAM::Role, 1 x AWS::SQS::Queue, 1 x AWS::DynamoDB::Table, "
     "1 x AWS::CDK::Metadata\n"
     "note : Handler886CB40B: ignored: Role\n"
     "note : BucketNotificationsHandler050A0587: ignored: Role\n"},
    {"image/template.yaml",
     {NULL},
     "us-east-1 123456789012 1000\n"
     "CatalogFunction: InvalidRuntime - -\n"
     "  container images don't run locally: set in Metadata: {Invoke\n"
     "HelloWorldFunction: image - - @/hello_world 3 s 128 MB\n"
     "  command python3 -m awslambdaric app.lambda_handler\n"
     "  idle 60 s\n"
     "  events 3 tries 21600 s\n"
     "PaymentsFunction: mock - - @ 3 s 128 MB\n"
     "  events 3 tries 21600 s\n"
     "ReportFunction: runtime python3.12 app.lambda_handler @/hello_world 20 s 128 MB\n"
     "  events 3 tries 21600 s\n"
     "note : PaymentsFunction: ignored: Role\n"
     "warning :51: Resources.CatalogFunction.Properties.PackageType: CatalogFunction is left out\n"},
    {"built/template.yaml",
     {NULL},
     "us-east-1 123456789012 1000\n"
     "PlainFunction: runtime python3.12 app.handler @/plain 3 s 128 MB\n"
     "  events 3 tries 21600 s\n"
     "PosterFunction: runtime nodejs20.x app.handler @/.aws-sam/build/ThumbnailFunction 3 s 128 "
     "MB\n"
     "  events 3 tries 21600 s\n"
     "ThumbnailFunction: runtime nodejs20.x app.handler @/.aws-sam/build/ThumbnailFunction 3 s "
     "128 MB\n"
     "  events 3 tries 21600 s\n"
     "note : using the code in .aws-sam/build\n"},
    {"nested/template.yaml",
     {NULL},
     "us-east-1 123456789012 1000\n"
     "Front: runtime python3.12 front.handler @/src 3 s 128 MB\n"
     "  SOURCE_URL=https://local-reports.example.com\n"
     "  REPORTS_URL=http://127.0.0.1:9000\n"
     "  events 3 tries 21600 s\n"
     "Monthly: runtime python3.12 monthly.handler @/reports/src 3 s 128 MB\n"
     "  BUCKET=local-reports\n"
     "  events 3 tries 21600 s\n"
     "note : ignored: 1 x AWS::CloudFormation::Stack\n"
     "note : ignored: 1 x AWS::EC2::VPC\n"
     "note : Front: ignored: VpcConfig\n"
     "warning :20: Resources.Archive.Properties.TemplateURL: the nested stack is left out\n"},
    {"left-out/template.yaml",
     {NULL},
     "us-east-1 123456789012 1000\n"
     "Compiled: InvalidZipFile nodejs20.x app.handler\n"
     "  the code isn't built (@/.aws-sam/build/Compiled is missing):\n"
     "Image: InvalidRuntime - -\n"
     "  container images don't run locally: set in Metadata: {Invoke\n"
     "ImageUri: InvalidRuntime - -\n"
     "  container images don't run locally: set in Metadata: {Invoke\n"
     "Java: InvalidRuntime java21 a.B::c\n"
     "  \"java21\" is not bundled: use ImageConfig with the command th\n"
     "  version 1 \"\"\n"
     "  alias live = 1\n"
     "Misspelt: InvalidRuntime pyton3.12 app.handler\n"
     "  must be python3.N, nodejsN.x, rubyN.N, provided, provided.al\n"
     "NoFolder: InvalidZipFile python3.12 app.handler\n"
     "  no such folder: @/nowhere: build the code, or set its folder\n"
     "Remote: InvalidZipFile python3.12 app.handler\n"
     "  the code is in S3, which is not available locally: set its f\n"
     "RemoteCode: InvalidZipFile python3.12 a.b\n"
     "  the code is in S3, which is not available locally: set its f\n"
     "RemoteObject: InvalidZipFile python3.12 app.handler\n"
     "  the code is in S3, which is not available locally: set its f\n"
     "Served: runtime python3.12 app.handler @/code 3 s 128 MB\n"
     "  \"in spite of the others\"\n"
     "  events 3 tries 21600 s\n"
     "warning :3: Globals.Function.CodeUri: Compiled is left out\n"
     "warning :10: Resources.Image.Properties.PackageType: Image is left out\n"
     "warning :14: Resources.ImageUri.Properties.Code: ImageUri is left out\n"
     "warning :17: Resources.Remote.Properties.CodeUri: Remote is left out\n"
     "warning :20: Resources.RemoteObject.Properties.CodeUri: RemoteObject is left out\n"
     "warning :24: Resources.RemoteCode.Properties.Code: RemoteCode is left out\n"
     "warning :31: Resources.Java.Properties.Runtime: Java is left out\n"
     "warning :34: Resources.Misspelt.Properties.Runtime: Misspelt is left out\n"
     "warning :37: Resources.NoFolder.Properties.CodeUri: NoFolder is left out\n"},
    {"local-settings/template.yaml",
     {NULL},
     "eu-central-1 012345678901 50\n"
     "Java: command - - @ 20 s 128 MB denied\n"
     "  REGION=eu-central-1\n"
     "  ACCOUNT=012345678901\n"
     "  command tr a-z A-Z\n"
     "  keys 111122223333\n"
     "  inherits JAVA_HOME\n"
     "  idle 30 s\n"
     "  events 3 tries 21600 s\n"
     "Other: command - - @ 50 s 128 MB\n"
     "  EXTRA=more\n"
     "  REGION=eu-central-1\n"
     "  ACCOUNT=012345678901\n"
     "  command cat\n"
     "  idle 30 s\n"
     "  events 3 tries 21600 s\n"},
};
/* clang-format on */

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    const size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    const int length = vsnprintf(text + used, sizeof text - used, format, arguments);

    va_end(arguments);
    ck_assert_int_lt(length, (int)(sizeof text - used));
}

/* As much as tells it from others, with '@' for the template's folder. */
static void say_beginning(const char *said)
{
    const char *const found = strstr(said, base);
    char shortened[TEXT_MAX];

    snprintf(shortened, sizeof shortened, "%.*s%s%s",
             found == NULL ? (int)strlen(said) : (int)(found - said), said,
             found == NULL ? "" : "@", found == NULL ? "" : found + strlen(base));
    say("  %.60s\n", shortened);
}

/* Relative to the template's folder. */
static const char *shorten(const char *path)
{
    static char relative[PATH_MAX];
    const size_t length = strlen(base);

    if (path == NULL || strncmp(path, base, length) != 0)
        return path == NULL ? "-" : path;
    snprintf(relative, sizeof relative, "@%s", path + length);
    return relative;
}

static void say_list(const char *word, const struct string_list *list)
{
    if (list->count > 0)
        say("  %s", word);
    for (size_t i = 0; i < list->count; i++)
        say(" %s", shorten(list->items[i]));
    if (list->count > 0)
        say("\n");
}

static void say_events(const struct event_invoke_config *events)
{
    say(" %u tries %u s%s%s%s%s", events->maximum_retry_attempts + 1, events->maximum_event_age_s,
        events->on_success == NULL ? "" : " success ",
        events->on_success == NULL ? "" : events->on_success,
        events->on_failure == NULL ? "" : " failure ",
        events->on_failure == NULL ? "" : events->on_failure);
}

static void describe_latest(const struct function_version *latest)
{
    static const char *const kinds[] = {"runtime", "image", "command", "mock"};

    say("%s: %s %s %s ", latest->function->name, kinds[latest->kind],
        latest->runtime == NULL ? "-" : latest->runtime,
        latest->handler == NULL ? "-" : latest->handler);
    say("%s %u s %u MB",
        latest->code_source == NULL ? shorten(latest->working_directory) : latest->code_source,
        latest->timeout_s, latest->memory_mb);
    if (latest->function->reserved_concurrency != CONCURRENCY_UNRESERVED)
        say(" reserved %d", latest->function->reserved_concurrency);
    say("%s\n", latest->attach ? " attach" : latest->access_denied ? " denied" : "");
    if (latest->description[0] != '\0')
        say("  \"%s\"\n", latest->description);
    for (size_t i = 0; i < latest->environment.count; i++)
        say("  %s\n", latest->environment.items[i]);
    say_list("command", &latest->command);
    say_list("keys", &latest->allowed_access_key_ids);
    say_list("inherits", &latest->inherit_environment);
    if (latest->dead_letter_arn != NULL)
        say("  dead letters %s\n", latest->dead_letter_arn);
    if (latest->idle_timeout_s != IDLE_TIMEOUT_DEFAULT_S)
        say("  idle %u s\n", latest->idle_timeout_s);
    say("  events");
    say_events(latest->event_invoke_config);
    say("\n");
}

static void describe_left_out(const struct function_version *latest)
{
    static const char *const causes[] = {"", "InvalidRuntime", "InvalidZipFile"};

    say("%s: %s %s %s\n", latest->function->name, causes[latest->left_out],
        latest->runtime == NULL ? "-" : latest->runtime,
        latest->handler == NULL ? "-" : latest->handler);
    say_beginning(latest->why_left_out);
}

static void describe_function(const struct function *function)
{
    if (function->latest->kind == FUNCTION_LEFT_OUT)
        describe_left_out(function->latest);
    else
        describe_latest(function->latest);
    for (size_t i = 0; i < function->version_count; i++)
        say("  version %s \"%s\"\n", function->versions[i]->version,
            function->versions[i]->description);
    for (size_t i = 0; i < function->alias_count; i++) {
        const struct function_alias *alias = function->aliases[i];

        say("  alias %s = %s", alias->name, alias->version->version);
        if (alias->additional_version != NULL)
            say(", %s with %g", alias->additional_version->version, alias->additional_weight);
        if (alias->event_invoke_config != NULL)
            say_events(alias->event_invoke_config);
        say("\n");
    }
}

static void describe(const struct config *config)
{
    text[0] = '\0';
    say("%s %s %u\n", config->region, config->account_id, config->concurrent_executions);
    for (size_t i = 0; i < config->function_count; i++)
        describe_function(config->functions[i]);
    for (size_t i = 0; i < config->notes.count; i++)
        say("note %s\n", strstr(config->notes.items[i], ": "));
}

/* Of a function that is left out, `describe()` has said why. */
static void describe_warnings(const struct config_problems *warnings)
{
    static const char left_out[] = "is left out: ";

    for (size_t i = 0; i < warnings->count; i++) {
        const char *line = strchr(warnings->messages[i], ':');
        const char *why = strstr(line, left_out);

        say("warning %.*s\n",
            why == NULL ? (int)strlen(line) : (int)(why - line) + (int)strlen(left_out) - 2, line);
    }
}

static void find_base(const char *file)
{
    char folder[PATH_MAX];

    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(file, '/') - file), file);
    ck_assert_ptr_nonnull(realpath(folder, base));
}

static void set_time(const char *path, time_t seconds)
{
    const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};

    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static struct config *load(const char *file, const char *const *parameters,
                           struct config_problems *problems, struct config_problems *warnings)
{
    char *items[PARAMETERS_MAX + 1] = {NULL};
    struct config_options options = {.parameters = {.items = items}, .warnings = warnings};
    char path[PATH_MAX];

    while (options.parameters.count < PARAMETERS_MAX &&
           parameters[options.parameters.count] != NULL) {
        items[options.parameters.count] = (char *)parameters[options.parameters.count];
        options.parameters.count++;
    }
    snprintf(path, sizeof path, "fixtures/templates/%s", file);
    find_base(path);
    return config_load(path, &options, problems);
}

static void set_build_newer(bool is_newer)
{
    set_time("fixtures/templates/built/template.yaml", 1700000000);
    set_time("fixtures/templates/built/.aws-sam/build/template.yaml",
             is_newer ? 1700000001 : 1699999999);
}

START_TEST(reads_templates_as_sam_and_the_cdk_write_them)
{
    struct config_problems problems = {.count = 0}, warnings = {.count = 0};

    set_build_newer(true);
    struct config *config = load(cases[_i].file, cases[_i].parameters, &problems, &warnings);

    for (size_t i = 0; i < problems.count; i++)
        fprintf(stderr, "%s\n", problems.messages[i]);
    ck_assert_ptr_nonnull(config);
    describe(config);
    describe_warnings(&warnings);
    ck_assert_str_eq(text, cases[_i].described);
    config_problems_clear(&warnings);
    config_release(config);
}
END_TEST

/* ---- what `sam build` has left ---- */

static const char *const no_parameters[PARAMETERS_MAX] = {NULL};

START_TEST(tells_of_a_build_that_is_older_than_the_template)
{
    struct config_problems problems = {.count = 0}, warnings = {.count = 0};

    set_build_newer(false);
    struct config *config = load("built/template.yaml", no_parameters, &problems, &warnings);

    set_build_newer(true);
    ck_assert_ptr_nonnull(config);
    ck_assert_str_eq(shorten(config_function(config, "ThumbnailFunction")->latest->code_uri),
                     "@/.aws-sam/build/ThumbnailFunction");
    ck_assert_str_eq(warnings.messages[0],
                     "fixtures/templates/built/template.yaml:8: "
                     "Resources.ThumbnailFunction.Properties.CodeUri: is built by esbuild, and "
                     ".aws-sam/build is older than the template: the last build is used; run "
                     "`sam build`");
    config_problems_clear(&warnings);
    config_release(config);
}
END_TEST

START_TEST(reads_the_built_template_itself)
{
    struct config_problems problems = {.count = 0};
    struct config *config =
        load("built/.aws-sam/build/template.yaml", no_parameters, &problems, NULL);

    ck_assert_ptr_nonnull(config);
    ck_assert_str_eq(shorten(config_function(config, "PosterFunction")->latest->code_uri),
                     "@/ThumbnailFunction");
    config_release(config);
}
END_TEST

/* ---- the text alone ---- */

START_TEST(parses_the_text_of_a_template)
{
    static const char yaml[] = "Resources: {F: {Type: AWS::Lambda::Function, Properties: {}, "
                               "Metadata: {Invoked: {Command: [cat]}}}}";
    static const char json[] =
        "{\"Resources\": {\"F\": {\"Type\": \"AWS::Lambda::Function\", \"Metadata\": {\"Invoked\": "
        "{\"Command\": [\"cat\"]}}}}}";
    static const struct {
        const char *text, *path;
    } texts[] = {{yaml, "fixtures/x.yaml"},     {yaml, "fixtures/x.yml"},
                 {yaml, "fixtures/x.template"}, {json, "fixtures/x.template"},
                 {json, "fixtures/x.json"},     {json, "fixtures/x.yaml"}};

    for (int i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct config_problems problems = {.count = 0};
        struct config *config =
            config_parse(texts[i].text, strlen(texts[i].text), texts[i].path, &problems);

        ck_assert_ptr_nonnull(config);
        ck_assert_uint_eq(config->function_count, 1);
        ck_assert_int_eq(config->functions[0]->latest->kind, FUNCTION_COMMAND);
        ck_assert_uint_eq(config->notes.count, 0);
        ck_assert_ptr_null(config->notes.items[0]);
        config_release(config);
    }
}
END_TEST

START_TEST(lists_no_more_types_than_a_person_reads)
{
    struct config_problems problems = {.count = 0};
    char yaml[8000] = "Resources:\n";
    size_t used = strlen(yaml);

    for (int i = 0; i < 60; i++)
        used += (size_t)snprintf(yaml + used, sizeof yaml - used, "  R%d: {Type: 'T::%d'}\n", i, i);
    struct config *config = config_parse(yaml, used, "fixtures/x.yaml", &problems);

    ck_assert_ptr_nonnull(config);
    ck_assert_uint_eq(config->notes.count, 1);
    ck_assert_ptr_nonnull(strstr(config->notes.items[0], ": ignored: 1 x T::0, 1 x T::1, "));
    ck_assert_ptr_nonnull(strstr(config->notes.items[0], ", 1 x T::49, 10 x others"));
    config_release(config);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("template");
    TCase *templates = tcase_create("templates");

    tcase_add_loop_test(templates, reads_templates_as_sam_and_the_cdk_write_them, 0,
                        ARRAY_LENGTH(cases));
    tcase_add_test(templates, tells_of_a_build_that_is_older_than_the_template);
    tcase_add_test(templates, reads_the_built_template_itself);
    tcase_add_test(templates, parses_the_text_of_a_template);
    tcase_add_test(templates, lists_no_more_types_than_a_person_reads);
    suite_add_tcase(suite, templates);
    return suite;
}
