#include "server/http/http_listener.h"

#include "base/clock.h"
#include "server/http/http_connections.h"
#include "server/http/http_exchange.h"
#include "server/http/listen_sockets.h"

#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum {
    HEAD_BYTES_MAX = 64 << 10,
    CONNECTIONS_MAX = 20000,
    CONNECTIONS_MIN = 16,
    SLOWNESS_CHECK_MS = 5000,
    ACCEPTS_PER_TURN = 64,
    ACCEPT_PAUSE_MS = 100, /* when descriptors or connections have run out */
    RUNS_PER_TURN = 4,
    EMPTY_TURNS_MAX = 100,
    EMPTY_TURN_MS = 10,
    CLOSE_POLL_MS = 5,
    CLOSE_BODY_MS = 50,   /* for the rest of a request, which is then refused */
    CLOSE_READER_MS = 500 /* for a client that still reads its answer */
};

struct http_listener {
    uv_loop_t *loop;
    struct exchange_host host;
    char *name; /* as given with --host */
    struct MHD_Daemon *daemon;
    struct listen_sockets sockets;
    struct http_connections connections;
    unsigned connections_max;
    bool is_accepting_stopped;  /* until a connection has closed, or the pause is over */
    bool is_out_of_descriptors; /* logged once until it is over */
    unsigned empty_turns;       /* in which libmicrohttpd asked to be run, and nothing happened */
    uv_poll_t accept_polls[LISTEN_SOCKETS_MAX], daemon_poll;
    uv_timer_t daemon_timer, accept_timer, slowness_timer, close_timer;
    uv_prepare_t prepare;
    uv_check_t check;
    unsigned open_handles;
    int64_t closing_since_us;
    http_listener_closed_fn *on_closed;
    void *closed_context;
};

/* ---- running libmicrohttpd ---- */

static void on_daemon_timer(uv_timer_t *timer);

/*
 * A chunk whose first line never ends fills the buffer of its connection, and libmicrohttpd asks to be run again at once,
 * for ever. It then runs a hundred times a second only, until the body times out.
 */
static uint64_t limit_timeout(struct http_listener *listener, MHD_UNSIGNED_LONG_LONG timeout_ms)
{
    if (timeout_ms == 0)
        return listener->empty_turns > EMPTY_TURNS_MAX ? EMPTY_TURN_MS : 0;
    listener->empty_turns = 0;
    return timeout_ms;
}

static void run_daemon(struct http_listener *listener)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;

    for (unsigned i = 0; i < RUNS_PER_TURN && listener->host.is_run_wanted; i++) {
        listener->host.is_run_wanted = false;
        (void)MHD_run(listener->daemon);
    }
    http_exchange_acknowledge_heads(&listener->host);
    if (listener->host.is_run_wanted)
        (void)uv_timer_start(&listener->daemon_timer, on_daemon_timer, 0, 0);
    else if (MHD_get_timeout(listener->daemon, &timeout_ms) == MHD_YES)
        (void)uv_timer_start(&listener->daemon_timer, on_daemon_timer,
                             limit_timeout(listener, timeout_ms), 0);
    else
        (void)uv_timer_stop(&listener->daemon_timer);
}

static void on_daemon_timer(uv_timer_t *timer)
{
    struct http_listener *listener = timer->data;

    listener->empty_turns =
        listener->host.has_moved || listener->host.is_run_wanted ? 0 : listener->empty_turns + 1;
    listener->host.has_moved = false;
    listener->host.is_run_wanted = true; /* by on_prepare(), in this very turn */
}

static void on_daemon_ready(uv_poll_t *poll, int status, int events)
{
    struct http_listener *listener = poll->data;

    (void)status;
    (void)events;
    listener->host.is_run_wanted =
        true; /* by on_check(), once for all that has happened in this turn */
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct http_listener *listener = prepare->data;

    if (listener->host.is_run_wanted)
        run_daemon(listener);
}

static void on_check(uv_check_t *check)
{
    struct http_listener *listener = check->data;

    if (listener->host.is_run_wanted)
        run_daemon(listener);
}

/* ---- connections ---- */

static void watch_sockets(struct http_listener *listener);

static void on_slowness_check(uv_timer_t *timer)
{
    struct http_listener *listener = timer->data;
    const unsigned count = http_connections_end_slow(&listener->connections);

    if (count > 0)
        log_write(
            listener->host.api->log, LOG_INFO,
            "http: closed %u connection%s: timed out reading the request or writing the response",
            count, count == 1 ? "" : "s");
    if (listener->connections.count == 0)
        (void)uv_timer_stop(timer);
}

static void on_connection_started(struct http_listener *listener, struct MHD_Connection *connection,
                                  void **slot)
{
    const union MHD_ConnectionInfo *information =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    *slot = http_connections_add(&listener->connections, information->connect_fd);
    if (*slot == NULL)
        (void)shutdown(information->connect_fd, SHUT_RDWR); /* out of memory */
    else if (listener->connections.count == 1)
        (void)uv_timer_start(&listener->slowness_timer, on_slowness_check, SLOWNESS_CHECK_MS,
                             SLOWNESS_CHECK_MS);
}

