/*
 * runtime_listener.h - the Runtime API's sockets: one port for each warm environment, so that a connection's port tells
 * which worker it belongs to.
 *
 * HTTP/1.1 with keep-alive, pipelining, chunked bodies and heads of up to 1 MiB.
 *
 * Lifetime: opened by server_start() before the dispatcher; closed after every port.
 * Threads:  event-loop thread only.
 */
#ifndef SERVER_RUNTIME_PORT_RUNTIME_LISTENER_H
#define SERVER_RUNTIME_PORT_RUNTIME_LISTENER_H

#include "handlers/worker/runtime_api.h"
#include "runtime/environments/worker_environment.h"

#include <uv.h>

struct runtime_listener;

/* NULL when out of memory. */
struct runtime_listener *runtime_listener_open(uv_loop_t *loop, struct log *log);

/* All ports must have been closed. */
void runtime_listener_close(struct runtime_listener *listener);

/* What the worker environments are given. Lives as long as the listener. */
const struct worker_ports *runtime_listener_ports(struct runtime_listener *listener);

#endif
