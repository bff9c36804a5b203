/*
 * Invoke and InvokeAsync: a synchronous invocation is answered when it ends, an event when it is committed.
 */
#include "handlers/handlers.h"

#include "base/base64.h"
#include "handlers/lambda/api_error.h"
#include "handlers/lambda/invoke_fault.h"
#include "handlers/lambda/invoke_request.h"
#include "handlers/lambda/trace_header.h"

#include <stdlib.h>

enum { HEADERS_MAX = 8 };

/* ---- synchronous invocations ---- */

/* A synchronous invocation that runs, and whoever waits for it. */
struct waiting {
    struct exchange *exchange;
    struct api *api;
    bool wants_log;
};

static void answer_outcome(const struct waiting *waiting, const struct invocation *invocation)
{
    struct exchange *exchange = waiting->exchange;
    struct answer_header headers[HEADERS_MAX] = {
        {"Content-Type", "application/json"},
        {"x-amzn-RequestId", exchange->request_id},
        {"x-amzn-Remapped-Content-Length", "0"},
    };
    size_t count = 3;
    const char *function_error = outcome_function_error(&invocation->outcome);
    char trace[TRACE_ANSWER_SIZE];
    char *log = NULL;

    if (function_error != NULL)
        headers[count++] = (struct answer_header){"X-Amz-Function-Error", function_error};
    if (waiting->wants_log)
        log = base64_encode(log_tail_result(&invocation->log));
    if (log != NULL)
        headers[count++] = (struct answer_header){"X-Amz-Log-Result", log};
    headers[count++] =
        (struct answer_header){"X-Amz-Executed-Version", invocation->target.version->version};
    trace_header_make(exchange_header(exchange, "X-Amzn-Trace-Id"), invocation->trace_header,
                      waiting->api->random, trace);
    headers[count++] = (struct answer_header){"X-Amzn-Trace-Id", trace};
    const struct answer answer = {
        .status = 200,
        .headers = headers,
        .header_count = count,
        .body = invocation->outcome.payload,
    };

    exchange_answer(exchange, &answer);
    free(log);
}

static void on_done(struct invocation *invocation, void *context)
{
    struct waiting *waiting = context;
    const struct outcome *outcome = &invocation->outcome;

    switch (outcome->kind) {
    case OUTCOME_SUCCEEDED:
    case OUTCOME_FUNCTION_ERROR:
        answer_outcome(waiting, invocation);
        break;
    case OUTCOME_EXCEPTION:
        api_answer_error(waiting->exchange, &(struct api_error){.exception = outcome->exception,
                                                                .message = outcome->message});
        break;
    case OUTCOME_ABANDONED:
    case OUTCOME_NONE:
        api_answer_exception(waiting->exchange, API_SERVICE,
                             "invoked was stopped while the function ran");
        break;
    }
    invocation_free(invocation);
    free(waiting);
}

static void run(struct exchange *exchange, struct api *api, const struct invoke_request *request)
{
    struct waiting *waiting = malloc(sizeof *waiting);
    struct invocation *invocation =
        waiting == NULL ? NULL : invoke_request_invocation(request, exchange, api);
    enum dispatch_status status = DISPATCH_NO_MEMORY;

    if (invocation != NULL) {
        *waiting = (struct waiting){exchange, api, request->wants_log};
        status = dispatcher_submit(api->dispatcher, invocation, on_done, waiting);
    }
    if (status == DISPATCH_ACCEPTED)
        return;
    invocation_free(invocation);
    free(waiting);
    invoke_answer_dispatch(exchange, status);
}

/* ---- events ---- */

/* An event on its way to disk, and whoever waits for that: 202 is sent once it is committed. */
struct accepting {
    struct exchange *exchange;
    struct api *api;
};

