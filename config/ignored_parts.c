#include "config/ignored_parts.h"

#include "base/arena.h"
#include "config/config.h"
#include "config/document/document.h"

#include <stdlib.h>
#include <string.h>

struct part {
    const struct document_ignored *ignored;
    size_t place; /* in the document */
};

struct ignored_parts {
    size_t count;
    struct part *sorted; /* by function, then by place */
};

static int by_function(const void *left, const void *right)
{
    const struct part *a = left, *b = right;
    const int order = strcmp(a->ignored->function, b->ignored->function);

    return order != 0 ? order : (a->place > b->place) - (a->place < b->place);
}

struct ignored_parts *ignored_parts_sort(struct arena *arena, const struct document *document)
{
    struct ignored_parts *parts = arena_take(arena, sizeof *parts);
    size_t count = 0;

    for (const struct document_ignored *one = document_ignored(document); one != NULL;
         one = one->next)
        count++;
    if (parts == NULL || count == 0)
        return NULL;
    *parts = (struct ignored_parts){0, arena_take_array(arena, count, sizeof(struct part))};
    if (parts->sorted == NULL)
        return NULL;
    for (const struct document_ignored *one = document_ignored(document); one != NULL;
         one = one->next) {
        parts->sorted[parts->count] = (struct part){one, parts->count};
        parts->count++;
    }
    qsort(parts->sorted, parts->count, sizeof *parts->sorted, by_function);
    return parts;
}

/* The first of that function, or where it would be. */
static size_t find_first(const struct ignored_parts *parts, const char *function)
{
    size_t low = 0, high = parts->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (strcmp(parts->sorted[middle].ignored->function, function) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void ignored_parts_find(const struct ignored_parts *parts, struct arena *arena,
                        const char *function, struct string_list *list)
{
    const size_t first = parts == NULL ? 0 : find_first(parts, function);
    size_t end = first;
    char **items;

    while (parts != NULL && end < parts->count &&
           strcmp(parts->sorted[end].ignored->function, function) == 0)
        end++;
    items = end == first ? NULL : arena_take_array(arena, end - first + 1, sizeof *items);
    if (items == NULL)
        return;
    for (size_t i = first; i < end; i++) {
        const char *what = parts->sorted[i].ignored->what;

        items[i - first] = arena_copy(arena, what, strlen(what));
    }
    *list = (struct string_list){end - first, items};
}
