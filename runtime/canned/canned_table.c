#include "runtime/canned/canned_table.h"

#include "base/name_table.h"

#include <stdlib.h>
#include <string.h>

/* A list and its counts. */
struct entry {
    struct name_entry entry;
    char *function_name;
    char *version;              /* "": set at run time, for all versions */
    struct canned_text answers; /* of a list set at run time; else empty */
    uint64_t hash;              /* of a list of the configuration */
    unsigned *counts;           /* `used` of each element, then `draws` */
    size_t count;
};

struct canned_table {
    struct account_part part;  /* first */
    struct name_table entries; /* by version and name of the function */
};

static const char set_at_run_time[] = "";

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

static void drop(struct canned_table *table, struct entry *entry)
{
    name_table_remove(&table->entries, &entry->entry);
    entry_free(entry);
}

/* In place of what stood there. Takes `entry`; false, not taken, when out of memory. */
static bool put(struct canned_table *table, struct entry *entry)
{
    struct entry *old = name_table_find(&table->entries, entry->version, entry->function_name);

    if (!name_table_add(&table->entries, &entry->entry, entry->version, entry->function_name,
                        entry))
        return false;
    if (old != NULL)
        drop(table, old);
    return true;
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
    while (table->entries.first != NULL)
        drop(table, table->entries.first->owner);
    name_table_clear(&table->entries);
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
    if (!put(table, entry)) {
        entry->answers = (struct canned_text){.list = NULL}; /* the caller's still */
        entry_free(entry);
        return false;
    }
    *answers = (struct canned_text){.list = NULL};
    return true;
}

void canned_table_drop(struct canned_table *table, const char *function_name)
{
    struct entry *entry = name_table_find(&table->entries, set_at_run_time, function_name);

    if (entry != NULL)
        drop(table, entry);
}

static struct entry *find_set(const struct canned_table *table, const char *function_name)
{
    return table == NULL ? NULL : name_table_find(&table->entries, set_at_run_time, function_name);
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
    struct entry *entry = name_table_find(&table->entries, version->version, name);

    if (entry != NULL && entry->hash == configured->hash && entry->count == configured->count)
        return entry;
    entry = entry_new(name, version->version, configured->count);
    if (entry == NULL)
        return NULL;
    entry->hash = configured->hash;
    if (put(table, entry))
        return entry;
    entry_free(entry);
    return NULL;
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
