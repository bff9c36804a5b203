#include "runtime/environments/command_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    READ_BYTES_MIN = 2048, /* room for a read; it doubles with what there is */
    READ_BYTES_MAX = 65536,
    RESULT_BYTES = 4096,
    READS_PER_TURN = 16,
    READS_PER_DRAIN = 64,
    TIME_TO_END_MS = 2
};

/* ---- the end ---- */

static void on_handle_closed(void *context)
{
    struct command *command = context;

    assert(command->open_handles > 0);
    if (--command->open_handles > 0)
        return;
    environment_enter(&command->base, ENVIRONMENT_GONE);
    command->base.listener->on_gone(&command->base, command->base.listener_context);
    environment_clear(&command->base);
    bytes_release(command->result);
    free(command);
}

static void on_uv_closed(uv_handle_t *handle)
{
    on_handle_closed(handle->data);
}

static void close_file(uv_poll_t *poll, int *file)
{
    if (*file < 0)
        return;
    uv_close((uv_handle_t *)poll, on_uv_closed); /* before the descriptor: see frame_channel.c */
    (void)close(*file);
    *file = -1;
}

static void close_handles(struct command *command)
{
    close_file(&command->input, &command->input_file);
    close_file(&command->output, &command->output_file);
    if (command->log.is_open)
        environment_log_close(&command->log, on_handle_closed, command);
    uv_close((uv_handle_t *)&command->timer, on_uv_closed);
    uv_close((uv_handle_t *)&command->watch_timer, on_uv_closed);
}

static void hand_over(struct command *command, long peak_memory_kb)
{
    (void)uv_timer_stop(&command->timer);
    (void)uv_timer_stop(&command->watch_timer);
    memory_watch_stop(&command->memory_watch);
    close_file(&command->input, &command->input_file);
    if (command->log.is_open) {
        environment_log_drain(&command->log);
        environment_log_attach(&command->log, NULL);
    }
    environment_enter(&command->base, ENVIRONMENT_SHUTDOWN);
    environment_hand_over(&command->base, peak_memory_kb);
}

/* ---- the event and the result ---- */

