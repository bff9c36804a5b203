/*
 * Each function of an account has one count of its running invocations (dispatcher_places.c), and one pool of execution
 * environments for each of its versions. An accepted invocation goes to the most recently used idle environment. If none
 * is idle, it waits in its pool, in order, for the first that becomes ready: one that is starting, one that has answered
 * and will be ready soon (it gets GRACE_MS), or a new one.
 *
 * A pool is identified by the fingerprint of its settings, and by the tenant where a function isolates tenants: a changed
 * configuration gets a new pool, and the old one ends with its last invocation.
 */
#include "runtime/dispatch/dispatcher_internal.h"

#include "runtime/canned/mocks.h"
#include "runtime/environments/command_environment.h"
#include "runtime/environments/execution_environment.h"
#include "runtime/environments/mock_environment.h"
#include "runtime/environments/worker_environment.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    GRACE_MS = 50,      /* for an environment that has answered to ask for the next event */
    IDLE_TICK_MS = 1000 /* how often idle environments are looked through */
};

static void balance(struct dispatcher *dispatcher, struct version_pool *pool);
static void finish(struct dispatcher *dispatcher, struct function_state *function,
                   struct invocation *invocation)
{
    struct account *account = function->account;
    const char *name = function->name;

    dispatcher_leave_place(dispatcher, function, invocation);
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

    version_pool_recount(environment);
    if (pool->is_retired && pool->waiting == 0) {
        environment->kind->shut_down(environment);
        return;
    }
    invocation = version_pool_next_waiting(pool);
    if (invocation == NULL) {
        environment->idle_since_us = clock_monotonic_us();
        dispatcher_watch_idle(dispatcher);
        return;
    }
    environment->kind->invoke(environment, invocation);
    version_pool_recount(environment);
}

static void on_environment_done(struct environment *environment, struct invocation *invocation,
                                void *context)
{
    version_pool_recount(environment);
    finish(context, environment->pool->function, invocation);
}

static struct invocation *on_environment_init_failed(struct environment *environment, void *context)
{
    (void)context;
    environment->pool->has_failed_to_provide = environment->pool->provisioned > 0;
    return version_pool_next_waiting(environment->pool);
}

static void on_environment_shutdown(struct environment *environment, void *context)
{
    version_pool_recount(environment);
    balance(context, environment->pool);
}

static void end_closing(struct dispatcher *dispatcher);