static void on_connection_change(void *context, struct MHD_Connection *connection, void **slot,
                                 enum MHD_ConnectionNotificationCode code)
{
    struct http_listener *listener = context;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        on_connection_started(listener, connection, slot);
        return;
    }
    if (*slot != NULL) {
        http_exchange_forget(*slot);
        http_connections_remove(*slot);
    }
    *slot = NULL;
    if (listener->host.phase == LISTENER_SERVING && listener->is_accepting_stopped &&
        !listener->is_out_of_descriptors)
        watch_sockets(listener);
}

static void on_accept_pause_over(uv_timer_t *timer)
{
    struct http_listener *listener = timer->data;

    if (listener->host.phase == LISTENER_SERVING)
        watch_sockets(listener);
}

/* Closes the connection that has been idle for longest. If none is idle, new ones wait in the kernel's queue. */
static void make_room(struct http_listener *listener)
{
    for (unsigned i = 0; i < listener->sockets.count; i++)
        (void)uv_poll_stop(&listener->accept_polls[i]);
    listener->is_accepting_stopped = true;
    if (http_connections_make_room(&listener->connections))
        listener->host.is_run_wanted = true;
    (void)uv_timer_start(&listener->accept_timer, on_accept_pause_over, ACCEPT_PAUSE_MS, 0);
}

static void on_accept_fault(struct http_listener *listener, int error)
{
    if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM)
        return;
    if (!listener->is_out_of_descriptors)
        log_write(listener->host.api->log, LOG_WARN, "can't accept connections for now: %s",
                  strerror(error));
    listener->is_out_of_descriptors = true;
    make_room(listener);
}

static void on_connectable(uv_poll_t *poll, int status, int events)
{
    struct http_listener *listener = poll->data;
    const int socket = listener->sockets.files[poll - listener->accept_polls];

    (void)status;
    (void)events;
    for (unsigned i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage address;
        socklen_t length = sizeof address;
        int file;

        if (listener->connections.count >= listener->connections_max) {
            make_room(listener);
            return;
        }
        file = accept4(socket, (struct sockaddr *)&address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (file < 0) {
            on_accept_fault(listener, errno);
            return;
        }
        listener->is_out_of_descriptors = false;
        (void)MHD_add_connection(listener->daemon, file, (struct sockaddr *)&address, length);
        listener->host.is_run_wanted = true;
    }
}

static void watch_sockets(struct http_listener *listener)
{
    listener->is_accepting_stopped = false;
    for (unsigned i = 0; i < listener->sockets.count; i++)
        (void)uv_poll_start(&listener->accept_polls[i], UV_READABLE, on_connectable);
}

/* ---- opening ---- */

__attribute__((format(printf, 2, 0))) static void on_daemon_log(void *context, const char *format,
                                                                va_list arguments)
{
    struct http_listener *listener = context;
    char text[512];

    (void)vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\r\n")] = '\0';
    log_write(listener->host.api->log, LOG_DEBUG, "http: %s", text);
}

/* At most half of the descriptors: environments need them too. */
static unsigned choose_connections_max(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 2 > CONNECTIONS_MAX)
        return CONNECTIONS_MAX;
    return limit.rlim_cur / 2 < CONNECTIONS_MIN ? CONNECTIONS_MIN : (unsigned)(limit.rlim_cur / 2);
}

/* Targets are taken as they came (http_exchange_begin), so libmicrohttpd needs not decode them as well. */
static size_t leave_encoded(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static bool start_daemon(struct http_listener *listener, char why[LISTEN_ERROR_SIZE])
{
    errno = 0;
    listener->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
        NULL, NULL, http_exchange_receive, &listener->host, MHD_OPTION_EXTERNAL_LOGGER,
        on_daemon_log, listener, MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL,
        MHD_OPTION_URI_LOG_CALLBACK, http_exchange_begin, &listener->host,
        MHD_OPTION_NOTIFY_COMPLETED, http_exchange_end, &listener->host,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection_change, listener,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)HTTP_PATIENCE_MS / 1000, MHD_OPTION_CONNECTION_LIMIT,
        listener->connections_max + 1,
#if MHD_VERSION > LENIENT_MHD_MAX
        MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1,
#endif
        MHD_OPTION_END);
    if (listener->daemon == NULL)
        (void)snprintf(why, LISTEN_ERROR_SIZE, "can't start the HTTP server: %s",
                       strerror(errno == 0 ? ENOMEM : errno));
    return listener->daemon != NULL;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct http_listener *listener = handle->data;
    http_listener_closed_fn *on_closed = listener->on_closed;
    void *context = listener->closed_context;

    if (--listener->open_handles > 0)
        return;
    free(listener->name);
    free(listener);
    on_closed(context);
}

