#include "base/name_table.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS_MIN = 16 };

/* FNV-1a with 64 bits. */
static uint64_t mix(uint64_t hash, const char *text)
{
    do
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    while (*text++ != '\0');
    return hash;
}

static uint64_t hash_of(const char *space, const char *name)
{
    return mix(mix(UINT64_C(14695981039346656037), space), name);
}

/* `buckets` are a power of two; the upper bits are the better mixed ones. */
static struct name_entry **bucket_of(const struct name_table *table, uint64_t hash)
{
    return &table->buckets[(hash ^ hash >> 32) & (table->bucket_count - 1)];
}

static void put_in_bucket(struct name_table *table, struct name_entry *entry)
{
    struct name_entry **bucket = bucket_of(table, entry->hash);

    entry->next_in_bucket = *bucket;
    *bucket = entry;
}

/* Chains get longer when there is no memory for more buckets; only the first ones are needed. */
static bool grow(struct name_table *table)
{
    const size_t bucket_count = table->bucket_count == 0 ? BUCKETS_MIN : 2 * table->bucket_count;

    if (table->count < table->bucket_count)
        return true;
    struct name_entry **buckets = calloc(bucket_count, sizeof(struct name_entry *));

    if (buckets == NULL)
        return table->bucket_count > 0;
    free(table->buckets);
    table->buckets = buckets;
    table->bucket_count = bucket_count;
    for (struct name_entry *entry = table->first; entry != NULL; entry = entry->next)
        put_in_bucket(table, entry);
    return true;
}

void name_table_clear(struct name_table *table)
{
    free(table->buckets);
    *table = (struct name_table){.buckets = NULL};
}

bool name_table_add(struct name_table *table, struct name_entry *entry, const char *space,
                    const char *name, void *owner)
{
    if (!grow(table))
        return false;
    *entry = (struct name_entry){.space = space,
                                 .name = name,
                                 .owner = owner,
                                 .hash = hash_of(space, name),
                                 .previous = table->last};
    put_in_bucket(table, entry);
    if (table->last == NULL)
        table->first = entry;
    else
        table->last->next = entry;
    table->last = entry;
    table->count++;
    return true;
}

void name_table_remove(struct name_table *table, struct name_entry *entry)
{
    struct name_entry **link = bucket_of(table, entry->hash);

    while (*link != entry)
        link = &(*link)->next_in_bucket;
    *link = entry->next_in_bucket;
    if (entry->previous == NULL)
        table->first = entry->next;
    else
        entry->previous->next = entry->next;
    if (entry->next == NULL)
        table->last = entry->previous;
    else
        entry->next->previous = entry->previous;
    table->count--;
}

void *name_table_find(const struct name_table *table, const char *space, const char *name)
{
    if (table->count == 0)
        return NULL;
    const uint64_t hash = hash_of(space, name);
    struct name_entry *entry = *bucket_of(table, hash);

    while (entry != NULL && (entry->hash != hash || strcmp(entry->name, name) != 0 ||
                             strcmp(entry->space, space) != 0))
        entry = entry->next_in_bucket;
    return entry == NULL ? NULL : entry->owner;
}
