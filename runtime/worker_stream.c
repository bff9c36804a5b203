#include "runtime/worker_parts.h"

#include <string.h>

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

bool worker_stream(struct worker *worker, struct bytes *chunk, worker_room_fn *on_room,
                   void *context)
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
        worker_hand_over(worker, ENVIRONMENT_FINISHING);
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

void worker_take_chunk(struct worker *worker, struct bytes *chunk)
{
    if (worker->base.invocation->stream == NULL)
        keep_chunk(worker, chunk);
    else if (!worker_stream(worker, chunk, on_channel_room, worker))
        frame_channel_pause(&worker->channel);
}

void worker_end_stream(struct worker *worker)
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
