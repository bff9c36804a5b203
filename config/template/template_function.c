/*
 * template_function.c - goes by the properties one by one. Each comes from Metadata.Invoked, else from the resource,
 * else from Globals; the rest of Metadata.Invoked is the function's Local.
 */
#include "config/template/template_function.h"

#include "base/arena.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"

#include <string.h>

/* Properties of a function that Metadata.Invoked may set in the place of the template's; the others are Local's. */
static const char *const overridable[] = {
    "Runtime",
    "Handler",
    "CodeUri",
    "ImageConfig",
    "Description",
    "Timeout",
    "MemorySize",
    "ReservedConcurrentExecutions",
    "Environment",
    "DeadLetterConfig",
    "EventInvokeConfig",
    "LoggingConfig",
    "FunctionUrlConfig",
    "RecursiveLoop",
    "TenancyConfig",
    "Layers",
    NULL,
};

/* They mean the same on both sides. */
static const char *const plain[] = {
    "Description",   "Timeout",       "MemorySize",    "ReservedConcurrentExecutions",
    "LoggingConfig", "RecursiveLoop", "TenancyConfig", NULL,
};

static const struct node *override_or_property(struct template_scope *scope,
                                               const struct template_resource *function,
                                               const char *name)
{
    const struct node *override = template_override(function, name);

    return override != NULL ? override : template_property(scope, function, name);
}

/* ---- how it runs ---- */

/* Metadata.Invoked may say what replaces the template's way as a whole. */
static bool has_own_way(const struct template_resource *function)
{
    static const char *const ways[] = {"Command", "Mock", "ImageConfig"};

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (template_override(function, ways[i]) != NULL)
            return true;
    }
    return false;
}

/* The command of an image goes on to the entry point that Metadata.Invoked gives. */
static void put_own_way(struct template_scope *scope, struct node *to,
                        const struct template_resource *function)
{
    const struct node *image = template_override(function, "ImageConfig");
    const struct node *command = node_member(
        template_as_object(scope, template_property(scope, function, "ImageConfig")), "Command");

    template_put_resolved(scope, to, "Runtime", template_override(function, "Runtime"));
    template_put_resolved(scope, to, "Handler", template_override(function, "Handler"));
    template_put_place(scope, to, "CodeUri", template_override(function, "CodeUri"));
    template_put_resolved(scope, to, "ImageConfig", image);
    if (image != NULL && image->kind == NODE_OBJECT && command != NULL &&
        node_member(image, "Command") == NULL && to->last != NULL &&
        strcmp(to->last->key, "ImageConfig") == 0)
        template_put_resolved(scope, to->last, "Command", command);
}

static void put_text(struct template_scope *scope, struct node *to, const char *key,
                     const char *text, const struct node *origin)
{
    const struct node *value = template_string(scope, text, origin);

    if (value != NULL)
        template_put(scope, to, key, value, origin);
}

static void put_way(struct template_scope *scope, struct node *to,
                    struct template_resource *function)
{
    const struct node *folder = NULL, *place = NULL;
    enum template_code code = CODE_FOLDER;

    if (has_own_way(function)) {
        put_own_way(scope, to, function);
        return;
    }
    const struct node *own = template_override(function, "CodeUri");

    if (own == NULL)
        code = template_find_code(scope, function, &folder, &place);
    if (code == CODE_IMAGE)
        put_text(scope, to, "PackageType", "Image", place == NULL ? function->node : place);
    if (code == CODE_NONE && function->kind == RESOURCE_FUNCTION)
        problem_list_add_at(scope->problems, function->node,
                            "Code is required: the folder with the code");
    if (code == CODE_NONE && function->kind == RESOURCE_SAM_FUNCTION) { /* as `sam` */
        folder =
            template_string(scope, scope->prefix[0] == '\0' ? "." : scope->prefix, function->node);
        code = folder == NULL ? CODE_PROBLEM : CODE_FOLDER;
    }
    if (code != CODE_FOLDER && code != CODE_INLINE)
        return;
    template_put_resolved(scope, to, "Runtime", override_or_property(scope, function, "Runtime"));
    template_put_resolved(scope, to, "Handler", override_or_property(scope, function, "Handler"));
    if (own != NULL)
        template_put_place(scope, to, "CodeUri", own);
    else
        template_put_resolved(scope, to, code == CODE_INLINE ? "InlineCode" : "CodeUri",
                              code == CODE_INLINE ? place : folder);
}

