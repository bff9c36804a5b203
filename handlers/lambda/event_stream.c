#include "handlers/lambda/event_stream.h"

#include <assert.h>
#include <string.h>
#include <zlib.h>

enum {
    PRELUDE = 12,          /* two lengths and their CRC */
    HEADER_TYPE_STRING = 7 /* the only type that these messages need */
};

/* In the order that AWS sends them (captured in 2024). */
struct header {
    const char *name, *value;
};

enum { HEADER_COUNT = 3 };

static const struct header payload_chunk[HEADER_COUNT] = {
    {":event-type", "PayloadChunk"},
    {":content-type", "application/octet-stream"},
    {":message-type", "event"},
};

static const struct header invoke_complete[HEADER_COUNT] = {
    {":event-type", "InvokeComplete"},
    {":content-type", "application/json"},
    {":message-type", "event"},
};

static void put_u32(unsigned char *to, unsigned long value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* Returns the end of what was written. */
static unsigned char *put_header(unsigned char *to, const struct header *header)
{
    const size_t name_length = strlen(header->name), value_length = strlen(header->value);

    *to++ = (unsigned char)name_length;
    memcpy(to, header->name, name_length);
    to += name_length;
    *to++ = HEADER_TYPE_STRING;
    *to++ = (unsigned char)(value_length >> 8);
    *to++ = (unsigned char)value_length;
    memcpy(to, header->value, value_length);
    return to + value_length;
}

static void fill_frame(struct event_stream_frame *frame, const struct header *headers,
                       struct bytes_view payload)
{
    unsigned char *end = frame->head + PRELUDE;
    unsigned long crc;

    assert(payload.length <= EVENT_STREAM_PAYLOAD_MAX);
    for (int i = 0; i < HEADER_COUNT; i++)
        end = put_header(end, &headers[i]);
    frame->head_length = (size_t)(end - frame->head);
    assert(frame->head_length <= sizeof frame->head);

    put_u32(frame->head, frame->head_length + payload.length + EVENT_STREAM_TAIL);
    put_u32(frame->head + 4, frame->head_length - PRELUDE);
    put_u32(frame->head + 8, crc32_z(0, frame->head, 8));
    crc = crc32_z(0, frame->head, frame->head_length);
    if (payload.length > 0) /* crc32_z() returns its initial value for NULL */
        crc = crc32_z(crc, (const unsigned char *)payload.data, payload.length);
    put_u32(frame->tail, crc);
}

void event_stream_payload_chunk(struct event_stream_frame *frame, struct bytes_view payload)
{
    fill_frame(frame, payload_chunk, payload);
}

struct bytes *event_stream_invoke_complete(struct bytes_view json)
{
    struct event_stream_frame frame = {.head_length = 0};
    struct bytes *message;

    fill_frame(&frame, invoke_complete, json);
    message = bytes_new(frame.head_length + json.length + sizeof frame.tail);
    if (message == NULL || !bytes_append(&message, frame.head, frame.head_length) ||
        !bytes_append(&message, json.data, json.length) ||
        !bytes_append(&message, frame.tail, sizeof frame.tail)) {
        bytes_release(message);
        return NULL;
    }
    return message;
}
