#include "server/http/routes.h"

#include "base/json/json_string.h"
#include "config/config.h"
#include "handlers/handlers.h"
#include "handlers/inspect/history_query.h"
#include "handlers/lambda/api_error.h"
#include "handlers/lambda/api_operations.h"
#include "handlers/manage/manage_operations.h"

#include <string.h>
#include <strings.h>

enum { INSPECT_BODY_MAX = 1 << 20, PATH_SHOWN_MAX = 200 };

static const char *const takes_nothing[] = {NULL};
static const char *const takes_filter[] = {HISTORY_QUERY_NAMES, "Limit", "Timings", NULL};
static const char *const takes_filter_and_wait[] = {HISTORY_QUERY_NAMES, "AtLeast",
                                                    "TimeoutSeconds", NULL};
static const char *const takes_function[] = {"FunctionName", NULL};
static const char *const takes_qualifier[] = {"Qualifier", NULL};
static const char *const takes_timeout[] = {"TimeoutSeconds", NULL};
static const char *const takes_queue[] = {"Queue", NULL};
static const char *const takes_name[] = {"Name", NULL};
static const char *const takes_token[] = {"token", NULL};
static const char *const takes_functions[] = {"functions", NULL};

/* Any method; and any rest of the path, with its slashes. Compared by address. */
static const char ANY[] = "ANY", REST[] = "/...";

/* clang-format off */
static const struct route routes[] = {
    {"POST",   "/2015-03-31/functions/", "/invocations",                    INVOKE_PAYLOAD_MAX, invoke_handle, NULL},
    {"POST",   "/2015-03-31/functions/", "/invocations/",                   INVOKE_PAYLOAD_MAX, invoke_handle, NULL},
    {"POST",   "/2014-11-13/functions/", "/invoke-async",                   INVOKE_PAYLOAD_MAX, invoke_async_handle, NULL},
    {"POST",   "/2014-11-13/functions/", "/invoke-async/",                  INVOKE_PAYLOAD_MAX, invoke_async_handle, NULL},
    {"POST",   "/2021-11-15/functions/", "/response-streaming-invocations", INVOKE_PAYLOAD_MAX, invoke_stream_handle, NULL},

    {"GET",    "/_invoked/health",                NULL, 0,                 health_handle, takes_nothing},
    {"GET",    "/_invoked/functions",             NULL, 0,                 inspect_functions_handle, takes_nothing},
    {"GET",    "/_invoked/invocations",           NULL, 0,                 inspect_history_list, takes_filter},
    {"DELETE", "/_invoked/invocations",           NULL, 0,                 inspect_history_forget, takes_nothing},
    {"GET",    "/_invoked/invocations/count",     NULL, 0,                 inspect_count_handle, takes_filter_and_wait},
    {"GET",    "/_invoked/events",                NULL, 0,                 inspect_events_list, takes_function},
    {"DELETE", "/_invoked/events",                NULL, 0,                 inspect_events_clear, takes_nothing},
    {"POST",   "/_invoked/drain",                 NULL, INSPECT_BODY_MAX,  inspect_events_drain, takes_timeout},
    {"GET",    "/_invoked/clock",                 NULL, 0,                 inspect_clock_show, takes_nothing},
    {"POST",   "/_invoked/clock",                 NULL, INSPECT_BODY_MAX,  inspect_clock_advance, takes_nothing},
    {"GET",    "/_invoked/dead-letters",          NULL, 0,                 inspect_records_dead_letters, takes_queue},
    {"POST",   "/_invoked/dead-letters/redrive",  NULL, INSPECT_BODY_MAX,  inspect_records_redrive, takes_queue},
    {"PUT",    "/_invoked/functions/", "/mock",   INSPECT_CANNED_BODY_MAX, inspect_mock_set, takes_nothing},
    {"DELETE", "/_invoked/functions/", "/mock",   INSPECT_BODY_MAX,         inspect_mock_drop, takes_nothing},
    {"PUT",    "/_invoked/functions/", "/faults", INSPECT_CANNED_BODY_MAX, inspect_faults_set, takes_nothing},
    {"DELETE", "/_invoked/functions/", "/faults", INSPECT_BODY_MAX,         inspect_faults_drop, takes_nothing},
    {"GET",    "/_invoked/functions/", "/plan",   0,                        inspect_plan_show, takes_qualifier},
    {"GET",    "/_invoked/code/", "",             0,                       code_handle, takes_nothing},
    {"GET",    "/_invoked/destinations",          NULL, 0,                 inspect_records_destinations, takes_name},
    {"POST",   "/_invoked/reset",                 NULL, INSPECT_BODY_MAX,  inspect_reset_handle, takes_functions},
    {"GET",    "/_invoked/stream",                NULL, 0,                 stream_handle, takes_nothing},
    {"GET",    "/_invoked/console",               NULL, 0,                 console_page, takes_token},
    {"GET",    "/_invoked/console/console.js",    NULL, 0,                 console_script, takes_nothing},
    {"GET",    "/_invoked/console/console.css",   NULL, 0,                 console_style, takes_nothing},
    {"GET",    "/metrics",                        NULL, 0,                 inspect_metrics_handle, NULL},

    {ANY,      "/_invoked/url/", REST,             INVOKE_PAYLOAD_MAX,     url_path_handle, NULL},
    {ANY,      "/_invoked/api/", REST,            INVOKE_PAYLOAD_MAX,      http_api_path_handle, NULL},
};
/* clang-format on */

