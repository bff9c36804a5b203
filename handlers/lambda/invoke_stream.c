/*
 * The answer begins with the first piece of the response (or with its end), so that a refusal before that is an ordinary
 * one. Function errors after it have the status 200 too: they are told in the last message, InvokeComplete.
 */
#include "handlers/lambda/invoke_stream.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "handlers/lambda/api_error.h"
#include "base/base64.h"
#include "handlers/lambda/event_stream.h"
#include "handlers/lambda/invoke_dry_run.h"
#include "handlers/lambda/invoke_fault.h"
#include "handlers/lambda/invoke_request.h"
#include "handlers/lambda/trace_header.h"
#include "runtime/dispatch/history.h"
#include "base/json/json_string.h"

struct streaming {
    struct exchange *exchange;
    struct api *api;
    bool wants_log;
    bool has_begun;
    const struct invocation *invocation; /* borrowed while it runs */
    struct response_stream stream;
};

/* The client takes more: the maker may go on. */
static void on_room(void *context)
{
    struct streaming *streaming = context;

    if (streaming->stream.resume != NULL)
        streaming->stream.resume(streaming->stream.maker);
}

static void begin(struct streaming *streaming)
{
    struct exchange *exchange = streaming->exchange;
    char trace[TRACE_ANSWER_SIZE];
    const struct answer_header headers[] = {
        {"Content-Type", "application/vnd.amazon.eventstream"},
        {"x-amzn-RequestId", exchange->request_id},
        {"X-Amz-Executed-Version", streaming->invocation->target.version->version},
        {"X-Amzn-Trace-Id", trace},
    };
    const struct answer answer = {.status = 200, .headers = headers, .header_count = 4};

    if (streaming->has_begun)
        return;
    streaming->has_begun = true;
    trace_header_make(exchange_header(exchange, "X-Amzn-Trace-Id"),
                      streaming->invocation->trace_header, streaming->api->random, trace);
    exchange_stream_begin(exchange, &answer, on_room, streaming);
}

static bool write_copy(struct streaming *streaming, const void *data, size_t length)
{
    struct bytes *bytes = bytes_copy(data, length);

    return bytes == NULL || exchange_stream_write(streaming->exchange, bytes);
}

/* One PayloadChunk message; `chunk` is taken. */
static bool write_chunk(struct streaming *streaming, struct bytes *chunk)
{
    const struct bytes_view view = bytes_view(chunk);
    struct event_stream_frame frame = {.head_length = 0};

    begin(streaming);
    if (view.length == 0) {
        bytes_release(chunk);
        return true;
    }
    event_stream_payload_chunk(&frame, view);
    (void)write_copy(streaming, frame.head, frame.head_length);
    (void)exchange_stream_write(streaming->exchange, chunk);
    return write_copy(streaming, frame.tail, EVENT_STREAM_TAIL);
}

static bool on_chunk(struct bytes *chunk, void *context)
{
    struct streaming *streaming = context;

    history_streamed(streaming->invocation, bytes_view(chunk));
    return write_chunk(streaming, chunk);
}

/* ---- the end ---- */

static bool append_member(struct bytes **json, const char *key, struct bytes_view value)
{
    return bytes_format(json, "%s\"%s\":", bytes_view(*json).length > 1 ? "," : "", key) &&
           json_string_append(json, value);
}

/* The platform's error type, else the one that the error itself names, else Unhandled. */
static struct bytes_view error_code(const struct outcome *outcome, const cJSON *error)
{
    const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(error, "errorType"));

    if (outcome->error_type[0] != '\0')
        return (struct bytes_view){outcome->error_type, strlen(outcome->error_type)};
    return type == NULL || type[0] == '\0' ? BYTES_VIEW("Unhandled")
                                           : (struct bytes_view){type, strlen(type)};
}

