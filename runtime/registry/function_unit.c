#include "runtime/registry/function_unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a snapshot holds of the code store. */
struct held_code {
    struct code_store *store;
    size_t count;
    char (*hexes)[CODE_HEX_SIZE];
};

struct builder {
    const struct function_unit_options *options;
    struct held_code *held;
    bool drops_targets;  /* dead letters and destinations that nothing here can be sent to */
    const char *refusal; /* why nothing of the function runs; NULL when something does */
};

static const char *text_of(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static const cJSON *member(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* ---- one version ---- */

static void copy_member(cJSON *to, const cJSON *from, const char *key)
{
    const cJSON *item = member(from, key);

    if (item != NULL)
        (void)cJSON_AddItemToObject(to, key, cJSON_Duplicate(item, true));
}

static void add_refusal(cJSON *settings, const char *exception, const char *message)
{
    cJSON *local = cJSON_AddObjectToObject(settings, "Local");
    cJSON *mocks = cJSON_AddArrayToObject(local, "Mock");
    cJSON *mock = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(mock, "Error", exception);
    (void)cJSON_AddStringToObject(mock, "Message", message);
    if (!cJSON_AddItemToArray(mocks, mock))
        cJSON_Delete(mock);
}

static void hold(struct builder *builder, const char *hex)
{
    struct held_code *held = builder->held;
    void *grown = realloc(held->hexes, (held->count + 1) * sizeof *held->hexes);

    if (grown == NULL)
        return;
    held->hexes = grown;
    (void)snprintf(held->hexes[held->count++], CODE_HEX_SIZE, "%s", hex);
    code_store_retain(held->store, hex);
}

static void add_way(struct builder *builder, cJSON *settings, const cJSON *version)
{
    const char *runtime = text_of(version, "Runtime"), *hex = text_of(version, "CodeHex");
    char path[CODE_PATH_SIZE];

    if (hex != NULL)
        hold(builder, hex);
    if (builder->refusal != NULL) {
        add_refusal(settings, "InvalidRuntimeException", builder->refusal);
    } else if (hex == NULL) {
        (void)cJSON_AddStringToObject(settings, "PackageType", "Image");
    } else if (runtime != NULL) {
        copy_member(settings, version, "Runtime");
        copy_member(settings, version, "Handler");
        code_store_folder(builder->options->code_store, hex, path);
        (void)cJSON_AddStringToObject(settings, "CodeUri", path);
    }
}

/* A folder that is lost is no reason not to serve the function. */
static void add_layers(struct builder *builder, cJSON *settings, const cJSON *version)
{
    const cJSON *layers = member(version, "Layers"), *layer;
    cJSON *folders = cJSON_AddArrayToObject(settings, "Layers");

    cJSON_ArrayForEach(layer, layers)
    {
        const char *hex = text_of(layer, "CodeHex");
        char folder[CODE_PATH_SIZE];

        if (hex == NULL)
            continue;
        hold(builder, hex);
        code_store_folder(builder->options->code_store, hex, folder);
        if (access(folder, F_OK) == 0)
            (void)cJSON_AddItemToArray(folders, cJSON_CreateString(folder));
    }
}

/* All of them, so that a published version inherits nothing from $LATEST. */
static cJSON *make_settings(struct builder *builder, const cJSON *version)
{
    static const char *const logging[] = {"LogFormat", "ApplicationLogLevel", "SystemLogLevel",
                                          "LogGroup"};
    cJSON *settings = cJSON_CreateObject(), *environment, *log, *dead_letters;
    const cJSON *variables = member(member(version, "Environment"), "Variables");
    const char *target = text_of(member(version, "DeadLetterConfig"), "TargetArn");

    if (builder->refusal != NULL) {
        add_way(builder, settings, version);
        return settings;
    }
    copy_member(settings, version, "Description");
    copy_member(settings, version, "Timeout");
    copy_member(settings, version, "MemorySize");
    environment = cJSON_AddObjectToObject(settings, "Environment");
    (void)cJSON_AddItemToObject(environment, "Variables",
                                cJSON_IsObject(variables) ? cJSON_Duplicate(variables, true)
                                                          : cJSON_CreateObject());
    add_layers(builder, settings, version);
    log = cJSON_AddObjectToObject(settings, "LoggingConfig");
    for (size_t i = 0; i < sizeof logging / sizeof logging[0]; i++)
        copy_member(log, member(version, "LoggingConfig"), logging[i]);
    dead_letters = cJSON_AddObjectToObject(settings, "DeadLetterConfig");
    (void)cJSON_AddStringToObject(dead_letters, "TargetArn",
                                  target == NULL || builder->drops_targets ? "" : target);
    add_way(builder, settings, version);
    return settings;
}

/* ---- what hangs on a qualifier ---- */

/* `qualifier` as the document names it: "$LATEST", "1", "live". */
static void add_event_invoke(const struct builder *builder, cJSON *settings, const cJSON *document,
                             const char *qualifier)
{
    static const char *const members[] = {"MaximumRetryAttempts", "MaximumEventAgeInSeconds",
                                          "DestinationConfig"};
    const cJSON *stored = member(member(document, "EventInvoke"), qualifier);
    cJSON *config;

    if (stored == NULL || builder->refusal != NULL)
        return;
    config = cJSON_AddObjectToObject(settings, "EventInvokeConfig");
    for (size_t i = 0; i < (builder->drops_targets ? 2 : 3); i++)
        copy_member(config, stored, members[i]);
}

/* `qualifier`: an alias, or "" for the function's own. */
static void add_url(cJSON *settings, const cJSON *document, const char *qualifier)
{
    static const char *const members[] = {"AuthType", "InvokeMode", "Cors"};
    const cJSON *stored = member(member(document, "Urls"), qualifier);
    cJSON *config = stored == NULL ? NULL : cJSON_AddObjectToObject(settings, "FunctionUrlConfig");

    for (size_t i = 0; i < 3; i++)
        copy_member(config, stored, members[i]);
}

static void add_versions(struct builder *builder, cJSON *function, const cJSON *document)
{
    cJSON *versions = cJSON_AddObjectToObject(function, "Versions");
    const cJSON *version;

    cJSON_ArrayForEach(version, member(document, "Versions"))
    {
        const char *number = text_of(version, "Version");
        cJSON *settings = number == NULL ? NULL : make_settings(builder, version);

        if (settings == NULL)
            continue;
        add_event_invoke(builder, settings, document, number);
        (void)cJSON_AddItemToObject(versions, number, settings);
    }
}

static void add_aliases(const struct builder *builder, cJSON *function, const cJSON *document)
{
    cJSON *aliases = cJSON_AddObjectToObject(function, "Aliases");
    const cJSON *alias;

    cJSON_ArrayForEach(alias, member(document, "Aliases"))
    {
        const char *name = text_of(alias, "Name");
        cJSON *settings = name == NULL ? NULL : cJSON_AddObjectToObject(aliases, name);

        copy_member(settings, alias, "FunctionVersion");
        copy_member(settings, alias, "RoutingConfig");
        if (name != NULL) {
            add_event_invoke(builder, settings, document, name);
            add_url(settings, document, name);
        }
    }
}

static cJSON *make_function(struct builder *builder, const cJSON *document)
{
    const cJSON *reserved = member(document, "Concurrency");
    cJSON *function = make_settings(builder, member(document, "Latest"));

    add_event_invoke(builder, function, document, "$LATEST");
    add_url(function, document, "");
    copy_member(function, document, "RecursiveLoop");
    copy_member(function, member(document, "Latest"), "TenancyConfig");
    if (cJSON_IsNumber(reserved))
        (void)cJSON_AddNumberToObject(function, "ReservedConcurrentExecutions",
                                      reserved->valuedouble);
    add_versions(builder, function, document);
    add_aliases(builder, function, document);
    return function;
}

/* ---- who may ---- */

/* The account of "123456789012", "arn:aws:iam::123456789012:root" or any other IAM ARN; "*" stays. NULL for a service. */
static const char *account_of_principal(const cJSON *principal, char account[ACCOUNT_ID_SIZE])
{
    const char *text =
        cJSON_IsString(principal) ? principal->valuestring : text_of(principal, "AWS");
    const char *at = text;

    if (text == NULL)
        return NULL;
    if (strcmp(text, "*") == 0)
        return "*";
    for (int colons = 0; colons < 4 && at != NULL && strncmp(text, "arn:", 4) == 0; colons++) {
        at = strchr(at, ':');
        at = at == NULL ? NULL : at + 1;
    }
    if (at == NULL || strspn(at, "0123456789") < ACCOUNT_ID_SIZE - 1)
        return NULL;
    (void)snprintf(account, ACCOUNT_ID_SIZE, "%.12s", at);
    return account;
}

struct permissions {
    struct function_permission *rows;
    char (*accounts)[ACCOUNT_ID_SIZE];
    size_t count;
};

/* Conditions name what a local request doesn't have (its source, its organisation): such a statement allows nothing. */
static void add_statement(struct permissions *permissions, const char *qualifier,
                          const cJSON *statement)
{
    const char *action = text_of(statement, "Action"), *account;

    if (action == NULL || member(statement, "Condition") != NULL)
        return;
    account = account_of_principal(member(statement, "Principal"),
                                   permissions->accounts[permissions->count]);
    if (account != NULL)
        permissions->rows[permissions->count++] =
            (struct function_permission){qualifier, account, action};
}

static bool make_permissions(struct permissions *permissions, const cJSON *document)
{
    const cJSON *policy, *statement;
    size_t count = 1;

    cJSON_ArrayForEach(policy, member(document, "Policies")) count +=
        (size_t)cJSON_GetArraySize(member(policy, "Statement"));
    permissions->rows = calloc(count, sizeof *permissions->rows);
    permissions->accounts = calloc(count, sizeof *permissions->accounts);
    if (permissions->rows == NULL || permissions->accounts == NULL)
        return false;
    cJSON_ArrayForEach(policy, member(document, "Policies"))
    {
        cJSON_ArrayForEach(statement, member(policy, "Statement"))
            add_statement(permissions, policy->string, statement);
    }
    return true;
}

/* ---- what is kept ready ---- */

struct provisioned {
    struct provisioned_version *rows;
    size_t count;
};

/* A version is named by itself, or by the alias that points to it. */
static bool make_provisioned(struct provisioned *provisioned, const cJSON *document)
{
    const cJSON *configs = member(document, "Provisioned"), *config, *alias;

    provisioned->rows = calloc((size_t)cJSON_GetArraySize(configs) + 1, sizeof *provisioned->rows);
    if (provisioned->rows == NULL)
        return false;
    cJSON_ArrayForEach(config, configs)
    {
        const cJSON *count = member(config, "Requested");
        const char *version = config->string;

        cJSON_ArrayForEach(alias, member(document, "Aliases"))
        {
            const char *name = text_of(alias, "Name");

            if (name != NULL && strcmp(name, config->string) == 0)
                version = text_of(alias, "FunctionVersion");
        }
        if (version != NULL && cJSON_IsNumber(count))
            provisioned->rows[provisioned->count++] =
                (struct provisioned_version){version, (unsigned)count->valuedouble};
    }
    return true;
}

/* ---- the whole ---- */

static void release_held(void *context)
{
    struct held_code *held = context;

    for (size_t i = 0; i < held->count; i++)
        code_store_release(held->store, held->hexes[i]);
    free(held->hexes);
    free(held);
}

static char *print_configuration(struct builder *builder, const cJSON *document)
{
    const struct function_unit_options *options = builder->options;
    cJSON *root = cJSON_CreateObject(), *limit, *functions;
    char *text;

    (void)cJSON_AddStringToObject(root, "Region", options->file->region);
    (void)cJSON_AddStringToObject(root, "AccountId", options->account_id);
    limit = cJSON_AddObjectToObject(root, "AccountLimit");
    (void)cJSON_AddNumberToObject(limit, "ConcurrentExecutions",
                                  options->file->concurrent_executions);
    functions = cJSON_AddObjectToObject(root, "Functions");
    (void)cJSON_AddItemToObject(functions, options->name, make_function(builder, document));
    text = cJSON_PrintUnformatted(root);
    cJSON_Delete(root);
    return text;
}

static struct config *build(struct builder *builder, const cJSON *document,
                            const struct permissions *permissions,
                            const struct provisioned *provisioned, struct config_problems *problems)
{
    const struct function_unit_options *options = builder->options;
    const struct config_unit_options unit_options = {
        .account_id = options->account_id,
        .pending = options->pending,
        .permissions = permissions->rows,
        .permission_count = permissions->count,
        .provisioned = provisioned->rows,
        .provisioned_count = provisioned->count,
        .on_end = release_held,
        .context = builder->held,
    };
    char path[CODE_PATH_SIZE];
    struct config *unit = NULL;
    char *text = print_configuration(builder, document);

    (void)snprintf(path, sizeof path, "%s/functions.json", options->data_folder);
    if (text != NULL)
        unit = config_parse_unit(text, strlen(text), path, &unit_options, problems);
    free(text);
    if (unit == NULL)
        release_held(builder->held);
    return unit;
}

static struct config *try_build(const struct function_unit_options *options, const cJSON *document,
                                bool drops_targets, const char *refusal,
                                struct config_problems *problems)
{
    struct permissions permissions = {0};
    struct provisioned provisioned = {0};
    struct builder builder = {.options = options,
                              .held = calloc(1, sizeof *builder.held),
                              .drops_targets = drops_targets,
                              .refusal = refusal};
    struct config *unit = NULL;

    if (builder.held != NULL) {
        builder.held->store = options->code_store;
        if (make_permissions(&permissions, document) && make_provisioned(&provisioned, document))
            unit = build(&builder, document, &permissions, &provisioned, problems);
        else
            free(builder.held);
    }
    free(permissions.rows);
    free(permissions.accounts);
    free(provisioned.rows);
    return unit;
}

/*
 * What the configuration refuses is first taken for a target that nothing here can be sent to, and left out: the function
 * runs without it. What it still refuses is what invocations are answered with.
 */
struct config *function_unit_build(const struct function_unit_options *options,
                                   const cJSON *document)
{
    struct config_problems problems = {0};
    struct config *unit = try_build(options, document, false, NULL, &problems);
    char why[1000];

    if (unit == NULL && problems.count > 0) {
        config_problems_clear(&problems);
        problems = (struct config_problems){0};
        unit = try_build(options, document, true, NULL, &problems);
    }
    if (unit == NULL && problems.count > 0) {
        (void)snprintf(why, sizeof why, "invoked can't run it: %.900s", problems.messages[0]);
        config_problems_clear(&problems);
        problems = (struct config_problems){0};
        unit = try_build(options, document, true, why, &problems);
    }
    config_problems_clear(&problems);
    return unit;
}
