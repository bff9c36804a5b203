/*
 * dispatcher_internal.h - what the files of the dispatcher share.
 */
#ifndef RUNTIME_DISPATCH_DISPATCHER_INTERNAL_H
#define RUNTIME_DISPATCH_DISPATCHER_INTERNAL_H

#include "runtime/dispatch/dispatcher.h"
#include "runtime/dispatch/function_pools.h"

#include <uv.h>

struct dispatcher {
    const struct environment_services *services;
    struct function_pools pools;
    uv_timer_t idle_timer, grace_timer;
    unsigned environments; /* of all kinds and states but GONE */
    unsigned running;
    bool is_closing;
    unsigned open_handles;
    dispatch_place_fn *on_place;
    void *place_context;
    const struct dispatch_observer *observer; /* NULL for none */
    dispatcher_closed_fn *on_closed;
    void *closed_context;
};

/* Opens one in that pool; NULL when out of memory. */
struct environment *dispatcher_environment_open(struct dispatcher *dispatcher,
                                                struct version_pool *pool, struct config *config,
                                                const struct function_version *settings,
                                                enum function_kind kind);

/* Is there one that runs, or is on its way? */
bool dispatcher_has_live_environment(const struct version_pool *pool);

/* From now on idle environments are looked through, until none is left. */
void dispatcher_watch_idle(struct dispatcher *dispatcher);

/* ---- places (dispatcher_places.c) ---- */

/* What a function has reserved is its provisioned versions' first; the others share the rest. */
bool dispatcher_has_unprovisioned_place(const struct dispatcher *dispatcher,
                                        const struct invocation *invocation);

void dispatcher_take_place(struct dispatcher *dispatcher, struct function_state *function,
                           const struct invocation *invocation);
void dispatcher_leave_place(struct dispatcher *dispatcher, struct function_state *function,
                            const struct invocation *invocation);

#endif
