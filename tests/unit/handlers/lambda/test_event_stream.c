#include "handlers/lambda/event_stream.h"
#include "tests/support/unit.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Both messages were read back by botocore's EventStreamBuffer. */
static const char hello_chunk[] = "0000006f0000005af5fe871f0b3a6576656e742d7479706507000c5061796c6f"
                                  "61644368756e6b0d3a636f6e74656e742d74797065070018"
                                  "6170706c69636174696f6e2f6f637465742d73747265616d0d3a6d6573736167"
                                  "652d747970650700056576656e7468656c6c6f29e71260";
static const char empty_complete[] =
    "00000066000000541f56c8690b3a6576656e742d7479706507000e496e766f6b65436f6d706c6574650d3a636f6e74"
    "656e742d7479706507"
    "00106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b7d7006d467";

static void to_hex(const void *data, size_t length, char *hex)
{
    const unsigned char *const bytes = data;

    for (size_t i = 0; i < length; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

static struct bytes_view view_of(const char *text)
{
    return (struct bytes_view){text, strlen(text)};
}

/* Bit by bit, so that it shares nothing with zlib. */
static uint32_t crc_of(const unsigned char *data, size_t length)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < length; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? UINT32_C(0xEDB88320) : 0);
    }
    return ~crc;
}

static uint32_t u32_at(const unsigned char *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

/* Reads the header at `at` as "name=value"; returns where the next one begins. */
static size_t read_header(const unsigned char *message, size_t at, char *header, size_t size)
{
    const int name_length = message[at];
    const unsigned char *const name = message + at + 1, *const type = name + name_length;
    const int value_length = type[1] << 8 | type[2];

    ck_assert_int_eq(type[0], 7);
    snprintf(header, size, "%.*s=%.*s", name_length, (const char *)name, value_length,
             (const char *)type + 3);
    return at + 1 + (size_t)name_length + 3 + (size_t)value_length;
}

/* Fails unless `message` is one whole message with just these headers and that payload. */
static void check_message(const unsigned char *message, size_t length, const char *const *headers,
                          struct bytes_view payload)
{
    char header[100];
    size_t at = 12;

    ck_assert_uint_eq(u32_at(message), length);
    ck_assert_uint_eq(u32_at(message + 8), crc_of(message, 8));
    for (int i = 0; i < 3; i++) {
        at = read_header(message, at, header, sizeof header);
        ck_assert_str_eq(header, headers[i]);
    }
    ck_assert_uint_eq(u32_at(message + 4), at - 12);
    ck_assert_uint_eq(length, at + payload.length + 4);
    if (payload.length > 0)
        ck_assert_int_eq(memcmp(message + at, payload.data, payload.length), 0);
    ck_assert_uint_eq(u32_at(message + length - 4), crc_of(message, length - 4));
}

static const char *const chunk_headers[] = {
    ":event-type=PayloadChunk", ":content-type=application/octet-stream", ":message-type=event"};
static const char *const complete_headers[] = {
    ":event-type=InvokeComplete", ":content-type=application/json", ":message-type=event"};

START_TEST(frames_a_payload_chunk_as_botocore_reads_it)
{
    struct event_stream_frame frame;
    char hex[2 * EVENT_STREAM_HEAD_MAX + 32];

    event_stream_payload_chunk(&frame, view_of("hello"));
    to_hex(frame.head, frame.head_length, hex);
    to_hex("hello", 5, hex + 2 * frame.head_length);
    to_hex(frame.tail, sizeof frame.tail, hex + 2 * (frame.head_length + 5));
    ck_assert_str_eq(hex, hello_chunk);
}
END_TEST

START_TEST(completes_a_stream_as_botocore_reads_it)
{
    struct bytes *message = event_stream_invoke_complete(view_of("{}"));
    char hex[2 * EVENT_STREAM_HEAD_MAX + 32];

    ck_assert_ptr_nonnull(message);
    to_hex(message->data, message->length, hex);
    ck_assert_str_eq(hex, empty_complete);
    bytes_release(message);
}
END_TEST

static const size_t payload_lengths[] = {
    0, 1, 2, 3, 4, 255, 256, 65535, 65536, 6291556, EVENT_STREAM_PAYLOAD_MAX};

START_TEST(lengths_and_checksums_fit_a_chunk_of_any_size)
{
    const size_t length = payload_lengths[_i];
    char *payload = length == 0 ? NULL : malloc(length);
    unsigned char *message = malloc(length + EVENT_STREAM_HEAD_MAX + EVENT_STREAM_TAIL);
    struct event_stream_frame frame;

    ck_assert_ptr_nonnull(message);
    for (size_t i = 0; i < length; i++)
        payload[i] = (char)(i * 31 + 7);
    event_stream_payload_chunk(&frame, (struct bytes_view){payload, length});
    memcpy(message, frame.head, frame.head_length);
    if (length > 0)
        memcpy(message + frame.head_length, payload, length);
    memcpy(message + frame.head_length + length, frame.tail, sizeof frame.tail);
    check_message(message, frame.head_length + length + sizeof frame.tail, chunk_headers,
                  (struct bytes_view){payload, length});
    free(payload);
    free(message);
}
END_TEST

static const char *const outcomes[] = {
    "{}",
    "{\"ErrorCode\":\"Unhandled\",\"ErrorDetails\":\"{\\\"errorMessage\\\":\\\"caf\xC3\xA9\\\"}\"}",
    "{\"LogResult\":\"U1RBUlQgUmVxdWVzdElkCg==\"}",
};

START_TEST(the_last_message_carries_any_json)
{
    struct bytes *message = event_stream_invoke_complete(view_of(outcomes[_i]));

    ck_assert_ptr_nonnull(message);
    check_message((const unsigned char *)message->data, message->length, complete_headers,
                  view_of(outcomes[_i]));
    ck_assert_uint_eq(message->reference_count, 1);
    bytes_release(message);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("event_stream");
    TCase *messages = tcase_create("messages");

    tcase_add_test(messages, frames_a_payload_chunk_as_botocore_reads_it);
    tcase_add_test(messages, completes_a_stream_as_botocore_reads_it);
    tcase_add_loop_test(messages, lengths_and_checksums_fit_a_chunk_of_any_size, 0,
                        ARRAY_LENGTH(payload_lengths));
    tcase_add_loop_test(messages, the_last_message_carries_any_json, 0, ARRAY_LENGTH(outcomes));
    tcase_set_timeout(messages, 60);
    suite_add_tcase(suite, messages);
    return suite;
}
