/*
 * RESPONSE_STREAM: the response goes out while the function writes it. What a runtime calls HTTP_TYPE begins with a
 * prelude, JSON of status, headers and cookies, and 8 NUL bytes; any other stream is a body of the runtime's content type.
 * The response of a handler that doesn't stream is sent as it is, whatever its JSON says (recorded by LocalStack's tests
 * against AWS).
 */
#include "handlers/url/url_internal.h"

#include "runtime/dispatch/history.h"

#include <stdlib.h>
#include <string.h>

enum { PRELUDE_MAX = 256 << 10, NULS = 8 };

static const char http_type[] = "application/vnd.awslambda.http-integration-response";

enum phase {
    STREAM_AWAITED,
    STREAM_PRELUDE, /* what has come of it is kept */
    STREAM_BODY,    /* status and headers are out */
    STREAM_REFUSED  /* the exchange has been answered; the rest is discarded */
};

struct url_streaming {
    struct url_waiting waiting;
    enum phase phase;
    bool is_broken; /* a part was lost for want of memory: the client must miss the end */
    struct bytes *prelude;
    const struct invocation *invocation; /* borrowed while it runs */
    struct response_stream stream;
};

/* The client has room again: the function may go on. */
static void on_room(void *context)
{
    struct url_streaming *streaming = context;

    if (streaming->stream.resume != NULL)
        streaming->stream.resume(streaming->stream.maker);
}

/* ---- the beginning ---- */

static void begin(struct url_streaming *streaming, struct url_answer *answer)
{
    const struct url_waiting *waiting = &streaming->waiting;

    url_finish(waiting->exchange, waiting->api, waiting->cors, streaming->invocation->trace_header,
               answer);
    exchange_stream_begin(waiting->exchange,
                          &(struct answer){.status = answer->status,
                                           .headers = answer->headers,
                                           .header_count = answer->header_count},
                          on_room, streaming);
    url_answer_clear(answer);
    streaming->phase = STREAM_BODY;
}

static void begin_plain(struct url_streaming *streaming, const char *content_type)
{
    struct url_answer answer = {.status = 200};

    (void)url_answer_add(&answer, "Content-Type", content_type);
    begin(streaming, &answer);
}

static void refuse(struct url_streaming *streaming, const char *problem)
{
    url_answer_bad_response(&streaming->waiting, streaming->invocation, problem);
    streaming->phase = STREAM_REFUSED;
}

static void begin_by_prelude(struct url_streaming *streaming, struct bytes_view prelude)
{
    struct url_answer answer;

    if (url_answer_read_prelude(&answer, prelude))
        begin(streaming, &answer);
    else
        refuse(streaming, answer.problem);
    url_answer_clear(&answer);
}

/* ---- pieces ---- */

/* `piece` is taken; NULL when there was no memory for it. */
static bool write_piece(struct url_streaming *streaming, struct bytes *piece)
{
    streaming->is_broken = streaming->is_broken || piece == NULL;
    if (streaming->phase == STREAM_BODY && !streaming->is_broken)
        return exchange_stream_write(streaming->waiting.exchange, piece);
    bytes_release(piece);
    return true;
}

/* Where the 8 NUL bytes are; they aren't before `from`. NULL for nowhere yet. */
static const char *find_nuls(struct bytes_view text, size_t from)
{
    static const char nuls[NULS] = {0};

    return memmem(text.data + from, text.length - from, nuls, sizeof nuls);
}