static void write_event(struct command *command)
{
    const struct bytes_view event = invocation_event(command->base.invocation);

    while (command->input_file >= 0 && command->written < event.length) {
        const ssize_t length = write(command->input_file, event.data + command->written,
                                     event.length - command->written);

        if (length < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (length < 0)
            break; /* it has closed its input: not an error */
        command->written += (size_t)length;
    }
    close_file(&command->input, &command->input_file);
}

static void on_writable(uv_poll_t *poll, int status, int events)
{
    struct command *command = poll->data;

    (void)status;
    (void)events;
    if (command->base.invocation != NULL)
        write_event(command);
}

static char *make_room(struct command *command)
{
    const size_t length = bytes_view(command->result).length;

    if (command->result == NULL)
        return bytes_reserve(&command->result, RESULT_BYTES);
    if (length < READ_BYTES_MIN)
        return bytes_reserve(&command->result, READ_BYTES_MIN);
    return bytes_reserve(&command->result, length < READ_BYTES_MAX ? length : READ_BYTES_MAX);
}

/* False when there is nothing more for now, or ever. */
static bool read_result(struct command *command)
{
    char *room;
    ssize_t length;

    if (command->output_file < 0)
        return false;
    if (command->result != NULL && command->result->length > RESPONSE_PAYLOAD_MAX) {
        command->is_result_too_large = true;
        command->result->length = 0;
    }
    room = make_room(command);
    if (room == NULL) {
        command->is_result_too_large = true;
        close_file(&command->output, &command->output_file);
        return false;
    }
    length = read(command->output_file, room, command->result->capacity - command->result->length);
    if (length > 0) {
        command->result->length += (size_t)length;
        return true;
    }
    if (length == 0 || (errno != EAGAIN && errno != EINTR))
        close_file(&command->output, &command->output_file);
    return false;
}

static void on_readable(uv_poll_t *poll, int status, int events);

static void on_time_to_end_over(uv_timer_t *timer)
{
    struct command *command = timer->data;

    if (command->output_file >= 0)
        (void)uv_poll_start(&command->output, UV_READABLE, on_readable);
    environment_log_watch(&command->log);
}

/*
 * Most programs exit as soon as they have written their result, which closes two pipes. Each of these three events would
 * wake the server, and take the core away from the program. So the pipes aren't watched for TIME_TO_END_MS: the exit
 * stands for all three. What the pipes hold is read then, or when the time is over.
 */
static void let_end(struct command *command)
{
    if (command->was_let_end || command->process == NULL ||
        bytes_view(command->result).length > RESULT_BYTES)
        return;
    command->was_let_end = true;
    if (command->output_file >= 0)
        (void)uv_poll_stop(&command->output);
    environment_log_stop_watching(&command->log);
    (void)uv_timer_start(&command->watch_timer, on_time_to_end_over, TIME_TO_END_MS, 0);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct command *command = poll->data;

    (void)status;
    (void)events;
    if (command->sampled_memory_kb == 0 && command->process != NULL)
        command->sampled_memory_kb = process_peak_memory_kb(command->process);
    for (unsigned i = 0; i < READS_PER_TURN && read_result(command); i++) {
        if (command->result->length < command->result->capacity)
            break; /* there was no more */
    }
    let_end(command);
}

/* ---- outcomes ---- */

static void on_deadline(uv_timer_t *timer)
{
    struct command *command = timer->data;
    char message[64];

    environment_log_drain(&command->log);
    environment_note_timeout(&command->base);
    (void)snprintf(message, sizeof message, "Task timed out after %u.00 seconds",
                   command->base.invocation->target.version->timeout_s);
    invocation_fail_platform(command->base.invocation, "Sandbox.Timedout", message);
    hand_over(command, process_peak_memory_kb(command->process));
    process_kill(command->process);
}

static void on_start_failed(uv_timer_t *timer)
{
    struct command *command = timer->data;
    struct invocation *invocation = command->base.invocation;

    if (command->failure_type[0] == '\0') {
        invocation_refuse(invocation, API_SERVICE, command->failure);
    } else {
        environment_note(&command->base, "RequestId: %s Error: %s", invocation->request_id,
                         command->failure);
        environment_note(&command->base, "%s", command->failure_type);
        invocation_fail_platform(invocation, command->failure_type, command->failure);
    }
    hand_over(command, 0);
    close_handles(command);
}

static void take_result(struct command *command)
{
    struct invocation *invocation = command->base.invocation;
    struct bytes *result = command->result;

    if (command->is_result_too_large || bytes_view(result).length > RESPONSE_PAYLOAD_MAX) {
        invocation_fail_too_large(invocation, RESPONSE_PAYLOAD_MAX);
        return;
    }
    command->result = NULL;
    invocation_succeed(invocation, result);
}

static void on_process_ended(int wait_status, long peak_memory_kb, void *context)
{
    struct command *command = context;

    command->process = NULL;
    if (command->base.invocation != NULL) {
        /* All that it wrote is in the pipe; a descendant that goes on writing is not waited for. */
        for (unsigned i = 0; i < READS_PER_DRAIN && read_result(command); i++)
            continue;
        environment_log_drain(&command->log);
        if (wait_status == 0) {
            take_result(command);
        } else {
            environment_fail_by_exit(&command->base, wait_status, command->is_out_of_memory);
        }
        hand_over(command, environment_peak_memory_kb(command->sampled_memory_kb, peak_memory_kb));
    }
    close_handles(command);
}

/* ---- the dispatcher's side ---- */

static void on_memory_exceeded(void *context)
{
    struct command *command = context;

    command->is_out_of_memory = true;
    command->sampled_memory_kb = environment_memory_kb(command->process);
    process_kill(command->process);
}

static void watch_memory(struct command *command)
{
    const struct function_version *settings = command->base.settings;

    if (!settings->enforce_memory)
        return;
    command->memory_watch.process_id = process_id(command->process);
    command->memory_watch.limit_bytes = (size_t)settings->memory_mb * GUARD_FACTOR << 20;
    command->memory_watch.on_exceeded = on_memory_exceeded;
    command->memory_watch.context = command;
    memory_watch_start(command->base.services->memory_guard, &command->memory_watch);
}

static void command_invoke(struct environment *environment, struct invocation *invocation)
{
    struct command *command = (struct command *)environment;

    environment_enter(environment, ENVIRONMENT_INVOKE);
    environment_begin(environment, invocation);
    if (!command_start(command, on_process_ended)) {
        (void)uv_timer_start(&command->timer, on_start_failed, 0, 0);
        return;
    }
    (void)uv_timer_start(&command->timer, on_deadline,
                         (uint64_t)invocation->target.version->timeout_s * 1000, 0);
    watch_memory(command);
    (void)uv_poll_start(&command->output, UV_READABLE, on_readable);
    write_event(command);
    if (command->input_file >= 0)
        (void)uv_poll_start(&command->input, UV_WRITABLE, on_writable);
}

static void command_shut_down(struct environment *environment)
{
    struct command *command = (struct command *)environment;

    if (environment->state == ENVIRONMENT_SHUTDOWN || environment->state == ENVIRONMENT_GONE)
        return;
    if (environment->invocation != NULL)
        hand_over(command, 0);
    else
        environment_enter(environment, ENVIRONMENT_SHUTDOWN);
    if (command->process != NULL)
        process_kill(command->process);
    else
        close_handles(command);
}

static const struct environment_kind command_kind = {.invoke = command_invoke,
                                                     .shut_down = command_shut_down};

struct environment *command_open(const struct environment_options *options)
{
    struct command *command = calloc(1, sizeof *command);

    if (command == NULL)
        return NULL;
    environment_init(&command->base, &command_kind, options);
    command->input_file = -1;
    command->output_file = -1;
    (void)uv_timer_init(options->services->loop, &command->timer);
    (void)uv_timer_init(options->services->loop, &command->watch_timer);
    command->timer.data = command;
    command->watch_timer.data = command;
    command->open_handles = 2;
    environment_enter(&command->base, ENVIRONMENT_IDLE);
    command->base.has_run = true; /* a process each time: no start is colder than another */
    return &command->base;
}
