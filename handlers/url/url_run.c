/*
 * From a request whose function is known to its answer, when the function's response is wanted whole; url_stream.c has
 * responses that are passed on while they are written.
 */
#include "handlers/lambda/api_error.h"
#include "handlers/lambda/invoke_fault.h"
#include "handlers/url/url_internal.h"

#include <stdlib.h>

enum { PATH_SHOWN_MAX = 200 };

/* ---- the outcome ---- */

void url_answer_bad_response(const struct url_waiting *waiting, const struct invocation *invocation,
                             const char *problem)
{
    log_write(waiting->api->log, LOG_WARN, "%s: what it returned is no HTTP response: %s",
              invocation_function_name(invocation), problem);
    url_answer_failure(waiting->exchange, waiting->api, waiting->door, waiting->cors,
                       URL_BAD_RESPONSE);
}

static void answer_response(const struct url_waiting *waiting, const struct invocation *invocation)
{
    struct url_answer answer;

    if (url_answer_read(&answer, invocation->outcome.payload, waiting->format)) {
        if (waiting->cors != NULL && waiting->door->replaces_cors_headers)
            url_answer_remove(&answer, "access-control-");
        url_send(waiting->exchange, waiting->api, waiting->cors, invocation->trace_header, &answer);
        return;
    }
    url_answer_bad_response(waiting, invocation, answer.problem);
    url_answer_clear(&answer);
}

/* Asked for by a mock, or it can't run here. */
static void answer_exception(const struct url_waiting *waiting, const struct outcome *outcome)
{
    if (outcome->exception == API_TOO_MANY_REQUESTS)
        url_answer_failure(waiting->exchange, waiting->api, waiting->door, waiting->cors,
                           URL_THROTTLED);
    else
        api_answer_error(waiting->exchange, &(struct api_error){.exception = outcome->exception,
                                                                .message = outcome->message});
}

void url_answer_outcome(const struct url_waiting *waiting, const struct invocation *invocation)
{
    switch (invocation->outcome.kind) {
    case OUTCOME_SUCCEEDED:
        answer_response(waiting, invocation);
        break;
    case OUTCOME_FUNCTION_ERROR:
        url_answer_failure(waiting->exchange, waiting->api, waiting->door, waiting->cors,
                           URL_FUNCTION_ERROR);
        break;
    case OUTCOME_EXCEPTION:
        answer_exception(waiting, &invocation->outcome);
        break;
    case OUTCOME_ABANDONED:
    case OUTCOME_NONE:
        url_answer_failure(waiting->exchange, waiting->api, waiting->door, waiting->cors,
                           URL_UNAVAILABLE);
        break;
    }
}

static void on_done(struct invocation *invocation, void *context)
{
    url_answer_outcome(context, invocation);
    invocation_free(invocation);
    free(context);
}

/* ---- the request ---- */

void url_refuse(const struct url_request *request, struct exchange *exchange, struct api *api,
                enum dispatch_status status)
{
    url_answer_failure(exchange, api, request->door, request->cors,
                       status == DISPATCH_NO_MEMORY ? URL_UNAVAILABLE : URL_THROTTLED);
}

static void run_whole(const struct url_request *request, struct exchange *exchange, struct api *api)
{
    struct url_waiting *waiting = malloc(sizeof *waiting);
    struct invocation *invocation =
        waiting == NULL ? NULL : invoke_request_invocation(&request->invoke, exchange, api);
    enum dispatch_status status = DISPATCH_NO_MEMORY;

    if (invocation != NULL) {
        *waiting =
            (struct url_waiting){exchange, api, request->door, request->cors, request->format};
        status = dispatcher_submit(api->dispatcher, invocation, on_done, waiting);
    }
    if (status == DISPATCH_ACCEPTED)
        return;
    invocation_free(invocation);
    free(waiting);
    url_refuse(request, exchange, api, status);
}

/* The event takes the place of the body, which is in it. False when the exchange has been answered. */
static bool put_event(struct url_request *request, struct exchange *exchange, struct api *api)
{
    struct bytes *event = NULL;

    if (!exchange->is_body_too_large)
        event = request->format == URL_FORMAT_1_0 ? url_event_1_0(&request->event)
                                                  : url_event_2_0(&request->event);
    if (exchange->is_body_too_large || bytes_view(event).length > INVOKE_PAYLOAD_MAX) {
        bytes_release(event);
        invoke_request_rejected(&request->invoke, exchange, api, API_REQUEST_ENTITY_TOO_LARGE);
        url_answer_failure(exchange, api, request->door, request->cors, URL_TOO_LARGE);
        return false;
    }
    if (event == NULL) {
        url_answer_failure(exchange, api, request->door, request->cors, URL_UNAVAILABLE);
        return false;
    }
    bytes_release(exchange->body);
    exchange->body = event;
    return true;
}

static void log_source(const struct url_request *request, const struct exchange *exchange,
                       const struct api *api)
{
    const struct bytes_view path = request->event.path;

    log_write(api->log, LOG_DEBUG, "%s: %s %s %s %.*s", request->invoke.about.function->name,
              exchange->request_id, request->door->source, exchange->method,
              (int)(path.length < PATH_SHOWN_MAX ? path.length : PATH_SHOWN_MAX), path.data);
}

void url_run(struct url_request *request, struct exchange *exchange, struct api *api)
{
    if (!put_event(request, exchange, api) || invoke_fault_strikes(exchange, api, &request->invoke))
        return;
    log_source(request, exchange, api);
    if (request->is_streamed)
        url_run_streamed(request, exchange, api);
    else
        run_whole(request, exchange, api);
}
