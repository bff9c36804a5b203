#include "base/json/json_escape.h"

#include "base/hex.h"

#include <string.h>

static unsigned code_at(const char *digits)
{
    unsigned code = 0;

    for (int i = 0; i < 4; i++)
        code = code * 16 + (unsigned)(hex_value(digits[i]) & 15);
    return code;
}

static void skip(struct bytes_view *text, size_t length)
{
    text->data += length;
    text->length -= length;
}

/* `text` is behind the "u". */
static unsigned take_code(struct bytes_view *text)
{
    if (text->length < 4) {
        skip(text, text->length);
        return 0;
    }
    const unsigned code = code_at(text->data);

    skip(text, 4);
    if (code < 0xd800 || code > 0xdbff || text->length < 6 || memcmp(text->data, "\\u", 2) != 0)
        return code;
    const unsigned low = code_at(text->data + 2);

    if (low < 0xdc00 || low > 0xdfff)
        return code;
    skip(text, 6);
    return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

unsigned json_escape_take(struct bytes_view *text)
{
    static const char names[] = "bfnrt", meanings[] = "\b\f\n\r\t";

    if (text->length == 0)
        return '\\';
    const char name = text->data[0];
    const char *found = name == '\0' ? NULL : strchr(names, name);

    skip(text, 1);
    if (name == 'u')
        return take_code(text);
    return (unsigned char)(found == NULL ? name : meanings[found - names]);
}
