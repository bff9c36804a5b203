/*
 * invoke_request.h - a request of Invoke, InvokeAsync or InvokeWithResponseStream, after AWS's checks in AWS's order: size of
 * the body, constraints of the members, permission, region and qualifier, existence, features that the function isn't
 * configured for, size of an event, JSON, client context. (Recorded where there are recordings, else reconstructed.)
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
    char *client_context;     /* decoded JSON, owned; NULL for none */
    const char *source;       /* of an HTTP request: invocation.h; NULL for a request of the API */
    const char *trace_header; /* of the caller, borrowed; NULL for none */
    const char *tenant_id;    /* borrowed from the exchange; NULL for none */
    char extended_trace[TRACE_HEADER_SIZE]; /* where trace_header points, with its lineage */
};

/* What differs between the operations. */
struct invoke_rules {
    bool is_always_event; /* InvokeAsync: there is no invocation type */
    size_t event_payload_max;
    bool allows_event; /* not InvokeWithResponseStream */
};

/* False when the exchange has been answered with a refusal. The caller clears `request` in both cases. */
bool invoke_request_read(struct exchange *exchange, struct api *api,
                         const struct invoke_rules *rules, struct invoke_request *request);
void invoke_request_clear(struct invoke_request *request);

/*
 * Tells history and metrics that the request is answered with `exception`, and nothing is invoked, although its function
 * was found. (They hear of the dispatcher's refusals from the dispatcher.)
 */
void invoke_request_rejected(const struct invoke_request *request, const struct exchange *exchange,
                             struct api *api, enum api_exception exception);

/* Makes the invocation that it asks for, with the exchange's request id and body; NULL when out of memory. */
struct invocation *invoke_request_invocation(const struct invoke_request *request,
                                             const struct exchange *exchange, struct api *api);

/* Answers with the dispatcher's refusal: 429 with its Reason, or 500. */
void invoke_answer_dispatch(struct exchange *exchange, enum dispatch_status status);

/* The answer to an event (202) or a DryRun (204). */
void invoke_answer_empty(struct exchange *exchange, struct api *api, int status);

#endif
