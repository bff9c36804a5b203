#include "runtime/environments/worker_internal.h"

#include <stdio.h>
#include <string.h>

static void on_taker_has_room(void *maker)
{
    struct worker *worker = maker;
    worker_room_fn *on_room = worker->stream.on_room;

    worker->stream.on_room = NULL;
    worker->base.invocation->stream->resume = NULL;
    if (on_room != NULL)
        on_room(worker->stream.room_context);
}

bool worker_wants_stream(struct worker *worker, const char *request_id, const void *context)
{
    const struct invocation *invocation = worker->base.invocation;

    if (worker->base.state != ENVIRONMENT_INVOKE || invocation->stream == NULL ||
        worker->stream.source != NULL || strcmp(invocation->request_id, request_id) != 0)
        return false;
    worker->stream.source = context;
    return true;
}

/* NULL for none: then it has the one that streams have without being given any. */
void worker_stream_type(struct worker *worker, const char *content_type)
{
    struct response_stream *stream = worker->base.invocation->stream;

    if (stream != NULL)
        (void)snprintf(stream->content_type, STREAM_CONTENT_TYPE_SIZE, "%s",
                       content_type == NULL ? "application/octet-stream" : content_type);
}

static bool pass_on(struct worker *worker, struct bytes *chunk, worker_room_fn *on_room,
                    void *context)
{
    struct invocation *invocation = worker->base.invocation;
    struct response_stream *stream = invocation->stream;

    stream->sent += bytes_view(chunk).length;
    if (stream->sent > STREAMED_RESPONSE_MAX) {
        bytes_release(chunk);
        invocation_fail_too_large(invocation, STREAMED_RESPONSE_MAX);
        worker_hand_over(worker, ENVIRONMENT_FINISHING);
        return true;
    }
    if (stream->on_chunk(chunk, stream->context))
        return true;
    worker->stream.on_room = on_room;
    worker->stream.room_context = context;
    stream->maker = worker;
    stream->resume = on_taker_has_room;
    return false;
}

bool worker_stream(struct worker *worker, struct bytes *chunk, worker_room_fn *on_room,
                   void *context)
{
    if (worker->base.state == ENVIRONMENT_INVOKE && worker->stream.source == context)
        return pass_on(worker, chunk, on_room, context);
    bytes_release(chunk); /* the invocation is over */
    return true;
}

void worker_forget_stream(struct worker *worker, const void *context)
{
    if (worker->stream.source != context)
        return;
    worker->stream.source = NULL;
    worker->stream.on_room = NULL;
}

/* Kept until the end; one piece beyond the limit of a response is enough to see that it is too large. */
static void keep_chunk(struct worker *worker, struct bytes *chunk)
{
    const struct bytes_view view = bytes_view(chunk);

    if (bytes_view(worker->stream.whole).length <= RESPONSE_PAYLOAD_MAX)
        (void)bytes_append(&worker->stream.whole, view.data, view.length);
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
    else if (!pass_on(worker, chunk, on_channel_room, worker))
        frame_channel_pause(&worker->channel);
}

void worker_end_stream(struct worker *worker)
{
    struct response_stream *stream = worker->base.invocation->stream;

    if (stream != NULL)
        stream->resume = NULL;
    bytes_release(worker->stream.whole);
    worker->stream = (struct worker_stream){.source = NULL};
}
