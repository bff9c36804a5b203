#include "runtime/worker_environment.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/bundled_runtime.h"
#include "runtime/environment_log.h"
#include "runtime/environment_variables.h"
#include "runtime/frame_channel.h"
#include "runtime/interpreter.h"
#include "runtime/memory_guard.h"
#include "runtime/source_watcher.h"
#include "runtime/worker_command.h"

enum {
    INIT_PHASE_MS = 10000,       /* AWS's init phase; what goes beyond counts into the first invocation */
    MEMORY_SAMPLE_US = 100000,   /* the peak memory is read no more often than this */
    LEAVE_MS = 500,              /* for a process that has reported an init error to exit by itself */
    RUNTIME_API_SIZE = 32
};

struct worker {
    struct environment base; /* first: the dispatcher sees only this */
    struct process *process; /* NULL before it has started and after it has ended */
    struct environment_log log;
    struct frame_channel channel; /* bundled runtimes only */
    struct worker_port *port;
    char runtime_api[RUNTIME_API_SIZE]; /* "127.0.0.1:40123" */
    char instance[HEX_32_SIZE];         /* tells it apart, in its log stream's name and to find what it left behind */
    bool is_searching;                  /* for its interpreter */
    uv_timer_t timer; /* of the init phase, then of each invocation */
    unsigned open_handles;
    bool is_init_overdue; /* the init phase is over; its rest counts into the first invocation */
    int64_t deadline_ms;  /* epoch, of the running invocation */
    char last_request_id[REQUEST_ID_SIZE];

    worker_deliver_fn *deliver; /* a waiting `next` */
    void *deliver_context;

    struct memory_watch memory_watch;
    bool is_out_of_memory;

    bool is_streaming;      /* the response comes in pieces */
    struct bytes *streamed; /* of it, when it is wanted whole */
    worker_room_fn *on_room;
    void *room_context;

    long peak_memory_kb;
    int64_t peak_memory_read_us;

    /* Why it never got ready. */
    char failure_type[ERROR_TYPE_SIZE];
    char failure_message[WORKER_FAILURE_SIZE];
    struct bytes *failure_payload;
    bool is_failure_of_system; /* the machine is short of something: no error of the function */
};

/* ---- the end ---- */

static void on_handle_closed(void *context)
{
    struct worker *worker = context;

    assert(worker->open_handles > 0);
    if (--worker->open_handles > 0)
        return;
    environment_enter(&worker->base, ENVIRONMENT_GONE);
    worker->base.listener->on_gone(&worker->base, worker->base.listener_context);
    environment_clear(&worker->base);
    bytes_release(worker->failure_payload);
    bytes_release(worker->streamed);
    free(worker);
}

static void on_timer_closed(uv_handle_t *handle)
{
    on_handle_closed(handle->data);
}

