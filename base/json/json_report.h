/*
 * json_report.h - how an error in a JSON text is put into Jackson's words and where Jackson places it.
 *
 * Used by base/json/json_text_error.c and base/json/json_token_error.c alone. Each report fills the error and is the last one.
 */
#ifndef BASE_JSON_JSON_REPORT_H
#define BASE_JSON_JSON_REPORT_H

#include "base/json/json_text_error.h"

#define JSON_SOURCE "Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"
#define JSON_VALID_VALUES "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

/* The faulty token, read a second time. Everything is borrowed. */
struct json_reading {
    const unsigned char *text;
    size_t length;
    const struct json_stop *stop;
    size_t next; /* Jackson's input pointer: the first byte that it has not consumed */
    struct json_text_error *error;
};

/* A character in Jackson's words, "'x' (code 120)" in UTF-8. */
struct json_description {
    char text[48];
};

struct json_description json_describe(unsigned unit);

/* Line and column of `place`; line ends at or behind `line_end` don't count. */
void json_locate(const struct json_reading *reading, size_t place, size_t line_end, size_t *line,
                 size_t *column);

/* The byte at `culprit` can't stand there. Its place is that byte, or with _behind the input pointer. */
__attribute__((format(printf, 3, 4))) void json_report_at(struct json_reading *reading,
                                                          size_t culprit, const char *format, ...);
__attribute__((format(printf, 3, 4))) void
json_report_behind(struct json_reading *reading, size_t culprit, const char *format, ...);
void json_report_unexpected(struct json_reading *reading, size_t culprit, const char *expected);
void json_report_number(struct json_reading *reading, size_t culprit, const char *rule);
void json_report_start_byte(struct json_reading *reading, size_t culprit);
void json_report_middle_byte(struct json_reading *reading, size_t culprit);

/* The text ends too early; _of_token where Jackson, with no word for what it is in, names the token before. */
void json_report_end(struct json_reading *reading, const char *where);
void json_report_end_of_token(struct json_reading *reading);

/* What Jackson calls the well-formed number or literal from `start` to before `end`. */
const char *json_scalar_type(const struct json_reading *reading, size_t start, size_t end);

bool json_is_digit_at(const struct json_reading *reading, size_t at);

/* Continuation bytes that Jackson awaits behind `lead`; 0 when it can't begin a UTF-8 sequence. */
size_t json_continuations(unsigned lead);

/*
 * Reads the character at the input pointer as one UTF-16 unit, as loosely as Jackson does outside of strings.
 * False when it reported an error.
 */
bool json_read_unit(struct json_reading *reading, unsigned *unit);

/* Writes `unit` in UTF-8 as Java does, at most 3 bytes; returns how many. */
size_t json_put_unit(char *to, unsigned unit);

/* May `unit` stand in an unknown word that is quoted? */
bool json_is_word_part(unsigned unit);

#endif
