#include "server/http/http_exchange.h"

#include "base/short_text.h"
#include "handlers/inspect/inspect_query.h"
#include "handlers/lambda/api_error.h"
#include "server/http/head_guard.h"
#include "server/http/preflight.h"
#include "server/http/routes.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    DRAIN_BYTES_MAX =
        64 << 20, /* of a body that is too large: read, so that the client sees its answer */
    BODY_FIRST_BYTES = 256 << 10 /* reserved ahead of what has arrived */
};

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

    exchange->host->has_moved = true;
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

/* CORS headers for pages that may read the answer. */
static void allow_origin(const struct http_exchange *exchange, struct MHD_Response *response)
{
    const char *origin = exchange_header(&exchange->exchange, "Origin");

    if (origin == NULL || (exchange->route != NULL && route_is_public(exchange->route)) ||
        !origin_guard_is_listed(config_store_current(exchange->host->api->config_store), origin))
        return;
    (void)MHD_add_response_header(response, "Access-Control-Allow-Origin", origin);
    (void)MHD_add_response_header(
        response, "Access-Control-Expose-Headers",
        "x-amzn-RequestId,x-amzn-ErrorType,X-Amz-Executed-Version,X-Amz-Function-Error,"
        "X-Amz-Log-Result,X-Amzn-Trace-Id");
    (void)MHD_add_response_header(response, "Vary", "Origin");
}

void http_exchange_settle(struct http_exchange *exchange, enum exchange_state state)
{
    const bool is_suspended = exchange->state == SUSPENDED;

    assert(exchange->state == HANDLING || exchange->state == SUSPENDED);
    exchange->state = state;
    exchange->host->pending--;
    if (!is_suspended)
        return;
    MHD_resume_connection(exchange->connection);
    exchange->host->is_run_wanted = true;
}

/*
 * Status, headers, and on its way. Behind a chunked body the connection is closed, since libmicrohttpd is lenient about
 * the lines between chunks: what follows must not be taken for a request.
 */
void http_exchange_send_head(struct http_exchange *exchange, struct MHD_Response *response,
                             const struct answer *answer)
{
    (void)MHD_set_response_options(response, MHD_RF_SEND_KEEP_ALIVE_HEADER, MHD_RO_END);
    for (size_t i = 0; i < answer->header_count; i++)
        (void)MHD_add_response_header(response, answer->headers[i].name, answer->headers[i].value);
    if (exchange->guard.problem != NULL || exchange->guard.is_chunked ||
        exchange->host->phase != LISTENER_SERVING)
        (void)MHD_add_response_header(response, "Connection", "close");
    allow_origin(exchange, response);
    exchange->response = response;
    exchange->status = answer->status;
    http_exchange_settle(exchange, ANSWERED);
}

static void answer_exchange(struct exchange *base, const struct answer *answer)
{
    struct http_exchange *exchange = (struct http_exchange *)base;
    struct MHD_Response *response = make_response(exchange, answer);

    exchange->answer_bytes = bytes_view(answer->body).length;
    if (response == NULL)
        http_exchange_settle(exchange, DROPPED);
    else
        http_exchange_send_head(exchange, response, answer);
}

static void drop_exchange(struct exchange *exchange)
{
    http_exchange_settle((struct http_exchange *)exchange, DROPPED);
}

/* Handlers read a dozen headers; libmicrohttpd would walk its list for each. */
static const char *find_header(const struct exchange *base, const char *name)
{
    const struct http_exchange *exchange = (const struct http_exchange *)base;
    const size_t length = strlen(name);

    if (exchange->header_count > REQUEST_HEADERS_KEPT)
        return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
    for (size_t i = 0; i < exchange->header_count; i++) {
        const struct request_header *header = &exchange->headers[i];

        if (header->name_length == length && strncasecmp(header->name, name, length) == 0)
            return header->value;
    }
    return NULL;
}

/* What visits a header, and for whom. */
struct header_visit {
    exchange_header_fn *visit;
    void *context;
};

