#include "handlers/worker/runtime_api.h"

#include "base/base64.h"
#include "base/short_text.h"
#include "handlers/worker/error_cause.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST_ID_TEXT_MAX = 256, MESSAGE_SIZE = 256 };

enum route { ROUTE_PING, ROUTE_NEXT, ROUTE_RESPONSE, ROUTE_ERROR, ROUTE_INIT_ERROR };

/* A path is `before`, a request id where there is an `after`, and that. The first that fits counts. */
struct route_row {
    enum route route;
    const char *method; /* NULL: any */
    const char *before, *after;
};

/* clang-format off */
static const struct route_row routes[] = {
    {ROUTE_PING,       NULL,   "/ping",                              NULL},
    {ROUTE_PING,       NULL,   "/2018-06-01/ping",                   NULL},
    {ROUTE_NEXT,       "GET",  "/2018-06-01/runtime/invocation/next", NULL},
    {ROUTE_INIT_ERROR, "POST", "/2018-06-01/runtime/init/error",     NULL},
    {ROUTE_RESPONSE,   "POST", "/2018-06-01/runtime/invocation/",    "/response"},
    {ROUTE_ERROR,      "POST", "/2018-06-01/runtime/invocation/",    "/error"},
};
/* clang-format on */

static bool fits(const struct route_row *row, struct bytes_view path, struct bytes_view *id)
{
    const size_t before = strlen(row->before);
    const size_t after = row->after == NULL ? 0 : strlen(row->after);

    if (path.length < before + after || memcmp(path.data, row->before, before) != 0)
        return false;
    *id = (struct bytes_view){path.data + before, path.length - before - after};
    return row->after == NULL ? id->length == 0
                              : memcmp(id->data + id->length, row->after, after) == 0;
}

/* NULL when there is none. The request id is decoded, and "" for a path that has none. */
static const struct route_row *find_route(const struct exchange *exchange,
                                          char request_id[REQUEST_ID_TEXT_MAX])
{
    struct bytes_view id;

    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!fits(&routes[i], exchange->path, &id))
            continue;
        (void)percent_decode(id, request_id, REQUEST_ID_TEXT_MAX);
        return &routes[i];
    }
    return NULL;
}

static bool has_method(const struct route_row *row, const struct exchange *exchange)
{
    return row->method == NULL || strcmp(exchange->method, row->method) == 0;
}

/* Go's encoder ends every document with a line feed. */
static void answer_json(struct exchange *exchange, int status, struct bytes_view json)
{
    static const struct answer_header headers[] = {{"Content-Type", "application/json"}};
    struct bytes *body = bytes_copy(json.data, json.length);
    const struct answer answer = {
        .status = status, .headers = headers, .header_count = 1, .body = body};

    exchange_answer(exchange, &answer);
    bytes_release(body);
}

static void answer_ok(struct exchange *exchange)
{
    answer_json(exchange, 202, BYTES_VIEW("{\"status\":\"OK\"}\n"));
}

static void answer_error(struct exchange *exchange, int status, const char *type,
                         const char *message)
{
    char json[2 * MESSAGE_SIZE];
    const int length = snprintf(json, sizeof json,
                                "{\"errorMessage\":\"%s\",\"errorType\":\"%s\"}\n", message, type);

    answer_json(exchange, status, (struct bytes_view){json, (size_t)length});
}

static void answer_status(struct exchange *exchange, enum worker_status status,
                          struct worker *worker, const char *wanted_state)
{
    char message[MESSAGE_SIZE];

    switch (status) {
    case WORKER_ACCEPTED:
        answer_ok(exchange);
        break;
    case WORKER_WRONG_REQUEST_ID:
        answer_error(exchange, 400, "InvalidRequestID", "Invalid request ID");
        break;
    case WORKER_WRONG_STATE:
        (void)snprintf(message, sizeof message,
                       "State transition from %s to %s failed for runtime. Error: State transition "
                       "is not allowed",
                       worker_state_name(worker), wanted_state);
        answer_error(exchange, 403, "InvalidStateTransition", message);
        break;
    }
}

/* ---- next ---- */

static void add(struct answer_header *headers, size_t *count, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    headers[(*count)++] = (struct answer_header){name, value};
}

/* A line end inside the client context would end the header. */
static void flatten(char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        if (*text == '\r' || *text == '\n')
            *text = ' ';
    }
}

