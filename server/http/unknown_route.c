#include "server/http/unknown_route.h"

#include <string.h>

#include "handlers/lambda/api_error.h"
#include "base/json/json_string.h"
#include "server/http/routes.h"

enum { PATH_SHOWN_MAX = 200 };

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
    size_t count;
    const struct route *routes = routes_first(&count);
    struct bytes_view parameter;

    for (size_t i = 0; i < count; i++) {
        if (route_matches(&routes[i], path, &parameter) &&
            !bytes_format(text, "%s%s", *text == NULL ? "" : ", ", routes[i].method))
            return false;
    }
    return *text != NULL;
}

static bool append_endpoints(struct bytes **text)
{
    size_t count;
    const struct route *routes = routes_first(&count);
    const char *separator = "";

    for (size_t i = 0; i < count; i++) {
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

    (void)bytes_format(&why, "%s is no method of %.*s; use %.*s", exchange->method,
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

    (void)bytes_format(&why, "there is no %.*s; there are: ",
                       (int)(path.length < PATH_SHOWN_MAX ? path.length : PATH_SHOWN_MAX),
                       path.data);
    (void)append_endpoints(&why);
    answer(exchange, 404, why, NULL);
    bytes_release(why);
}

void unknown_route_handle(struct exchange *exchange, struct api *api)
{
    struct bytes *methods = NULL;

    (void)api;
    if (!is_own(exchange->path))
        api_answer_unknown_operation(exchange);
    else if (append_methods(&methods, exchange->path))
        refuse_method(exchange, methods);
    else
        refuse_path(exchange);
    bytes_release(methods);
}
