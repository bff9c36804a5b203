/*
 * http_request.h - an HTTP/1.x request as it arrives: bytes in, parts out, no sockets. llhttp does the parsing; what it
 * accepts and a Runtime API port doesn't is refused here.
 *
 * For the Runtime API ports, whose clients send heads of up to 1 MiB (X-Ray error causes) and trailers: libmicrohttpd
 * gives each connection one fixed block for its head and clears all of it for every request, which at that size costs
 * more than the request itself.
 */
#ifndef SERVER_RUNTIME_PORT_HTTP_REQUEST_H
#define SERVER_RUNTIME_PORT_HTTP_REQUEST_H

#include "base/bytes.h"
#include "third_party/llhttp/llhttp.h"

#include <stdbool.h>
#include <stdint.h>

enum { HTTP_HEADERS_MAX = 64, HTTP_HEAD_MAX = (1 << 20) + (64 << 10) };

enum http_status {
    HTTP_INCOMPLETE, /* all was used, and there must be more */
    HTTP_COMPLETE,   /* what was not used belongs to the next request */
    HTTP_MALFORMED,
    HTTP_TOO_LARGE,
    HTTP_STOPPED /* a callback has returned false */
};

/* False stops the parsing for good. */
struct http_request_callbacks {
    bool (*on_head)(void *context);
    /* The next bytes of the body, chunks already decoded; never empty. */
    bool (*on_body)(void *context, const char *data, size_t length);
};

struct http_request {
    llhttp_t parser; /* first */
    const struct http_request_callbacks *callbacks;
    void *context;

    /* Texts, each ended by NUL: the target, then name and value of each header; the same of each trailer. */
    struct bytes *head, *trailers;
    unsigned header_count;
    size_t extension_length; /* of the current chunk */
    bool has_head;
    enum http_status refusal; /* HTTP_INCOMPLETE as long as there is none */

    /* From on_head() on. */
    const char *method;
    struct bytes_view target;
    bool is_chunked;
    uint64_t content_length; /* 0 when it is chunked */
    bool keeps_alive;
    bool expects_continue;
};

void http_request_init(struct http_request *request, const struct http_request_callbacks *callbacks,
                       void *context);
void http_request_clear(struct http_request *request);

/*
 * Parses what has arrived, `*used` bytes of it. Refused as malformed: two Content-Lengths, a Content-Length beside
 * chunks, other transfer codings, chunks in HTTP/1.0, blanks before a colon, folded lines, line ends that are no CR LF,
 * control characters, a target that is no path.
 */
enum http_status http_request_feed(struct http_request *request, const char *data, size_t length,
                                   size_t *used);

/* After HTTP_COMPLETE: forgets the request, for the next one on the same connection. */
void http_request_next(struct http_request *request);

/*
 * The value of the first header of that name (compared without case), else of such a trailer; NULL for none. Ended by
 * NUL, and valid until the next request; a trailer's once the request is complete.
 */
const char *http_request_header(const struct http_request *request, const char *name);

#endif
