/*
 * inspect_query.h - the query of a /_invoked/ request: only known parameters, each with a value that makes sense.
 *
 * What is wrong is answered with a 400 that names the parameter and what it may be. An empty value (`Status=`) is as
 * good as none.
 */
#ifndef HANDLERS_INSPECT_INSPECT_QUERY_H
#define HANDLERS_INSPECT_INSPECT_QUERY_H

#include "handlers/exchange.h"

/* `known` ends in NULL. False when the exchange has been answered, as below. */
bool inspect_query_check(struct exchange *exchange, const char *const *known);

/* Copies the decoded value, which stays "" when there is none. False when it doesn't fit. */
bool inspect_query_text(struct exchange *exchange, const char *name, char *value, size_t size);

/* A whole number in that range; `*value` stays as it is when there is none. */
bool inspect_query_number(struct exchange *exchange, const char *name, size_t min, size_t max,
                          size_t *value);

/* 400 `{"error": …}` with a formatted reason. Returns false. */
__attribute__((format(printf, 2, 3))) bool inspect_query_refuse(struct exchange *exchange,
                                                                const char *format, ...);

#endif
