/*
 * http_response.h - an HTTP/1.1 answer taken apart, from as many bytes of it as have come.
 *
 * Pure. Knows the three ways to say where a body ends (Content-Length, chunks, the connection's end), and leaves out
 * interim answers (100 Continue).
 */
#ifndef SERVER_CLI_HTTP_RESPONSE_H
#define SERVER_CLI_HTTP_RESPONSE_H

#include "base/bytes.h"

struct http_response {
    unsigned status;
    struct bytes_view head; /* of the received bytes: the header lines */
    struct bytes *body;     /* owned, NULL for an empty one */
};

enum http_response_status {
    HTTP_RESPONSE_WHOLE,
    HTTP_RESPONSE_UNFINISHED, /* more must come; at the connection's end: it was cut off */
    HTTP_RESPONSE_MALFORMED,
    HTTP_RESPONSE_NO_MEMORY
};

/*
 * `has_ended`: nothing comes any more. Fills `response` on HTTP_RESPONSE_WHOLE only; `received` must outlive it, and the
 * caller clears it.
 */
enum http_response_status http_response_parse(struct bytes_view received, bool has_ended,
                                              struct http_response *response);
void http_response_clear(struct http_response *response);

/* Of any case; without the white space around it. Its data is NULL where there is no such header. */
struct bytes_view http_response_header(const struct http_response *response, const char *name);

#endif
