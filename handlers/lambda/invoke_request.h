/*
 * invoke_request.h - what a request of Invoke or InvokeAsync asks for, after every check that AWS makes, in AWS's order.
 *
 * The order: size of the body, constraints of the members, permission, region and qualifier, existence, what the function
 * isn't configured for, size of an event, JSON, client context. (Recorded as far as recordings go; the rest is the best
 * reconstruction.)
 */
#ifndef HANDLERS_LAMBDA_INVOKE_REQUEST_H
#define HANDLERS_LAMBDA_INVOKE_REQUEST_H

#include "handlers/lambda/function_request.h"
#include "runtime/dispatch/invocation.h"

enum { CLIENT_CONTEXT_MAX = 3583 /* bytes of base64 */ };

struct invoke_request {
    struct function_request about;
    enum invocation_type type;
    bool wants_log;
    char *client_context; /* decoded JSON, owned; NULL for none */
};

/* What an operation wants. */
struct invoke_rules {
    bool is_always_event; /* InvokeAsync: there is no invocation type */
    size_t event_payload_max;
    bool allows_event; /* InvokeWithResponseStream knows none */
};

/* False when the exchange has been answered with a refusal. The caller clears `request` in both cases. */
bool invoke_request_read(struct exchange *exchange, struct api *api,
                         const struct invoke_rules *rules, struct invoke_request *request);
void invoke_request_clear(struct invoke_request *request);

/*
 * Its function was found, yet it is answered with `exception`, and nothing is invoked: the history and the metrics are
 * told. (What the dispatcher refuses tells them by itself.)
 */
void invoke_request_rejected(const struct invoke_request *request, const struct exchange *exchange,
                             struct api *api, enum api_exception exception);

/* The invocation that it asks for, with the exchange's request id and body; NULL when out of memory. */
struct invocation *invoke_request_invocation(const struct invoke_request *request,
                                             const struct exchange *exchange, struct api *api);

/* 429 with the Reason that `status` stands for, or what else a dispatcher refuses with. */
void invoke_answer_dispatch(struct exchange *exchange, enum dispatch_status status);

/* The answer to an event (202) or a DryRun (204). */
void invoke_answer_empty(struct exchange *exchange, struct api *api, int status);

#endif
