/*
 * http_listener.h - the public port: libmicrohttpd driven by the libuv loop, one thread, no locks.
 *
 * libuv watches the listening socket and libmicrohttpd's epoll descriptor; requests become exchanges (handlers/
 * exchange.h) and go to the handler of their route.
 *
 * Lifetime: opened last by server_open(), closed first. Threads: event-loop thread only.
 */
#ifndef SERVER_HTTP_HTTP_LISTENER_H
#define SERVER_HTTP_HTTP_LISTENER_H

#include "handlers/api.h"
#include "server/http/listen_sockets.h"

#include <uv.h>

struct http_listener;

typedef void http_listener_closed_fn(void *context);

struct http_listener_options {
    uv_loop_t *loop;
    struct api *api;
    const char *host; /* address or name, of which all addresses are listened on */
    unsigned short port;
};

/* Begins to listen. NULL with the reason and the mend in `why`. Copies the options. */
struct http_listener *http_listener_open(const struct http_listener_options *options,
                                         char why[LISTEN_ERROR_SIZE]);

unsigned short http_listener_port(const struct http_listener *listener);

/* Accepts no more connections and requests; those that run go on. */
void http_listener_stop(struct http_listener *listener);

/*
 * Calls no handler from now on: a request whose body arrives only now is told that the server stops. To be called before
 * anything that handlers use is closed.
 */
void http_listener_refuse(struct http_listener *listener);

/* How many exchanges have not been answered. */
unsigned http_listener_pending(const struct http_listener *listener);

/* Every exchange must have been answered. Clients that still read an answer get a moment. */
void http_listener_close(struct http_listener *listener, http_listener_closed_fn *on_closed,
                         void *context);

#endif
