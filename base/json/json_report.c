#include "base/json/json_report.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void json_locate(const struct json_reading *reading, size_t place, size_t line_end, size_t *line,
                 size_t *column)
{
    size_t line_start = 0;

    *line = 1;
    for (size_t at = 0; at < line_end; at++) {
        const bool is_pair =
            reading->text[at] == '\r' && at + 1 < reading->length && reading->text[at + 1] == '\n';

        if (reading->text[at] == '\n' || (reading->text[at] == '\r' && !is_pair)) {
            ++*line;
            line_start = at + 1;
        }
    }
    *column = place - line_start + 1;
}

__attribute__((format(printf, 4, 0))) static void report(struct json_reading *reading,
                                                         size_t culprit, size_t place,
                                                         const char *format, va_list arguments)
{
    struct json_text_error *error = reading->error;

    error->offset = culprit;
    json_locate(reading, place, reading->stop->at, &error->line, &error->column);
    /* A longer text is cut; nothing here comes near. */
    (void)vsnprintf(error->reason, sizeof error->reason, format, arguments);
}

void json_report_at(struct json_reading *reading, size_t culprit, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    report(reading, culprit, culprit, format, arguments);
    va_end(arguments);
}

void json_report_behind(struct json_reading *reading, size_t culprit, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    report(reading, culprit, reading->next, format, arguments);
    va_end(arguments);
}

void json_report_end(struct json_reading *reading, const char *where)
{
    json_report_at(reading, reading->length, "Unexpected end-of-input%s", where);
}

size_t json_put_unit(char *to, unsigned unit)
{
    if (unit >= 0xD800 && unit <= 0xDFFF)
        unit = '?'; /* half a surrogate pair */
    return utf8_put(to, unit);
}

struct json_description json_describe(unsigned unit)
{
    struct json_description description;
    char character[4];

    character[json_put_unit(character, unit)] = '\0';
    if (unit < ' ' || (unit >= 0x7F && unit <= 0x9F))
        (void)snprintf(description.text, sizeof description.text, "(CTRL-CHAR, code %u)", unit);
    else if (unit > 0xFF)
        (void)snprintf(description.text, sizeof description.text, "'%s' (code %u / 0x%x)",
                       character, unit, unit);
    else
        (void)snprintf(description.text, sizeof description.text, "'%s' (code %u)", character,
                       unit);
    return description;
}

void json_report_unexpected(struct json_reading *reading, size_t culprit, const char *expected)
{
    json_report_at(reading, culprit, "Unexpected character (%s): %s",
                   json_describe(reading->text[culprit]).text, expected);
}

void json_report_number(struct json_reading *reading, size_t culprit, const char *rule)
{
    json_report_at(reading, culprit, "Unexpected character (%s) in numeric value: %s",
                   json_describe(reading->text[culprit]).text, rule);
}

bool json_is_digit_at(const struct json_reading *reading, size_t at)
{
    return at < reading->length && reading->text[at] >= '0' && reading->text[at] <= '9';
}

const char *json_scalar_type(const struct json_reading *reading, size_t start, size_t end)
{
    switch (reading->text[start]) {
    case 't':
        return "VALUE_TRUE";
    case 'f':
        return "VALUE_FALSE";
    case 'n':
        return "VALUE_NULL";
    default:
        break;
    }
    for (size_t at = start; at < end; at++) {
        if (strchr(".eE", reading->text[at]) != NULL)
            return "VALUE_NUMBER_FLOAT";
    }
    return "VALUE_NUMBER_INT";
}

