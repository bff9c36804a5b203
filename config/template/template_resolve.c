/*
 * template_resolve.c - resolves values: a container member by member, and {"Fn::something": argument} by a C function
 * for each of CloudFormation's functions.
 *
 * To add a function, add a row to `functions`, and its tag in document_yaml.c.
 */
#include "config/template/template_resolve_internal.h"

#include "base/arena.h"
#include "base/base64.h"
#include "base/text_builder.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/nearest_name.h"

#include <stdlib.h>
#include <string.h>

const char *template_resolve_text(struct template_scope *scope, const struct node *source)
{
    const struct node *value = template_resolve(scope, source);

    if (value == NULL)
        return NULL;
    const char *text = template_text(scope, value);

    if (text == NULL && !scope->problems->is_out_of_memory)
        problem_list_add_at(scope->problems, source, "must be a string (is %s)",
                            value == &template_no_value ? "AWS::NoValue"
                                                        : node_kind_name(value->kind));
    return text;
}

bool template_is_call(const struct node *node)
{
    return node->kind == NODE_OBJECT && node->count == 1 &&
           (strcmp(node->first->key, "Ref") == 0 || strncmp(node->first->key, "Fn::", 4) == 0);
}

/* {{resolve:ssm:...}} is looked up by CloudFormation while it deploys. */
static bool is_plain(struct template_scope *scope, const struct node *source)
{
    if (source->kind != NODE_STRING || strstr(source->text, "{{resolve:") == NULL)
        return true;
    problem_list_add_at(scope->problems, source,
                        "dynamic references ({{resolve:...}}) can't be resolved locally: set a "
                        "value under Metadata.Invoked of the function");
    return false;
}

typedef const struct node *call_fn(struct template_scope *scope, const struct node *argument);

enum { SHOWN_MAX = 100, INDEX_DIGITS_MAX = 6 };

static const struct node *nth(const struct node *list, unsigned index)
{
    const struct node *node = list->first;

    for (; index > 0 && node != NULL; index--)
        node = node->next;
    return node;
}

/* Is the argument a list of that many? Says so when it isn't. */
static bool is_list(struct template_scope *scope, const struct node *argument, unsigned min,
                    unsigned max, const char *form)
{
    if (argument->kind == NODE_ARRAY && argument->count >= min && argument->count <= max)
        return true;
    problem_list_add_at(scope->problems, argument, "must be %s", form);
    return false;
}

/* A resolved list. */
static const struct node *resolve_list(struct template_scope *scope, const struct node *source)
{
    const struct node *list = template_resolve(scope, source);

    if (list == NULL || list->kind == NODE_ARRAY)
        return list;
    problem_list_add_at(scope->problems, source, "must be a list (is %s)",
                        node_kind_name(list->kind));
    return NULL;
}

static const struct node *end_text(struct template_scope *scope, struct text_builder *builder,
                                   const struct node *origin)
{
    return template_string(scope, text_builder_end(builder), origin);
}

/* ---- references ---- */

static const struct node *call_ref(struct template_scope *scope, const struct node *argument)
{
    if (argument->kind == NODE_STRING)
        return template_ref(scope, argument, argument->text);
    problem_list_add_at(scope->problems, argument, "must be a name (is %s)",
                        node_kind_name(argument->kind));
    return NULL;
}

static const struct node *call_get_att(struct template_scope *scope, const struct node *argument)
{
    struct text_builder builder;

    if (argument->kind == NODE_STRING)
        return template_get_att(scope, argument, argument->text);
    if (!is_list(scope, argument, 2, 9, "Resource.Attribute or [Resource, Attribute]"))
        return NULL;
    text_builder_init(&builder, document_arena(scope->document));
    for (const struct node *part = argument->first; part != NULL; part = part->next) {
        const char *text = template_resolve_text(scope, part);

        if (text == NULL)
            return NULL;
        text_builder_add_text(&builder, part == argument->first ? "" : ".");
        text_builder_add_text(&builder, text);
    }
    const char *name = text_builder_end(&builder);

    if (name == NULL)
        scope->problems->is_out_of_memory = true;
    return name == NULL ? NULL : template_get_att(scope, argument, name);
}

/* ---- texts ---- */

