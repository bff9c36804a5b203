#include "handlers/manage/function_members.h"

#include "config/names/name_rules.h"
#include "handlers/manage/configuration.h"
#include "handlers/manage/layer_version.h"

#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VARIABLES_JSON_MAX = 4096, FUNCTION_LAYERS_MAX = 5 };

/* ---- rules ---- */

/* In AWS's order (recorded 12-01-2026). */
const char function_runtimes[] =
    "nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, "
    "java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, "
    "java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2";

/* Of the model's enum, and not in the list above any more. */
static const char old_runtimes[] =
    "nodejs, nodejs4.3, nodejs4.3-edge, nodejs6.10, nodejs8.10, nodejs10.x, nodejs12.x, "
    "nodejs14.x, java8, python2.7, python3.6, python3.7, dotnetcore1.0, dotnetcore2.0, "
    "dotnetcore2.1, dotnetcore3.1, go1.x, ruby2.5, ruby2.7, provided";

const char layer_version_pattern[] =
    "(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:"
    "layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)";
const char layer_version_ere[] =
    "(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-[0-9]:[0-9]{12}:"
    "layer:[a-zA-Z0-9_-]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9_-]+)";

const char layer_item_text[] =
    "Member must have length less than or equal to 2048, Member must have length greater than or "
    "equal to 1, Member must satisfy regular expression pattern: "
    "(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:"
    "layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+), Member "
    "must not be null";

#define ROLE_PATTERN "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+"
#define ROLE_ERE "arn:(aws[a-zA-Z-]*)?:iam::[0-9]{12}:role/?[a-zA-Z_0-9+=,.@/-]+"

static const struct item_rule architecture_item = {
    .text = "Member must satisfy enum value set: [x86_64, arm64], Member must not be null",
    .values = "x86_64, arm64"};
static const struct item_rule subnet_item = {
    .text = "Member must have length less than or equal to 1024, Member must have length greater "
            "than or equal to 0, Member must satisfy regular expression pattern: subnet-[0-9a-z]*",
    .max = 1024,
    .ere = "subnet-[0-9a-z]*"};
static const struct item_rule group_item = {
    .text = "Member must have length less than or equal to 1024, Member must have length greater "
            "than or equal to 0, Member must satisfy regular expression pattern: sg-[0-9a-zA-Z]*",
    .max = 1024,
    .ere = "sg-[0-9a-zA-Z]*"};
static const struct item_rule layer_item = {
    .text = layer_item_text, .min = 1, .max = 2048, .ere = layer_version_ere};
static const struct item_rule variable_key = {
    .text = "Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+, Member must "
            "not be null",
    .ere = "[a-zA-Z]([a-zA-Z0-9_])+"};

/* clang-format off */
#define CONFIGURATION_RULES \
    {"Handler",      MEMBER_TEXT, .max = 128, .pattern = "[^\\s]+", .ere = "[^[:space:]]+"}, \
    {"Description",  MEMBER_TEXT, .max = 256}, \
    {"Timeout",      MEMBER_INTEGER, .min = 1, .max = TIMEOUT_MAX_S}, \
    {"MemorySize",   MEMBER_INTEGER, .min = MEMORY_MIN_MB, .max = MEMORY_MAX_MB}, \
    {"VpcConfig",    MEMBER_OBJECT, .max = 0}, \
    {"VpcConfig.SubnetIds",        MEMBER_TEXTS, .max = 16, .item = &subnet_item}, \
    {"VpcConfig.SecurityGroupIds", MEMBER_TEXTS, .max = 5, .item = &group_item}, \
    {"DeadLetterConfig",           MEMBER_OBJECT, .max = 0}, \
    {"DeadLetterConfig.TargetArn", MEMBER_TEXT, \
        .pattern = "(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()", .ere = "(arn:(aws[a-zA-Z-]*)?:[a-z0-9.-]+:.*)|()"}, \
    {"Environment",           MEMBER_OBJECT, .max = 0}, \
    {"Environment.Variables", MEMBER_MAP, .key = &variable_key}, \
    {"KMSKeyArn",    MEMBER_TEXT, .max = 10000}, \
    {"TracingConfig",         MEMBER_OBJECT, .max = 0}, \
    {"TracingConfig.Mode",    MEMBER_TEXT, .values = "Active, PassThrough"}, \
    {"Layers",       MEMBER_TEXTS, .item = &layer_item}, \
    {"FileSystemConfigs",     MEMBER_OBJECTS, .max = 1}, \
    {"ImageConfig",  MEMBER_OBJECT, .max = 0}, \
    {"ImageConfig.EntryPoint",       MEMBER_TEXTS, .max = 1500}, \
    {"ImageConfig.Command",          MEMBER_TEXTS, .max = 1500}, \
    {"ImageConfig.WorkingDirectory", MEMBER_TEXT, .max = 1000}, \
    {"EphemeralStorage",      MEMBER_OBJECT, .max = 0}, \
    {"EphemeralStorage.Size", MEMBER_INTEGER, .is_required = true, .min = 512, .max = 10240}, \
    {"SnapStart",             MEMBER_OBJECT, .max = 0}, \
    {"SnapStart.ApplyOn",     MEMBER_TEXT, .values = "PublishedVersions, None"}, \
    {"LoggingConfig",         MEMBER_OBJECT, .max = 0}, \
    {"LoggingConfig.LogFormat",           MEMBER_TEXT, .values = "JSON, Text"}, \
    {"LoggingConfig.ApplicationLogLevel", MEMBER_TEXT, .values = "TRACE, DEBUG, INFO, WARN, ERROR, FATAL"}, \
    {"LoggingConfig.SystemLogLevel",      MEMBER_TEXT, .values = "DEBUG, INFO, WARN"}, \
    {"LoggingConfig.LogGroup",            MEMBER_TEXT, .min = 1, .max = 512, .pattern = "[\\.\\-_/#A-Za-z0-9]+", \
        .ere = "[._/#A-Za-z0-9-]+"}, \
    {"Runtime",      MEMBER_TEXT, .max = 0}

