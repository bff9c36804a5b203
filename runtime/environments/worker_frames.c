#include "base/short_text.h"
#include "runtime/environments/worker_internal.h"

#include <stdio.h>
#include <string.h>

enum { EVENT_FIELDS_USUAL = 448, INIT_FIELDS_USUAL = 2048 }; /* bytes to begin with */

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
    struct bytes *whole = worker->stream.whole;

    if (bytes_view(body).length > 0) {
        body = split_error(body, error_type);
        worker_fail_invocation(worker, error_type, body);
        return;
    }
    bytes_release(body);
    worker->stream.whole = NULL;
    worker_succeed(worker, whole);
}

/* True when `body` was taken. */
static bool on_stream_frame(struct worker *worker, enum frame_kind kind, struct bytes *body)
{
    if (worker->base.state != ENVIRONMENT_INVOKE)
        return false;
    if (kind == FRAME_STREAM && worker->stream.source == NULL) {
        const struct bytes_view type = bytes_view(body); /* ended by NUL */

        worker->stream.source = &worker->channel;
        worker_stream_type(
            worker, type.length == 0 || type.data[type.length - 1] != '\0' ? NULL : type.data);
    }
    if (worker->stream.source != &worker->channel)
        return false;
    if (kind == FRAME_CHUNK)
        worker_take_chunk(worker, body);
    else if (kind == FRAME_STREAM_END)
        end_streamed(worker, body);
    return kind == FRAME_CHUNK || kind == FRAME_STREAM_END;
}

void worker_on_frame(enum frame_kind kind, struct bytes *body, void *context)
{
    struct worker *worker = context;
    const enum environment_state state = worker->base.state;
    char error_type[ERROR_TYPE_SIZE];

    if (kind == FRAME_NEXT && (state == ENVIRONMENT_INIT || state == ENVIRONMENT_FINISHING)) {
        bytes_release(body);
        worker_become_idle(worker);
    } else if (kind == FRAME_RESPONSE && state == ENVIRONMENT_INVOKE) {
        worker_succeed(worker, body);
    } else if (kind == FRAME_ERROR && state == ENVIRONMENT_INVOKE) {
        body = split_error(body, error_type);
        worker_fail_invocation(worker, error_type, body);
    } else if (kind == FRAME_INIT_ERROR && state == ENVIRONMENT_INIT) {
        body = split_error(body, error_type);
        worker_report_init_failure(worker, WORKER_FAILURE_REPORTED, error_type, body);
    } else if (!on_stream_frame(worker, kind, body)) {
        bytes_release(body); /* too late, or written by a handler that has found the socket */
    }
}

/* The runtime has closed its socket, so it can't answer any more. */
void worker_on_channel_end(void *context)
{
    struct worker *worker = context;

    if (worker->process != NULL && worker->base.state != ENVIRONMENT_SHUTDOWN)
        process_kill(worker->process);
}

static bool append_field(struct bytes **bytes, const char *text)
{
    return bytes_append(bytes, text == NULL ? "" : text, text == NULL ? 1 : strlen(text) + 1);
}

/* A wrapper or a debugger may have changed the environment variables: then the process keeps its own. */
bool worker_send_init(struct worker *worker, const struct worker_command *command,
                      const struct environment_variables *variables)
{
    const struct function_version *settings = worker->base.settings;
    const bool keeps_environment = command->has_wrapper || settings->debug_command.count > 0;
    struct bytes *body = frame_new(INIT_FIELDS_USUAL);
    bool is_done = body != NULL && append_field(&body, command->working_directory) &&
                   append_field(&body, settings->handler);

    for (size_t i = 0; i < variables->count && is_done && !keeps_environment; i++)
        is_done = append_field(&body, variables->items[i]);
    if (!is_done) {
        bytes_release(body);
        return false;
    }
    return frame_channel_send(&worker->channel, FRAME_INIT, body, NULL);
}

bool worker_send_event(struct worker *worker, struct invocation *invocation)
{
    static const char no_event[] = "{}";
    struct bytes *body = frame_new(EVENT_FIELDS_USUAL);
    char digits[24];
    struct short_text deadline;
    const char *const fields[] = {
        invocation->request_id,     digits, invocation->invoked_arn, invocation->trace_header,
        invocation->client_context, "",     invocation->tenant_id};
    bool is_done = body != NULL && bytes_append(&body, "\0\0\0", 4);
    char *length_bytes;
    size_t length;

    short_text_begin(&deadline, digits, sizeof digits);
    short_text_put_number(&deadline, (uint64_t)worker->deadline_ms);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && is_done; i++)
        is_done = append_field(&body, fields[i]);
    if (!is_done) {
        bytes_release(body);
        return false;
    }
    length = body->length - FRAME_HEAD_BYTES - 4;
    length_bytes = body->data + FRAME_HEAD_BYTES;
    length_bytes[0] = (char)(length >> 24);
    length_bytes[1] = (char)(length >> 16);
    length_bytes[2] = (char)(length >> 8);
    length_bytes[3] = (char)length;
    if (bytes_view(invocation->payload).length == 0)
        (void)bytes_append(&body, no_event, 2);
    return frame_channel_send(&worker->channel, FRAME_EVENT, body, invocation->payload);
}
