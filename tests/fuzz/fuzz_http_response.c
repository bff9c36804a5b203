/*
 * http_response_feed(): a response that is parsed whole and byte by byte comes to the same, and stays the same when more
 * bytes follow it.
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

static bool is_same(const struct bytes *one, const struct bytes *other)
{
    const struct bytes_view left = bytes_view(one), right = bytes_view(other);

    return left.length == right.length &&
           (left.length == 0 || memcmp(left.data, right.data, left.length) == 0);
}

static void parse(struct http_response *response, const char *text, size_t length, size_t piece)
{
    http_response_init(response);
    for (size_t at = 0; at < length; at += piece)
        (void)http_response_feed(
            response, (struct bytes_view){text + at, length - at < piece ? length - at : piece});
    (void)http_response_feed(response, (struct bytes_view){NULL, 0});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size > 0 ? size : 1);
    struct http_response whole, split;

    expect(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    parse(&whole, text, size, size);
    parse(&split, text, size, 1);
    expect(whole.state == split.state);
    if (whole.state == HTTP_RESPONSE_WHOLE) {
        expect(whole.status == split.status && whole.status >= 200 && whole.status <= 999);
        expect(is_same(whole.head, split.head) && is_same(whole.body, split.body));
        expect(bytes_view(whole.body).length <= size);
        (void)http_response_header(&whole, "a");
    }
    http_response_clear(&whole);
    http_response_clear(&split);
    free(text);
    return 0;
}
