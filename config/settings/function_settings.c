#include "config/settings/function_settings.h"

#include "config/config.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/name_rules.h"
#include "config/names/target_arn.h"
#include "config/settings/canned_settings.h"
#include "config/settings/url_settings.h"

#include <string.h>

enum { ENVIRONMENT_JSON_MAX = 4096, QUOTE_MAX = 80, INLINE_CODE_MAX = 4 << 20 /* AWS's */ };

/* ---- what the tables can't say ---- */

static void check_handler(const struct node *node, struct problem_list *problems)
{
    char quoted[QUOTE_MAX];

    if (strpbrk(node->text, " \t\r\n\f\v") == NULL)
        return;
    node_quote(node, quoted, sizeof quoted);
    problem_list_add_at(problems, node, "must not contain whitespace (is %s)", quoted);
}

/* As AWS measures the variables: as a compact JSON object. */
static size_t json_length(const char *text)
{
    size_t length = 2;

    for (; *text != '\0'; text++)
        length += *text == '"' || *text == '\\' ? 2 : (unsigned char)*text < 0x20 ? 6 : 1;
    return length;
}

static void check_variable(const struct node *node, struct problem_list *problems)
{
    if (is_reserved_variable(node->key))
        problem_list_add_at(problems, node, "is reserved by AWS Lambda: choose another name");
    else if (!is_variable_name(node->key))
        problem_list_add_at(
            problems, node,
            "variable names must start with a letter, contain only letters, digits and _, and "
            "have at least two characters");
    if (node->kind != NODE_STRING)
        problem_list_add_at(problems, node, "must be a string (is %s): put it in quotes",
                            node_kind_name(node->kind));
}

static void check_variables(const struct node *node, struct problem_list *problems)
{
    size_t length = 2;

    for (const struct node *variable = node->first; variable != NULL; variable = variable->next) {
        check_variable(variable, problems);
        length += json_length(variable->key) + 2;
        length += variable->kind == NODE_STRING ? json_length(variable->text) : 0;
    }
    if (length - (node->first != NULL) > ENVIRONMENT_JSON_MAX)
        problem_list_add_at(problems, node,
                            "must be at most %d bytes as JSON, AWS's limit (is %zu)",
                            ENVIRONMENT_JSON_MAX, length - 1);
}

static void check_arn(const struct node *node, enum target_use use, struct problem_list *problems)
{
    char quoted[QUOTE_MAX];
    const char *wanted = target_arn_problem(node->text, use);

    if (wanted == NULL)
        return;
    node_quote(node, quoted, sizeof quoted);
    problem_list_add_at(problems, node, "must be %s (is %s)", wanted, quoted);
}

static void check_dead_letter_arn(const struct node *node, struct problem_list *problems)
{
    if (node->length > 0) /* "" means none, as in CloudFormation */
        check_arn(node, TARGET_DEAD_LETTER, problems);
}

static void check_on_success_arn(const struct node *node, struct problem_list *problems)
{
    check_arn(node, TARGET_ON_SUCCESS, problems);
}

static void check_on_failure_arn(const struct node *node, struct problem_list *problems)
{
    check_arn(node, TARGET_ON_FAILURE, problems);
}

/* The first of a command is the program. */
static void check_command(const struct node *node, struct problem_list *problems)
{
    if (node->first != NULL && node->first->length == 0)
        problem_list_add_at(problems, node->first, "must name a program (is \"\")");
}

static void check_image_config(const struct node *node, struct problem_list *problems)
{
    const struct node *entry_point = node_member(node, "EntryPoint"),
                      *command = node_member(node, "Command");

    if ((entry_point == NULL || entry_point->count == 0) &&
        (command == NULL || command->count == 0))
        problem_list_add_at(problems, node,
                            "EntryPoint or Command is required: the command that starts the "
                            "runtime");
    else if (entry_point == NULL || entry_point->count == 0)
        check_command(command, problems);
}

