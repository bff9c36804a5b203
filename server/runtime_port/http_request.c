#include "server/runtime_port/http_request.h"

#include <string.h>
#include <strings.h>

enum { EXTENSION_MAX = 8192 /* bytes of what follows a chunk's size */ };

static struct http_request *request_of(llhttp_t *parser)
{
    return (struct http_request *)parser;
}

static int refuse(struct http_request *request, enum http_status refusal)
{
    request->refusal = refusal;
    return -1;
}

/* ---- texts ---- */

/* Trailers come when the values of headers may be in use already, and those must not move. */
static struct bytes **texts_of(struct http_request *request)
{
    return request->has_head ? &request->trailers : &request->head;
}

static int add_text(struct http_request *request, const char *text, size_t length)
{
    struct bytes **texts = texts_of(request);

    if (bytes_view(*texts).length + length > HTTP_HEAD_MAX)
        return refuse(request, HTTP_TOO_LARGE);
    return bytes_append(texts, text, length) ? 0 : refuse(request, HTTP_STOPPED);
}

static int on_text(llhttp_t *parser, const char *text, size_t length)
{
    return add_text(request_of(parser), text, length);
}

static int on_text_complete(llhttp_t *parser)
{
    return add_text(request_of(parser), "", 1);
}

static int on_name_complete(llhttp_t *parser)
{
    struct http_request *request = request_of(parser);

    if (++request->header_count > HTTP_HEADERS_MAX)
        return refuse(request, HTTP_MALFORMED);
    return on_text_complete(parser);
}

/* llhttp leaves the blanks behind a value. */
static int on_value_complete(llhttp_t *parser)
{
    struct bytes *texts = *texts_of(request_of(parser));

    while (texts->data[texts->length - 1] == ' ' || texts->data[texts->length - 1] == '\t')
        texts->length--;
    return on_text_complete(parser);
}

static const char *find(const struct bytes *texts, size_t begin, const char *name)
{
    const char *at = texts == NULL ? NULL : texts->data + begin;
    const char *end = texts == NULL ? NULL : texts->data + texts->length;

    while (at < end) {
        const char *value = at + strlen(at) + 1;

        if (strcasecmp(at, name) == 0)
            return value;
        at = value + strlen(value) + 1;
    }
    return NULL;
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    const char *value = find(request->head, request->target.length + 1, name);

    return value != NULL ? value : find(request->trailers, 0, name);
}

/* ---- the head ---- */

static bool header_is(const struct http_request *request, const char *name, const char *value)
{
    const char *actual = http_request_header(request, name);

    return actual != NULL && strcasecmp(actual, value) == 0;
}

/* llhttp takes any list of codings that ends in chunked. */
static bool is_well_framed(const struct http_request *request, bool is_http_1_1)
{
    if (http_request_header(request, "Transfer-Encoding") == NULL)
        return true;
    return request->is_chunked && is_http_1_1 &&
           header_is(request, "Transfer-Encoding", "chunked") &&
           http_request_header(request, "Content-Length") == NULL;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct http_request *request = request_of(parser);
    const bool is_http_1_1 = parser->http_minor == 1;

    request->has_head = true;
    request->target = (struct bytes_view){request->head->data, strlen(request->head->data)};
    request->method = llhttp_method_name((llhttp_method_t)parser->method);
    request->is_chunked = (parser->flags & F_CHUNKED) != 0;
    request->content_length = request->is_chunked ? 0 : parser->content_length;
    request->keeps_alive = llhttp_should_keep_alive(parser) != 0;
    request->expects_continue = is_http_1_1 && header_is(request, "Expect", "100-continue");
    parser->upgrade = 0; /* to nothing that is spoken here */
    if (parser->http_major != 1 || parser->http_minor > 1 || request->target.data[0] != '/' ||
        !is_well_framed(request, is_http_1_1))
        return refuse(request, HTTP_MALFORMED);
    return request->callbacks->on_head(request->context) ? 0 : refuse(request, HTTP_STOPPED);
}

/* ---- the body ---- */

static int on_body(llhttp_t *parser, const char *data, size_t length)
{
    struct http_request *request = request_of(parser);

    return request->callbacks->on_body(request->context, data, length)
               ? 0
               : refuse(request, HTTP_STOPPED);
}

static int on_chunk_header(llhttp_t *parser)
{
    request_of(parser)->extension_length = 0;
    return 0;
}

static int on_extension(llhttp_t *parser, const char *text, size_t length)
{
    struct http_request *request = request_of(parser);

    (void)text;
    request->extension_length += length + 1;
    return request->extension_length <= EXTENSION_MAX ? 0 : refuse(request, HTTP_MALFORMED);
}

static int on_message_complete(llhttp_t *parser)
{
    (void)parser;
    return HPE_PAUSED; /* what follows is the next request */
}

static const llhttp_settings_t settings = {
    .on_url = on_text,
    .on_url_complete = on_text_complete,
    .on_header_field = on_text,
    .on_header_field_complete = on_name_complete,
    .on_header_value = on_text,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_chunk_header = on_chunk_header,
    .on_chunk_extension_name = on_extension,
    .on_chunk_extension_value = on_extension,
    .on_message_complete = on_message_complete,
};

/* ---- the whole ---- */

static void forget(struct http_request *request)
{
    bytes_release(request->head);
    bytes_release(request->trailers);
    request->head = NULL;
    request->trailers = NULL;
    request->header_count = 0;
    request->has_head = false;
}

void http_request_init(struct http_request *request, const struct http_request_callbacks *callbacks,
                       void *context)
{
    *request = (struct http_request){.callbacks = callbacks, .context = context};
    llhttp_init(&request->parser, HTTP_REQUEST, &settings);
}

void http_request_clear(struct http_request *request)
{
    forget(request);
}

enum http_status http_request_feed(struct http_request *request, const char *data, size_t length,
                                   size_t *used)
{
    const llhttp_errno_t error = llhttp_execute(&request->parser, data, length);

    *used = length;
    if (error == HPE_OK)
        return HTTP_INCOMPLETE;
    *used = (size_t)(llhttp_get_error_pos(&request->parser) - data);
    if (error == HPE_PAUSED)
        return HTTP_COMPLETE;
    return request->refusal != HTTP_INCOMPLETE ? request->refusal : HTTP_MALFORMED;
}

void http_request_next(struct http_request *request)
{
    forget(request);
    llhttp_resume(&request->parser);
}
