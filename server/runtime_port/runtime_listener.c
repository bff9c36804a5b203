#include "server/runtime_port/runtime_listener.h"

#include "server/runtime_port/runtime_connection.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 128, ACCEPTS_PER_TURN = 16, ACCEPT_PAUSE_MS = 100 };

struct runtime_listener {
    uv_loop_t *loop;
    struct log *log;
    struct worker_ports ports;
    unsigned open_ports;
};

struct worker_port {
    struct runtime_listener *listener;
    uv_poll_t poll;
    int file;
    struct runtime_connections connections;
    uv_timer_t accept_timer; /* when to accept again after descriptors ran out */
    unsigned open_handles;
};

static void free_port_if_done(void *context)
{
    struct worker_port *port = context;

    if (port->open_handles > 0 || port->connections.first != NULL)
        return;
    port->listener->open_ports--;
    free(port);
}

/* ---- connections ---- */

static void on_connection(uv_poll_t *poll, int status, int events);

static void on_accept_pause_over(uv_timer_t *timer)
{
    struct worker_port *port = timer->data;

    (void)uv_poll_start(&port->poll, UV_READABLE, on_connection);
}

/* Without a pause the loop would spin: a connection that can't be accepted stays readable. */
static void pause_accepting(struct worker_port *port)
{
    if (port->connections.worker == NULL ||
        (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM))
        return;
    log_write(port->listener->log, LOG_WARN, "can't accept a Runtime API connection for now: %s",
              strerror(errno));
    (void)uv_poll_stop(&port->poll);
    (void)uv_timer_start(&port->accept_timer, on_accept_pause_over, ACCEPT_PAUSE_MS, 0);
}

/* False when none waits, or none can be accepted. */
static bool accept_connection(struct worker_port *port)
{
    const int file = accept4(port->file, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (file < 0) {
        pause_accepting(port);
        return false;
    }
    runtime_connection_open(&port->connections, file);
    return true;
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct worker_port *port = poll->data;

    (void)status;
    (void)events;
    /* Handling a request may close the port. */
    for (unsigned i = 0;
         i < ACCEPTS_PER_TURN && port->connections.worker != NULL && accept_connection(port); i++)
        continue;
}

/* ---- ports ---- */

static int open_socket(unsigned short *number)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (file < 0)
        return -1;
    if (bind(file, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(file, BACKLOG) != 0 ||
        getsockname(file, (struct sockaddr *)&address, &length) != 0) {
        const int error = errno;

        (void)close(file);
        errno = error;
        return -1;
    }
    *number = ntohs(address.sin_port);
    return file;
}

static struct worker_port *open_port(void *context, struct worker *worker, unsigned short *number)
{
    struct runtime_listener *listener = context;
    struct worker_port *port = calloc(1, sizeof *port);

    if (port == NULL)
        return NULL;
    port->file = open_socket(number);
    if (port->file < 0 || uv_poll_init(listener->loop, &port->poll, port->file) != 0) {
        if (port->file >= 0)
            (void)close(port->file);
        free(port);
        return NULL;
    }
    port->listener = listener;
    port->connections = (struct runtime_connections){
        .loop = listener->loop,
        .worker = worker,
        .on_empty = free_port_if_done,
        .context = port,
    };
    port->poll.data = port;
    (void)uv_timer_init(listener->loop, &port->accept_timer);
    port->accept_timer.data = port;
    port->open_handles = 2;
    (void)uv_poll_start(&port->poll, UV_READABLE, on_connection);
    listener->open_ports++;
    return port;
}

static void drain_port(struct worker_port *port)
{
    (void)accept_connection(port);
    runtime_connections_drain(&port->connections);
}

static void on_port_closed(uv_handle_t *handle)
{
    struct worker_port *port = handle->data;

    port->open_handles--;
    free_port_if_done(port);
}

static void close_port(struct worker_port *port)
{
    port->connections.worker = NULL;
    runtime_connections_close(&port->connections);
    (void)uv_poll_stop(&port->poll);
    (void)close(port->file);
    uv_close((uv_handle_t *)&port->poll, on_port_closed);
    uv_close((uv_handle_t *)&port->accept_timer, on_port_closed);
}

struct runtime_listener *runtime_listener_open(uv_loop_t *loop, struct log *log)
{
    struct runtime_listener *listener = calloc(1, sizeof *listener);

    if (listener == NULL)
        return NULL;
    listener->loop = loop;
    listener->log = log;
    listener->ports = (struct worker_ports){
        .open = open_port,
        .drain = drain_port,
        .close = close_port,
        .context = listener,
    };
    return listener;
}

void runtime_listener_close(struct runtime_listener *listener)
{
    assert(listener->open_ports == 0);
    free(listener);
}

const struct worker_ports *runtime_listener_ports(struct runtime_listener *listener)
{
    return &listener->ports;
}
