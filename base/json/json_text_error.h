/*
 * json_text_error.h - what Jackson says of a text that json_text_check() refused. Used by base/json/json_text.c alone.
 */
#ifndef BASE_JSON_JSON_TEXT_ERROR_H
#define BASE_JSON_JSON_TEXT_ERROR_H

#include "base/json/json_text.h"

#include <stdbool.h>
#include <stddef.h>

/* What may stand next, white space aside. */
enum json_awaited {
    JSON_AWAIT_VALUE,        /* at the root, behind ',' in an array, behind ':' in an object */
    JSON_AWAIT_VALUE_OR_END, /* behind '[' */
    JSON_AWAIT_NAME,         /* behind ',' in an object */
    JSON_AWAIT_NAME_OR_END,  /* behind '{' */
    JSON_AWAIT_COLON,        /* behind a name */
    JSON_AWAIT_SEPARATOR,    /* behind a value in an array or object: ',' or the end */
    JSON_AWAIT_NOTHING,      /* behind the value at the root */
    JSON_AWAIT_MEMORY        /* one level deeper than there is memory for */
};

/* Where the check stopped. All before `at` is well formed. */
struct json_stop {
    size_t
        at; /* first byte of the token that can't stand there or is itself malformed; the length at the end */
    enum json_awaited awaited;
    size_t depth;   /* arrays and objects that are open */
    bool in_object; /* the innermost of them is an object */
};

/* Fills `error`. Looks at the faulty token again, and counts lines from the beginning of `text`. */
void json_text_explain(const unsigned char *text, size_t length, const struct json_stop *stop,
                       struct json_text_error *error);

#endif