static enum MHD_Result visit_header(void *context, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    const struct header_visit *to = context;

    (void)kind;
    to->visit(name, value == NULL ? "" : value, to->context);
    return MHD_YES;
}

static void each_header(const struct exchange *base, exchange_header_fn *visit, void *context)
{
    const struct http_exchange *exchange = (const struct http_exchange *)base;
    struct header_visit to = {visit, context};

    if (exchange->header_count > REQUEST_HEADERS_KEPT) {
        (void)MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, visit_header, &to);
        return;
    }
    for (size_t i = 0; i < exchange->header_count; i++)
        visit(exchange->headers[i].name,
              exchange->headers[i].value == NULL ? "" : exchange->headers[i].value, context);
}

/* inet_ntop() does it by printf, in 1,600 instructions. */
static void put_ipv4(const unsigned char bytes[4], char address[CLIENT_ADDRESS_SIZE])
{
    struct short_text text;

    short_text_begin(&text, address, CLIENT_ADDRESS_SIZE);
    for (int i = 0; i < 4; i++) {
        short_text_put(&text, i == 0 ? "" : ".");
        short_text_put_number(&text, bytes[i]);
    }
}

static void client_address(const struct exchange *base, char address[CLIENT_ADDRESS_SIZE])
{
    const struct http_exchange *exchange = (const struct http_exchange *)base;
    const union MHD_ConnectionInfo *client =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *from = client == NULL ? NULL : client->client_addr;

    address[0] = '\0';
    if (from != NULL && from->sa_family == AF_INET)
        put_ipv4((const unsigned char *)&((const struct sockaddr_in *)(const void *)from)->sin_addr,
                 address);
    if (from != NULL && from->sa_family == AF_INET6)
        (void)inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr,
                        address, CLIENT_ADDRESS_SIZE);
}

static const struct exchange_transport transport = {
    .header = find_header,
    .each_header = each_header,
    .client_address = client_address,
    .answer = answer_exchange,
    .drop = drop_exchange,
    .stream_begin = http_exchange_stream_begin,
    .stream_write = http_exchange_stream_write,
    .stream_end = http_exchange_stream_end,
    .stream_abort = http_exchange_stream_abort,
    .stream_is_left = http_exchange_stream_is_left,
};

/* ---- requests ---- */

void http_exchange_forget(struct http_connection *client)
{
    if (client->exchange == NULL)
        return;
    http_exchange_free(client->exchange);
    client->exchange = NULL;
}

void *http_exchange_begin(void *context, const char *target, struct MHD_Connection *connection)
{
    const size_t length = strlen(target);
    const union MHD_ConnectionInfo *client =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_exchange *exchange = NULL;
    const char *question;

    if (client->socket_context != NULL)
        exchange = malloc(sizeof *exchange + length + 1);
    if (exchange == NULL)
        return NULL;
    memset(exchange, 0, offsetof(struct http_exchange, headers)); /* the rest is filled first */
    memcpy(exchange->target, target, length + 1);
    question = strchr(exchange->target, '?');
    exchange->host = context;
    exchange->connection = connection;
    exchange->client = client->socket_context;
    http_exchange_forget(exchange->client);
    exchange->client->exchange = exchange;
    exchange->exchange.transport = &transport;
    exchange->exchange.path = (struct bytes_view){
        exchange->target, question == NULL ? length : (size_t)(question - exchange->target)};
    exchange->exchange.query =
        question == NULL
            ? (struct bytes_view){"", 0}
            : (struct bytes_view){question + 1, length - exchange->exchange.path.length - 1};
    return exchange;
}

void http_exchange_free(struct http_exchange *exchange)
{
    http_exchange_stream_clear(exchange);
    if (exchange->response != NULL)
        MHD_destroy_response(exchange->response);
    bytes_release(exchange->cut_body);
    bytes_release(exchange->exchange.body);
    account_release(exchange->exchange.account);
    free(exchange);
}

