/*
 * json_string.h - text as a JSON string, quotes and all.
 *
 * Escapes as safe_text.h says; bytes that are no UTF-8 become U+FFFD.
 */
#ifndef BASE_JSON_JSON_STRING_H
#define BASE_JSON_JSON_STRING_H

#include "base/bytes.h"

/* False, with nothing appended, when out of memory. */
bool json_string_append(struct bytes **bytes, struct bytes_view text);

#endif
