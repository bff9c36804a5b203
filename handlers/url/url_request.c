#include "handlers/url/url_request.h"

#include "base/request_id.h"
#include "handlers/lambda/trace_header.h"
#include "handlers/url/url_cors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Those of function URLs as recorded by LocalStack's tests against AWS, 429, 413 and 500 apart. */
/* clang-format off */
const struct url_door url_doors[URL_DOOR_COUNT] = {
    [URL_DOOR_FUNCTION_URL] = {"FunctionUrl", "$default", false, false, {
        [URL_FUNCTION_ERROR] = {502, "Internal Server Error", NULL},
        [URL_BAD_RESPONSE]   = {502, "Internal Server Error", NULL},
        [URL_THROTTLED]      = {429, "{\"Message\":\"Rate Exceeded.\"}", "TooManyRequestsException"},
        [URL_TOO_LARGE]      = {413, "{\"Message\":\"Request must be smaller than 6291456 bytes for the InvokeFunction operation\"}", "RequestEntityTooLargeException"},
        [URL_NO_FUNCTION]    = {403, "{\"Message\":null}", "AccessDeniedException"},
        [URL_FORBIDDEN]      = {403, "{\"Message\":\"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html\"}", "AccessDeniedException"},
        [URL_UNAVAILABLE]    = {500, "{\"Message\":\"invoked is out of memory or is stopping\"}", "ServiceException"},
    }},
    [URL_DOOR_HTTP_API] = {"HttpApi", "$default", false, true, {
        [URL_FUNCTION_ERROR] = {500, "{\"message\":\"Internal Server Error\"}", NULL},
        [URL_BAD_RESPONSE]   = {500, "{\"message\":\"Internal Server Error\"}", NULL},
        [URL_THROTTLED]      = {503, "{\"message\":\"Service Unavailable\"}", NULL},
        [URL_TOO_LARGE]      = {413, "{\"message\":\"Request Entity Too Large\"}", NULL},
        [URL_NO_FUNCTION]    = {404, "{\"message\":\"Not Found\"}", NULL},
        [URL_FORBIDDEN]      = {403, "{\"message\":\"Forbidden\"}", NULL},
        [URL_UNAVAILABLE]    = {503, "{\"message\":\"Service Unavailable\"}", NULL},
    }},
    [URL_DOOR_REST_API] = {"Api", "Prod", true, false, {
        [URL_FUNCTION_ERROR] = {502, "{\"message\": \"Internal server error\"}", "InternalServerErrorException"},
        [URL_BAD_RESPONSE]   = {502, "{\"message\": \"Internal server error\"}", "InternalServerErrorException"},
        [URL_THROTTLED]      = {502, "{\"message\": \"Internal server error\"}", "InternalServerErrorException"},
        [URL_TOO_LARGE]      = {413, "{\"message\": \"Request Too Long\"}", "RequestTooLargeException"},
        [URL_NO_FUNCTION]    = {403, "{\"message\":\"Missing Authentication Token\"}", "MissingAuthenticationTokenException"},
        [URL_FORBIDDEN]      = {403, "{\"message\":\"Forbidden\"}", "ForbiddenException"},
        [URL_UNAVAILABLE]    = {503, "{\"message\": \"Service Unavailable\"}", "ServiceUnavailableException"},
    }},
};
/* clang-format on */

/* ---- reading ---- */

struct header_reading {
    struct url_request *request;
    char *to;
    size_t size;
};

static void measure(const char *name, const char *value, void *context)
{
    struct header_reading *reading = context;

    (void)value;
    reading->size += strlen(name);
}

static void take(const char *name, const char *value, void *context)
{
    struct header_reading *reading = context;
    char *const begin = reading->to;
    const bool lowers = !reading->request->door->is_rest; /* a REST API passes them as they came */

    for (; *name != '\0'; name++)
        *reading->to++ = (char)(lowers && *name >= 'A' && *name <= 'Z' ? *name | 0x20 : *name);
    name_values_add(&reading->request->event.headers,
                    (struct bytes_view){begin, (size_t)(reading->to - begin)},
                    (struct bytes_view){value, strlen(value)});
}

static bool read_headers(struct url_request *request, const struct exchange *exchange)
{
    struct header_reading reading = {.request = request};

    exchange_each_header(exchange, measure, &reading);
    request->names = malloc(reading.size + 1);
    if (request->names == NULL)
        return false;
    reading.to = request->names;
    request->event.headers.ignores_case = true;
    exchange_each_header(exchange, take, &reading);
    name_values_sort(&request->event.headers);
    return !request->event.headers.is_short;
}

/* The function sees the trace that the event names: the client's, or a new one. */
static void read_trace(struct url_request *request, const struct exchange *exchange,
                       struct api *api)
{
    const char *sent = exchange_header(exchange, "X-Amzn-Trace-Id");
    char id[TRACE_ID_SIZE];

