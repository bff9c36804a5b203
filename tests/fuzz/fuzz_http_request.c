/*
 * http_request_feed(): requests that follow each other are parsed whole and byte by byte, and must come to the same:
 * the same parts, the same bytes used, the same end.
 */
#include "server/runtime_port/http_request.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What came of it, as a text. */
struct parsed {
    struct http_request request;
    struct bytes *told;
    uint64_t body_length;
};

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

static bool on_head(void *context)
{
    struct parsed *parsed = context;
    const struct http_request *request = &parsed->request;

    parsed->body_length = 0;
    expect(request->target.length > 0 && request->target.data[0] == '/');
    expect(request->header_count <= HTTP_HEADERS_MAX);
    expect(!request->is_chunked || request->content_length == 0);
    expect(request->is_chunked || http_request_header(request, "Transfer-Encoding") == NULL);
    expect(bytes_format(&parsed->told, "%s %s %d %llu %d %d ", request->method,
                        request->target.data, request->is_chunked,
                        (unsigned long long)request->content_length, request->keeps_alive,
                        request->expects_continue));
    return true;
}

static bool on_body(void *context, const char *data, size_t length)
{
    struct parsed *parsed = context;

    parsed->body_length += length;
    expect(length > 0);
    expect(parsed->request.is_chunked || parsed->body_length <= parsed->request.content_length);
    expect(bytes_append(&parsed->told, data, length));
    return true;
}

static void tell_texts(struct parsed *parsed, const struct bytes *texts)
{
    const struct bytes_view view = bytes_view(texts);

    expect(view.length == 0 || view.data[view.length - 1] == '\0');
    expect(view.length == 0 || memchr(view.data, '\n', view.length) == NULL);
    expect(bytes_append(&parsed->told, view.data, view.length));
}

/* `piece` bytes arrive at a time. Returns owned. */
static struct bytes *parse(const char *text, size_t length, size_t piece)
{
    static const struct http_request_callbacks callbacks = {on_head, on_body};
    struct parsed parsed = {.told = NULL};
    enum http_status status = HTTP_INCOMPLETE;
    size_t at = 0;

    http_request_init(&parsed.request, &callbacks, &parsed);
    while (at < length && (status == HTTP_INCOMPLETE || status == HTTP_COMPLETE)) {
        size_t used;

        status = http_request_feed(&parsed.request, text + at,
                                   length - at < piece ? length - at : piece, &used);
        expect(used <= length - at && used <= piece);
        expect(used > 0 || status != HTTP_INCOMPLETE);
        at += used;
        if (status != HTTP_COMPLETE)
            continue;
        tell_texts(&parsed, parsed.request.head);
        tell_texts(&parsed, parsed.request.trailers);
        expect(bytes_format(&parsed.told, " at %zu\n", at));
        if (!parsed.request.keeps_alive)
            break;
        http_request_next(&parsed.request);
    }
    expect(status != HTTP_STOPPED);
    expect(bytes_format(&parsed.told, "%d", (int)status));
    http_request_clear(&parsed.request);
    return parsed.told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size > 0 ? size : 1);
    struct bytes *whole, *split;

    expect(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    whole = parse(text, size, size);
    split = parse(text, size, 1);
    expect(whole->length == split->length);
    expect(memcmp(whole->data, split->data, whole->length) == 0);
    bytes_release(whole);
    bytes_release(split);
    free(text);
    return 0;
}
