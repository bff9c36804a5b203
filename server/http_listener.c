#include "server/http_listener.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handlers/api_error.h"
#include "runtime/clock.h"
#include "server/origin_guard.h"
#include "server/preflight.h"
#include "server/routes.h"

enum {
    HEAD_BYTES_MAX = 64 << 10,
    DRAIN_BYTES_MAX =
        64 << 20, /* of a body that is too large: read, so that the client gets to see its answer */
    BODY_FIRST_BYTES = 256 << 10, /* reserved ahead of what has arrived */
    IDLE_SECONDS = 120,
    CONNECTIONS_MAX = 20000,
    DESCRIPTORS_KEPT = 64, /* for everything but connections */
    ACCEPTS_PER_TURN = 64,
    ACCEPT_PAUSE_MS = 100, /* when descriptors have run out */
    RUNS_PER_TURN = 4,
    CLOSE_WAIT_MS = 50,
    STREAM_BYTES_MAX = 256 << 10, /* of a streamed answer that wait for a slow client */
    STREAM_BLOCK_BYTES = 32 << 10
};

struct http_listener {
    uv_loop_t *loop;
    struct api *api;
    struct origin_guard guard;
    char *host;
    struct MHD_Daemon *daemon;
    int socket;
    unsigned connections, connections_max;
    unsigned pending; /* exchanges without an answer */
    bool is_stopping;
    bool is_run_wanted;
    uv_poll_t accept_poll, daemon_poll;
    uv_timer_t daemon_timer, accept_timer, close_timer;
    uv_prepare_t prepare;
    uv_check_t check;
    unsigned open_handles;
    http_listener_closed_fn *on_closed;
    void *closed_context;
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

struct http_exchange {
    struct exchange exchange; /* first: handlers see only this */
    struct http_listener *listener;
    struct MHD_Connection *connection;
    const struct route *route; /* NULL until the head was seen */
    enum exchange_state state;
    bool is_ambiguous; /* its length is told twice */
    uint64_t received;
    struct MHD_Response *response;
    int status;
    size_t cut_after;
    struct bytes *cut_body;
    struct answer_stream stream;
    char target[]; /* raw, ended by NUL */
};

/* ---- running libmicrohttpd ---- */

static void on_daemon_timer(uv_timer_t *timer);

static void run_daemon(struct http_listener *listener)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;

    for (unsigned i = 0; i < RUNS_PER_TURN && listener->is_run_wanted; i++) {
        listener->is_run_wanted = false;
        (void)MHD_run(listener->daemon);
    }
    if (listener->is_run_wanted)
        (void)uv_timer_start(&listener->daemon_timer, on_daemon_timer, 0, 0);
    else if (MHD_get_timeout(listener->daemon, &timeout_ms) == MHD_YES)
        (void)uv_timer_start(&listener->daemon_timer, on_daemon_timer, timeout_ms, 0);
    else
        (void)uv_timer_stop(&listener->daemon_timer);
}

static void on_daemon_timer(uv_timer_t *timer)
{
    struct http_listener *listener = timer->data;

    listener->is_run_wanted = true; /* by on_prepare(), in this very turn */
}

static void on_daemon_ready(uv_poll_t *poll, int status, int events)
{
    struct http_listener *listener = poll->data;

    (void)status;
    (void)events;
    listener->is_run_wanted = true; /* by on_check(), once for all that has happened in this turn */
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct http_listener *listener = prepare->data;

    if (listener->is_run_wanted)
        run_daemon(listener);
}

static void on_check(uv_check_t *check)
{
    struct http_listener *listener = check->data;

    if (listener->is_run_wanted)
        run_daemon(listener);
}

/* ---- answers ---- */

static void release_body(void *body)
{
    bytes_release(body);
}

