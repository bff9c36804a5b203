#include "base/safe_text.h"

#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */
static const char hex_digits[] = "0123456789abcdef";

/* The letter after the backslash; 0 where there is none. */
/* clang-format off */
static const char json_letters[256] = {
    ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
};
static const char plain_letters[256] = {['\n'] = 'n', ['\r'] = 'r'};
/* clang-format on */

struct spelling {
    const char *letters;
    const char *number; /* precedes two hexadecimal digits */
    bool keeps_tab;
};

static size_t put_control(const struct spelling *spelling, unsigned char code, char *out)
{
    const size_t number_length = strlen(spelling->number);

    out[0] = '\\';
    if (spelling->letters[code] != 0) {
        out[1] = spelling->letters[code];
        return 2;
    }
    memcpy(out + 1, spelling->number, number_length);
    out[1 + number_length] = hex_digits[code >> 4];
    out[2 + number_length] = hex_digits[code & 15];
    return 3 + number_length;
}

static size_t put_character(const struct spelling *spelling, const unsigned char *text,
                            size_t length, char *out)
{
    if (length == 0) {
        memcpy(out, replacement, sizeof replacement - 1);
        return sizeof replacement - 1;
    }
    if (length == 1 && text[0] == '\t' && spelling->keeps_tab) {
        out[0] = '\t';
        return 1;
    }
    if (length == 1 && (text[0] < 0x20 || text[0] == 0x7F || spelling->letters[text[0]] != 0))
        return put_control(spelling, text[0], out);
    if (length == 2 && text[0] == 0xC2 && text[1] < 0xA0)
        return put_control(spelling, text[1], out);
    memcpy(out, text, length);
    return length;
}

/* Eight bytes at once: none is below ' ', above '~', a quotation mark or a backslash. */
static bool has_nothing_special(const unsigned char *bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
    uint64_t word, quotes, slashes;

    memcpy(&word, bytes, sizeof word);
    quotes = word ^ (ones * '"');
    slashes = word ^ (ones * '\\');
    return (((word - ones * 0x20) | (word + ones) | word | ((quotes - ones) & ~quotes) |
             ((slashes - ones) & ~slashes)) &
            highs) == 0;
}

/* How much of the beginning stays as it is: all of most texts. */
static size_t safe_length(const struct spelling *spelling, const unsigned char *bytes,
                          size_t length)
{
    size_t i = 0;

    while (i < length) {
        if (i + sizeof(uint64_t) <= length && has_nothing_special(bytes + i))
            i += sizeof(uint64_t);
        else if (bytes[i] >= 0x20 && bytes[i] < 0x7F && spelling->letters[bytes[i]] == 0)
            i++;
        else
            break;
    }
    return i;
}

static size_t make_safe(const struct spelling *spelling, struct bytes_view text, char *out)
{
    const unsigned char *const bytes = (const unsigned char *)text.data;
    size_t written = 0, length;

    for (size_t i = 0; i<text.length; i += length> 0 ? length : 1) {
        length = safe_length(spelling, bytes + i, text.length - i);
        if (length > 0) {
            memcpy(out + written, bytes + i, length);
            written += length;
            continue;
        }
        length = utf8_length(bytes + i, bytes + text.length);
        written += put_character(spelling, bytes + i, length, out + written);
    }
    return written;
}

size_t safe_text_plain(struct bytes_view text, char *out)
{
    static const struct spelling plain = {plain_letters, "x", true};

    return make_safe(&plain, text, out);
}

size_t safe_text_json(struct bytes_view text, char *out)
{
    static const struct spelling json = {json_letters, "u00", false};

    return make_safe(&json, text, out);
}
