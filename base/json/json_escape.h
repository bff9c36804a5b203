/*
 * json_escape.h - decodes the escapes of JSON strings.
 */
#ifndef BASE_JSON_JSON_ESCAPE_H
#define BASE_JSON_JSON_ESCAPE_H

#include "base/bytes.h"

/*
 * `text` is behind the backslash of a well-formed escape, which is taken off it, with the second half of a surrogate
 * pair. Returns the character; half a pair is returned as it is. Reads nothing outside of `text`, whatever it is.
 */
unsigned json_escape_take(struct bytes_view *text);

#endif
