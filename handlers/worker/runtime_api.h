/*
 * runtime_api.h - the Lambda Runtime API (2018-06-01) that workers speak: next, response, error, init/error.
 *
 * Answers are those of AWS's Runtime Interface Emulator, whose code base is that of the agent inside AWS's sandbox.
 * `worker` is the environment whose port the request came in on.
 */
#ifndef HANDLERS_WORKER_RUNTIME_API_H
#define HANDLERS_WORKER_RUNTIME_API_H

#include "handlers/exchange.h"
#include "runtime/environments/worker_environment.h"

/* Longer bodies are read, thrown away and answered with 413. */
enum { RUNTIME_API_BODY_MAX = RESPONSE_PAYLOAD_MAX };

void runtime_api_handle(struct exchange *exchange, struct worker *worker);

/*
 * Is this a response that the invocation wants in pieces? Asked when its head has arrived. Then each piece goes to
 * runtime_api_stream() (taken; false: stop until `on_room`), and at the end runtime_api_handle() is called, without a body.
 */
bool runtime_api_wants_stream(struct exchange *exchange, struct worker *worker);
bool runtime_api_stream(struct worker *worker, struct bytes *piece, worker_room_fn *on_room,
                        void *context);

/* The connection ended in the middle of the body: answers 400. */
void runtime_api_handle_truncated(struct exchange *exchange);

/* The connection of an unanswered exchange is closed; the exchange is freed next. */
void runtime_api_forget(struct exchange *exchange, struct worker *worker);

#endif
