/*
 * template_generated.c - resources that SAM adds to a template, which other resources may refer to.
 *
 * https://github.com/aws/serverless-application-model/blob/develop/docs/internals/generated_resources.rst lists them.
 * To add one, add a row to `generated`.
 */
#include "config/template/template_resolve_internal.h"

#include "base/arena.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN_MAX = 100, NUMBER_MAX = 12 };

/* What a generated resource is named by. */
enum name_source {
    NAME_ID,    /* its own logical id */
    NAME_OWNER, /* the resource that it was made for */
    NAME_STAGE, /* the stage of an API */
    NAME_DESTINATION
};

/* clang-format off */
static const struct generated {
    const char *owner; /* type of the resource that it is made for */
    const char *rest;  /* of its logical id, behind that resource's; ".Name" is SAM's own spelling */
    const char *type;
    enum name_source name;
} generated[] = {
    {"AWS::Serverless::Function", "Role",                            "AWS::IAM::Role",          NAME_ID},
    {"AWS::Serverless::Function", "Url",                             "AWS::Lambda::Url",        NAME_OWNER},
    {"AWS::Serverless::Function", ".DestinationQueue",               "AWS::SQS::Queue",         NAME_DESTINATION},
    {"AWS::Serverless::Function", ".DestinationTopic",               "AWS::SNS::Topic",         NAME_DESTINATION},
    {"AWS::Serverless::Function", "EventInvokeConfigOnSuccessQueue", "AWS::SQS::Queue",         NAME_ID},
    {"AWS::Serverless::Function", "EventInvokeConfigOnFailureQueue", "AWS::SQS::Queue",         NAME_ID},
    {"AWS::Serverless::Function", "EventInvokeConfigOnSuccessTopic", "AWS::SNS::Topic",         NAME_ID},
    {"AWS::Serverless::Function", "EventInvokeConfigOnFailureTopic", "AWS::SNS::Topic",         NAME_ID},
    {"AWS::Serverless::StateMachine", "Role",                        "AWS::IAM::Role",          NAME_ID},
    {"AWS::Serverless::Api",      ".Stage",                          "AWS::ApiGateway::Stage",  NAME_STAGE},
    {"AWS::Serverless::Api",      ".Deployment",                     "AWS::ApiGateway::Deployment", NAME_ID},
    {"AWS::Serverless::HttpApi",  ".Stage",                          "AWS::ApiGatewayV2::Stage", NAME_STAGE},
    {"AWS::Serverless::HttpApi",  "ApiGatewayDefaultStage",          "AWS::ApiGatewayV2::Stage", NAME_STAGE},
};

/* What SAM makes for the events of functions that name no API, and for deployments. */
static const struct {
    const char *id, *type, *name;
} implicit[] = {
    {"ServerlessRestApi",                       "AWS::Serverless::Api",     "ServerlessRestApi"},
    {"ServerlessRestApi.Stage",                 "AWS::ApiGateway::Stage",   "Prod"},
    {"ServerlessRestApiProdStage",              "AWS::ApiGateway::Stage",   "Prod"},
    {"ServerlessHttpApi",                       "AWS::Serverless::HttpApi", "ServerlessHttpApi"},
    {"ServerlessHttpApi.Stage",                 "AWS::ApiGatewayV2::Stage", "$default"},
    {"ServerlessHttpApiApiGatewayDefaultStage", "AWS::ApiGatewayV2::Stage", "$default"},
    {"ServerlessDeploymentApplication", "AWS::CodeDeploy::Application", "ServerlessDeploymentApplication"},
};
/* clang-format on */

static bool is_sam(const struct template_resource *resource)
{
    return strncmp(resource->type, "AWS::Serverless::", 17) == 0;
}

/* The SAM resource with the longest logical id that `id` begins with; NULL for none. */
static struct template_resource *find_owner(struct template_scope *scope, const struct node *at,
                                            const char *id)
{
    struct template_resource *owner = NULL;
    size_t longest = 0;

    if (!template_spend_search(scope, scope->row_count, at))
        return NULL;
    for (size_t i = 0; i < scope->row_count; i++) {
        struct template_resource *row = &scope->rows[i];
        const size_t length = strlen(row->node->key);

        if (!is_sam(row) || length <= longest || strncmp(id, row->node->key, length) != 0)
            continue;
        owner = row;
        longest = length;
    }
    return owner;
}

/* Its own, else that of Globals. */
static const struct node *property_of(const struct template_scope *scope,
                                      const struct template_resource *owner, const char *name)
{
    const struct node *own = node_member(owner->properties, name);

    return own == NULL && owner->kind == RESOURCE_SAM_FUNCTION ? node_member(scope->globals, name)
                                                               : own;
}

/* ---- names ---- */

static const char *stage_of(struct template_scope *scope, const struct template_resource *owner)
{
    const struct node *stage = node_member(owner->properties, "StageName");

    if (stage != NULL)
        return template_resolve_text(scope, stage);
    return strcmp(owner->type, "AWS::Serverless::Api") == 0 ? "Prod" : "$default";
}

