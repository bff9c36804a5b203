/*
 * A function of an account has one count of what it may run at once, and for each of its versions a pool of execution
 * environments. An accepted invocation goes to the environment that was used last; if none is idle it waits in its
 * pool, in order, for the first that becomes ready: one that is starting, one that has answered and is about to be
 * ready again (which is given GRACE_MS), or a new one, started for it.
 *
 * Pools are told apart by the fingerprint of their settings, so a changed configuration gives a new pool and the old
 * one runs dry.
 */
#include "runtime/dispatcher.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "runtime/command_environment.h"
#include "runtime/execution_environment.h"
#include "runtime/mock_environment.h"
#include "runtime/mocks.h"
#include "runtime/worker_environment.h"

enum {
    BUCKETS = 4096,
    GRACE_MS = 50,      /* for an environment that has answered to ask for the next event */
    IDLE_TICK_MS = 1000 /* how often idle environments are looked through */
};

struct environment_list {
    struct environment *first, *last;
};

struct version_pool {
    struct function_state *function;
    struct version_pool *next; /* of the same function */
    char *version;
    uint64_t fingerprint;
    bool is_retired;              /* the configuration has changed: no new environments, no reuse */
    struct environment_list idle; /* used last first */
    struct environment_list others;
    unsigned counts[ENVIRONMENT_STATE_COUNT];
    struct invocation *first_waiting, *last_waiting;
    unsigned waiting;
};

struct function_state {
    struct function_state *next; /* in the bucket */
    struct account *account;
    char *name;
    unsigned in_use;
    struct version_pool *pools;
};

struct dispatcher {
    const struct environment_services *services;
    struct function_state *buckets[BUCKETS];
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

static void balance(struct dispatcher *dispatcher, struct version_pool *pool);
static void on_idle_tick(uv_timer_t *timer);

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

/* The environment has changed its state. */
static void recount(struct environment *environment)
{
    struct version_pool *pool = environment->pool;

    pool->counts[environment->counted_as]--;
    list_remove(list_of(environment), environment);
    environment->counted_as = environment->state;
    pool->counts[environment->counted_as]++;
    list_add_first(list_of(environment), environment);
}

static void wait_in_pool(struct version_pool *pool, struct invocation *invocation)
{
    invocation->next = NULL;
    if (pool->last_waiting != NULL)
        pool->last_waiting->next = invocation;
    else
        pool->first_waiting = invocation;
    pool->last_waiting = invocation;
    pool->waiting++;
}

static struct invocation *next_waiting(struct version_pool *pool)
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

/* ---- functions and pools ---- */

static unsigned bucket_of(const struct account *account, const char *name)
{
    uint32_t hash = 2166136261u;

    for (const char *at = account->id; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    for (const char *at = name; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    return hash % BUCKETS;
}

static struct function_state *find_function(const struct dispatcher *dispatcher,
                                            const struct account *account, const char *name)
{
    struct function_state *function = dispatcher->buckets[bucket_of(account, name)];

    while (function != NULL && (function->account != account || strcmp(function->name, name) != 0))
        function = function->next;
    return function;
}

static struct function_state *get_function(struct dispatcher *dispatcher, struct account *account,
                                           const char *name)
{
    struct function_state *function = find_function(dispatcher, account, name);
    struct function_state **bucket = &dispatcher->buckets[bucket_of(account, name)];

    if (function != NULL)
        return function;
    function = calloc(1, sizeof *function);
    if (function == NULL)
        return NULL;
    function->name = strdup(name);
    if (function->name == NULL) {
        free(function);
        return NULL;
    }
    function->account = account;
    function->next = *bucket;
    *bucket = function;
    return function;
}

static struct version_pool *get_pool(struct function_state *function,
                                     const struct function_version *settings)
{
    struct version_pool *pool;

    for (pool = function->pools; pool != NULL; pool = pool->next) {
        if (!pool->is_retired && pool->fingerprint == settings->fingerprint &&
            strcmp(pool->version, settings->version) == 0)
            return pool;
    }
    pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return NULL;
    pool->version = strdup(settings->version);
    if (pool->version == NULL) {
        free(pool);
        return NULL;
    }
    pool->function = function;
    pool->fingerprint = settings->fingerprint;
    pool->next = function->pools;
    function->pools = pool;
    return pool;
}

static void free_pool(struct version_pool *pool)
{
    free(pool->version);
    free(pool);
}

/* A retired pool goes with its last environment. */
static void free_if_dry(struct version_pool *pool)
{
    struct version_pool **link = &pool->function->pools;

    if (!pool->is_retired || pool->waiting > 0 || pool->idle.first != NULL ||
        pool->others.first != NULL)
        return;
    while (*link != pool)
        link = &(*link)->next;
    *link = pool->next;
    free_pool(pool);
}

typedef void pool_visit_fn(struct dispatcher *dispatcher, struct version_pool *pool, void *context);

static void for_each_pool(struct dispatcher *dispatcher, pool_visit_fn *visit, void *context)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct function_state *function = dispatcher->buckets[i]; function != NULL;
             function = function->next) {
            struct version_pool *next;

            for (struct version_pool *pool = function->pools; pool != NULL; pool = next) {
                next = pool->next;
                visit(dispatcher, pool, context);
            }
        }
    }
}

