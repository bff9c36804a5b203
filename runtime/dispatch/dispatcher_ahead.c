/*
 * dispatcher_ahead.c - environments that are opened before anything is invoked: those of handlers that developers start, and
 * those of provisioned concurrency.
 */
#include "runtime/dispatch/dispatcher_internal.h"

#include <string.h>

/* ---- handlers that developers start ---- */

void dispatcher_attach(struct dispatcher *dispatcher, struct account *account,
                       struct config *config)
{
    for (size_t i = 0; i < config->function_count && !dispatcher->is_closing; i++) {
        const struct function_version *settings = config->functions[i]->latest;
        struct function_state *function =
            settings->attach && !settings->function->isolates_tenants
                ? function_pools_get(&dispatcher->pools, account, settings->function->name)
                : NULL;
        struct version_pool *pool =
            function == NULL ? NULL : version_pool_get(function, settings, NULL);

        if (pool != NULL && !dispatcher_has_live_environment(pool))
            (void)dispatcher_environment_open(dispatcher, pool, config, settings, settings->kind);
    }
}

/* ---- provisioned concurrency ---- */

static bool has_processes(const struct function_version *version)
{
    return version->kind == FUNCTION_RUNTIME || version->kind == FUNCTION_IMAGE;
}

static unsigned live_count(const struct version_pool *pool)
{
    return pool->counts[ENVIRONMENT_INIT] + pool->counts[ENVIRONMENT_IDLE] +
           pool->counts[ENVIRONMENT_INVOKE] + pool->counts[ENVIRONMENT_FINISHING];
}

void dispatcher_provide(struct dispatcher *dispatcher, struct account *account,
                        struct config *config, const struct function_version *version)
{
    struct function_state *function =
        has_processes(version)
            ? function_pools_get(&dispatcher->pools, account, version->function->name)
            : NULL;
    struct version_pool *pool = function == NULL ? NULL : version_pool_get(function, version, NULL);

    if (pool == NULL || dispatcher->is_closing)
        return;
    if (pool->provisioned != version->provisioned)
        pool->has_failed_to_provide = false;
    pool->provisioned = version->provisioned;
    while (live_count(pool) < pool->provisioned && !pool->has_failed_to_provide) {
        if (dispatcher_environment_open(dispatcher, pool, config, version, version->kind) == NULL)
            pool->has_failed_to_provide = true;
    }
    dispatcher_watch_idle(dispatcher);
}

/* What has no process of its own is always ready. */
struct dispatcher_provided dispatcher_provided(const struct dispatcher *dispatcher,
                                               const struct account *account,
                                               const struct function_version *version)
{
    const struct function_state *function =
        function_pools_find(&dispatcher->pools, account, version->function->name);
    struct dispatcher_provided provided = {0};

    if (!has_processes(version)) {
        provided.has_failed = version->kind == FUNCTION_LEFT_OUT;
        provided.ready = provided.has_failed ? 0 : version->provisioned;
        return provided;
    }
    for (const struct version_pool *pool = function == NULL ? NULL : function->pools; pool != NULL;
         pool = pool->next) {
        if (pool->is_retired || pool->fingerprint != version->fingerprint ||
            strcmp(pool->version, version->version) != 0)
            continue;
        provided.starting = pool->counts[ENVIRONMENT_INIT];
        provided.ready = live_count(pool) - provided.starting;
        provided.has_failed = pool->has_failed_to_provide;
    }
    return provided;
}
