/*
 * api_operations.h - every operation of the Lambda API, by method and path, whether or not this server has it. An SDK that
 * calls one that isn't here gets an exception that names it.
 *
 * Used by: server/http/routes.c, for requests without a route.
 */
#ifndef HANDLERS_LAMBDA_API_OPERATIONS_H
#define HANDLERS_LAMBDA_API_OPERATIONS_H

#include "handlers/exchange.h"

struct api_operation {
    const char *name, *method;
    const char *path; /* {Member} stands for one segment; what follows '?' must be in the query */
};

const struct api_operation *api_operations(size_t *count);

/* Path and query are raw; a '/' at the end of the path is ignored. NULL when there is no such operation. */
const struct api_operation *api_operation_find(const char *method, struct bytes_view path,
                                               struct bytes_view query);

/* 501, NotImplementedException, in the form of the API's own exceptions. */
void api_answer_not_implemented(struct exchange *exchange, const struct api_operation *operation);

#endif
