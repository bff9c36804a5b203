#include "runtime/environments/worker_environment.h"

#include "runtime/environments/error_type.h"
#include "runtime/environments/platform_lines.h"
#include "runtime/environments/worker_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MEMORY_SAMPLE_US = 100000, /* the peak memory is read no more often than this */
    LEAVE_MS = 500,            /* for a process that has reported an init error to exit by itself */
    DEBUGGED_S = 24 * 60 * 60  /* the deadline that a handler under a debugger sees */
};

/* ---- the end ---- */

static void on_part_closed(void *context)
{
    struct worker *worker = context;

    assert(worker->open_handles > 0);
    if (--worker->open_handles > 0)
        return;
    environment_enter(&worker->base, ENVIRONMENT_GONE);
    worker->base.listener->on_gone(&worker->base, worker->base.listener_context);
    environment_clear(&worker->base);
    bytes_release(worker->failure.payload);
    bytes_release(worker->stream.whole);
    free(worker);
}

static void on_timer_closed(uv_handle_t *handle)
{
    on_part_closed(handle->data);
}

void worker_close_handles(struct worker *worker)
{
    assert(worker->phase != WORKER_CLOSING);
    worker->phase = WORKER_CLOSING;
    if (worker->port != NULL)
        worker->base.services->ports->close(worker->port);
    worker->port = NULL;
    worker->deliver = NULL;
    if (worker->log.is_open)
        environment_log_close(&worker->log, on_part_closed, worker);
    if (worker->channel.is_open)
        frame_channel_close(&worker->channel, on_part_closed);
    uv_close((uv_handle_t *)&worker->timer, on_timer_closed);
}

static long sample_memory(struct worker *worker)
{
    const int64_t now_us = clock_monotonic_us();

    if (worker->process != NULL &&
        (worker->peak_memory_kb == 0 || now_us - worker->peak_memory_read_us >= MEMORY_SAMPLE_US)) {
        const long peak_kb = process_peak_memory_kb(worker->process);

        if (peak_kb > worker->peak_memory_kb)
            worker->peak_memory_kb = peak_kb;
        worker->peak_memory_read_us = now_us;
    }
    return worker->peak_memory_kb;
}

static void kill_or_close(struct worker *worker)
{
    switch (worker->phase) {
    case WORKER_RUNNING:
    case WORKER_OUT_OF_MEMORY:
        process_kill(worker->process);
        break;
    case WORKER_STARTING:
        worker_close_handles(worker);
        break;
    case WORKER_SEARCHING:
    case WORKER_ENDED: /* closed as soon as the search, or the handling of the end, is over */
    case WORKER_CLOSING:
        break;
    }
}

/* The invocation was answered in time, but the process has not asked for the next one: AWS ends it, too. */
static void on_finishing_deadline(uv_timer_t *timer)
{
    struct worker *worker = timer->data;

    log_write(worker->base.services->log, LOG_WARN,
              "%s: ended an environment that did not ask for the next invocation within the "
              "time-out of the last one (%s)",
              worker->base.settings->function->name, worker->last_request_id);
    environment_enter(&worker->base, ENVIRONMENT_SHUTDOWN);
    kill_or_close(worker);
}

/* What is left of the time-out is for the process to ask for the next invocation. */
static void let_finish(struct worker *worker)
{
    if (uv_is_active((uv_handle_t *)&worker->timer))
        (void)uv_timer_start(&worker->timer, on_finishing_deadline,
                             uv_timer_get_due_in(&worker->timer), 0);
}

/* The invocation has its outcome: everything that was printed before belongs to it. */
void worker_hand_over(struct worker *worker, enum environment_state next)
{
    worker_room_fn *on_room = worker->stream.on_room;
    void *room_context = worker->stream.room_context;

    worker_end_stream(worker);
    memory_watch_stop(&worker->memory_watch);
    if (next == ENVIRONMENT_FINISHING)
        let_finish(worker);
    else
        (void)uv_timer_stop(&worker->timer);
    environment_log_drain(&worker->log);
    worker->log_drained_at = worker->channel.read_count;
    environment_log_attach(&worker->log, NULL);
    (void)sample_memory(worker);
    environment_enter(&worker->base, next);
    environment_hand_over(&worker->base, worker->peak_memory_kb);
    if (on_room != NULL)
        on_room(room_context); /* the rest of the response is read and thrown away */
}

