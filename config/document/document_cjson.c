/* document_cjson.c - documents out of cJSON's values and back. */
#include "config/document/document.h"

#include "base/arena.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static bool add_number(struct document *document, struct node *node, double number)
{
    char spelled[32];
    const int length = snprintf(spelled, sizeof spelled, "%.15g", number);

    node->number = number;
    node->text = arena_copy(document_arena(document), spelled, (size_t)length);
    node->length = (unsigned)length;
    return node->text != NULL;
}

static bool add_text(struct document *document, struct node *node, const char *text)
{
    const size_t length = text == NULL ? 0 : strlen(text);

    if (length > UINT_MAX)
        return false;
    node->text = arena_copy(document_arena(document), text, length);
    node->length = (unsigned)length;
    return node->text != NULL;
}

static enum node_kind kind_of(const cJSON *item)
{
    if (cJSON_IsObject(item))
        return NODE_OBJECT;
    if (cJSON_IsArray(item))
        return NODE_ARRAY;
    if (cJSON_IsString(item))
        return NODE_STRING;
    if (cJSON_IsNumber(item))
        return NODE_NUMBER;
    return cJSON_IsBool(item) ? NODE_BOOLEAN : NODE_NULL;
}

static struct node *add(struct document *document, struct node *parent, const char *key,
                        const cJSON *item, unsigned depth)
{
    const char *own_key =
        key == NULL ? NULL : arena_copy(document_arena(document), key, strlen(key));

    if (depth > DOCUMENT_DEPTH_MAX || (key != NULL && own_key == NULL))
        return NULL;
    struct node *node = document_add(document, parent, kind_of(item), own_key, 0);

    if (node == NULL)
        return NULL;
    if (node->kind == NODE_NUMBER && !add_number(document, node, item->valuedouble))
        return NULL;
    if (node->kind == NODE_STRING && !add_text(document, node, item->valuestring))
        return NULL;
    if (node->kind == NODE_BOOLEAN)
        node->number = cJSON_IsTrue(item) ? 1 : 0;
    for (const cJSON *child = item->child; child != NULL; child = child->next) {
        if (add(document, node, node->kind == NODE_OBJECT ? child->string : NULL, child,
                depth + 1) == NULL)
            return NULL;
    }
    return node;
}

struct node *document_add_cjson(struct document *document, struct node *parent, const char *key,
                                const cJSON *item)
{
    return add(document, parent, key, item, 0);
}

/* cJSON keeps a whole number beside the double, cut to the range of int. */
static int whole_part(double number)
{
    if (number >= INT_MAX)
        return INT_MAX;
    if (number <= (double)INT_MIN)
        return INT_MIN;
    return (int)number;
}

static int cjson_type(const struct node *node)
{
    switch (node->kind) {
    case NODE_NULL:
        return cJSON_NULL;
    case NODE_BOOLEAN:
        return node->number != 0 ? cJSON_True : cJSON_False;
    case NODE_NUMBER:
        return cJSON_Number;
    case NODE_STRING:
        return cJSON_String;
    case NODE_ARRAY:
        return cJSON_Array;
    case NODE_OBJECT:
        return cJSON_Object;
    }
    return cJSON_Invalid;
}

/* As cJSON links them: the first child's `prev` is the last one. */
static bool add_children(cJSON *item, const struct node *node, struct arena *arena)
{
    cJSON *last = NULL;

    for (const struct node *child = node->first; child != NULL; child = child->next) {
        cJSON *added = node_to_cjson(child, arena);

        if (added == NULL)
            return false;
        if (last == NULL)
            item->child = added;
        else
            last->next = added;
        added->prev = last;
        last = added;
    }
    if (item->child != NULL)
        item->child->prev = last;
    return true;
}

cJSON *node_to_cjson(const struct node *node, struct arena *arena)
{
    cJSON *item = arena_take(arena, sizeof *item);

    if (item == NULL)
        return NULL;
    item->type = cjson_type(node);
    if (node->kind == NODE_STRING)
        item->valuestring = arena_copy(arena, node->text, node->length);
    if (node->kind == NODE_NUMBER) {
        item->valuedouble = node->number;
        item->valueint = whole_part(node->number);
        item->valuestring = arena_copy(arena, node->text, node->length);
    }
    if (node->key != NULL)
        item->string = arena_copy(arena, node->key, strlen(node->key));
    if (!add_children(item, node, arena) || arena_is_exhausted(arena))
        return NULL;
    return item;
}
