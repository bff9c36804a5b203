/*
 * faulty_exchange.h - an exchange whose answer goes wrong, because a test asked for it.
 *
 * It takes the place of the exchange's transport, so the operation that answers doesn't know: the function runs as
 * ever, and what is done with its answer is decided here. A streamed answer is gathered and counts as one.
 */
#ifndef HANDLERS_LAMBDA_FAULTY_EXCHANGE_H
#define HANDLERS_LAMBDA_FAULTY_EXCHANGE_H

#include "handlers/lambda/invoke_request.h"
#include "runtime/canned/faults.h"

/*
 * From now on, and until it is answered, the exchange's answer suffers from `fault`, which is taken. `again` (taken,
 * for a duplicate) is what is delivered a second time once the first has an answer; the answer waits for that.
 * False, with nothing taken, when out of memory.
 */
bool faulty_exchange_begin(struct exchange *exchange, struct api *api,
                           struct requested_fault *fault, struct invocation *again);

/* Nothing runs: after the fault's delay the exchange is answered with it. Takes `fault`, whatever comes of it. */
void faulty_exchange_answer(struct exchange *exchange, struct api *api,
                            struct requested_fault *fault);

#endif
