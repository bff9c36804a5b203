/*
 * http_exchange.h - one request that libmicrohttpd receives, and its answer: whole, or in pieces.
 *
 * libmicrohttpd calls the three functions below; the handler of the route gets the `struct exchange` inside. An exchange
 * that is not answered at once has its connection suspended.
 *
 * Used by: http_listener.c. Threads: event-loop thread only.
 */
#ifndef SERVER_HTTP_HTTP_EXCHANGE_H
#define SERVER_HTTP_HTTP_EXCHANGE_H

#include <microhttpd.h>

#include "handlers/api.h"
#include "server/http/head_guard.h"
#include "server/http/http_connections.h"
#include "server/http/origin_guard.h"

enum listener_phase {
    LISTENER_SERVING,
    LISTENER_STOPPING, /* takes no more requests; those whose heads have arrived are handled */
    LISTENER_REFUSING  /* calls no handler any more, since what handlers use is being freed */
};

/* What exchanges need of their listener. */
struct exchange_host {
    struct api *api;
    struct origin_guard guard;
    unsigned pending; /* exchanges without an answer */
    enum listener_phase phase;
    bool is_run_wanted; /* libmicrohttpd has something to do */
    bool has_moved;     /* …and has done something */
};

enum exchange_state { RECEIVING, HANDLING, SUSPENDED, ANSWERED, DROPPED };

/* An answer in pieces. It outlives its connection when the client leaves, and the exchange's handler otherwise. */
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
    struct http_connection *client; /* the same, as one who may be too slow */
    const struct route *route;      /* NULL until the head was seen */
    enum exchange_state state;
    struct head_guard guard; /* with a problem it is refused, and the connection closed */
    bool is_memory_short;    /* the body was read and thrown away */
    uint64_t received;
    struct MHD_Response *response;
    int status;
    size_t answer_bytes; /* its body; 0 when it comes in pieces */
    size_t cut_after;
    struct bytes *cut_body;
    struct answer_stream stream;
    size_t header_count; /* also of those that were not kept */
    struct request_header headers[REQUEST_HEADERS_KEPT];
    char target[]; /* raw, ended by NUL */
};

/* The first that libmicrohttpd tells of a request: its target, before anything was decoded. `context` is an exchange_host. */
void *http_exchange_begin(void *context, const char *target, struct MHD_Connection *connection);

/* Called with the head, then with each piece of the body, then with none; and once more when it was resumed. */
enum MHD_Result http_exchange_receive(void *context, struct MHD_Connection *connection,
                                      const char *url, const char *method, const char *version,
                                      const char *data, size_t *length, void **slot);

/* The answer has been sent, or the client has left. */
void http_exchange_end(void *context, struct MHD_Connection *connection, void **slot,
                       enum MHD_RequestTerminationCode code);

/*
 * libmicrohttpd says nothing of the end of a request whose query has more parameters than the block of its connection
 * holds: such an exchange goes with its connection.
 */
void http_exchange_forget(struct http_connection *client);

/* The parts: http_exchange.c gives status and headers, http_exchange_stream.c an answer in pieces. */
void http_exchange_send_head(struct http_exchange *exchange, struct MHD_Response *response,
                             const struct answer *answer);
void http_exchange_settle(struct http_exchange *exchange, enum exchange_state state);
void http_exchange_free(struct http_exchange *exchange);
void http_exchange_stream_begin(struct exchange *base, const struct answer *answer,
                                exchange_room_fn *on_room, void *context);
bool http_exchange_stream_write(struct exchange *base, struct bytes *bytes);
void http_exchange_stream_end(struct exchange *base);

/* The client has left: what is still written goes nowhere. */
void http_exchange_stream_abandon(struct http_exchange *exchange);
void http_exchange_stream_clear(struct http_exchange *exchange);

#endif
