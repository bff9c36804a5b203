
#include "config/template/template_function.h"

#include "base/arena.h"
#include "base/text_builder.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/nearest_name.h"

#include <string.h>

enum { KNOWN_MAX = 64 /* names that an unknown one is compared with */ };

/* What is read of each kind. */
/* clang-format off */
static const char *const read_of_sam[] = {
    "Runtime", "Handler", "CodeUri", "InlineCode", "ImageUri", "PackageType", "ImageConfig", "FunctionName",
    "Description", "Timeout", "MemorySize", "Environment", "ReservedConcurrentExecutions", "DeadLetterQueue",
    "EventInvokeConfig", "AutoPublishAlias", "LoggingConfig", "FunctionUrlConfig", "RecursiveLoop",
    "TenancyConfig", "Events", "Layers", NULL
};
static const char *const read_of_function[] = {
    "Runtime", "Handler", "Code", "PackageType", "ImageConfig", "FunctionName", "Description", "Timeout",
    "MemorySize", "Environment", "ReservedConcurrentExecutions", "DeadLetterConfig", "LoggingConfig",
    "RecursiveLoop", "TenancyConfig", "Layers", NULL
};
static const char *const read_of_version[] = {"FunctionName", "Description", NULL};
static const char *const read_of_alias[] = {
    "FunctionName", "FunctionVersion", "Name", "Description", "RoutingConfig", NULL
};
static const char *const read_of_events[] = {
    "FunctionName", "Qualifier", "MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig", NULL
};

static const char *const read_of_url[] = {
    "TargetFunctionArn", "Qualifier", "AuthType", "InvokeMode", "Cors", NULL
};

static const char *const *const read_of[] = {
    [RESOURCE_SAM_FUNCTION] = read_of_sam,  [RESOURCE_FUNCTION] = read_of_function,
    [RESOURCE_VERSION] = read_of_version,   [RESOURCE_ALIAS] = read_of_alias,
    [RESOURCE_EVENT_INVOKE_CONFIG] = read_of_events, [RESOURCE_URL] = read_of_url,
};

/* AWS has these, and they decide nothing on one machine. What isn't here may be new. */
static const char *const known[] = {
    "Architectures", "AssumeRolePolicyDocument", "AutoPublishAliasAllProperties", "AutoPublishCodeSha256",
    "CapacityProviderConfig", "CodeSha256", "CodeSigningConfigArn", "DeploymentPreference", "DurableConfig",
    "EphemeralStorage", "FileSystemConfigs", "FunctionScalingConfig", "KmsKeyArn",
    "PermissionsBoundary", "Policies", "PropagateTags", "ProvisionedConcurrencyConfig",
    "PublishToLatestPublished", "Role", "RolePath", "RuntimeManagementConfig", "RuntimePolicy",
    "SnapStart", "SourceKMSKeyArn", "Tags", "Tracing", "TracingConfig", "VersionDeletionPolicy",
    "VersionDescription", "VpcConfig", NULL
};
/* clang-format on */

/* ---- Globals ---- */

static bool is_plain_object(const struct node *node)
{
    return node->kind == NODE_OBJECT && !template_is_call(node);
}

static bool merge(struct template_scope *scope, struct node *parent, const char *key,
                  const struct node *global, const struct node *own);

static bool merge_members(struct template_scope *scope, struct node *object,
                          const struct node *global, const struct node *own)
{
    if (!template_spend_search(scope, 2 * (size_t)global->count * own->count, own))
        return false;
    for (const struct node *member = global->first; member != NULL; member = member->next) {
        const struct node *twin = node_member(own, member->key);

        if (twin == NULL ? template_put(scope, object, member->key, member, member) == NULL
                         : !merge(scope, object, member->key, member, twin))
            return false;
    }
    for (const struct node *member = own->first; member != NULL; member = member->next) {
        if (node_member(global, member->key) == NULL &&
            template_put(scope, object, member->key, member, member) == NULL)
            return false;
    }
    return true;
}

