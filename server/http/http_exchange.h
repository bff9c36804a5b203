/*
 * http_exchange.h - one request that libmicrohttpd receives, and its answer, whole or streamed.
 *
 * libmicrohttpd calls the three functions below; the handler of the route gets the `struct exchange` inside. While an
 * exchange waits for its answer, its connection is suspended.
 *
 * Used by: http_listener.c. Threads: event-loop thread only.
 */
#ifndef SERVER_HTTP_HTTP_EXCHANGE_H
#define SERVER_HTTP_HTTP_EXCHANGE_H

#include "handlers/api.h"
#include "server/http/head_guard.h"
#include "server/http/http_connections.h"
#include "server/http/origin_guard.h"

#include <microhttpd.h>

enum listener_phase {
    LISTENER_SERVING,
    LISTENER_STOPPING, /* takes no more requests; those whose heads have arrived are handled */
    LISTENER_REFUSING  /* calls no handler any more, since what handlers use is being freed */
};

/* What exchanges need of their listener. */
enum { LONE_HEADS_MAX = 64 };

struct exchange_host {
    struct api *api;
    struct origin_guard guard;
    unsigned pending; /* exchanges without an answer */
    enum listener_phase phase;
    bool is_run_wanted; /* libmicrohttpd has work to do */
    bool has_moved;     /* it has made progress */
    unsigned lone_count;
    int lone_heads
        [LONE_HEADS_MAX]; /* sockets whose heads have come in this run, and nothing of their bodies */
};

enum exchange_state { RECEIVING, HANDLING, SUSPENDED, ANSWERED, DROPPED };

/* A streamed answer. The exchange outlives its connection when the client leaves before the end of the stream. */
struct piece {
    struct piece *next;
    struct bytes *bytes;
};

struct answer_stream {
    struct piece *first, *last;
    size_t waiting;    /* bytes */
    size_t sent;       /* of the first piece */
    bool is_open;      /* between begin and end */
    bool is_suspended; /* libmicrohttpd waits for the next piece */
    bool is_client_gone;
    bool is_aborted; /* the end must be missing */
    bool is_room_wanted;
    exchange_room_fn *on_room;
    void *room_context;
};

/* A header of the request, borrowed from libmicrohttpd for as long as the exchange lasts. */
struct request_header {
    const char *name, *value;
    size_t name_length;
};

enum { REQUEST_HEADERS_KEPT = 24 };

struct http_exchange {
    struct exchange exchange; /* first: handlers see only this */
    struct exchange_host *host;
    struct MHD_Connection *connection;
    struct http_connection *client; /* the same, for time-outs */
    const struct route *route;      /* NULL until the head was seen */
    enum exchange_state state;
    struct head_guard guard; /* with a problem it is refused, and the connection closed */
    bool is_memory_short;    /* the body was read and discarded */
    uint64_t received;
    struct MHD_Response *response;
    int status;
    size_t answer_bytes; /* of its body; 0 when it is streamed */
    size_t cut_after;
    struct bytes *cut_body;
    struct answer_stream stream;
    size_t header_count; /* including those that were not kept */
    struct request_header headers[REQUEST_HEADERS_KEPT];
    char target[]; /* raw, ended by NUL */
};

/* Called first, with the target before it is decoded. `context` is an exchange_host. */
void *http_exchange_begin(void *context, const char *target, struct MHD_Connection *connection);

/*
 * Called after libmicrohttpd has run. A client that writes head and body apart, and hasn't switched Nagle's algorithm off
 * (Perl's HTTP::Tiny), waits with the body until its head is acknowledged, which Linux puts off for 40 ms. The heads that
 * have come alone are acknowledged at once.
 */
void http_exchange_acknowledge_heads(struct exchange_host *host);

/* Called with the head, then with each piece of the body, then without one; and again when the connection is resumed. */
enum MHD_Result http_exchange_receive(void *context, struct MHD_Connection *connection,
                                      const char *url, const char *method, const char *version,
                                      const char *data, size_t *length, void **slot);

/* The answer has been sent, or the client has left. */
void http_exchange_end(void *context, struct MHD_Connection *connection, void **slot,
                       enum MHD_RequestTerminationCode code);

/*
 * libmicrohttpd doesn't report the end of a request whose query has more parameters than the memory of its connection
 * holds. Such an exchange is freed with its connection.
 */
void http_exchange_forget(struct http_connection *client);

/* Shared by http_exchange.c (status and headers) and http_exchange_stream.c (streamed answers). */
void http_exchange_send_head(struct http_exchange *exchange, struct MHD_Response *response,
                             const struct answer *answer);
void http_exchange_settle(struct http_exchange *exchange, enum exchange_state state);
void http_exchange_free(struct http_exchange *exchange);
void http_exchange_stream_begin(struct exchange *base, const struct answer *answer,
                                exchange_room_fn *on_room, void *context);
bool http_exchange_stream_write(struct exchange *base, struct bytes *bytes);
void http_exchange_stream_end(struct exchange *base);
void http_exchange_stream_abort(struct exchange *base);
bool http_exchange_stream_is_left(const struct exchange *base);

/* The client has left: what is still written is discarded. */
void http_exchange_stream_abandon(struct http_exchange *exchange);
void http_exchange_stream_clear(struct http_exchange *exchange);

#endif
