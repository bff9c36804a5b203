#include "handlers/manage/file_function.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The same as long as the settings are: a revision, and what stands for the SHA-256 of an archive that there isn't. */
static void add_fingerprints(cJSON *version, uint64_t fingerprint)
{
    char text[48];

    (void)snprintf(text, sizeof text, "%08x-%04x-4%03x-8%03x-%012" PRIx64,
                   (unsigned)(fingerprint >> 32), (unsigned)(fingerprint >> 16) & 0xffff,
                   (unsigned)fingerprint & 0xfff, (unsigned)(fingerprint >> 52) & 0xfff,
                   fingerprint & UINT64_C(0xffffffffffff));
    (void)cJSON_AddStringToObject(version, "RevisionId", text);
    (void)snprintf(text, sizeof text, "%016" PRIx64 "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", fingerprint);
    (void)cJSON_AddStringToObject(version, "CodeSha256", text);
}

/* Without those that are not Environment.Variables' own: LoggingConfig's. */
static void add_environment(cJSON *version, const struct variable_list *list)
{
    cJSON *variables = NULL;

    for (size_t i = 0; i < list->count; i++) {
        const char *equals = list->items[i] == NULL ? NULL : strchr(list->items[i], '=');
        char name[512];

        if (equals == NULL || strncmp(list->items[i], "AWS_LAMBDA_LOG_", 15) == 0 ||
            (size_t)(equals - list->items[i]) >= sizeof name)
            continue;
        if (variables == NULL)
            variables = cJSON_AddObjectToObject(cJSON_AddObjectToObject(version, "Environment"),
                                                "Variables");
        (void)snprintf(name, sizeof name, "%.*s", (int)(equals - list->items[i]), list->items[i]);
        (void)cJSON_AddStringToObject(variables, name, equals + 1);
    }
}

static void add_image(cJSON *version, const struct function_version *settings)
{
    cJSON *config = cJSON_AddObjectToObject(cJSON_AddObjectToObject(version, "ImageConfigResponse"),
                                            "ImageConfig");

    (void)cJSON_AddItemToObject(
        config, "EntryPoint",
        cJSON_CreateStringArray((const char *const *)settings->command.items,
                                (int)settings->command.count));
}

static cJSON *make_version(const struct config *config, const struct function_version *settings)
{
    cJSON *version = cJSON_CreateObject(), *item;
    char role[64], group[128];

    (void)snprintf(role, sizeof role, "arn:aws:iam::%s:role/local", config->account_id);
    (void)snprintf(group, sizeof group, "/aws/lambda/%s", settings->function->name);
    (void)cJSON_AddStringToObject(version, "Version", settings->version);
    if (settings->runtime != NULL)
        (void)cJSON_AddStringToObject(version, "Runtime", settings->runtime);
    (void)cJSON_AddStringToObject(version, "Role", role);
    if (settings->handler != NULL)
        (void)cJSON_AddStringToObject(version, "Handler", settings->handler);
    (void)cJSON_AddNumberToObject(version, "CodeSize", 0);
    (void)cJSON_AddStringToObject(version, "Description", settings->description);
    (void)cJSON_AddNumberToObject(version, "Timeout", settings->timeout_s);
    (void)cJSON_AddNumberToObject(version, "MemorySize", settings->memory_mb);
    (void)cJSON_AddStringToObject(version, "LastModified", "1970-01-01T00:00:00.000+0000");
    add_fingerprints(version, settings->fingerprint);
    if (settings->dead_letter_arn != NULL)
        (void)cJSON_AddStringToObject(cJSON_AddObjectToObject(version, "DeadLetterConfig"),
                                      "TargetArn", settings->dead_letter_arn);
    add_environment(version, &settings->environment);
    (void)cJSON_AddStringToObject(cJSON_AddObjectToObject(version, "TracingConfig"), "Mode",
                                  "PassThrough");
    (void)cJSON_AddStringToObject(version, "PackageType",
                                  settings->kind == FUNCTION_IMAGE ? "Image" : "Zip");
    if (settings->kind == FUNCTION_IMAGE)
        add_image(version, settings);
    item = cJSON_AddArrayToObject(version, "Architectures");
    (void)cJSON_AddItemToArray(item, cJSON_CreateString("x86_64"));
    (void)cJSON_AddNumberToObject(cJSON_AddObjectToObject(version, "EphemeralStorage"), "Size",
                                  512);
    item = cJSON_AddObjectToObject(version, "LoggingConfig");
    (void)cJSON_AddStringToObject(item, "LogFormat", "Text");
    (void)cJSON_AddStringToObject(item, "LogGroup", group);
    return version;
}

static void add_alias(cJSON *aliases, const struct function_alias *alias)
{
    cJSON *item = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(item, "Name", alias->name);
    (void)cJSON_AddStringToObject(item, "FunctionVersion", alias->version->version);
    (void)cJSON_AddStringToObject(item, "Description", "");
    if (alias->additional_version != NULL)
        (void)cJSON_AddNumberToObject(
            cJSON_AddObjectToObject(cJSON_AddObjectToObject(item, "RoutingConfig"),
                                    "AdditionalVersionWeights"),
            alias->additional_version->version, alias->additional_weight);
    (void)cJSON_AddStringToObject(item, "RevisionId", "00000000-0000-4000-8000-000000000000");
    (void)cJSON_AddItemToArray(aliases, item);
}

cJSON *file_function_document(const struct config *config, const struct function *function)
{
    cJSON *document = cJSON_CreateObject();
    cJSON *list;

    (void)cJSON_AddItemToObject(document, "Latest", make_version(config, function->latest));
    list = cJSON_AddArrayToObject(document, "Versions");
    for (size_t i = 0; i < function->version_count; i++)
        (void)cJSON_AddItemToArray(list, make_version(config, function->versions[i]));
    list = cJSON_AddArrayToObject(document, "Aliases");
    for (size_t i = 0; i < function->alias_count; i++)
        add_alias(list, function->aliases[i]);
    if (function->reserved_concurrency != CONCURRENCY_UNRESERVED)
        (void)cJSON_AddNumberToObject(document, "Concurrency", function->reserved_concurrency);
    return document;
}
