/*
 * json_token_error.h - what Jackson says of a malformed word, number or string. Used by base/json/json_text_error.c alone.
 *
 * The token is the one at reading->stop->at.
 */
#ifndef BASE_JSON_JSON_TOKEN_ERROR_H
#define BASE_JSON_JSON_TOKEN_ERROR_H

#include "base/json/json_report.h"

/* True when it reported that the token is not `word`. */
bool json_explain_word(struct json_reading *reading, const char *word);

/* A word of which only the first character is clear, at `begun` in UTF-8. */
void json_explain_unknown_word(struct json_reading *reading, const char *begun);

/* NaN, Infinity and the like, which are numbers in other dialects. */
void json_explain_non_numeric(struct json_reading *reading, const char *word);

/* True when it reported an error; else the input pointer is behind the number. */
bool json_explain_number(struct json_reading *reading);

/* A '+', or a '-' without a digit behind it. */
void json_explain_sign(struct json_reading *reading);

/* A string with an error in it. */
void json_explain_string(struct json_reading *reading, bool is_name);

#endif
