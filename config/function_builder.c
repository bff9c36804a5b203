/* function_builder.c - a function with its versions and aliases. */
#include "config/config_builder.h"

#include "base/arena.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/ignored_parts.h"
#include "config/function_url.h"
#include "config/names/name_rules.h"
#include "config/settings/function_settings.h"

#include <string.h>

/* More than one weight is a problem already; the first ones are looked at all the same. */
enum { WEIGHTS_TOLD_MAX = 10 };

static bool is_object(struct config_builder *builder, const struct node *node)
{
    if (node->kind == NODE_OBJECT)
        return true;
    problem_list_add_at(builder->problems, node, "must be an object (is %s)",
                        node_kind_name(node->kind));
    return false;
}

/* The first of Versions or Aliases; NULL for none, and for more than the table allows. */
static const struct node *first_named(const struct node *node)
{
    return node != NULL && node->count <= SETTING_LIST_MAX ? node_first_member(node) : NULL;
}

/* ---- versions ---- */

/* A version that says how it runs is not also run as $LATEST is. */
static void drop_inherited_ways(struct setting_value *values, const struct node *version)
{
    static const enum function_slot ways[] = {SLOT_RUNTIME, SLOT_IMAGE_CONFIG, SLOT_COMMAND};
    bool is_own[3], has_own = false;

    for (size_t i = 0; i < 3; i++) {
        const struct node *way = values[ways[i]].node;

        is_own[i] = way != NULL && (way->parent == version || way->parent->parent == version);
        has_own = has_own || is_own[i];
    }
    for (size_t i = 0; has_own && i < 3; i++) {
        if (!is_own[i])
            values[ways[i]].node = NULL;
    }
}

static const struct function_version *build_override(struct config_builder *builder,
                                                     const struct function *function,
                                                     const struct setting_value *latest,
                                                     const struct node *node)
{
    struct setting_value values[FUNCTION_SLOT_COUNT];

    if (!is_version_number(node->key))
        problem_list_add_at(builder->problems, node,
                            "version numbers must be positive integers without leading zeros");
    if (!is_object(builder, node))
        return NULL;
    memcpy(values, latest, sizeof values);
    setting_read(&version_settings, node, values, builder->problems);
    drop_inherited_ways(values, node);
    return version_build(builder, function, node->key, values, node);
}

static void build_versions(struct config_builder *builder, struct function *function,
                           const struct setting_value *values)
{
    const struct node *versions = values[SLOT_VERSIONS].node;
    const struct function_version **built = arena_take_array(
        builder->arena, versions == NULL ? 1 : versions->count + 1u, sizeof *built);

    function->versions = built;
    if (built == NULL)
        return;
    for (const struct node *node = first_named(versions); node != NULL; node = node->next) {
        const struct function_version *version = build_override(builder, function, values, node);

        if (version != NULL)
            built[function->version_count++] = version;
    }
}

/* ---- aliases ---- */

static const struct function_version *find_version(const struct function *function,
                                                   const char *name)
{
    for (size_t i = 0; i < function->version_count; i++) {
        if (strcmp(function->versions[i]->version, name) == 0)
            return function->versions[i];
    }
    return NULL;
}

static const struct function_version *build_target(struct config_builder *builder,
                                                   const struct function *function,
                                                   const struct node *alias,
                                                   const struct node *target)
{
    const char *name = node_text(target);

    if (target == NULL)
        problem_list_add_at(builder->problems, alias,
                            "FunctionVersion is required: the version that the alias points to");
    if (name == NULL)
        return NULL;
    const struct function_version *version =
        strcmp(name, "$LATEST") == 0 ? function->latest : find_version(function, name);

    if (version == NULL)
        problem_list_add_at(builder->problems, target,
                            "no version %.100s is defined under Versions", name);
    return version;
}

/* Weights have been checked by the table; here is what concerns versions. */
static void build_routing(struct config_builder *builder, const struct function *function,
                          struct function_alias *alias, const struct node *target,
                          const struct node *weights)
{
    const struct node *weight = node_first_member(weights);

    if (weight == NULL)
        return;
    if (node_text(target) != NULL && strcmp(target->text, "$LATEST") == 0)
        problem_list_add_at(
            builder->problems, target,
            "$LATEST is not supported for an alias pointing to more than 1 version");
    for (; weight != NULL && weight->index < WEIGHTS_TOLD_MAX; weight = weight->next) {
        alias->additional_version = find_version(function, weight->key);
        alias->additional_weight = weight->number;
        if (strcmp(weight->key, "$LATEST") == 0)
            problem_list_add_at(
                builder->problems, weight,
                "$LATEST is not supported for an alias pointing to more than 1 version");
        else if (node_text(target) != NULL && strcmp(target->text, weight->key) == 0)
            problem_list_add_at(
                builder->problems, weight,
                "Invalid function version %.100s. Function version %.100s is already included in "
                "routing configuration.",
                weight->key, weight->key);
        else if (alias->additional_version == NULL)
            problem_list_add_at(builder->problems, weight,
                                "no such version is defined under Versions");
    }
}