#define CODE_RULES(prefix) \
    {prefix "S3Bucket", MEMBER_TEXT, .min = 3, .max = 63, \
        .pattern = "[0-9A-Za-z\\.\\-_]*(?<!\\.)", .ere = "([0-9A-Za-z._-]*[0-9A-Za-z_-])?"}, \
    {prefix "S3Key",    MEMBER_TEXT, .min = 1, .max = 1024}, \
    {prefix "S3ObjectVersion", MEMBER_TEXT, .min = 1, .max = 1024}, \
    {prefix "ImageUri", MEMBER_TEXT, .max = 0}, \
    {prefix "ZipFile",  MEMBER_TEXT, .max = 0}

const struct member_rule create_function_rules[] = {
    {"Role", MEMBER_TEXT, .is_required = true, .pattern = ROLE_PATTERN, .ere = ROLE_ERE},
    {"Code", MEMBER_OBJECT, .is_required = true},
    CODE_RULES("Code."),
    {"PackageType",   MEMBER_TEXT, .values = "Image, Zip"},
    {"Architectures", MEMBER_TEXTS, .min = 1, .max = 1, .item = &architecture_item},
    {"Tags",          MEMBER_MAP, .max = 0},
    {"Publish",       MEMBER_FLAG, .max = 0},
    {"CodeSigningConfigArn", MEMBER_TEXT, .max = 200},
    {"TenancyConfig", MEMBER_OBJECT, .max = 0},
    {"TenancyConfig.TenantIsolationMode", MEMBER_TEXT, .is_required = true, .values = "PER_TENANT"},
    CONFIGURATION_RULES,
    {NULL, MEMBER_TEXT, .max = 0},
};

const struct member_rule update_configuration_rules[] = {
    {"Role", MEMBER_TEXT, .pattern = ROLE_PATTERN, .ere = ROLE_ERE},
    {"RevisionId", MEMBER_TEXT, .max = 0},
    CONFIGURATION_RULES,
    {NULL, MEMBER_TEXT, .max = 0},
};

const struct member_rule update_code_rules[] = {
    CODE_RULES(""),
    {"Architectures", MEMBER_TEXTS, .min = 1, .max = 1, .item = &architecture_item},
    {"Publish",       MEMBER_FLAG, .max = 0},
    {"DryRun",        MEMBER_FLAG, .max = 0},
    {"RevisionId",    MEMBER_TEXT, .max = 0},
    {NULL, MEMBER_TEXT, .max = 0},
};
/* clang-format on */

const struct member_rule publish_version_rules[] = {
    {"CodeSha256", MEMBER_TEXT, .max = 0},
    {"Description", MEMBER_TEXT, .max = 256},
    {"RevisionId", MEMBER_TEXT, .max = 0},
    {NULL, MEMBER_TEXT, .max = 0},
};

/* ---- checks beyond single members ---- */

