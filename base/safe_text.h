/*
 * safe_text.h - text of unknown origin made fit to be shown: on a terminal, or inside a JSON string.
 *
 * Both replace what is not UTF-8 with U+FFFD, a mark for each byte.
 *   plain   control characters (tab excepted) are shown as \n, \r, \x1b, \x9b
 *   json    what JSON asks to be escaped, is; so is DEL and what follows it up to U+009F, which terminals obey
 */
#ifndef BASE_SAFE_TEXT_H
#define BASE_SAFE_TEXT_H

#include "base/bytes.h"

/* The most bytes that a byte of the original becomes. */
enum { SAFE_TEXT_GROWTH = 6 };

/* `out` has room for SAFE_TEXT_GROWTH times the length of `text`. Return how much was written; no NUL is. */
size_t safe_text_plain(struct bytes_view text, char *out);
size_t safe_text_json(struct bytes_view text, char *out);

#endif