static void close_handles(struct worker *worker)
{
    if (worker->port != NULL)
        worker->base.services->ports->close(worker->port);
    worker->port = NULL;
    worker->deliver = NULL;
    if (worker->log.is_open)
        environment_log_close(&worker->log, on_handle_closed, worker);
    if (worker->channel.is_open)
        frame_channel_close(&worker->channel, on_handle_closed);
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

/* The invocation has its outcome: everything that was printed before belongs to it. */
static void end_stream(struct worker *worker)
{
    struct response_stream *stream = worker->base.invocation->stream;

    if (stream != NULL)
        stream->resume = NULL;
    bytes_release(worker->streamed);
    worker->streamed = NULL;
    worker->is_streaming = false;
    worker->on_room = NULL;
    if (worker->channel.is_paused)
        frame_channel_resume(&worker->channel);
}

static void hand_over(struct worker *worker, enum environment_state next)
{
    end_stream(worker);
    memory_watch_stop(&worker->memory_watch);
    (void)uv_timer_stop(&worker->timer);
    environment_log_drain(&worker->log);
    environment_log_attach(&worker->log, NULL);
    (void)sample_memory(worker);
    environment_enter(&worker->base, next);
    environment_hand_over(&worker->base, worker->peak_memory_kb);
}

static void kill_or_close(struct worker *worker)
{
    if (worker->process != NULL)
        process_kill(worker->process);
    else if (!worker->is_searching)
        close_handles(worker);
}

/* It never got ready: whoever waited for it gets the reason, as an invocation of its own. */
static void fail_init(struct worker *worker)
{
    struct environment *environment = &worker->base;
    struct invocation *invocation = environment->listener->on_init_failed(environment, environment->listener_context);

    environment_enter(environment, ENVIRONMENT_SHUTDOWN);
    if (invocation == NULL)
        return;
    environment_begin(environment, invocation);
    invocation->began_us = environment->opened_us;
    if (worker->is_failure_of_system) {
        invocation_refuse(invocation, API_SERVICE, worker->failure_message);
    } else if (worker->failure_payload != NULL) {
        invocation_fail(invocation, worker->failure_type, bytes_retain(worker->failure_payload));
    } else if (strcmp(worker->failure_type, "Sandbox.Timedout") == 0) {
        invocation_fail_platform(invocation, worker->failure_type, worker->failure_message);
        environment_note_timeout(environment);
    } else {
        invocation_fail_platform(invocation, worker->failure_type, worker->failure_message);
        environment_note(environment, "RequestId: %s Error: %s", invocation->request_id, worker->failure_message);
        environment_note(environment, "%s", worker->failure_type);
    }
    environment_hand_over(environment, worker->peak_memory_kb);
}

static void set_failure(struct worker *worker, const char *error_type, const char *message)
{
    (void)snprintf(worker->failure_type, sizeof worker->failure_type, "%s", error_type);
    (void)snprintf(worker->failure_message, sizeof worker->failure_message, "%s", message);
}

/* ---- deadlines ---- */

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
    hand_over(worker, ENVIRONMENT_SHUTDOWN);
    kill_or_close(worker);
}

static void on_init_timer(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    char message[64];

    if (!worker->is_init_overdue) {
        worker->is_init_overdue = true;
        log_function_line(worker->base.services->log, worker->base.settings->function->name, NULL,
                          BYTES_VIEW("INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout"));
        (void)uv_timer_start(timer, on_init_timer, (uint64_t)worker->base.settings->timeout_s * 1000, 0);
        return;
    }
    environment_log_drain(&worker->log);
    make_timeout_message(worker->base.settings, message);
    set_failure(worker, "Sandbox.Timedout", message);
    fail_init(worker);
    kill_or_close(worker);
}

static void on_leave_timer(uv_timer_t *timer)
{
    kill_or_close(timer->data);
}

static void start_deadline(struct worker *worker)
{
    const uint64_t timeout_ms = (uint64_t)worker->base.invocation->target.version->timeout_s * 1000;

    worker->deadline_ms = clock_real_now_ms() + (int64_t)timeout_ms;
    if (!worker->base.settings->attach && worker->base.settings->debug_command.count == 0)
        (void)uv_timer_start(&worker->timer, on_deadline, timeout_ms, 0);
}

/* ---- both transports: what the process tells ---- */

/* Its last words may ask for the next event, but it can take none. (An attached handler is no process of ours.) */
static bool has_left(const struct worker *worker)
{
    return worker->process == NULL && !worker->base.settings->attach;
}

static void become_idle(struct worker *worker)
{
    (void)uv_timer_stop(&worker->timer);
    environment_log_drain(&worker->log);
    environment_enter(&worker->base, ENVIRONMENT_IDLE);
    worker->base.listener->on_idle(&worker->base, worker->base.listener_context);
}

