#include "server/runtime_port/http_request.h"

#include <string.h>
#include <strings.h>

enum {
    LINE_MAX_BYTES = 8192,
    TRAILERS_MAX_BYTES = HTTP_HEAD_MAX,
    LENGTH_DIGITS_MAX = 18,
    SIZE_DIGITS_MAX = 12
};

static bool is_token_character(char character)
{
    static const char separators[] = "()<>@,;:\\\"/[]?={} \t";

    return character > 0x20 && character < 0x7f && strchr(separators, character) == NULL;
}

static bool is_token(struct bytes_view text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (!is_token_character(text.data[i]))
            return false;
    }
    return text.length > 0;
}

static bool is_value(struct bytes_view text)
{
    for (size_t i = 0; i < text.length; i++) {
        const unsigned char byte = (unsigned char)text.data[i];

        if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
            return false;
    }
    return true;
}

/* What a request asks for: no blank, no control character. */
static bool is_target(struct bytes_view text)
{
    return text.length > 0 && text.data[0] == '/' && is_value(text) &&
           memchr(text.data, ' ', text.length) == NULL &&
           memchr(text.data, '\t', text.length) == NULL;
}

static struct bytes_view trim(struct bytes_view text)
{
    while (text.length > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.length--;
    }
    while (text.length > 0 &&
           (text.data[text.length - 1] == ' ' || text.data[text.length - 1] == '\t'))
        text.length--;
    return text;
}

static bool equals(struct bytes_view text, const char *word)
{
    return text.length == strlen(word) && strncasecmp(text.data, word, text.length) == 0;
}

static bool equals_exactly(struct bytes_view text, const char *word)
{
    return text.length == strlen(word) && memcmp(text.data, word, text.length) == 0;
}

/* Is `word` one of the elements of a comma-separated list? */
static bool list_has(struct bytes_view list, const char *word)
{
    while (list.length > 0) {
        const char *comma = memchr(list.data, ',', list.length);
        const size_t length = comma == NULL ? list.length : (size_t)(comma - list.data);

        if (equals(trim((struct bytes_view){list.data, length}), word))
            return true;
        if (comma == NULL)
            return false;
        list.data += length + 1;
        list.length -= length + 1;
    }
    return false;
}

static bool parse_length(struct bytes_view text, uint64_t *number)
{
    *number = 0;
    if (text.length == 0 || text.length > LENGTH_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *number = *number * 10 + (uint64_t)(text.data[i] - '0');
    }
    return true;
}

/* "GET /path HTTP/1.1" */
static bool parse_request_line(struct bytes_view line, struct http_request *request)
{
    const char *first = memchr(line.data, ' ', line.length);
    const char *last = memrchr(line.data, ' ', line.length);
    struct bytes_view version;

    if (first == NULL || first == last)
        return false;
    request->method = (struct bytes_view){line.data, (size_t)(first - line.data)};
    request->target = (struct bytes_view){first + 1, (size_t)(last - first - 1)};
    version = (struct bytes_view){last + 1, line.length - (size_t)(last + 1 - line.data)};
    request->is_http_1_0 = equals_exactly(version, "HTTP/1.0");
    if (!request->is_http_1_0 && !equals_exactly(version, "HTTP/1.1"))
        return false;
    return is_token(request->method) && is_target(request->target);
}

/* What a header means for the framing of the message. */
static bool apply(struct http_request *request, const struct http_header *header)
{
    if (equals(header->name, "Content-Length")) {
        if (request->has_content_length || request->is_chunked)
            return false;
        request->has_content_length = true;
        return parse_length(header->value, &request->content_length);
    }
    if (equals(header->name, "Transfer-Encoding")) {
        if (request->has_content_length || request->is_chunked || request->is_http_1_0)
            return false;
        request->is_chunked = true;
        return equals(header->value, "chunked");
    }
    if (equals(header->name, "Connection")) {
        if (list_has(header->value, "close"))
            request->keeps_alive = false;
        else if (list_has(header->value, "keep-alive"))
            request->keeps_alive = true;
    }
    if (equals(header->name, "Expect"))
        request->expects_continue = equals(header->value, "100-continue") && !request->is_http_1_0;
    return true;
}

static bool parse_header(struct bytes_view line, struct http_request *request)
{
    const char *colon = memchr(line.data, ':', line.length);
    struct http_header *header = &request->headers[request->header_count];

    if (colon == NULL || request->header_count == HTTP_HEADERS_MAX)
        return false;
    header->name = (struct bytes_view){line.data, (size_t)(colon - line.data)};
    header->value = trim((struct bytes_view){colon + 1, line.length - header->name.length - 1});
    if (!is_token(header->name) || !is_value(header->value))
        return false;
    request->header_count++;
    return apply(request, header);
}

/* The line at `*at` without its end, which must be CR LF; moves on behind it. */
static bool next_line(const char **at, const char *end, struct bytes_view *line)
{
    const char *feed = memchr(*at, '\n', (size_t)(end - *at));

    if (feed == NULL || feed == *at || feed[-1] != '\r')
        return false;
    *line = (struct bytes_view){*at, (size_t)(feed - *at) - 1};
    *at = feed + 1;
    return true;
}

/* A first line that ends in LF alone: such a client would wait for ever for the end of its head to be seen. */
static bool has_bare_feed(const char *data, size_t length)
{
    const char *feed = memchr(data, '\n', length);

    return feed != NULL && (feed == data || feed[-1] != '\r');
}

enum http_status http_request_parse(const char *data, size_t length, struct http_request *request)
{
    const char *end = memmem(data, length, "\r\n\r\n", 4);
    const char *at = data;
    struct bytes_view line;

