/*
 * registry_store.h - where the resources of the management API are kept: <data folder>/functions.db, a table of JSON
 * documents. Everything here blocks.
 *
 * What is committed survives a kill; with DURABILITY_POWER a power cut too; DURABILITY_MEMORY keeps nothing.
 *
 * Used by:  runtime/registry/registry.c.
 * Threads:  any, one at a time.
 */
#ifndef RUNTIME_REGISTRY_REGISTRY_STORE_H
#define RUNTIME_REGISTRY_REGISTRY_STORE_H

#include "config/config.h"

enum { REGISTRY_MESSAGE_SIZE = 4096 };

enum resource_kind {
    RESOURCE_FUNCTION,
    RESOURCE_LAYER,
    RESOURCE_MAPPING, /* of an event source */
    RESOURCE_SIGNING, /* a code signing configuration */
    RESOURCE_KIND_COUNT
};

struct registry_row {
    enum resource_kind kind;
    const char *account_id, *name;
    const char *document; /* NULL: the resource is gone */
};

struct registry_store; /* opaque */

/*
 * NULL with `problem` saying what is wrong and how to mend it. Damaged data are moved aside; `problem` then says so
 * although a store is returned, and is "" otherwise.
 */
struct registry_store *registry_store_open(const char *folder, enum durability durability,
                                           char problem[REGISTRY_MESSAGE_SIZE]);
void registry_store_close(struct registry_store *store);

/* False stops. */
typedef bool registry_row_fn(const struct registry_row *row, void *context);
bool registry_store_read(struct registry_store *store, registry_row_fn *on_row, void *context);

/* All of them or, with a reason, none. */
bool registry_store_write(struct registry_store *store, const struct registry_row *rows,
                          size_t count, char why[REGISTRY_MESSAGE_SIZE]);

#endif