/* It never got ready: the invocation that waited for it fails with the reason. */
void worker_end_init(struct worker *worker)
{
    struct environment *environment = &worker->base;
    const struct worker_failure *failure = &worker->failure;
    struct invocation *invocation =
        environment->listener->on_init_failed(environment, environment->listener_context);

    if (!worker->is_init_over && failure->error_type[0] != '\0')
        platform_lines_init_end(environment, INIT_ERROR, failure->error_type);
    environment_enter(environment, ENVIRONMENT_SHUTDOWN);
    if (invocation == NULL)
        return;
    environment_begin(environment, invocation);
    invocation->began_us = environment->opened_us;
    environment_log_drain(&worker->log);
    environment_log_give_early(&worker->log, invocation);
    switch (failure->kind) {
    case WORKER_FAILURE_SYSTEM:
        invocation_refuse(invocation, API_SERVICE, failure->message);
        break;
    case WORKER_FAILURE_TOO_LARGE:
        invocation_fail_too_large(invocation, RESPONSE_PAYLOAD_MAX);
        break;
    case WORKER_FAILURE_REPORTED:
        invocation_fail(invocation, failure->error_type, bytes_retain(failure->payload));
        break;
    case WORKER_FAILURE_TIMEOUT:
        invocation_fail_platform(invocation, failure->error_type, failure->message);
        environment_note_timeout(environment);
        break;
    case WORKER_FAILURE_PLATFORM:
        invocation_fail_platform(invocation, failure->error_type, failure->message);
        environment_note(environment, "RequestId: %s Error: %s", invocation->request_id,
                         failure->message);
        environment_note(environment, "%s", failure->error_type);
        break;
    }
    environment_hand_over(environment, worker->peak_memory_kb);
}

void worker_set_failure(struct worker *worker, enum worker_failure_kind kind,
                        const char *error_type, const char *message)
{
    worker->failure.kind = kind;
    (void)snprintf(worker->failure.error_type, sizeof worker->failure.error_type, "%s", error_type);
    (void)snprintf(worker->failure.message, sizeof worker->failure.message, "%s", message);
}

/* ---- deadlines ---- */

bool worker_is_debugged(const struct function_version *settings)
{
    return settings->attach || settings->debug_command.count > 0;
}

static void make_timeout_message(const struct function_version *settings, char message[64])
{
    (void)snprintf(message, 64, "Task timed out after %u.00 seconds", settings->timeout_s);
}

static void on_deadline(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    struct invocation *invocation = worker->base.invocation;
    char message[64];

    make_timeout_message(invocation->target.version, message);
    environment_log_drain(&worker->log);
    environment_note_timeout(&worker->base);
    invocation_fail_platform(invocation, "Sandbox.Timedout", message);
    worker_hand_over(worker, ENVIRONMENT_SHUTDOWN);
    kill_or_close(worker);
}

static void on_init_deadline(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    char message[64];

    environment_log_drain(&worker->log);
    make_timeout_message(worker->base.settings, message);
    worker_set_failure(worker, WORKER_FAILURE_TIMEOUT, "Sandbox.Timedout", message);
    worker_end_init(worker);
    kill_or_close(worker);
}

/* What the initialisation still needs is taken from the time-out of the first invocation. */
static void on_init_phase_over(uv_timer_t *timer)
{
    struct worker *worker = timer->data;

    worker->is_init_over = true;
    platform_lines_init_end(&worker->base, INIT_TIMEOUT, NULL);
    worker->first_timeout_ms = (uint64_t)worker->base.settings->timeout_s * 1000;
    (void)uv_timer_start(timer, on_init_deadline, worker->first_timeout_ms, 0);
}

static void on_leave_timer(uv_timer_t *timer)
{
    kill_or_close(timer->data);
}

static void start_deadline(struct worker *worker)
{
    const struct function_version *settings = worker->base.invocation->target.version;
    const bool is_debugged = worker_is_debugged(worker->base.settings);
    uint64_t timeout_ms = (is_debugged ? DEBUGGED_S : (uint64_t)settings->timeout_s) * 1000;

    if (worker->first_timeout_ms > 0 && worker->first_timeout_ms < timeout_ms)
        timeout_ms = worker->first_timeout_ms;
    worker->first_timeout_ms = 0;
    worker->deadline_ms = clock_real_now_ms() + (int64_t)timeout_ms;
    if (!is_debugged)
        (void)uv_timer_start(&worker->timer, on_deadline, timeout_ms, 0);
}

/* ---- both transports: what the process says ---- */

/* When response and `next` came with the same read, nothing can have been printed in between. */
static bool has_drained_log(const struct worker *worker)
{
    return worker->channel.is_open && worker->base.state == ENVIRONMENT_FINISHING &&
           worker->log_drained_at == worker->channel.read_count;
}

/* As AWS does between invocations. The dispatcher may have had an event for it at once, or may have ended it. */
static void freeze(struct worker *worker)
{
    if (!worker->base.settings->freeze || worker->base.state != ENVIRONMENT_IDLE ||
        worker->phase != WORKER_RUNNING)
        return;
    process_freeze(worker->process);
    worker->is_frozen = true;
}

static void thaw(struct worker *worker)
{
    if (worker->is_frozen && worker->process != NULL)
        process_thaw(worker->process);
    worker->is_frozen = false;
}

void worker_become_idle(struct worker *worker)
{
    if (worker->phase == WORKER_ENDED)
        return;
    if (worker->first_timeout_ms > 0)
        worker->first_timeout_ms = uv_timer_get_due_in(&worker->timer) + 1;
    (void)uv_timer_stop(&worker->timer);
    if (!has_drained_log(worker))
        environment_log_drain(&worker->log);
    if (worker->base.state == ENVIRONMENT_INIT && !worker->is_init_over)
        platform_lines_init_end(&worker->base, INIT_SUCCESS, NULL);
    environment_enter(&worker->base, ENVIRONMENT_IDLE);
    worker->base.listener->on_idle(&worker->base, worker->base.listener_context);
    freeze(worker);
}

