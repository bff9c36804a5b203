/*
 * short_text.h - lines and ids put together piece by piece, on the paths that every invocation takes.
 *
 * printf would do, but costs more there than all else that the server itself does: a third of it, as measured.
 */
#ifndef BASE_SHORT_TEXT_H
#define BASE_SHORT_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* What has no room is left out, as with snprintf(). */
struct short_text {
    char *text; /* always ended by NUL */
    size_t length;
    size_t room; /* with the NUL */
};

/* In the caller's memory of `room` bytes, at least 1; empty. */
void short_text_begin(struct short_text *text, char *memory, size_t room);

void short_text_put(struct short_text *text, const char *more);
void short_text_put_bytes(struct short_text *text, const char *more, size_t length);
void short_text_put_number(struct short_text *text, uint64_t number);

/* Two decimals, as "%.2f" of a number that is not negative. */
void short_text_put_hundredths(struct short_text *text, double number);

#endif
