/*
 * unknown_route.h - what is said to a request that fits no route.
 *
 * AWS's endpoints answer as AWS does. Our own say which endpoints there are (404), or which method the path has (405):
 * both from the table of routes itself.
 */
#ifndef SERVER_HTTP_UNKNOWN_ROUTE_H
#define SERVER_HTTP_UNKNOWN_ROUTE_H

#include "handlers/api.h"

void unknown_route_handle(struct exchange *exchange, struct api *api);

#endif
