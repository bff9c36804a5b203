/* template_texts.c - the functions that make texts of texts. */
#include "config/template/template_resolve_internal.h"

#include "base/arena.h"
#include "base/base64.h"
#include "base/bytes.h"
#include "base/json/json_string.h"
#include "base/text_builder.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 100 };

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
    const char *begin = at + strspn(at, " \t"), *last = end; /* CloudFormation takes blanks there */

    while (last > begin && (last[-1] == ' ' || last[-1] == '\t'))
        last--;
    const char *name = arena_copy(document_arena(scope->document), begin, (size_t)(last - begin));

    scope->problems->is_out_of_memory |= name == NULL;
    const char *text = name == NULL ? NULL : substitute(scope, template, name, variables);

    if (text == NULL || !template_spend(scope, strlen(text) / 8, template))
        return NULL;
    text_builder_add_text(builder, text);
    return end + 1;
}

const struct node *template_call_sub(struct template_scope *scope, const struct node *argument)
{
    static const char form[] = "a string or [string, {Name: value}]";
    const struct node *template = argument, *variables = NULL;
    struct text_builder builder;

    if (argument->kind == NODE_ARRAY) {
        if (!template_is_list(scope, argument, 1, 2, form))
            return NULL;
        template = argument->first;
        variables = argument->count == 2 ? argument->last : NULL;
    }
    if (template_is_call(template))
        template = template_resolve(scope, template);
    if (template == NULL)
        return NULL;
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
    return template_end_text(scope, &builder, argument);
}

const struct node *template_call_join(struct template_scope *scope, const struct node *argument)
{
    struct text_builder builder;

    if (!template_is_list(scope, argument, 2, 2, "[delimiter, list]"))
        return NULL;
    const char *delimiter = template_resolve_text(scope, argument->first);
    const struct node *list = template_resolve_list(scope, argument->last);

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
    return template_end_text(scope, &builder, argument);
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

const struct node *template_call_split(struct template_scope *scope, const struct node *argument)
{
    if (!template_is_list(scope, argument, 2, 2, "[delimiter, string]"))
        return NULL;
    const char *delimiter = template_resolve_text(scope, argument->first);
    const struct node *value = template_resolve(scope, argument->last);
    const char *text = value == NULL ? NULL : template_value_text(scope, argument->last, value);
    struct node *list = template_list(scope, argument);

    if (delimiter == NULL || text == NULL || list == NULL)
        return NULL;
    if (delimiter[0] == '\0') {
        problem_list_add_at(scope->problems, argument->first, "must not be empty");
        return NULL;
    }
    list->is_placeholder = value->is_placeholder;
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

const struct node *template_call_base64(struct template_scope *scope, const struct node *argument)
{
    const char *text = template_resolve_text(scope, argument);
    char *encoded = text == NULL ? NULL : base64_encode((struct bytes_view){text, strlen(text)});
    const char *copy = encoded == NULL
                           ? NULL
                           : arena_copy(document_arena(scope->document), encoded, strlen(encoded));

    free(encoded);
    return text == NULL ? NULL : template_string(scope, copy, argument);
}

/* ---- JSON ---- */

static bool add_json(struct template_scope *scope, struct bytes **json, const struct node *value);

static bool add_members(struct template_scope *scope, struct bytes **json, const struct node *value)
{
    const bool is_object = value->kind == NODE_OBJECT;
    bool is_added = bytes_append(json, is_object ? "{" : "[", 1);

    for (const struct node *child = value->first; is_added && child != NULL; child = child->next) {
        is_added = child == value->first || bytes_append(json, ",", 1);
        if (is_added && is_object)
            is_added =
                json_string_append(json, (struct bytes_view){child->key, strlen(child->key)}) &&
                bytes_append(json, ":", 1);
        is_added = is_added && add_json(scope, json, child);
    }
    return is_added && bytes_append(json, is_object ? "}" : "]", 1);
}

/* False when out of memory, or above the limit of work. */
static bool add_json(struct template_scope *scope, struct bytes **json, const struct node *value)
{
    const char *word = value->kind == NODE_NULL ? "null" : value->number != 0 ? "true" : "false";

    if (!template_spend(scope, value->length / 8 + 1, value))
        return false;
    switch (value->kind) {
    case NODE_NULL:
    case NODE_BOOLEAN:
        return bytes_append(json, word, strlen(word));
    case NODE_NUMBER:
        return bytes_append(json, value->text, value->length);
    case NODE_STRING:
        return json_string_append(json, (struct bytes_view){value->text, value->length});
    case NODE_ARRAY:
    case NODE_OBJECT:
        break;
    }
    return add_members(scope, json, value);
}

const struct node *template_call_to_json(struct template_scope *scope, const struct node *argument)
{
    const struct node *value = template_resolve(scope, argument);
    struct bytes *json = NULL;
    const char *copy = NULL;

    if (value == NULL)
        return NULL;
    if (value->kind != NODE_OBJECT && value->kind != NODE_ARRAY) {
        problem_list_add_at(scope->problems, argument, "must be an object or a list");
        return NULL;
    }
    if (add_json(scope, &json, value))
        copy = arena_copy(document_arena(scope->document), bytes_view(json).data,
                          bytes_view(json).length);
    bytes_release(json);
    return copy == NULL ? NULL : template_string(scope, copy, argument);
}
