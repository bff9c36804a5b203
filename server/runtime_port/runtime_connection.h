/*
 * runtime_connection.h - the connections of one environment's Runtime API port: reads HTTP/1.1 requests, calls the handler,
 * writes its answers.
 *
 * Used by: runtime_listener.c, which accepts them. Threads: event-loop thread only.
 */
#ifndef SERVER_RUNTIME_PORT_RUNTIME_CONNECTION_H
#define SERVER_RUNTIME_PORT_RUNTIME_CONNECTION_H

#include "handlers/worker/runtime_api.h"

/* All connections of a port; embedded in it. */
struct runtime_connections {
    uv_loop_t *loop;
    struct worker *worker; /* NULL once the port is closed */
    struct connection *first;
    unsigned count;
    bool
        is_draining; /* the process has ended: what it has sent is read, even if the taker of a stream is behind */
    void (*on_empty)(void *context); /* the last one is gone */
    void *context;
};

/*
 * Takes `file`, a non-blocking socket, and reads what has arrived on it. When there are too many connections, the oldest
 * that has never made a request is closed, or `file` if there is none.
 */
void runtime_connection_open(struct runtime_connections *group, int file);

/* Handles what has arrived so far. Bounded. */
void runtime_connections_drain(struct runtime_connections *group);

/* Closes all of them; `worker` must be NULL by now. */
void runtime_connections_close(struct runtime_connections *group);

#endif
