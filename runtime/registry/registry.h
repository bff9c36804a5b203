/*
 * registry.h - the resources that the management API has made, of all accounts: one JSON document each.
 *
 * A handler changes a resource's document in place, and then says registry_take_over(): the functions of the snapshot follow;
 * and registry_write(): `on_saved` is called when the change is on disk, which is when the client may be told.
 *
 * Owns:     the resources.
 * Lifetime: opened by server_open() behind the dispatcher's parts; closed before the configuration.
 * Threads:  event-loop thread only; the disk is written on a pool thread.
 */
#ifndef RUNTIME_REGISTRY_REGISTRY_H
#define RUNTIME_REGISTRY_REGISTRY_H

#include "base/clock.h"
#include "base/log.h"
#include "base/request_id.h"
#include "config/config_store.h"
#include "runtime/dispatch/account.h"
#include "runtime/registry/code_store.h"
#include "runtime/registry/registry_store.h"

#include <cjson/cJSON.h>

struct registry; /* opaque */

/* How far a function is since its last change. */
enum resource_phase { PHASE_READY, PHASE_CREATING, PHASE_UPDATING };

struct resource {
    enum resource_kind kind;
    char account_id[ACCOUNT_ID_SIZE];
    char *name;
    cJSON *document; /* an object */

    /* Of functions. */
    struct config
        *unit; /* what is invoked; follows the document, for an update when that is done */
    enum resource_phase phase;
    char phase_revision[REQUEST_ID_SIZE]; /* RevisionId while it isn't ready */
    struct clock_timer timer;
    struct account *account;       /* retained while the timer runs */
    char held_code[CODE_HEX_SIZE]; /* of the update that isn't done yet; "" for none */
    struct registry *registry;
};

typedef void registry_changed_fn(void *context);

struct registry_options {
    uv_loop_t *loop;
    const char *data_folder; /* copied */
    enum durability durability;
    struct config_store *config_store;
    struct accounts *accounts;
    struct code_store *code_store;
    struct random_source *random;
    struct log *log;
    registry_changed_fn *on_changed; /* the snapshot has changed */
    void *context;
};

/* NULL with `problem`; with a registry, `problem` may tell that damaged data were moved aside. */
struct registry *registry_open(const struct registry_options *options,
                               char problem[REGISTRY_MESSAGE_SIZE]);

/* Writes what isn't written yet; blocks for that. */
void registry_close(struct registry *registry);

/* NULL for none. */
struct resource *registry_find(const struct registry *registry, enum resource_kind kind,
                               const char *account_id, const char *name);

/*
 * Those of an account, sorted by name: the first whose name is not before `from` ("" for the first of all). The following
 * ones are behind it, `*count` in all.
 */
struct resource *const *registry_list(const struct registry *registry, enum resource_kind kind,
                                      const char *account_id, const char *from, size_t *count);

/* A new one, which isn't there yet; takes `document`. NULL when out of memory; then `document` is freed. */
struct resource *registry_add(struct registry *registry, enum resource_kind kind,
                              const char *account_id, const char *name, cJSON *document);

/* `is_saved` false: not on disk, see the log; it is tried again with the next change. */
typedef void registry_saved_fn(bool is_saved, void *context);

/*
 * The document has changed. A function follows at once, or with Local.CreateDelayMs that long later by its account's
 * clock: meanwhile it stays in `phase`, and an update isn't invoked yet. PHASE_READY, or no change at all (NULL), is for what
 * is beside code and configuration.
 */
struct registry_change {
    enum resource_phase phase;
    const char *revision; /* RevisionId while it lasts */
};
void registry_take_over(struct resource *resource, const struct registry_change *change);

/* Has the document written. `on_saved` is called later, or at once when out of memory. */
void registry_write(struct resource *resource, registry_saved_fn *on_saved, void *context);

/* Frees the resource. */
void registry_remove(struct registry *registry, struct resource *resource,
                     registry_saved_fn *on_saved, void *context);

/* The configuration was read again: limits and region may have changed. */
void registry_reconfigure(struct registry *registry);

/* Bytes of code of an account, as AWS counts them: each version of each function, each layer version. */
int64_t registry_code_size(const struct registry *registry, const char *account_id);

#endif