static ssize_t read_cut_body(void *context, uint64_t position, char *buffer, size_t max)
{
    const struct http_exchange *exchange = context;
    const size_t rest = exchange->cut_after - (size_t)position;
    const size_t length = rest < max ? rest : max;

    if (length == 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    memcpy(buffer, exchange->cut_body->data + position, length);
    return (ssize_t)length;
}

static struct MHD_Response *make_response(struct http_exchange *exchange,
                                          const struct answer *answer)
{
    struct bytes *body = bytes_retain(answer->body);
    struct MHD_Response *response;

    if (answer->has_cut && body != NULL && answer->cut_after < body->length) {
        exchange->cut_after = answer->cut_after;
        exchange->cut_body = body;
        return MHD_create_response_from_callback(body->length, 4096, read_cut_body, exchange, NULL);
    }
    if (body == NULL || body->length == 0) {
        bytes_release(body);
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    }
    response = MHD_create_response_from_buffer_with_free_callback_cls(body->length, body->data,
                                                                      release_body, body);
    if (response == NULL)
        bytes_release(body);
    return response;
}

/* Pages that may read the answers need to be told so. */
static void allow_origin(const struct http_exchange *exchange, struct MHD_Response *response)
{
    const char *origin =
        MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, "Origin");

    if (origin == NULL || !origin_guard_is_listed(
                              config_store_current(exchange->listener->api->config_store), origin))
        return;
    (void)MHD_add_response_header(response, "Access-Control-Allow-Origin", origin);
    (void)MHD_add_response_header(
        response, "Access-Control-Expose-Headers",
        "x-amzn-RequestId,x-amzn-ErrorType,X-Amz-Executed-Version,X-Amz-Function-Error,"
        "X-Amz-Log-Result,X-Amzn-Trace-Id");
    (void)MHD_add_response_header(response, "Vary", "Origin");
}

static void settle(struct http_exchange *exchange, enum exchange_state state)
{
    const bool is_suspended = exchange->state == SUSPENDED;

    assert(exchange->state == HANDLING || exchange->state == SUSPENDED);
    exchange->state = state;
    exchange->listener->pending--;
    if (!is_suspended)
        return;
    MHD_resume_connection(exchange->connection);
    exchange->listener->is_run_wanted = true;
}

/* Status, headers, and on its way. */
static void finish_response(struct http_exchange *exchange, struct MHD_Response *response,
                            const struct answer *answer)
{
    (void)MHD_set_response_options(response, MHD_RF_SEND_KEEP_ALIVE_HEADER, MHD_RO_END);
    for (size_t i = 0; i < answer->header_count; i++)
        (void)MHD_add_response_header(response, answer->headers[i].name, answer->headers[i].value);
    allow_origin(exchange, response);
    exchange->response = response;
    exchange->status = answer->status;
    settle(exchange, ANSWERED);
}

static void answer_exchange(struct exchange *base, const struct answer *answer)
{
    struct http_exchange *exchange = (struct http_exchange *)base;
    struct MHD_Response *response = make_response(exchange, answer);

    if (response == NULL)
        settle(exchange, DROPPED);
    else
        finish_response(exchange, response, answer);
}

static void drop_exchange(struct exchange *exchange)
{
    settle((struct http_exchange *)exchange, DROPPED);
}

static const char *find_header(const struct exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(((const struct http_exchange *)exchange)->connection,
                                       MHD_HEADER_KIND, name);
}

/* ---- answers in pieces ---- */

static void forget_first_piece(struct answer_stream *stream)
{
    struct piece *piece = stream->first;

    stream->first = piece->next;
    if (stream->first == NULL)
        stream->last = NULL;
    stream->waiting -= bytes_view(piece->bytes).length;
    stream->sent = 0;
    bytes_release(piece->bytes);
    free(piece);
}

static void tell_room(struct answer_stream *stream)
{
    if (!stream->is_room_wanted || stream->waiting > STREAM_BYTES_MAX / 2)
        return;
    stream->is_room_wanted = false;
    stream->on_room(stream->room_context);
}

/* libmicrohttpd asks for more of the body; when there is none yet, the connection waits. */
static ssize_t read_stream(void *context, uint64_t position, char *buffer, size_t max)
{
    struct http_exchange *exchange = context;
    struct answer_stream *stream = &exchange->stream;
    size_t length = 0;

    (void)position;
    while (length < max && stream->first != NULL) {
        const struct bytes_view view = bytes_view(stream->first->bytes);
        const size_t rest = view.length - stream->sent;
        const size_t piece = rest < max - length ? rest : max - length;

        memcpy(buffer + length, view.data + stream->sent, piece);
        length += piece;
        stream->sent += piece;
        if (stream->sent == view.length)
            forget_first_piece(stream);
    }
    if (length > 0) {
        tell_room(stream);
        return (ssize_t)length;
    }
    if (!stream->is_open)
        return MHD_CONTENT_READER_END_OF_STREAM;
    stream->is_suspended = true;
    MHD_suspend_connection(exchange->connection);
    return 0;
}

