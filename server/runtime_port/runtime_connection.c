#include "server/runtime_port/runtime_connection.h"

#include "base/short_text.h"
#include "server/runtime_port/http_request.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    READ_BYTES = 65536,
    READS_PER_TURN = 16,
    READS_PER_DRAIN = 256, /* a process that outlives its parent may write for ever */
    CONNECTIONS_MAX = 64   /* of one environment: most runtimes need one, some two */
};

enum connection_state {
    READING_HEAD,
    READING_BODY,
    ANSWERING, /* the handler has the exchange, or its answer is being sent */
    CLOSED
};

struct connection {
    struct exchange exchange; /* first: handlers see only this */
    struct runtime_connections *group;
    struct connection *next;
    uv_poll_t poll;
    int watched; /* the events that `poll` waits for */
    int file;
    enum connection_state state;
    bool is_streaming; /* the body goes on piece by piece */
    bool is_paused;    /* its taker is behind */
    bool is_ended;     /* the client sends no more */
    bool is_answered;  /* the current exchange */
    bool has_asked;    /* an earlier request was answered, so that this is a real client */
    struct http_request request;
    struct bytes *behind; /* what has arrived behind the current request */
    size_t behind_used;   /* of that */

    struct bytes *head, *body; /* of the answer; NULL once sent */
    size_t sent;
};

static void on_ready(uv_poll_t *poll, int status, int events);

/* ---- the end ---- */

static void on_connection_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    struct runtime_connections *group = connection->group;
    struct connection **link = &group->first;

    while (*link != connection)
        link = &(*link)->next;
    *link = connection->next;
    group->count--;
    bytes_release(connection->exchange.body);
    http_request_clear(&connection->request);
    bytes_release(connection->behind);
    bytes_release(connection->head);
    bytes_release(connection->body);
    free(connection);
    if (group->first == NULL)
        group->on_empty(group->context);
}

static void close_connection(struct connection *connection)
{
    if (connection->state == CLOSED)
        return;
    if (connection->state != READING_HEAD && connection->group->worker != NULL)
        runtime_api_forget(&connection->exchange, connection->group->worker);
    connection->state = CLOSED;
    (void)uv_poll_stop(&connection->poll);
    (void)close(connection->file);
    uv_close((uv_handle_t *)&connection->poll, on_connection_closed);
}

/* ---- the answer ---- */

static size_t bytes_behind(const struct connection *connection)
{
    return bytes_view(connection->behind).length - connection->behind_used;
}

/* Requests behind one without an answer are read up to a bound. */
static bool is_full(const struct connection *connection)
{
    return connection->state == ANSWERING && bytes_behind(connection) > HTTP_HEAD_MAX;
}

/* The loop goes on with them, so that answers don't nest. */
static bool has_requests_behind(const struct connection *connection)
{
    return connection->state == READING_HEAD && bytes_behind(connection) > 0;
}

static void watch(struct connection *connection)
{
    int events = UV_READABLE;

    if (connection->state == CLOSED)
        return;
    if (connection->head != NULL || has_requests_behind(connection))
        events = UV_WRITABLE;
    else if (connection->is_ended || connection->is_paused || is_full(connection))
        events = 0; /* its answer is awaited first */
    if (events == connection->watched)
        return; /* libuv would make a system call of it */
    connection->watched = events;
    if (events == 0)
        (void)uv_poll_stop(&connection->poll);
    else
        (void)uv_poll_start(&connection->poll, events, on_ready);
}

static void end_exchange(struct connection *connection)
{
    bytes_release(connection->head);
    bytes_release(connection->body);
    bytes_release(connection->exchange.body);
    connection->head = NULL;
    connection->body = NULL;
    connection->exchange.body = NULL;
    if (!connection->request.keeps_alive || connection->is_ended) {
        close_connection(connection);
        return;
    }
    http_request_next(&connection->request);
    connection->has_asked = true;
    connection->state = READING_HEAD;
}