/* The value of ${name}. */
static const char *substitute(struct template_scope *scope, const struct node *at, const char *name,
                              const struct node *variables)
{
    const struct node *variable = node_member(variables, name), *value;

    if (variable != NULL)
        return template_resolve_text(scope, variable);
    if (strchr(name, '.') != NULL && strncmp(name, "AWS::", 5) != 0)
        value = template_get_att(scope, at, name);
    else
        value = template_ref(scope, at, name);
    if (value == NULL)
        return NULL;
    const char *text = template_text(scope, value);

    if (text == NULL && !scope->problems->is_out_of_memory)
        problem_list_add_at(
            scope->problems, at, "${%.*s} must be a string (is %s)", SHOWN_MAX, name,
            value == &template_no_value ? "AWS::NoValue" : node_kind_name(value->kind));
    return text;
}

/* `at` is behind "${"; returns behind "}". NULL with a problem. */
static const char *add_substitute(struct template_scope *scope, struct text_builder *builder,
                                  const struct node *template, const char *at,
                                  const struct node *variables)
{
    const char *end = strchr(at, '}');

    if (end == NULL) {
        problem_list_add_at(scope->problems, template, "${ without }");
        return NULL;
    }
    if (*at == '!') {
        text_builder_add_text(builder, "${");
        text_builder_add(builder, at + 1, (size_t)(end - at));
        return end + 1;
    }
    const char *name = arena_copy(document_arena(scope->document), at, (size_t)(end - at));

    scope->problems->is_out_of_memory |= name == NULL;
    const char *text = name == NULL ? NULL : substitute(scope, template, name, variables);

    if (text == NULL || !template_spend(scope, strlen(text) / 8, template))
        return NULL;
    text_builder_add_text(builder, text);
    return end + 1;
}

static const struct node *call_sub(struct template_scope *scope, const struct node *argument)
{
    static const char form[] = "a string or [string, {Name: value}]";
    const struct node *template = argument, *variables = NULL;
    struct text_builder builder;

    if (argument->kind == NODE_ARRAY) {
        if (!is_list(scope, argument, 1, 2, form))
            return NULL;
        template = argument->first;
        variables = argument->count == 2 ? argument->last : NULL;
    }
    if (template->kind != NODE_STRING || (variables != NULL && variables->kind != NODE_OBJECT)) {
        problem_list_add_at(scope->problems, argument, "must be %s", form);
        return NULL;
    }
    text_builder_init(&builder, document_arena(scope->document));
    for (const char *at = template->text; at != NULL && *at != '\0';) {
        const char *next = strstr(at, "${");
        const size_t length = next == NULL ? strlen(at) : (size_t)(next - at);

        text_builder_add(&builder, at, length);
        if (next == NULL)
            break;
        at = add_substitute(scope, &builder, template, next + 2, variables);
        if (at == NULL)
            return NULL;
    }
    return end_text(scope, &builder, argument);
}

static const struct node *call_join(struct template_scope *scope, const struct node *argument)
{
    struct text_builder builder;

    if (!is_list(scope, argument, 2, 2, "[delimiter, list]"))
        return NULL;
    const char *delimiter = template_resolve_text(scope, argument->first);
    const struct node *list = resolve_list(scope, argument->last);

    if (delimiter == NULL || list == NULL)
        return NULL;
    text_builder_init(&builder, document_arena(scope->document));
    for (const struct node *part = list->first; part != NULL; part = part->next) {
        const char *text = template_resolve_text(scope, part);

        if (text == NULL ||
            !template_spend(scope, (strlen(text) + strlen(delimiter)) / 8, argument))
            return NULL;
        text_builder_add_text(&builder, part == list->first ? "" : delimiter);
        text_builder_add_text(&builder, text);
    }
    return end_text(scope, &builder, argument);
}

/* Adds one text to a list. False when out of memory. */
static bool add_element(struct template_scope *scope, struct node *list, const char *text,
                        size_t length, const struct node *origin)
{
    const char *copy = arena_copy(document_arena(scope->document), text, length);
    const struct node *element;

    scope->problems->is_out_of_memory |= copy == NULL;
    element = copy == NULL ? NULL : template_string(scope, copy, origin);
    return element != NULL && template_put(scope, list, NULL, element, origin) != NULL;
}

static const struct node *call_split(struct template_scope *scope, const struct node *argument)
{
    if (!is_list(scope, argument, 2, 2, "[delimiter, string]"))
        return NULL;
    const char *delimiter = template_resolve_text(scope, argument->first);
    const char *text = template_resolve_text(scope, argument->last);
    struct node *list = template_list(scope, argument);

    if (delimiter == NULL || text == NULL || list == NULL)
        return NULL;
    if (delimiter[0] == '\0') {
        problem_list_add_at(scope->problems, argument->first, "must not be empty");
        return NULL;
    }
    for (;;) {
        const char *end = strstr(text, delimiter);
        const size_t length = end == NULL ? strlen(text) : (size_t)(end - text);

        if (!add_element(scope, list, text, length, argument))
            return NULL;
        if (end == NULL)
            return list;
        text = end + strlen(delimiter);
    }
}

