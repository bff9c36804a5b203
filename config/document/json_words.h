/*
 * json_words.h - what is wrong with the JSON text of a configuration, in plain words. What json_text.h says is AWS's,
 * which is for answers of the API.
 *
 * To add one: a row of the table, by the part of json_text.h's reason that tells it from others.
 */
#ifndef CONFIG_DOCUMENT_JSON_WORDS_H
#define CONFIG_DOCUMENT_JSON_WORDS_H

#include "base/json/json_text.h"

enum { JSON_WORDS_SIZE = 1024 };

/* Without the place. `problem` is what json_text_check() said of that text. */
void json_words(const struct json_text_error *problem, const char *text, size_t length,
                char words[JSON_WORDS_SIZE]);

#endif
