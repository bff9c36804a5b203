#include "config/template/template_loops.h"

#include "base/arena.h"
#include "base/text_builder.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/template/template_resolve.h"

#include <string.h>

static const char prefix[] = "Fn::ForEach::";

/* A copy is a node; a template may hold as many of them as it may spend work. */
enum { LOOP_PARTS = 3, COPY_COST = 4 };

/* The identifiers of the loops around a node, with their values. */
struct binding {
    const char *name, *value;
    const struct binding *outer; /* NULL for none */
};

static bool is_loop(const struct node *node)
{
    return node->key != NULL && strncmp(node->key, prefix, strlen(prefix)) == 0;
}

static bool has_loop(const struct node *node)
{
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (is_loop(child) || has_loop(child))
            return true;
    }
    return false;
}

/* ---- identifiers ---- */

static const char *value_of(const struct binding *bindings, const char *name, size_t length)
{
    for (; bindings != NULL; bindings = bindings->outer) {
        if (strlen(bindings->name) == length && strncmp(bindings->name, name, length) == 0)
            return bindings->value;
    }
    return NULL;
}

/* "${Name}" and "&{Name}" of identifiers become their values. NULL when out of memory or above the limit of work. */
static const char *substitute(struct template_scope *scope, const struct node *at, const char *text,
                              const struct binding *bindings)
{
    struct text_builder builder;

    if (bindings == NULL || strchr(text, '{') == NULL)
        return text;
    text_builder_init(&builder, document_arena(scope->document));
    while (*text != '\0') {
        const bool is_open = (*text == '$' || *text == '&') && text[1] == '{';
        const size_t length = is_open ? strcspn(text + 2, "}") : 0;
        const char *value =
            is_open && text[2 + length] == '}' ? value_of(bindings, text + 2, length) : NULL;

        text_builder_add(&builder, value == NULL ? text : value, value == NULL ? 1 : strlen(value));
        text += value == NULL ? 1 : length + 3;
    }
    const char *whole = text_builder_end(&builder);

    scope->problems->is_out_of_memory |= whole == NULL;
    return whole != NULL && template_spend(scope, builder.length / 8, at) ? whole : NULL;
}

/* {"Ref": Name} of an identifier: its value. NULL when it is something else. */
static const char *value_of_ref(const struct node *node, const struct binding *bindings)
{
    const char *name =
        node->count == 1 && node->kind == NODE_OBJECT && strcmp(node->first->key, "Ref") == 0
            ? node_text(node->first)
            : NULL;

    return name == NULL ? NULL : value_of(bindings, name, strlen(name));
}

/* ---- copies ---- */

static bool copy(struct template_scope *scope, struct node *parent, const struct node *source,
                 const struct binding *bindings);

static bool copy_loop(struct template_scope *scope, struct node *parent, const struct node *loop,
                      const struct binding *bindings);

static bool copy_children(struct template_scope *scope, struct node *to, const struct node *source,
                          const struct binding *bindings)
{
    for (const struct node *child = source->first; child != NULL; child = child->next) {
        if (!(is_loop(child) ? copy_loop(scope, to, child, bindings)
                             : copy(scope, to, child, bindings)))
            return false;
    }
    return true;
}

static bool set_text(struct node *node, const char *text)
{
    node->text = text;
    node->length = text == NULL ? 0 : (unsigned)strlen(text);
    return text != NULL;
}

static bool copy(struct template_scope *scope, struct node *parent, const struct node *source,
                 const struct binding *bindings)
{
    const char *value = value_of_ref(source, bindings);
    const char *key = source->key == NULL ? NULL : substitute(scope, source, source->key, bindings);

    if (!template_spend(scope, COPY_COST, source) || (source->key != NULL && key == NULL))
        return false;
    struct node *node = template_add(scope, parent, value == NULL ? source->kind : NODE_STRING,
                                     parent->kind == NODE_OBJECT ? key : NULL, source);

    if (node == NULL)
        return false;
    if (value != NULL)
        return set_text(node, value);
    node->text = source->text;
    node->length = source->length;
    node->number = source->number;
    if (source->kind == NODE_STRING)
        return set_text(node, substitute(scope, source, source->text, bindings));
    return copy_children(scope, node, source, bindings);
}

/* ---- loops ---- */

static bool refuse(struct template_scope *scope, const struct node *loop)
{
    problem_list_add_at(scope->problems, loop,
                        "must be [identifier, collection, {key: value}] with an object around it");
    return false;
}

static bool repeat(struct template_scope *scope, struct node *parent, const struct node *loop,
                   const struct node *element, const struct binding *outer)
{
    const struct binding own = {
        .name = loop->first->text, .value = template_text(scope, element), .outer = outer};

    if (own.value != NULL)
        return copy_children(scope, parent, loop->last, &own);
    if (!scope->problems->is_out_of_memory)
        problem_list_add_at(scope->problems, loop, "the collection must be a list of strings");
    return false;
}

static bool copy_loop(struct template_scope *scope, struct node *parent, const struct node *loop,
                      const struct binding *bindings)
{
    const bool has_parts = loop->kind == NODE_ARRAY && loop->count == LOOP_PARTS;

    if (!has_parts || node_text(loop->first) == NULL || loop->last->kind != NODE_OBJECT ||
        parent->kind != NODE_OBJECT)
        return refuse(scope, loop);
    if (!copy(scope, scope->bench, loop->first->next, bindings))
        return false;
    const struct node *collection = template_resolve(scope, scope->bench->last);

    if (collection == NULL)
        return false;
    if (collection->kind != NODE_ARRAY)
        return refuse(scope, loop);
    for (const struct node *one = collection->first; one != NULL; one = one->next) {
        if (!repeat(scope, parent, loop, one, bindings))
            return false;
    }
    return true;
}

const struct node *template_write_out(struct template_scope *scope, const struct node *section)
{
    const struct node *before = scope->bench->last;

    if (!has_loop(section))
        return section;
    if (!copy(scope, scope->bench, section, NULL))
        return NULL;
    return before == NULL ? scope->bench->first : before->next;
}