static void on_environment_gone(struct environment *environment, void *context)
{
    struct dispatcher *dispatcher = context;
    struct version_pool *pool = environment->pool;

    version_pool_remove(environment);
    dispatcher->environments--;
    version_pool_free_if_dry(pool);
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

/* An environment keeps its snapshot for long: of a function of the API that is not the one of all functions. */
static struct config *unit_of(const struct function_version *settings, struct config *config)
{
    return settings->function->unit != NULL ? settings->function->unit : config;
}

struct environment *dispatcher_environment_open(struct dispatcher *dispatcher,
                                                struct version_pool *pool, struct config *config,
                                                const struct function_version *settings,
                                                enum function_kind kind)
{
    const struct environment_options options = {
        .services = dispatcher->services,
        .account = pool->function->account,
        .config = unit_of(settings, config),
        .settings = settings,
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
    case FUNCTION_LEFT_OUT:
        environment = mock_open(&options);
        break;
    }
    if (environment == NULL)
        return NULL;
    version_pool_add(pool, environment);
    dispatcher->environments++;
    return environment;
}

/* Is an environment on its way for each invocation that waits? */
static bool is_covered(const struct version_pool *pool, bool is_grace_over)
{
    unsigned coming = pool->counts[ENVIRONMENT_INIT];

    if (!is_grace_over)
        coming += pool->counts[ENVIRONMENT_FINISHING];
    return pool->waiting <= coming;
}

bool dispatcher_has_live_environment(const struct version_pool *pool)
{
    return pool->idle.first != NULL || pool->counts[ENVIRONMENT_INIT] > 0 ||
           pool->counts[ENVIRONMENT_INVOKE] > 0 || pool->counts[ENVIRONMENT_FINISHING] > 0;
}

/* One process is debugged at a time: the others wait for it. */
static bool is_awaited(const struct version_pool *pool, const struct invocation *invocation)
{
    return worker_is_debugged(invocation->target.version) && dispatcher_has_live_environment(pool);
}

/* False when out of memory. */
static bool start_for_waiting(struct dispatcher *dispatcher, struct version_pool *pool,
                              bool is_grace_over)
{
    while (!is_covered(pool, is_grace_over)) {
        const struct invocation *first = pool->first_waiting;

        if (dispatcher_environment_open(dispatcher, pool, first->config, first->target.version,
                                        first->target.version->kind) == NULL)
            return false;
        if (worker_is_debugged(first->target.version))
            break;
    }
    return true;
}

static void on_grace_over(uv_timer_t *timer);

static void balance(struct dispatcher *dispatcher, struct version_pool *pool)
{
    if (dispatcher->is_closing || pool->waiting == 0 || is_awaited(pool, pool->first_waiting))
        return;
    if ((!start_for_waiting(dispatcher, pool, false) ||
         pool->waiting > pool->counts[ENVIRONMENT_INIT]) &&
        !uv_is_active((uv_handle_t *)&dispatcher->grace_timer))
        (void)uv_timer_start(&dispatcher->grace_timer, on_grace_over, GRACE_MS, 0);
}

static void visit_grace_over(struct version_pool *pool, void *context)
{
    struct dispatcher *dispatcher = context;

    if (pool->waiting == 0 || is_awaited(pool, pool->first_waiting))
        return;
    (void)start_for_waiting(dispatcher, pool, true);
    if (pool->waiting > pool->counts[ENVIRONMENT_INIT])
        (void)uv_timer_start(&dispatcher->grace_timer, on_grace_over, GRACE_MS, 0);
}

static void on_grace_over(uv_timer_t *timer)
{
    struct dispatcher *dispatcher = timer->data;

    function_pools_visit(&dispatcher->pools, visit_grace_over, dispatcher);
}

static bool run_once(struct dispatcher *dispatcher, struct version_pool *pool,
                     struct invocation *invocation, enum function_kind kind)
{
    struct environment *environment = dispatcher_environment_open(
        dispatcher, pool, invocation->config, invocation->target.version, kind);

    if (environment == NULL)
        return false;
    environment->kind->invoke(environment, invocation);
    version_pool_recount(environment);
    return true;
}

static bool run_warm(struct dispatcher *dispatcher, struct version_pool *pool,
                     struct invocation *invocation)
{
    struct environment *environment = pool->idle.first;

    if (environment != NULL) {
        environment->kind->invoke(environment, invocation);
        version_pool_recount(environment);
        return true;
    }
    version_pool_wait(pool, invocation);
    balance(dispatcher, pool);
    if (pool->idle.first == NULL && pool->others.first == NULL) {
        version_pool_forget_last_waiting(pool, invocation);
        return false;
    }
    return true;
}

static enum dispatch_status take_in(struct dispatcher *dispatcher, struct invocation *invocation)
{
    const struct function_version *settings = invocation->target.version;
    /* A function with code may be mocked for a while. */
    const enum function_kind kind =
        mocks_cover(invocation->account, settings) ? FUNCTION_MOCK : settings->kind;
    struct function_state *function =
        function_pools_get(&dispatcher->pools, invocation->account, settings->function->name);
    struct version_pool *pool =
        function == NULL ? NULL : version_pool_get(function, settings, invocation->tenant_id);

    if (pool == NULL || dispatcher->is_closing)
        return DISPATCH_NO_MEMORY;
    dispatcher_take_place(dispatcher, function, invocation);
    if (dispatcher->observer != NULL)
        dispatcher->observer->on_accepted(invocation, dispatcher->observer->context);
    if (kind == FUNCTION_RUNTIME || kind == FUNCTION_IMAGE
            ? run_warm(dispatcher, pool, invocation)
            : run_once(dispatcher, pool, invocation, kind))
        return DISPATCH_ACCEPTED;
    dispatcher_leave_place(dispatcher, function, invocation);
    version_pool_free_if_dry(pool);
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
    invocation->submitted_us = clock_monotonic_us();
    if (status == DISPATCH_ACCEPTED && !dispatcher_has_unprovisioned_place(dispatcher, invocation))
        status = DISPATCH_FUNCTION_THROTTLED;
    if (status == DISPATCH_ACCEPTED)
        status = take_in(dispatcher, invocation);
    if (status != DISPATCH_ACCEPTED && dispatcher->observer != NULL)
        dispatcher->observer->on_refused(invocation, status, dispatcher->observer->context);
    return status;
}

/* ---- idle environments ---- */

static void visit_idle(struct version_pool *pool, void *context)
{
    unsigned *idle_count = context;
    const int64_t now_us = clock_monotonic_us();
    struct environment *previous;

    for (struct environment *environment = pool->idle.last; environment != NULL;
         environment = previous) {
        const int64_t idle_s = (now_us - environment->idle_since_us) / 1000000;

        previous = environment->previous;
        if (idle_s < environment->settings->idle_timeout_s || environment->settings->attach) {
            *idle_count += pool->counts[ENVIRONMENT_IDLE];
            return; /* those before it were used more recently */
        }
        if (pool->counts[ENVIRONMENT_IDLE] <= pool->provisioned) {
            *idle_count += pool->counts[ENVIRONMENT_IDLE];
            return;
        }
        environment->kind->shut_down(environment);
    }
}

static void on_idle_tick(uv_timer_t *timer)
{
    struct dispatcher *dispatcher = timer->data;
    unsigned idle_count = 0;

    function_pools_visit(&dispatcher->pools, visit_idle, &idle_count);
    if (idle_count == 0)
        (void)uv_timer_stop(timer);
}

void dispatcher_watch_idle(struct dispatcher *dispatcher)
{
    if (!uv_is_active((uv_handle_t *)&dispatcher->idle_timer))
        (void)uv_timer_start(&dispatcher->idle_timer, on_idle_tick, IDLE_TICK_MS, IDLE_TICK_MS);
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
    dispatcher_watch_idle(dispatcher);
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
    const struct function_state *function =
        function_pools_find(&dispatcher->pools, account, function_name);
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

static void retire_unready(struct version_pool *pool)
{
    struct environment *next;

    for (struct environment *environment = pool->others.first; environment != NULL;
         environment = next) {
        next = environment->next;
        if (environment->state == ENVIRONMENT_INIT && environment->settings->attach &&
            pool->waiting == 0)
            environment->kind->shut_down(environment);
    }
}

static bool is_current(const struct version_pool *pool, const struct config *config)
{
    const struct function *function =
        config_function_of(config, pool->function->account->id, pool->function->name);
    struct function_target target;

    return function != NULL && function_resolve(function, pool->version, 0.0, &target) &&
           target.version->fingerprint == pool->fingerprint;
}

static void retire(struct version_pool *pool)
{
    if (pool->is_retired)
        return;
    version_pool_retire(pool);
    shut_down_list(&pool->idle);
    retire_unready(pool);
    version_pool_free_if_dry(pool);
}

static void visit_reconfigure(struct version_pool *pool, void *context)
{
    if (!is_current(pool, context))
        retire(pool);
}

struct replacement {
    const char *function_name;
    bool has_replaced;
};

static void visit_replace(struct version_pool *pool, void *context)
{
    struct replacement *replacement = context;

    if (strcmp(pool->function->name, replacement->function_name) != 0)
        return;
    replacement->has_replaced = replacement->has_replaced || !pool->is_retired;
    retire(pool);
}

bool dispatcher_replace(struct dispatcher *dispatcher, const char *function_name)
{
    struct replacement replacement = {.function_name = function_name};

    function_pools_visit(&dispatcher->pools, visit_replace, &replacement);
    return replacement.has_replaced;
}

void dispatcher_reconfigure(struct dispatcher *dispatcher, const struct config *config)
{
    function_pools_visit(&dispatcher->pools, visit_reconfigure, (void *)(uintptr_t)config);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct dispatcher *dispatcher = handle->data;
    dispatcher_closed_fn *on_closed = dispatcher->on_closed;
    void *context = dispatcher->closed_context;

    if (--dispatcher->open_handles > 0)
        return;
    function_pools_clear(&dispatcher->pools);
    free(dispatcher);
    on_closed(context);
}

static void end_closing(struct dispatcher *dispatcher)
{
    uv_close((uv_handle_t *)&dispatcher->idle_timer, on_handle_closed);
    uv_close((uv_handle_t *)&dispatcher->grace_timer, on_handle_closed);
}

static void visit_close(struct version_pool *pool, void *context)
{
    struct dispatcher *dispatcher = context;
    struct invocation *invocation;

    while ((invocation = version_pool_next_waiting(pool)) != NULL) {
        invocation->outcome.kind = OUTCOME_ABANDONED;
        finish(dispatcher, pool->function, invocation);
    }
    shut_down_list(&pool->idle);
    /* An environment that enters SHUTDOWN moves to the front of the list, so start again after each. */
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
    function_pools_visit(&dispatcher->pools, visit_close, dispatcher);
    if (dispatcher->environments == 0)
        end_closing(dispatcher);
}
