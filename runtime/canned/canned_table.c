#include "runtime/canned/canned_table.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 256 };

/* A list and its counts. */
struct entry {
    struct entry *next; /* in the bucket */
    char *function_name;
    char *version;              /* "": set at run time, for all versions */
    struct canned_text answers; /* of a list set at run time; else empty */
    uint64_t hash;              /* of a list of the configuration */
    unsigned *counts;           /* `used` of each element, then `draws` */
    size_t count;
};

struct canned_table {
    struct account_part part; /* first */
    struct entry *buckets[BUCKETS];
};

static const char set_at_run_time[] = "";

static struct entry **bucket_of(struct canned_table *table, const char *function_name)
{
    uint32_t hash = 2166136261u;

    for (const char *at = function_name; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    return &table->buckets[hash % BUCKETS];
}

/* The link to the entry, or the bucket's last link, which is NULL. */
static struct entry **find_link(struct canned_table *table, const char *function_name,
                                const char *version)
{
    struct entry **link = bucket_of(table, function_name);

    while (*link != NULL && (strcmp((*link)->function_name, function_name) != 0 ||
                             strcmp((*link)->version, version) != 0))
        link = &(*link)->next;
    return link;
}

static void entry_free(struct entry *entry)
{
    if (entry == NULL)
        return;
    canned_text_clear(&entry->answers);
    free(entry->function_name);
    free(entry->version);
    free(entry->counts);
    free(entry);
}

/* Not yet in the table. */
static struct entry *entry_new(const char *function_name, const char *version, size_t count)
{
    struct entry *entry = calloc(1, sizeof *entry);

    if (entry == NULL)
        return NULL;
    entry->count = count;
    entry->function_name = strdup(function_name);
    entry->version = strdup(version);
    entry->counts = calloc(2 * entry->count + 1, sizeof *entry->counts);
    if (entry->function_name != NULL && entry->version != NULL && entry->counts != NULL)
        return entry;
    entry_free(entry);
    return NULL;
}

/* In place of what stood there. */
static void put(struct canned_table *table, struct entry *entry)
{
    struct entry **link = find_link(table, entry->function_name, entry->version);
    struct entry *old = *link;

    entry->next = old == NULL ? NULL : old->next;
    *link = entry;
    entry_free(old);
}

static void free_part(struct account_part *part)
{
    canned_table_free((struct canned_table *)part);
}

struct canned_table *canned_table_new(struct account *account)
{
    static const struct account_part_kind kind = {.free = free_part};
    struct canned_table *table = calloc(1, sizeof *table);

    if (table != NULL)
        account_add_part(account, &table->part, &kind);
    return table;
}

void canned_table_free(struct canned_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (table->buckets[i] != NULL) {
            struct entry *next = table->buckets[i]->next;

            entry_free(table->buckets[i]);
            table->buckets[i] = next;
        }
    }
    account_remove_part(&table->part);
    free(table);
}

bool canned_table_set(struct canned_table *table, const char *function_name,
                      struct canned_text *answers)
{
    struct entry *entry =
        entry_new(function_name, set_at_run_time, (size_t)cJSON_GetArraySize(answers->list));

    if (entry == NULL)
        return false;
    entry->answers = *answers;
    *answers = (struct canned_text){.list = NULL};
    put(table, entry);
    return true;
}

void canned_table_drop(struct canned_table *table, const char *function_name)
{
    struct entry **link = find_link(table, function_name, set_at_run_time);
    struct entry *entry = *link;

    if (entry == NULL)
        return;
    *link = entry->next;
    entry_free(entry);
}

static struct entry *find_set(const struct canned_table *table, const char *function_name)
{
    return table == NULL ? NULL
                         : *find_link((struct canned_table *)(uintptr_t)table, function_name,
                                      set_at_run_time);
}

const cJSON *canned_table_items(const struct canned_table *table, const char *function_name,
                                const cJSON *configured)
{
    const struct entry *entry = find_set(table, function_name);

    return entry == NULL ? configured : entry->answers.list;
}

/* The counts of a list of the configuration; NULL when out of memory. */
static struct entry *get_configured(struct canned_table *table,
                                    const struct function_version *version,
                                    const struct canned_items *configured)
{
    const char *name = version->function->name;
    struct entry *entry = *find_link(table, name, version->version);

    if (entry != NULL && entry->hash == configured->hash && entry->count == configured->count)
        return entry;
    entry = entry_new(name, version->version, configured->count);
    if (entry == NULL)
        return NULL;
    entry->hash = configured->hash;
    put(table, entry);
    return entry;
}

struct canned_list canned_table_list(struct canned_table *table,
                                     const struct function_version *version,
                                     const struct canned_items *configured)
{
    struct entry *entry = find_set(table, version->function->name);
    struct canned_list list = {.items = entry == NULL ? configured->list : entry->answers.list};

    if (entry == NULL && configured->list != NULL)
        entry = get_configured(table, version, configured);
    if (entry == NULL)
        return list;
    list.used = entry->counts;
    list.draws = entry->counts + entry->count;
    return list;
}
