/*
 * http_request.h - the head of an HTTP/1.x request, and the chunks of its body: bytes in, parts out, no sockets.
 *
 * For the Runtime API ports, whose clients send heads of up to 1 MiB (X-Ray error causes) and trailers: libmicrohttpd
 * gives each connection one fixed block for its head and clears all of it for every request, which at that size costs
 * more than the request itself.
 */
#ifndef SERVER_RUNTIME_PORT_HTTP_REQUEST_H
#define SERVER_RUNTIME_PORT_HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum { HTTP_HEADERS_MAX = 64, HTTP_HEAD_MAX = (1 << 20) + (64 << 10) };

enum http_status { HTTP_COMPLETE, HTTP_INCOMPLETE, HTTP_MALFORMED, HTTP_TOO_LARGE };

struct http_header {
    struct bytes_view name, value;
};

/* Views into the text that was parsed. */
struct http_request {
    size_t head_length; /* with the blank line */
    struct bytes_view method, target;
    bool is_http_1_0;
    size_t header_count;
    struct http_header headers[HTTP_HEADERS_MAX];
    bool is_chunked;
    bool has_content_length;
    uint64_t content_length;
    bool keeps_alive;
    bool expects_continue;
};

/*
 * Parses what has arrived. Refused as malformed: two Content-Lengths, a Content-Length beside chunks, other transfer
 * codings, blanks before a colon, folded lines, control characters.
 */
enum http_status http_request_parse(const char *data, size_t length, struct http_request *request);

/* NULL data when there is none of that name (compared without case). */
struct bytes_view http_request_header(const struct http_request *request, const char *name);

/* A chunked body; zeroed before its first use. */
struct http_chunks {
    enum {
        CHUNK_SIZE,
        CHUNK_SIZE_BLANK, /* behind the digits */
        CHUNK_EXTENSION,
        CHUNK_SIZE_FEED, /* the CR was there, the LF must follow */
        CHUNK_DATA,
        CHUNK_DATA_END,
        CHUNK_TRAILER,
        CHUNK_DONE
    } state;
    uint64_t rest; /* of the current chunk */
    unsigned digits;
    size_t line_length;    /* of the current line */
    size_t trailer_length; /* of all trailer lines so far */
};

/* One step of a body: either some of its bytes, or a trailer line, or nothing. */
struct http_chunk_step {
    struct bytes_view data;
    struct bytes_view trailer;
    size_t used; /* of the input */
};

/*
 * Takes the next step. HTTP_COMPLETE at the end of the body; HTTP_INCOMPLETE otherwise, with `used` 0 when more input is
 * needed (a trailer line is given only when it has wholly arrived).
 */
enum http_status http_chunks_step(struct http_chunks *chunks, const char *data, size_t length,
                                  struct http_chunk_step *step);

#endif