static void respond(struct worker *worker, struct bytes *payload)
{
    struct invocation *invocation = worker->base.invocation;

    if (bytes_view(payload).length > RESPONSE_PAYLOAD_MAX) {
        bytes_release(payload);
        invocation_fail_too_large(invocation);
    } else {
        invocation_succeed(invocation, payload);
    }
    hand_over(worker, ENVIRONMENT_FINISHING);
}

/* Only errors of the runtime itself show in REPORT; what a handler raised does not. */
static void fail(struct worker *worker, const char *error_type, struct bytes *payload)
{
    const bool is_runtime = strncmp(error_type, "Runtime.", 8) == 0;

    if (bytes_view(payload).length > RESPONSE_PAYLOAD_MAX) {
        bytes_release(payload);
        invocation_fail_too_large(worker->base.invocation);
    } else {
        invocation_fail(worker->base.invocation, is_runtime ? error_type : "", payload);
    }
    hand_over(worker, ENVIRONMENT_FINISHING);
}

/* The process normally exits by itself now; what it prints on the way is still read. */
static void report_init_failure(struct worker *worker, const char *error_type, struct bytes *payload)
{
    environment_log_drain(&worker->log);
    (void)sample_memory(worker);
    set_failure(worker, error_type, "");
    worker->failure_payload = payload == NULL ? bytes_new(0) : payload;
    (void)uv_timer_start(&worker->timer, on_leave_timer, LEAVE_MS, 0);
    fail_init(worker);
}

/* ---- responses in pieces ---- */

static void on_taker_has_room(void *maker)
{
    struct worker *worker = maker;
    worker_room_fn *on_room = worker->on_room;

    worker->on_room = NULL;
    worker->base.invocation->stream->resume = NULL;
    if (on_room != NULL)
        on_room(worker->room_context);
}

bool worker_wants_stream(const struct worker *worker, const char *request_id)
{
    const struct invocation *invocation = worker->base.invocation;

    return worker->base.state == ENVIRONMENT_INVOKE && invocation->stream != NULL &&
           strcmp(invocation->request_id, request_id) == 0;
}

bool worker_stream(struct worker *worker, struct bytes *chunk, worker_room_fn *on_room, void *context)
{
    struct invocation *invocation = worker->base.invocation;
    struct response_stream *stream = invocation == NULL ? NULL : invocation->stream;

    if (worker->base.state != ENVIRONMENT_INVOKE || stream == NULL) {
        bytes_release(chunk); /* its time is up */
        return true;
    }
    stream->sent += bytes_view(chunk).length;
    if (stream->sent > STREAMED_RESPONSE_MAX) {
        bytes_release(chunk);
        invocation_fail_too_large(invocation);
        hand_over(worker, ENVIRONMENT_FINISHING);
        return true;
    }
    if (stream->on_chunk(chunk, stream->context))
        return true;
    worker->on_room = on_room;
    worker->room_context = context;
    stream->maker = worker;
    stream->resume = on_taker_has_room;
    return false;
}

void worker_forget_room(struct worker *worker, const void *context)
{
    if (worker->room_context == context)
        worker->on_room = NULL;
}

/* Kept until the end, but not beyond what a whole response may be. */
static void keep_chunk(struct worker *worker, struct bytes *chunk)
{
    const struct bytes_view view = bytes_view(chunk);

    if (bytes_view(worker->streamed).length <= RESPONSE_PAYLOAD_MAX)
        (void)bytes_append(&worker->streamed, view.data, view.length);
    bytes_release(chunk);
}

static void on_channel_room(void *context)
{
    struct worker *worker = context;

    frame_channel_resume(&worker->channel);
}

static void take_chunk(struct worker *worker, struct bytes *chunk)
{
    if (worker->base.invocation->stream == NULL)
        keep_chunk(worker, chunk);
    else if (!worker_stream(worker, chunk, on_channel_room, worker))
        frame_channel_pause(&worker->channel);
}

/* ---- frames ---- */

