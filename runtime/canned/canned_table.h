/*
 * canned_table.h - lists of canned responses (mocks.h) or of faults (faults.h) in one account: those set at run time for a
 * function, which stand in for its configuration's until dropped, and how often each element of a list has been used.
 *
 * The configuration's lists are counted here too, for each account on its own. A list is known by what it says, so
 * counts outlive a reload that leaves it as it was, and begin again when it changes.
 *
 * Threads: event-loop thread only.
 */
#ifndef RUNTIME_CANNED_CANNED_TABLE_H
#define RUNTIME_CANNED_CANNED_TABLE_H

#include "config/config.h"
#include "config/settings/canned_text.h"
#include "runtime/dispatch/account.h"

#include <cjson/cJSON.h>

struct canned_table;

/* The list in force for a version. */
struct canned_list {
    const cJSON *items; /* borrowed from the table or the configuration; NULL: there is none */
    unsigned *used;     /* of each element; NULL when there is no list, or when out of memory */
    unsigned *draws;    /* the same: how often chance was asked for it */
};

/* A part of `account`, which frees it if nobody did before. NULL when out of memory. */
struct canned_table *canned_table_new(struct account *account);
void canned_table_free(struct canned_table *table);

/* Takes `answers` for all versions of the function, in place of those before. False, not taken, when out of memory. */
bool canned_table_set(struct canned_table *table, const char *function_name,
                      struct canned_text *answers);
void canned_table_drop(struct canned_table *table, const char *function_name);

/* The list set at run time, else `configured`, which may be NULL. `table` may be NULL. Counts nothing, costs no memory. */
const cJSON *canned_table_items(const struct canned_table *table, const char *function_name,
                                const cJSON *configured);

/* The same with its counts, which are the caller's to raise. */
struct canned_list canned_table_list(struct canned_table *table,
                                     const struct function_version *version,
                                     const struct canned_items *configured);

#endif
