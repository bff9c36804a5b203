#include "base/json/json_token_error.h"

#include "base/utf8.h"

#include <ctype.h>
#include <string.h>

enum {
    WORD_UNITS_MAX = 256,               /* UTF-16 units of an unknown word that are quoted */
    WORD_BYTES_MAX = 3 * WORD_UNITS_MAX /* the same in UTF-8 */
};

#define ENABLE_NON_NUMERIC "enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"

/* The input pointer is behind the first `begun_units` characters of the word. */
static void report_word(struct json_reading *reading, const char *begun, size_t begun_units)
{
    char word[WORD_BYTES_MAX + sizeof "..."];
    size_t written = strlen(begun), units = begun_units;

    memcpy(word, begun, written);
    while (reading->next < reading->length) {
        unsigned unit;

        if (!json_read_unit(reading, &unit))
            return;
        if (!json_is_word_part(unit))
            break;
        written += json_put_unit(word + written, unit);
        if (++units == WORD_UNITS_MAX) {
            memcpy(word + written, "...", 3);
            written += 3;
            break;
        }
    }
    word[written] = '\0';
    json_report_behind(reading, reading->stop->at,
                       "Unrecognized token '%s': was expecting " JSON_VALID_VALUES, word);
}

void json_explain_unknown_word(struct json_reading *reading, const char *begun)
{
    reading->next = reading->stop->at + 1;
    report_word(reading, begun, 1);
}

bool json_explain_word(struct json_reading *reading, const char *word)
{
    const size_t start = reading->stop->at, word_length = strlen(word);
    char begun[16] = "";

    for (size_t i = 0; i < word_length; i++) {
        reading->next = start + i;
        if (reading->next == reading->length ||
            reading->text[reading->next] != (unsigned char)word[i]) {
            report_word(reading, begun, i);
            return true;
        }
        begun[i] = word[i];
    }
    reading->next = start + word_length;
    if (reading->next == reading->length)
        return false;

    const unsigned behind = reading->text[reading->next];

    if (behind >= 0x80 && json_continuations(behind) == 0) {
        json_report_start_byte(reading, reading->next);
    } else if (behind >= 0x80) {
        reading->next++; /* Jackson takes the lead byte for the one behind it */
        json_report_middle_byte(reading, reading->next - 1);
    } else if (behind >= '0' && json_is_word_part(behind)) {
        report_word(reading, word, word_length);
    } else {
        return false;
    }
    return true;
}

void json_explain_non_numeric(struct json_reading *reading, const char *word)
{
    if (!json_explain_word(reading, word))
        json_report_behind(reading, reading->stop->at,
                           "Non-standard token '%s': " ENABLE_NON_NUMERIC, word);
}

void json_explain_sign(struct json_reading *reading)
{
    const size_t sign = reading->stop->at;
    const bool is_minus = reading->text[sign] == '-';
    size_t at = sign + 1;

    if (at < reading->length && reading->text[at] == 'I') {
        at++;
        if (at < reading->length && reading->text[at] == 'N') {
            json_explain_non_numeric(reading, is_minus ? "-INF" : "+INF");
            return;
        }
        if (at < reading->length && reading->text[at] == 'n') {
            json_explain_non_numeric(reading, is_minus ? "-Infinity" : "+Infinity");
            return;
        }
    }
    if (at == reading->length) {
        if (is_minus && at == sign + 1)
            json_report_end_of_token(reading);
        else
            json_report_end(reading, " in a Number value");
    } else if (!is_minus) {
        reading->next = at;
        json_report_behind(
            reading, sign,
            "Unexpected character ('+' (code 43)) in numeric value: JSON spec does not allow "
            "numbers to have "
            "plus signs: enable `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow");
    } else if (reading->text[at] == '.') {
        json_report_unexpected(reading, at, "expected a valid value " JSON_VALID_VALUES);
    } else {
        json_report_number(reading, at,
                           "expected digit (0-9) to follow minus sign, for valid numeric value");
    }
}

/* The input pointer is behind the digits or the sign. True when it reported an error. */
static bool explain_fraction(struct json_reading *reading)
{
    size_t at = reading->next;

    if (at < reading->length && reading->text[at] == '.') {
        at++;
        if (!json_is_digit_at(reading, at)) {
            json_report_number(reading, at < reading->length ? at : at - 1,
                               "Decimal point not followed by a digit");
            return true;
        }
        while (json_is_digit_at(reading, at))
            at++;
    }
    if (at < reading->length && (reading->text[at] | 0x20) == 'e') {
        at++;
        if (at < reading->length && (reading->text[at] == '+' || reading->text[at] == '-'))
            at++;
        if (at == reading->length) {
            json_report_end_of_token(reading);
            return true;
        }
        if (!json_is_digit_at(reading, at)) {
            json_report_number(reading, at, "Exponent indicator not followed by a digit");
            return true;
        }
        while (json_is_digit_at(reading, at))
            at++;
    }
    reading->next = at;
    return false;
}

bool json_explain_number(struct json_reading *reading)
{
    size_t at = reading->stop->at;

    if (reading->text[at] == '-')
        at++;
    if (!json_is_digit_at(reading, at)) {
        json_explain_sign(reading);
        return true;
    }
    if (reading->text[at] == '0' && json_is_digit_at(reading, at + 1)) {
        json_report_at(reading, at + 1, "Invalid numeric value: Leading zeroes not allowed");
        return true;
    }
    while (json_is_digit_at(reading, at))
        at++;
    reading->next = at;
    return explain_fraction(reading);
}