static void write_some(struct connection *connection)
{
    const struct bytes_view body = bytes_view(connection->body);
    const size_t head_length = connection->head->length;
    struct iovec pieces[2] = {{connection->head->data, head_length}, {NULL, 0}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    const size_t head_sent = connection->sent < head_length ? connection->sent : head_length;
    const size_t body_sent = connection->sent - head_sent;
    ssize_t length;

    pieces[0].iov_base = connection->head->data + head_sent;
    pieces[0].iov_len = head_length - head_sent;
    if (body.length > body_sent)
        pieces[1] = (struct iovec){connection->body->data + body_sent, body.length - body_sent};
    length = sendmsg(connection->file, &message, MSG_NOSIGNAL);
    if (length < 0) {
        if (errno != EAGAIN && errno != EINTR)
            close_connection(connection);
        return;
    }
    connection->sent += (size_t)length;
    if (connection->sent == head_length + body.length)
        end_exchange(connection);
}

static const char *reason_phrase(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 202:
        return "Accepted";
    case 400:
        return "Bad Request";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 413:
        return "Request Entity Too Large";
    case 431:
        return "Request Header Fields Too Large";
    default:
        return "Internal Server Error";
    }
}

/* At most: a status line, Content-Length, and Connection. */
enum { HEAD_FRAME_MAX = 160 };

static size_t head_size(const struct answer *answer)
{
    size_t size = HEAD_FRAME_MAX;

    for (size_t i = 0; i < answer->header_count; i++)
        size += strlen(answer->headers[i].name) + strlen(answer->headers[i].value) +
                sizeof ": \r\n" - 1;
    return size;
}

static bool make_head(struct connection *connection, const struct answer *answer)
{
    const size_t size = head_size(answer);
    char *const room = bytes_reserve(&connection->head, size);
    struct short_text head;

    if (room == NULL)
        return false;
    short_text_begin(&head, room, size);
    short_text_put(&head, "HTTP/1.1 ");
    short_text_put_number(&head, (unsigned)answer->status);
    short_text_put(&head, " ");
    short_text_put(&head, reason_phrase(answer->status));
    for (size_t i = 0; i < answer->header_count; i++) {
        short_text_put(&head, "\r\n");
        short_text_put(&head, answer->headers[i].name);
        short_text_put(&head, ": ");
        short_text_put(&head, answer->headers[i].value);
    }
    short_text_put(&head, "\r\nContent-Length: ");
    short_text_put_number(&head, bytes_view(answer->body).length);
    short_text_put(&head,
                   connection->request.keeps_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n");
    connection->head->length = head.length;
    return true;
}

/* Sent at once where the socket takes it. */
static void answer_exchange(struct exchange *exchange, const struct answer *answer)
{
    struct connection *connection = (struct connection *)exchange;

    if (connection->state == CLOSED)
        return; /* its environment ended while the request was handled */
    assert(connection->state == ANSWERING && !connection->is_answered);
    connection->is_answered = true;
    if (!make_head(connection, answer)) {
        close_connection(connection);
        return;
    }
    connection->body = bytes_retain(answer->body);
    connection->sent = 0;
    write_some(connection);
    watch(connection);
}

static void drop_exchange(struct exchange *exchange)
{
    struct connection *connection = (struct connection *)exchange;

    connection->is_answered = true;
    close_connection(connection);
}

static const char *find_header(const struct exchange *exchange, const char *name)
{
    return http_request_header(&((const struct connection *)exchange)->request, name);
}

static const struct exchange_transport transport = {
    .header = find_header,
    .answer = answer_exchange,
    .drop = drop_exchange,
};

/* ---- the request ---- */

static void refuse(struct connection *connection, int status)
{
    const struct answer answer = {.status = status};

    connection->request.keeps_alive = false;
    connection->state = ANSWERING;
    connection->is_answered = false;
    answer_exchange(&connection->exchange, &answer);
}

static void handle(struct connection *connection)
{
    connection->state = ANSWERING;
    connection->is_answered = false;
    if (connection->group->worker == NULL)
        close_connection(connection);
    else
        runtime_api_handle(&connection->exchange, connection->group->worker);
}

/* The taker of a streamed body has room again. May be called while a piece of that body is passed on. */
static void on_room(void *context)
{
    struct connection *connection = context;

    connection->is_paused = false;
    watch(connection);
}

static bool stream_on(struct connection *connection, const char *data, size_t length)
{
    struct bytes *piece = bytes_copy(data, length);

    if (piece == NULL || connection->group->worker == NULL) {
        bytes_release(piece);
        return false;
    }
    connection->is_paused =
        !runtime_api_stream(connection->group->worker, piece, on_room, connection) &&
        !connection->group->is_draining;
    return connection->state == READING_BODY; /* closed meanwhile? */
}

/* What was read into its place already need not be copied. */
static bool keep(struct bytes **body, const char *data, size_t length)
{
    if (*body == NULL || data != (*body)->data + (*body)->length)
        return bytes_append(body, data, length);
    (*body)->length += length;
    return true;
}

static bool on_body(void *context, const char *data, size_t length)
{
    struct connection *connection = context;
    struct exchange *exchange = &connection->exchange;

    if (connection->is_streaming)
        return stream_on(connection, data, length);
    if (exchange->is_body_too_large)
        return true;
    if (bytes_view(exchange->body).length + length <= RUNTIME_API_BODY_MAX)
        return keep(&exchange->body, data, length);
    exchange->is_body_too_large = true;
    bytes_release(exchange->body);
    exchange->body = NULL;
    return true;
}

static bool on_head(void *context)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct connection *connection = context;
    const struct http_request *request = &connection->request;
    struct exchange *exchange = &connection->exchange;
    const char *question = memchr(request->target.data, '?', request->target.length);

    exchange->transport = &transport;
    exchange->method = request->method;
    exchange->path = request->target;
    if (question != NULL)
        exchange->path.length = (size_t)(question - request->target.data);
    exchange->query = (struct bytes_view){"", 0};
    connection->state = READING_BODY;
    connection->is_streaming = connection->group->worker != NULL &&
                               runtime_api_wants_stream(exchange, connection->group->worker);
    exchange->is_body_too_large =
        !connection->is_streaming && request->content_length > RUNTIME_API_BODY_MAX;
    if (request->expects_continue)
        (void)send(connection->file, go_on, sizeof go_on - 1, MSG_NOSIGNAL);
    if (!connection->is_streaming && request->content_length > 0 && !exchange->is_body_too_large)
        (void)bytes_reserve(&exchange->body, (size_t)request->content_length);
    return true;
}