static bool check_runtime(struct manage_call *call)
{
    const char *runtime = manage_text(call, "Runtime");

    if (runtime == NULL || member_is_listed(function_runtimes, runtime))
        return true;
    if (member_is_listed(old_runtimes, runtime))
        manage_refuse(call, MANAGE_PARAMETER,
                      "The runtime parameter of %s is no longer supported for creating or updating "
                      "AWS Lambda functions. We recommend you use a supported runtime while "
                      "creating or updating functions.",
                      runtime);
    else
        manage_refuse(call, MANAGE_PARAMETER,
                      "Value %s at 'runtime' failed to satisfy constraint: Member must satisfy "
                      "enum value set: [%s] or be a valid ARN",
                      runtime, function_runtimes);
    return false;
}

static bool check_reserved_variables(struct manage_call *call, const cJSON *variables)
{
    const cJSON *variable;
    struct bytes *names = NULL;

    cJSON_ArrayForEach(variable, variables)
    {
        if (is_reserved_variable(variable->string))
            (void)bytes_format(&names, "%s%s", names == NULL ? "" : ", ", variable->string);
    }
    if (names == NULL)
        return true;
    manage_refuse(call, MANAGE_PARAMETER,
                  "Lambda was unable to configure your environment variables because the "
                  "environment variables you have provided contains reserved keys that are "
                  "currently not supported for modification. Reserved keys used in this request: "
                  "%.*s",
                  (int)names->length, names->data);
    bytes_release(names);
    return false;
}

static bool check_variables(struct manage_call *call)
{
    const cJSON *variables =
        cJSON_GetObjectItemCaseSensitive(manage_member(call, "Environment"), "Variables");
    char *text;
    bool is_good;

    if (!cJSON_IsObject(variables))
        return true;
    text = cJSON_PrintUnformatted(variables);
    is_good = text != NULL && strlen(text) <= VARIABLES_JSON_MAX;
    if (!is_good)
        manage_refuse(call, MANAGE_PARAMETER,
                      "Lambda was unable to configure your environment variables because the "
                      "environment variables you have provided exceeded the 4KB limit. String "
                      "measured: %s",
                      text == NULL ? "" : text);
    free(text);
    return is_good && check_reserved_variables(call, variables);
}

static const cJSON *find_layer_version(const struct manage_call *call,
                                       const struct layer_version_arn *layer)
{
    return layer_version_find(
        registry_find(call->api->registry, RESOURCE_LAYER, layer->account_id, layer->name),
        layer->version);
}

static bool check_layer(struct manage_call *call, const cJSON *item)
{
    struct layer_version_arn layer, other;
    const cJSON *before;

    if (!layer_version_read_arn(item->valuestring, &layer))
        return true; /* one of AWS's own, which nothing here knows */
    if (strcmp(layer.region, call->region) != 0) {
        manage_refuse(call, MANAGE_PARAMETER,
                      "Layers are not in the same region as the function. Layers are expected to "
                      "be in region %s.",
                      call->region);
        return false;
    }
    cJSON_ArrayForEach(before, manage_member(call, "Layers"))
    {
        if (before == item)
            break;
        if (!layer_version_read_arn(before->valuestring, &other) ||
            strcmp(other.name, layer.name) != 0 || strcmp(other.account_id, layer.account_id) != 0)
            continue;
        manage_refuse(call, MANAGE_PARAMETER,
                      "Two different versions of the same layer are not allowed to be referenced "
                      "in the same function. %s and %s are versions of the same layer.",
                      before->valuestring, item->valuestring);
        return false;
    }
    if (find_layer_version(call, &layer) != NULL)
        return true;
    manage_refuse(call, MANAGE_PARAMETER, "Layer version %s does not exist.", item->valuestring);
    return false;
}

static bool check_layers(struct manage_call *call)
{
    const cJSON *layers = manage_member(call, "Layers"), *item;

    if (cJSON_GetArraySize(layers) > FUNCTION_LAYERS_MAX) {
        manage_refuse(call, MANAGE_PARAMETER, "Cannot reference more than %d layers.",
                      FUNCTION_LAYERS_MAX);
        return false;
    }
    cJSON_ArrayForEach(item, layers)
    {
        if (!check_layer(call, item))
            return false;
    }
    return true;
}

static bool check_logging(struct manage_call *call)
{
    const cJSON *logging = manage_member(call, "LoggingConfig");
    const char *format = json_member_text(logging, "LogFormat");

    if (format == NULL || strcmp(format, "Text") != 0 ||
        (json_member_text(logging, "ApplicationLogLevel") == NULL &&
         json_member_text(logging, "SystemLogLevel") == NULL))
        return true;
    manage_refuse(call, MANAGE_PARAMETER,
                  "Log level is not supported when LogFormat is set to Text. Remove log level from "
                  "your request or change the LogFormat to JSON and try again.");
    return false;
}