static const struct node *call_base64(struct template_scope *scope, const struct node *argument)
{
    const char *text = template_resolve_text(scope, argument);
    char *encoded = text == NULL ? NULL : base64_encode((struct bytes_view){text, strlen(text)});
    const char *copy = encoded == NULL
                           ? NULL
                           : arena_copy(document_arena(scope->document), encoded, strlen(encoded));

    free(encoded);
    return text == NULL ? NULL : template_string(scope, copy, argument);
}

/* ---- choices ---- */

static const struct node *call_if(struct template_scope *scope, const struct node *argument)
{
    if (!is_list(scope, argument, 3, 3, "[condition, value if true, value if false]"))
        return NULL;
    const char *name = node_text(argument->first);

    if (name == NULL) {
        problem_list_add_at(scope->problems, argument->first, "must be the name of a condition");
        return NULL;
    }
    switch (template_condition(scope, argument->first, name)) {
    case CONDITION_TRUE:
        return template_resolve(scope, nth(argument, 1));
    case CONDITION_FALSE:
        return template_resolve(scope, nth(argument, 2));
    case CONDITION_UNKNOWN:
    case CONDITION_BUSY:
    case CONDITION_PROBLEM:
        break;
    }
    return NULL;
}

/* NULL when it can't be resolved or isn't there; the latter is said only when `is_needed`. */
static const struct node *look_up(struct template_scope *scope, const struct node *argument,
                                  bool is_needed)
{
    const struct node *at = scope->mappings;

    for (unsigned i = 0; i < 3; i++) {
        const char *key = template_resolve_text(scope, nth(argument, i));

        if (key == NULL || (at != NULL && !template_spend_search(scope, at->count, argument)))
            return NULL;
        const struct node *next = node_member(at, key);

        if (next == NULL) {
            if (is_needed)
                problem_list_add_at(scope->problems, nth(argument, i), "%s has no %.*s",
                                    i == 0 ? "Mappings" : at->key, SHOWN_MAX, key);
            return NULL;
        }
        at = next;
    }
    return at;
}

static const struct node *call_find_in_map(struct template_scope *scope,
                                           const struct node *argument)
{
    if (!is_list(scope, argument, 3, 4, "[map, first key, second key]"))
        return NULL;
    const struct node *fallback =
        argument->count == 4 ? node_member(argument->last, "DefaultValue") : NULL;
    const struct node *found = look_up(scope, argument, fallback == NULL);

    if (found == NULL && fallback != NULL)
        found = fallback;
    return found == NULL ? NULL : template_resolve(scope, found);
}

static const struct node *call_select(struct template_scope *scope, const struct node *argument)
{
    if (!is_list(scope, argument, 2, 2, "[index, list]"))
        return NULL;
    const char *digits = template_resolve_text(scope, argument->first);
    const struct node *list = resolve_list(scope, argument->last);

    if (digits == NULL || list == NULL)
        return NULL;
    const size_t length = strspn(digits, "0123456789");

    if (length == 0 || length > INDEX_DIGITS_MAX || digits[length] != '\0' ||
        strtoul(digits, NULL, 10) >= list->count) {
        problem_list_add_at(scope->problems, argument,
                            "index %.*s is out of range: the list has %u "
                            "elements",
                            SHOWN_MAX, digits, list->count);
        return NULL;
    }
    return nth(list, (unsigned)strtoul(digits, NULL, 10));
}

static const struct node *call_get_azs(struct template_scope *scope, const struct node *argument)
{
    const char *region = template_resolve_text(scope, argument);
    struct node *list = template_list(scope, argument);

    if (region == NULL || list == NULL)
        return NULL;
    if (region[0] == '\0')
        region = scope->region;
    for (const char *zone = "abc"; *zone != '\0'; zone++) {
        struct text_builder builder;

        text_builder_init(&builder, document_arena(scope->document));
        text_builder_add_text(&builder, region);
        text_builder_add(&builder, zone, 1);
        const struct node *name = end_text(scope, &builder, argument);

        if (name == NULL || template_put(scope, list, NULL, name, argument) == NULL)
            return NULL;
    }
    return list;
}

