#include "runtime/canned/event_value.h"

#include "base/json/json_walk.h"

#include <stdlib.h>

void event_value_init(struct event_value *value, struct bytes_view text)
{
    *value = (struct event_value){.text = json_walk_value(text)};
}

void event_value_clear(struct event_value *value)
{
    for (size_t i = 0; i < value->child_count; i++)
        event_value_clear(&value->children[i]);
    free(value->children);
    *value = (struct event_value){.text = value->text};
}

static bool add_child(struct event_value *value, size_t *capacity, const struct json_walk *walk)
{
    if (value->child_count == *capacity) {
        const size_t larger = *capacity == 0 ? 8 : *capacity * 2;
        struct event_value *children =
            reallocarray(value->children, larger, sizeof *value->children);

        if (children == NULL)
            return false;
        value->children = children;
        *capacity = larger;
    }
    value->children[value->child_count++] =
        (struct event_value){.key = walk->key, .text = walk->value};
    return true;
}

/* Of the same key the later one comes later. */
static int by_key(const void *left, const void *right)
{
    const struct event_value *a = left, *b = right;
    const int order = json_walk_compare_strings(a->key, b->key);

    return order != 0 ? order : (a->text.data > b->text.data) - (a->text.data < b->text.data);
}

static void sort_members(struct event_value *object)
{
    size_t kept = 0;

    if (object->child_count == 0)
        return;
    qsort(object->children, object->child_count, sizeof *object->children, by_key);
    for (size_t i = 1; i < object->child_count; i++) {
        if (json_walk_compare_strings(object->children[kept].key, object->children[i].key) != 0)
            kept++;
        object->children[kept] = object->children[i];
    }
    object->child_count = kept + 1;
}

bool event_value_open(struct event_value *value)
{
    struct json_walk walk;
    size_t capacity = 0;

    if (value->has_children)
        return true;
    json_walk_begin(&walk, value->text);
    while (json_walk_next(&walk)) {
        if (!add_child(value, &capacity, &walk)) {
            event_value_clear(value);
            return false;
        }
    }
    if (walk.is_object)
        sort_members(value);
    value->has_children = true;
    return true;
}

struct event_value *event_value_member(struct event_value *object, const char *name)
{
    size_t begin = 0, end = object->child_count;

    while (begin < end) {
        const size_t middle = begin + (end - begin) / 2;
        const int order = json_walk_compare_string(object->children[middle].key, name);

        if (order == 0)
            return &object->children[middle];
        if (order < 0)
            begin = middle + 1;
        else
            end = middle;
    }
    return NULL;
}

bool event_value_number(struct event_value *value, double *number)
{
    if (!value->has_number)
        value->has_number = json_walk_number(value->text, &value->number);
    *number = value->number;
    return value->has_number;
}