/* ---- places: concurrency as AWS counts it ---- */

enum dispatch_status dispatcher_place(const struct dispatcher *dispatcher,
                                      const struct account *account, const struct config *config,
                                      const struct function *function)
{
    const struct function_state *state = find_function(dispatcher, account, function->name);

    if (function->reserved_concurrency != CONCURRENCY_UNRESERVED) {
        const unsigned in_use = state == NULL ? 0 : state->in_use;

        return in_use < (unsigned)function->reserved_concurrency ? DISPATCH_ACCEPTED
                                                                 : DISPATCH_FUNCTION_THROTTLED;
    }
    return account->unreserved_in_use + config->reserved_total < config->concurrent_executions
               ? DISPATCH_ACCEPTED
               : DISPATCH_ACCOUNT_THROTTLED;
}

static void take_place(struct dispatcher *dispatcher, struct function_state *function,
                       const struct invocation *invocation)
{
    function->in_use++;
    dispatcher->running++;
    if (invocation->target.version->function->reserved_concurrency == CONCURRENCY_UNRESERVED)
        function->account->unreserved_in_use++;
}

static void leave_place(struct dispatcher *dispatcher, struct function_state *function,
                        const struct invocation *invocation)
{
    assert(function->in_use > 0 && dispatcher->running > 0);
    function->in_use--;
    dispatcher->running--;
    if (invocation->target.version->function->reserved_concurrency == CONCURRENCY_UNRESERVED)
        function->account->unreserved_in_use--;
}

static void finish(struct dispatcher *dispatcher, struct function_state *function,
                   struct invocation *invocation)
{
    struct account *account = function->account;
    const char *name = function->name;

    leave_place(dispatcher, function, invocation);
    if (dispatcher->observer != NULL)
        dispatcher->observer->on_finished(invocation, dispatcher->observer->context);
    invocation->on_done(invocation, invocation->done_context);
    if (dispatcher->on_place != NULL && !dispatcher->is_closing)
        dispatcher->on_place(account, name, dispatcher->place_context);
}

/* ---- what environments tell ---- */

static void on_environment_idle(struct environment *environment, void *context)
{
    struct dispatcher *dispatcher = context;
    struct version_pool *pool = environment->pool;
    struct invocation *invocation;

    recount(environment);
    if (pool->is_retired && pool->waiting == 0) {
        environment->kind->shut_down(environment);
        return;
    }
    invocation = next_waiting(pool);
    if (invocation == NULL) {
        environment->idle_since_us = clock_monotonic_us();
        if (!uv_is_active((uv_handle_t *)&dispatcher->idle_timer))
            (void)uv_timer_start(&dispatcher->idle_timer, on_idle_tick, IDLE_TICK_MS, IDLE_TICK_MS);
        return;
    }
    environment->kind->invoke(environment, invocation);
    recount(environment);
}

static void on_environment_done(struct environment *environment, struct invocation *invocation,
                                void *context)
{
    recount(environment);
    finish(context, environment->pool->function, invocation);
}

static struct invocation *on_environment_init_failed(struct environment *environment, void *context)
{
    (void)context;
    return next_waiting(environment->pool);
}

static void on_environment_shutdown(struct environment *environment, void *context)
{
    recount(environment);
    balance(context, environment->pool);
}

static void end_closing(struct dispatcher *dispatcher);

static void on_environment_gone(struct environment *environment, void *context)
{
    struct dispatcher *dispatcher = context;
    struct version_pool *pool = environment->pool;

    pool->counts[environment->counted_as]--;
    list_remove(list_of(environment), environment);
    dispatcher->environments--;
    free_if_dry(pool);
    if (dispatcher->is_closing && dispatcher->environments == 0)
        end_closing(dispatcher);
}