static void wake_stream(struct http_exchange *exchange)
{
    if (!exchange->stream.is_suspended)
        return;
    exchange->stream.is_suspended = false;
    MHD_resume_connection(exchange->connection);
    exchange->listener->is_run_wanted = true;
}

static void begin_stream(struct exchange *base, const struct answer *answer,
                         exchange_room_fn *on_room, void *context)
{
    struct http_exchange *exchange = (struct http_exchange *)base;
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, read_stream, exchange, NULL);

    exchange->stream.is_open = true;
    exchange->stream.on_room = on_room;
    exchange->stream.room_context = context;
    exchange->listener->pending++; /* until the end of the stream */
    if (response == NULL) {
        settle(exchange, DROPPED);
        return;
    }
    finish_response(exchange, response, answer);
}

static bool write_stream(struct exchange *base, struct bytes *bytes)
{
    struct http_exchange *exchange = (struct http_exchange *)base;
    struct answer_stream *stream = &exchange->stream;
    struct piece *piece =
        stream->is_client_gone || bytes_view(bytes).length == 0 ? NULL : malloc(sizeof *piece);

    assert(stream->is_open);
    if (piece == NULL) {
        bytes_release(bytes);
        return true;
    }
    *piece = (struct piece){NULL, bytes};
    if (stream->last != NULL)
        stream->last->next = piece;
    else
        stream->first = piece;
    stream->last = piece;
    stream->waiting += bytes->length;
    wake_stream(exchange);
    stream->is_room_wanted = stream->waiting > STREAM_BYTES_MAX;
    return !stream->is_room_wanted;
}

static void free_exchange(struct http_exchange *exchange);

static void end_stream(struct exchange *base)
{
    struct http_exchange *exchange = (struct http_exchange *)base;

    assert(exchange->stream.is_open);
    exchange->stream.is_open = false;
    exchange->stream.is_room_wanted = false;
    exchange->listener->pending--;
    if (exchange->stream.is_client_gone)
        free_exchange(exchange);
    else
        wake_stream(exchange);
}

static const struct exchange_transport transport = {
    .header = find_header,
    .answer = answer_exchange,
    .drop = drop_exchange,
    .stream_begin = begin_stream,
    .stream_write = write_stream,
    .stream_end = end_stream,
};

/* ---- requests ---- */

/* The first that libmicrohttpd tells of a request: its target, before anything was decoded. */
static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    const size_t length = strlen(target);
    struct http_exchange *exchange = calloc(1, sizeof *exchange + length + 1);
    const char *question;

    if (exchange == NULL)
        return NULL;
    memcpy(exchange->target, target, length + 1);
    question = strchr(exchange->target, '?');
    exchange->listener = context;
    exchange->connection = connection;
    exchange->exchange.transport = &transport;
    exchange->exchange.path = (struct bytes_view){
        exchange->target, question == NULL ? length : (size_t)(question - exchange->target)};
    exchange->exchange.query =
        question == NULL
            ? (struct bytes_view){"", 0}
            : (struct bytes_view){question + 1, length - exchange->exchange.path.length - 1};
    return exchange;
}

static void free_exchange(struct http_exchange *exchange)
{
    while (exchange->stream.first != NULL)
        forget_first_piece(&exchange->stream);
    if (exchange->response != NULL)
        MHD_destroy_response(exchange->response);
    bytes_release(exchange->cut_body);
    bytes_release(exchange->exchange.body);
    free(exchange);
}

static void on_exchange_over(void *context, struct MHD_Connection *connection, void **slot,
                             enum MHD_RequestTerminationCode code)
{
    struct http_exchange *exchange = *slot;

    (void)context;
    (void)connection;
    (void)code;
    if (exchange == NULL)
        return;
    assert(exchange->state != HANDLING && exchange->state != SUSPENDED);
    *slot = NULL;
    exchange->stream.is_client_gone = true;
    if (exchange->stream.is_open) {
        /* The one who streams does not know yet; what it still writes goes nowhere. */
        while (exchange->stream.first != NULL)
            forget_first_piece(&exchange->stream);
        tell_room(&exchange->stream);
    } else {
        free_exchange(exchange);
    }
}

static enum MHD_Result send_answer(struct http_exchange *exchange)
{
    enum MHD_Result result;

    if (exchange->state == DROPPED)
        return MHD_NO;
    assert(exchange->state == ANSWERED);
    result =
        MHD_queue_response(exchange->connection, (unsigned)exchange->status, exchange->response);
    MHD_destroy_response(exchange->response);
    exchange->response = NULL;
    return result;
}

