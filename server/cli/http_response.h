/*
 * http_response.h - parses an HTTP/1.1 response from the bytes received so far.
 *
 * Pure. Knows the three ways to mark the end of a body (Content-Length, chunks, end of the connection), and skips
 * interim responses (100 Continue).
 */
#ifndef SERVER_CLI_HTTP_RESPONSE_H
#define SERVER_CLI_HTTP_RESPONSE_H

#include "base/bytes.h"

struct http_response {
    unsigned status;
    struct bytes_view head; /* the header lines, in the received bytes */
    struct bytes *body;     /* owned, NULL for an empty one */
};

enum http_response_status {
    HTTP_RESPONSE_WHOLE,
    HTTP_RESPONSE_UNFINISHED, /* incomplete; truncated if the connection has ended */
    HTTP_RESPONSE_MALFORMED,
    HTTP_RESPONSE_NO_MEMORY
};

/*
 * `has_ended`: the connection has ended. Fills `response` on HTTP_RESPONSE_WHOLE only; it points into `received`. The
 * caller clears it.
 */
enum http_response_status http_response_parse(struct bytes_view received, bool has_ended,
                                              struct http_response *response);
void http_response_clear(struct http_response *response);

/* `name` in any case; the value is trimmed, its data NULL if there is no such header. */
struct bytes_view http_response_header(const struct http_response *response, const char *name);

#endif
