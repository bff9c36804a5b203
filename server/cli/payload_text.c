#include "server/cli/payload_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct utf16 {
    const unsigned char *at, *end;
    bool is_big_endian;
};

/* False when less than a unit is left. */
static bool take_unit(struct utf16 *text, uint32_t *unit)
{
    if (text->end - text->at < 2)
        return false;
    *unit = text->is_big_endian ? (uint32_t)(text->at[0] << 8 | text->at[1])
                                : (uint32_t)(text->at[1] << 8 | text->at[0]);
    text->at += 2;
    return true;
}

/* False for half a surrogate pair. */
static bool take_character(struct utf16 *text, uint32_t *character)
{
    uint32_t low;

    if (!take_unit(text, character) || (*character >= 0xdc00 && *character < 0xe000))
        return false;
    if (*character < 0xd800 || *character >= 0xe000)
        return true;
    if (!take_unit(text, &low) || low < 0xdc00 || low >= 0xe000)
        return false;
    *character = 0x10000 + ((*character - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

static size_t write_utf8(uint32_t character, char *to)
{
    if (character < 0x80) {
        to[0] = (char)character;
        return 1;
    }
    if (character < 0x800) {
        to[0] = (char)(0xc0 | character >> 6);
        to[1] = (char)(0x80 | (character & 0x3f));
        return 2;
    }
    if (character < 0x10000) {
        to[0] = (char)(0xe0 | character >> 12);
        to[1] = (char)(0x80 | (character >> 6 & 0x3f));
        to[2] = (char)(0x80 | (character & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | character >> 18);
    to[1] = (char)(0x80 | (character >> 12 & 0x3f));
    to[2] = (char)(0x80 | (character >> 6 & 0x3f));
    to[3] = (char)(0x80 | (character & 0x3f));
    return 4;
}

/* A unit becomes three bytes at most, a pair of them four. */
static enum payload_text_status convert(struct utf16 text, struct bytes **payload)
{
    const size_t units = (size_t)(text.end - text.at) / 2;
    struct bytes *converted = NULL;
    char *to = bytes_reserve(&converted, units * 3 + 1);
    uint32_t character;

    if (to == NULL)
        return PAYLOAD_TEXT_NO_MEMORY;
    while (text.at < text.end) {
        if (!take_character(&text, &character)) {
            bytes_release(converted);
            return PAYLOAD_TEXT_NOT_UTF16;
        }
        converted->length += write_utf8(character, to + converted->length);
    }
    bytes_release(*payload);
    *payload = converted;
    return PAYLOAD_TEXT_OK;
}

static void drop_first(struct bytes *bytes, size_t count)
{
    memmove(bytes->data, bytes->data + count, bytes->length - count);
    bytes->length -= count;
}

enum payload_text_status payload_text_convert(struct bytes **payload)
{
    const struct bytes_view view = bytes_view(*payload);
    const unsigned char *bytes = (const unsigned char *)view.data;
    struct utf16 text = {.at = bytes, .end = bytes + view.length};

    if (view.length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        drop_first(*payload, 3);
        return PAYLOAD_TEXT_OK;
    }
    if (view.length < 2)
        return PAYLOAD_TEXT_OK;
    if (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0) {
        text.is_big_endian = bytes[0] == 0xfe;
        text.at += 2;
        return convert(text, payload);
    }
    if ((bytes[0] == 0) == (bytes[1] == 0))
        return PAYLOAD_TEXT_OK;
    text.is_big_endian = bytes[0] == 0;
    return convert(text, payload);
}
