/*
 * HTTP and REST APIs: which one a request is for, by the name of the host or by the path, its route, and on to url_run().
 */
#include "handlers/handlers.h"

#include "handlers/http_api/route_match.h"
#include "handlers/url/url_cors.h"
#include "handlers/url/url_request.h"

#include <stdlib.h>
#include <string.h>

/* ---- serving ---- */

/* Of a REST API the answer is that of the mock that SAM makes for OPTIONS. */
static void answer_preflight(struct exchange *exchange, struct api *api,
                             const struct http_api *http_api)
{
    struct url_answer answer = {.status = http_api->kind == REST_API ? 200 : 204};

    url_cors_add_preflight(&answer, http_api->cors, exchange);
    url_send(exchange, api, NULL, NULL, &answer);
}

static void serve_route(struct url_request *request, struct exchange *exchange, struct api *api,
                        const struct api_route *route)
{
    request->format = route->payload == API_PAYLOAD_1_0 ? URL_FORMAT_1_0 : URL_FORMAT_2_0;
    request->event.route_key = route->key;
    request->event.resource = route->path == NULL ? "$default" : route->path;
    request->event.account_id = request->invoke.about.caller.account->id;
    if (url_request_resolve(request, api, route->function, route->qualifier))
        url_run(request, exchange, api);
    else
        url_answer_failure(exchange, api, request->door, request->cors, URL_FUNCTION_ERROR);
}

static void serve(struct url_request *request, struct exchange *exchange, struct api *api,
                  const struct http_api *http_api)
{
    const struct api_route *route;
    char *memory;

    request->event.api_id = http_api->id;
    http_api_host(http_api, request->domain_name);
    if (http_api->cors != NULL && url_cors_is_preflight(exchange)) {
        answer_preflight(exchange, api, http_api);
        return;
    }
    if (http_api->kind == HTTP_API)
        request->cors = http_api->cors; /* functions behind a REST API add the headers themselves */
    route = route_match(http_api, exchange->method, request->event.path,
                        &request->event.path_values, &memory);
    if (route != NULL)
        serve_route(request, exchange, api, route);
    else
        url_answer_failure(exchange, api, request->door, request->cors, URL_NO_FUNCTION);
    free(memory);
}

/* ---- finding ---- */

static const struct http_api *find_by_host(const struct config *config, struct exchange *exchange)
{
    const char *host = exchange_header(exchange, "Host");

    return host == NULL ? NULL : http_api_by_id(config, host, strcspn(host, "."));
}

static const struct http_api *find_by_path(const struct config *config, struct exchange *exchange,
                                           struct bytes_view *path)
{
    const struct bytes_view rest = exchange->parameter;
    const char *slash = memchr(rest.data, '/', rest.length);
    const size_t length = slash == NULL ? rest.length : (size_t)(slash - rest.data);
    char name[256];

    *path =
        length == rest.length ? BYTES_VIEW("/") : (struct bytes_view){slash, rest.length - length};
    if (percent_decode((struct bytes_view){rest.data, length}, name, sizeof name) >= sizeof name)
        return NULL;
    return http_api_by_name(config, name);
}

static void log_missing(const struct exchange *exchange, const struct api *api)
{
    log_write(api->log, LOG_WARN, "%s %.*s: %s", exchange->method,
              (int)(exchange->path.length < 200 ? exchange->path.length : 200), exchange->path.data,
              api->serves_apis ? "no API of the configuration has this address"
                               : "APIs are served only with --http");
}

static void handle(struct exchange *exchange, struct api *api, bool is_by_path)
{
    struct config *config = config_retain(config_store_current(api->config_store));
    struct bytes_view path = exchange->path;
    const struct http_api *http_api =
        is_by_path ? find_by_path(config, exchange, &path) : find_by_host(config, exchange);
    const enum url_door_kind door =
        http_api != NULL && http_api->kind == REST_API ? URL_DOOR_REST_API : URL_DOOR_HTTP_API;
    struct url_request request;

    if (url_request_begin(&request, exchange, api, door)) {
        request.event.path = path;
        if (http_api != NULL && api->serves_apis) {
            serve(&request, exchange, api, http_api);
        } else {
            log_missing(exchange, api);
            url_answer_failure(exchange, api, request.door, NULL, URL_NO_FUNCTION);
        }
    }
    url_request_clear(&request);
    config_release(config);
}

void http_api_host_handle(struct exchange *exchange, struct api *api)
{
    handle(exchange, api, false);
}

void http_api_path_handle(struct exchange *exchange, struct api *api)
{
    handle(exchange, api, true);
}
