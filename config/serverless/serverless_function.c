/*
 * serverless_function.c - a function of serverless.yml as a resource of SAM, which has a property for each of its own.
 */
#include "config/serverless/serverless_internal.h"

#include "base/arena.h"
#include "base/text_builder.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"

#include <string.h>

/* Of the Serverless Framework. */
static const char memory_default[] = "1024", timeout_default[] = "6",
                  runtime_default[] = "nodejs20.x";

/* clang-format off */
/* They mean the same on both sides; the defaults of `provider` count for some. */
static const struct {
    const char *own, *property, *fallback;
    bool is_of_provider;
} plain[] = {
    {"handler",             "Handler",                      NULL,            false},
    {"description",         "Description",                  NULL,            false},
    {"reservedConcurrency", "ReservedConcurrentExecutions", NULL,            false},
    {"runtime",             "Runtime",                      runtime_default, true},
    {"memorySize",          "MemorySize",                   memory_default,  true},
    {"timeout",             "Timeout",                      timeout_default, true},
    {"layers",              "Layers",                       NULL,            true},
};

static const char *const read_elsewhere[] = {
    "name", "environment", "maximumRetryAttempts", "maximumEventAge", "destinations", "onError", "url", "package",
    "image", "events", NULL
};

const struct serverless_cors_name serverless_cors_names[] = {
    {"allowedOrigins", "AllowOrigins"}, {"allowedHeaders", "AllowHeaders"}, {"allowedMethods", "AllowMethods"},
    {"allowCredentials", "AllowCredentials"}, {"exposedResponseHeaders", "ExposeHeaders"}, {"maxAge", "MaxAge"},
};
const size_t serverless_cors_name_count = sizeof serverless_cors_names / sizeof serverless_cors_names[0];
/* clang-format on */

static void put(struct serverless_scope *scope, struct node *to, const char *key,
                const struct node *value)
{
    template_put(&scope->template, to, key, value, value);
}

static struct node *put_object(struct serverless_scope *scope, struct node *to, const char *key,
                               const struct node *origin)
{
    return to == NULL ? NULL : template_put_object(&scope->template, to, key, origin);
}

/* NULL when it isn't there or null. */
static const struct node *value_of(const struct node *object, const char *key)
{
    const struct node *value = node_member(object, key);

    return value == NULL || value->kind == NODE_NULL ? NULL : value;
}

static void put_plain(struct serverless_scope *scope, struct node *properties,
                      const struct node *provider, const struct node *function)
{
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        const struct node *value = value_of(function, plain[i].own);

        if (value == NULL && plain[i].is_of_provider)
            value = value_of(provider, plain[i].own);
        if (value != NULL)
            put(scope, properties, plain[i].property, value);
        else if (plain[i].fallback != NULL)
            serverless_put_text(scope, properties, plain[i].property, plain[i].fallback, function);
    }
}

/* Those of the provider below the function's own; null removes one. */
static void put_environment(struct serverless_scope *scope, struct node *properties,
                            const struct node *provider, const struct node *function)
{
    const struct node *own = node_member(function, "environment");
    const struct node *all = node_member(provider, "environment");
    struct node *environment = put_object(scope, properties, "Environment", function);
    struct node *variables =
        put_object(scope, environment, "Variables", own == NULL ? function : own);

    if (variables == NULL)
        return;
    for (const struct node *one = node_first_member(all); one != NULL; one = one->next) {
        if (node_member(own, one->key) == NULL && one->kind != NODE_NULL)
            put(scope, variables, one->key, one);
    }
    for (const struct node *one = node_first_member(own); one != NULL; one = one->next) {
        if (one->kind != NODE_NULL)
            put(scope, variables, one->key, one);
    }
}

/* ---- events ---- */

