/*
 * invoke_stream.h - InvokeWithResponseStream: the response as event-stream messages, while the function writes it.
 */
#ifndef HANDLERS_LAMBDA_INVOKE_STREAM_H
#define HANDLERS_LAMBDA_INVOKE_STREAM_H

#include "handlers/api.h"

void invoke_stream_handle(struct exchange *exchange, struct api *api);

#endif
