/*
 * http_connections.h - the clients of the public port: what each is waited for, since when, and who has to go.
 *
 * A client may be slow, not endless: the head of a request, its body and the taking of an answer each get
 * HTTP_PATIENCE_MS, and a millisecond more for every HTTP_BYTES_PER_MS. That limits those who send or take one byte now
 * and then, whom libmicrohttpd's time-out (which any byte puts off) never ends. While a request is handled nobody is
 * hurried.
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
    AWAITED_READER, /* that the answer is taken */
    AWAITED_NOTHING /* it is our turn */
};

struct http_exchange;

/* Zeroed before its first use. */
struct http_connections {
    struct http_connection *first, *last; /* from whom a head is awaited: the longest first */
    unsigned count;
};

struct http_connection {
    struct http_connections *list;
    struct http_connection *previous, *next;
    int file;
    enum http_awaited awaited;
    bool is_cut;
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
 * Both shut sockets down, which libmicrohttpd then sees as the client's end. One makes room: it chooses whoever has been
 * without a request for longest, and for HTTP_GRACE_MS at least; it is false when nobody has. The other ends all whose
 * time is up, and counts them; it also ends those who have left in the middle of a request.
 */
bool http_connections_make_room(struct http_connections *list);
unsigned http_connections_end_slow(struct http_connections *list);

#endif
