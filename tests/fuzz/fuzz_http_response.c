/*
 * http_response_parse(): an answer that is whole stays the same when more bytes follow, is found whole at no earlier end
 * than its own, and its parts lie in what was received.
 */
#include "server/cli/http_response.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

static bool is_same(struct bytes_view one, struct bytes_view other)
{
    return one.length == other.length && memcmp(one.data, other.data, one.length) == 0;
}

static void check_whole(const char *text, size_t length, const struct http_response *response)
{
    const struct bytes_view value = http_response_header(response, "a");

    expect(response->status >= 200 && response->status <= 999);
    expect(response->head.data >= text &&
           response->head.data + response->head.length <= text + length);
    expect(value.data == NULL ||
           (value.data >= text && value.data + value.length <= text + length));
    expect(bytes_view(response->body).length <= length);
}

/* The same, but for the last byte. */
static void check_shorter(const char *text, size_t length, const struct http_response *response)
{
    struct http_response shorter;

    if (http_response_parse((struct bytes_view){text, length - 1}, false, &shorter) ==
        HTTP_RESPONSE_WHOLE)
        expect(shorter.status == response->status &&
               is_same(bytes_view(shorter.body), bytes_view(response->body)));
    http_response_clear(&shorter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size > 0 ? size : 1);
    struct http_response open, ended;
    enum http_response_status open_status, ended_status;

    expect(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    open_status = http_response_parse((struct bytes_view){text, size}, false, &open);
    ended_status = http_response_parse((struct bytes_view){text, size}, true, &ended);
    expect(open_status == ended_status || open_status == HTTP_RESPONSE_UNFINISHED);
    if (ended_status == HTTP_RESPONSE_WHOLE)
        check_whole(text, size, &ended);
    if (open_status == HTTP_RESPONSE_WHOLE) {
        expect(is_same(bytes_view(open.body), bytes_view(ended.body)));
        check_shorter(text, size, &open);
    }
    http_response_clear(&open);
    http_response_clear(&ended);
    free(text);
    return 0;
}
