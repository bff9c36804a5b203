#include "base/json/json_string.h"

#include "base/hex.h"
#include "base/safe_text.h"
#include "base/utf8.h"

#include <string.h>

/* So much at once, for which the room is bounded that escaping may need. */
enum { PIECE_MAX = 4096 };

/* Doesn't cut a UTF-8 sequence in two. */
static size_t piece_length(struct bytes_view text)
{
    size_t length = PIECE_MAX;

    if (text.length <= PIECE_MAX)
        return text.length;
    while (length > PIECE_MAX - 3 && utf8_is_continuation((unsigned char)text.data[length]))
        length--;
    return length;
}

bool json_string_append(struct bytes **bytes, struct bytes_view text)
{
    const size_t length_before = bytes_view(*bytes).length;
    bool is_first = true, is_last;

    do {
        const size_t length = piece_length(text);
        char *const room = bytes_reserve(bytes, length * SAFE_TEXT_GROWTH + 2), *to = room;

        if (room == NULL) {
            if (*bytes != NULL)
                (*bytes)->length = length_before;
            return false;
        }
        is_last = length == text.length;
        if (is_first)
            *to++ = '"';
        to += safe_text_json((struct bytes_view){text.data, length}, to);
        if (is_last)
            *to++ = '"';
        (*bytes)->length += (size_t)(to - room);
        text = (struct bytes_view){text.data + length, text.length - length};
        is_first = false;
    } while (!is_last);
    return true;
}

/* ---- back ---- */

enum { REPLACEMENT = 0xFFFD, ESCAPE_DIGITS = 4 };

/* The four digits at `at`, of which there are so many before `end`; -1 when there are not. */
static int read_digits(const char *at, const char *end)
{
    int code = 0;

    if (end - at < ESCAPE_DIGITS)
        return -1;
    for (int i = 0; i < ESCAPE_DIGITS; i++) {
        const int digit = hex_value(at[i]);

        if (digit < 0)
            return -1;
        code = code * 16 + digit;
    }
    return code;
}

static bool is_surrogate(int code, int first)
{
    return code >= first && code < first + 0x400;
}

/* `*at` stands behind "\u". */
static unsigned read_escaped(const char **at, const char *end)
{
    const int code = read_digits(*at, end);
    int low = -1;

    if (code < 0)
        return REPLACEMENT;
    *at += ESCAPE_DIGITS;
    if (!is_surrogate(code, 0xD800))
        return is_surrogate(code, 0xDC00) ? REPLACEMENT : (unsigned)code;
    if (end - *at > 2 && (*at)[0] == '\\' && (*at)[1] == 'u')
        low = read_digits(*at + 2, end);
    if (!is_surrogate(low, 0xDC00))
        return REPLACEMENT;
    *at += 2 + ESCAPE_DIGITS;
    return 0x10000u + ((unsigned)code - 0xD800u) * 0x400u + ((unsigned)low - 0xDC00u);
}

static char unescaped(char escape)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *found = escape == '\0' ? NULL : strchr(from, escape);

    if (found != NULL)
        return to[found - from];
    return escape;
}

/* What is decoded is never longer than what it is decoded from. */
bool json_string_decode(struct bytes **bytes, struct bytes_view string)
{
    const char *at = string.data + 1, *const end = string.data + string.length - 1;
    char *room;

    if (string.length < 2)
        return true;
    room = bytes_reserve(bytes, string.length);
    if (room == NULL)
        return false;
    char *to = room;

    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        const size_t plain = (size_t)((escape == NULL ? end : escape) - at);

        memcpy(to, at, plain);
        to += plain;
        at += plain;
        if (escape == NULL || end - at < 2)
            break;
        at += 2;
        if (at[-1] == 'u')
            to += utf8_put(to, read_escaped(&at, end));
        else
            *to++ = unescaped(at[-1]);
    }
    (*bytes)->length += (size_t)(to - room);
    return true;
}

/* Of the backslashes before a quotation mark, each second one stands for itself. */
static bool is_escaped(const char *quote, const char *begin)
{
    const char *at = quote;

    while (at > begin && at[-1] == '\\')
        at--;
    return (quote - at) % 2 != 0;
}

size_t json_string_length(struct bytes_view text)
{
    const char *const begin = text.data + 1, *const end = text.data + text.length;

    for (const char *at = begin; at < end; at++) {
        at = memchr(at, '"', (size_t)(end - at));
        if (at == NULL)
            break;
        if (!is_escaped(at, begin))
            return (size_t)(at + 1 - text.data);
    }
    return text.length;
}

bool json_compact_append(struct bytes **bytes, struct bytes_view json)
{
    const char *const end = json.data + json.length;
    char *to = bytes_reserve(bytes, json.length);

    if (to == NULL)
        return false;
    const char *const begin = to;

    for (const char *at = json.data; at < end;) {
        if (*at == '"') {
            const size_t length = json_string_length((struct bytes_view){at, (size_t)(end - at)});

            memcpy(to, at, length);
            to += length;
            at += length;
        } else {
            *to = *at++;
            to += *to != ' ' && *to != '\t' && *to != '\r' && *to != '\n';
        }
    }
    (*bytes)->length += (size_t)(to - begin);
    return true;
}