/* Splits "type NUL payload"; the payload is copied, since errors are rare. */
static struct bytes *split_error(struct bytes *body, char error_type[ERROR_TYPE_SIZE])
{
    struct bytes_view view = bytes_view(body);
    const char *end = view.length == 0 ? NULL : memchr(view.data, '\0', view.length);
    struct bytes *payload = NULL;

    error_type[0] = '\0';
    if (end != NULL) {
        (void)snprintf(error_type, ERROR_TYPE_SIZE, "%s", view.data);
        payload = bytes_copy(end + 1, view.length - (size_t)(end + 1 - view.data));
    }
    bytes_release(body);
    return payload;
}

static void end_streamed(struct worker *worker, struct bytes *body)
{
    char error_type[ERROR_TYPE_SIZE];
    struct bytes *streamed = worker->streamed;

    if (bytes_view(body).length > 0) {
        body = split_error(body, error_type);
        fail(worker, error_type, body);
        return;
    }
    bytes_release(body);
    worker->streamed = NULL;
    respond(worker, streamed);
}

/* True when `body` was taken. */
static bool on_stream_frame(struct worker *worker, enum frame_kind kind, struct bytes *body)
{
    if (worker->base.state != ENVIRONMENT_INVOKE)
        return false;
    if (kind == FRAME_STREAM) {
        worker->is_streaming = true;
        return false;
    }
    if (!worker->is_streaming)
        return false;
    if (kind == FRAME_CHUNK)
        take_chunk(worker, body);
    else if (kind == FRAME_STREAM_END)
        end_streamed(worker, body);
    return kind == FRAME_CHUNK || kind == FRAME_STREAM_END;
}

static void on_frame(enum frame_kind kind, struct bytes *body, void *context)
{
    struct worker *worker = context;
    const enum environment_state state = worker->base.state;
    char error_type[ERROR_TYPE_SIZE];

    if (kind == FRAME_NEXT && (state == ENVIRONMENT_INIT || state == ENVIRONMENT_FINISHING)) {
        bytes_release(body);
        if (!has_left(worker))
            become_idle(worker);
    } else if (kind == FRAME_RESPONSE && state == ENVIRONMENT_INVOKE) {
        respond(worker, body);
    } else if (kind == FRAME_ERROR && state == ENVIRONMENT_INVOKE) {
        body = split_error(body, error_type);
        fail(worker, error_type, body);
    } else if (kind == FRAME_INIT_ERROR && state == ENVIRONMENT_INIT) {
        body = split_error(body, error_type);
        report_init_failure(worker, error_type, body);
    } else if (!on_stream_frame(worker, kind, body)) {
        bytes_release(body); /* too late, or nonsense: the handler has found the socket */
    }
}

/* The runtime has lost its socket: it can't answer any more. */
static void on_channel_end(void *context)
{
    struct worker *worker = context;

    if (worker->process != NULL && worker->base.state != ENVIRONMENT_SHUTDOWN)
        process_kill(worker->process);
}

static bool append_field(struct bytes **bytes, const char *text)
{
    return bytes_append(bytes, text == NULL ? "" : text, text == NULL ? 1 : strlen(text) + 1);
}

/* A wrapper may have changed the environment: then the process keeps the one it has. */
static bool send_init(struct worker *worker, const struct worker_command *command,
                      const struct environment_variables *variables)
{
    const struct function_version *settings = worker->base.settings;
    struct bytes *body = NULL;
    bool is_done = append_field(&body, settings->working_directory) && append_field(&body, settings->handler);

    for (size_t i = 0; i < variables->count && is_done && !command->has_wrapper; i++)
        is_done = append_field(&body, variables->items[i]);
    if (!is_done) {
        bytes_release(body);
        return false;
    }
    return frame_channel_send(&worker->channel, FRAME_INIT, body, NULL);
}

