/*
 * inspect_functions.h - GET /_invoked/functions: what may be invoked, and how it stands with it in this account.
 */
#ifndef HANDLERS_INSPECT_INSPECT_FUNCTIONS_H
#define HANDLERS_INSPECT_INSPECT_FUNCTIONS_H

#include "handlers/api.h"

void inspect_functions_handle(struct exchange *exchange, struct api *api);

#endif
