/*
 * GET /_invoked/stream: the news of the request's account as Server-Sent Events. `Last-Event-ID` goes on from there, as
 * far as the messages are still kept (feed.h).
 */
#include "handlers/console/feed.h"
#include "handlers/handlers.h"
#include "handlers/inspect/inspect_response.h"
#include "handlers/lambda/api_error.h"

#include <stdlib.h>

/* A comment is sent when nothing else was for so long: it shows that a client has left. */
enum { QUIET_TURNS_MAX = 15000 / FEED_TURN_MS, PIECE_BYTES = 64 << 10 };

struct stream {
    struct feed_listener listener; /* first */
    struct exchange *exchange;
    bool has_room;
    unsigned quiet_turns;
};

static void write_piece(struct stream *stream, struct bytes *piece)
{
    stream->has_room = exchange_stream_write(stream->exchange, piece);
    stream->quiet_turns = 0;
}

/* Many messages in one write: each would be a chunk of the response and a call of the system of its own. */
static void send_news(struct stream *stream)
{
    struct bytes *message, *piece;

    do {
        piece = NULL;
        while (bytes_view(piece).length < PIECE_BYTES &&
               (message = feed_next(&stream->listener)) != NULL &&
               bytes_append(&piece, message->data, message->length))
            ;
        if (piece != NULL)
            write_piece(stream, piece);
    } while (piece != NULL && stream->has_room);
}

static void end(struct feed_listener *listener)
{
    struct stream *stream = (struct stream *)listener;

    feed_stop(listener);
    exchange_stream_end(stream->exchange);
    free(stream);
}

static void on_turn(struct feed_listener *listener)
{
    struct stream *stream = (struct stream *)listener;
    struct bytes *comment;

    if (exchange_stream_is_left(stream->exchange)) {
        end(listener);
        return;
    }
    send_news(stream);
    if (++stream->quiet_turns < QUIET_TURNS_MAX || !stream->has_room)
        return;
    comment = bytes_copy(":\n\n", 3);
    if (comment != NULL)
        write_piece(stream, comment);
}

static void on_room(void *context)
{
    struct stream *stream = context;

    stream->has_room = true; /* the next turn goes on */
}

static uint64_t last_id_of(const struct exchange *exchange)
{
    const char *text = exchange_header(exchange, "Last-Event-ID");

    return text == NULL ? 0 : strtoull(text, NULL, 10);
}

void stream_handle(struct exchange *exchange, struct api *api)
{
    static const struct answer_header headers[] = {
        {"Content-Type", "text/event-stream"},
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
    };
    static const struct answer answer = {
        .status = 200, .headers = headers, .header_count = sizeof headers / sizeof headers[0]};
    struct account *account;
    struct stream *stream;
    struct bytes *greeting;

    account = inspect_account(exchange, api);
    if (account == NULL)
        return;
    stream = calloc(1, sizeof *stream);
    if (stream == NULL ||
        !feed_listen(api->feeds, account, &stream->listener, last_id_of(exchange))) {
        free(stream);
        api_answer_refusal(exchange, 503, "there are too many streams: close one and try again");
        return;
    }
    stream->listener.on_turn = on_turn;
    stream->listener.on_end = end;
    stream->exchange = exchange;
    stream->has_room = true;
    exchange_stream_begin(exchange, &answer, on_room, stream);
    greeting = bytes_copy("retry: 1000\n\n", 13);
    if (greeting != NULL)
        write_piece(stream, greeting);
}
