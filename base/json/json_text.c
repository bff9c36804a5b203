/*
 * The check goes over the text once. What may come next is a state (enum json_awaited); which kind of bracket is open
 * is one bit a level. Strings, most of most documents, are skipped 16 bytes at a time (8 where there is no SSE2) up to
 * the next byte that asks for a look: a quote, a backslash, a control character, or the beginning of a UTF-8 sequence.
 *
 * A refusal only remembers the place and the state; json_text_error.c finds the words.
 */
#include "base/json/json_text.h"
#include "base/json/json_text_error.h"
#include "base/hex.h"
#include "base/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef unsigned char byte;

/* Eight bytes in one word: each byte 1, and the top bit of each. */
static const uint64_t ones = UINT64_C(0x0101010101010101), tops = UINT64_C(0x8080808080808080);

/* One bit for each open bracket, 1 for an object. */
struct brackets {
    uint64_t in_place[JSON_TEXT_DEPTH_IN_PLACE / 64];
    uint64_t *words; /* in_place, or allocated */
    size_t capacity; /* bits */
    size_t depth;
};

static bool brackets_grow(struct brackets *brackets)
{
    const size_t bytes = brackets->capacity / 8;
    const bool is_in_place = brackets->words == brackets->in_place;
    uint64_t *const grown = realloc(is_in_place ? NULL : brackets->words, 2 * bytes);

    if (grown == NULL)
        return false;
    if (is_in_place)
        memcpy(grown, brackets->in_place, bytes);
    brackets->words = grown;
    brackets->capacity *= 2;
    return true;
}

static bool brackets_open(struct brackets *brackets, bool is_object)
{
    if (brackets->depth == brackets->capacity && !brackets_grow(brackets))
        return false;

    uint64_t *word = &brackets->words[brackets->depth / 64];
    const uint64_t bit = (uint64_t)1 << brackets->depth % 64;

    if (brackets->depth % 64 == 0)
        *word = 0;
    *word = is_object ? *word | bit : *word & ~bit;
    brackets->depth++;
    return true;
}

/* Of the innermost open bracket. */
static bool brackets_in_object(const struct brackets *brackets)
{
    const size_t level = brackets->depth - 1;

    return brackets->depth > 0 && (brackets->words[level / 64] >> level % 64 & 1) != 0;
}

static bool is_plain(byte character)
{
    return character >= ' ' && character < 0x80 && character != '"' && character != '\\';
}

/* To the first byte that is not plain. */
static const byte *skip_plain(const byte *at, const byte *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'),
                  blank = _mm_set1_epi8(' ');

    while (end - at >= 16) {
        const __m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)at);
        /* Signed, bytes above 0x7F are less than a blank, too. */
        const __m128i odd = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(chunk, quote), _mm_cmpeq_epi8(chunk, backslash)),
            _mm_cmplt_epi8(chunk, blank));
        const unsigned found = (unsigned)_mm_movemask_epi8(odd);

        if (found != 0)
            return at + __builtin_ctz(found);
        at += 16;
    }
#endif
    while (end - at >= 8) {
        uint64_t chunk;

        memcpy(&chunk, at, sizeof chunk);
        const uint64_t quotes = chunk ^ ones * '"', backslashes = chunk ^ ones * '\\';
        const uint64_t odd = (chunk - ones * ' ') | (quotes - ones) | (backslashes - ones) | chunk;

        if ((odd & tops) != 0)
            break;
        at += 8;
    }
    while (at != end && is_plain(*at))
        at++;
    return at;
}

/* `at` is behind the backslash. NULL for a malformed escape. */
static const byte *skip_escape(const byte *at, const byte *end)
{
    if (at == end)
        return NULL;
    if (*at != 'u')
        return *at != '\0' && strchr("\"\\/bfnrt", *at) != NULL ? at + 1 : NULL;
    if (end - at < 5)
        return NULL;
    for (int i = 1; i < 5; i++) {
        if (hex_value((char)at[i]) < 0)
            return NULL;
    }
    return at + 5;
}

/* `at` is at the opening quote; returned is what follows the closing one. NULL for a malformed string. */
static const byte *skip_string(const byte *at, const byte *end)
{
    at++;
    for (;;) {
        at = skip_plain(at, end);
        if (at == end)
            return NULL;
        if (*at == '"')
            return at + 1;
        if (*at == '\\') {
            at = skip_escape(at + 1, end);
            if (at == NULL)
                return NULL;
        } else if (*at >= 0x80) {
            do {
                const size_t length = utf8_length(at, end);

                if (length == 0)
                    return NULL;
                at += length;
            } while (at != end && *at >= 0x80);
        } else {
            return NULL;
        }
    }
}

static bool is_digit(const byte *at, const byte *end)
{
    return at != end && *at >= '0' && *at <= '9';
}

static const byte *skip_digits(const byte *at, const byte *end)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    while (end - at >= 8) {
        uint64_t chunk;

        memcpy(&chunk, at, sizeof chunk);
        chunk ^= ones * '0'; /* digits become 0 to 9 */
        const uint64_t others = (((chunk & ~tops) + ones * (0x80 - 10)) | chunk) & tops;

        if (others != 0)
            return at + __builtin_ctzll(others) / 8;
        at += 8;
    }
#endif
    while (is_digit(at, end))
        at++;
    return at;
}