/* ---- the rest ---- */

static void put_events(struct template_scope *scope, struct node *to,
                       const struct template_resource *function)
{
    const bool is_sam = function->kind == RESOURCE_SAM_FUNCTION;
    const struct node *override = template_override(function, "DeadLetterConfig");
    const struct node *queue =
        override != NULL
            ? override
            : template_property(scope, function, is_sam ? "DeadLetterQueue" : "DeadLetterConfig");

    if (queue != NULL)
        template_put_dead_letter(scope, to, queue);
    override = template_override(function, "EventInvokeConfig");
    if (override != NULL)
        template_put_events(scope, to, override, NULL);
    else if (is_sam && template_property(scope, function, "AutoPublishAlias") == NULL) {
        const struct node *events = template_property(scope, function, "EventInvokeConfig");

        if (events != NULL)
            template_put_events(scope, to, events, function->node->key);
    }
}

/* Local with the logical id, where that isn't the name. NULL when it is, or out of memory. */
static struct node *put_logical_id(struct template_scope *scope, struct node *to,
                                   const struct template_resource *function)
{
    const struct node *id = function->node;

    const char *unique = template_unique_id(scope, function, "-");

    if (function->name == NULL || strcmp(function->name, id->key) == 0 || unique != id->key ||
        template_override(function, "LogicalId") != NULL)
        return NULL;
    const struct node *value = template_string(scope, id->key, id);
    struct node *local = value == NULL ? NULL : template_put_object(scope, to, "Local", id);

    if (local != NULL)
        template_put(scope, local, "LogicalId", value, id);
    return local;
}

static void put_local(struct template_scope *scope, struct node *to,
                      const struct template_resource *function)
{
    const struct node *invoked = template_invoked(function);
    struct node *local = put_logical_id(scope, to, function);

    if (invoked == NULL)
        return;
    if (invoked->kind != NODE_OBJECT) {
        problem_list_add_at(scope->problems, invoked, "must be an object (is %s)",
                            node_kind_name(invoked->kind));
        return;
    }
    for (const struct node *member = invoked->first; member != NULL; member = member->next) {
        if (template_is_among(member->key, overridable))
            continue;
        if (local == NULL)
            local = template_put_object(scope, to, "Local", invoked);
        if (local == NULL)
            return;
        if (strcmp(member->key, "EnvFile") == 0)
            template_put_place(scope, local, member->key, member);
        else
            template_put_resolved(scope, local, member->key, member);
    }
}

static void put_all(struct template_scope *scope, struct node *to,
                    struct template_resource *function)
{
    put_way(scope, to, function);
    for (size_t i = 0; plain[i] != NULL; i++)
        template_put_resolved(scope, to, plain[i], override_or_property(scope, function, plain[i]));
    template_put_layers(scope, to, function);
    template_put_environment(scope, to, function);
    put_events(scope, to, function);
    put_local(scope, to, function);
}

/* Two resources of one name would be one function. */
static bool is_taken(struct template_scope *scope, const struct node *functions,
                     const struct template_resource *function)
{
    if (!template_spend_search(scope, functions->count, function->node))
        return true;
    const struct node *twin = node_member(functions, function->name);

    if (twin != NULL)
        problem_list_add_at(scope->problems, function->node,
                            "has the same function name (%.100s) as the resource on line %u: "
                            "set another FunctionName",
                            function->name, twin->line);
    return twin != NULL;
}

bool template_put_function(struct template_scope *scope, struct node *functions,
                           struct template_resource *function)
{
    const size_t problems_before = scope->problems->count;
    struct node *draft = template_put_object(scope, scope->bench, NULL, function->node);

    if (draft == NULL)
        return false;
    const bool has_name = template_resource_name(scope, function) != NULL;

    template_note_ignored(scope, function);
    if (has_name)
        put_all(scope, draft, function);
    if (scope->problems->count == problems_before && !scope->problems->is_out_of_memory &&
        !is_taken(scope, functions, function))
        function->built = template_put(scope, functions, function->name, draft, function->node);
    return !scope->problems->is_out_of_memory;
}