static void on_enqueued(bool is_accepted, void *context)
{
    struct accepting *accepting = context;

    if (is_accepted)
        invoke_answer_empty(accepting->exchange, accepting->api, 202);
    else
        api_answer_exception(accepting->exchange, API_SERVICE,
                             "The event could not be written to the queue, and was not accepted: "
                             "see invoked's log.");
    free(accepting);
}

static void refuse_event(struct exchange *exchange, struct api *api,
                         const struct invoke_request *request, enum enqueue_status status)
{
    invoke_request_rejected(request, exchange, api,
                            status == ENQUEUE_FULL ? API_TOO_MANY_REQUESTS : API_SERVICE);
    switch (status) {
    case ENQUEUE_PENDING:
        break;
    case ENQUEUE_FULL: /* Local.QueueCapacity */
        api_answer_error(exchange, &(struct api_error){.exception = API_TOO_MANY_REQUESTS,
                                                       .reason = "CallerRateLimitExceeded"});
        break;
    case ENQUEUE_STOPPING:
        api_answer_exception(exchange, API_SERVICE, "invoked is stopping.");
        break;
    case ENQUEUE_NO_MEMORY:
        api_answer_exception(exchange, API_SERVICE, "invoked is out of memory.");
        break;
    }
}

static void accept_event(struct exchange *exchange, struct api *api,
                         const struct invoke_request *request)
{
    struct accepting *accepting = malloc(sizeof *accepting);
    const struct enqueue_options options = {
        .account = request->about.caller.account,
        .function_name = request->about.function->name,
        .qualifier = request->about.qualifier,
        .payload = exchange->body,
        .request_id = exchange->request_id,
        .trace_header = request->trace_header,
        .tenant_id = request->tenant_id,
    };
    enum enqueue_status status = ENQUEUE_NO_MEMORY;

    if (accepting != NULL) {
        *accepting = (struct accepting){exchange, api};
        status = async_invoker_enqueue(api->async_invoker, &options, on_enqueued, accepting);
    }
    if (status == ENQUEUE_PENDING)
        return;
    free(accepting);
    refuse_event(exchange, api, request, status);
}

/* ---- the operations ---- */

/* --explain: a header that was meant to make an event of it. */
static void explain_type(const struct exchange *exchange, struct api *api,
                         const struct invoke_request *request)
{
    if (async_invoker_explains(api->async_invoker) &&
        exchange_header(exchange, "Invocation-Type") != NULL &&
        exchange_header(exchange, "X-Amz-Invocation-Type") == NULL)
        log_write(api->log, LOG_INFO,
                  "%s %.8s is synchronous: Invocation-Type is not a header of Lambda; "
                  "X-Amz-Invocation-Type: Event makes it an event",
                  request->about.function->name, exchange->request_id);
}

void invoke_handle(struct exchange *exchange, struct api *api)
{
    static const struct invoke_rules rules = {.event_payload_max = EVENT_PAYLOAD_MAX,
                                              .allows_event = true};
    struct invoke_request request;

    if (invoke_request_read(exchange, api, &rules, &request) &&
        !invoke_fault_strikes(exchange, api, &request)) {
        switch (request.type) {
        case INVOCATION_REQUEST_RESPONSE:
            explain_type(exchange, api, &request);
            run(exchange, api, &request);
            break;
        case INVOCATION_DRY_RUN:
            invoke_answer_empty(exchange, api, 204);
            break;
        case INVOCATION_EVENT:
            accept_event(exchange, api, &request);
            break;
        }
    }
    invoke_request_clear(&request);
}

void invoke_async_handle(struct exchange *exchange, struct api *api)
{
    static const struct invoke_rules rules = {.is_always_event = true,
                                              .event_payload_max = INVOKE_ASYNC_PAYLOAD_MAX};
    struct invoke_request request;

    if (invoke_request_read(exchange, api, &rules, &request) &&
        !invoke_fault_strikes(exchange, api, &request))
        accept_event(exchange, api, &request);
    invoke_request_clear(&request);
}
