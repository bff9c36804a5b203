#include "server/cli/http_response.h"

#include <string.h>
#include <strings.h>

static struct http_response *response_of(llhttp_t *parser)
{
    return (struct http_response *)parser;
}

static int fail(struct http_response *response, enum http_response_status state)
{
    response->state = state;
    return -1;
}

static int on_text(llhttp_t *parser, const char *text, size_t length)
{
    struct http_response *response = response_of(parser);

    if (bytes_view(response->head).length + length > HTTP_RESPONSE_HEAD_MAX)
        return fail(response, HTTP_RESPONSE_MALFORMED);
    return bytes_append(&response->head, text, length) ? 0
                                                       : fail(response, HTTP_RESPONSE_NO_MEMORY);
}

static int on_text_complete(llhttp_t *parser)
{
    return on_text(parser, "", 1);
}

/* llhttp leaves the blanks behind a value. */
static int on_value_complete(llhttp_t *parser)
{
    struct bytes *head = response_of(parser)->head;

    while (head->data[head->length - 1] == ' ' || head->data[head->length - 1] == '\t')
        head->length--;
    return on_text_complete(parser);
}

static int on_headers_complete(llhttp_t *parser)
{
    struct http_response *response = response_of(parser);

    response->status = parser->status_code;
    parser->upgrade = 0; /* none was asked for */
    return parser->http_major == 1 && response->status >= 100
               ? 0
               : fail(response, HTTP_RESPONSE_MALFORMED);
}

static int on_body(llhttp_t *parser, const char *data, size_t length)
{
    struct http_response *response = response_of(parser);

    return bytes_append(&response->body, data, length) ? 0
                                                       : fail(response, HTTP_RESPONSE_NO_MEMORY);
}

static int on_message_complete(llhttp_t *parser)
{
    struct http_response *response = response_of(parser);

    if (response->status >= 200) {
        response->state = HTTP_RESPONSE_WHOLE;
        return HPE_PAUSED;
    }
    bytes_release(response->head);
    response->head = NULL;
    return 0;
}

static const llhttp_settings_t settings = {
    .on_header_field = on_text,
    .on_header_field_complete = on_text_complete,
    .on_header_value = on_text,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void http_response_init(struct http_response *response)
{
    *response = (struct http_response){.state = HTTP_RESPONSE_UNFINISHED};
    llhttp_init(&response->parser, HTTP_RESPONSE, &settings);
}

void http_response_clear(struct http_response *response)
{
    bytes_release(response->head);
    bytes_release(response->body);
    http_response_init(response);
}

enum http_response_status http_response_feed(struct http_response *response,
                                             struct bytes_view received)
{
    if (response->state != HTTP_RESPONSE_UNFINISHED)
        return response->state;
    if (received.length == 0)
        (void)llhttp_finish(&response->parser); /* a body without a length is whole now */
    else if (llhttp_execute(&response->parser, received.data, received.length) != HPE_OK &&
             response->state == HTTP_RESPONSE_UNFINISHED)
        response->state = HTTP_RESPONSE_MALFORMED;
    return response->state;
}

struct bytes_view http_response_header(const struct http_response *response, const char *name)
{
    const struct bytes_view head = bytes_view(response->head);
    const char *at = head.data;

    while (at < head.data + head.length) {
        const char *value = at + strlen(at) + 1;

        if (strcasecmp(at, name) == 0)
            return (struct bytes_view){value, strlen(value)};
        at = value + strlen(value) + 1;
    }
    return (struct bytes_view){NULL, 0};
}
