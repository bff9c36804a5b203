/*
 * http_connections.h - the connections of the public port: what each waits for, since when, and which to close.
 *
 * Reading the head of a request, reading its body and writing its response may take HTTP_PATIENCE_MS each, and one
 * millisecond more for every HTTP_BYTES_PER_MS. That also ends clients that send or take a byte now and then, which
 * libmicrohttpd's own time-out never does, since every byte restarts it. There is no limit while a request is handled.
 *
 * Used by: http_listener.c (which owns the list), http_exchange.c and http_exchange_stream.c. Threads: event-loop thread
 * only.
 */
#ifndef SERVER_HTTP_HTTP_CONNECTIONS_H
#define SERVER_HTTP_HTTP_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_PATIENCE_MS = 120000, HTTP_BYTES_PER_MS = 8, HTTP_GRACE_MS = 1000 };

enum http_awaited {
    AWAITED_HEAD,   /* idle, or in the middle of a head */
    AWAITED_BODY,   /* the rest of a body */
    AWAITED_READER, /* the client, to take its response */
    AWAITED_NOTHING /* the request is being handled */
};

struct http_exchange;

/* Zeroed before its first use. */
struct http_connections {
    struct http_connection *first, *last; /* those that wait for a head: the longest first */
    unsigned count;
};

struct http_connection {
    struct http_connections *list;
    struct http_connection *previous, *next;
    int file;
    enum http_awaited awaited;
    bool is_shut_down;
    int64_t since_us;
    uint64_t bytes;                 /* that have come or gone since then */
    struct http_exchange *exchange; /* begun and not ended; NULL between requests */
};

/* `file` stays the caller's. NULL when out of memory. */
struct http_connection *http_connections_add(struct http_connections *list, int file);
void http_connections_remove(struct http_connection *connection);

bool http_connections_any_awaits(const struct http_connections *list, enum http_awaited awaited);

/* From now on. `bytes`: how many are on their way already. */
void http_connection_await(struct http_connection *connection, enum http_awaited awaited,
                           size_t bytes);
void http_connection_progress(struct http_connection *connection, size_t bytes);

/*
 * Both shut sockets down, which libmicrohttpd then sees as the client's end. The first closes the connection that has
 * been without a request for longest, but for at least HTTP_GRACE_MS; false when there is none. The second closes all
 * that have timed out, and returns how many; it also closes those whose clients left in the middle of a request.
 */
bool http_connections_make_room(struct http_connections *list);
unsigned http_connections_end_slow(struct http_connections *list);

#endif