enum { ROUTE_COUNT = sizeof routes / sizeof routes[0] };

static bool route_matches(const struct route *route, struct bytes_view path,
                          struct bytes_view *parameter)
{
    const size_t before = strlen(route->before);
    const size_t after = route->after == NULL || route->after == REST ? 0 : strlen(route->after);

    if (path.length < before + after || memcmp(path.data, route->before, before) != 0)
        return false;
    if (route->after == NULL) {
        *parameter = (struct bytes_view){"", 0};
        return path.length == before;
    }
    if (route->after == REST) {
        *parameter = (struct bytes_view){path.data + before, path.length - before};
        return true;
    }
    *parameter = (struct bytes_view){path.data + before, path.length - before - after};
    return memcmp(path.data + path.length - after, route->after, after) == 0 &&
           memchr(parameter->data, '/', parameter->length) == NULL;
}

/* ---- requests without a route: AWS's endpoints answer as AWS does, ours say which there are ---- */

static const char own_prefix[] = "/_invoked";
static const char metrics_path[] = "/metrics";

static bool starts_with(struct bytes_view path, const char *prefix)
{
    const size_t length = strlen(prefix);

    return path.length >= length && memcmp(path.data, prefix, length) == 0 &&
           (path.length == length || path.data[length] == '/');
}

static bool is_own(struct bytes_view path)
{
    return starts_with(path, own_prefix) || starts_with(path, metrics_path);
}

/* Appends "GET, DELETE": the methods of the routes that have this path. False when there are none or out of memory. */
static bool append_methods(struct bytes **text, struct bytes_view path)
{
    struct bytes_view parameter;

    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        if (route_matches(&routes[i], path, &parameter) &&
            !bytes_format(text, "%s%s", *text == NULL ? "" : ", ", routes[i].method))
            return false;
    }
    return *text != NULL;
}

static bool append_endpoints(struct bytes **text)
{
    const char *separator = "";

    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        const struct route *route = &routes[i];
        const struct bytes_view before = {route->before, strlen(route->before)};

        if (!is_own(before))
            continue;
        if (!bytes_format(text, "%s%s %s%s%s", separator, route->method, route->before,
                          route->after == NULL ? "" : "{name}",
                          route->after == NULL ? "" : route->after))
            return false;
        separator = ", ";
    }
    return true;
}

static void answer(struct exchange *exchange, int status, struct bytes *why, const char *methods)
{
    const struct answer_header headers[] = {{"Content-Type", "application/json"},
                                            {"Allow", methods}};
    struct bytes *body = NULL;

    if (bytes_append(&body, "{\"error\":", 9) && json_string_append(&body, bytes_view(why)))
        (void)bytes_append(&body, "}", 1);
    exchange_answer(exchange, &(struct answer){
                                  .status = status,
                                  .headers = headers,
                                  .header_count = methods == NULL ? 1 : 2,
                                  .body = body,
                              });
    bytes_release(body);
}

static void refuse_method(struct exchange *exchange, const struct bytes *methods)
{
    const struct bytes_view path = exchange->path;
    struct bytes *why = NULL, *allowed = bytes_copy(methods->data, methods->length);

    (void)bytes_format(&why, "method %s is not allowed for %.*s; use %.*s", exchange->method,
                       (int)path.length, path.data, (int)methods->length, methods->data);
    if (allowed != NULL && bytes_append(&allowed, "", 1))
        answer(exchange, 405, why, allowed->data);
    else
        answer(exchange, 405, why, NULL);
    bytes_release(allowed);
    bytes_release(why);
}

