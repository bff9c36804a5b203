/*
 * event_stream.h - messages of application/vnd.amazon.eventstream, the body of InvokeWithResponseStream.
 *
 * Bytes only, no HTTP. A message is: its length, the length of its headers, and a CRC of these two; the headers; the
 * payload; a CRC of all that. Numbers are big-endian. A payload is not copied: send the head, the payload, the tail.
 */
#ifndef HANDLERS_LAMBDA_EVENT_STREAM_H
#define HANDLERS_LAMBDA_EVENT_STREAM_H

#include "base/bytes.h"

enum {
    EVENT_STREAM_HEAD_MAX = 128,        /* bytes of the longest head */
    EVENT_STREAM_TAIL = 4,              /* bytes of every tail */
    EVENT_STREAM_PAYLOAD_MAX = 16777216 /* SDKs refuse messages with more */
};

/* What comes before and after the payload of one message. */
struct event_stream_frame {
    size_t head_length;
    unsigned char head[EVENT_STREAM_HEAD_MAX];
    unsigned char tail[EVENT_STREAM_TAIL];
};

/*
 * The frame of a part of the function's response. The payload, of at most EVENT_STREAM_PAYLOAD_MAX bytes, may be empty.
 * It is read for its CRC only.
 */
void event_stream_payload_chunk(struct event_stream_frame *frame, struct bytes_view payload);

/*
 * The last message of a stream, whole. `json` has the members ErrorCode, ErrorDetails and LogResult, as far as they
 * apply, so it is at least "{}". Returns owned (one reference); NULL when out of memory.
 */
struct bytes *event_stream_invoke_complete(struct bytes_view json);

#endif
