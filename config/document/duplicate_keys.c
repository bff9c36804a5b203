#include "config/document/duplicate_keys.h"

#include "config/document/document.h"
#include "config/document/problem_list.h"

#include <stdlib.h>
#include <string.h>

/* Up to this number of members each pair is compared, which costs less than sorting. */
enum { FEW_MEMBERS = 16 };

struct ranked_member {
    struct node *node;
    size_t rank;              /* in the order of the file */
    const struct node *first; /* the earlier member with the same key; NULL for none */
    const struct node *later; /* the next one with it; NULL for none */
};

static int by_key(const void *left, const void *right)
{
    const struct ranked_member *a = left, *b = right;
    const int order = strcmp(a->node->key, b->node->key);

    return order != 0 ? order : (a->rank > b->rank) - (a->rank < b->rank);
}

static int by_rank(const void *left, const void *right)
{
    const struct ranked_member *a = left, *b = right;

    return (a->rank > b->rank) - (a->rank < b->rank);
}

static bool has_duplicates(const struct node *object)
{
    for (const struct node *a = object->first; a != NULL; a = a->next) {
        for (const struct node *b = a->next; b != NULL; b = b->next) {
            if (a->key[0] == b->key[0] && strcmp(a->key, b->key) == 0)
                return true;
        }
    }
    return false;
}

static size_t find_duplicates(struct ranked_member *ranked, size_t count)
{
    size_t duplicates = 0;

    qsort(ranked, count, sizeof *ranked, by_key);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(ranked[i - 1].node->key, ranked[i].node->key) != 0)
            continue;
        ranked[i - 1].later = ranked[i].node;
        ranked[i].first = ranked[i - 1].first != NULL ? ranked[i - 1].first : ranked[i - 1].node;
        duplicates++;
    }
    return duplicates;
}

/* Of those with one key the last one stays, or the first. False when out of memory. */
static bool relink(struct document *document, struct node *object,
                   const struct ranked_member *ranked, struct problem_list *problems)
{
    const bool keeps_last = document_keeps_last(document);
    const size_t count = object->count;
    bool is_whole = true;

    object->first = object->last = NULL;
    object->count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct node *first = ranked[i].first, *later = ranked[i].later;

        ranked[i].node->next = NULL;
        if (keeps_last ? later == NULL : first == NULL)
            node_append(object, ranked[i].node);
        if (first != NULL && !keeps_last)
            problem_list_add_at(problems, ranked[i].node,
                                "duplicate key (first defined on line %u)", first->line);
        if (first != NULL && keeps_last && later == NULL)
            is_whole &= document_add_duplicate(document, ranked[i].node, first);
    }
    return is_whole;
}

bool drop_duplicate_keys(struct document *document, struct node *object,
                         struct problem_list *problems)
{
    const size_t count = object->count;
    size_t rank = 0;
    bool is_whole = true;

    if (count < 2 || (count <= FEW_MEMBERS && !has_duplicates(object)))
        return true;
    struct ranked_member *ranked = calloc(count, sizeof *ranked);

    if (ranked == NULL)
        return false;
    for (struct node *node = object->first; node != NULL; node = node->next, rank++)
        ranked[rank] = (struct ranked_member){.node = node, .rank = rank};
    if (find_duplicates(ranked, count) > 0) {
        qsort(ranked, count, sizeof *ranked, by_rank);
        is_whole = relink(document, object, ranked, problems);
    }
    free(ranked);
    return is_whole;
}
