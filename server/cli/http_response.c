#include "server/cli/http_response.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

static const char line_end[] = "\r\n", head_end[] = "\r\n\r\n";

enum {
    LINE_END = 2,
    HEAD_END = 4,
    STATUS_LINE_MIN = 12 /* "HTTP/1.1 200" */,
    NUMBER_DIGITS_MAX = 15,
    HEAD_MAX = 65536
};

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* "HTTP/1.1 200 OK" */
static bool parse_status_line(struct bytes_view text, unsigned *status)
{
    if (text.length < STATUS_LINE_MIN || memcmp(text.data, "HTTP/1.", 7) != 0 ||
        !is_digit(text.data[7]) || text.data[8] != ' ')
        return false;
    *status = 0;
    for (size_t i = 9; i < STATUS_LINE_MIN; i++) {
        if (!is_digit(text.data[i]))
            return false;
        *status = *status * 10 + (unsigned)(text.data[i] - '0');
    }
    return *status >= 100 && (text.length == STATUS_LINE_MIN || text.data[12] == ' ');
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

static struct bytes_view take_line(struct bytes_view *text)
{
    const char *const end = memmem(text->data, text->length, line_end, LINE_END);
    const struct bytes_view line = {text->data,
                                    end == NULL ? text->length : (size_t)(end - text->data)};
    const size_t taken = end == NULL ? text->length : line.length + LINE_END;

    text->data += taken;
    text->length -= taken;
    return line;
}

struct bytes_view http_response_header(const struct http_response *response, const char *name)
{
    struct bytes_view rest = response->head;
    const size_t length = strlen(name);

    while (rest.length > 0) {
        const struct bytes_view line = take_line(&rest);

        if (line.length > length && line.data[length] == ':' &&
            strncasecmp(line.data, name, length) == 0)
            return trim((struct bytes_view){line.data + length + 1, line.length - length - 1});
    }
    return (struct bytes_view){NULL, 0};
}

static int digit_value(char character)
{
    if (is_digit(character))
        return character - '0';
    if (character >= 'a' && character <= 'f')
        return character - 'a' + 10;
    return character >= 'A' && character <= 'F' ? character - 'A' + 10 : INT8_MAX;
}

/* At least one digit, and too few to overflow. */
static bool parse_number(struct bytes_view text, int base, size_t *number)
{
    *number = 0;
    if (text.length == 0 || text.length > NUMBER_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (digit_value(text.data[i]) >= base)
            return false;
        *number = *number * (size_t)base + (size_t)digit_value(text.data[i]);
    }
    return true;
}

/* The size before a chunk; extensions may follow it. */
static bool parse_chunk_size(struct bytes_view line, size_t *size)
{
    const char *const extension = memchr(line.data, ';', line.length);

    if (extension != NULL)
        line.length = (size_t)(extension - line.data);
    return parse_number(trim(line), 16, size);
}

/* Appends each chunk to `*body` unless `body` is NULL. Trailers are ignored. */
static enum http_response_status read_chunks(struct bytes_view rest, struct bytes **body)
{
    size_t size = 0;

    for (;;) {
        if (memmem(rest.data, rest.length, line_end, LINE_END) == NULL)
            return HTTP_RESPONSE_UNFINISHED;
        if (!parse_chunk_size(take_line(&rest), &size))
            return HTTP_RESPONSE_MALFORMED;
        if (size == 0)
            return HTTP_RESPONSE_WHOLE;
        if (rest.length < size + LINE_END)
            return HTTP_RESPONSE_UNFINISHED;
        if (memcmp(rest.data + size, line_end, LINE_END) != 0)
            return HTTP_RESPONSE_MALFORMED;
        if (body != NULL && !bytes_append(body, rest.data, size))
            return HTTP_RESPONSE_NO_MEMORY;
        rest.data += size + LINE_END;
        rest.length -= size + LINE_END;
    }
}

/* The first pass copies nothing: most often the body is still incomplete. */
static enum http_response_status read_chunked(struct bytes_view rest, struct bytes **body)
{
    const enum http_response_status status = read_chunks(rest, NULL);

    return status == HTTP_RESPONSE_WHOLE ? read_chunks(rest, body) : status;
}

static bool is_chunked(const struct http_response *response)
{
    static const char chunked[] = "chunked";
    const struct bytes_view coding = http_response_header(response, "Transfer-Encoding");

    return coding.length == sizeof chunked - 1 &&
           strncasecmp(coding.data, chunked, coding.length) == 0;
}

static enum http_response_status read_body(struct bytes_view rest, bool has_ended,
                                           struct http_response *response)
{
    const struct bytes_view length = http_response_header(response, "Content-Length");
    size_t size = rest.length;

    if (response->status == 204 || response->status == 304)
        return HTTP_RESPONSE_WHOLE;
    if (is_chunked(response))
        return read_chunked(rest, &response->body);
    if (length.data != NULL && !parse_number(length, 10, &size))
        return HTTP_RESPONSE_MALFORMED;
    if (rest.length < size || (length.data == NULL && !has_ended))
        return HTTP_RESPONSE_UNFINISHED;
    if (size > 0 && !bytes_append(&response->body, rest.data, size))
        return HTTP_RESPONSE_NO_MEMORY;
    return HTTP_RESPONSE_WHOLE;
}

/* Splits the status line and headers from what follows. */
static enum http_response_status take_head(struct bytes_view *rest, struct http_response *response)
{
    static const char protocol[] = "HTTP/1.";
    const size_t known = rest->length < sizeof protocol - 1 ? rest->length : sizeof protocol - 1;
    const char *const end =
        memmem(rest->data, rest->length < HEAD_MAX ? rest->length : HEAD_MAX, head_end, HEAD_END);

    if (memcmp(rest->data, protocol, known) != 0 || (end == NULL && rest->length >= HEAD_MAX))
        return HTTP_RESPONSE_MALFORMED;
    if (end == NULL)
        return HTTP_RESPONSE_UNFINISHED;
    response->head = (struct bytes_view){rest->data, (size_t)(end - rest->data)};
    rest->length -= response->head.length + HEAD_END;
    rest->data = end + HEAD_END;
    return parse_status_line(take_line(&response->head), &response->status)
               ? HTTP_RESPONSE_WHOLE
               : HTTP_RESPONSE_MALFORMED;
}

enum http_response_status http_response_parse(struct bytes_view received, bool has_ended,
                                              struct http_response *response)
{
    enum http_response_status status;

    *response = (struct http_response){.body = NULL};
    do {
        status = take_head(&received, response);
    } while (status == HTTP_RESPONSE_WHOLE && response->status < 200);
    if (status == HTTP_RESPONSE_WHOLE)
        status = read_body(received, has_ended, response);
    if (status != HTTP_RESPONSE_WHOLE)
        http_response_clear(response);
    return status;
}

void http_response_clear(struct http_response *response)
{
    bytes_release(response->body);
    *response = (struct http_response){.body = NULL};
}
