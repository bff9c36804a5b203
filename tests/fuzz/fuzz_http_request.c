/*
 * http_request_parse() and http_chunks_step(): what was parsed must lie inside the input, every shorter head is no
 * complete one, and a chunked body gives the same bytes whole and byte by byte.
 */
#include "server/runtime_port/http_request.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

static bool is_inside(struct bytes_view view, const char *text, size_t length)
{
    return view.data >= text && view.length <= length &&
           (size_t)(view.data - text) <= length - view.length;
}

static void check_head(const char *text, size_t length)
{
    struct http_request request, shorter;

    if (http_request_parse(text, length, &request) != HTTP_COMPLETE)
        return;
    expect(request.head_length >= 4 && request.head_length <= length);
    expect(memcmp(text + request.head_length - 4, "\r\n\r\n", 4) == 0);
    expect(is_inside(request.method, text, length) && is_inside(request.target, text, length));
    expect(request.method.length > 0 && request.target.length > 0 && request.target.data[0] == '/');
    expect(request.header_count <= HTTP_HEADERS_MAX);
    expect(!request.is_chunked || !request.has_content_length);
    for (size_t i = 0; i < request.header_count; i++) {
        const struct http_header *header = &request.headers[i];

        expect(is_inside(header->name, text, length) && is_inside(header->value, text, length));
        expect(memchr(header->value.data, '\n', header->value.length) == NULL);
        expect(memchr(header->value.data, '\0', header->value.length) == NULL);
    }
    for (size_t i = request.head_length < 64 ? 0 : request.head_length - 64;
         i < request.head_length; i++)
        expect(http_request_parse(text, i, &shorter) != HTTP_COMPLETE);
}

/* Decodes; `piece` bytes arrive at a time. Returns the bytes of the body. */
static struct bytes *decode(const char *text, size_t length, size_t piece, enum http_status *status,
                            size_t *used)
{
    struct http_chunks chunks = {.rest = 0};
    struct bytes *body = NULL;
    size_t arrived = 0;

    *used = 0;
    *status = HTTP_INCOMPLETE;
    while (*status == HTTP_INCOMPLETE) {
        struct http_chunk_step step;

        *status = http_chunks_step(&chunks, text + *used, arrived - *used, &step);
        expect(step.used <= arrived - *used && step.data.length <= step.used &&
               step.trailer.length <= step.used);
        expect(step.data.length == 0 || is_inside(step.data, text + *used, step.used));
        expect(step.trailer.length == 0 || is_inside(step.trailer, text + *used, step.used));
        expect(bytes_append(&body, step.data.data, step.data.length));
        *used += step.used;
        if (*status != HTTP_INCOMPLETE || step.used > 0)
            continue;
        if (arrived == length)
            break;
        arrived = length - arrived < piece ? length : arrived + piece;
    }
    return body;
}

static void check_body(const char *text, size_t length)
{
    enum http_status whole_status, split_status;
    size_t whole_used, split_used;
    struct bytes *whole = decode(text, length, length, &whole_status, &whole_used);
    struct bytes *split = decode(text, length, 1, &split_status, &split_used);

    expect(whole_status == split_status && whole_used == split_used);
    expect(bytes_view(whole).length == bytes_view(split).length);
    expect(memcmp(bytes_view(whole).data, bytes_view(split).data, bytes_view(whole).length) == 0);
    bytes_release(whole);
    bytes_release(split);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size > 0 ? size : 1);

    expect(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    check_head(text, size);
    check_body(text, size);
    free(text);
    return 0;
}
