/* template_choices.c - the functions that choose a value, and those of lists. */
#include "config/template/template_resolve_internal.h"

#include "base/arena.h"
#include "base/text_builder.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 100, INDEX_DIGITS_MAX = 6, NUMBER_MAX = 12, CIDR_MAX = 256 };

/* ---- choices ---- */

const struct node *template_call_if(struct template_scope *scope, const struct node *argument)
{
    if (!template_is_list(scope, argument, 3, 3, "[condition, value if true, value if false]"))
        return NULL;
    const char *name = node_text(argument->first);

    if (name == NULL) {
        problem_list_add_at(scope->problems, argument->first, "must be the name of a condition");
        return NULL;
    }
    const unsigned long uses = scope->effort->placeholder_uses;
    const enum condition_state state = template_condition(scope, argument->first, name);

    scope->effort->placeholder_uses = uses; /* the value is no guess because the condition is one */
    switch (state) {
    case CONDITION_TRUE:
        return template_resolve(scope, template_nth(argument, 1));
    case CONDITION_FALSE:
        return template_resolve(scope, template_nth(argument, 2));
    case CONDITION_UNKNOWN:
    case CONDITION_BUSY:
    case CONDITION_PROBLEM:
        break;
    }
    return NULL;
}

enum { MAP_KEYS = 3 };

struct map_search {
    const struct node *found; /* NULL: not there */
    const struct node *key;   /* the first that isn't */
    const char *text;         /* of it */
    bool is_guessed;          /* a key is a placeholder */
};

/* False when a key can't be resolved. */
static bool look_up(struct template_scope *scope, const struct node *argument,
                    struct map_search *search)
{
    const struct node *at = scope->mappings;

    for (unsigned i = 0; i < MAP_KEYS; i++) {
        const struct node *source = template_nth(argument, i);
        const struct node *value = template_resolve(scope, source);
        const char *key = value == NULL ? NULL : template_value_text(scope, source, value);

        if (key == NULL || (at != NULL && !template_spend_search(scope, at->count, argument)))
            return false;
        search->is_guessed |= value->is_placeholder;
        at = node_member(at, key);
        if (at == NULL && search->key == NULL) {
            search->key = source;
            search->text = key;
        }
    }
    search->found = at;
    return true;
}

/* Of a key that isn't there: another Region or AccountId may have it, or the value of a parameter. */
static const struct node *refuse_key(struct template_scope *scope, const struct node *argument,
                                     const struct map_search *search)
{
    const struct node *last = template_nth(argument, MAP_KEYS - 1);
    const char *name = template_resolve_text(scope, argument->first);
    const char *text = template_resolve_text(scope, last);

    if (name == NULL || text == NULL)
        return NULL;
    if (search->key == argument->first && !search->is_guessed) {
        problem_list_add_at(scope->problems, search->key, "Mappings has no %.*s", SHOWN_MAX,
                            search->text);
        return NULL;
    }
    return template_placeholder(scope, argument, text, "Mappings.%.*s has no %.*s", SHOWN_MAX, name,
                                SHOWN_MAX, search->text);
}

const struct node *template_call_find_in_map(struct template_scope *scope,
                                             const struct node *argument)
{
    struct map_search search = {.found = NULL};

    if (!template_is_list(scope, argument, MAP_KEYS, MAP_KEYS + 1,
                          "[map, first key, second key]") ||
        !look_up(scope, argument, &search))
        return NULL;
    const struct node *fallback =
        argument->count > MAP_KEYS ? node_member(argument->last, "DefaultValue") : NULL;

    if (search.found == NULL && fallback == NULL)
        return refuse_key(scope, argument, &search);
    return template_resolve(scope, search.found == NULL ? fallback : search.found);
}

/* False when it isn't digits alone, or more than `max`. */
static bool to_index(const char *digits, unsigned long max, unsigned long *index)
{
    const size_t length = strspn(digits, "0123456789");

    if (length == 0 || length > INDEX_DIGITS_MAX || digits[length] != '\0')
        return false;
    *index = strtoul(digits, NULL, 10);
    return *index <= max;
}

const struct node *template_call_select(struct template_scope *scope, const struct node *argument)
{
    if (!template_is_list(scope, argument, 2, 2, "[index, list]"))
        return NULL;
    const char *digits = template_resolve_text(scope, argument->first);
    const struct node *list = template_resolve_list(scope, argument->last);
    unsigned long index = 0;

    if (digits == NULL || list == NULL)
        return NULL;
    if (list->count > 0 && to_index(digits, list->count - 1, &index))
        return template_nth(list, (unsigned)index);
    if (list->is_placeholder && list->count > 0)
        return list->last; /* the list is longer once its values are known */
    problem_list_add_at(scope->problems, argument,
                        "index %.*s is out of range: the list has %u "
                        "elements",
                        SHOWN_MAX, digits, list->count);
    return NULL;
}

/* ---- lists ---- */

const struct node *template_call_length(struct template_scope *scope, const struct node *argument)
{
    const struct node *list = template_resolve_list(scope, argument);
    char digits[NUMBER_MAX];

    if (list == NULL)
        return NULL;
    const int length = snprintf(digits, sizeof digits, "%u", list->count);
    const char *copy = arena_copy(document_arena(scope->document), digits, (size_t)length);

    return template_string(scope, copy, argument);
}

/* As many times the block as networks are wanted: which they are depends on the block, and that mostly on AWS. */
const struct node *template_call_cidr(struct template_scope *scope, const struct node *argument)
{
    if (!template_is_list(scope, argument, 2, 3, "[block, count, bits]"))
        return NULL;
    const char *block = template_resolve_text(scope, argument->first);
    const char *digits = template_resolve_text(scope, template_nth(argument, 1));
    unsigned long count = 1;

    if (block == NULL || digits == NULL)
        return NULL;
    if (!to_index(digits, CIDR_MAX, &count) || count == 0)
        count = 1;
    const struct node *placeholder =
        template_placeholder(scope, argument, block, "the networks of Fn::Cidr are not computed");
    struct node *list = placeholder == NULL ? NULL : template_list(scope, argument);

    for (; list != NULL && count > 0; count--) {
        if (template_put(scope, list, NULL, placeholder, argument) == NULL)
            return NULL;
    }
    if (list != NULL)
        list->is_placeholder = true;
    return list;
}

const struct node *template_call_get_azs(struct template_scope *scope, const struct node *argument)
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
        const struct node *name = template_end_text(scope, &builder, argument);

        if (name == NULL || template_put(scope, list, NULL, name, argument) == NULL)
            return NULL;
    }
    return list;
}
