/*
 * json_string.h - text as a JSON string, quotes and all, and back; and JSON without the white space between its tokens.
 *
 * Escapes as safe_text.h says; bytes that are no UTF-8 become U+FFFD.
 */
#ifndef BASE_JSON_JSON_STRING_H
#define BASE_JSON_JSON_STRING_H

#include "base/bytes.h"

/* False, with nothing appended, when out of memory. */
bool json_string_append(struct bytes **bytes, struct bytes_view text);

/*
 * Appends the text that a string (with its quotes) stands for. Texts must have passed json_text_check(). Half of a
 * surrogate pair becomes U+FFFD. False when out of memory.
 */
bool json_string_decode(struct bytes **bytes, struct bytes_view string);

/* How long the string is that `text` begins with, quotes and all; all of the text when it has no end. */
size_t json_string_length(struct bytes_view text);

/* Appends JSON, which has passed json_text_check(), without its white space. False when out of memory. */
bool json_compact_append(struct bytes **bytes, struct bytes_view json);

#endif