static const struct function_alias *build_alias(struct config_builder *builder,
                                                const struct function *function,
                                                const struct node *node)
{
    struct setting_value values[ALIAS_SLOT_COUNT];
    struct function_alias *alias = arena_take(builder->arena, sizeof *alias);

    if (alias == NULL)
        return NULL;
    if (!is_alias_name(node->key))
        problem_list_add_at(
            builder->problems, node,
            "alias names must be 1 to 128 characters of a-z, A-Z, 0-9, - and _, and not a number");
    if (!is_object(builder, node))
        return NULL;
    setting_init(&alias_settings, values);
    setting_read(&alias_settings, node, values, builder->problems);
    const struct node *target = values[SLOT_FUNCTION_VERSION].node;
    const struct node *events = values[SLOT_ALIAS_EVENT_INVOKE_CONFIG].node;

    alias->name = arena_copy(builder->arena, node->key, strlen(node->key));
    alias->version = build_target(builder, function, node, target);
    build_routing(builder, function, alias, target,
                  node_member(values[SLOT_ROUTING_CONFIG].node, "AdditionalVersionWeights"));
    if (events != NULL)
        alias->event_invoke_config = event_invoke_config_build(builder, function, events);
    if (alias->name != NULL)
        alias->url =
            function_url_build(builder, function, alias->name, values[SLOT_ALIAS_URL].node);
    return alias;
}

static void build_aliases(struct config_builder *builder, struct function *function,
                          const struct node *aliases)
{
    const struct function_alias **built =
        arena_take_array(builder->arena, aliases == NULL ? 1 : aliases->count + 1u, sizeof *built);

    function->aliases = built;
    if (built == NULL)
        return;
    for (const struct node *node = first_named(aliases); node != NULL; node = node->next) {
        const struct function_alias *alias = build_alias(builder, function, node);

        if (alias != NULL)
            built[function->alias_count++] = alias;
    }
}

/* ---- the function ---- */

static bool is_text(const struct setting_value *value, const char *wanted)
{
    const char *text = setting_text(value);

    return text != NULL && strcmp(text, wanted) == 0;
}

const struct function *function_build(struct config_builder *builder, const struct node *node)
{
    struct setting_value values[FUNCTION_SLOT_COUNT];
    struct function *function = arena_take(builder->arena, sizeof *function);

    if (!is_function_name(node->key))
        problem_list_add_at(builder->problems, node,
                            "function names must be 1 to 64 characters of a-z, A-Z, 0-9, - and _");
    if (!is_object(builder, node) || function == NULL)
        return NULL;
    function->name = arena_copy(builder->arena, node->key, strlen(node->key));
    if (function->name == NULL)
        return NULL;
    setting_init(&function_settings, values);
    setting_read(&function_settings, node, values, builder->problems);
    const char *logical_id = setting_text(&values[SLOT_LOGICAL_ID]);

    if (logical_id != NULL)
        function->logical_id = arena_copy(builder->arena, logical_id, strlen(logical_id));
    function->reserved_concurrency = CONCURRENCY_UNRESERVED;
    if (values[SLOT_RESERVED_CONCURRENT_EXECUTIONS].node != NULL)
        function->reserved_concurrency =
            (int)setting_unsigned(&values[SLOT_RESERVED_CONCURRENT_EXECUTIONS]);
    function->allows_recursion = is_text(&values[SLOT_RECURSIVE_LOOP], "Allow");
    function->isolates_tenants = values[SLOT_TENANCY_CONFIG].node != NULL;
    if (function->isolates_tenants && values[SLOT_URL].node != NULL)
        problem_list_add_at(
            builder->problems, values[SLOT_URL].node,
            "Function URL is not supported for functions enabled with tenancy configuration: "
            "remove it or TenancyConfig");
    function->latest = version_build(builder, function, "$LATEST", values, node);
    build_versions(builder, function, values);
    build_aliases(builder, function, values[SLOT_ALIASES].node);
    function->url = function_url_build(builder, function, "", values[SLOT_URL].node);
    function->ignored.items = builder->no_items;
    ignored_parts_find(builder->ignored_parts, builder->arena, function->name, &function->ignored);
    if (function->ignored.count == 0 && function->logical_id != NULL)
        ignored_parts_find(builder->ignored_parts, builder->arena, function->logical_id,
                           &function->ignored);
    return arena_is_exhausted(builder->arena) ? NULL : function;
}