static const struct environment_listener listener = {
    .on_idle = on_environment_idle,
    .on_done = on_environment_done,
    .on_init_failed = on_environment_init_failed,
    .on_shutdown = on_environment_shutdown,
    .on_gone = on_environment_gone,
};

/* ---- starting ---- */

static struct environment *environment_open(struct dispatcher *dispatcher,
                                            struct version_pool *pool,
                                            const struct invocation *invocation,
                                            enum function_kind kind)
{
    const struct environment_options options = {
        .services = dispatcher->services,
        .account = pool->function->account,
        .config = invocation->config,
        .settings = invocation->target.version,
        .listener = &listener,
        .listener_context = dispatcher,
    };
    struct environment *environment = NULL;

    switch (kind) {
    case FUNCTION_RUNTIME:
    case FUNCTION_IMAGE:
        environment = worker_open(&options);
        break;
    case FUNCTION_COMMAND:
        environment = command_open(&options);
        break;
    case FUNCTION_MOCK:
        environment = mock_open(&options);
        break;
    }
    if (environment == NULL)
        return NULL;
    environment->pool = pool;
    environment->counted_as = environment->state;
    pool->counts[environment->counted_as]++;
    list_add_first(list_of(environment), environment);
    dispatcher->environments++;
    return environment;
}

/* Is there, or will there be at once, an environment for each that waits? */
static bool is_covered(const struct version_pool *pool, bool is_grace_over)
{
    unsigned coming = pool->counts[ENVIRONMENT_INIT];

    if (!is_grace_over)
        coming += pool->counts[ENVIRONMENT_FINISHING];
    return pool->waiting <= coming;
}

/* A handler that a developer starts is one process: the others wait for it. */
static bool is_attached(const struct version_pool *pool, const struct invocation *invocation)
{
    return invocation->target.version->attach &&
           (pool->idle.first != NULL || pool->others.first != NULL);
}

/* False when memory is short. */
static bool start_for_waiting(struct dispatcher *dispatcher, struct version_pool *pool,
                              bool is_grace_over)
{
    while (!is_covered(pool, is_grace_over) && !is_attached(pool, pool->first_waiting)) {
        const struct invocation *first = pool->first_waiting;

        if (environment_open(dispatcher, pool, first, first->target.version->kind) == NULL)
            return false;
    }
    return true;
}

static void on_grace_over(uv_timer_t *timer);

static void balance(struct dispatcher *dispatcher, struct version_pool *pool)
{
    if (dispatcher->is_closing || pool->waiting == 0)
        return;
    if ((!start_for_waiting(dispatcher, pool, false) ||
         pool->waiting > pool->counts[ENVIRONMENT_INIT]) &&
        !uv_is_active((uv_handle_t *)&dispatcher->grace_timer))
        (void)uv_timer_start(&dispatcher->grace_timer, on_grace_over, GRACE_MS, 0);
}

static void visit_grace_over(struct dispatcher *dispatcher, struct version_pool *pool,
                             void *context)
{
    (void)context;
    if (pool->waiting == 0)
        return;
    (void)start_for_waiting(dispatcher, pool, true);
    if (pool->waiting > pool->counts[ENVIRONMENT_INIT])
        (void)uv_timer_start(&dispatcher->grace_timer, on_grace_over, GRACE_MS, 0);
}

static void on_grace_over(uv_timer_t *timer)
{
    for_each_pool(timer->data, visit_grace_over, NULL);
}

static bool run_once(struct dispatcher *dispatcher, struct version_pool *pool,
                     struct invocation *invocation, enum function_kind kind)
{
    struct environment *environment = environment_open(dispatcher, pool, invocation, kind);

    if (environment == NULL)
        return false;
    environment->kind->invoke(environment, invocation);
    recount(environment);
    return true;
}

static void forget_last_waiting(struct version_pool *pool, const struct invocation *invocation)
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

static bool run_warm(struct dispatcher *dispatcher, struct version_pool *pool,
                     struct invocation *invocation)
{
    struct environment *environment = pool->idle.first;

    if (environment != NULL) {
        environment->kind->invoke(environment, invocation);
        recount(environment);
        return true;
    }
    wait_in_pool(pool, invocation);
    balance(dispatcher, pool);
    if (pool->idle.first == NULL && pool->others.first == NULL) {
        forget_last_waiting(pool, invocation);
        return false;
    }
    return true;
}

