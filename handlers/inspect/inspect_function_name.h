/*
 * inspect_function_name.h - the function that a path of /_invoked/functions/{name}/… names.
 */
#ifndef HANDLERS_INSPECT_INSPECT_FUNCTION_NAME_H
#define HANDLERS_INSPECT_INSPECT_FUNCTION_NAME_H

#include "handlers/api.h"

/* As the account sees functions. NULL when the exchange has been answered with a 404 that lists the functions. */
const struct function *inspect_function_named(struct exchange *exchange, struct api *api,
                                              const struct account *account);

#endif