static void refuse_page(struct http_exchange *exchange, const char *why)
{
    api_answer_refusal(&exchange->exchange, 403, why);
}

/* Calls the handler (or says no), and answers or suspends. */
static enum MHD_Result handle(struct http_exchange *exchange)
{
    struct http_listener *listener = exchange->listener;
    struct exchange *base = &exchange->exchange;
    char why[ORIGIN_REFUSAL_SIZE];

    exchange->state = HANDLING;
    listener->pending++;
    request_id_make(listener->api->random, base->request_id);
    if (exchange->is_ambiguous)
        api_answer_refusal(
            base, 400, "the length of the body is told twice: send one Content-Length, or chunks");
    else if (!origin_guard_allows(
                 &listener->guard, config_store_current(listener->api->config_store),
                 exchange_header(base, "Origin"), exchange_header(base, "Host"), why))
        refuse_page(exchange, why);
    else if (!preflight_handle(base))
        exchange->route->handler(base, listener->api);
    if (exchange->state != HANDLING)
        return send_answer(exchange);
    exchange->state = SUSPENDED;
    MHD_suspend_connection(exchange->connection);
    return MHD_YES;
}

static enum MHD_Result count_length(void *context, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    unsigned *lengths = context;

    (void)kind;
    (void)value;
    if (strcasecmp(name, "Content-Length") == 0 || strcasecmp(name, "Transfer-Encoding") == 0)
        (*lengths)++;
    return MHD_YES;
}

/* Two lengths, or one beside chunks: what stands between us and the client may have taken the other one. */
static bool is_ambiguous(const struct http_exchange *exchange)
{
    unsigned lengths = 0;

    (void)MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, count_length, &lengths);
    return lengths > 1;
}

/* A client that waits to be told to go on, or announces more than we would read, is answered before its body. */
static enum MHD_Result begin(struct http_exchange *exchange, const char *method)
{
    const char *length_text = find_header(&exchange->exchange, "Content-Length");
    const char *expect = find_header(&exchange->exchange, "Expect");
    const unsigned long long length = length_text == NULL ? 0 : strtoull(length_text, NULL, 10);

    exchange->exchange.method = method;
    exchange->is_ambiguous = is_ambiguous(exchange);
    exchange->route = route_find(method, exchange->exchange.path, &exchange->exchange.parameter);
    if (exchange->is_ambiguous)
        return handle(exchange);
    if (length > exchange->route->body_max) {
        exchange->exchange.is_body_too_large = true;
        if (expect != NULL || length > DRAIN_BYTES_MAX)
            return handle(exchange);
    } else if (length > 0 && bytes_reserve(&exchange->exchange.body,
                                           length < BODY_FIRST_BYTES ? (size_t)length
                                                                     : BODY_FIRST_BYTES) == NULL) {
        return MHD_NO;
    }
    return MHD_YES;
}

static enum MHD_Result take_body(struct http_exchange *exchange, const char *data, size_t length)
{
    struct exchange *base = &exchange->exchange;

    exchange->received += length;
    if (exchange->received > DRAIN_BYTES_MAX)
        return MHD_NO;
    if (exchange->received > exchange->route->body_max) {
        base->is_body_too_large = true;
        bytes_release(base->body);
        base->body = NULL;
    }
    if (base->is_body_too_large)
        return MHD_YES;
    return bytes_append(&base->body, data, length) ? MHD_YES : MHD_NO;
}

/*
 * libmicrohttpd calls this with the head, then with each piece of the body, then with none; and once more when the
 * connection was resumed.
 */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *length, void **slot)
{
    struct http_exchange *exchange = *slot;

    (void)context;
    (void)connection;
    (void)url;
    (void)version;
    if (exchange == NULL || (exchange->route == NULL && exchange->listener->is_stopping))
        return MHD_NO;
    if (exchange->route == NULL)
        return begin(exchange, method);
    if (exchange->state == ANSWERED || exchange->state == DROPPED)
        return send_answer(exchange);
    if (*length > 0) {
        const size_t piece = *length;

        *length = 0;
        return take_body(exchange, data, piece);
    }
    return handle(exchange);
}

/* ---- connections ---- */

static void watch_socket(struct http_listener *listener);

static void on_connection_change(void *context, struct MHD_Connection *connection, void **slot,
                                 enum MHD_ConnectionNotificationCode code)
{
    struct http_listener *listener = context;