void check_inherited_names(const struct node *node, struct problem_list *problems)
{
    char quoted[QUOTE_MAX];

    for (const struct node *name = node->first; name != NULL; name = name->next) {
        if (name->kind == NODE_STRING && name->length > 0 && strchr(name->text, '=') == NULL)
            continue;
        node_quote(name, quoted, sizeof quoted);
        problem_list_add_at(problems, name, "must be the name of a variable (is %s)", quoted);
    }
}

static void check_no_empty_text(const struct node *node, struct problem_list *problems)
{
    for (const struct node *text = node->first; text != NULL; text = text->next) {
        if (text->length == 0)
            problem_list_add_at(problems, text, "must not be empty");
    }
}

/* As AWS: levels are for JSON. */
static void check_logging(const struct node *node, struct problem_list *problems)
{
    const struct node *format = node_member(node, "LogFormat");
    const bool is_json = format != NULL && strcmp(format->text, "JSON") == 0;

    for (const struct node *member = node->first; member != NULL && !is_json;
         member = member->next) {
        if (strcmp(member->key, "ApplicationLogLevel") == 0 ||
            strcmp(member->key, "SystemLogLevel") == 0)
            problem_list_add_at(problems, member, "needs LogFormat JSON");
    }
}

static void check_code(const struct node *node, struct problem_list *problems)
{
    if (node->first == NULL)
        problem_list_add_at(problems, node, "ZipFile is required: the source text");
}

static void check_tenancy(const struct node *node, struct problem_list *problems)
{
    if (node_member(node, "TenantIsolationMode") == NULL)
        problem_list_add_at(problems, node, "requires TenantIsolationMode: PER_TENANT");
}

static void check_weights(const struct node *node, struct problem_list *problems)
{
    char quoted[QUOTE_MAX];

    if (node->count > 1)
        problem_list_add_at(problems, node,
                            "Number of items in AdditionalVersionWeights cannot be greater than 1");
    for (const struct node *weight = node->first; weight != NULL; weight = weight->next) {
        node_quote(weight, quoted, sizeof quoted);
        if (weight->kind != NODE_NUMBER)
            problem_list_add_at(problems, weight, "must be a number (is %s)",
                                node_kind_name(weight->kind));
        else if (!(weight->number >= 0 && weight->number <= 1))
            problem_list_add_at(problems, weight, "must be 0.0 to 1.0 (is %s)", quoted);
    }
}

/* ---- the tables ---- */

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define ANY_COUNT .max = 4e9
#define LIST_COUNT .max = SETTING_LIST_MAX

/* clang-format off */
static const struct setting variables_rows[] = {
    {"Variables", SETTING_OBJECT, SETTING_NO_SLOT, ANY_COUNT, .check = check_variables},
};
static const struct setting_scope variables_scope = {variables_rows, COUNT_OF(variables_rows), .check = NULL};

