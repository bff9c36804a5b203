#include "runtime/dispatch/function_pools.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TENANT_SPACE_SIZE = 160 };

/* ---- lists ---- */

static struct environment_list *list_of(struct environment *environment)
{
    return environment->counted_as == ENVIRONMENT_IDLE ? &environment->pool->idle
                                                       : &environment->pool->others;
}

static void list_add_first(struct environment_list *list, struct environment *environment)
{
    environment->previous = NULL;
    environment->next = list->first;
    if (list->first != NULL)
        list->first->previous = environment;
    else
        list->last = environment;
    list->first = environment;
}

static void list_remove(struct environment_list *list, struct environment *environment)
{
    if (environment->previous != NULL)
        environment->previous->next = environment->next;
    else
        list->first = environment->next;
    if (environment->next != NULL)
        environment->next->previous = environment->previous;
    else
        list->last = environment->previous;
}

void version_pool_recount(struct environment *environment)
{
    struct version_pool *pool = environment->pool;

    pool->counts[environment->counted_as]--;
    list_remove(list_of(environment), environment);
    environment->counted_as = environment->state;
    pool->counts[environment->counted_as]++;
    list_add_first(list_of(environment), environment);
}

void version_pool_wait(struct version_pool *pool, struct invocation *invocation)
{
    invocation->next = NULL;
    if (pool->last_waiting != NULL)
        pool->last_waiting->next = invocation;
    else
        pool->first_waiting = invocation;
    pool->last_waiting = invocation;
    pool->waiting++;
}

struct invocation *version_pool_next_waiting(struct version_pool *pool)
{
    struct invocation *invocation = pool->first_waiting;

    if (invocation == NULL)
        return NULL;
    pool->first_waiting = invocation->next;
    if (pool->first_waiting == NULL)
        pool->last_waiting = NULL;
    pool->waiting--;
    return invocation;
}

void version_pool_add(struct version_pool *pool, struct environment *environment)
{
    environment->pool = pool;
    environment->counted_as = environment->state;
    pool->counts[environment->counted_as]++;
    list_add_first(list_of(environment), environment);
}

void version_pool_remove(struct environment *environment)
{
    environment->pool->counts[environment->counted_as]--;
    list_remove(list_of(environment), environment);
}

void version_pool_forget_last_waiting(struct version_pool *pool,
                                      const struct invocation *invocation)
{
    struct invocation **link = &pool->first_waiting;

    pool->last_waiting = NULL;
    while (*link != invocation) {
        pool->last_waiting = *link;
        link = &(*link)->next;
    }
    *link = NULL;
    pool->waiting--;
}

/* ---- functions and pools ---- */

static void free_pool(struct version_pool *pool)
{
    free(pool->version);
    free(pool->tenant_id);
    free(pool->tenant_space);
    free(pool);
}

struct function_state *function_pools_find(const struct function_pools *pools,
                                           const struct account *account, const char *name)
{
    return name_table_find(&pools->functions, account->id, name);
}

static void free_function(struct account_part *part)
{
    struct function_state *function = (struct function_state *)part;

    name_table_remove(function->table, &function->entry);
    while (function->pools != NULL) {
        struct version_pool *pool = function->pools;

        assert(pool->idle.first == NULL && pool->others.first == NULL);
        function->pools = pool->next;
        free_pool(pool);
    }
    name_table_clear(&function->tenants);
    account_remove_part(part);
    free(function->name);
    free(function);
}

struct function_state *function_pools_get(struct function_pools *pools, struct account *account,
                                          const char *name)
{
    static const struct account_part_kind kind = {.free = free_function};
    struct function_state *function = function_pools_find(pools, account, name);

    if (function != NULL)
        return function;
    function = calloc(1, sizeof *function);
    if (function == NULL)
        return NULL;
    function->name = strdup(name);
    if (function->name == NULL || !name_table_add(&pools->functions, &function->entry, account->id,
                                                  function->name, function)) {
        free(function->name);
        free(function);
        return NULL;
    }
    account_add_part(account, &function->part, &kind);
    function->account = account;
    function->table = &pools->functions;
    return function;
}

/* What the pools of one version's tenants have in common. */
static void make_space(const struct function_version *settings, char space[TENANT_SPACE_SIZE])
{
    (void)snprintf(space, TENANT_SPACE_SIZE, "%s %016" PRIx64, settings->version,
                   settings->fingerprint);
}

static struct version_pool *find_pool(const struct function_state *function,
                                      const struct function_version *settings,
                                      const char *tenant_id)
{
    char space[TENANT_SPACE_SIZE];
    struct version_pool *pool = function->pools;

    if (tenant_id != NULL) {
        make_space(settings, space);
        return name_table_find(&function->tenants, space, tenant_id);
    }
    while (pool != NULL && (pool->is_retired || pool->tenant_id != NULL ||
                            pool->fingerprint != settings->fingerprint ||
                            strcmp(pool->version, settings->version) != 0))
        pool = pool->next;
    return pool;
}

static bool set_tenant(struct version_pool *pool, struct function_state *function,
                       const struct function_version *settings, const char *tenant_id)
{
    char space[TENANT_SPACE_SIZE];

    if (tenant_id == NULL)
        return true;
    make_space(settings, space);
    pool->tenant_id = strdup(tenant_id);
    pool->tenant_space = strdup(space);
    return pool->tenant_id != NULL && pool->tenant_space != NULL &&
           name_table_add(&function->tenants, &pool->tenant_entry, pool->tenant_space,
                          pool->tenant_id, pool);
}

struct version_pool *version_pool_get(struct function_state *function,
                                      const struct function_version *settings,
                                      const char *tenant_id)
{
    struct version_pool *pool = find_pool(function, settings, tenant_id);

    if (pool != NULL)
        return pool;
    pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return NULL;
    pool->version = strdup(settings->version);
    if (pool->version == NULL || !set_tenant(pool, function, settings, tenant_id)) {
        free_pool(pool);
        return NULL;
    }
    pool->function = function;
    pool->fingerprint = settings->fingerprint;
    pool->next = function->pools;
    function->pools = pool;
    return pool;
}

void version_pool_retire(struct version_pool *pool)
{
    if (pool->tenant_id != NULL && !pool->is_retired)
        name_table_remove(&pool->function->tenants, &pool->tenant_entry);
    pool->is_retired = true;
}

void version_pool_free_if_dry(struct version_pool *pool)
{
    struct version_pool **link = &pool->function->pools;

    if ((!pool->is_retired && pool->tenant_id == NULL) || pool->waiting > 0 ||
        pool->idle.first != NULL || pool->others.first != NULL)
        return;
    version_pool_retire(pool);
    while (*link != pool)
        link = &(*link)->next;
    *link = pool->next;
    free_pool(pool);
}

void function_pools_visit(struct function_pools *pools, pool_visit_fn *visit, void *context)
{
    for (struct name_entry *entry = pools->functions.first; entry != NULL; entry = entry->next) {
        const struct function_state *function = entry->owner;
        struct version_pool *next;

        for (struct version_pool *pool = function->pools; pool != NULL; pool = next) {
            next = pool->next;
            visit(pool, context);
        }
    }
}

void function_pools_clear(struct function_pools *pools)
{
    for (struct name_entry *entry = pools->functions.first, *next; entry != NULL; entry = next) {
        struct function_state *function = entry->owner;

        next = entry->next;
        free_function(&function->part);
    }
    name_table_clear(&pools->functions);
}