    (void)connection;
    (void)slot;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        listener->connections++;
        return;
    }
    listener->connections--;
    if (!listener->is_stopping && listener->connections + 1 == listener->connections_max)
        watch_socket(listener);
}

static void on_accept_pause_over(uv_timer_t *timer)
{
    struct http_listener *listener = timer->data;

    if (!listener->is_stopping)
        watch_socket(listener);
}

static void on_connectable(uv_poll_t *poll, int status, int events)
{
    struct http_listener *listener = poll->data;

    (void)status;
    (void)events;
    for (unsigned i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage address;
        socklen_t length = sizeof address;
        int file;

        if (listener->connections >= listener->connections_max) {
            (void)uv_poll_stop(
                &listener->accept_poll); /* the others wait in the kernel until one has left */
            return;
        }
        file = accept4(listener->socket, (struct sockaddr *)&address, &length,
                       SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (file < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                log_write(listener->api->log, LOG_WARN, "no connection can be taken for now: %s",
                          strerror(errno));
                (void)uv_poll_stop(&listener->accept_poll);
                (void)uv_timer_start(&listener->accept_timer, on_accept_pause_over, ACCEPT_PAUSE_MS,
                                     0);
            }
            return;
        }
        (void)MHD_add_connection(listener->daemon, file, (struct sockaddr *)&address, length);
        listener->is_run_wanted = true;
    }
}

static void watch_socket(struct http_listener *listener)
{
    (void)uv_poll_start(&listener->accept_poll, UV_READABLE, on_connectable);
}

/* ---- opening ---- */

static int listen_on(const struct addrinfo *address)
{
    const int yes = 1;
    const int file = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (file < 0)
        return -1;
    (void)setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(file, address->ai_addr, address->ai_addrlen) == 0 && listen(file, SOMAXCONN) == 0)
        return file;
    const int error = errno;

    (void)close(file);
    errno = error;
    return -1;
}

static int open_socket(const char *host, unsigned short port, char why[LISTEN_FAULT_SIZE])
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *addresses;
    char service[8];
    int file;

    (void)snprintf(service, sizeof service, "%u", port);
    const int error = getaddrinfo(host, service, &hints, &addresses);

    if (error != 0) {
        (void)snprintf(why, LISTEN_FAULT_SIZE,
                       "can't listen on %s: %s; give an address of this machine with --host", host,
                       gai_strerror(error));
        return -1;
    }
    file = listen_on(addresses);
    freeaddrinfo(addresses);
    if (file < 0 && errno == EADDRINUSE)
        (void)snprintf(why, LISTEN_FAULT_SIZE,
                       "port %u of %s is taken: stop the program that has it, or choose another "
                       "with --port (0 takes a "
                       "free one)",
                       port, host);
    else if (file < 0)
        (void)snprintf(why, LISTEN_FAULT_SIZE,
                       "can't listen on port %u of %s: %s; choose another with --host or --port",
                       port, host, strerror(errno));
    return file;
}

__attribute__((format(printf, 2, 0))) static void on_daemon_log(void *context, const char *format,
                                                                va_list arguments)
{
    struct http_listener *listener = context;
    char text[512];

    (void)vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\r\n")] = '\0';
    log_write(listener->api->log, LOG_DEBUG, "http: %s", text);
}

static unsigned choose_connections_max(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
        limit.rlim_cur > CONNECTIONS_MAX + DESCRIPTORS_KEPT)
        return CONNECTIONS_MAX;
    if (limit.rlim_cur < 2 * (rlim_t)DESCRIPTORS_KEPT)
        return DESCRIPTORS_KEPT;
    /* Half for connections: environments need descriptors too. */
    return (unsigned)(limit.rlim_cur / 2);
}

static bool start_daemon(struct http_listener *listener)
{
    listener->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
        NULL, NULL, on_request, listener, MHD_OPTION_EXTERNAL_LOGGER, on_daemon_log, listener,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, listener, MHD_OPTION_NOTIFY_COMPLETED,
        on_exchange_over, listener, MHD_OPTION_NOTIFY_CONNECTION, on_connection_change, listener,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_LIMIT, listener->connections_max + 1,
        MHD_OPTION_END);
    return listener->daemon != NULL;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct http_listener *listener = handle->data;
    http_listener_closed_fn *on_closed = listener->on_closed;
    void *context = listener->closed_context;

    if (--listener->open_handles > 0)
        return;
    free(listener->host);
    free(listener);
    on_closed(context);
}