static bool send_event(struct worker *worker, struct invocation *invocation)
{
    static const char no_event[] = "{}";
    struct bytes *body = NULL;
    char deadline[24];
    const char *const fields[] = {invocation->request_id,   deadline, invocation->invoked_arn,
                                  invocation->trace_header, invocation->client_context, "",
                                  invocation->tenant_id};
    bool is_done = bytes_append(&body, "\0\0\0", 4);
    size_t length;

    (void)snprintf(deadline, sizeof deadline, "%lld", (long long)worker->deadline_ms);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && is_done; i++)
        is_done = append_field(&body, fields[i]);
    if (!is_done) {
        bytes_release(body);
        return false;
    }
    length = body->length - 4;
    body->data[0] = (char)(length >> 24);
    body->data[1] = (char)(length >> 16);
    body->data[2] = (char)(length >> 8);
    body->data[3] = (char)length;
    if (bytes_view(invocation->payload).length == 0)
        (void)bytes_append(&body, no_event, 2);
    return frame_channel_send(&worker->channel, FRAME_EVENT, body, invocation->payload);
}

/* ---- the Runtime API ---- */

static void deliver(struct worker *worker)
{
    worker_deliver_fn *deliver_event = worker->deliver;
    void *context = worker->deliver_context;

    worker->deliver = NULL;
    deliver_event(worker->base.invocation, worker->deadline_ms, context);
}

void worker_next(struct worker *worker, worker_deliver_fn *deliver_event, void *context)
{
    if (has_left(worker))
        return;
    worker->deliver = deliver_event;
    worker->deliver_context = context;
    switch (worker->base.state) {
    case ENVIRONMENT_INIT:
    case ENVIRONMENT_FINISHING:
        become_idle(worker);
        break;
    case ENVIRONMENT_INVOKE:
        deliver(worker); /* the same event again */
        break;
    case ENVIRONMENT_IDLE:
    case ENVIRONMENT_SHUTDOWN:
    case ENVIRONMENT_GONE:
    case ENVIRONMENT_STATE_COUNT:
        break;
    }
}

void worker_forget_next(struct worker *worker, const void *context)
{
    if (worker->deliver_context == context)
        worker->deliver = NULL;
}

static enum worker_status check_request_id(const struct worker *worker, const char *request_id)
{
    const struct invocation *invocation = worker->base.invocation;

    if (worker->base.state == ENVIRONMENT_FINISHING && strcmp(request_id, worker->last_request_id) == 0)
        return WORKER_WRONG_STATE;
    if (worker->base.state != ENVIRONMENT_INVOKE || strcmp(request_id, invocation->request_id) != 0)
        return WORKER_WRONG_REQUEST_ID;
    return WORKER_ACCEPTED;
}

enum worker_status worker_respond(struct worker *worker, const char *request_id, struct bytes *payload)
{
    const enum worker_status status = check_request_id(worker, request_id);

    if (status == WORKER_ACCEPTED)
        respond(worker, payload);
    return status;
}

enum worker_status worker_respond_too_large(struct worker *worker, const char *request_id)
{
    const enum worker_status status = check_request_id(worker, request_id);

    if (status == WORKER_ACCEPTED) {
        invocation_fail_too_large(worker->base.invocation);
        hand_over(worker, ENVIRONMENT_FINISHING);
    }
    return status;
}

enum worker_status worker_fail(struct worker *worker, const char *request_id, const char *error_type,
                               struct bytes *payload)
{
    const enum worker_status status = check_request_id(worker, request_id);

    if (status == WORKER_ACCEPTED)
        fail(worker, error_type, payload);
    return status;
}

enum worker_status worker_fail_init(struct worker *worker, const char *error_type, struct bytes *payload)
{
    if (worker->base.state != ENVIRONMENT_INIT)
        return WORKER_WRONG_STATE;
    report_init_failure(worker, error_type, payload);
    return WORKER_ACCEPTED;
}