/* The last token that Jackson has seen the beginning of, as it calls it: a string value is one before its end. */
static const char *previous_type(const struct json_reading *reading)
{
    const enum json_awaited awaited = reading->stop->awaited;
    size_t at = reading->stop->at, start;

    if (reading->text[at] == '"' &&
        (awaited == JSON_AWAIT_VALUE || awaited == JSON_AWAIT_VALUE_OR_END))
        return "VALUE_STRING";
    while (at > 0 && strchr(" \t\r\n,", reading->text[at - 1]) != NULL)
        at--;
    if (at == 0)
        return "null";
    switch (reading->text[at - 1]) {
    case '"':
        return "VALUE_STRING";
    case '[':
        return "START_ARRAY";
    case ']':
        return "END_ARRAY";
    case '{':
        return "START_OBJECT";
    case '}':
        return "END_OBJECT";
    case ':':
        return "FIELD_NAME";
    default:
        break;
    }
    start = at;
    while (start > 0 && strchr(" \t\r\n,:[", reading->text[start - 1]) == NULL)
        start--;
    return json_scalar_type(reading, start, at);
}

void json_report_end_of_token(struct json_reading *reading)
{
    json_report_at(reading, reading->length, "Unexpected end-of-input in %s",
                   previous_type(reading));
}

void json_report_start_byte(struct json_reading *reading, size_t culprit)
{
    json_report_behind(reading, culprit, "Invalid UTF-8 start byte 0x%x", reading->text[culprit]);
}

void json_report_middle_byte(struct json_reading *reading, size_t culprit)
{
    json_report_behind(reading, culprit, "Invalid UTF-8 middle byte 0x%x", reading->text[culprit]);
}

size_t json_continuations(unsigned lead)
{
    return (lead & 0xE0) == 0xC0 ? 1 : (lead & 0xF0) == 0xE0 ? 2 : (lead & 0xF8) == 0xF0 ? 3 : 0;
}

bool json_read_unit(struct json_reading *reading, unsigned *unit)
{
    const unsigned lead = reading->text[reading->next++];
    const size_t more = json_continuations(lead);

    *unit = lead;
    if (lead < 0x80)
        return true;
    if (more == 0) {
        json_report_start_byte(reading, reading->next - 1);
        return false;
    }
    *unit = lead & (0x3FU >> more);
    for (size_t i = 0; i < more; i++) {
        if (reading->next == reading->length) {
            json_report_end_of_token(reading);
            return false;
        }
        if (!utf8_is_continuation(reading->text[reading->next++])) {
            json_report_middle_byte(reading, reading->next - 1);
            return false;
        }
        *unit = (*unit << 6 | (reading->text[reading->next - 1] & 0x3F)) & 0xFFFF; /* Java's char */
    }
    return true;
}

/*
 * Character.isJavaIdentifierPart: exact up to U+00FF but for NUL; above, whole blocks of punctuation, symbols and halves
 * of surrogate pairs are no part of a word, and all else is.
 */
bool json_is_word_part(unsigned unit)
{
    static const struct {
        unsigned first, last;
    } others[] = {
        {0x0000, 0x0000}, {0x0009, 0x000D}, {0x001C, 0x0023}, {0x0025, 0x002F}, {0x003A, 0x0040},
        {0x005B, 0x005E}, {0x0060, 0x0060}, {0x007B, 0x007E}, {0x00A0, 0x00A1}, {0x00A6, 0x00A9},
        {0x00AB, 0x00AC}, {0x00AE, 0x00B4}, {0x00B6, 0x00B9}, {0x00BB, 0x00BF}, {0x00D7, 0x00D7},
        {0x00F7, 0x00F7}, {0x2000, 0x200A}, {0x2010, 0x2029}, {0x202F, 0x203E}, {0x2041, 0x2053},
        {0x2055, 0x205F}, {0x2190, 0x2BFF}, {0x3000, 0x3004}, {0x3008, 0x3020}, {0xD800, 0xF8FF},
        {0xFF01, 0xFF03}, {0xFF05, 0xFF0F}, {0xFF1A, 0xFF20}, {0xFFFC, 0xFFFF}};

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (unit >= others[i].first && unit <= others[i].last)
            return false;
    }
    return true;
}