static void open_handles(struct http_listener *listener, int daemon_file)
{
    uv_handle_t *const handles[] = {
        (uv_handle_t *)&listener->accept_poll,  (uv_handle_t *)&listener->daemon_poll,
        (uv_handle_t *)&listener->daemon_timer, (uv_handle_t *)&listener->accept_timer,
        (uv_handle_t *)&listener->close_timer,  (uv_handle_t *)&listener->prepare,
        (uv_handle_t *)&listener->check,
    };

    (void)uv_poll_init(listener->loop, &listener->accept_poll, listener->socket);
    (void)uv_poll_init(listener->loop, &listener->daemon_poll, daemon_file);
    (void)uv_timer_init(listener->loop, &listener->daemon_timer);
    (void)uv_timer_init(listener->loop, &listener->accept_timer);
    (void)uv_timer_init(listener->loop, &listener->close_timer);
    (void)uv_prepare_init(listener->loop, &listener->prepare);
    (void)uv_check_init(listener->loop, &listener->check);
    for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++)
        handles[i]->data = listener;
    listener->open_handles = sizeof handles / sizeof handles[0];
    watch_socket(listener);
    (void)uv_poll_start(&listener->daemon_poll, UV_READABLE, on_daemon_ready);
    (void)uv_prepare_start(&listener->prepare, on_prepare);
    (void)uv_check_start(&listener->check, on_check);
}

/* The one that the kernel chose, if it was asked to. */
static unsigned short port_of(int socket)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.v6 = {.sin6_port = 0}};
    socklen_t length = sizeof address;

    if (getsockname(socket, &address.any, &length) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

struct http_listener *http_listener_open(const struct http_listener_options *options,
                                         char why[LISTEN_FAULT_SIZE])
{
    struct http_listener *listener = calloc(1, sizeof *listener);
    const union MHD_DaemonInfo *information;

    (void)snprintf(why, LISTEN_FAULT_SIZE, "memory is short");
    if (listener == NULL)
        return NULL;
    listener->loop = options->loop;
    listener->api = options->api;
    listener->connections_max = choose_connections_max();
    listener->host = strdup(options->host);
    listener->socket = listener->host == NULL ? -1 : open_socket(options->host, options->port, why);
    if (listener->socket < 0 || !start_daemon(listener)) {
        if (listener->socket >= 0)
            (void)close(listener->socket);
        free(listener->host);
        free(listener);
        return NULL;
    }
    listener->guard.host_name = listener->host;
    listener->guard.port = port_of(listener->socket);
    information = MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    open_handles(listener, information->epoll_fd);
    return listener;
}

unsigned short http_listener_port(const struct http_listener *listener)
{
    return listener->guard.port;
}

void http_listener_stop(struct http_listener *listener)
{
    if (listener->is_stopping)
        return;
    listener->is_stopping = true;
    (void)uv_poll_stop(&listener->accept_poll);
    (void)close(listener->socket);
}

unsigned http_listener_pending(const struct http_listener *listener)
{
    return listener->pending;
}

static void end(struct http_listener *listener)
{
    (void)uv_poll_stop(&listener->daemon_poll);
    MHD_stop_daemon(listener->daemon);
    uv_close((uv_handle_t *)&listener->accept_poll, on_handle_closed);
    uv_close((uv_handle_t *)&listener->daemon_poll, on_handle_closed);
    uv_close((uv_handle_t *)&listener->daemon_timer, on_handle_closed);
    uv_close((uv_handle_t *)&listener->accept_timer, on_handle_closed);
    uv_close((uv_handle_t *)&listener->close_timer, on_handle_closed);
    uv_close((uv_handle_t *)&listener->prepare, on_handle_closed);
    uv_close((uv_handle_t *)&listener->check, on_handle_closed);
}

static void on_close_wait_over(uv_timer_t *timer)
{
    end(timer->data);
}

/* libmicrohttpd tells nothing of answers that are still being written: they get one moment. */
void http_listener_close(struct http_listener *listener, http_listener_closed_fn *on_closed,
                         void *context)
{
    assert(listener->pending == 0);
    http_listener_stop(listener);
    listener->on_closed = on_closed;
    listener->closed_context = context;
    listener->is_run_wanted = true;
    run_daemon(listener);
    if (listener->connections == 0)
        end(listener);
    else
        (void)uv_timer_start(&listener->close_timer, on_close_wait_over, CLOSE_WAIT_MS, 0);
}