/* `chunk` is taken. */
static bool take_prelude(struct url_streaming *streaming, struct bytes *chunk)
{
    const size_t before = bytes_view(streaming->prelude).length;
    const bool is_kept =
        bytes_append(&streaming->prelude, chunk->data, chunk->length); /* and what is behind */
    const struct bytes_view text = bytes_view(streaming->prelude);
    const char *nuls = is_kept ? find_nuls(text, before > NULS ? before - (NULS - 1) : 0) : NULL;
    bool has_room = true;

    bytes_release(chunk);
    if (nuls != NULL) {
        const size_t length = (size_t)(nuls - text.data);
        const size_t rest = text.length - length - NULS;

        begin_by_prelude(streaming, (struct bytes_view){text.data, length});
        if (rest > 0)
            has_room = write_piece(streaming, bytes_copy(nuls + NULS, rest));
        bytes_release(streaming->prelude);
        streaming->prelude = NULL;
    } else if (!is_kept || text.length > PRELUDE_MAX) {
        refuse(streaming, "its stream doesn't begin with JSON and 8 NUL bytes");
    }
    return has_room;
}

static bool on_chunk(struct bytes *chunk, void *context)
{
    struct url_streaming *streaming = context;

    history_streamed(streaming->invocation, bytes_view(chunk));
    if (bytes_view(chunk).length == 0) {
        bytes_release(chunk);
        return true;
    }
    if (streaming->phase == STREAM_AWAITED) {
        if (strcmp(streaming->stream.content_type, http_type) == 0)
            streaming->phase = STREAM_PRELUDE;
        else
            begin_plain(streaming, streaming->stream.content_type);
    }
    return streaming->phase == STREAM_PRELUDE ? take_prelude(streaming, chunk)
                                              : write_piece(streaming, chunk);
}

/* ---- the end ---- */

/* Nothing has come in pieces. */
static void send_whole(struct url_streaming *streaming, const struct invocation *invocation)
{
    const char *type = streaming->stream.content_type;
    struct url_answer answer = {.status = 200, .body = bytes_retain(invocation->outcome.payload)};

    if (type[0] == '\0')
        type = "application/json";
    else if (strcmp(type, http_type) == 0)
        type = "application/octet-stream";
    (void)url_answer_add(&answer, "Content-Type", type);
    url_send(streaming->waiting.exchange, streaming->waiting.api, streaming->waiting.cors,
             invocation->trace_header, &answer);
}

static void finish(struct url_streaming *streaming, const struct invocation *invocation)
{
    const bool is_good = invocation->outcome.kind == OUTCOME_SUCCEEDED;

    switch (streaming->phase) {
    case STREAM_AWAITED:
        if (is_good)
            send_whole(streaming, invocation);
        else
            url_answer_outcome(&streaming->waiting, invocation);
        break;
    case STREAM_PRELUDE:
        if (is_good)
            refuse(streaming, "its stream ended before the 8 NUL bytes behind the JSON");
        else
            url_answer_outcome(&streaming->waiting, invocation);
        break;
    case STREAM_BODY:
        if (is_good && !streaming->is_broken)
            exchange_stream_end(streaming->waiting.exchange);
        else
            exchange_stream_abort(streaming->waiting.exchange);
        break;
    case STREAM_REFUSED:
        break;
    }
}

static void on_done(struct invocation *invocation, void *context)
{
    struct url_streaming *streaming = context;

    streaming->invocation = invocation;
    finish(streaming, invocation);
    bytes_release(streaming->prelude);
    invocation_free(invocation);
    free(streaming);
}

void url_run_streamed(const struct url_request *request, struct exchange *exchange, struct api *api)
{
    struct url_streaming *streaming = calloc(1, sizeof *streaming);
    struct invocation *invocation =
        streaming == NULL ? NULL : invoke_request_invocation(&request->invoke, exchange, api);
    enum dispatch_status status = DISPATCH_NO_MEMORY;

    if (invocation != NULL) {
        streaming->waiting =
            (struct url_waiting){exchange, api, request->door, request->cors, request->format};
        streaming->invocation = invocation;
        streaming->stream.on_chunk = on_chunk;
        streaming->stream.context = streaming;
        invocation->stream = &streaming->stream;
        status = dispatcher_submit(api->dispatcher, invocation, on_done, streaming);
    }
    if (status == DISPATCH_ACCEPTED)
        return; /* cppcheck-suppress memleak ; on_done() frees it */
    invocation_free(invocation);
    free(streaming);
    url_refuse(request, exchange, api, status);
}
