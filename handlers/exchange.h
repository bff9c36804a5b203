/*
 * exchange.h - one request and its answer, as a handler sees it; implemented by the listeners in server/.
 *
 * A handler is called once the whole request has arrived, and answers exactly once, at once or later. Until then the
 * exchange is its to keep; with the answer it is gone. Threads: event-loop thread only.
 */
#ifndef HANDLERS_EXCHANGE_H
#define HANDLERS_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/request_id.h"

struct account;
struct exchange;

struct answer_header {
    const char *name;
    const char *value;
};

/* All is copied but `body`, which the listener retains until it is sent. */
struct answer {
    int status;
    const struct answer_header *headers;
    size_t header_count;
    struct bytes *body; /* borrowed; NULL is empty */
    bool has_cut; /* a fault that was asked for: send `cut_after` bytes of the body, then close */
    size_t cut_after;
};

/* There is room again for what is streamed; called at most once for each write that said there was none. */
typedef void exchange_room_fn(void *context);

struct exchange_transport {
    /* NULL when the request has no such header. Valid as long as the exchange; but NULL once the client of a
     * streamed answer has left. */
    const char *(*header)(const struct exchange *exchange, const char *name);
    void (*answer)(struct exchange *exchange, const struct answer *answer);
    /* Closes the connection with no answer. */
    void (*drop)(struct exchange *exchange);
    /* An answer in pieces; NULL where a listener has none: see exchange_stream_begin(). */
    void (*stream_begin)(struct exchange *exchange, const struct answer *answer,
                         exchange_room_fn *on_room, void *context);
    bool (*stream_write)(struct exchange *exchange, struct bytes *piece);
    void (*stream_end)(struct exchange *exchange);
};

struct exchange {
    const struct exchange_transport *transport;
    const char *method;
    struct bytes_view path;      /* raw: not decoded, without the query */
    struct bytes_view query;     /* raw: what follows the '?' */
    struct bytes_view parameter; /* raw: what stands where the route has its {…} */
    struct bytes *body;          /* the exchange's; NULL when empty */
    bool is_body_too_large;      /* more than the route takes: it was read and thrown away */
    char request_id[REQUEST_ID_SIZE];
    struct account
        *account; /* of the caller, retained as long as the exchange; NULL: not asked for */
};

static inline const char *exchange_header(const struct exchange *exchange, const char *name)
{
    return exchange->transport->header(exchange, name);
}

static inline void exchange_answer(struct exchange *exchange, const struct answer *answer)
{
    exchange->transport->answer(exchange, answer);
}

static inline void exchange_drop(struct exchange *exchange)
{
    exchange->transport->drop(exchange);
}

/*
 * An answer in pieces, of a length that is not known: begin (status and headers; no body), any number of writes, end.
 * A write takes its piece; false means that the client is behind: wait for `on_room`. A client that has left takes
 * everything. With the end the exchange is gone.
 */
static inline void exchange_stream_begin(struct exchange *exchange, const struct answer *answer,
                                         exchange_room_fn *on_room, void *context)
{
    exchange->transport->stream_begin(exchange, answer, on_room, context);
}

static inline bool exchange_stream_write(struct exchange *exchange, struct bytes *piece)
{
    return exchange->transport->stream_write(exchange, piece);
}

static inline void exchange_stream_end(struct exchange *exchange)
{
    exchange->transport->stream_end(exchange);
}

/*
 * Copies the decoded value of a query parameter (names are case-sensitive) into `value`, ended by NUL. False when there
 * is none. A value that does not fit is cut, and `*length` tells its whole length.
 */
bool exchange_query(const struct exchange *exchange, const char *name, char *value, size_t size,
                    size_t *length);

/* Percent-decodes once. Returns the decoded length, of which at most `size` - 1 bytes and a NUL are written. */
size_t percent_decode(struct bytes_view text, char *decoded, size_t size);

#endif