static const char *const log_formats[] = {"Text", "JSON", NULL};
static const char *const application_levels[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", NULL};
static const char *const system_levels[] = {"DEBUG", "INFO", "WARN", NULL};

static const struct setting logging_rows[] = {
    {"LogFormat",           SETTING_CHOICE, SETTING_NO_SLOT, .choices = log_formats},
    {"ApplicationLogLevel", SETTING_CHOICE, SETTING_NO_SLOT, .choices = application_levels},
    {"SystemLogLevel",      SETTING_CHOICE, SETTING_NO_SLOT, .choices = system_levels},
    {"LogGroup",            SETTING_STRING, SETTING_NO_SLOT, .min = 1, .max = 512},
};
static const struct setting_scope logging_scope = {logging_rows, COUNT_OF(logging_rows), .check = check_logging};

static const struct setting dead_letter_rows[] = {
    {"TargetArn", SETTING_STRING, SETTING_NO_SLOT, .max = 4096, .check = check_dead_letter_arn},
};
static const struct setting_scope dead_letter_scope = {dead_letter_rows, COUNT_OF(dead_letter_rows), .check = NULL};

static const char *const sam_destination_words[] = {"Type", NULL};

static const struct setting on_success_rows[] = {
    {"Destination", SETTING_STRING, SETTING_NO_SLOT, .max = 4096, .check = check_on_success_arn},
};
static const struct setting_scope on_success_scope = {
    on_success_rows, COUNT_OF(on_success_rows), .useless = sam_destination_words};

static const struct setting on_failure_rows[] = {
    {"Destination", SETTING_STRING, SETTING_NO_SLOT, .max = 4096, .check = check_on_failure_arn},
};
static const struct setting_scope on_failure_scope = {
    on_failure_rows, COUNT_OF(on_failure_rows), .useless = sam_destination_words};

static const struct setting destination_rows[] = {
    {"OnSuccess", SETTING_OBJECT, SETTING_NO_SLOT, ANY_COUNT, .scope = &on_success_scope},
    {"OnFailure", SETTING_OBJECT, SETTING_NO_SLOT, ANY_COUNT, .scope = &on_failure_scope},
};
static const struct setting_scope destination_scope = {destination_rows, COUNT_OF(destination_rows), .check = NULL};

static const struct setting event_invoke_rows[] = {
    {"MaximumRetryAttempts",     SETTING_INTEGER, SLOT_RETRY_ATTEMPTS, 0, RETRY_ATTEMPTS_DEFAULT, RETRY_ATTEMPTS_DEFAULT,
                                 .check = NULL},
    {"MaximumEventAgeInSeconds", SETTING_INTEGER, SLOT_EVENT_AGE, EVENT_AGE_MIN_S, EVENT_AGE_DEFAULT_S,
                                 EVENT_AGE_DEFAULT_S, .check = NULL},
    {"DestinationConfig",        SETTING_OBJECT,  SLOT_DESTINATION_CONFIG, ANY_COUNT, .scope = &destination_scope},
};
const struct setting_scope event_invoke_settings = {event_invoke_rows, COUNT_OF(event_invoke_rows), .check = NULL};

static const struct setting image_rows[] = {
    {"EntryPoint",       SETTING_STRING_LIST, SETTING_NO_SLOT, LIST_COUNT, .check = check_command},
    {"Command",          SETTING_STRING_LIST, SETTING_NO_SLOT, LIST_COUNT},
    {"WorkingDirectory", SETTING_STRING,      SETTING_NO_SLOT, .min = 1, .max = 1000},
};
static const struct setting_scope image_scope = {
    image_rows, COUNT_OF(image_rows), .check = check_image_config};

const char *const mount_task_names[] = {"auto", "on", "off", NULL};

static const struct setting local_rows[] = {
    {"Command",             SETTING_STRING_LIST, SLOT_COMMAND,        .min = 1, LIST_COUNT, .check = check_command},
    {"Mock",                SETTING_OBJECT_LIST, SLOT_MOCK,           .min = 1, .max = MOCK_ANSWERS_MAX, .scope = &mock_settings},
    {"Faults",              SETTING_OBJECT_LIST, SLOT_FAULTS,         LIST_COUNT, .scope = &fault_settings},
    {"InheritEnvironment",  SETTING_STRING_LIST, SLOT_INHERIT_ENVIRONMENT, LIST_COUNT, .check = check_inherited_names},
    {"IdleTimeoutSeconds",  SETTING_INTEGER,     SLOT_IDLE_TIMEOUT,   .min = 1, .max = 86400,
                            .fallback = IDLE_TIMEOUT_DEFAULT_S},
    {"EnforceMemory",       SETTING_FLAG,        SLOT_ENFORCE_MEMORY, .fallback = true},
    {"Freeze",              SETTING_FLAG,        SLOT_FREEZE,         .fallback = false},
    {"MountTask",           SETTING_CHOICE,      SLOT_MOUNT_TASK,     .choices = mount_task_names},
    {"AccessDenied",        SETTING_FLAG,        SLOT_ACCESS_DENIED,  .fallback = false},
    {"AllowedAccessKeyIds", SETTING_STRING_LIST, SLOT_ALLOWED_ACCESS_KEY_IDS, LIST_COUNT, .check = check_no_empty_text},
    {"Attach",              SETTING_FLAG,        SLOT_ATTACH,         .fallback = false},
    {"DebugCommand",        SETTING_STRING_LIST, SLOT_DEBUG_COMMAND,  .min = 1, LIST_COUNT, .check = check_command},
    {"EnvFile",             SETTING_STRING,      SLOT_ENV_FILE,       .min = 1, .max = 4096},
    {"LogicalId",           SETTING_STRING,      SLOT_LOGICAL_ID,     .min = 1, .max = 255},
};
static const char *const local_of_whole[] = {"RetryDelaysSeconds", "QueueCapacity", "HistorySize", "AllowedOrigins",
                                             "Durability", "SpareRuntimes", "LayersFolder", "RuntimeClients", "CreateDelayMs",
                                             "S3Folder", "ApiOverridesFiles", NULL};
static const struct setting_scope local_scope = {local_rows, COUNT_OF(local_rows), .fills_outer_slots = true,
                                                 .of_whole = local_of_whole};

static const struct setting code_rows[] = {
    {"ZipFile", SETTING_STRING, SETTING_NO_SLOT, .min = 1, .max = INLINE_CODE_MAX},
};
static const struct setting_scope code_scope = {code_rows, COUNT_OF(code_rows), .check = check_code};

static const char *const recursive_loops[] = {"Terminate", "Allow", NULL};
static const char *const tenant_isolation_modes[] = {"PER_TENANT", NULL};

static const struct setting tenancy_rows[] = {
    {"TenantIsolationMode", SETTING_CHOICE, SETTING_NO_SLOT, .choices = tenant_isolation_modes},
};
static const struct setting_scope tenancy_scope = {tenancy_rows, COUNT_OF(tenancy_rows), .check = check_tenancy};

static const char *const package_types[] = {"Zip", "Image", NULL};

static const struct setting function_rows[] = {
    {"Runtime",           SETTING_STRING,  SLOT_RUNTIME,      .min = 1, .max = 64},
    {"Handler",           SETTING_STRING,  SLOT_HANDLER,      .min = 1, .max = 128, .check = check_handler},
    {"CodeUri",           SETTING_STRING,  SLOT_CODE_URI,     .min = 1, .max = 4096},
    {"InlineCode",        SETTING_STRING,  SLOT_INLINE_CODE,  .min = 1, .max = INLINE_CODE_MAX},
    {"Code",              SETTING_OBJECT,  SLOT_CODE,         ANY_COUNT, .scope = &code_scope},
    {"Layers",            SETTING_STRING_LIST, SLOT_LAYERS,   .max = LAYERS_MAX, .check = check_no_empty_text},
    {"Description",       SETTING_STRING,  SLOT_DESCRIPTION,  .max = 256},
    {"Timeout",           SETTING_INTEGER, SLOT_TIMEOUT,      1, TIMEOUT_MAX_S, TIMEOUT_DEFAULT_S, .check = NULL},
    {"MemorySize",        SETTING_INTEGER, SLOT_MEMORY_SIZE,  MEMORY_MIN_MB, MEMORY_MAX_MB, MEMORY_DEFAULT_MB,
                          .check = NULL},
    {"Environment",       SETTING_OBJECT,  SLOT_ENVIRONMENT,  ANY_COUNT, .scope = &variables_scope},
    {"LoggingConfig",     SETTING_OBJECT,  SLOT_LOGGING_CONFIG,  ANY_COUNT, .scope = &logging_scope},
    {"DeadLetterConfig",  SETTING_OBJECT,  SLOT_DEAD_LETTER_CONFIG,  ANY_COUNT, .scope = &dead_letter_scope},
    {"EventInvokeConfig", SETTING_OBJECT,  SLOT_EVENT_INVOKE_CONFIG, ANY_COUNT, .scope = &event_invoke_settings},
    {"ImageConfig",       SETTING_OBJECT,  SLOT_IMAGE_CONFIG, ANY_COUNT, .scope = &image_scope},
    {"Local",             SETTING_OBJECT,  SETTING_NO_SLOT,   ANY_COUNT, .scope = &local_scope},
    /* Those of the function as a whole come last: the table of a version ends before them. */
    {"PackageType",       SETTING_CHOICE,  SLOT_PACKAGE_TYPE, .choices = package_types},
    {"ReservedConcurrentExecutions", SETTING_INTEGER, SLOT_RESERVED_CONCURRENT_EXECUTIONS, .max = 1000000},
    {"RecursiveLoop",     SETTING_CHOICE,  SLOT_RECURSIVE_LOOP, .choices = recursive_loops},
    {"TenancyConfig",     SETTING_OBJECT,  SLOT_TENANCY_CONFIG, ANY_COUNT, .scope = &tenancy_scope},
    {"Versions",          SETTING_OBJECT,  SLOT_VERSIONS,     LIST_COUNT},
    {"Aliases",           SETTING_OBJECT,  SLOT_ALIASES,      LIST_COUNT},
    {"FunctionUrlConfig", SETTING_OBJECT,  SLOT_URL,          ANY_COUNT, .scope = &url_settings},
};

static const char *const whole_function_words[] = {
    "PackageType", "ReservedConcurrentExecutions", "RecursiveLoop", "TenancyConfig", "Versions", "Aliases", "FunctionUrlConfig", NULL};

/* Properties of AWS::Serverless::Function and AWS::Lambda::Function that decide nothing on one machine. */
static const char *const aws_words[] = {
    "Architectures", "AssumeRolePolicyDocument", "AutoPublishAlias", "AutoPublishAliasAllProperties",
    "AutoPublishCodeSha256", "CodeSigningConfigArn", "DeploymentPreference", "EphemeralStorage", "Events",
    "FileSystemConfigs", "KmsKeyArn",
    "PermissionsBoundary", "Policies", "PropagateTags", "ProvisionedConcurrencyConfig", "Role",
    "RolePath", "RuntimeManagementConfig", "SnapStart", "SourceKMSKeyArn", "Tags", "Tracing", "VersionDescription",
    "VpcConfig", NULL
};

const struct setting_scope function_settings = {function_rows, COUNT_OF(function_rows), .useless = aws_words};
const struct setting_scope version_settings = {
    function_rows, COUNT_OF(function_rows) - 7, .outer = whole_function_words, .useless = aws_words};

static const struct setting routing_rows[] = {
    {"AdditionalVersionWeights", SETTING_OBJECT, SETTING_NO_SLOT, ANY_COUNT, .check = check_weights},
};
static const struct setting_scope routing_scope = {routing_rows, COUNT_OF(routing_rows), .check = NULL};

static const struct setting alias_rows[] = {
    {"FunctionVersion",   SETTING_STRING, SLOT_FUNCTION_VERSION, .min = 1, .max = 1024},
    {"Description",       SETTING_STRING, SETTING_NO_SLOT, .max = 256},
    {"RoutingConfig",     SETTING_OBJECT, SLOT_ROUTING_CONFIG, ANY_COUNT, .scope = &routing_scope},
    {"EventInvokeConfig", SETTING_OBJECT, SLOT_ALIAS_EVENT_INVOKE_CONFIG, ANY_COUNT, .scope = &event_invoke_settings},
    {"FunctionUrlConfig", SETTING_OBJECT, SLOT_ALIAS_URL, ANY_COUNT, .scope = &url_settings},
};
const struct setting_scope alias_settings = {alias_rows, COUNT_OF(alias_rows), .check = NULL};
/* clang-format on */
