/*
 * bytes.h - payloads: a counted buffer that is written once and then shared without being copied.
 *
 * One reference while it is being filled (bytes_append); from then on it is constant, and whoever needs it longer than
 * the current callback retains it. Threads: counts change on the event-loop thread only; others may read.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>

struct bytes {
    unsigned reference_count;
    size_t length, capacity;
    char data[];
};

/* Borrowed; passed by value. May hold any byte, and has no NUL at its end. */
struct bytes_view {
    const char *data;
    size_t length;
};

/* Return owned (one reference), or NULL when out of memory. */
struct bytes *bytes_new(size_t capacity);
struct bytes *bytes_copy(const void *data, size_t length);

/* NULL is fine for both. */
struct bytes *bytes_retain(struct bytes *bytes);
void bytes_release(struct bytes *bytes);

/* Grows `*bytes` (NULL: makes it), which has one reference and may move. False, unchanged, when out of memory. */
bool bytes_append(struct bytes **bytes, const void *data, size_t length);

/* Makes room for `more` further bytes and returns where they go; `length` is the caller's to raise. NULL as above. */
char *bytes_reserve(struct bytes **bytes, size_t more);

/* Appends formatted text. */
__attribute__((format(printf, 2, 3))) bool bytes_format(struct bytes **bytes, const char *format,
                                                        ...);

/* Empty for NULL. */
struct bytes_view bytes_view(const struct bytes *bytes);

#define BYTES_VIEW(literal) ((struct bytes_view){(literal), sizeof(literal) - 1})

#endif