bool function_members_check(struct manage_call *call)
{
    return check_runtime(call) && check_variables(call) && check_layers(call) &&
           check_logging(call);
}

/* ---- into a version ---- */

static void set_vpc(struct manage_call *call, cJSON *version)
{
    const cJSON *given = manage_member(call, "VpcConfig");
    const cJSON *subnets = cJSON_GetObjectItemCaseSensitive(given, "SubnetIds");
    const cJSON *groups = cJSON_GetObjectItemCaseSensitive(given, "SecurityGroupIds");
    const cJSON *dual = cJSON_GetObjectItemCaseSensitive(given, "Ipv6AllowedForDualStack");
    const bool is_empty = cJSON_GetArraySize(subnets) == 0;
    cJSON *config;

    if (given == NULL ||
        (is_empty && cJSON_GetObjectItemCaseSensitive(version, "VpcConfig") == NULL))
        return;
    config = cJSON_CreateObject();
    (void)cJSON_AddItemToObject(config, "SubnetIds",
                                cJSON_IsArray(subnets) ? cJSON_Duplicate(subnets, true)
                                                       : cJSON_CreateArray());
    (void)cJSON_AddItemToObject(config, "SecurityGroupIds",
                                cJSON_IsArray(groups) ? cJSON_Duplicate(groups, true)
                                                      : cJSON_CreateArray());
    (void)cJSON_AddStringToObject(config, "VpcId", is_empty ? "" : "vpc-0123456789abcdef0");
    (void)cJSON_AddBoolToObject(config, "Ipv6AllowedForDualStack", cJSON_IsTrue(dual));
    json_member_set(version, "VpcConfig", config);
}

static void set_layers(struct manage_call *call, cJSON *version)
{
    const cJSON *given = manage_member(call, "Layers"), *item;
    cJSON *layers;

    if (given == NULL)
        return;
    cJSON_DeleteItemFromObjectCaseSensitive(version, "Layers");
    if (cJSON_GetArraySize(given) == 0)
        return;
    layers = cJSON_AddArrayToObject(version, "Layers");
    cJSON_ArrayForEach(item, given)
    {
        struct layer_version_arn layer;
        cJSON *added = cJSON_CreateObject();
        const cJSON *found = layer_version_read_arn(item->valuestring, &layer)
                                 ? find_layer_version(call, &layer)
                                 : NULL;
        const cJSON *size = cJSON_GetObjectItemCaseSensitive(found, "CodeSize");
        const char *hex = json_member_text(found, "CodeHex");

        (void)cJSON_AddStringToObject(added, "Arn", item->valuestring);
        (void)cJSON_AddNumberToObject(added, "CodeSize", size == NULL ? 0 : size->valuedouble);
        if (hex != NULL)
            (void)cJSON_AddStringToObject(added, "CodeHex", hex);
        (void)cJSON_AddItemToArray(layers, added);
    }
}

static void set_logging(struct manage_call *call, cJSON *version)
{
    static const char *const members[] = {"LogFormat", "ApplicationLogLevel", "SystemLogLevel",
                                          "LogGroup"};
    const cJSON *given = manage_member(call, "LoggingConfig");
    const cJSON *before = cJSON_GetObjectItemCaseSensitive(version, "LoggingConfig");
    cJSON *config = cJSON_CreateObject();
    char group[FUNCTION_NAME_MAX + 16];

    (void)snprintf(group, sizeof group, "/aws/lambda/%s", call->name.name);
    for (size_t i = 0; i < 4; i++) {
        const char *value = json_member_text(given, members[i]);
        const char *format = json_member_text(config, "LogFormat");
        const bool is_level = i == 1 || i == 2;

        if (value == NULL)
            value = json_member_text(before, members[i]);
        if (value == NULL && i == 0)
            value = "Text";
        if (value == NULL && i == 3)
            value = group;
        if (is_level && strcmp(format, "JSON") != 0)
            continue;
        if (value == NULL && is_level)
            value = "INFO";
        (void)cJSON_AddStringToObject(config, members[i], value);
    }
    json_member_set(version, "LoggingConfig", config);
}

static void set_snap_start(struct manage_call *call, cJSON *version)
{
    const char *apply = json_member_text(manage_member(call, "SnapStart"), "ApplyOn");
    cJSON *config;

    if (apply == NULL && cJSON_GetObjectItemCaseSensitive(version, "SnapStart") != NULL)
        return;
    config = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(config, "ApplyOn", apply == NULL ? "None" : apply);
    (void)cJSON_AddStringToObject(config, "OptimizationStatus", "Off");
    json_member_set(version, "SnapStart", config);
}

