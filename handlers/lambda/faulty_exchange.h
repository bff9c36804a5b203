/*
 * faulty_exchange.h - an exchange whose answer goes wrong because a test asked for it.
 *
 * It replaces the transport of the exchange, so the operation that answers doesn't notice: the function runs as usual, and
 * this module decides what becomes of the answer. It collects a streamed answer and treats it as one.
 */
#ifndef HANDLERS_LAMBDA_FAULTY_EXCHANGE_H
#define HANDLERS_LAMBDA_FAULTY_EXCHANGE_H

#include "handlers/lambda/invoke_request.h"
#include "runtime/canned/faults.h"

/*
 * Applies `fault` (taken) to the answer that the exchange will get. `again` (taken; for FAULT_DUPLICATE, else NULL) is
 * delivered once the first delivery has been answered, and the answer waits for that. False, with nothing taken, when out
 * of memory.
 */
bool faulty_exchange_begin(struct exchange *exchange, struct api *api,
                           struct requested_fault *fault, struct invocation *again);

/* Answers the exchange with `fault` after its delay; nothing runs. Takes `fault` in any case. */
void faulty_exchange_answer(struct exchange *exchange, struct api *api,
                            struct requested_fault *fault);

#endif
