/*
 * invoke_fault.h - injects the faults that a test asked for: after a request has passed every check, before it is served.
 * For Invoke, InvokeAsync and InvokeWithResponseStream.
 *
 * The header X-Invoked-Fault names the fault of one request, and takes precedence over those of the function.
 */
#ifndef HANDLERS_LAMBDA_INVOKE_FAULT_H
#define HANDLERS_LAMBDA_INVOKE_FAULT_H

#include "handlers/lambda/invoke_request.h"

/*
 * True when the exchange is answered (now or after a delay) and nothing must run. Otherwise the operation goes on as
 * usual, perhaps with an exchange whose answer will go wrong (faulty_exchange.h).
 */
bool invoke_fault_strikes(struct exchange *exchange, struct api *api,
                          const struct invoke_request *request);

#endif
