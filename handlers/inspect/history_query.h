/*
 * history_query.h - which invocations a request of /_invoked/invocations means.
 *
 * FunctionName may be a name or an ARN, with a qualifier that must then be the invocation's too; RequestId,
 * InvocationType and Status are what the rows show. All that are given must fit.
 */
#ifndef HANDLERS_INSPECT_HISTORY_QUERY_H
#define HANDLERS_INSPECT_HISTORY_QUERY_H

#include "handlers/exchange.h"
#include "runtime/dispatch/history.h"

/* The names of these parameters, for inspect_query_check(). */
#define HISTORY_QUERY_NAMES "FunctionName", "RequestId", "InvocationType", "Status"

/* False when the exchange has been answered with what is wrong. */
bool history_query_read(struct exchange *exchange, struct history_filter *filter);

#endif