/* ---- which is called ---- */

static const struct node *call_import_value(struct template_scope *scope,
                                            const struct node *argument)
{
    problem_list_add_at(scope->problems, argument,
                        "exports of other stacks are not available locally: use a parameter and "
                        "pass --parameter NAME=VALUE, or set a value under Metadata.Invoked of "
                        "the function");
    return NULL;
}

static const struct {
    const char *name;
    call_fn *call;
} functions[] = {
    {"Ref", call_ref},
    {"Fn::GetAtt", call_get_att},
    {"Fn::Sub", call_sub},
    {"Fn::Join", call_join},
    {"Fn::Split", call_split},
    {"Fn::Base64", call_base64},
    {"Fn::If", call_if},
    {"Fn::FindInMap", call_find_in_map},
    {"Fn::Select", call_select},
    {"Fn::GetAZs", call_get_azs},
    {"Fn::ImportValue", call_import_value},
};

/* AWS knows them, so nothing else was meant. */
static const char *const not_here[] = {
    "Fn::Cidr",   "Fn::Transform", "Fn::Length", "Fn::ToJsonString", "Fn::ForEach", "Fn::Contains",
    "Fn::Equals", "Fn::And",       "Fn::Or",     "Fn::Not",          NULL,
};

static const struct node *call_function(struct template_scope *scope, const struct node *call)
{
    const struct node *argument = call->first;
    struct nearest_name nearest;

    nearest_name_init(&nearest, argument->key);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (strcmp(functions[i].name, argument->key) == 0)
            return functions[i].call(scope, argument);
        nearest_name_offer(&nearest, functions[i].name);
    }
    if (!template_is_among(argument->key, not_here) && nearest.best != NULL)
        problem_list_add_at(scope->problems, argument, "unknown function; did you mean %s?",
                            nearest.best);
    else
        problem_list_add_at(scope->problems, argument,
                            "this function can't be resolved locally: set a value under "
                            "Metadata.Invoked of the function");
    return NULL;
}

/* ---- values ---- */

static bool resolve_into(struct template_scope *scope, struct node *parent,
                         const struct node *source);

/* All of them, so that every problem is found. */
static const struct node *resolve_container(struct template_scope *scope, struct node *parent,
                                            const struct node *source)
{
    struct node *node = template_add(scope, parent, source->kind,
                                     parent == scope->bench ? NULL : source->key, source);
    bool are_resolved = node != NULL;

    for (const struct node *child = source->first; node != NULL && child != NULL;
         child = child->next)
        are_resolved &= resolve_into(scope, node, child);
    return are_resolved ? node : NULL;
}

static bool enter(struct template_scope *scope, const struct node *source)
{
    if (!template_spend(scope, 1, source))
        return false;
    if (scope->depth == TEMPLATE_DEPTH_MAX) {
        problem_list_add_at(scope->problems, source,
                            "refers to itself, or its references are nested "
                            "too deeply");
        return false;
    }
    scope->depth++;
    return true;
}

static bool resolve_into(struct template_scope *scope, struct node *parent,
                         const struct node *source)
{
    const bool is_container = source->kind == NODE_OBJECT || source->kind == NODE_ARRAY;

    if (is_container && !template_is_call(source)) {
        if (!enter(scope, source))
            return false;
        const bool is_resolved = resolve_container(scope, parent, source) != NULL;

        scope->depth--;
        return is_resolved;
    }
    const struct node *value = template_resolve(scope, source);

    if (value == NULL || value == &template_no_value)
        return value != NULL;
    return template_put(scope, parent, source->key, value, source) != NULL;
}

const struct node *template_resolve(struct template_scope *scope, const struct node *source)
{
    const struct node *value;

    if (source->kind != NODE_OBJECT && source->kind != NODE_ARRAY)
        return is_plain(scope, source) ? source : NULL;
    if (!enter(scope, source))
        return NULL;
    if (template_is_call(source))
        value = call_function(scope, source);
    else
        value = resolve_container(scope, scope->bench, source);
    scope->depth--;
    return value;
}

bool template_put_resolved(struct template_scope *scope, struct node *to, const char *key,
                           const struct node *source)
{
    const struct node *value =
        source == NULL ? &template_no_value : template_resolve(scope, source);

    if (value == NULL || value == &template_no_value)
        return value != NULL;
    return template_put(scope, to, key, value, source) != NULL;
}
