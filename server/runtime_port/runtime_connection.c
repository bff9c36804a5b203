#include "server/runtime_port/runtime_connection.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/arena.h"
#include "server/runtime_port/http_request.h"

enum {
    READ_BYTES = 65536,
    READS_PER_TURN = 16,
    READS_PER_DRAIN = 256, /* what a process has left behind may write for ever */
    CONNECTIONS_MAX = 64   /* of one environment: a worker needs one, some clients two */
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
    bool has_asked;    /* an earlier one is over: a client that knows what to do here */
    bool has_behind;   /* there may be input that advance() has not looked at: the loop will */

    struct bytes
        *input; /* what has arrived and is not used yet; the head stays while the exchange lives */
    size_t used;
    struct http_request request;
    char method[16];
    struct arena *texts; /* what exchange_header() has returned; NULL: nothing yet */

    struct http_chunks chunks;
    struct bytes *trailers; /* lines, each ended by a LF */
    uint64_t body_rest;

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
    bytes_release(connection->input);
    bytes_release(connection->trailers);
    bytes_release(connection->head);
    bytes_release(connection->body);
    arena_free(connection->texts);
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

/* Requests that stand behind one without an answer are read up to a bound. */
static bool is_full(const struct connection *connection)
{
    return connection->state == ANSWERING && bytes_view(connection->input).length > HTTP_HEAD_MAX;
}

static void watch(struct connection *connection)
{
    int events = UV_READABLE;

    if (connection->state == CLOSED)
        return;
    if (connection->head != NULL || connection->has_behind)
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

/* The request is over: its bytes go, the next one may stand behind it already. */
static void end_exchange(struct connection *connection)
{
    struct bytes *input = connection->input;

    bytes_release(connection->head);
    bytes_release(connection->body);
    bytes_release(connection->exchange.body);
    bytes_release(connection->trailers);
    arena_free(connection->texts);
    connection->texts = NULL;
    connection->trailers = NULL;
    connection->head = NULL;
    connection->body = NULL;
    connection->exchange.body = NULL;
    if (!connection->request.keeps_alive || connection->is_ended) {
        close_connection(connection);
        return;
    }
    memmove(input->data, input->data + connection->used, input->length - connection->used);
    input->length -= connection->used;
    connection->used = 0;
    connection->has_asked = true;
    connection->has_behind = input->length > 0;
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

static bool make_head(struct connection *connection, const struct answer *answer)
{
    bool is_made = bytes_format(&connection->head, "HTTP/1.1 %d %s\r\n", answer->status,
                                reason_phrase(answer->status));

    for (size_t i = 0; i < answer->header_count && is_made; i++)
        is_made = bytes_format(&connection->head, "%s: %s\r\n", answer->headers[i].name,
                               answer->headers[i].value);
    return is_made && bytes_format(&connection->head, "Content-Length: %zu\r\n%s\r\n",
                                   bytes_view(answer->body).length,
                                   connection->request.keeps_alive ? "" : "Connection: close\r\n");
}

/* Sent at once where the socket takes it; a request that stands behind this one is handled by the loop. */
static void answer_exchange(struct exchange *exchange, const struct answer *answer)
{
    struct connection *connection = (struct connection *)exchange;

    if (connection->state == CLOSED)
        return; /* its environment has ended while it was handled */
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

/* A trailer counts as a header that came late. */
static struct bytes_view find_trailer(const struct connection *connection, const char *name)
{
    struct bytes_view lines = bytes_view(connection->trailers);
    const size_t length = strlen(name);

    while (lines.length > 0) {
        const char *end = memchr(lines.data, '\n', lines.length);
        const size_t line = (size_t)(end - lines.data);

        if (line > length && strncasecmp(lines.data, name, length) == 0 &&
            lines.data[length] == ':') {
            size_t skip = length + 1;

            while (skip < line && lines.data[skip] == ' ')
                skip++;
            return (struct bytes_view){lines.data + skip, line - skip};
        }
        lines.data += line + 1;
        lines.length -= line + 1;
    }
    return (struct bytes_view){NULL, 0};
}

static const char *find_header(const struct exchange *exchange, const char *name)
{
    struct connection *connection = (struct connection *)(uintptr_t)exchange;
    struct bytes_view value = http_request_header(&connection->request, name);

    if (value.data == NULL)
        value = find_trailer(connection, name);
    if (value.data == NULL)
        return NULL;
    if (connection->texts == NULL)
        connection->texts = arena_new();
    return connection->texts == NULL ? NULL
                                     : arena_copy(connection->texts, value.data, value.length);
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

/*
 * The taker of a streamed body has room again. The loop goes on with what is there: this may be called from inside
 * advance(), when a piece of the body ends its invocation.
 */
static void on_room(void *context)
{
    struct connection *connection = context;

    connection->is_paused = false;
    connection->has_behind = true;
    watch(connection);
}

static bool take_body(struct connection *connection, const char *data, size_t length)
{
    struct exchange *exchange = &connection->exchange;

    if (connection->is_streaming) {
        struct bytes *piece = bytes_copy(data, length);

        if (piece == NULL || connection->group->worker == NULL) {
            bytes_release(piece);
            return false;
        }
        connection->is_paused =
            !runtime_api_stream(connection->group->worker, piece, on_room, connection) &&
            !connection->group->is_draining;
        return true;
    }
    if (exchange->is_body_too_large)
        return true;
    if (bytes_view(exchange->body).length + length > RUNTIME_API_BODY_MAX) {
        exchange->is_body_too_large = true;
        bytes_release(exchange->body);
        exchange->body = NULL;
        return true;
    }
    return bytes_append(&exchange->body, data, length);
}

static void begin_body(struct connection *connection)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const struct http_request *request = &connection->request;
    struct exchange *exchange = &connection->exchange;
    const char *question = memchr(request->target.data, '?', request->target.length);
    const size_t path_length =
        question == NULL ? request->target.length : (size_t)(question - request->target.data);

    (void)snprintf(connection->method, sizeof connection->method, "%.*s",
                   (int)request->method.length, request->method.data);
    exchange->transport = &transport;
    exchange->method = connection->method;
    exchange->path = (struct bytes_view){request->target.data, path_length};
    exchange->query = (struct bytes_view){"", 0};
    connection->chunks = (struct http_chunks){0};
    connection->body_rest = request->content_length;
    connection->used = request->head_length;
    connection->state = READING_BODY;
    connection->is_streaming = connection->group->worker != NULL &&
                               runtime_api_wants_stream(exchange, connection->group->worker);
    exchange->is_body_too_large = !connection->is_streaming && !request->is_chunked &&
                                  request->content_length > RUNTIME_API_BODY_MAX;
    if (request->expects_continue)
        (void)send(connection->file, go_on, sizeof go_on - 1, MSG_NOSIGNAL);
    if (!connection->is_streaming && !request->is_chunked && request->content_length > 0 &&
        !exchange->is_body_too_large)
        (void)bytes_reserve(&exchange->body, (size_t)request->content_length);
}

/* The views of the request point into `input`, which may have moved. */
static void parse_again(struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;
    const size_t path_length = exchange->path.length;
    const bool keeps_alive = connection->request.keeps_alive; /* a refusal has changed it */

    (void)http_request_parse(connection->input->data, connection->input->length,
                             &connection->request);
    connection->request.keeps_alive = keeps_alive;
    exchange->path = (struct bytes_view){connection->request.target.data, path_length};
}

/* False when more must be read first. */
static bool read_plain_body(struct connection *connection)
{
    struct bytes *input = connection->input;
    const size_t available = input->length - connection->used;
    const size_t piece =
        available < connection->body_rest ? available : (size_t)connection->body_rest;

    const bool is_taken = take_body(connection, input->data + connection->used, piece);

    if (connection->state != READING_BODY)
        return false; /* closed meanwhile */
    if (!is_taken) {
        refuse(connection, 500);
        return true;
    }
    connection->body_rest -= piece;
    memmove(input->data + connection->used, input->data + connection->used + piece,
            available - piece);
    input->length -= piece;
    if (connection->body_rest > 0)
        return false;
    handle(connection);
    return true;
}

static bool read_chunked_body(struct connection *connection)
{
    struct bytes *input = connection->input;
    size_t at = connection->used;
    struct http_chunk_step step = {0};
    enum http_status status = HTTP_INCOMPLETE;
    bool is_taken = true;

    do {
        status = http_chunks_step(&connection->chunks, input->data + at, input->length - at, &step);
        at += step.used;
        if (step.data.length > 0)
            is_taken = take_body(connection, step.data.data, step.data.length);
        if (step.trailer.length > 0)
            is_taken =
                bytes_append(&connection->trailers, step.trailer.data, step.trailer.length) &&
                bytes_append(&connection->trailers, "\n", 1);
    } while (status == HTTP_INCOMPLETE && step.used > 0 && is_taken &&
             connection->state == READING_BODY && !connection->is_paused);
    memmove(input->data + connection->used, input->data + at, input->length - at);
    input->length -= at - connection->used;
    if (connection->state != READING_BODY)
        return false; /* closed meanwhile */
    if (!is_taken)
        refuse(connection, 500);
    else if (status == HTTP_MALFORMED || status == HTTP_TOO_LARGE)
        refuse(connection, 400);
    else if (status == HTTP_COMPLETE)
        handle(connection);
    else
        return false;
    return true;
}

static bool read_head(struct connection *connection)
{
    switch (http_request_parse(connection->input->data, connection->input->length,
                               &connection->request)) {
    case HTTP_INCOMPLETE:
        return false;
    case HTTP_MALFORMED:
        refuse(connection, 400);
        return true;
    case HTTP_TOO_LARGE:
        refuse(connection, 431);
        return true;
    case HTTP_COMPLETE:
        break;
    }
    begin_body(connection);
    return true;
}

/* Goes on as far as what has arrived allows. */
static void advance(struct connection *connection)
{
    bool is_moving = true;

    while (is_moving && connection->input != NULL && !connection->is_paused) {
        switch (connection->state) {
        case READING_HEAD:
            is_moving = connection->input->length > 0 && read_head(connection);
            break;
        case READING_BODY:
            is_moving = connection->request.is_chunked ? read_chunked_body(connection)
                                                       : read_plain_body(connection);
            break;
        case ANSWERING:
        case CLOSED:
            is_moving = false;
            break;
        }
    }
    connection->has_behind = false;
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
            close_connection(connection); /* a `next` whose client has left */
        break;
    case CLOSED:
        break;
    }
}

/* The rest of a large body goes straight into the buffer that is handed on. */
static bool can_read_directly(const struct connection *connection)
{
    return connection->state == READING_BODY && !connection->request.is_chunked &&
           !connection->is_streaming && !connection->exchange.is_body_too_large &&
           connection->input->length == connection->used &&
           connection->body_rest <= RUNTIME_API_BODY_MAX;
}

static bool read_directly(struct connection *connection)
{
    char *room = bytes_reserve(&connection->exchange.body, (size_t)connection->body_rest);
    ssize_t length;

    if (room == NULL) {
        close_connection(connection);
        return false;
    }
    length = recv(connection->file, room, (size_t)connection->body_rest, 0);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (length <= 0) {
        on_client_end(connection);
        return false;
    }
    connection->exchange.body->length += (size_t)length;
    connection->body_rest -= (uint64_t)length;
    if (connection->body_rest > 0)
        return true;
    handle(connection);
    return connection->state == READING_HEAD;
}

/* False when there is nothing more for now, or ever. */
static bool read_some(struct connection *connection)
{
    struct bytes *before = connection->input;
    char *room;
    ssize_t length;

    if (connection->state == CLOSED || connection->is_ended || connection->is_paused ||
        is_full(connection))
        return false;
    if (can_read_directly(connection))
        return read_directly(connection);
    room = bytes_reserve(&connection->input, READ_BYTES);
    if (room == NULL) {
        close_connection(connection);
        return false;
    }
    if (connection->input != before &&
        (connection->state == READING_BODY || connection->state == ANSWERING))
        parse_again(connection);
    length = recv(connection->file, room, READ_BYTES, 0);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (length <= 0) {
        on_client_end(connection);
        return false;
    }
    assert(connection->input != NULL); /* room was reserved */
    connection->input->length += (size_t)length;
    advance(connection);
    return length == READ_BYTES || connection->state == READING_BODY;
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
        advance(connection);
    }
    for (unsigned i = 0; (events & UV_READABLE) != 0 && i < READS_PER_TURN && read_some(connection);
         i++)
        continue;
    watch(connection);
}

/* ---- all of them ---- */

/* The oldest that has never asked anything gives way, so that idle strangers don't keep the worker out. */
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
        advance(connection);
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
