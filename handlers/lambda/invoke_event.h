/*
 * invoke_event.h - accepts an event for later: what Invoke with the type Event and InvokeAsync have in common.
 *
 * 202 is sent only once the event is committed.
 */
#ifndef HANDLERS_LAMBDA_INVOKE_EVENT_H
#define HANDLERS_LAMBDA_INVOKE_EVENT_H

#include "handlers/lambda/invoke_request.h"

/* Answers the exchange, now or later. `request` is borrowed for the call. */
void invoke_event_accept(struct exchange *exchange, struct api *api,
                         const struct invoke_request *request);

#endif
