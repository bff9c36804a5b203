/*
 * invoke_fault.h - where faults that a test asked for strike: once a request has passed every check, before it is
 * served. Invoke, InvokeAsync and InvokeWithResponseStream share it.
 *
 * The header X-Invoked-Fault names the fault of one request; it goes before those of the function.
 */
#ifndef HANDLERS_LAMBDA_INVOKE_FAULT_H
#define HANDLERS_LAMBDA_INVOKE_FAULT_H

#include "handlers/lambda/invoke_request.h"

/*
 * True when the exchange is answered (now or after a delay) and nothing must run. Else the operation goes on as ever,
 * maybe with an exchange whose answer will go wrong: faulty_exchange.h.
 */
bool invoke_fault_strikes(struct exchange *exchange, struct api *api,
                          const struct invoke_request *request);

#endif