    if (end == NULL && has_bare_feed(data, length))
        return HTTP_MALFORMED;
    if (end == NULL)
        return length > HTTP_HEAD_MAX ? HTTP_TOO_LARGE : HTTP_INCOMPLETE;
    end += 4;
    request->head_length = (size_t)(end - data);
    if (request->head_length > HTTP_HEAD_MAX)
        return HTTP_TOO_LARGE;
    request->header_count = 0;
    request->is_chunked = false;
    request->has_content_length = false;
    request->content_length = 0;
    request->expects_continue = false;
    if (!next_line(&at, end, &line) || !parse_request_line(line, request))
        return HTTP_MALFORMED;
    request->keeps_alive = !request->is_http_1_0;
    for (;;) {
        if (!next_line(&at, end, &line))
            return HTTP_MALFORMED;
        if (line.length == 0)
            return HTTP_COMPLETE;
        if (!parse_header(line, request))
            return HTTP_MALFORMED;
    }
}

struct bytes_view http_request_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (equals(request->headers[i].name, name))
            return request->headers[i].value;
    }
    return (struct bytes_view){NULL, 0};
}

static int hex_value(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'a' && character <= 'f')
        return character - 'a' + 10;
    if (character >= 'A' && character <= 'F')
        return character - 'A' + 10;
    return -1;
}

/* The line of the size is complete. */
static enum http_status begin_chunk(struct http_chunks *chunks)
{
    chunks->state = chunks->rest == 0 ? CHUNK_TRAILER : CHUNK_DATA;
    chunks->line_length = 0;
    return HTTP_INCOMPLETE;
}

static enum http_status add_digit(struct http_chunks *chunks, int digit)
{
    if (++chunks->digits > SIZE_DIGITS_MAX)
        return HTTP_MALFORMED;
    chunks->rest = chunks->rest * 16 + (unsigned)digit;
    return HTTP_INCOMPLETE;
}

/* One byte of the line "1a2b ;extension CR LF" that begins a chunk. */
static enum http_status step_size(struct http_chunks *chunks, char character)
{
    const int digit = hex_value(character);

    if (++chunks->line_length > LINE_MAX_BYTES)
        return HTTP_MALFORMED;
    if (chunks->state == CHUNK_SIZE_FEED)
        return character == '\n' ? begin_chunk(chunks) : HTTP_MALFORMED;
    if (chunks->state == CHUNK_SIZE && digit >= 0)
        return add_digit(chunks, digit);
    if (chunks->digits == 0)
        return HTTP_MALFORMED;
    if (character == '\r')
        chunks->state = CHUNK_SIZE_FEED;
    else if (chunks->state == CHUNK_EXTENSION)
        return is_value((struct bytes_view){&character, 1}) ? HTTP_INCOMPLETE : HTTP_MALFORMED;
    else if (character == ';')
        chunks->state = CHUNK_EXTENSION;
    else if (character == ' ' || character == '\t')
        chunks->state = CHUNK_SIZE_BLANK;
    else
        return HTTP_MALFORMED;
    return HTTP_INCOMPLETE;
}

static enum http_status step_data_end(struct http_chunks *chunks, char character)
{
    const char expected = chunks->line_length == 0 ? '\r' : '\n';

    if (character != expected)
        return HTTP_MALFORMED;
    if (chunks->line_length++ == 1) {
        chunks->state = CHUNK_SIZE;
        chunks->digits = 0;
        chunks->line_length = 0;
    }
    return HTTP_INCOMPLETE;
}

static enum http_status step_trailer(struct http_chunks *chunks, const char *data, size_t length,
                                     struct http_chunk_step *step)
{
    const char *feed = memchr(data, '\n', length);

    if (feed == NULL)
        return length > TRAILERS_MAX_BYTES ? HTTP_TOO_LARGE : HTTP_INCOMPLETE;
    step->used = (size_t)(feed + 1 - data);
    chunks->trailer_length += step->used;
    if (feed == data || feed[-1] != '\r')
        return HTTP_MALFORMED;
    if (chunks->trailer_length > TRAILERS_MAX_BYTES)
        return HTTP_TOO_LARGE;
    if (step->used == 2) {
        chunks->state = CHUNK_DONE;
        return HTTP_COMPLETE;
    }
    step->trailer = (struct bytes_view){data, step->used - 2};
    return HTTP_INCOMPLETE;
}

enum http_status http_chunks_step(struct http_chunks *chunks, const char *data, size_t length,
                                  struct http_chunk_step *step)
{
    *step = (struct http_chunk_step){0};
    if (chunks->state == CHUNK_DONE)
        return HTTP_COMPLETE;
    if (length == 0)
        return HTTP_INCOMPLETE;
    switch (chunks->state) {
    case CHUNK_SIZE:
    case CHUNK_SIZE_BLANK:
    case CHUNK_EXTENSION:
    case CHUNK_SIZE_FEED:
        step->used = 1;
        return step_size(chunks, data[0]);
    case CHUNK_DATA:
        step->used = length < chunks->rest ? length : (size_t)chunks->rest;
        step->data = (struct bytes_view){data, step->used};
        chunks->rest -= step->used;
        if (chunks->rest == 0)
            chunks->state = CHUNK_DATA_END;
        return HTTP_INCOMPLETE;
    case CHUNK_DATA_END:
        step->used = 1;
        return step_data_end(chunks, data[0]);
    case CHUNK_TRAILER:
        return step_trailer(chunks, data, length, step);
    case CHUNK_DONE:
        break;
    }
    return HTTP_COMPLETE;
}
