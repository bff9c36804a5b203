/*
 * preflight.h - the question that a browser asks before a page may send a request: OPTIONS, answered for pages that are
 * allowed (origin_guard.h has refused the others).
 */
#ifndef SERVER_HTTP_PREFLIGHT_H
#define SERVER_HTTP_PREFLIGHT_H

#include "handlers/exchange.h"

/* Is this request such a question? Then it has been answered. */
bool preflight_handle(struct exchange *exchange);

#endif
