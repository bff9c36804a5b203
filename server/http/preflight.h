/*
 * preflight.h - CORS preflight requests (OPTIONS) of pages that are allowed; origin_guard.h has refused the others.
 */
#ifndef SERVER_HTTP_PREFLIGHT_H
#define SERVER_HTTP_PREFLIGHT_H

#include "handlers/exchange.h"

/* True when the request was one, which has been answered. */
bool preflight_handle(struct exchange *exchange);

#endif
