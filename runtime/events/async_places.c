/*
 * Has an event of a lane a place?
 *
 * Besides AWS's limits, limits of our own keep a backlog from overloading the machine and from starving synchronous
 * invocations:
 *   lane_places   of one function without reserved concurrency
 *   event_places  of all functions without it
 *   a function with reserved concurrency has that as its limit, up to reserved_places
 *   a tenth of an account's unreserved places is left to synchronous invocations (at least one of two)
 *   a function that already runs events leaves a quarter of the shared places to those that run none
 */
#include "runtime/events/async_internal.h"

/* What a function that runs so many events of its own may have of the shared places. */
static unsigned share_of(unsigned places, size_t own)
{
    return own == 0 ? places : places - places / 4;
}

static unsigned account_places(const struct config *config)
{
    const unsigned shared = config->concurrent_executions > config->reserved_total
                                ? config->concurrent_executions - config->reserved_total
                                : 0;
    const unsigned spared = shared / 10 > 0 ? shared / 10 : shared > 1;

    return shared - spared;
}

static enum place_result look_reserved(const struct event_lane *lane, unsigned reserved,
                                       struct dispatcher_places *full)
{
    const unsigned most = lane->owner->lanes->invoker->reserved_places;

    *full = (struct dispatcher_places){(unsigned)lane->running_count,
                                       reserved < most ? reserved : most};
    return full->busy < full->limit ? PLACE_FREE : PLACE_OWN_FULL;
}

static bool is_full(struct dispatcher_places *places, unsigned busy, unsigned limit)
{
    *places = (struct dispatcher_places){busy, limit};
    return busy >= limit;
}

enum place_result async_look_for_place(const struct event_lane *lane, const struct config *config,
                                       const struct function *function,
                                       struct dispatcher_places *full)
{
    const struct async_invoker *invoker = lane->owner->lanes->invoker;
    const size_t own = lane->running_count;
    const unsigned of_account = account_places(config);

    if (function->reserved_concurrency != CONCURRENCY_UNRESERVED)
        return look_reserved(lane, (unsigned)function->reserved_concurrency, full);
    if (is_full(full, (unsigned)own, invoker->lane_places))
        return PLACE_OWN_FULL;
    if (is_full(full, invoker->unreserved_running, share_of(invoker->event_places, own)) ||
        (of_account > 0 &&
         is_full(full, lane->owner->unreserved_running, share_of(of_account, own))))
        return PLACE_SHARED_FULL;
    return PLACE_FREE;
}

bool async_has_place(const struct event_lane *lane, const struct config *config,
                     const struct function *function)
{
    return dispatcher_place(lane->owner->lanes->invoker->options.dispatcher, lane->account, config,
                            function) == DISPATCH_ACCEPTED;
}

struct dispatcher_places async_places_of(const struct event_lane *lane)
{
    const struct async_invoker_options *options = &lane->owner->lanes->invoker->options;
    const struct config *config = config_store_current(options->config_store);
    const struct function *function =
        config_function_of(config, lane->account->id, lane->function_name);

    if (function == NULL)
        return (struct dispatcher_places){0, 0};
    return dispatcher_places(options->dispatcher, lane->account, config, function);
}
