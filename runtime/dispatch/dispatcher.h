/*
 * dispatcher.h - decides where and when an invocation runs.
 *
 * Owns:     the execution environments of every function and account; counts concurrency as AWS does: a function with
 *           reserved concurrency draws from its own share alone, the others from what is left of the account's.
 * Used by:  handlers/lambda/, runtime/events/async_round.c.
 * Lifetime: opened by server_start(); outlives both users.
 * Threads:  event-loop thread only.
 */
#ifndef RUNTIME_DISPATCH_DISPATCHER_H
#define RUNTIME_DISPATCH_DISPATCHER_H

#include "config/config.h"
#include "runtime/dispatch/invocation.h"

struct dispatcher; /* opaque */
struct environment_services;

/* Takes `invocation`, whose outcome is filled in. */
typedef void dispatch_done_fn(struct invocation *invocation, void *context);
typedef void dispatch_place_fn(struct account *account, const char *function_name, void *context);
typedef void dispatcher_closed_fn(void *context);

/* Sees every invocation, for the history and the metrics. It must not submit or close. */
struct dispatch_observer {
    /* Accepted: it runs, or waits for its environment. */
    void (*on_accepted)(struct invocation *invocation, void *context);
    /* It has its outcome; its submitter is called next. */
    void (*on_finished)(struct invocation *invocation, void *context);
    /* Refused: the submitter keeps it. */
    void (*on_refused)(struct invocation *invocation, enum dispatch_status status, void *context);
    void *context;
};

/* Borrows `services`. NULL when out of memory. */
struct dispatcher *dispatcher_open(const struct environment_services *services);

/*
 * Takes `invocation` only on DISPATCH_ACCEPTED; the caller keeps it otherwise.
 * `on_done` then runs exactly once, and never before this function returns.
 */
enum dispatch_status dispatcher_submit(struct dispatcher *dispatcher, struct invocation *invocation,
                                       dispatch_done_fn *on_done, void *context);

/* Would dispatcher_submit() accept one of this function now? */
enum dispatch_status dispatcher_place(const struct dispatcher *dispatcher,
                                      const struct account *account, const struct config *config,
                                      const struct function *function);

/* The places that a function draws from: its reserved concurrency, or what is left of the account's. */
struct dispatcher_places {
    unsigned busy, limit;
};
struct dispatcher_places dispatcher_places(const struct dispatcher *dispatcher,
                                           const struct account *account,
                                           const struct config *config,
                                           const struct function *function);

/* `on_place` runs whenever an invocation has ended and left its place. One listener. */
void dispatcher_listen(struct dispatcher *dispatcher, dispatch_place_fn *on_place, void *context);

/* One observer; borrowed. */
void dispatcher_observe(struct dispatcher *dispatcher, const struct dispatch_observer *observer);

/* How many environments a function has. */
struct dispatcher_count {
    unsigned idle;
    unsigned busy; /* also those that have answered but are not ready yet */
    unsigned starting;
};
struct dispatcher_count dispatcher_count(const struct dispatcher *dispatcher,
                                         const struct account *account, const char *function_name);

/*
 * Opens the environments of handlers that developers start (Local.Attach), so that the log says where to connect them
 * before anything is invoked. To be called again after dispatcher_reconfigure().
 */
void dispatcher_attach(struct dispatcher *dispatcher, struct account *account,
                       struct config *config);

/*
 * Provisioned concurrency of a version: opens the environments that are missing, and keeps them from being ended for being
 * idle. To be called again when something has changed; 0 gives them up.
 */
void dispatcher_provide(struct dispatcher *dispatcher, struct account *account,
                        struct config *config, const struct function_version *version);

struct dispatcher_provided {
    unsigned ready, starting;
    bool has_failed;
};
struct dispatcher_provided dispatcher_provided(const struct dispatcher *dispatcher,
                                               const struct account *account,
                                               const struct function_version *version);

/* Takes over a new configuration: ends idle environments whose settings changed, and busy ones after their invocation. */
void dispatcher_reconfigure(struct dispatcher *dispatcher, const struct config *config);

/*
 * The code of a function has changed: ends its idle environments in every account, and the busy ones after their
 * invocation. False when nothing had been started with the old code.
 */
bool dispatcher_replace(struct dispatcher *dispatcher, const char *function_name);

/* How many accepted invocations have no outcome yet. */
unsigned dispatcher_running(const struct dispatcher *dispatcher);

/* Ends every environment; running invocations end as OUTCOME_ABANDONED. `on_closed` runs when all memory is freed. */
void dispatcher_close(struct dispatcher *dispatcher, dispatcher_closed_fn *on_closed,
                      void *context);

#endif