void http_exchange_end(void *context, struct MHD_Connection *connection, void **slot,
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
    exchange->client->exchange = NULL;
    http_connection_await(exchange->client, AWAITED_HEAD, 0);
    exchange->stream.is_client_gone = true;
    if (exchange->stream.is_open)
        http_exchange_stream_abandon(exchange);
    else
        http_exchange_free(exchange);
}

static enum MHD_Result send_answer(struct http_exchange *exchange)
{
    enum MHD_Result result;

    if (exchange->state == DROPPED)
        return MHD_NO;
    assert(exchange->state == ANSWERED);
    http_connection_await(exchange->client, AWAITED_READER, exchange->answer_bytes);
    result =
        MHD_queue_response(exchange->connection, (unsigned)exchange->status, exchange->response);
    MHD_destroy_response(exchange->response);
    exchange->response = NULL;
    return result;
}

static void refuse(struct http_exchange *exchange, const char *why)
{
    static const char own[] = "/_invoked/";

    if (strncmp(exchange->route->before, own, sizeof own - 1) == 0)
        api_answer_refusal(&exchange->exchange, 500, why);
    else
        api_answer_exception(&exchange->exchange, API_SERVICE, "%s", why);
}

/* A public route is open to every page, and its own host names are none that origin_guard.h knows. */
static bool is_welcome(const struct http_exchange *exchange, char why[ORIGIN_REFUSAL_SIZE])
{
    const struct exchange_host *host = exchange->host;
    const bool is_public = route_is_public(exchange->route);
    const char *asked = exchange_header(&exchange->exchange, "Host");
    const char *origin = is_public ? NULL : exchange_header(&exchange->exchange, "Origin");

    if (!is_public && origin == NULL &&
        !origin_guard_allows_fetch(exchange_header(&exchange->exchange, "Sec-Fetch-Site"),
                                   exchange_header(&exchange->exchange, "Sec-Fetch-Dest"))) {
        (void)snprintf(why, ORIGIN_REFUSAL_SIZE, "pages of other sites may not use this server");
        return false;
    }
    return origin_guard_allows(&host->guard, config_store_current(host->api->config_store), origin,
                               is_public && route_find_host(asked) != NULL ? NULL : asked, why);
}

/* Refuses the request or calls its handler, then sends the answer or suspends the connection. */
static enum MHD_Result handle(struct http_exchange *exchange)
{
    struct exchange_host *host = exchange->host;
    struct exchange *base = &exchange->exchange;
    char why[ORIGIN_REFUSAL_SIZE];

    exchange->state = HANDLING;
    http_connection_await(exchange->client, AWAITED_NOTHING, 0);
    host->pending++;
    request_id_make(host->api->random, base->request_id);
    if (exchange->guard.problem != NULL)
        api_answer_refusal(base, 400, exchange->guard.problem);
    else if (!is_welcome(exchange, why))
        api_answer_refusal(base, 403, why);
    else if (exchange->is_memory_short && !base->is_body_too_large)
        refuse(exchange, "invoked is out of memory for the body of this request");
    else if (host->phase == LISTENER_REFUSING)
        refuse(exchange, "invoked is stopping");
    else if ((route_is_public(exchange->route) || !preflight_handle(base)) &&
             (exchange->route->parameters == NULL ||
              inspect_query_check(base, exchange->route->parameters)))
        exchange->route->handler(base, host->api);
    if (exchange->state != HANDLING)
        return send_answer(exchange);
    exchange->state = SUSPENDED;
    MHD_suspend_connection(exchange->connection);
    return MHD_YES;
}

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   size_t name_length, const char *value, size_t value_length)
{
    struct http_exchange *exchange = context;

    (void)kind;
    (void)value_length;
    head_guard_look(&exchange->guard, name, value == NULL ? "" : value);
    if (exchange->header_count < REQUEST_HEADERS_KEPT)
        exchange->headers[exchange->header_count] =
            (struct request_header){name, value, name_length};
    exchange->header_count++;
    return MHD_YES;
}

static void read_head(struct http_exchange *exchange, const struct request_line *line)
{
    const union MHD_ConnectionInfo *head =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

    head_guard_begin(&exchange->guard, line);
    (void)MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, take_header, exchange);
    head_guard_end(&exchange->guard, line->method + (head == NULL ? 0 : head->header_size));
}

