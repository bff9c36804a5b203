/*
 * json_text.h - is this text one JSON document (RFC 8259), and if not, what would AWS say is wrong with it, and where?
 *
 * cJSON accepts documents that the RFC refuses (leading zeros, control characters in strings, junk behind the value), so
 * whatever comes from outside is checked here first. Nothing recurses: depth costs no stack, only one bit a level, and
 * that is allocated beyond JSON_TEXT_DEPTH_IN_PLACE levels alone. Nesting has no limit of its own.
 * The words are those of Jackson, the parser behind AWS's Invoke front end (recorded and captured answers; the rest
 * follows Jackson's own texts for the same error).
 */
#ifndef BASE_JSON_JSON_TEXT_H
#define BASE_JSON_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum { JSON_TEXT_DEPTH_IN_PLACE = 4096 };

/*
 * Lines and columns count from 1, in bytes, and are Jackson's: the column is often the one behind the culprit. A text of
 * nothing but white space has column 0; Jackson prints ", column: N" only above 0.
 */
struct json_text_error {
    size_t offset; /* of the byte that can't stand there; the length when the text ends too early */
    size_t line, column;
    char reason[1024]; /* "Unrecognized token 'test': was expecting (...)", UTF-8, no line end */
};

/*
 * True when `data` is exactly one JSON value in UTF-8 with white space around it. An error is described in `error`
 * (may be NULL). An empty text is an error; callers that take it for `{}` check first. Running out of memory for
 * the depth is an error, too.
 */
bool json_text_check(const char *data, size_t length, struct json_text_error *error);

#endif
