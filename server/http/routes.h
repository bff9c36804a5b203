/*
 * routes.h - which handler answers which method and path.
 *
 * Patterns are matched against the raw path (before percent-decoding), so that an encoded '/' in a name is no separator.
 */
#ifndef SERVER_HTTP_ROUTES_H
#define SERVER_HTTP_ROUTES_H

#include "handlers/api.h"

struct route {
    const char *method;
    const char *before,
        *after; /* what stands before and after the parameter; `after` is NULL when there is none */
    size_t body_max; /* what goes beyond is thrown away, and the handler told */
    api_handler_fn *handler;
    const char *const
        *parameters; /* of the query, ended by NULL; NULL: not checked, as AWS ignores others */
};

/* Never NULL: what fits no route gets the one that says so. `parameter` is empty when the route has none. */
const struct route *route_find(const char *method, struct bytes_view path,
                               struct bytes_view *parameter);

/* The whole table. */
const struct route *routes_first(size_t *count);

/* Is this a path of the route, whatever the method? */
bool route_matches(const struct route *route, struct bytes_view path, struct bytes_view *parameter);

#endif
