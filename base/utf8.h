/*
 * utf8.h - well-formed UTF-8 (Unicode's table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
 *
 * Inline, because the JSON check spends most of its time here when a text is not ASCII.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

static inline bool utf8_is_continuation(unsigned byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Bytes of the sequence at `text`, which is before `end`; 0 when it is not well formed or not whole. */
static inline size_t utf8_length(const unsigned char *text, const unsigned char *end)
{
    const size_t left = (size_t)(end - text);
    const unsigned lead = text[0];

    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4 || left < 2 || !utf8_is_continuation(text[1]))
        return 0;
    if (lead < 0xE0)
        return 2;
    if (left < 3 || !utf8_is_continuation(text[2]))
        return 0;
    if (lead < 0xF0)
        return (lead == 0xE0 && text[1] < 0xA0) || (lead == 0xED && text[1] > 0x9F) ? 0 : 3;
    if (left < 4 || !utf8_is_continuation(text[3]))
        return 0;
    return (lead == 0xF0 && text[1] < 0x90) || (lead == 0xF4 && text[1] > 0x8F) ? 0 : 4;
}

/* Writes a character below U+110000 and returns how many bytes that took: 1 to 4. */
static inline size_t utf8_put(char to[4], unsigned code)
{
    size_t more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char leads[] = {0, 0xC0, 0xE0, 0xF0};
    const size_t length = more + 1;

    to[0] = (char)(leads[more] | code >> 6 * more);
    for (size_t i = 1; i < length; i++)
        to[i] = (char)(0x80 | (code >> 6 * --more & 0x3F));
    return length;
}

#endif