static const struct http_request_callbacks callbacks = {.on_head = on_head, .on_body = on_body};

/* Parses the current request, and handles it when it is complete. Returns how much of the data was its own. */
static size_t parse(struct connection *connection, const char *data, size_t length)
{
    size_t used;
    const enum http_status status = http_request_feed(&connection->request, data, length, &used);

    if (connection->state == CLOSED)
        return length;
    switch (status) {
    case HTTP_INCOMPLETE:
        break;
    case HTTP_COMPLETE:
        handle(connection);
        break;
    case HTTP_MALFORMED:
        refuse(connection, 400);
        break;
    case HTTP_TOO_LARGE:
        refuse(connection, 431);
        break;
    case HTTP_STOPPED:
        refuse(connection, 500);
        break;
    }
    return used;
}

static bool is_reading(const struct connection *connection)
{
    return connection->state == READING_HEAD || connection->state == READING_BODY;
}

/* Requests that have arrived behind those before, as far as they can be answered. */
static void parse_behind(struct connection *connection)
{
    while (is_reading(connection) && bytes_behind(connection) > 0)
        connection->behind_used +=
            parse(connection, connection->behind->data + connection->behind_used,
                  bytes_behind(connection));
    if (bytes_behind(connection) > 0)
        return;
    bytes_release(connection->behind);
    connection->behind = NULL;
    connection->behind_used = 0;
}

/* What can't be parsed yet is kept. */
static void take(struct connection *connection, const char *data, size_t length)
{
    size_t used = 0;

    while (used < length && is_reading(connection) && connection->behind == NULL)
        used += parse(connection, data + used, length - used);
    if (used < length && connection->state != CLOSED &&
        !bytes_append(&connection->behind, data + used, length - used))
        close_connection(connection);
    parse_behind(connection);
}