/* A route may take more than is drained elsewhere; a little more is drained there, too. */
static unsigned long long drain_max(const struct route *route)
{
    const unsigned long long beyond = (unsigned long long)route->body_max + (8 << 20);

    return beyond > DRAIN_BYTES_MAX ? beyond : DRAIN_BYTES_MAX;
}

/* A client that waits for `100 Continue`, or announces more than we would read, is answered before its body. */
static enum MHD_Result begin(struct http_exchange *exchange, const struct request_line *line)
{
    const char *length_text, *expect;
    unsigned long long length;

    read_head(exchange, line);
    length_text = find_header(&exchange->exchange, "Content-Length");
    expect = find_header(&exchange->exchange, "Expect");
    length = length_text == NULL ? 0 : strtoull(length_text, NULL, 10);
    exchange->exchange.method = line->method;
    exchange->route = route_find_host(find_header(&exchange->exchange, "Host"));
    if (exchange->route == NULL)
        exchange->route =
            route_find(line->method, exchange->exchange.path, &exchange->exchange.parameter);
    if (exchange->guard.problem != NULL)
        return handle(exchange);
    if (length > exchange->route->body_max) {
        exchange->exchange.is_body_too_large = true;
        if (expect != NULL || length > drain_max(exchange->route))
            return handle(exchange);
    } else if (length > 0) {
        exchange->is_memory_short =
            bytes_reserve(&exchange->exchange.body,
                          length < BODY_FIRST_BYTES ? (size_t)length : BODY_FIRST_BYTES) == NULL;
    }
    http_connection_await(exchange->client, AWAITED_BODY, 0);
    if (exchange->host->lone_count < LONE_HEADS_MAX)
        exchange->host->lone_heads[exchange->host->lone_count++] = exchange->client->file;
    return MHD_YES;
}

/* libmicrohttpd goes on with what it has of the body before it turns to another connection: the last head is this one's. */
static void note_body(const struct http_exchange *exchange)
{
    struct exchange_host *host = exchange->host;

    if (host->lone_count > 0 && host->lone_heads[host->lone_count - 1] == exchange->client->file)
        host->lone_count--;
}

void http_exchange_acknowledge_heads(struct exchange_host *host)
{
    const int yes = 1;

    while (host->lone_count > 0)
        (void)setsockopt(host->lone_heads[--host->lone_count], IPPROTO_TCP, TCP_QUICKACK, &yes,
                         sizeof yes);
}

static enum MHD_Result take_body(struct http_exchange *exchange, const char *data, size_t length)
{
    struct exchange *base = &exchange->exchange;

    exchange->received += length;
    http_connection_progress(exchange->client, length);
    if (exchange->received > drain_max(exchange->route))
        return MHD_NO;
    if (exchange->received > exchange->route->body_max)
        base->is_body_too_large = true;
    else if (!exchange->is_memory_short)
        exchange->is_memory_short = !bytes_append(&base->body, data, length);
    if (base->is_body_too_large || exchange->is_memory_short) {
        bytes_release(base->body);
        base->body = NULL;
    }
    return MHD_YES;
}

enum MHD_Result http_exchange_receive(void *context, struct MHD_Connection *connection,
                                      const char *url, const char *method, const char *version,
                                      const char *data, size_t *length, void **slot)
{
    struct http_exchange *exchange = *slot;
    struct exchange_host *host = context;

    (void)connection;
    host->has_moved = true;
    if (exchange == NULL || (exchange->route == NULL && host->phase != LISTENER_SERVING))
        return MHD_NO;
    if (exchange->route == NULL)
        return begin(exchange, &(struct request_line){method, version, url, exchange->target});
    if (exchange->state == ANSWERED || exchange->state == DROPPED)
        return send_answer(exchange);
    note_body(exchange);
    if (*length > 0) {
        const size_t piece = *length;

        *length = 0;
        return take_body(exchange, data, piece);
    }
    return handle(exchange);
}