const char *worker_state_name(const struct worker *worker)
{
    switch (worker->base.state) {
    case ENVIRONMENT_INIT:
        return "Started";
    case ENVIRONMENT_IDLE:
        return "Ready";
    case ENVIRONMENT_INVOKE:
        return "Running";
    case ENVIRONMENT_FINISHING:
        return "RuntimeResponseSentState";
    case ENVIRONMENT_SHUTDOWN:
    case ENVIRONMENT_GONE:
    case ENVIRONMENT_STATE_COUNT:
        break;
    }
    return "InitError";
}

/* ---- the dispatcher's side ---- */

/* Ended like a process that the kernel kills for its memory; the exit that follows is told apart by the flag. */
static void on_memory_exceeded(void *context)
{
    struct worker *worker = context;

    worker->is_out_of_memory = true;
    if (worker->process != NULL)
        process_kill(worker->process);
}

static void watch_memory(struct worker *worker)
{
    const struct function_version *settings = worker->base.settings;

    if (!settings->enforce_memory || worker->process == NULL || settings->debug_command.count > 0)
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

    environment_enter(environment, ENVIRONMENT_INVOKE);
    environment_log_attach(&worker->log, invocation);
    environment_begin(environment, invocation);
    (void)snprintf(worker->last_request_id, REQUEST_ID_SIZE, "%s", invocation->request_id);
    start_deadline(worker);
    watch_memory(worker);
    if (worker->deliver != NULL)
        deliver(worker);
    else if (worker->channel.is_open && !send_event(worker, invocation))
        process_kill(worker->process); /* its end is the outcome */
    /* Else the connection of the last `next` broke: the event is given to the one that comes. */
}

static void worker_shut_down(struct environment *environment)
{
    struct worker *worker = (struct worker *)environment;

    if (environment->state == ENVIRONMENT_SHUTDOWN || environment->state == ENVIRONMENT_GONE)
        return;
    if (environment->invocation != NULL)
        hand_over(worker, ENVIRONMENT_SHUTDOWN);
    else
        environment_enter(environment, ENVIRONMENT_SHUTDOWN);
    (void)uv_timer_stop(&worker->timer);
    kill_or_close(worker);
}

static const struct environment_kind worker_kind = {.invoke = worker_invoke, .shut_down = worker_shut_down};

/* ---- the process ---- */

static void fail_by_exit(struct worker *worker, int wait_status)
{
    environment_fail_by_exit(&worker->base, wait_status, worker->is_out_of_memory);
    hand_over(worker, ENVIRONMENT_SHUTDOWN);
}

/* What the process sent before it ended is still handled, however its end and its last words arrive. */
static void on_process_ended(int wait_status, long peak_memory_kb, void *context)
{
    struct worker *worker = context;
    char message[EXIT_MESSAGE_SIZE];

    worker->process = NULL;
    if (peak_memory_kb > worker->peak_memory_kb && worker->peak_memory_kb == 0)
        worker->peak_memory_kb = peak_memory_kb;
    if (worker->port != NULL)
        worker->base.services->ports->drain(worker->port);
    if (worker->channel.is_open)
        frame_channel_drain(&worker->channel);
    environment_log_drain(&worker->log);
    switch (worker->base.state) {
    case ENVIRONMENT_INIT:
        environment_exit_message(wait_status, message);
        set_failure(worker, "Runtime.ExitError", message);
        fail_init(worker);
        break;
    case ENVIRONMENT_INVOKE:
        fail_by_exit(worker, wait_status);
        break;
    case ENVIRONMENT_IDLE:
    case ENVIRONMENT_FINISHING:
        environment_enter(&worker->base, ENVIRONMENT_SHUTDOWN);
        break;
    case ENVIRONMENT_SHUTDOWN:
    case ENVIRONMENT_GONE:
    case ENVIRONMENT_STATE_COUNT:
        break;
    }
    close_handles(worker);
}

static void on_start_failed(uv_timer_t *timer)
{
    struct worker *worker = timer->data;

    fail_init(worker);
    close_handles(worker);
}