    if (sent != NULL && strncmp(sent, "Root=", 5) == 0 && strlen(sent) < TRACE_ROOT_SIZE) {
        (void)snprintf(request->trace_root, TRACE_ROOT_SIZE, "%s", sent);
        return;
    }
    trace_id_make(api->random, clock_real_now_ms(), id);
    (void)snprintf(request->trace_root, TRACE_ROOT_SIZE, "Root=%s", id);
}

static void read_port(struct url_request *request, const struct exchange *exchange)
{
    const char *host = exchange_header(exchange, "Host");
    const char *colon = host == NULL ? NULL : strrchr(host, ':');

    (void)snprintf(request->port, sizeof request->port, "%.5s",
                   colon == NULL || strchr(colon, ']') != NULL ? "80" : colon + 1);
}

bool url_request_begin(struct url_request *request, struct exchange *exchange, struct api *api,
                       enum url_door_kind door)
{
    struct function_request *about = &request->invoke.about;

    memset(request, 0, sizeof *request);
    request->door = &url_doors[door];
    about->config = config_retain(config_store_current(api->config_store));
    if (!caller_of(exchange, api, &about->caller) || !read_headers(request, exchange)) {
        url_answer_failure(exchange, api, request->door, NULL, URL_UNAVAILABLE);
        return false;
    }
    read_trace(request, exchange, api);
    read_port(request, exchange);
    exchange_client_address(exchange, request->source_ip);
    request->event.method = exchange->method;
    request->event.query = exchange->query;
    request->event.body = bytes_view(exchange->body);
    request->event.stage = request->door->stage;
    request->event.is_rest = request->door->is_rest;
    request->event.account_id = "anonymous";
    request->event.source_ip = request->source_ip;
    request->event.request_id = exchange->request_id;
    request->event.trace_root = request->trace_root;
    request->event.forwarded_port = request->port;
    request->event.domain_name = request->domain_name;
    request->event.time_ms = clock_now_ms(about->caller.account->clock);
    request->invoke.type = INVOCATION_REQUEST_RESPONSE;
    request->invoke.source = request->door->source;
    request->invoke.trace_header = request->trace_root;
    return true;
}

void url_request_clear(struct url_request *request)
{
    name_values_clear(&request->event.headers);
    name_values_clear(&request->event.path_values);
    invoke_request_clear(&request->invoke);
    free(request->names);
}

bool url_request_resolve(struct url_request *request, struct api *api,
                         const struct function *function, const char *qualifier)
{
    struct function_request *about = &request->invoke.about;

    about->function = function;
    (void)snprintf(about->qualifier, sizeof about->qualifier, "%s", qualifier);
    return function_resolve(function, qualifier, random_fraction(api->random), &about->target);
}

/* By header, or by a signed link. */
bool url_request_is_signed(const struct url_request *request, const struct exchange *exchange)
{
    char value[8];
    size_t length;

    return request->invoke.about.caller.access_key_id[0] != '\0' ||
           (exchange_query(exchange, "X-Amz-Credential", value, sizeof value, &length) &&
            length > 0);
}

/* ---- answering ---- */

void url_finish(struct exchange *exchange, struct api *api, const struct cors_config *cors,
                const char *seen, struct url_answer *answer)
{
    char trace[TRACE_ANSWER_SIZE];

    trace_header_make(exchange_header(exchange, "X-Amzn-Trace-Id"), seen, api->random, trace);
    (void)url_answer_add(answer, "x-amzn-RequestId", exchange->request_id);
    (void)url_answer_add(answer, "X-Amzn-Trace-Id", trace);
    url_cors_add(answer, cors, exchange_header(exchange, "Origin"));
}

void url_send(struct exchange *exchange, struct api *api, const struct cors_config *cors,
              const char *seen, struct url_answer *answer)
{
    url_finish(exchange, api, cors, seen, answer);
    exchange_answer(exchange, &(struct answer){.status = answer->status,
                                               .headers = answer->headers,
                                               .header_count = answer->header_count,
                                               .body = answer->body});
    url_answer_clear(answer);
}

void url_answer_failure(struct exchange *exchange, struct api *api, const struct url_door *door,
                        const struct cors_config *cors, enum url_failure failure)
{
    const struct url_failure_row *row = &door->failures[failure];
    struct url_answer answer = {.status = row->status};

    answer.body = bytes_copy(row->body, strlen(row->body));
    (void)url_answer_add(&answer, "Content-Type", "application/json");
    if (row->error_type != NULL)
        (void)url_answer_add(&answer, "x-amzn-ErrorType", row->error_type);
    url_send(exchange, api, cors, NULL, &answer);
}