/* Objects member by member, lists one after the other; of anything else the function's own counts. */
static bool merge(struct template_scope *scope, struct node *parent, const char *key,
                  const struct node *global, const struct node *own)
{
    if (is_plain_object(global) && is_plain_object(own)) {
        struct node *object = template_put_object(scope, parent, key, own);

        return object != NULL && merge_members(scope, object, global, own);
    }
    if (global->kind != NODE_ARRAY || own->kind != NODE_ARRAY)
        return template_put(scope, parent, key, own, own) != NULL;
    struct node *list = template_put(scope, parent, key, global, own);

    for (const struct node *element = own->first; list != NULL && element != NULL;
         element = element->next) {
        if (template_put(scope, list, NULL, element, element) == NULL)
            return false;
    }
    return list != NULL;
}

/* IgnoreGlobals: "*" or a list of names. */
static bool is_global_ignored(const struct template_resource *function, const char *name)
{
    const struct node *ignored = node_member(function->node, "IgnoreGlobals");

    if (node_text(ignored) != NULL)
        return strcmp(ignored->text, "*") == 0 || strcmp(ignored->text, name) == 0;
    for (const struct node *one = node_first_element(ignored); one != NULL; one = one->next) {
        if (node_text(one) != NULL && strcmp(one->text, name) == 0)
            return true;
    }
    return false;
}

const struct node *template_property(struct template_scope *scope,
                                     const struct template_resource *function, const char *name)
{
    const struct node *own = node_member(function->properties, name), *global = NULL;

    if (function->kind == RESOURCE_SAM_FUNCTION && !is_global_ignored(function, name))
        global = node_member(scope->globals, name);
    if (own == NULL || global == NULL)
        return own == NULL ? global : own;
    if (!merge(scope, scope->bench, NULL, global, own))
        return NULL;
    return scope->bench->last;
}

/* ---- Metadata ---- */

const struct node *template_metadata(const struct template_resource *function, const char *name)
{
    return node_member(node_member(function->node, "Metadata"), name);
}

const struct node *template_invoked(const struct template_resource *function)
{
    return template_metadata(function, "Invoked");
}

const struct node *template_override(const struct template_resource *function, const char *name)
{
    return node_member(template_invoked(function), name);
}

/* ---- notes ---- */

/* False with a problem when it is a slip of the pen. */
static bool may_be_new(struct template_scope *scope, const struct node *property,
                       const char *const *read)
{
    struct nearest_name nearest;

    if (!template_spend(scope, KNOWN_MAX, property))
        return false;
    nearest_name_init(&nearest, property->key);
    for (size_t i = 0; read[i] != NULL; i++)
        nearest_name_offer(&nearest, read[i]);
    for (size_t i = 0; known[i] != NULL; i++)
        nearest_name_offer(&nearest, known[i]);
    if (nearest.best != NULL)
        problem_list_add_at(scope->problems, property, "unknown property; did you mean %s?",
                            nearest.best);
    return nearest.best == NULL;
}

/* `function` is its name; NULL for what belongs to none. */
static void note_properties(struct template_scope *scope, const char *label, const char *function,
                            const struct node *properties, const char *const *read)
{
    struct text_builder names;
    bool has_names = false;

    text_builder_init(&names, document_arena(scope->document));
    for (const struct node *property = node_first_member(properties); property != NULL;
         property = property->next) {
        if (template_is_among(property->key, read))
            continue;
        if (!template_is_among(property->key, known) && !may_be_new(scope, property, read))
            continue;
        text_builder_add_text(&names, has_names ? ", " : "");
        text_builder_add_text(&names, property->key);
        has_names = true;
        if (function != NULL)
            template_ignore(scope, function, "%s", property->key);
    }
    const char *list = text_builder_end(&names);

    if (list == NULL)
        scope->problems->is_out_of_memory = true;
    else if (has_names)
        template_note(scope, "%.200s: ignored: %s", label, list);
}

void template_note_ignored(struct template_scope *scope, const struct template_resource *resource)
{
    const bool is_function =
        resource->kind == RESOURCE_FUNCTION || resource->kind == RESOURCE_SAM_FUNCTION;

    note_properties(scope, resource->node->key, is_function ? resource->name : NULL,
                    resource->properties, read_of[resource->kind]);
}

void template_note_ignored_globals(struct template_scope *scope)
{
    note_properties(scope, "Globals.Function", NULL, scope->globals, read_of_sam);
}