/* `what` could not be had from the machine; errno tells why. */
static bool fail_system(struct worker *worker, const char *what)
{
    char message[WORKER_FAILURE_SIZE];
    char reason[128];

    (void)snprintf(message, sizeof message, "invoked could not start an execution environment: %s: %s", what,
                   strerror_r(errno, reason, sizeof reason));
    set_failure(worker, "", message);
    worker->is_failure_of_system = true;
    log_write(worker->base.services->log, LOG_ERROR, "%s: %s", worker->base.settings->function->name, message);
    return false;
}

static bool fail_start(struct worker *worker, const struct worker_command *command)
{
    set_failure(worker, command->error_type, command->failure);
    log_write(worker->base.services->log, LOG_WARN, "%s: %s (%s)", worker->base.settings->function->name,
              command->failure, command->path[0] != '\0' ? command->path : worker->base.settings->working_directory);
    return false;
}

static bool is_shortage(int error)
{
    return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
}

/* The ends that the process gets; the server's copies are closed by the caller. */
struct worker_ends {
    int input, output, channel;
};

static bool open_ends(struct worker *worker, bool is_bundled, struct worker_ends *ends)
{
    const struct environment_services *services = worker->base.services;

    ends->input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (ends->input < 0)
        return fail_system(worker, "/dev/null");
    ends->output = environment_log_open(&worker->log, services->loop, services->log,
                                        worker->base.settings->function->name);
    if (ends->output < 0)
        return fail_system(worker, "a pipe for its log");
    worker->open_handles++;
    if (!is_bundled)
        return true;
    ends->channel = frame_channel_open(&worker->channel, services->loop, on_frame, on_channel_end, worker);
    if (ends->channel < 0)
        return fail_system(worker, "a socket pair");
    worker->open_handles++;
    return true;
}

static void close_ends(const struct worker_ends *ends)
{
    if (ends->input >= 0)
        (void)close(ends->input);
    if (ends->output >= 0)
        (void)close(ends->output);
    if (ends->channel >= 0)
        (void)close(ends->channel);
}

static bool start_process(struct worker *worker, struct worker_command *command,
                          const struct environment_variables *variables, const struct worker_ends *ends)
{
    const struct process_options options = {
        .path = command->arguments[0],
        .search_path = environment_variables_value(variables, "PATH"),
        .arguments = (char *const *)command->arguments,
        .environment = variables->items,
        .working_directory = command->working_directory,
        .marker = worker->instance,
        .input = ends->input,
        .output = ends->output,
        .error = ends->output,
        .extra = ends->channel,
    };

    worker->process = process_start(worker->base.services->processes, &options, on_process_ended, worker);
    if (worker->process != NULL)
        return true;
    if (is_shortage(errno))
        return fail_system(worker, "a process");
    worker_command_failure(worker->base.settings, command, errno);
    return fail_start(worker, command);
}

static bool start_command(struct worker *worker, struct worker_command *command,
                          const struct environment_variables *variables)
{
    struct worker_ends ends = {-1, -1, -1};
    char why[WORKER_FAILURE_SIZE];
    bool is_started;

    /* The server has put them there when it started; the folder may have been removed since. */
    if (command->is_bundled && access(command->path, R_OK) != 0 &&
        bundled_runtime_extract(worker->base.services->bundled_folder, why, sizeof why) != BUNDLED_RUNTIME_OK) {
        set_failure(worker, "", why);
        worker->is_failure_of_system = true;
        return false;
    }
    is_started = open_ends(worker, command->is_bundled, &ends) &&
                 start_process(worker, command, variables, &ends);
    close_ends(&ends);
    if (is_started && command->is_bundled && !send_init(worker, command, variables)) {
        errno = ENOMEM;
        process_kill(worker->process); /* its end is the failure */
    }
    return is_started;
}

