/*
 * A streamed answer: what the handler writes waits here until libmicrohttpd asks for it. When it asks and nothing is
 * there, the connection is suspended.
 */
#include "server/http/http_exchange.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    STREAM_BYTES_MAX = 256 << 10, /* that wait for a slow client */
    STREAM_BLOCK_BYTES = 32 << 10
};

static void forget_first_piece(struct answer_stream *stream)
{
    struct piece *piece = stream->first;

    stream->first = piece->next;
    if (stream->first == NULL)
        stream->last = NULL;
    stream->waiting -= bytes_view(piece->bytes).length;
    stream->sent = 0;
    bytes_release(piece->bytes);
    free(piece);
}

static void tell_room(struct answer_stream *stream)
{
    if (!stream->is_room_wanted || stream->waiting > STREAM_BYTES_MAX / 2)
        return;
    stream->is_room_wanted = false;
    stream->on_room(stream->room_context);
}

/* libmicrohttpd asks for more of the body. */
static ssize_t read_stream(void *context, uint64_t position, char *buffer, size_t max)
{
    struct http_exchange *exchange = context;
    struct answer_stream *stream = &exchange->stream;
    size_t length = 0;

    (void)position;
    exchange->host->has_moved = true;
    while (length < max && stream->first != NULL) {
        const struct bytes_view view = bytes_view(stream->first->bytes);
        const size_t rest = view.length - stream->sent;
        const size_t piece = rest < max - length ? rest : max - length;

        memcpy(buffer + length, view.data + stream->sent, piece);
        length += piece;
        stream->sent += piece;
        if (stream->sent == view.length)
            forget_first_piece(stream);
    }
    if (length > 0) {
        http_connection_progress(exchange->client, length);
        tell_room(stream);
        return (ssize_t)length;
    }
    if (!stream->is_open || stream->is_aborted)
        return stream->is_aborted ? MHD_CONTENT_READER_END_WITH_ERROR
                                  : MHD_CONTENT_READER_END_OF_STREAM;
    stream->is_suspended = true;
    http_connection_await(exchange->client, AWAITED_NOTHING, 0);
    MHD_suspend_connection(exchange->connection);
    return 0;
}

static void wake_stream(struct http_exchange *exchange)
{
    if (!exchange->stream.is_suspended)
        return;
    exchange->stream.is_suspended = false;
    http_connection_await(exchange->client, AWAITED_READER, 0);
    MHD_resume_connection(exchange->connection);
    exchange->host->is_run_wanted = true;
}

void http_exchange_stream_begin(struct exchange *base, const struct answer *answer,
                                exchange_room_fn *on_room, void *context)
{
    struct http_exchange *exchange = (struct http_exchange *)base;
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, read_stream, exchange, NULL);

    exchange->stream.is_open = true;
    exchange->stream.on_room = on_room;
    exchange->stream.room_context = context;
    exchange->host->pending++; /* until the end of the stream */
    if (response == NULL) {
        http_exchange_settle(exchange, DROPPED);
        return;
    }
    http_exchange_send_head(exchange, response, answer);
}

/* A piece is lost for want of memory: what follows it must not be taken for the rest. */
static void break_off(struct http_exchange *exchange)
{
    exchange->stream.is_aborted = true;
    wake_stream(exchange);
}

bool http_exchange_stream_write(struct exchange *base, struct bytes *bytes)
{
    struct http_exchange *exchange = (struct http_exchange *)base;
    struct answer_stream *stream = &exchange->stream;
    const bool is_wanted =
        !stream->is_client_gone && !stream->is_aborted && bytes_view(bytes).length > 0;
    struct piece *piece = is_wanted ? malloc(sizeof *piece) : NULL;

    assert(stream->is_open);
    if (piece == NULL) {
        bytes_release(bytes);
        if (is_wanted)
            break_off(exchange);
        return true;
    }
    *piece = (struct piece){NULL, bytes};
    if (stream->last != NULL)
        stream->last->next = piece;
    else
        stream->first = piece;
    stream->last = piece;
    stream->waiting += bytes->length;
    wake_stream(exchange);
    stream->is_room_wanted = stream->waiting > STREAM_BYTES_MAX;
    return !stream->is_room_wanted;
}

void http_exchange_stream_end(struct exchange *base)
{
    struct http_exchange *exchange = (struct http_exchange *)base;

    assert(exchange->stream.is_open);
    exchange->stream.is_open = false;
    exchange->stream.is_room_wanted = false;
    exchange->host->pending--;
    if (exchange->stream.is_client_gone)
        http_exchange_free(exchange);
    else
        wake_stream(exchange);
}

void http_exchange_stream_abort(struct exchange *base)
{
    struct http_exchange *exchange = (struct http_exchange *)base;

    exchange->stream.is_aborted = true;
    http_exchange_stream_end(base);
}

bool http_exchange_stream_is_left(const struct exchange *base)
{
    return ((const struct http_exchange *)base)->stream.is_client_gone;
}

void http_exchange_stream_clear(struct http_exchange *exchange)
{
    while (exchange->stream.first != NULL)
        forget_first_piece(&exchange->stream);
}

void http_exchange_stream_abandon(struct http_exchange *exchange)
{
    http_exchange_stream_clear(exchange);
    exchange->header_count = 0; /* their memory goes with the connection */
    tell_room(&exchange->stream);
}
