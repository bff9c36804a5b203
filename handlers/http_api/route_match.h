/*
 * route_match.h - which route of an API a request takes, and what its path gives to the route's parameters. Pure.
 *
 * Routes are tried from the most specific on (http_api.h): text before {id}, that before {proxy+}, then $default. In a REST
 * API the path alone decides, and its resource then has the method or not, as on AWS.
 */
#ifndef HANDLERS_HTTP_API_ROUTE_MATCH_H
#define HANDLERS_HTTP_API_ROUTE_MATCH_H

#include "config/http_api.h"
#include "handlers/url/name_values.h"

/*
 * `path` is raw. NULL for none. `values` gets the parameters, sorted, and decoded into `*memory`, which the caller frees after
 * them; both are zeroed before.
 */
const struct api_route *route_match(const struct http_api *api, const char *method,
                                    struct bytes_view path, struct name_values *values,
                                    char **memory);

#endif