/* `interpreter` is NULL where none is needed. */
static bool start(struct worker *worker, const char *interpreter)
{
    const struct environment_services *services = worker->base.services;
    const struct function_version *settings = worker->base.settings;
    const struct environment_variables_options options = {
        .environment = &worker->base,
        .runtime_api = worker->runtime_api,
        .runtime_folder = services->bundled_folder,
        .instance = worker->instance,
    };
    struct environment_variables variables;
    struct worker_command command = {.path = ""};
    bool is_started;

    if (!environment_variables_make(&options, &variables)) {
        errno = ENOMEM;
        return fail_system(worker, "memory");
    }
    if (worker_command_make(settings, &variables, services->bundled_folder, interpreter, &command))
        is_started = start_command(worker, &command, &variables);
    else
        is_started = fail_start(worker, &command);
    environment_variables_clear(&variables);
    return is_started;
}

static void fail_soon(struct worker *worker)
{
    (void)uv_timer_start(&worker->timer, on_start_failed, 0, 0);
}

static void on_interpreter_found(const char *path, const char *fault, void *context)
{
    struct worker *worker = context;

    worker->is_searching = false;
    if (worker->base.state == ENVIRONMENT_SHUTDOWN) {
        close_handles(worker);
        return;
    }
    if (path != NULL && start(worker, path))
        return;
    if (path == NULL) {
        set_failure(worker, "Runtime.InvalidEntrypoint", fault);
        log_write(worker->base.services->log, LOG_WARN, "%s: %s", worker->base.settings->function->name, fault);
    }
    fail_soon(worker);
}

/* The PATH that the function will see decides. */
static bool find_interpreter(struct worker *worker)
{
    const char *search_path = getenv("PATH");
    const struct variable_list *own = &worker->base.settings->environment;
    char path[INTERPRETER_PATH_SIZE];

    for (size_t i = 0; i < own->count; i++) {
        if (strncmp(own->items[i], "PATH=", 5) == 0)
            search_path = own->items[i] + 5;
    }
    if (interpreters_find(worker->base.services->interpreters, worker->base.settings,
                          search_path == NULL ? "/usr/local/bin:/usr/bin:/bin" : search_path, path,
                          on_interpreter_found, worker))
        return path[0] != '\0' ? start(worker, path) : fail_system(worker, "memory");
    worker->is_searching = true;
    return true;
}

static bool begin_start(struct worker *worker)
{
    const struct environment_services *services = worker->base.services;
    const struct function_version *settings = worker->base.settings;
    unsigned short number;

    if (services->source_watcher != NULL)
        source_watcher_watch(services->source_watcher, settings->function->name,
                             settings->code_uri != NULL ? settings->code_uri : settings->working_directory, NULL);
    hex_32_make(services->random, worker->instance);
    worker->port = services->ports->open(services->ports->context, worker, &number);
    if (worker->port == NULL)
        return fail_system(worker, "a port for the Runtime API");
    (void)snprintf(worker->runtime_api, sizeof worker->runtime_api, "127.0.0.1:%u", number);
    if (worker->base.settings->attach) {
        log_write(services->log, LOG_INFO, "%s: start your handler with AWS_LAMBDA_RUNTIME_API=%s",
                  worker->base.settings->function->name, worker->runtime_api);
        return true;
    }
    return worker_command_needs_interpreter(worker->base.settings) ? find_interpreter(worker) : start(worker, NULL);
}

struct environment *worker_open(const struct environment_options *options)
{
    struct worker *worker = calloc(1, sizeof *worker);

    if (worker == NULL)
        return NULL;
    environment_init(&worker->base, &worker_kind, options);
    (void)uv_timer_init(options->services->loop, &worker->timer);
    worker->timer.data = worker;
    worker->open_handles = 1;
    if (!begin_start(worker))
        fail_soon(worker);
    else if (!options->settings->attach && options->settings->debug_command.count == 0)
        (void)uv_timer_start(&worker->timer, on_init_timer, INIT_PHASE_MS, 0);
    return &worker->base;
}