static void open_handles(struct http_listener *listener, int daemon_file)
{
    uv_handle_t *const handles[] = {
        (uv_handle_t *)&listener->daemon_poll,  (uv_handle_t *)&listener->daemon_timer,
        (uv_handle_t *)&listener->accept_timer, (uv_handle_t *)&listener->slowness_timer,
        (uv_handle_t *)&listener->close_timer,  (uv_handle_t *)&listener->prepare,
        (uv_handle_t *)&listener->check,
    };

    for (unsigned i = 0; i < listener->sockets.count; i++) {
        (void)uv_poll_init(listener->loop, &listener->accept_polls[i], listener->sockets.files[i]);
        listener->accept_polls[i].data = listener;
    }
    (void)uv_poll_init(listener->loop, &listener->daemon_poll, daemon_file);
    (void)uv_timer_init(listener->loop, &listener->daemon_timer);
    (void)uv_timer_init(listener->loop, &listener->accept_timer);
    (void)uv_timer_init(listener->loop, &listener->slowness_timer);
    (void)uv_timer_init(listener->loop, &listener->close_timer);
    (void)uv_prepare_init(listener->loop, &listener->prepare);
    (void)uv_check_init(listener->loop, &listener->check);
    for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++)
        handles[i]->data = listener;
    listener->open_handles = listener->sockets.count + sizeof handles / sizeof handles[0];
    watch_sockets(listener);
    (void)uv_poll_start(&listener->daemon_poll, UV_READABLE, on_daemon_ready);
    (void)uv_prepare_start(&listener->prepare, on_prepare);
    (void)uv_check_start(&listener->check, on_check);
}

struct http_listener *http_listener_open(const struct http_listener_options *options,
                                         char why[LISTEN_ERROR_SIZE])
{
    struct http_listener *listener = calloc(1, sizeof *listener);
    const union MHD_DaemonInfo *information;

    (void)snprintf(why, LISTEN_ERROR_SIZE, "out of memory");
    if (listener == NULL)
        return NULL;
    listener->loop = options->loop;
    listener->host.api = options->api;
    listener->connections_max = choose_connections_max();
    listener->name = strdup(options->host);
    if (listener->name == NULL ||
        !listen_sockets_open(&listener->sockets, options->host, options->port, why) ||
        !start_daemon(listener, why)) {
        listen_sockets_close(&listener->sockets);
        free(listener->name);
        free(listener);
        return NULL;
    }
    listener->host.guard.host_name = listener->name;
    listener->host.guard.port = listener->sockets.port;
    information = MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    open_handles(listener, information->epoll_fd);
    return listener;
}

unsigned short http_listener_port(const struct http_listener *listener)
{
    return listener->host.guard.port;
}

void http_listener_stop(struct http_listener *listener)
{
    if (listener->host.phase != LISTENER_SERVING)
        return;
    listener->host.phase = LISTENER_STOPPING;
    for (unsigned i = 0; i < listener->sockets.count; i++)
        uv_close((uv_handle_t *)&listener->accept_polls[i], on_handle_closed);
    listen_sockets_close(&listener->sockets); /* after what watched them */
}

void http_listener_refuse(struct http_listener *listener)
{
    http_listener_stop(listener);
    listener->host.phase = LISTENER_REFUSING;
}

unsigned http_listener_pending(const struct http_listener *listener)
{
    return listener->host.pending;
}

static void end(struct http_listener *listener)
{
    uv_close((uv_handle_t *)&listener->daemon_poll, on_handle_closed); /* before its descriptor */
    MHD_stop_daemon(listener->daemon);
    uv_close((uv_handle_t *)&listener->daemon_timer, on_handle_closed);
    uv_close((uv_handle_t *)&listener->accept_timer, on_handle_closed);
    uv_close((uv_handle_t *)&listener->slowness_timer, on_handle_closed);
    uv_close((uv_handle_t *)&listener->close_timer, on_handle_closed);
    uv_close((uv_handle_t *)&listener->prepare, on_handle_closed);
    uv_close((uv_handle_t *)&listener->check, on_handle_closed);
}

static bool is_awaited(const struct http_listener *listener)
{
    const int64_t waited_ms = (clock_monotonic_us() - listener->closing_since_us) / 1000;

    return (waited_ms < CLOSE_READER_MS &&
            http_connections_any_awaits(&listener->connections, AWAITED_READER)) ||
           (waited_ms < CLOSE_BODY_MS &&
            http_connections_any_awaits(&listener->connections, AWAITED_BODY));
}

static void on_close_poll(uv_timer_t *timer)
{
    struct http_listener *listener = timer->data;

    if (!is_awaited(listener))
        end(listener);
}

void http_listener_close(struct http_listener *listener, http_listener_closed_fn *on_closed,
                         void *context)
{
    assert(listener->host.pending == 0);
    http_listener_stop(listener);
    listener->on_closed = on_closed;
    listener->closed_context = context;
    listener->host.is_run_wanted = true;
    run_daemon(listener);
    listener->closing_since_us = clock_monotonic_us();
    (void)uv_timer_start(&listener->close_timer, on_close_poll, 0, CLOSE_POLL_MS);
}