void worker_succeed(struct worker *worker, struct bytes *payload)
{
    struct invocation *invocation = worker->base.invocation;

    if (bytes_view(payload).length > RESPONSE_PAYLOAD_MAX) {
        bytes_release(payload);
        invocation_fail_too_large(invocation, RESPONSE_PAYLOAD_MAX);
    } else {
        invocation_succeed(invocation, payload);
    }
    worker_hand_over(worker, ENVIRONMENT_FINISHING);
}

/* Only errors of the runtime itself show in REPORT; what a handler raised does not. */
void worker_fail_invocation(struct worker *worker, const char *error_type, struct bytes *payload)
{
    const char *shown = error_type_shown(error_type);
    const bool is_of_runtime = strncmp(shown, "Runtime.", 8) == 0 && !error_type_is_unknown(shown);

    if (bytes_view(payload).length > RESPONSE_PAYLOAD_MAX) {
        bytes_release(payload);
        invocation_fail_too_large(worker->base.invocation, RESPONSE_PAYLOAD_MAX);
    } else {
        invocation_fail(worker->base.invocation, is_of_runtime ? shown : "", payload);
    }
    worker_hand_over(worker, ENVIRONMENT_FINISHING);
}

/* The process normally exits by itself now; what it still prints is read. */
void worker_report_init_failure(struct worker *worker, enum worker_failure_kind kind,
                                const char *error_type, struct bytes *payload)
{
    if (bytes_view(payload).length > RESPONSE_PAYLOAD_MAX) {
        bytes_release(payload);
        payload = NULL;
        kind = WORKER_FAILURE_TOO_LARGE;
    }
    environment_log_drain(&worker->log);
    (void)sample_memory(worker);
    worker_set_failure(worker, kind, error_type_shown(error_type), "");
    worker->failure.payload = payload;
    (void)uv_timer_start(&worker->timer, on_leave_timer, LEAVE_MS, 0);
    worker_end_init(worker);
}

/* ---- the dispatcher's side ---- */

/* Ended like a process that the kernel kills for its memory; the exit that follows is told apart by the phase. */
static void on_memory_exceeded(void *context)
{
    struct worker *worker = context;

    worker->phase = WORKER_OUT_OF_MEMORY;
    worker->peak_memory_kb = environment_memory_kb(worker->process);
    process_kill(worker->process);
}

static void watch_memory(struct worker *worker)
{
    const struct function_version *settings = worker->base.settings;

    if (!settings->enforce_memory || worker->phase != WORKER_RUNNING ||
        settings->debug_command.count > 0)
        return;
    worker->memory_watch.process_id = process_id(worker->process);
    worker->memory_watch.limit_bytes = (size_t)settings->memory_mb * GUARD_FACTOR << 20;
    worker->memory_watch.on_exceeded = on_memory_exceeded;
    worker->memory_watch.context = worker;
    memory_watch_start(worker->base.services->memory_guard, &worker->memory_watch);
}

static void worker_invoke(struct environment *environment, struct invocation *invocation)
{
    struct worker *worker = (struct worker *)environment;

    thaw(worker);
    environment_enter(environment, ENVIRONMENT_INVOKE);
    environment_log_attach(&worker->log, invocation);
    environment_begin(environment, invocation);
    (void)snprintf(worker->last_request_id, REQUEST_ID_SIZE, "%s", invocation->request_id);
    start_deadline(worker);
    watch_memory(worker);
    if (worker->deliver != NULL)
        worker_deliver(worker);
    else if (worker->channel.is_open && !worker_send_event(worker, invocation))
        process_kill(worker->process); /* its exit is the outcome */
    /* Else the connection of the last `next` was lost: the event waits for the next one. */
}

static void worker_shut_down(struct environment *environment)
{
    struct worker *worker = (struct worker *)environment;

    if (environment->state == ENVIRONMENT_SHUTDOWN || environment->state == ENVIRONMENT_GONE)
        return;
    if (environment->invocation != NULL)
        worker_hand_over(worker, ENVIRONMENT_SHUTDOWN);
    else
        environment_enter(environment, ENVIRONMENT_SHUTDOWN);
    (void)uv_timer_stop(&worker->timer);
    kill_or_close(worker);
}

static const struct environment_kind worker_kind = {.invoke = worker_invoke,
                                                    .shut_down = worker_shut_down};

struct environment *worker_open(const struct environment_options *options)
{
    struct worker *worker = calloc(1, sizeof *worker);

    if (worker == NULL)
        return NULL;
    environment_init(&worker->base, &worker_kind, options);
    (void)uv_timer_init(options->services->loop, &worker->timer);
    worker->timer.data = worker;
    worker->open_handles = 1;
    if (!worker_start(worker))
        worker_fail_soon(worker);
    else if (!worker_is_debugged(options->settings))
        (void)uv_timer_start(&worker->timer, on_init_phase_over, INIT_PHASE_MS, 0);
    return &worker->base;
}