/* How it runs this time: what has code may be mocked for a while. */
static enum function_kind kind_of(const struct invocation *invocation)
{
    const struct function_version *settings = invocation->target.version;

    return mocks_cover(invocation->account, settings) ? FUNCTION_MOCK : settings->kind;
}

static bool run(struct dispatcher *dispatcher, struct version_pool *pool,
                struct invocation *invocation)
{
    const enum function_kind kind = kind_of(invocation);

    if (kind == FUNCTION_COMMAND || kind == FUNCTION_MOCK)
        return run_once(dispatcher, pool, invocation, kind);
    return run_warm(dispatcher, pool, invocation);
}

static enum dispatch_status take_in(struct dispatcher *dispatcher, struct invocation *invocation)
{
    const struct function_version *settings = invocation->target.version;
    struct function_state *function =
        get_function(dispatcher, invocation->account, settings->function->name);
    struct version_pool *pool = function == NULL ? NULL : get_pool(function, settings);

    if (pool == NULL || dispatcher->is_closing)
        return DISPATCH_NO_MEMORY;
    take_place(dispatcher, function, invocation);
    if (dispatcher->observer != NULL)
        dispatcher->observer->on_accepted(invocation, dispatcher->observer->context);
    if (run(dispatcher, pool, invocation))
        return DISPATCH_ACCEPTED;
    leave_place(dispatcher, function, invocation);
    return DISPATCH_NO_MEMORY;
}

enum dispatch_status dispatcher_submit(struct dispatcher *dispatcher, struct invocation *invocation,
                                       dispatch_done_fn *on_done, void *context)
{
    enum dispatch_status status = dispatcher_place(
        dispatcher, invocation->account, invocation->config, invocation->target.version->function);

    invocation->on_done = on_done;
    invocation->done_context = context;
    invocation->started_at_ms = clock_now_ms(invocation->account->clock);
    if (status == DISPATCH_ACCEPTED)
        status = take_in(dispatcher, invocation);
    if (status != DISPATCH_ACCEPTED && dispatcher->observer != NULL)
        dispatcher->observer->on_refused(invocation, status, dispatcher->observer->context);
    return status;
}

/* ---- idle environments ---- */

static void visit_idle(struct dispatcher *dispatcher, struct version_pool *pool, void *context)
{
    unsigned *idle_count = context;
    const int64_t now_us = clock_monotonic_us();
    struct environment *previous;

    (void)dispatcher;
    for (struct environment *environment = pool->idle.last; environment != NULL;
         environment = previous) {
        const int64_t idle_s = (now_us - environment->idle_since_us) / 1000000;

        previous = environment->previous;
        if (idle_s < environment->settings->idle_timeout_s) {
            *idle_count += pool->counts[ENVIRONMENT_IDLE];
            return; /* those before it were used later */
        }
        environment->kind->shut_down(environment);
    }
}

static void on_idle_tick(uv_timer_t *timer)
{
    unsigned idle_count = 0;

    for_each_pool(timer->data, visit_idle, &idle_count);
    if (idle_count == 0)
        (void)uv_timer_stop(timer);
}

/* ---- the whole ---- */

struct dispatcher *dispatcher_open(const struct environment_services *services)
{
    struct dispatcher *dispatcher = calloc(1, sizeof *dispatcher);

    if (dispatcher == NULL)
        return NULL;
    dispatcher->services = services;
    (void)uv_timer_init(services->loop, &dispatcher->idle_timer);
    (void)uv_timer_init(services->loop, &dispatcher->grace_timer);
    dispatcher->idle_timer.data = dispatcher;
    dispatcher->grace_timer.data = dispatcher;
    (void)uv_timer_start(&dispatcher->idle_timer, on_idle_tick, IDLE_TICK_MS, IDLE_TICK_MS);
    dispatcher->open_handles = 2;
    return dispatcher;
}

void dispatcher_listen(struct dispatcher *dispatcher, dispatch_place_fn *on_place, void *context)
{
    dispatcher->on_place = on_place;
    dispatcher->place_context = context;
}

void dispatcher_observe(struct dispatcher *dispatcher, const struct dispatch_observer *observer)
{
    dispatcher->observer = observer;
}

unsigned dispatcher_running(const struct dispatcher *dispatcher)
{
    return dispatcher->running;
}