static void deliver(struct invocation *invocation, int64_t deadline_ms, void *context)
{
    struct exchange *exchange = context;
    struct answer_header headers[8];
    size_t count = 0;
    char deadline_memory[24];
    struct short_text deadline;
    struct bytes *empty = NULL;

    short_text_begin(&deadline, deadline_memory, sizeof deadline_memory);
    short_text_put_number(&deadline, (uint64_t)deadline_ms);
    flatten(invocation->client_context);
    add(headers, &count, "Content-Type", "application/json");
    add(headers, &count, "Lambda-Runtime-Aws-Request-Id", invocation->request_id);
    add(headers, &count, "Lambda-Runtime-Trace-Id", invocation->trace_header);
    add(headers, &count, "Lambda-Runtime-Client-Context", invocation->client_context);
    add(headers, &count, "Lambda-Runtime-Invoked-Function-Arn", invocation->invoked_arn);
    add(headers, &count, "Lambda-Runtime-Deadline-Ms", deadline.text);
    add(headers, &count, "Lambda-Runtime-Aws-Tenant-Id", invocation->tenant_id);
    if (bytes_view(invocation->payload).length == 0)
        empty = bytes_copy("{}", 2);
    const struct answer answer = {
        .status = 200,
        .headers = headers,
        .header_count = count,
        .body = empty == NULL ? invocation->payload : empty,
    };

    exchange_answer(exchange, &answer);
    bytes_release(empty);
}

/* ---- response and error ---- */

static struct bytes *take_body(struct exchange *exchange)
{
    struct bytes *body = exchange->body;

    exchange->body = NULL;
    return body;
}

static void give_back(struct exchange *exchange, enum worker_status status, struct bytes *body)
{
    if (status != WORKER_ACCEPTED)
        exchange->body = body;
}

/* The type that the runtime gives its error, "" for none. */
static const char *error_type(const struct exchange *exchange)
{
    const char *type = exchange_header(exchange, "Lambda-Runtime-Function-Error-Type");

    return type == NULL ? "" : type;
}

/* An error in the middle of a chunked response comes in its trailers. */
static bool ends_in_error(const struct exchange *exchange)
{
    return exchange_header(exchange, "Lambda-Runtime-Function-Error-Type") != NULL;
}

static enum worker_status fail_midway(struct exchange *exchange, struct worker *worker,
                                      const char *request_id)
{
    const char *text = exchange_header(exchange, "Lambda-Runtime-Function-Error-Body");
    size_t length = 0;
    char *decoded =
        text == NULL ? NULL : base64_decode((struct bytes_view){text, strlen(text)}, &length);
    struct bytes *payload = decoded == NULL ? NULL : bytes_copy(decoded, length);
    const enum worker_status status =
        worker_fail(worker, request_id, error_type(exchange), payload);

    if (status != WORKER_ACCEPTED)
        bytes_release(payload);
    free(decoded);
    return status;
}

/* `status` is that of a result which was too large. */
static void answer_too_large(struct exchange *exchange, enum worker_status status,
                             struct worker *worker, const char *wanted_state)
{
    if (status == WORKER_ACCEPTED)
        answer_error(exchange, 413, "RequestEntityTooLarge",
                     "Exceeded maximum allowed payload size (6291556 bytes).");
    else
        answer_status(exchange, status, worker, wanted_state);
}

static void respond(struct exchange *exchange, struct worker *worker, const char *request_id)
{
    const char *mode = exchange_header(exchange, "Lambda-Runtime-Function-Response-Mode");
    struct bytes *body;
    enum worker_status status;

    if (exchange->is_body_too_large) {
        answer_too_large(exchange, worker_respond_too_large(worker, request_id), worker,
                         "InvocationResponse");
        return;
    }
    if (mode != NULL && strcmp(mode, "streaming") != 0) {
        status = worker_fail(worker, request_id, "Runtime.InvalidResponseModeHeader", NULL);
        if (status == WORKER_ACCEPTED)
            answer_error(exchange, 400, "InvalidFunctionResponseMode",
                         "Invalid function response mode");
        else
            answer_status(exchange, status, worker, "InvocationResponse");
        return;
    }
    if (ends_in_error(exchange)) {
        status = fail_midway(exchange, worker, request_id);
    } else {
        body = take_body(exchange);
        status = worker_respond(worker, request_id, body);
        give_back(exchange, status, body);
    }
    answer_status(exchange, status, worker, "InvocationResponse");
}

