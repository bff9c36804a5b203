/*
 * Reads the faulty token a second time, the way Jackson 2.17 to 2.20 does (the versions that fit the recorded answers),
 * because its words and columns depend on how it reads: `next` below is its input pointer. Some errors are placed at
 * the culprit, others behind it; lines are counted up to the token only.
 *
 * Jackson takes some texts that the RFC refuses: overlong UTF-8 and bytes above 0xF4 (named here by its own words for a
 * byte that can't stand there), a byte order mark, UTF-16, and a second value at the root (named by the words of its
 * FAIL_ON_TRAILING_TOKENS). Sources: recorded answers of AWS, and Jackson's own behaviour tried byte by byte.
 *
 * To add an error: write its words where the token is read, with json_report_at() or json_report_behind().
 */
#include "base/json/json_text_error.h"

#include "base/json/json_token_error.h"

#include <assert.h>
#include <string.h>

static bool is_space(unsigned char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static const char *container(const struct json_stop *stop)
{
    return stop->in_object ? "Object" : "Array";
}

/* The position of the innermost open bracket: the last one before the stop that opened its level. */
static size_t innermost_bracket(const unsigned char *text, const struct json_stop *stop)
{
    size_t depth = 0, bracket = 0;

    for (size_t at = 0; at < stop->at; at++) {
        if (text[at] == '"') {
            for (at++; text[at] != '"'; at++)
                at += text[at] == '\\';
        } else if (text[at] == '{' || text[at] == '[') {
            if (++depth == stop->depth)
                bracket = at;
        } else if (text[at] == '}' || text[at] == ']') {
            depth--;
        }
    }
    return bracket;
}

static void explain_end(struct json_reading *reading)
{
    const struct json_stop *const stop = reading->stop;
    const bool is_closable = stop->awaited == JSON_AWAIT_SEPARATOR ||
                             stop->awaited == JSON_AWAIT_VALUE_OR_END ||
                             stop->awaited == JSON_AWAIT_NAME_OR_END;

    if (stop->depth == 0) {
        json_report_at(reading, reading->length, "No content to map due to end-of-input");
        reading->error->line = 1;
        reading->error->column = 0;
    } else if (is_closable) {
        const size_t bracket = innermost_bracket(reading->text, stop);
        size_t line, column;

        json_locate(reading, bracket, bracket, &line, &column);
        json_report_at(
            reading, reading->length,
            "Unexpected end-of-input: expected close marker for %s (start marker at [" JSON_SOURCE
            "; line: %zu, column: %zu])",
            container(stop), line, column);
    } else {
        json_report_at(reading, reading->length,
                       "Unexpected end-of-input within/between %s entries", container(stop));
    }
}

static void explain_close_marker(struct json_reading *reading)
{
    const struct json_stop *const stop = reading->stop;
    const char marker = (char)reading->text[stop->at];
    size_t bracket, line, column;

    if (stop->depth == 0) {
        json_report_at(reading, stop->at, "Unexpected close marker '%c': no open %s to close",
                       marker, marker == ']' ? "Array" : "Object");
        return;
    }
    bracket = innermost_bracket(reading->text, stop);
    json_locate(reading, bracket, bracket, &line, &column);
    json_report_at(reading, stop->at,
                   "Unexpected close marker '%c': expected '%c' (for %s starting at [" JSON_SOURCE
                   "; line: %zu, column: %zu])",
                   marker, stop->in_object ? '}' : ']', container(stop), line, column);
}

static void explain_name(struct json_reading *reading)
{
    unsigned unit;

    if (reading->text[reading->stop->at] == '"') {
        json_explain_string(reading, true);
        return;
    }
    reading->next = reading->stop->at;
    if (json_read_unit(reading, &unit))
        json_report_at(reading, reading->next - 1,
                       "Unexpected character (%s): was expecting double-quote to start field name",
                       json_describe(unit).text);
}

/* A character with which no value begins. Jackson takes bytes for Latin-1 here. */
static void explain_other_value(struct json_reading *reading)
{
    const size_t at = reading->stop->at;
    const unsigned char first = reading->text[at];
    const bool is_value_missing =
        first == ',' || first == '}' || (first == ']' && !reading->stop->in_object);
    char begun[4] = "";

    if (is_value_missing) {
        json_report_unexpected(reading, at, "expected a value");
    } else if (json_is_word_part(first) && first > ' ' && (first < 0x7F || first > 0xA0) &&
               first != 0xAD) {
        json_put_unit(begun, first);
        json_explain_unknown_word(reading, begun);
    } else {
        json_report_unexpected(reading, at, "expected a valid value " JSON_VALID_VALUES);
    }
}

/* True when it reported that the value at the stop is malformed; else `type` is what Jackson calls its first token. */
static bool explain_value(struct json_reading *reading, const char **type)
{
    const unsigned char first = reading->text[reading->stop->at];

    switch (first) {
    case '{':
        *type = "START_OBJECT";
        return false;
    case '[':
        *type = "START_ARRAY";
        return false;
    case '"':
        *type = "VALUE_STRING";
        if (reading->stop->awaited == JSON_AWAIT_NOTHING)
            return false; /* Jackson doesn't read it */
        json_explain_string(reading, false);
        return true;
    case 't':
        *type = "VALUE_TRUE";
        return json_explain_word(reading, "true");
    case 'f':
        *type = "VALUE_FALSE";
        return json_explain_word(reading, "false");
    case 'n':
        *type = "VALUE_NULL";
        return json_explain_word(reading, "null");
    case 'N':
        json_explain_non_numeric(reading, "NaN");
        return true;
    case 'I':
        json_explain_non_numeric(reading, "Infinity");
        return true;
    case '+':
        json_explain_sign(reading);
        return true;
    default:
        break;
    }
    if (first != '-' && !json_is_digit_at(reading, reading->stop->at)) {
        explain_other_value(reading);
        return true;
    }
    if (json_explain_number(reading))
        return true;
    *type = json_scalar_type(reading, reading->stop->at, reading->next);
    return false;
}

/* A number at the root must be followed by white space or the end. True when it reported that it is not. */
static bool explain_root_space(struct json_reading *reading, size_t behind)
{
    if (behind == reading->length || is_space(reading->text[behind]))
        return false;
    json_report_unexpected(reading, behind, "Expected space separating root-level values");
    return true;
}

/* Behind the value at the root something else begins. */
static void explain_trailing(struct json_reading *reading)
{
    const char *type = "";

    if (explain_value(reading, &type))
        return;
    if (strncmp(type, "VALUE_NUMBER", 12) == 0 && explain_root_space(reading, reading->next))
        return;
    json_report_at(reading, reading->stop->at,
                   "Trailing token (of type %s) found after value (bound as "
                   "`com.fasterxml.jackson.databind.JsonNode`): "
                   "not allowed as per `DeserializationFeature.FAIL_ON_TRAILING_TOKENS`",
                   type);
}

/* What Jackson finds wherever it skips white space. True when it reported that. */
static bool explain_space(struct json_reading *reading)
{
    const size_t at = reading->stop->at;
    const unsigned char first = reading->text[at];

    if (first < ' ') {
        reading->next = at + 1;
        json_report_behind(reading, at,
                           "Illegal character (%s): only regular white space (\\r, \\n, \\t) is "
                           "allowed between tokens",
                           json_describe(first).text);
    } else if (first == '/') {
        json_report_unexpected(
            reading, at,
            "maybe a (non-standard) comment? (not recognized as one since Feature "
            "'ALLOW_COMMENTS' not enabled for parser)");
    }
    return first < ' ' || first == '/';
}

/* May a bracket be closed where the stop is, or would Jackson at least look for that? */
static bool is_at_close_marker(const struct json_reading *reading)
{
    const struct json_stop *const stop = reading->stop;
    const unsigned char first = reading->text[stop->at];
    const bool may_close = stop->awaited != JSON_AWAIT_COLON && stop->awaited != JSON_AWAIT_NAME &&
                           (stop->awaited != JSON_AWAIT_VALUE || stop->depth == 0);

    return may_close && (first == ']' || first == '}');
}

static void explain_token(struct json_reading *reading)
{
    const struct json_stop *const stop = reading->stop;
    const char *type;

    if (is_at_close_marker(reading)) {
        explain_close_marker(reading);
        return;
    }
    switch (stop->awaited) {
    case JSON_AWAIT_VALUE:
    case JSON_AWAIT_VALUE_OR_END:
        explain_value(reading, &type);
        break;
    case JSON_AWAIT_NAME:
    case JSON_AWAIT_NAME_OR_END:
        explain_name(reading);
        break;
    case JSON_AWAIT_COLON:
        json_report_unexpected(reading, stop->at,
                               "was expecting a colon to separate field name and value");
        break;
    case JSON_AWAIT_SEPARATOR:
        json_report_unexpected(reading, stop->at,
                               stop->in_object ? "was expecting comma to separate Object entries"
                                               : "was expecting comma to separate Array entries");
        break;
    case JSON_AWAIT_NOTHING:
        explain_trailing(reading);
        break;
    case JSON_AWAIT_MEMORY:
        reading->next = stop->at + 1;
        json_report_behind(reading, stop->at,
                           "Document nesting depth (%zu) exceeds the maximum allowed (%zu, from "
                           "`StreamReadConstraints.getMaxNestingDepth()`)",
                           stop->depth + 1, stop->depth);
        break;
    }
}

void json_text_explain(const unsigned char *text, size_t length, const struct json_stop *stop,
                       struct json_text_error *error)
{
    struct json_reading reading = {.text = text, .length = length, .stop = stop, .error = error};
    const bool is_behind_root_number = stop->awaited == JSON_AWAIT_NOTHING && stop->at > 0 &&
                                       json_is_digit_at(&reading, stop->at - 1);

    memset(error, 0, sizeof *error);
    if (stop->at == length)
        explain_end(&reading);
    else if (!(is_behind_root_number && explain_root_space(&reading, stop->at)) &&
             !explain_space(&reading))
        explain_token(&reading);
    assert(error->reason[0] != '\0');
}
