/*
 * template_resolve.c - resolves values: a container member by member, and {"Fn::something": argument} by a C function
 * for each of CloudFormation's functions.
 *
 * To add a function, add a row to `functions`, and its tag in document_yaml.c.
 */
#include "config/template/template_resolve_internal.h"

#include "base/arena.h"
#include "base/text_builder.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/nearest_name.h"

#include <string.h>

enum { SHOWN_MAX = 100 };

const char *template_value_text(struct template_scope *scope, const struct node *source,
                                const struct node *value)
{
    const char *text = template_text(scope, value);

    if (text == NULL && !scope->problems->is_out_of_memory)
        problem_list_add_at(scope->problems, source, "must be a string (is %s)",
                            value == &template_no_value ? "AWS::NoValue"
                                                        : node_kind_name(value->kind));
    return text;
}

const char *template_resolve_text(struct template_scope *scope, const struct node *source)
{
    const struct node *value = template_resolve(scope, source);

    return value == NULL ? NULL : template_value_text(scope, source, value);
}

bool template_is_call(const struct node *node)
{
    return node->kind == NODE_OBJECT && node->count == 1 &&
           (strcmp(node->first->key, "Ref") == 0 || strncmp(node->first->key, "Fn::", 4) == 0);
}

/* ---- arguments ---- */

const struct node *template_nth(const struct node *list, unsigned index)
{
    const struct node *node = list->first;

    for (; index > 0 && node != NULL; index--)
        node = node->next;
    return node;
}

bool template_is_list(struct template_scope *scope, const struct node *argument, unsigned min,
                      unsigned max, const char *form)
{
    if (argument->kind == NODE_ARRAY && argument->count >= min && argument->count <= max)
        return true;
    problem_list_add_at(scope->problems, argument, "must be %s", form);
    return false;
}

const struct node *template_resolve_list(struct template_scope *scope, const struct node *source)
{
    const struct node *list = template_resolve(scope, source);

    if (list == NULL || list->kind == NODE_ARRAY)
        return list;
    problem_list_add_at(scope->problems, source, "must be a list (is %s)",
                        node_kind_name(list->kind));
    return NULL;
}

const struct node *template_end_text(struct template_scope *scope, struct text_builder *builder,
                                     const struct node *origin)
{
    return template_string(scope, text_builder_end(builder), origin);
}

/* ---- references ---- */

static const struct node *call_ref(struct template_scope *scope, const struct node *argument)
{
    if (argument->kind == NODE_STRING)
        return template_ref(scope, argument, argument->text);
    if (template_is_call(argument)) { /* of AWS::LanguageExtensions */
        const char *name = template_resolve_text(scope, argument);

        return name == NULL ? NULL : template_ref(scope, argument, name);
    }
    problem_list_add_at(scope->problems, argument, "must be a name (is %s)",
                        node_kind_name(argument->kind));
    return NULL;
}

static const struct node *call_get_att(struct template_scope *scope, const struct node *argument)
{
    struct text_builder builder;

    if (argument->kind == NODE_STRING)
        return template_get_att(scope, argument, argument->text);
    if (!template_is_list(scope, argument, 2, 9, "Resource.Attribute or [Resource, Attribute]"))
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

/* ---- which is called ---- */

static const struct node *call_import_value(struct template_scope *scope,
                                            const struct node *argument)
{
    const char *name = template_resolve_text(scope, argument);

    if (name == NULL)
        return NULL;
    return template_placeholder(scope, argument, name,
                                "the export %.*s of another stack is not known", SHOWN_MAX, name);
}

/* A macro, or AWS::Include. What it gives isn't in the template. */
static const struct node *call_transform(struct template_scope *scope, const struct node *argument)
{
    const char *name = node_text(node_member(argument, "Name"));

    problem_list_add_at(scope->warnings, argument, "macro %.*s is not run: what it adds is missing",
                        SHOWN_MAX, name == NULL ? "" : name);
    return &template_no_value;
}

static const struct {
    const char *name;
    const struct node *(*call)(struct template_scope *scope, const struct node *argument);
} functions[] = {
    {"Ref", call_ref},
    {"Fn::GetAtt", call_get_att},
    {"Fn::Sub", template_call_sub},
    {"Fn::Join", template_call_join},
    {"Fn::Split", template_call_split},
    {"Fn::Base64", template_call_base64},
    {"Fn::If", template_call_if},
    {"Fn::FindInMap", template_call_find_in_map},
    {"Fn::Select", template_call_select},
    {"Fn::GetAZs", template_call_get_azs},
    {"Fn::ImportValue", call_import_value},
    {"Fn::Cidr", template_call_cidr},
    {"Fn::Length", template_call_length},
    {"Fn::ToJsonString", template_call_to_json},
    {"Fn::Transform", call_transform},
};

/* AWS knows them in Conditions and Rules. */
static const char *const conditional[] = {
    "Fn::Contains", "Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not", NULL,
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
    if (template_is_among(argument->key, conditional))
        problem_list_add_at(scope->problems, argument, "this function belongs in Conditions");
    else if (nearest.best != NULL)
        problem_list_add_at(scope->problems, argument, "unknown function; did you mean %s?",
                            nearest.best);
    else
        return template_placeholder(scope, argument, argument->key, "%.*s is not known", SHOWN_MAX,
                                    argument->key);
    return NULL;
}

/* A text that was made of a placeholder is one. */
static const struct node *call_and_mark(struct template_scope *scope, const struct node *call)
{
    const unsigned long uses = scope->effort->placeholder_uses;
    const struct node *value = call_function(scope, call);

    if (value != NULL && value == scope->bench->last && scope->effort->placeholder_uses != uses)
        scope->bench->last->is_placeholder = true;
    return value;
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

static bool has_dynamic_reference(const struct node *value)
{
    return value->kind == NODE_STRING && strstr(value->text, "{{resolve:") != NULL;
}

/* Its own value. */
static bool is_plain(const struct node *source)
{
    return source->kind != NODE_OBJECT && source->kind != NODE_ARRAY &&
           !has_dynamic_reference(source);
}

static bool enter(struct template_scope *scope, const struct node *source)
{
    if (!template_spend(scope, 1, source))
        return false;
    if (scope->effort->depth == TEMPLATE_DEPTH_MAX) {
        problem_list_add_at(scope->problems, source,
                            "refers to itself, or its references are nested "
                            "too deeply");
        return false;
    }
    scope->effort->depth++;
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

        scope->effort->depth--;
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

    if (is_plain(source))
        return source;
    if (!enter(scope, source))
        return NULL;
    if (source->kind != NODE_OBJECT && source->kind != NODE_ARRAY)
        value = source;
    else if (template_is_call(source))
        value = call_and_mark(scope, source);
    else
        value = resolve_container(scope, scope->bench, source);
    if (value != NULL && has_dynamic_reference(value))
        value = template_resolve_dynamic(scope, value);
    scope->effort->depth--;
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
