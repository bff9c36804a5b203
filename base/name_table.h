/*
 * name_table.h - finds things by name, or by a name within a name (a function within an account).
 *
 * Each thing holds a `struct name_entry` of its own, so putting it in costs no memory but the table's. Things are kept
 * in the order in which they were added.
 *
 * Used by:  every room that looks something up by name.
 * Threads:  any one at a time.
 */
#ifndef BASE_NAME_TABLE_H
#define BASE_NAME_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name_entry {
    const char *space; /* "" where names stand alone */
    const char *name;
    void *owner; /* what was added */
    uint64_t hash;
    struct name_entry *next_in_bucket;
    struct name_entry *previous, *next; /* in the order of adding */
};

/* Zeroed: empty. */
struct name_table {
    struct name_entry **buckets;
    size_t bucket_count, count;
    struct name_entry *first, *last;
};

/* Frees what the table itself took; entries are their owners'. The table is empty then. */
void name_table_clear(struct name_table *table);

/* Borrows both names. The table has no such entry yet. False, not added, when out of memory. */
bool name_table_add(struct name_table *table, struct name_entry *entry, const char *space,
                    const char *name, void *owner);
void name_table_remove(struct name_table *table, struct name_entry *entry);

/* The owner; NULL for none. */
void *name_table_find(const struct name_table *table, const char *space, const char *name);

#endif