/* A function's short name, an ARN, or {type, arn}. */
static void put_destination(struct serverless_scope *scope, struct node *to, const char *key,
                            const struct node *target)
{
    const struct node *functions = node_member(scope->root, "functions");
    const char *text = node_text(target);
    struct node *outcome = put_object(scope, to, key, target);

    if (outcome == NULL)
        return;
    if (text != NULL && strncmp(text, "arn:", 4) != 0 &&
        (functions == NULL || functions->kind != NODE_OBJECT ||
         node_member(functions, text) != NULL)) {
        struct node *call = put_object(scope, outcome, "Destination", target);
        const char *const parts[] = {serverless_logical_id(scope, text, "LambdaFunction"), ".Arn",
                                     NULL};

        if (call != NULL && parts[0] != NULL)
            serverless_put_text(scope, call, "Fn::GetAtt",
                                arena_join(document_arena(scope->template.document), parts),
                                target);
        return;
    }
    const struct node *arn = value_of(target, "arn");

    put(scope, outcome, "Destination", arn == NULL ? target : arn);
}

static void put_events(struct serverless_scope *scope, struct node *properties,
                       const struct node *function)
{
    const struct node *retries = value_of(function, "maximumRetryAttempts");
    const struct node *age = value_of(function, "maximumEventAge");
    const struct node *destinations = value_of(function, "destinations");
    const struct node *success = value_of(destinations, "onSuccess");
    const struct node *failure = value_of(destinations, "onFailure");
    const struct node *queue = value_of(function, "onError");

    if (queue != NULL) {
        struct node *config = put_object(scope, properties, "DeadLetterQueue", queue);

        if (config != NULL)
            put(scope, config, "TargetArn", queue);
    }
    if (retries == NULL && age == NULL && success == NULL && failure == NULL)
        return;
    struct node *config = put_object(scope, properties, "EventInvokeConfig", function);

    if (config != NULL && retries != NULL)
        put(scope, config, "MaximumRetryAttempts", retries);
    if (config != NULL && age != NULL)
        put(scope, config, "MaximumEventAgeInSeconds", age);
    if (success == NULL && failure == NULL)
        return;
    struct node *to = put_object(scope, config, "DestinationConfig", destinations);

    if (success != NULL)
        put_destination(scope, to, "OnSuccess", success);
    if (failure != NULL)
        put_destination(scope, to, "OnFailure", failure);
}

/* ---- function URLs ---- */

static void put_list(struct serverless_scope *scope, struct node *to, const char *key,
                     const char *const *texts, const struct node *origin)
{
    struct node *list = template_add(&scope->template, to, NODE_ARRAY, key, origin);

    for (; list != NULL && *texts != NULL; texts++)
        serverless_put_text(scope, list, NULL, *texts, origin);
}

static void put_cors(struct serverless_scope *scope, struct node *config, const struct node *cors)
{
    static const char *const any[] = {"*", NULL};
    static const char *const headers[] = {"Content-Type", "X-Amz-Date",           "Authorization",
                                          "X-Api-Key",    "X-Amz-Security-Token", NULL};
    struct node *to = put_object(scope, config, "Cors", cors);

    if (to == NULL)
        return;
    if (node_member(cors, "allowedOrigins") == NULL)
        put_list(scope, to, "AllowOrigins", any, cors);
    if (node_member(cors, "allowedMethods") == NULL)
        put_list(scope, to, "AllowMethods", any, cors);
    if (node_member(cors, "allowedHeaders") == NULL)
        put_list(scope, to, "AllowHeaders", headers, cors);
    for (size_t i = 0; i < serverless_cors_name_count; i++) {
        const struct node *value = value_of(cors, serverless_cors_names[i].own);

        if (value != NULL)
            put(scope, to, serverless_cors_names[i].property, value);
    }
}

static void put_url(struct serverless_scope *scope, struct node *properties,
                    const struct node *function)
{
    const struct node *url = value_of(function, "url");
    const char *authorizer = node_text(node_member(url, "authorizer"));
    const struct node *cors = value_of(url, "cors"), *mode = value_of(url, "invokeMode");

    if (url == NULL || (url->kind == NODE_BOOLEAN && url->number == 0))
        return;
    struct node *config = put_object(scope, properties, "FunctionUrlConfig", url);

    if (config == NULL)
        return;
    serverless_put_text(
        scope, config, "AuthType",
        authorizer != NULL && strcmp(authorizer, "aws_iam") == 0 ? "AWS_IAM" : "NONE", url);
    if (cors != NULL && (cors->kind == NODE_OBJECT || cors->number != 0))
        put_cors(scope, config, cors);
    if (mode != NULL)
        put(scope, config, "InvokeMode", mode);
}