struct dispatcher_count dispatcher_count(const struct dispatcher *dispatcher,
                                         const struct account *account, const char *function_name)
{
    const struct function_state *function = find_function(dispatcher, account, function_name);
    struct dispatcher_count count = {0};

    if (function == NULL)
        return count;
    for (const struct version_pool *pool = function->pools; pool != NULL; pool = pool->next) {
        count.idle += pool->counts[ENVIRONMENT_IDLE];
        count.busy += pool->counts[ENVIRONMENT_INVOKE] + pool->counts[ENVIRONMENT_FINISHING];
        count.starting += pool->counts[ENVIRONMENT_INIT];
    }
    return count;
}

static void shut_down_list(struct environment_list *list)
{
    struct environment *next;

    for (struct environment *environment = list->first; environment != NULL; environment = next) {
        next = environment->next;
        environment->kind->shut_down(environment);
    }
}

static bool is_current(const struct version_pool *pool, const struct config *config)
{
    const struct function *function = config_function(config, pool->function->name);
    struct function_target target;

    return function != NULL && function_resolve(function, pool->version, 0.0, &target) &&
           target.version->fingerprint == pool->fingerprint;
}

static void retire(struct version_pool *pool)
{
    if (pool->is_retired)
        return;
    pool->is_retired = true;
    shut_down_list(&pool->idle);
    free_if_dry(pool);
}

static void visit_reconfigure(struct dispatcher *dispatcher, struct version_pool *pool,
                              void *context)
{
    (void)dispatcher;
    if (!is_current(pool, context))
        retire(pool);
}

struct replacement {
    const char *function_name;
    bool has_replaced;
};

static void visit_replace(struct dispatcher *dispatcher, struct version_pool *pool, void *context)
{
    struct replacement *replacement = context;

    (void)dispatcher;
    if (strcmp(pool->function->name, replacement->function_name) != 0)
        return;
    replacement->has_replaced = replacement->has_replaced || !pool->is_retired;
    retire(pool);
}

bool dispatcher_replace(struct dispatcher *dispatcher, const char *function_name)
{
    struct replacement replacement = {.function_name = function_name};

    for_each_pool(dispatcher, visit_replace, &replacement);
    return replacement.has_replaced;
}

void dispatcher_reconfigure(struct dispatcher *dispatcher, const struct config *config)
{
    for_each_pool(dispatcher, visit_reconfigure, (void *)(uintptr_t)config);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct dispatcher *dispatcher = handle->data;
    dispatcher_closed_fn *on_closed = dispatcher->on_closed;
    void *context = dispatcher->closed_context;

    if (--dispatcher->open_handles > 0)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        struct function_state *next;

        for (struct function_state *function = dispatcher->buckets[i]; function != NULL;
             function = next) {
            struct version_pool *next_pool;

            next = function->next;
            for (struct version_pool *pool = function->pools; pool != NULL; pool = next_pool) {
                next_pool = pool->next;
                free_pool(pool);
            }
            free(function->name);
            free(function);
        }
    }
    free(dispatcher);
    on_closed(context);
}

static void end_closing(struct dispatcher *dispatcher)
{
    uv_close((uv_handle_t *)&dispatcher->idle_timer, on_handle_closed);
    uv_close((uv_handle_t *)&dispatcher->grace_timer, on_handle_closed);
}

static void visit_close(struct dispatcher *dispatcher, struct version_pool *pool, void *context)
{
    struct invocation *invocation;

    (void)context;
    while ((invocation = next_waiting(pool)) != NULL) {
        invocation->outcome.kind = OUTCOME_ABANDONED;
        finish(dispatcher, pool->function, invocation);
    }
    shut_down_list(&pool->idle);
    /* Those that end in SHUTDOWN go to the front of the list: start from the first again until none is left to end. */
    for (struct environment *environment = pool->others.first; environment != NULL;) {
        if (environment->state == ENVIRONMENT_SHUTDOWN) {
            environment = environment->next;
            continue;
        }
        environment->kind->shut_down(environment);
        environment = pool->others.first;
    }
}

void dispatcher_close(struct dispatcher *dispatcher, dispatcher_closed_fn *on_closed, void *context)
{
    assert(!dispatcher->is_closing);
    dispatcher->is_closing = true;
    dispatcher->on_closed = on_closed;
    dispatcher->closed_context = context;
    for_each_pool(dispatcher, visit_close, NULL);
    if (dispatcher->environments == 0)
        end_closing(dispatcher);
}
