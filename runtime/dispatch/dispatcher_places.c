/*
 * dispatcher_places.c - concurrency as AWS counts it: how many invocations a function may run at a time, and how many do.
 */
#include "runtime/dispatch/dispatcher_internal.h"

#include <assert.h>

struct dispatcher_places dispatcher_places(const struct dispatcher *dispatcher,
                                           const struct account *account,
                                           const struct config *config,
                                           const struct function *function)
{
    const struct function_state *state =
        function_pools_find(&dispatcher->pools, account, function->name);

    if (function->reserved_concurrency != CONCURRENCY_UNRESERVED)
        return (struct dispatcher_places){state == NULL ? 0 : state->in_use,
                                          (unsigned)function->reserved_concurrency};
    const unsigned reserved = config_reserved_total(config, account->id);

    return (struct dispatcher_places){
        account->unreserved_in_use,
        config->concurrent_executions > reserved ? config->concurrent_executions - reserved : 0};
}

enum dispatch_status dispatcher_place(const struct dispatcher *dispatcher,
                                      const struct account *account, const struct config *config,
                                      const struct function *function)
{
    const struct dispatcher_places places =
        dispatcher_places(dispatcher, account, config, function);

    if (places.busy < places.limit)
        return DISPATCH_ACCEPTED;
    return function->reserved_concurrency != CONCURRENCY_UNRESERVED ? DISPATCH_FUNCTION_THROTTLED
                                                                    : DISPATCH_ACCOUNT_THROTTLED;
}

bool dispatcher_has_unprovisioned_place(const struct dispatcher *dispatcher,
                                        const struct invocation *invocation)
{
    const struct function *function = invocation->target.version->function;
    const struct function_state *state;
    unsigned in_use;

    if (function->provisioned_total == 0 || invocation->target.version->provisioned > 0 ||
        function->reserved_concurrency == CONCURRENCY_UNRESERVED)
        return true;
    state = function_pools_find(&dispatcher->pools, invocation->account, function->name);
    in_use = state == NULL ? 0 : state->in_use - state->provisioned_in_use;
    return in_use + function->provisioned_total < (unsigned)function->reserved_concurrency;
}

void dispatcher_take_place(struct dispatcher *dispatcher, struct function_state *function,
                           const struct invocation *invocation)
{
    function->in_use++;
    if (invocation->target.version->provisioned > 0)
        function->provisioned_in_use++;
    dispatcher->running++;
    if (invocation->target.version->function->reserved_concurrency == CONCURRENCY_UNRESERVED)
        function->account->unreserved_in_use++;
}

void dispatcher_leave_place(struct dispatcher *dispatcher, struct function_state *function,
                            const struct invocation *invocation)
{
    assert(function->in_use > 0 && dispatcher->running > 0);
    function->in_use--;
    if (invocation->target.version->provisioned > 0)
        function->provisioned_in_use--;
    dispatcher->running--;
    if (invocation->target.version->function->reserved_concurrency == CONCURRENCY_UNRESERVED)
        function->account->unreserved_in_use--;
}