/* `reading->next` is behind the backslash. True when it reported an error; else the pointer is behind the escape. */
static bool explain_escape(struct json_reading *reading)
{
    unsigned unit;

    if (reading->next == reading->length) {
        json_report_end(reading, " in character escape sequence");
        return true;
    }
    if (!json_read_unit(reading, &unit))
        return true;
    if (unit < 0x80 && unit > 0 && strchr("\"\\/bfnrt", (int)unit) != NULL)
        return false;
    if (unit != 'u') {
        json_report_at(reading, reading->next - 1, "Unrecognized character escape %s",
                       json_describe(unit).text);
        return true;
    }
    for (int digits = 0; digits < 4; digits++) {
        if (reading->next == reading->length) {
            json_report_end(reading, " in character escape sequence");
            return true;
        }
        if (!isxdigit(reading->text[reading->next])) {
            json_report_unexpected(reading, reading->next,
                                   "expected a hex-digit for character escape sequence");
            return true;
        }
        reading->next++;
    }
    return false;
}

/* Is the byte behind `lead` one that only makes an overlong form or one above U+10FFFF? */
static bool is_out_of_range(unsigned lead, unsigned second)
{
    return (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90) ||
           (lead == 0xF4 && second > 0x8F);
}

/* The sequence at `at` is half a surrogate pair, which UTF-8 doesn't have. */
static void report_surrogate(struct json_reading *reading, size_t at)
{
    const unsigned char *const text = reading->text;

    json_report_behind(reading, at, "Invalid UTF-8: Illegal surrogate character 0x%x",
                       0xD000U | (text[at + 1] & 0x3FU) << 6 | (text[at + 2] & 0x3FU));
}

/* The sequence at `at`, inside a string value, is not well formed. */
static void explain_sequence(struct json_reading *reading, size_t at)
{
    const unsigned char *const text = reading->text;
    const size_t more = text[at] < 0xC2 || text[at] > 0xF4 ? 0 : json_continuations(text[at]);

    reading->next = at + 1;
    if (more == 0) {
        json_report_start_byte(reading, at);
        return;
    }
    for (; reading->next <= at + more; reading->next++) {
        if (reading->next == reading->length) {
            json_report_end(reading, " in VALUE_STRING");
            return;
        }

        const unsigned middle = text[reading->next];

        if (!utf8_is_continuation(middle) ||
            (reading->next == at + 1 && is_out_of_range(text[at], middle))) {
            reading->next++;
            json_report_middle_byte(reading, reading->next - 1);
            return;
        }
    }
    report_surrogate(reading, at);
}

/*
 * The sequence at `at`, inside a name, is not well formed: Jackson looks at a name's characters once it has the whole
 * name, so the place is behind the closing quote, which is before the input pointer.
 */
static void explain_sequence_in_name(struct json_reading *reading, size_t at)
{
    const unsigned char *const text = reading->text;
    const size_t more = text[at] < 0xC2 || text[at] > 0xF4 ? 0 : json_continuations(text[at]),
                 quote = reading->next - 1;

    if (more == 0) {
        json_report_start_byte(reading, at);
        return;
    }
    if (at + more >= quote) {
        json_report_behind(reading, quote, "Unexpected end-of-input in field name");
        return;
    }
    for (size_t middle = at + 1; middle <= at + more; middle++) {
        if (!utf8_is_continuation(text[middle]) ||
            (middle == at + 1 && is_out_of_range(text[at], text[middle]))) {
            json_report_middle_byte(reading, middle);
            return;
        }
    }
    report_surrogate(reading, at);
}

/* The character at the input pointer ends a run of good ones. True when it reported an error; else it is behind that. */
static bool explain_odd(struct json_reading *reading, bool is_name)
{
    const unsigned char odd = reading->text[reading->next];

    if (odd == '\\') {
        reading->next++;
        return explain_escape(reading);
    }
    if (odd < ' ') {
        json_report_at(reading, reading->next,
                       "Illegal unquoted character (%s): has to be escaped using backslash to be "
                       "included in %s",
                       json_describe(odd).text, is_name ? "name" : "string value");
        return true;
    }
    reading->next++;
    return false;
}

void json_explain_string(struct json_reading *reading, bool is_name)
{
    const unsigned char *const end = reading->text + reading->length;
    size_t malformed = 0; /* the first bad sequence in a name */

    reading->next = reading->stop->at + 1;
    while (reading->next < reading->length && reading->text[reading->next] != '"') {
        const size_t sequence = utf8_length(reading->text + reading->next, end);

        if (sequence == 0 && !is_name) {
            explain_sequence(reading, reading->next);
            return;
        }
        if (sequence == 0 && malformed == 0)
            malformed = reading->next;
        if (sequence > 1)
            reading->next += sequence;
        else if (explain_odd(reading, is_name))
            return;
    }
    if (reading->next == reading->length) {
        const bool is_begun = reading->next > reading->stop->at + 1;

        json_report_end(reading, !is_name   ? " in VALUE_STRING"
                                 : is_begun ? " in field name"
                                            : ": was expecting closing '\"' for name");
        return;
    }
    reading->next++;
    explain_sequence_in_name(reading, malformed);
}
