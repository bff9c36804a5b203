/*
 * function_pools.h - the dispatcher's bookkeeping: how much each function of each account runs, and for each of its
 * versions its execution environments and the invocations that wait for one.
 *
 * Nothing is started or ended here. Used by: dispatcher.c. Threads: event-loop thread only.
 */
#ifndef RUNTIME_DISPATCH_FUNCTION_POOLS_H
#define RUNTIME_DISPATCH_FUNCTION_POOLS_H

#include "base/name_table.h"
#include "runtime/environments/execution_environment.h"

struct environment_list {
    struct environment *first, *last;
};

struct version_pool {
    struct function_state *function;
    struct version_pool *next; /* of the same function */
    char *version;
    uint64_t fingerprint;
    char *tenant_id;                /* NULL: of no tenant */
    char *tenant_space;             /* with tenant_id, its key among the tenants' pools */
    struct name_entry tenant_entry; /* until it is retired */
    unsigned provisioned;           /* environments that stay, however long they are idle */
    bool has_failed_to_provide;     /* one of them could not be started */
    bool is_retired;              /* its settings are out of date: no new environments, no reuse */
    struct environment_list idle; /* most recently used first */
    struct environment_list others;
    unsigned counts[ENVIRONMENT_STATE_COUNT];
    struct invocation *first_waiting, *last_waiting;
    unsigned waiting;
};

struct function_state {
    struct account_part part; /* first; freed with its account, which no environment uses then */
    struct name_entry entry;
    struct name_table *table;
    struct account *account;
    char *name;
    unsigned in_use;
    unsigned provisioned_in_use; /* of them: of versions with provisioned concurrency */
    struct version_pool *pools;
    struct name_table tenants; /* pools of tenants, by settings and tenant */
};

/* Zeroed before first use. */
struct function_pools {
    struct name_table functions; /* by account and name */
};

/* NULL when it has never run. */
struct function_state *function_pools_find(const struct function_pools *pools,
                                           const struct account *account, const char *name);

/* Made if need be; NULL when out of memory. */
struct function_state *function_pools_get(struct function_pools *pools, struct account *account,
                                          const char *name);

/* Every pool; the visitor may free the one that it is shown. */
typedef void pool_visit_fn(struct version_pool *pool, void *context);
void function_pools_visit(struct function_pools *pools, pool_visit_fn *visit, void *context);

/* Frees everything; no environment may be left. */
void function_pools_clear(struct function_pools *pools);

/*
 * The pool for these settings, made if need be; NULL when out of memory. Each tenant has one of its own; `tenant_id` is
 * NULL where a function doesn't isolate them.
 */
struct version_pool *version_pool_get(struct function_state *function,
                                      const struct function_version *settings,
                                      const char *tenant_id);

/* No new invocation gets it. */
void version_pool_retire(struct version_pool *pool);

/* Frees a pool without environments and waiting invocations that is retired, or a tenant's. */
void version_pool_free_if_dry(struct version_pool *pool);

/* An environment was opened, has changed its state, is gone. */
void version_pool_add(struct version_pool *pool, struct environment *environment);
void version_pool_recount(struct environment *environment);
void version_pool_remove(struct environment *environment);

/* Invocations that wait, in order. */
void version_pool_wait(struct version_pool *pool, struct invocation *invocation);
struct invocation *version_pool_next_waiting(struct version_pool *pool);
void version_pool_forget_last_waiting(struct version_pool *pool,
                                      const struct invocation *invocation);

#endif
