/*
 * exchange.h - one request and its answer, as a handler sees it; implemented by the listeners in server/.
 *
 * A handler is called when the whole request has arrived, and answers exactly once, immediately or later. It may keep the
 * exchange until then; answering frees it. Threads: event-loop thread only.
 */
#ifndef HANDLERS_EXCHANGE_H
#define HANDLERS_EXCHANGE_H

#include "base/bytes.h"
#include "base/request_id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct exchange;

struct answer_header {
    const char *name;
    const char *value;
};

/* Everything is copied except `body`, which the listener retains until it is sent. */
struct answer {
    int status;
    const struct answer_header *headers;
    size_t header_count;
    struct bytes *body; /* borrowed; NULL is empty */
    bool has_cut;       /* a fault: send `cut_after` bytes of the body, then close the connection */
    size_t cut_after;
};

/* Sees a header of the request; both texts live as long as the call. */
typedef void exchange_header_fn(const char *name, const char *value, void *context);

enum { CLIENT_ADDRESS_SIZE = 64 };

/* The stream has room again; called at most once for each write that returned false. */
typedef void exchange_room_fn(void *context);

struct exchange_transport {
    /* NULL when the request has no such header. Valid as long as the exchange; but NULL once the client of a
     * streamed answer has left. */
    const char *(*header)(const struct exchange *exchange, const char *name);
    /* Each header in the order of the request, one that comes twice twice. NULL where a listener has none, like the next. */
    void (*each_header)(const struct exchange *exchange, exchange_header_fn *visit, void *context);
    /* "127.0.0.1", "::1" */
    void (*client_address)(const struct exchange *exchange, char address[CLIENT_ADDRESS_SIZE]);
    void (*answer)(struct exchange *exchange, const struct answer *answer);
    /* Closes the connection with no answer. */
    void (*drop)(struct exchange *exchange);
    /* A streamed answer; NULL where a listener has none: see exchange_stream_begin(). */
    void (*stream_begin)(struct exchange *exchange, const struct answer *answer,
                         exchange_room_fn *on_room, void *context);
    bool (*stream_write)(struct exchange *exchange, struct bytes *piece);
    void (*stream_end)(struct exchange *exchange);
    void (*stream_abort)(struct exchange *exchange);
    bool (*stream_is_left)(const struct exchange *exchange);
};

struct exchange {
    const struct exchange_transport *transport;
    const char *method;
    struct bytes_view path;      /* raw: not decoded, without the query */
    struct bytes_view query;     /* raw: what follows the '?' */
    struct bytes_view parameter; /* raw: the part of the path that the route leaves open */
    struct bytes *body;          /* the exchange's; NULL when empty */
    bool is_body_too_large;      /* larger than the route allows: it was read and discarded */
    char request_id[REQUEST_ID_SIZE];
    struct account
        *account; /* of the caller, retained as long as the exchange; NULL: not asked for */
};

static inline const char *exchange_header(const struct exchange *exchange, const char *name)
{
    return exchange->transport->header(exchange, name);
}

static inline void exchange_each_header(const struct exchange *exchange, exchange_header_fn *visit,
                                        void *context)
{
    exchange->transport->each_header(exchange, visit, context);
}

static inline void exchange_client_address(const struct exchange *exchange,
                                           char address[CLIENT_ADDRESS_SIZE])
{
    exchange->transport->client_address(exchange, address);
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
 * A streamed answer of unknown length: begin (status and headers; no body), any number of writes, end. A write takes its
 * piece; false means that the client is behind: wait for `on_room`. Once the client has left, writes succeed and are
 * discarded. The end frees the exchange.
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

/* The same where the answer broke off: the connection is closed, so that the client sees that the end is missing. */
static inline void exchange_stream_abort(struct exchange *exchange)
{
    exchange->transport->stream_abort(exchange);
}

/* Has the client of a streamed answer left? Noticed by a failed write. */
static inline bool exchange_stream_is_left(const struct exchange *exchange)
{
    return exchange->transport->stream_is_left(exchange);
}

/*
 * Copies the decoded value of a query parameter (names are case-sensitive) into `value`, NUL-terminated. False when there
 * is none. A value that does not fit is truncated; `*length` is its full length.
 */
bool exchange_query(const struct exchange *exchange, const char *name, char *value, size_t size,
                    size_t *length);

/* Percent-decodes once. Returns the decoded length, of which at most `size` - 1 bytes and a NUL are written. */
size_t percent_decode(struct bytes_view text, char *decoded, size_t size);

#endif
