/*
 * The answer begins with the first piece of the response (or with its end), so that an exception before that is an ordinary
 * error. Function errors have the status 200 too: the last message, InvokeComplete, has them.
 */
#include "handlers/handlers.h"

#include "base/base64.h"
#include "base/json/json_string.h"
#include "base/json/json_text.h"
#include "base/json/json_walk.h"
#include "base/safe_text.h"
#include "base/utf8.h"
#include "handlers/lambda/api_error.h"
#include "handlers/lambda/event_stream.h"
#include "handlers/lambda/invoke_fault.h"
#include "handlers/lambda/invoke_request.h"
#include "handlers/lambda/trace_header.h"
#include "runtime/dispatch/history.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

enum {
    ERROR_CODE_MAX = 256, /* bytes; AWS's are names */
    DETAILS_JSON_MAX =
        EVENT_STREAM_PAYLOAD_MAX - 65536 /* the log and the other members fit beside it */
};

struct streaming {
    struct exchange *exchange;
    struct api *api;
    bool wants_log;
    bool has_begun;
    bool is_broken; /* a part was lost for want of memory: the client must miss the end */
    const struct invocation *invocation; /* borrowed while it runs */
    struct response_stream stream;
};

/* The client has room again: the function may go on. */
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

/* `piece` is taken; NULL when there was no memory for it. */
static bool write_piece(struct streaming *streaming, struct bytes *piece)
{
    streaming->is_broken = streaming->is_broken || piece == NULL;
    if (!streaming->is_broken)
        return exchange_stream_write(streaming->exchange, piece);
    bytes_release(piece);
    return true;
}

/* One PayloadChunk message; `chunk` is taken. */
static bool write_message(struct streaming *streaming, struct bytes *chunk)
{
    struct event_stream_frame frame = {.head_length = 0};

    event_stream_payload_chunk(&frame, bytes_view(chunk));
    (void)write_piece(streaming, bytes_copy(frame.head, frame.head_length));
    (void)write_piece(streaming, chunk);
    return write_piece(streaming, bytes_copy(frame.tail, EVENT_STREAM_TAIL));
}

/* `chunk` is taken. Only one that is too large for a message, which is rare, is copied. */
static bool write_chunk(struct streaming *streaming, struct bytes *chunk)
{
    const struct bytes_view view = bytes_view(chunk);
    bool has_room = true;

    begin(streaming);
    if (view.length > 0 && view.length <= EVENT_STREAM_PAYLOAD_MAX)
        return write_message(streaming, chunk);
    for (size_t at = 0; at < view.length; at += EVENT_STREAM_PAYLOAD_MAX) {
        const size_t rest = view.length - at;

        has_room =
            write_message(streaming, bytes_copy(view.data + at, rest < EVENT_STREAM_PAYLOAD_MAX
                                                                    ? rest
                                                                    : EVENT_STREAM_PAYLOAD_MAX));
    }
    bytes_release(chunk);
    return has_room;
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

/* At most `max` bytes of the text, and no part of a character. */
static struct bytes_view cut(struct bytes_view text, size_t max)
{
    if (text.length <= max)
        return text;
    while (max > 0 && utf8_is_continuation((unsigned char)text.data[max]))
        max--;
    return (struct bytes_view){text.data, max};
}

/* The member `errorType` of the error, decoded. Returns owned; NULL for none. */
static cJSON *find_error_type(struct bytes_view error)
{
    struct bytes_view value = {NULL, 0};

    if (!json_text_check(error.data, error.length, NULL) ||
        json_walk_kind(json_walk_value(error)) != JSON_KIND_OBJECT ||
        !json_walk_member(json_walk_value(error), "errorType", &value))
        return NULL;
    return cJSON_ParseWithLength(value.data,
                                 json_walk_kind(value) == JSON_KIND_STRING ? value.length : 0);
}

/* The platform's error type, else the one that the error itself names, else Unhandled. */
static bool append_error_code(struct bytes **json, const struct outcome *outcome)
{
    cJSON *named =
        outcome->error_type[0] != '\0' ? NULL : find_error_type(bytes_view(outcome->payload));
    const char *type = named == NULL ? outcome->error_type : cJSON_GetStringValue(named);
    bool is_made;

    if (type == NULL || type[0] == '\0')
        type = "Unhandled";
    is_made = append_member(json, "ErrorCode",
                            cut((struct bytes_view){type, strlen(type)}, ERROR_CODE_MAX));
    cJSON_Delete(named);
    return is_made;
}

/* Bounded once it is JSON: escapes make up to six bytes of one. */
static bool append_error_details(struct bytes **json, struct bytes_view details)
{
    const size_t before = (*json)->length;

    if (!append_member(json, "ErrorDetails", details))
        return false;
    if ((*json)->length <= DETAILS_JSON_MAX)
        return true;
    (*json)->length = before;
    return append_member(json, "ErrorDetails", cut(details, DETAILS_JSON_MAX / SAFE_TEXT_GROWTH));
}

static struct bytes *make_complete(const struct streaming *streaming,
                                   const struct invocation *invocation)
{
    const struct outcome *outcome = &invocation->outcome;
    struct bytes *json = NULL, *message;
    bool is_made = bytes_append(&json, "{", 1);

    if (outcome->kind == OUTCOME_FUNCTION_ERROR) {
        is_made = is_made && append_error_code(&json, outcome) &&
                  append_error_details(&json, bytes_view(outcome->payload));
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

    begin(streaming);
    if (was_whole)
        (void)write_chunk(streaming, bytes_retain(invocation->outcome.payload));
    (void)write_piece(streaming, make_complete(streaming, invocation));
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
            invoke_answer_empty(exchange, api, 204);
        else
            run(exchange, api, &request);
    }
    invoke_request_clear(&request);
}