static struct bytes *make_complete(const struct streaming *streaming,
                                   const struct invocation *invocation)
{
    const struct outcome *outcome = &invocation->outcome;
    const struct bytes_view details = bytes_view(outcome->payload);
    struct bytes *json = NULL, *message;
    bool is_made = bytes_append(&json, "{", 1);

    if (outcome->kind == OUTCOME_FUNCTION_ERROR) {
        cJSON *error = cJSON_ParseWithLength(details.data, details.length);

        is_made = is_made && append_member(&json, "ErrorCode", error_code(outcome, error)) &&
                  append_member(&json, "ErrorDetails", details);
        cJSON_Delete(error);
    } else if (outcome->kind != OUTCOME_SUCCEEDED) {
        is_made = is_made && append_member(&json, "ErrorCode", BYTES_VIEW("Sandbox.Failure")) &&
                  append_member(&json, "ErrorDetails",
                                BYTES_VIEW("invoked was stopped while the function ran"));
    }
    if (streaming->wants_log) {
        char *log = base64_encode(log_tail_result(&invocation->log));

        if (log != NULL)
            is_made =
                is_made && append_member(&json, "LogResult", (struct bytes_view){log, strlen(log)});
        free(log);
    }
    is_made = is_made && bytes_append(&json, "}", 1);
    message = is_made ? event_stream_invoke_complete(bytes_view(json)) : NULL;
    bytes_release(json);
    return message;
}

static void complete(struct streaming *streaming, struct invocation *invocation)
{
    const bool was_whole = !streaming->has_begun;
    struct bytes *message;

    begin(streaming);
    if (was_whole)
        (void)write_chunk(streaming, bytes_retain(invocation->outcome.payload));
    message = make_complete(streaming, invocation);
    if (message != NULL)
        (void)exchange_stream_write(streaming->exchange, message);
    exchange_stream_end(streaming->exchange);
}

static void on_done(struct invocation *invocation, void *context)
{
    struct streaming *streaming = context;
    const struct outcome *outcome = &invocation->outcome;

    streaming->invocation = invocation;
    if (outcome->kind == OUTCOME_SUCCEEDED || outcome->kind == OUTCOME_FUNCTION_ERROR ||
        streaming->has_begun)
        complete(streaming, invocation);
    else if (outcome->kind == OUTCOME_EXCEPTION)
        api_answer_error(streaming->exchange, &(struct api_error){.exception = outcome->exception,
                                                                  .message = outcome->message});
    else
        api_answer_exception(streaming->exchange, API_SERVICE,
                             "invoked was stopped while the function ran");
    invocation_free(invocation);
    free(streaming);
}

static void run(struct exchange *exchange, struct api *api, const struct invoke_request *request)
{
    struct streaming *streaming = calloc(1, sizeof *streaming);
    struct invocation *invocation =
        streaming == NULL ? NULL : invoke_request_invocation(request, exchange, api);
    enum dispatch_status status = DISPATCH_NO_MEMORY;

    if (invocation != NULL) {
        streaming->exchange = exchange;
        streaming->api = api;
        streaming->wants_log = request->wants_log;
        streaming->invocation = invocation;
        streaming->stream = (struct response_stream){.on_chunk = on_chunk, .context = streaming};
        invocation->stream = &streaming->stream;
        status = dispatcher_submit(api->dispatcher, invocation, on_done, streaming);
        if (status == DISPATCH_ACCEPTED)
            return;
    }
    invocation_free(invocation);
    free(streaming);
    invoke_answer_dispatch(exchange, status);
}

void invoke_stream_handle(struct exchange *exchange, struct api *api)
{
    static const struct invoke_rules rules = {.event_payload_max = EVENT_PAYLOAD_MAX};
    struct invoke_request request;

    if (invoke_request_read(exchange, api, &rules, &request) &&
        !invoke_fault_strikes(exchange, api, &request)) {
        if (request.type == INVOCATION_DRY_RUN)
            invoke_dry_run_answer(exchange, api);
        else
            run(exchange, api, &request);
    }
    invoke_request_clear(&request);
}
