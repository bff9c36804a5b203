
#include "config/template/template_function.h"

#include "base/arena.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN_MAX = 100, NUMBER_MAX = 12 };

/* An object's member that is an object; made, for `origin`, if it isn't there. NULL when out of memory. */
static struct node *member_or_new(struct template_scope *scope, struct node *object,
                                  const char *key, const struct node *origin)
{
    for (struct node *member = object->first; member != NULL; member = member->next) {
        if (strcmp(member->key, key) == 0)
            return member;
    }
    return template_put_object(scope, object, key, origin);
}

static struct node *find_object(struct node *object, const char *key)
{
    for (struct node *member = object == NULL ? NULL : object->first; member != NULL;
         member = member->next) {
        if (strcmp(member->key, key) == 0)
            return member;
    }
    return NULL;
}

static struct template_resource *find_function(struct template_scope *scope, const char *name)
{
    for (size_t i = 0; i < scope->row_count; i++) {
        struct template_resource *row = &scope->rows[i];

        if ((row->kind == RESOURCE_FUNCTION || row->kind == RESOURCE_SAM_FUNCTION) &&
            row->name != NULL && strcmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}

/* What the resource's function has become. NULL when that isn't in the configuration, which is then noted or said. */
static struct node *function_of(struct template_scope *scope, struct template_resource *resource)
{
    const char *name = template_resource_function(scope, resource);

    if (!template_spend_search(scope, scope->row_count, resource->node))
        return NULL;
    const struct template_resource *function = name == NULL ? NULL : find_function(scope, name);

    if (name != NULL && (function == NULL || function->built == NULL))
        template_note(scope, "%.200s: left out, because the function %.100s is not served",
                      resource->node->key, name);
    return function == NULL ? NULL : function->built;
}

static const char *number_text(struct template_scope *scope, unsigned number)
{
    char digits[NUMBER_MAX];
    const int length = snprintf(digits, sizeof digits, "%u", number);
    const char *copy = arena_copy(document_arena(scope->document), digits, (size_t)length);

    scope->problems->is_out_of_memory |= copy == NULL;
    return copy;
}

static struct node *put_version(struct template_scope *scope, struct node *function,
                                unsigned number, const struct node *origin)
{
    struct node *versions = member_or_new(scope, function, "Versions", origin);
    const char *key = number_text(scope, number);

    if (versions == NULL || key == NULL)
        return NULL;
    return template_put_object(scope, versions, key, origin);
}

/* ---- AWS::Lambda::Version ---- */

static void put_version_resource(struct template_scope *scope, struct template_resource *resource)
{
    struct node *function = function_of(scope, resource);
    const unsigned number = function == NULL ? 0 : template_resource_version(scope, resource);
    struct node *version =
        number == 0 ? NULL : put_version(scope, function, number, resource->node);

    if (version != NULL)
        template_put_resolved(scope, version, "Description",
                              node_member(resource->properties, "Description"));
}

/* ---- AutoPublishAlias ---- */

/* SAM gives the events' settings to the alias then. */
static void put_published(struct template_scope *scope, struct template_resource *resource)
{
    const struct node *source = template_property(scope, resource, "AutoPublishAlias");
    const struct node *events = template_property(scope, resource, "EventInvokeConfig");

    if (source == NULL || resource->built == NULL ||
        template_resolve(scope, source) == &template_no_value)
        return;
    const char *name = template_resolve_text(scope, source);
    const unsigned number = template_version_count(scope, resource->name) + 1;

    if (name == NULL || put_version(scope, resource->built, number, source) == NULL)
        return;
    struct node *aliases = member_or_new(scope, resource->built, "Aliases", source);
    struct node *alias = aliases == NULL ? NULL : template_put_object(scope, aliases, name, source);
    const char *text = number_text(scope, number);
    const struct node *value = text == NULL ? NULL : template_string(scope, text, source);

    if (alias == NULL || value == NULL ||
        template_put(scope, alias, "FunctionVersion", value, source) == NULL)
        return;
    if (events != NULL && template_override(resource, "EventInvokeConfig") == NULL)
        template_put_events(scope, alias, events, resource->node->key);
}

/* ---- AWS::Lambda::Alias ---- */

/* A list of {FunctionVersion, FunctionWeight} becomes an object. */
static void put_weights(struct template_scope *scope, struct node *to, const struct node *list)
{
    struct node *weights = template_put_object(scope, to, list->key, list);

    for (const struct node *one = list->first; weights != NULL && one != NULL; one = one->next) {
        const struct node *version = node_member(one, "FunctionVersion");
        const struct node *weight = node_member(one, "FunctionWeight");
        const char *key = version == NULL ? NULL : template_text(scope, version);

        if (!template_spend_search(scope, weights->count, one))
            return;
        if (key == NULL || weight == NULL)
            problem_list_add_at(scope->problems, one, "must be {FunctionVersion, FunctionWeight}");
        else if (node_member(weights, key) != NULL)
            problem_list_add_at(scope->problems, one, "duplicate version %.*s", SHOWN_MAX, key);
        else
            template_put(scope, weights, key, weight, weight);
    }
}

static void put_routing(struct template_scope *scope, struct node *alias, const struct node *source)
{
    const struct node *routing = source == NULL ? NULL : template_resolve(scope, source);
    const struct node *weights = node_member(routing, "AdditionalVersionWeights");

    if (routing == NULL || routing == &template_no_value)
        return;
    if (weights == NULL || weights->kind != NODE_ARRAY) {
        template_put(scope, alias, "RoutingConfig", routing, source);
        return;
    }
    struct node *own = template_put_object(scope, alias, "RoutingConfig", source);

    if (own != NULL)
        put_weights(scope, own, weights);
}

/* One that nobody can know yet is the newest. */
static void put_version_of_alias(struct template_scope *scope, struct node *alias,
                                 const struct template_resource *resource)
{
    const struct node *source = node_member(resource->properties, "FunctionVersion");
    const struct node *value = source == NULL ? NULL : template_resolve(scope, source);

    if (value != NULL && value->is_placeholder) {
        const unsigned count = template_version_count(scope, resource->function);
        const char *number = count == 0 ? "$LATEST" : number_text(scope, count);

        value = number == NULL ? NULL : template_string(scope, number, source);
    }
    if (value != NULL && value != &template_no_value)
        template_put(scope, alias, "FunctionVersion", value, source);
}

static void put_alias_resource(struct template_scope *scope, struct template_resource *resource)
{
    struct node *function = function_of(scope, resource);

    if (function == NULL)
        return;
    if (node_member(resource->properties, "Name") == NULL) {
        problem_list_add_at(scope->problems, resource->node, "Name is required");
        return;
    }
    const char *name = template_resource_name(scope, resource);
    struct node *aliases = member_or_new(scope, function, "Aliases", resource->node);

    if (name == NULL || aliases == NULL)
        return;
    if (node_member(aliases, name) != NULL) {
        problem_list_add_at(scope->problems, resource->node,
                            "the function already has an alias %.*s", SHOWN_MAX, name);
        return;
    }
    struct node *alias = template_put_object(scope, aliases, name, resource->node);

    if (alias == NULL)
        return;
    put_version_of_alias(scope, alias, resource);
    template_put_resolved(scope, alias, "Description",
                          node_member(resource->properties, "Description"));
    put_routing(scope, alias, node_member(resource->properties, "RoutingConfig"));
}

/* ---- AWS::Lambda::EventInvokeConfig ---- */

/* $LATEST, a version or an alias. NULL with a problem. */
static struct node *find_qualified(struct template_scope *scope, struct node *function,
                                   const struct node *qualifier)
{
    const struct node *value = qualifier == NULL ? NULL : template_resolve(scope, qualifier);
    const char *name = qualifier == NULL ? "$LATEST"
                       : value == NULL   ? NULL
                                         : template_value_text(scope, qualifier, value);

    if (name == NULL)
        return NULL;
    if (strcmp(name, "$LATEST") == 0)
        return function;
    struct node *found = find_object(find_object(function, "Versions"), name);

    if (found == NULL)
        found = find_object(find_object(function, "Aliases"), name);
    if (found == NULL && value->is_placeholder)
        problem_list_add_at(scope->warnings, qualifier,
                            "is not known, so these settings count for no invocation");
    else if (found == NULL)
        problem_list_add_at(scope->problems, qualifier, "the function has no version or alias %.*s",
                            SHOWN_MAX, name);
    return found;
}

static void put_events_resource(struct template_scope *scope, struct template_resource *resource)
{
    struct node *function = function_of(scope, resource);
    struct node *place =
        function == NULL
            ? NULL
            : find_qualified(scope, function, node_member(resource->properties, "Qualifier"));

    if (place == NULL)
        return;
    if (node_member(place, "EventInvokeConfig") != NULL)
        problem_list_add_at(scope->problems, resource->node,
                            "duplicate EventInvokeConfig for this function and qualifier");
    else
        template_put_events(scope, place, resource->properties, NULL);
}

/* ---- URLs ---- */

/* SAM gives the URL to the alias that it publishes. */
static void put_url(struct template_scope *scope, struct template_resource *resource)
{
    const struct node *override = template_override(resource, "FunctionUrlConfig");
    const struct node *alias = template_property(scope, resource, "AutoPublishAlias");
    const struct node *source = override;
    struct node *place = resource->built;

    if (source == NULL && resource->kind == RESOURCE_SAM_FUNCTION)
        source = template_property(scope, resource, "FunctionUrlConfig");
    if (source == NULL || place == NULL)
        return;
    if (override == NULL && alias != NULL && template_resolve(scope, alias) != &template_no_value) {
        const char *name = template_resolve_text(scope, alias);

        place = name == NULL ? NULL : find_object(find_object(place, "Aliases"), name);
    }
    if (place != NULL)
        template_put_resolved(scope, place, "FunctionUrlConfig", source);
}

static void put_url_resource(struct template_scope *scope, struct template_resource *resource)
{
    static const char *const read[] = {"AuthType", "InvokeMode", "Cors"};
    struct node *function = function_of(scope, resource);
    struct node *place =
        function == NULL
            ? NULL
            : find_qualified(scope, function, node_member(resource->properties, "Qualifier"));

    if (place == NULL)
        return;
    if (node_member(place, "FunctionUrlConfig") != NULL) {
        problem_list_add_at(scope->problems, resource->node,
                            "duplicate URL for this function and qualifier");
        return;
    }
    struct node *url = template_put_object(scope, place, "FunctionUrlConfig", resource->node);

    for (size_t i = 0; url != NULL && i < sizeof read / sizeof read[0]; i++)
        template_put_resolved(scope, url, read[i], node_member(resource->properties, read[i]));
}

/* ---- all ---- */

/* Later kinds refer to earlier ones. */
static const struct {
    void (*put)(struct template_scope *scope, struct template_resource *resource);
    enum resource_kind kind;
    bool has_notes; /* what is ignored of a function has been noted with it */
} passes[] = {
    {put_version_resource, RESOURCE_VERSION, true},
    {put_published, RESOURCE_SAM_FUNCTION, false},
    {put_alias_resource, RESOURCE_ALIAS, true},
    {put_events_resource, RESOURCE_EVENT_INVOKE_CONFIG, true},
    {put_url, RESOURCE_SAM_FUNCTION, false},
    {put_url, RESOURCE_FUNCTION, false},
    {put_url_resource, RESOURCE_URL, true},
};

bool template_put_versions(struct template_scope *scope)
{
    for (size_t pass = 0; pass < sizeof passes / sizeof passes[0]; pass++) {
        for (size_t i = 0; i < scope->row_count; i++) {
            struct template_resource *row = &scope->rows[i];

            if (row->kind != passes[pass].kind ||
                template_resource_exists(scope, row) != CONDITION_TRUE)
                continue;
            if (passes[pass].has_notes)
                template_note_ignored(scope, row);
            passes[pass].put(scope, row);
        }
    }
    return !scope->problems->is_out_of_memory;
}