/* ---- the whole ---- */

static void put_code(struct serverless_scope *scope, struct node *properties,
                     const struct node *function)
{
    const struct node *own = value_of(value_of(function, "package"), "artifact");
    const struct node *all = value_of(node_member(scope->root, "package"), "artifact");
    const struct node *image = value_of(function, "image");

    if (image != NULL)
        serverless_put_text(scope, properties, "PackageType", "Image", image);
    else if (own != NULL)
        put(scope, properties, "CodeUri", own);
    else if (all != NULL)
        template_put_resolved(&scope->template, properties, "CodeUri",
                              serverless_resolve(scope, all));
    else
        serverless_put_text(scope, properties, "CodeUri", ".", function);
}

static void put_name(struct serverless_scope *scope, struct node *properties,
                     const struct node *function)
{
    const struct node *name = value_of(function, "name");
    const char *const parts[] = {scope->service, "-", scope->stage, "-", function->key, NULL};

    if (name != NULL)
        put(scope, properties, "FunctionName", name);
    else
        serverless_put_text(scope, properties, "FunctionName",
                            arena_join(document_arena(scope->template.document), parts), function);
}

/* custom.invoked.NAME says how it runs here, as Metadata.Invoked of a template does. */
static void put_metadata(struct serverless_scope *scope, struct node *resource,
                         const struct node *function)
{
    const struct node *custom = node_member(node_member(scope->root, "custom"), "invoked");
    const struct node *source = node_member(custom, function->key);
    const struct node *own = source == NULL ? NULL : serverless_resolve(scope, source);
    struct node *metadata = put_object(scope, resource, "Metadata", function);
    struct node *invoked = put_object(scope, metadata, "Invoked", function);

    if (invoked == NULL)
        return;
    serverless_put_text(scope, invoked, "LogicalId", function->key, function);
    for (const struct node *one = node_first_member(own); one != NULL; one = one->next) {
        if (strcmp(one->key, "LogicalId") != 0)
            put(scope, invoked, one->key, one);
    }
}

static bool is_read(const char *key)
{
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (strcmp(plain[i].own, key) == 0)
            return true;
    }
    return template_is_among(key, read_elsewhere);
}

static void note_ignored(struct serverless_scope *scope, const struct node *function)
{
    struct text_builder names;

    text_builder_init(&names, document_arena(scope->template.document));
    for (const struct node *one = node_first_member(function); one != NULL; one = one->next) {
        if (is_read(one->key))
            continue;
        text_builder_add_text(&names, names.length == 0 ? "" : ", ");
        text_builder_add_text(&names, one->key);
        template_ignore(&scope->template, function->key, "%s", one->key);
    }
    const char *list = text_builder_end(&names);

    if (list == NULL)
        scope->template.problems->is_out_of_memory = true;
    else if (names.length > 0)
        template_note(&scope->template, "%.200s: ignored: %s", function->key, list);
}

void serverless_put_function(struct serverless_scope *scope, struct node *resources,
                             const struct node *provider, const struct node *function)
{
    const char *id = serverless_logical_id(scope, function->key, "LambdaFunction");

    if (function->kind != NODE_OBJECT) {
        problem_list_add_at(scope->template.problems, function, "must be an object (is %s)",
                            node_kind_name(function->kind));
        return;
    }
    struct node *resource = id == NULL ? NULL : put_object(scope, resources, id, function);

    if (resource == NULL)
        return;
    serverless_put_text(scope, resource, "Type", "AWS::Serverless::Function", function);
    struct node *properties = put_object(scope, resource, "Properties", function);

    if (properties == NULL)
        return;
    put_name(scope, properties, function);
    put_code(scope, properties, function);
    put_plain(scope, properties, provider, function);
    put_environment(scope, properties, provider, function);
    put_events(scope, properties, function);
    put_url(scope, properties, function);
    serverless_put_routes(scope, properties, provider, function);
    put_metadata(scope, resource, function);
    note_ignored(scope, function);
}
