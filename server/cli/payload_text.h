/*
 * payload_text.h - what a file or a pipe holds, as the UTF-8 that a payload is.
 *
 * A mark at the beginning is dropped, and UTF-16 is converted: Windows PowerShell 5 writes both with `>`, and other
 * tools for Windows the first. UTF-16 without a mark is known by the NUL among its first two bytes, which no JSON in
 * UTF-8 has.
 */
#ifndef SERVER_CLI_PAYLOAD_TEXT_H
#define SERVER_CLI_PAYLOAD_TEXT_H

#include "base/bytes.h"

enum payload_text_status {
    PAYLOAD_TEXT_OK,
    PAYLOAD_TEXT_NOT_UTF16, /* it begins like UTF-16, and isn't */
    PAYLOAD_TEXT_NO_MEMORY
};

/* Replaces `*payload`, which may be NULL, where it must be another; it is unchanged otherwise. */
enum payload_text_status payload_text_convert(struct bytes **payload);

#endif