/* ---- the socket ---- */

static void on_client_end(struct connection *connection)
{
    connection->is_ended = true;
    switch (connection->state) {
    case READING_HEAD:
        close_connection(connection);
        break;
    case READING_BODY:
        connection->state = ANSWERING;
        connection->is_answered = false;
        runtime_api_handle_truncated(&connection->exchange);
        break;
    case ANSWERING:
        if (!connection->is_answered)
            close_connection(connection); /* the client of a waiting `next` has left */
        break;
    case CLOSED:
        break;
    }
}

/* The rest of a large body goes straight into the buffer that is handed on. */
static bool can_read_directly(const struct connection *connection)
{
    return connection->state == READING_BODY && connection->request.content_length > 0 &&
           !connection->is_streaming && !connection->exchange.is_body_too_large;
}

/* False when there is nothing more for now, or ever. */
static bool read_some(struct connection *connection)
{
    static char buffer[READ_BYTES]; /* the loop's thread only, and empty again when this returns */
    const bool is_direct = can_read_directly(connection);
    size_t room_length = sizeof buffer;
    char *room = buffer;
    ssize_t length;

    if (connection->state == CLOSED || connection->is_ended || connection->is_paused ||
        is_full(connection))
        return false;
    if (is_direct) {
        room_length = (size_t)connection->request.content_length -
                      bytes_view(connection->exchange.body).length;
        room = bytes_reserve(&connection->exchange.body, room_length);
    }
    if (room == NULL) {
        close_connection(connection);
        return false;
    }
    length = recv(connection->file, room, room_length, 0);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (length <= 0) {
        on_client_end(connection);
        return false;
    }
    take(connection, room, (size_t)length);
    return (size_t)length == room_length || connection->state == READING_BODY;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct connection *connection = poll->data;

    if (status < 0) {
        close_connection(connection);
        return;
    }
    if ((events & UV_WRITABLE) != 0) {
        if (connection->head != NULL)
            write_some(connection);
        parse_behind(connection);
    }
    for (unsigned i = 0; (events & UV_READABLE) != 0 && i < READS_PER_TURN && read_some(connection);
         i++)
        continue;
    watch(connection);
}

/* ---- all of them ---- */

/* Closes the oldest connection that has never made a request, so that idle ones can't keep the worker out. */
static bool make_room(struct runtime_connections *group)
{
    struct connection *oldest = NULL;

    if (group->count < CONNECTIONS_MAX)
        return true;
    for (struct connection *connection = group->first; connection != NULL;
         connection = connection->next) {
        if (connection->state == READING_HEAD && !connection->has_asked)
            oldest = connection;
    }
    if (oldest == NULL)
        return false;
    close_connection(oldest);
    return true;
}

void runtime_connection_open(struct runtime_connections *group, int file)
{
    const int yes = 1;
    struct connection *connection = make_room(group) ? calloc(1, sizeof *connection) : NULL;

    if (connection == NULL || uv_poll_init(group->loop, &connection->poll, file) != 0) {
        (void)close(file);
        free(connection);
        return;
    }
    (void)setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    connection->group = group;
    connection->file = file;
    connection->poll.data = connection;
    http_request_init(&connection->request, &callbacks, connection);
    connection->next = group->first;
    group->first = connection;
    group->count++;
    (void)read_some(connection);
    watch(connection);
}

void runtime_connections_drain(struct runtime_connections *group)
{
    struct connection *next;

    group->is_draining = true;
    for (struct connection *connection = group->first; connection != NULL; connection = next) {
        next = connection->next;
        connection->is_paused = false;
        parse_behind(connection);
        for (unsigned i = 0; i < READS_PER_DRAIN && read_some(connection); i++)
            continue;
    }
}

void runtime_connections_close(struct runtime_connections *group)
{
    for (struct connection *connection = group->first; connection != NULL;
         connection = connection->next)
        close_connection(connection);
}
