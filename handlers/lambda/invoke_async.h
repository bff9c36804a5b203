/*
 * invoke_async.h - InvokeAsync, deprecated since 2014 but still served: an event of at most 256 KB, 202.
 */
#ifndef HANDLERS_LAMBDA_INVOKE_ASYNC_H
#define HANDLERS_LAMBDA_INVOKE_ASYNC_H

#include "handlers/api.h"

void invoke_async_handle(struct exchange *exchange, struct api *api);

#endif
