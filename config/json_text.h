/*
 * json_text.h - is this text one JSON document (RFC 8259), and if not, what would AWS say is wrong with it, and where?
 *
 * cJSON accepts documents that the RFC refuses (leading zeros, control characters in strings, junk behind the value), so
 * whatever comes from outside is checked here first. Nothing is allocated, nothing recurses: depth costs no stack.
 * The words are those of Jackson, the parser behind AWS's Invoke front end (recorded and captured answers; the rest
 * follows Jackson's own texts for the same fault).
 */
#ifndef CONFIG_JSON_TEXT_H
#define CONFIG_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct json_text_fault {
    size_t offset; /* of the byte that can't stand there; the length when the text ends too early */
    size_t line, column; /* from 1, as Jackson counts them (columns are bytes) */
    char reason
        [320]; /* "Unrecognized token 'test': was expecting (JSON String, ...)", no line end */
};

/*
 * True when `data` is exactly one JSON value in UTF-8 with white space around it. A fault is described in `fault`
 * (may be NULL). An empty text is a fault; callers for whom it stands for `{}` ask first.
 */
bool json_text_check(const char *data, size_t length, struct json_text_fault *fault);

#endif
