/*
 * routes.h - which handler answers which method and path: one table. What fits no route is answered as AWS answers an
 * unknown path; or with 501 where AWS has such an operation (handlers/lambda/api_operations.h); or, below /_invoked/, with
 * the list of endpoints (404) or methods (405).
 *
 * Patterns are matched against the raw path (before percent-decoding), so that an encoded '/' in a name is no separator.
 */
#ifndef SERVER_HTTP_ROUTES_H
#define SERVER_HTTP_ROUTES_H

#include "handlers/api.h"

struct route {
    const char *method;
    const char *before,
        *after; /* the path before and after the parameter; `after` is NULL when there is no parameter */
    size_t body_max; /* a larger body is discarded, and the handler told */
    api_handler_fn *handler;
    const char *const
        *parameters; /* of the query, ended by NULL; NULL: not checked, as AWS ignores others */
};

/* May pages of any origin ask? The handler has CORS of its own. Such a route answers every method. */
bool route_is_public(const struct route *route);

/*
 * The route of a host name that belongs to a function URL; NULL for any other (NULL for none). Its handler answers every
 * method and path.
 */
const struct route *route_find_host(const char *host);

/* Never NULL: what fits no route gets the one that says so. `parameter` is empty when the route has none. */
const struct route *route_find(const char *method, struct bytes_view path,
                               struct bytes_view *parameter);

#endif