/* What follows the number is left to whoever awaits a separator. NULL for a malformed number. */
static const byte *skip_number(const byte *at, const byte *end)
{
    if (*at == '-')
        at++;
    if (!is_digit(at, end))
        return NULL;
    if (*at == '0') {
        at++;
        if (is_digit(at, end))
            return NULL;
    } else {
        at = skip_digits(at, end);
    }
    if (at != end && *at == '.') {
        at++;
        if (!is_digit(at, end))
            return NULL;
        at = skip_digits(at, end);
    }
    if (at != end && (*at | 0x20) == 'e') {
        at++;
        if (at != end && (*at == '+' || *at == '-'))
            at++;
        if (!is_digit(at, end))
            return NULL;
        at = skip_digits(at, end);
    }
    return at;
}

static bool is_word_character(byte character)
{
    return (character >= '0' && character <= '9') ||
           ((character | 0x20) >= 'a' && (character | 0x20) <= 'z') || character == '_' ||
           character > '~';
}

/* "true", "false" or "null". NULL for any other word, a longer one too. */
static const byte *skip_word(const byte *at, const byte *end, const char *word, size_t length)
{
    if ((size_t)(end - at) < length || memcmp(at, word, length) != 0)
        return NULL;
    at += length;
    return at != end && is_word_character(*at) ? NULL : at;
}

/* A value that is no array or object. NULL for anything else. */
static const byte *skip_scalar(const byte *at, const byte *end)
{
    switch (*at) {
    case '"':
        return skip_string(at, end);
    case 't':
        return skip_word(at, end, "true", 4);
    case 'f':
        return skip_word(at, end, "false", 5);
    case 'n':
        return skip_word(at, end, "null", 4);
    default:
        return skip_number(at, end);
    }
}

static const byte *skip_space(const byte *at, const byte *end)
{
    while (at != end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

static enum json_awaited behind_value(const struct brackets *brackets)
{
    return brackets->depth > 0 ? JSON_AWAIT_SEPARATOR : JSON_AWAIT_NOTHING;
}

static const byte *close_bracket(const byte *at, enum json_awaited *awaited,
                                 struct brackets *brackets)
{
    brackets->depth--;
    *awaited = behind_value(brackets);
    return at + 1;
}

static const byte *read_value(const byte *at, const byte *end, enum json_awaited *awaited,
                              struct brackets *brackets)
{
    if (*at == '{' || *at == '[') {
        const bool is_object = *at == '{';

        if (!brackets_open(brackets, is_object)) {
            *awaited = JSON_AWAIT_MEMORY;
            return NULL;
        }
        *awaited = is_object ? JSON_AWAIT_NAME_OR_END : JSON_AWAIT_VALUE_OR_END;
        return at + 1;
    }
    at = skip_scalar(at, end);
    if (at != NULL)
        *awaited = behind_value(brackets);
    return at;
}

static const byte *read_name(const byte *at, const byte *end, enum json_awaited *awaited)
{
    at = *at == '"' ? skip_string(at, end) : NULL;
    if (at != NULL)
        *awaited = JSON_AWAIT_COLON;
    return at;
}

static const byte *read_separator(const byte *at, enum json_awaited *awaited,
                                  struct brackets *brackets)
{
    const bool in_object = brackets_in_object(brackets);

    if (*at == ',') {
        *awaited = in_object ? JSON_AWAIT_NAME : JSON_AWAIT_VALUE;
        return at + 1;
    }
    return *at == (in_object ? '}' : ']') ? close_bracket(at, awaited, brackets) : NULL;
}

/* Returns what follows the token at `at` and says what is awaited there; NULL when it can't stand there or is malformed. */
static const byte *read_token(const byte *at, const byte *end, enum json_awaited *awaited,
                              struct brackets *brackets)
{
    switch (*awaited) {
    case JSON_AWAIT_VALUE_OR_END:
        if (*at == ']')
            return close_bracket(at, awaited, brackets);
        return read_value(at, end, awaited, brackets);
    case JSON_AWAIT_VALUE:
        return read_value(at, end, awaited, brackets);
    case JSON_AWAIT_NAME_OR_END:
        if (*at == '}')
            return close_bracket(at, awaited, brackets);
        return read_name(at, end, awaited);
    case JSON_AWAIT_NAME:
        return read_name(at, end, awaited);
    case JSON_AWAIT_COLON:
        *awaited = *at == ':' ? JSON_AWAIT_VALUE : JSON_AWAIT_COLON;
        return *at == ':' ? at + 1 : NULL;
    case JSON_AWAIT_SEPARATOR:
        return read_separator(at, awaited, brackets);
    case JSON_AWAIT_NOTHING:
    case JSON_AWAIT_MEMORY:
        break;
    }
    return NULL;
}

bool json_text_check(const char *data, size_t length, struct json_text_error *error)
{
    const byte *const text = (const byte *)(length > 0 ? data : ""), *const end = text + length;
    enum json_awaited awaited = JSON_AWAIT_VALUE;
    struct brackets brackets;
    const byte *at = skip_space(text, end);

    brackets.words = brackets.in_place;
    brackets.capacity = JSON_TEXT_DEPTH_IN_PLACE;
    brackets.depth = 0;
    while (at != end) {
        const byte *const behind = read_token(at, end, &awaited, &brackets);

        if (behind == NULL)
            break;
        at = skip_space(behind, end);
    }

    const bool is_good = at == end && awaited == JSON_AWAIT_NOTHING;

    if (!is_good && error != NULL) {
        const struct json_stop stop = {.at = (size_t)(at - text),
                                       .awaited = awaited,
                                       .depth = brackets.depth,
                                       .in_object = brackets_in_object(&brackets)};

        json_text_explain(text, length, &stop, error);
    }
    if (brackets.words != brackets.in_place)
        free(brackets.words);
    return is_good;
}
