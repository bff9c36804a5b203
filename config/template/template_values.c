#include "config/template/template_values.h"

#include "base/arena.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/template/template_calls.h"
#include "config/template/template_scope.h"

#include <limits.h>
#include <string.h>

enum { WORK_MAX = 4000000 };

/* Looking at one member costs so much less than making a value. */
enum { SEARCHED_FOR_ONE = 32 };

const struct node template_no_value = {.kind = NODE_NULL};

bool template_spend(struct template_scope *scope, size_t amount, const struct node *node)
{
    if (scope->work > WORK_MAX)
        return false; /* which has been said */
    scope->work = amount > WORK_MAX - scope->work ? WORK_MAX + 1ul : scope->work + amount;
    if (scope->work <= WORK_MAX)
        return true;
    problem_list_add_at(scope->problems, node,
                        "resolving this template takes too much work; gave up here");
    return false;
}

bool template_spend_search(struct template_scope *scope, size_t count, const struct node *node)
{
    return template_spend(scope, count / SEARCHED_FOR_ONE + 1, node);
}

/* ---- making values ---- */

static struct node *add(struct template_scope *scope, struct node *parent, enum node_kind kind,
                        const char *key, const struct node *origin)
{
    struct node *node = document_add(scope->document, parent, kind, key, origin->line);

    if (node == NULL)
        scope->problems->is_out_of_memory = true;
    else
        node->origin = origin->origin != NULL ? origin->origin : origin;
    return node;
}

static void copy_scalar(struct node *to, const struct node *from)
{
    to->text = from->text;
    to->length = from->length;
    to->number = from->number;
}

struct node *template_put(struct template_scope *scope, struct node *parent, const char *key,
                          const struct node *value, const struct node *origin)
{
    if (!template_spend(scope, 1, origin))
        return NULL;
    struct node *node = add(scope, parent, value->kind, key, origin);

    if (node == NULL)
        return NULL;
    copy_scalar(node, value);
    for (const struct node *child = value->first; child != NULL; child = child->next) {
        if (template_put(scope, node, child->key, child, child) == NULL)
            return NULL;
    }
    return node;
}

struct node *template_put_object(struct template_scope *scope, struct node *parent, const char *key,
                                 const struct node *origin)
{
    return add(scope, parent, NODE_OBJECT, key, origin);
}

const struct node *template_string(struct template_scope *scope, const char *text,
                                   const struct node *origin)
{
    const size_t length = text == NULL ? 0 : strlen(text);

    if (!template_spend(scope, length / 8 + 1, origin))
        return NULL;
    struct node *node = add(scope, scope->bench, NODE_STRING, NULL, origin);

    if (text == NULL || length > UINT_MAX)
        scope->problems->is_out_of_memory = true;
    if (node == NULL || text == NULL || length > UINT_MAX)
        return NULL;
    node->text = text;
    node->length = (unsigned)length;
    return node;
}

struct node *template_list(struct template_scope *scope, const struct node *origin)
{
    return add(scope, scope->bench, NODE_ARRAY, NULL, origin);
}

/* ---- texts ---- */

const char *template_text(struct template_scope *scope, const struct node *value)
{
    const char *text = NULL;

    if (value->kind == NODE_STRING)
        return value->text;
    if (value->kind == NODE_BOOLEAN)
        return value->number != 0 ? "true" : "false";
    if (value->kind != NODE_NUMBER)
        return NULL;
    text = arena_copy(document_arena(scope->document), value->text, value->length);
    scope->problems->is_out_of_memory |= text == NULL;
    return text;
}

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

/* ---- resolving ---- */

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

static bool resolve_into(struct template_scope *scope, struct node *parent,
                         const struct node *source);

/* All of them, so that every problem is found. */
static const struct node *resolve_container(struct template_scope *scope, struct node *parent,
                                            const struct node *source)
{
    struct node *node =
        add(scope, parent, source->kind, parent == scope->bench ? NULL : source->key, source);
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
        value = template_call(scope, source);
    else
        value = resolve_container(scope, scope->bench, source);
    scope->depth--;
    return value;
}