/* Of success and failure, the one for which SAM makes a queue or a topic. */
static const char *destination_of(struct template_scope *scope,
                                  const struct template_resource *owner, const char *type)
{
    const bool is_queue = strcmp(type, "AWS::SQS::Queue") == 0;
    const struct node *config =
        node_member(property_of(scope, owner, "EventInvokeConfig"), "DestinationConfig");
    const struct node *failure = node_member(config, "OnFailure");
    const char *failure_type = node_text(node_member(failure, "Type"));
    const struct node *success = node_member(config, "OnSuccess");
    const char *success_type = node_text(node_member(success, "Type"));
    const char *wanted = is_queue ? "SQS" : "SNS";
    const bool is_success = success_type != NULL && strcmp(success_type, wanted) == 0 &&
                            node_member(success, "Destination") == NULL;
    const bool is_failure =
        !is_success && failure_type != NULL && strcmp(failure_type, wanted) == 0;
    const char *const parts[] = {owner->node->key, "EventInvokeConfig",
                                 is_failure ? "OnFailure" : "OnSuccess",
                                 is_queue ? "Queue" : "Topic", NULL};
    const char *name = arena_join(document_arena(scope->document), parts);

    scope->problems->is_out_of_memory |= name == NULL;
    return name;
}

static const char *name_of(struct template_scope *scope, struct template_resource *owner,
                           const struct generated *row, const char *id)
{
    switch (row->name) {
    case NAME_ID:
        return id;
    case NAME_OWNER:
        return template_resource_name(scope, owner);
    case NAME_STAGE:
        return stage_of(scope, owner);
    case NAME_DESTINATION:
        return destination_of(scope, owner, row->type);
    }
    return NULL;
}

/* ---- AutoPublishAlias ---- */

static const struct node *alias_of(struct template_scope *scope, const struct node *at,
                                   struct template_resource *function)
{
    const struct node *alias = property_of(scope, function, "AutoPublishAlias");

    return template_qualified(scope, at, template_resource_name(scope, function),
                              template_resolve_text(scope, alias));
}

static const struct node *version_of(struct template_scope *scope, const struct node *at,
                                     struct template_resource *function, const char *attribute)
{
    const char *name = template_resource_name(scope, function);
    char number[NUMBER_MAX];

    if (name == NULL)
        return NULL;
    const int length =
        snprintf(number, sizeof number, "%u", template_version_count(scope, name) + 1);
    const char *copy = arena_copy(document_arena(scope->document), number, (size_t)length);

    if (copy == NULL) {
        scope->problems->is_out_of_memory = true;
        return NULL;
    }
    return strcmp(attribute, "Version") == 0 ? template_string(scope, copy, at)
                                             : template_qualified(scope, at, name, copy);
}

/* Function.Alias, FunctionAliaslive, Function.Version, FunctionVersionHASH. False when `rest` is another one. */
static bool find_published(struct template_scope *scope, const struct node *at,
                           struct template_resource *function, const char *rest,
                           const char *attribute, const struct node **value)
{
    const bool is_alias = strcmp(rest, ".Alias") == 0 || strncmp(rest, "Alias", 5) == 0;
    const bool is_version = strcmp(rest, ".Version") == 0 || strncmp(rest, "Version", 7) == 0;

    if (function->kind != RESOURCE_SAM_FUNCTION)
        return false;
    if (property_of(scope, function, "AutoPublishAlias") != NULL && (is_alias || is_version)) {
        *value =
            is_alias ? alias_of(scope, at, function) : version_of(scope, at, function, attribute);
        return true;
    }
    if (rest[0] != '.' || (!is_alias && !is_version))
        return false;
    problem_list_add_at(scope->problems, at, "%.*s has no %.*s: set AutoPublishAlias", SHOWN_MAX,
                        function->node->key, SHOWN_MAX, rest + 1);
    *value = NULL;
    return true;
}

/* ---- the rest ---- */

/* ServerlessRestApi and its like. */
static bool find_implicit(struct template_scope *scope, const struct node *at, const char *id,
                          const char *attribute, const struct node **value)
{
    for (size_t i = 0; i < sizeof implicit / sizeof implicit[0]; i++) {
        const struct template_named named = {
            .id = id, .type = implicit[i].type, .name = implicit[i].name};

        if (strcmp(implicit[i].id, id) != 0)
            continue;
        *value = template_named_value(scope, at, &named, attribute);
        return true;
    }
    return false;
}

/* ShopProdStage of Shop is such a row's, too. */
static bool is_row_of(const struct generated *row, const struct template_resource *owner,
                      const char *rest)
{
    const size_t length = strlen(rest);

    if (strcmp(row->owner, owner->type) != 0)
        return false;
    return strcmp(row->rest, rest) == 0 || (strcmp(row->rest, ".Stage") == 0 && rest[0] != '.' &&
                                            length > 5 && strcmp(rest + length - 5, "Stage") == 0);
}

bool template_generated_value(struct template_scope *scope, const struct node *at, const char *id,
                              const char *attribute, const struct node **value)
{
    if (find_implicit(scope, at, id, attribute, value))
        return true;
    struct template_resource *owner = find_owner(scope, at, id);
    const char *rest = owner == NULL ? "" : id + strlen(owner->node->key);
    struct template_named named = {.id = id, .type = "AWS::Serverless", .name = id};

    if (rest[0] == '\0' || (rest[0] != '.' && strchr(rest, '.') != NULL))
        return false;
    if (find_published(scope, at, owner, rest, attribute, value))
        return true;
    for (size_t i = 0; i < sizeof generated / sizeof generated[0]; i++) {
        if (!is_row_of(&generated[i], owner, rest))
            continue;
        named.type = generated[i].type;
        named.name = name_of(scope, owner, &generated[i], id);
        *value = template_named_value(scope, at, &named, attribute);
        return true;
    }
    if (rest[0] == '.')
        return false;
    *value = attribute[0] == '\0'
                 ? template_placeholder(scope, at, id,
                                        "%.*s is not in the template, and may be added by SAM",
                                        SHOWN_MAX, id)
                 : template_named_value(scope, at, &named, attribute);
    return true;
}
