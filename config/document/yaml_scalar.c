#include "config/document/yaml_scalar.h"

#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 64 };

/* clang-format off */
static const struct {
    const char *word;
    enum node_kind kind;
    double number;
} words[] = {
    {"",     NODE_NULL, 0},    {"~",    NODE_NULL, 0},    {"null",  NODE_NULL, 0},    {"Null",  NODE_NULL, 0},
    {"NULL", NODE_NULL, 0},
    {"true", NODE_BOOLEAN, 1}, {"True", NODE_BOOLEAN, 1}, {"TRUE",  NODE_BOOLEAN, 1}, {"yes",   NODE_BOOLEAN, 1},
    {"Yes",  NODE_BOOLEAN, 1}, {"YES",  NODE_BOOLEAN, 1}, {"on",    NODE_BOOLEAN, 1}, {"On",    NODE_BOOLEAN, 1},
    {"ON",   NODE_BOOLEAN, 1},
    {"false", NODE_BOOLEAN, 0}, {"False", NODE_BOOLEAN, 0}, {"FALSE", NODE_BOOLEAN, 0}, {"no",  NODE_BOOLEAN, 0},
    {"No",    NODE_BOOLEAN, 0}, {"NO",    NODE_BOOLEAN, 0}, {"off",   NODE_BOOLEAN, 0}, {"Off", NODE_BOOLEAN, 0},
    {"OFF",   NODE_BOOLEAN, 0},
};
/* clang-format on */

/* Copies digits without underscores. False when there are none, too many, or others than `allowed`. */
static bool take_digits(const char *text, const char *allowed, char digits[DIGITS_MAX])
{
    size_t count = 0;

    for (; *text != '\0'; text++) {
        if (*text == '_')
            continue;
        if (strchr(allowed, *text) == NULL || count == DIGITS_MAX - 1)
            return false;
        digits[count++] = *text;
    }
    digits[count] = '\0';
    return count > 0;
}

static double value_of(const char *digits, unsigned base)
{
    double value = 0;

    for (; *digits != '\0'; digits++) {
        const int digit = *digits <= '9' ? *digits - '0' : (*digits | 0x20) - 'a' + 10;

        value = value * base + digit;
    }
    return value;
}

/* 0o is YAML 1.2's, and unknown here: 0o17 is text. */
static bool is_based(const char *text, double *number)
{
    static const struct {
        const char *prefix, *digits;
        unsigned base;
    } bases[] = {{"0x", "0123456789abcdefABCDEF", 16}, {"0b", "01", 2}, {"0", "01234567", 8}};
    char digits[DIGITS_MAX];

    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        const size_t length = strlen(bases[i].prefix);

        if (strncmp(text, bases[i].prefix, length) == 0 &&
            take_digits(text + length, bases[i].digits, digits)) {
            *number = value_of(digits, bases[i].base);
            return true;
        }
    }
    return false;
}

static size_t skip_digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* As JSON writes numbers. */
static bool is_decimal_number(const char *text)
{
    text += *text == '-';
    const size_t digits = skip_digits(text);

    if (digits == 0 || (digits > 1 && text[0] == '0'))
        return false;
    text += digits;
    if (*text == '.') {
        if (skip_digits(text + 1) == 0)
            return false;
        text += 1 + skip_digits(text + 1);
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '-' || *text == '+';
        if (skip_digits(text) == 0)
            return false;
        text += skip_digits(text);
    }
    return *text == '\0';
}

/* 1_000, +5, .5 and 5. */
static bool is_loose_number(const char *text, double *number)
{
    char digits[DIGITS_MAX];
    const bool is_negative = *text == '-';

    text += *text == '-' || *text == '+';
    if (strspn(text, "0123456789") == 0 && (text[0] != '.' || skip_digits(text + 1) == 0))
        return false;
    if (!take_digits(text, "0123456789.", digits) || strchr(digits, '.') != strrchr(digits, '.'))
        return false;
    if (digits[0] == '0' && digits[1] != '\0' && digits[1] != '.')
        return false; /* 0129 is no octal number, and so it is text */
    *number = (is_negative ? -1 : 1) * strtod(digits, NULL);
    return true;
}

enum node_kind yaml_scalar_kind(const char *text, double *number, bool *is_decimal)
{
    *is_decimal = false;
    *number = 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].word, text) == 0) {
            *number = words[i].number;
            return words[i].kind;
        }
    }
    if (is_decimal_number(text)) {
        *is_decimal = true;
        *number = strtod(text, NULL);
        return NODE_NUMBER;
    }
    if (is_based(text, number) || is_loose_number(text, number))
        return NODE_NUMBER;
    return NODE_STRING;
}
