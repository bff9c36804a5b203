#include "config/template/template_scope.h"

#include "base/arena.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WORK_MAX = 4000000, NOTE_MAX = 4096, IGNORED_MAX = 256 };

/* Looking at one member costs so much less than making a value. */
enum { SEARCHED_FOR_ONE = 32 };

const struct node template_no_value = {.kind = NODE_NULL};

bool template_spend(struct template_scope *scope, size_t amount, const struct node *node)
{
    if (scope->effort->work > WORK_MAX)
        return false; /* which has been said */
    scope->effort->work =
        amount > WORK_MAX - scope->effort->work ? WORK_MAX + 1ul : scope->effort->work + amount;
    if (scope->effort->work <= WORK_MAX)
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

struct node *template_add(struct template_scope *scope, struct node *parent, enum node_kind kind,
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
    to->is_placeholder = from->is_placeholder;
}

struct node *template_put(struct template_scope *scope, struct node *parent, const char *key,
                          const struct node *value, const struct node *origin)
{
    if (!template_spend(scope, 1, origin))
        return NULL;
    struct node *node = template_add(scope, parent, value->kind, key, origin);

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
    return template_add(scope, parent, NODE_OBJECT, key, origin);
}

const struct node *template_string(struct template_scope *scope, const char *text,
                                   const struct node *origin)
{
    const size_t length = text == NULL ? 0 : strlen(text);

    if (!template_spend(scope, length / 8 + 1, origin))
        return NULL;
    struct node *node = template_add(scope, scope->bench, NODE_STRING, NULL, origin);

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
    return template_add(scope, scope->bench, NODE_ARRAY, NULL, origin);
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

/* ---- the rest ---- */

/* It goes to a terminal. */
static void hide_controls(char *text)
{
    for (char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    }
}

void template_ignore(struct template_scope *scope, const char *function, const char *format, ...)
{
    char what[IGNORED_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    hide_controls(what);
    if (!document_add_ignored(scope->document, function, what))
        scope->problems->is_out_of_memory = true;
}

void template_note(struct template_scope *scope, const char *format, ...)
{
    char note[NOTE_MAX];
    va_list arguments;
    const int used = snprintf(note, sizeof note, "%.1000s: ", scope->path);

    va_start(arguments, format);
    (void)vsnprintf(note + used, sizeof note - (size_t)used, format, arguments);
    va_end(arguments);
    hide_controls(note);
    if (!document_add_note(scope->document, note))
        scope->problems->is_out_of_memory = true;
}

bool template_is_own_transform(const struct node *transform)
{
    static const char *const own[] = {"AWS::Serverless-2016-10-31", "AWS::LanguageExtensions",
                                      NULL};

    return node_text(transform) != NULL && template_is_among(transform->text, own);
}

bool template_is_among(const char *name, const char *const *list)
{
    while (*list != NULL && strcmp(*list, name) != 0)
        list++;
    return *list != NULL;
}