/* An error that names its cause: the cause is for tracing alone, and the caller gets the rest. */
static struct bytes *take_error(struct exchange *exchange)
{
    struct bytes *body = take_body(exchange);

    if (!error_cause_is_type(exchange_header(exchange, "Content-Type")))
        return body;
    struct bytes *error = error_without_cause(bytes_view(body));

    bytes_release(body);
    return error;
}

static void fail(struct exchange *exchange, struct worker *worker, const char *request_id)
{
    struct bytes *body;
    enum worker_status status;

    if (exchange->is_body_too_large) {
        answer_too_large(exchange, worker_respond_too_large(worker, request_id), worker,
                         "InvocationErrorResponse");
        return;
    }
    body = take_error(exchange);
    status = worker_fail(worker, request_id, error_type(exchange), body);
    give_back(exchange, status, body);
    answer_status(exchange, status, worker, "InvocationErrorResponse");
}

static void fail_init(struct exchange *exchange, struct worker *worker)
{
    struct bytes *body;
    enum worker_status status;

    if (exchange->is_body_too_large) {
        answer_too_large(exchange, worker_fail_init_too_large(worker), worker, "InitError");
        return;
    }
    body = take_error(exchange);
    status = worker_fail_init(worker, error_type(exchange), body);
    give_back(exchange, status, body);
    answer_status(exchange, status, worker, "InitError");
}

/* ---- routes ---- */

static void answer_plain(struct exchange *exchange, int status, struct bytes_view text)
{
    static const struct answer_header headers[] = {{"Content-Type", "text/plain; charset=utf-8"}};
    struct bytes *body = bytes_copy(text.data, text.length);
    const struct answer answer = {
        .status = status, .headers = headers, .header_count = 1, .body = body};

    exchange_answer(exchange, &answer);
    bytes_release(body);
}

static void handle_route(enum route route, struct exchange *exchange, struct worker *worker,
                         const char *request_id)
{
    switch (route) {
    case ROUTE_PING:
        answer_plain(exchange, 200, BYTES_VIEW("pong"));
        break;
    case ROUTE_NEXT:
        worker_next(worker, deliver, exchange);
        break;
    case ROUTE_RESPONSE:
        respond(exchange, worker, request_id);
        break;
    case ROUTE_ERROR:
        fail(exchange, worker, request_id);
        break;
    case ROUTE_INIT_ERROR:
        fail_init(exchange, worker);
        break;
    }
}

void runtime_api_handle(struct exchange *exchange, struct worker *worker)
{
    char request_id[REQUEST_ID_TEXT_MAX];
    const struct route_row *row = find_route(exchange, request_id);

    if (row == NULL)
        answer_plain(exchange, 404, BYTES_VIEW("404 page not found\n"));
    else if (!has_method(row, exchange))
        exchange_answer(exchange, &(struct answer){.status = 405});
    else
        handle_route(row->route, exchange, worker, request_id);
}

/* aws-lambda-go never names a mode, and sends every result in chunks: whoever waits for a stream gets them as such. */
static bool is_in_pieces(const struct exchange *exchange)
{
    const char *mode = exchange_header(exchange, "Lambda-Runtime-Function-Response-Mode");

    return mode == NULL ? exchange_header(exchange, "Transfer-Encoding") != NULL
                        : strcmp(mode, "streaming") == 0;
}

bool runtime_api_wants_stream(struct exchange *exchange, struct worker *worker)
{
    char request_id[REQUEST_ID_TEXT_MAX];
    const struct route_row *row = find_route(exchange, request_id);

    if (row == NULL || row->route != ROUTE_RESPONSE || !has_method(row, exchange) ||
        !is_in_pieces(exchange) || !worker_wants_stream(worker, request_id, exchange))
        return false;
    worker_stream_type(worker, exchange_header(exchange, "Content-Type"));
    return true;
}

bool runtime_api_stream(struct worker *worker, struct bytes *piece, worker_room_fn *on_room,
                        void *context)
{
    return worker_stream(worker, piece, on_room, context);
}

void runtime_api_handle_truncated(struct exchange *exchange)
{
    answer_error(exchange, 400, "TruncatedHTTPRequest", "HTTP request detected as truncated");
}

void runtime_api_forget(struct exchange *exchange, struct worker *worker)
{
    worker_forget_next(worker, exchange);
    worker_forget_stream(worker, exchange);
}
