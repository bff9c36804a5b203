#include "handlers/lambda/invoke_event.h"

#include <stdlib.h>

#include "handlers/lambda/api_error.h"
#include "handlers/lambda/trace_header.h"

struct accepting {
    struct exchange *exchange;
    struct api *api;
};

static void answer_accepted(struct exchange *exchange, struct api *api)
{
    char trace[TRACE_ANSWER_SIZE];
    const struct answer_header headers[] = {
        {"x-amzn-RequestId", exchange->request_id},
        {"x-amzn-Remapped-Content-Length", "0"},
        {"X-Amzn-Trace-Id", trace},
    };
    const struct answer answer = {.status = 202, .headers = headers, .header_count = 3};

    trace_header_make(exchange_header(exchange, "X-Amzn-Trace-Id"), NULL, api->random, trace);
    exchange_answer(exchange, &answer);
}

static void on_enqueued(bool is_accepted, void *context)
{
    struct accepting *accepting = context;

    if (is_accepted)
        answer_accepted(accepting->exchange, accepting->api);
    else
        api_answer_exception(accepting->exchange, API_SERVICE,
                             "The event could not be written to the queue, and was not accepted: "
                             "see invoked's log.");
    free(accepting);
}

static void refuse(struct exchange *exchange, struct api *api, const struct invoke_request *request,
                   enum enqueue_status status)
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

void invoke_event_accept(struct exchange *exchange, struct api *api,
                         const struct invoke_request *request)
{
    struct accepting *accepting = malloc(sizeof *accepting);
    const struct enqueue_options options = {
        .account = request->caller.account,
        .function_name = request->function->name,
        .qualifier = request->qualifier,
        .payload = exchange->body,
        .request_id = exchange->request_id,
        .trace_header = exchange_header(exchange, "X-Amzn-Trace-Id"),
    };
    enum enqueue_status status = ENQUEUE_NO_MEMORY;

    if (accepting != NULL) {
        *accepting = (struct accepting){exchange, api};
        status = async_invoker_enqueue(api->async_invoker, &options, on_enqueued, accepting);
    }
    if (status == ENQUEUE_PENDING)
        return;
    free(accepting);
    refuse(exchange, api, request, status);
}