static void refuse_path(struct exchange *exchange)
{
    const struct bytes_view path = exchange->path;
    struct bytes *why = NULL;

    (void)bytes_format(&why, "no such endpoint: %.*s; the endpoints are: ",
                       (int)(path.length < PATH_SHOWN_MAX ? path.length : PATH_SHOWN_MAX),
                       path.data);
    (void)append_endpoints(&why);
    answer(exchange, 404, why, NULL);
    bytes_release(why);
}

/* AWS's response doesn't say what is wrong, so the log does. */
static void log_unknown(const struct exchange *exchange, const struct api *api)
{
    const struct bytes_view path = exchange->path;
    const int length = (int)(path.length < PATH_SHOWN_MAX ? path.length : PATH_SHOWN_MAX);
    struct bytes *methods = NULL;

    if (append_methods(&methods, path))
        log_write(api->log, LOG_WARN, "%s %.*s: no such operation; use %.*s", exchange->method,
                  length, path.data, (int)methods->length, methods->data);
    else
        log_write(
            api->log, LOG_WARN,
            "%s %.*s: no such operation; Invoke is POST /2015-03-31/functions/NAME/invocations",
            exchange->method, length, path.data);
    bytes_release(methods);
}

static void answer_of_aws(struct exchange *exchange, const struct api *api)
{
    const struct api_operation *operation =
        api_operation_find(exchange->method, exchange->path, exchange->query);

    if (operation != NULL) {
        api_answer_not_implemented(exchange, operation);
        return;
    }
    log_unknown(exchange, api);
    api_answer_unknown_operation(exchange);
}

static void handle_unknown(struct exchange *exchange, struct api *api)
{
    struct bytes *methods = NULL;

    if (!is_own(exchange->path))
        answer_of_aws(exchange, api);
    else if (append_methods(&methods, exchange->path))
        refuse_method(exchange, methods);
    else
        refuse_path(exchange);
    bytes_release(methods);
}

bool route_is_public(const struct route *route)
{
    return route->method == ANY;
}

/* ---- host names ---- */

/* The length of a label of a host name at `text`: letters, digits and '-'. */
static size_t label_length(const char *text)
{
    return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
}

/* Does ".localhost" stand there, and nothing but a port behind it? */
static bool ends_in_localhost(const char *text)
{
    static const char end[] = ".localhost";
    const size_t length = sizeof end - 1;

    if (strncasecmp(text, end, length) != 0)
        return false;
    text += length;
    return *text == '\0' ||
           (*text == ':' && text[1] != '\0' && text[1 + strspn(text + 1, "0123456789")] == '\0');
}

/* Is it an id and `part`, perhaps a region, then `.localhost`? */
static bool is_host(const char *host, const char *part, bool has_region)
{
    const size_t id_length = label_length(host);

    if (id_length == 0 || strncasecmp(host + id_length, part, strlen(part)) != 0)
        return false;
    host += id_length + strlen(part);
    return ends_in_localhost(has_region ? host + label_length(host) : host);
}

const struct route *route_find_host(const char *host)
{
    static const struct route function_url = {ANY, "", REST, INVOKE_PAYLOAD_MAX, url_host_handle,
                                              NULL};
    static const struct route http_api = {ANY, "", REST, INVOKE_PAYLOAD_MAX, http_api_host_handle,
                                          NULL};

    if (host == NULL || strcasestr(host, ".localhost") == NULL) /* most */
        return NULL;
    if (is_host(host, ".lambda-url.", true))
        return &function_url;
    return is_host(host, ".execute-api", false) ? &http_api : NULL;
}

const struct route *route_find(const char *method, struct bytes_view path,
                               struct bytes_view *parameter)
{
    static const struct route unknown = {"", "", NULL, 0, handle_unknown, NULL};
    static const struct route managed = {"", "", NULL, MANAGE_SMALL_BODY_MAX, manage_handle, NULL};
    static const struct route managed_with_code = {"",  "", NULL, MANAGE_BODY_MAX, manage_handle,
                                                   NULL};

    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        if ((routes[i].method == ANY || strcmp(routes[i].method, method) == 0) &&
            route_matches(&routes[i], path, parameter))
            return &routes[i];
    }
    *parameter = (struct bytes_view){"", 0};
    switch (manage_body_max(method, path)) {
    case MANAGE_BODY_MAX:
        return &managed_with_code;
    case MANAGE_SMALL_BODY_MAX:
        return &managed;
    default:
        return &unknown;
    }
}
