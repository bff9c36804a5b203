/*
 * http_response.h - an HTTP/1.x response as it arrives, parsed by llhttp; no sockets.
 *
 * Knows the three ways to mark the end of a body (Content-Length, chunks, end of the connection), and skips interim
 * responses (100 Continue).
 */
#ifndef SERVER_CLI_HTTP_RESPONSE_H
#define SERVER_CLI_HTTP_RESPONSE_H

#include "base/bytes.h"
#include "third_party/llhttp/llhttp.h"

#include <stdbool.h>

enum { HTTP_RESPONSE_HEAD_MAX = 65536 };

enum http_response_status {
    HTTP_RESPONSE_WHOLE,
    HTTP_RESPONSE_UNFINISHED, /* incomplete; truncated if the connection has ended */
    HTTP_RESPONSE_MALFORMED,
    HTTP_RESPONSE_NO_MEMORY
};

struct http_response {
    llhttp_t parser; /* first */
    unsigned status;
    struct bytes *head; /* name and value of each header, each ended by NUL */
    struct bytes *body; /* NULL for an empty one */
    enum http_response_status state;
};

void http_response_init(struct http_response *response);
void http_response_clear(struct http_response *response);

/* Parses what has arrived; no bytes: the connection has ended. What follows a whole response is ignored. */
enum http_response_status http_response_feed(struct http_response *response,
                                             struct bytes_view received);

/* `name` in any case; the value's data is NULL if there is no such header. */
struct bytes_view http_response_header(const struct http_response *response, const char *name);

#endif
