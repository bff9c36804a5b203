#include "base/json/json_writer.h"

#include "base/clock.h"
#include "base/json/json_string.h"
#include "base/json/json_text.h"
#include "base/short_text.h"

#include <stdio.h>
#include <string.h>

static void append(struct json_writer *writer, const char *data, size_t length)
{
    if (!writer->is_short && !bytes_append(&writer->body, data, length))
        writer->is_short = true;
}

/* Before a value or a key: a comma, unless it is the first one here, or the value of a key. */
static void begin(struct json_writer *writer)
{
    const struct bytes_view body = bytes_view(writer->body);
    char last = '[';

    if (body.length > 0)
        last = body.data[body.length - 1];
    if (last != '[' && last != '{' && last != ':')
        append(writer, ",", 1);
}

void json_open(struct json_writer *writer, char bracket)
{
    begin(writer);
    append(writer, &bracket, 1);
}

void json_close(struct json_writer *writer, char bracket)
{
    append(writer, &bracket, 1);
}

void json_key(struct json_writer *writer, const char *key)
{
    json_text(writer, key);
    append(writer, ":", 1);
}

void json_key_view(struct json_writer *writer, struct bytes_view key)
{
    json_string(writer, key);
    append(writer, ":", 1);
}

void json_text(struct json_writer *writer, const char *text)
{
    if (text == NULL)
        json_null(writer);
    else
        json_string(writer, (struct bytes_view){text, strlen(text)});
}

void json_string(struct json_writer *writer, struct bytes_view text)
{
    begin(writer);
    if (!writer->is_short && !json_string_append(&writer->body, text))
        writer->is_short = true;
}

static void literal(struct json_writer *writer, const char *text)
{
    begin(writer);
    append(writer, text, strlen(text));
}

void json_null(struct json_writer *writer)
{
    literal(writer, "null");
}

void json_bool(struct json_writer *writer, bool value)
{
    literal(writer, value ? "true" : "false");
}

void json_integer(struct json_writer *writer, int64_t value)
{
    char memory[24];
    struct short_text text;

    short_text_begin(&text, memory, sizeof memory);
    if (value < 0)
        short_text_put(&text, "-");
    short_text_put_number(&text, value < 0 ? -(uint64_t)value : (uint64_t)value);
    begin(writer);
    append(writer, text.text, text.length);
}

void json_decimal(struct json_writer *writer, double value)
{
    begin(writer);
    if (!writer->is_short && !bytes_format(&writer->body, "%.2f", value))
        writer->is_short = true;
}

void json_thousandths(struct json_writer *writer, double value)
{
    char text[64];
    int length = snprintf(text, sizeof text, "%.3f", value);

    while (length > 0 && text[length - 1] == '0')
        length--;
    length -= length > 0 && text[length - 1] == '.';
    begin(writer);
    append(writer, text, (size_t)length);
}

void json_time(struct json_writer *writer, int64_t epoch_ms)
{
    char text[CLOCK_TEXT_SIZE];

    clock_format(epoch_ms, text);
    json_text(writer, text);
}

/* `text` is JSON. */
static bool is_too_deep(struct bytes_view text)
{
    const char *const end = text.data + text.length;
    bool is_in_string = false;
    size_t depth = 0;

    for (const char *at = text.data; at < end; at++) {
        if (*at == '\\')
            at++; /* only strings have any */
        else if (*at == '"')
            is_in_string = !is_in_string;
        else if (!is_in_string && (*at == '[' || *at == '{') && ++depth > JSON_VALUE_DEPTH_MAX)
            return true;
        else if (!is_in_string && (*at == ']' || *at == '}'))
            depth--;
    }
    return false;
}

static struct bytes_view trimmed(struct bytes_view text)
{
    while (text.length > 0 && strchr(" \t\r\n", text.data[text.length - 1]) != NULL)
        text.length--;
    return text;
}

void json_value_or_string(struct json_writer *writer, struct bytes_view text)
{
    if (!json_text_check(text.data, text.length, NULL) || is_too_deep(text)) {
        json_string(writer, text);
        return;
    }
    begin(writer);
    text = trimmed(text);
    append(writer, text.data, text.length);
}

struct bytes *json_writer_take(struct json_writer *writer)
{
    struct bytes *body = writer->body;

    if (writer->is_short) {
        bytes_release(body);
        body = NULL;
    }
    *writer = (struct json_writer){0};
    return body;
}