static void set_image_config(struct manage_call *call, cJSON *version)
{
    const cJSON *given = manage_member(call, "ImageConfig");
    cJSON *response;

    if (given == NULL)
        return;
    if (cJSON_GetArraySize(given) == 0) {
        cJSON_DeleteItemFromObjectCaseSensitive(version, "ImageConfigResponse");
        return;
    }
    response = cJSON_CreateObject();
    (void)cJSON_AddItemToObject(response, "ImageConfig", cJSON_Duplicate(given, true));
    json_member_set(version, "ImageConfigResponse", response);
}

/* An empty TargetArn, an empty key, no file systems: what was set is taken away. */
static void drop_empty(cJSON *version)
{
    const char *target = json_member_text(
        cJSON_GetObjectItemCaseSensitive(version, "DeadLetterConfig"), "TargetArn");
    const char *key = json_member_text(version, "KMSKeyArn");
    const cJSON *systems = cJSON_GetObjectItemCaseSensitive(version, "FileSystemConfigs");

    if (target == NULL || target[0] == '\0')
        cJSON_DeleteItemFromObjectCaseSensitive(version, "DeadLetterConfig");
    if (key != NULL && key[0] == '\0')
        cJSON_DeleteItemFromObjectCaseSensitive(version, "KMSKeyArn");
    if (systems != NULL && cJSON_GetArraySize(systems) == 0)
        cJSON_DeleteItemFromObjectCaseSensitive(version, "FileSystemConfigs");
}

void function_members_update(struct manage_call *call, cJSON *version)
{
    static const char *const copied[] = {
        "Runtime",   "Role",          "Handler",           "Description",
        "Timeout",   "MemorySize",    "DeadLetterConfig",  "Environment",
        "KMSKeyArn", "TracingConfig", "FileSystemConfigs", "EphemeralStorage",
    };

    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
        const cJSON *given = manage_member(call, copied[i]);

        if (given != NULL)
            json_member_set(version, copied[i], cJSON_Duplicate(given, true));
    }
    set_vpc(call, version);
    set_layers(call, version);
    set_logging(call, version);
    set_snap_start(call, version);
    set_image_config(call, version);
    drop_empty(version);
}

void function_members_set_code(cJSON *version, const struct code_item *code)
{
    json_member_set(version, "CodeSha256", cJSON_CreateString(code->base64));
    json_member_set(version, "CodeSize", cJSON_CreateNumber((double)code->size));
    json_member_set(version, "CodeHex", cJSON_CreateString(code->hex));
}

void function_members_set_image(cJSON *version, const char *uri)
{
    unsigned char digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx context;
    char hex[2 * SHA256_DIGEST_SIZE + 1];

    sha256_init(&context);
    sha256_update(&context, strlen(uri), (const uint8_t *)uri);
    sha256_digest(&context, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    json_member_set(version, "CodeSha256", cJSON_CreateString(hex));
    json_member_set(version, "CodeSize", cJSON_CreateNumber(0));
    json_member_set(version, "ImageUri", cJSON_CreateString(uri));
}

cJSON *function_members_create(struct manage_call *call)
{
    const char *package = manage_text(call, "PackageType");
    const cJSON *architectures = manage_member(call, "Architectures");
    cJSON *version = cJSON_CreateObject(), *list;

    (void)cJSON_AddStringToObject(version, "Version", "$LATEST");
    (void)cJSON_AddStringToObject(version, "Description", "");
    (void)cJSON_AddNumberToObject(version, "Timeout", TIMEOUT_DEFAULT_S);
    (void)cJSON_AddNumberToObject(version, "MemorySize", MEMORY_DEFAULT_MB);
    (void)cJSON_AddStringToObject(cJSON_AddObjectToObject(version, "TracingConfig"), "Mode",
                                  "PassThrough");
    (void)cJSON_AddStringToObject(version, "PackageType", package == NULL ? "Zip" : package);
    if (architectures != NULL) {
        (void)cJSON_AddItemToObject(version, "Architectures", cJSON_Duplicate(architectures, true));
    } else {
        list = cJSON_AddArrayToObject(version, "Architectures");
        (void)cJSON_AddItemToArray(list, cJSON_CreateString("x86_64"));
    }
    (void)cJSON_AddNumberToObject(cJSON_AddObjectToObject(version, "EphemeralStorage"), "Size",
                                  512);
    if (manage_member(call, "TenancyConfig") != NULL)
        (void)cJSON_AddItemToObject(version, "TenancyConfig",
                                    cJSON_Duplicate(manage_member(call, "TenancyConfig"), true));
    function_members_update(call, version);
    return version;
}
