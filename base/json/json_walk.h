/*
 * json_walk.h - reads a JSON text in place: no tree, no allocation, no recursion.
 *
 * A value is a view of its text. Texts must have passed json_text_check(); whatever else is given, nothing outside of
 * the view is read.
 */
#ifndef BASE_JSON_JSON_WALK_H
#define BASE_JSON_JSON_WALK_H

#include "base/bytes.h"

enum json_kind {
    JSON_KIND_NONE, /* an empty text */
    JSON_KIND_NULL,
    JSON_KIND_FALSE,
    JSON_KIND_TRUE,
    JSON_KIND_NUMBER,
    JSON_KIND_STRING,
    JSON_KIND_ARRAY,
    JSON_KIND_OBJECT
};

/* The value of a text, without the white space around it. */
struct bytes_view json_walk_value(struct bytes_view text);

enum json_kind json_walk_kind(struct bytes_view value);

/* The members of an object or the elements of an array, in order. */
struct json_walk {
    struct bytes_view key; /* with its quotes; empty for an element */
    struct bytes_view value;
    struct bytes_view rest;
    bool is_object;
};

void json_walk_begin(struct json_walk *walk, struct bytes_view container);
bool json_walk_next(struct json_walk *walk);

/* The member with that name; of several, the last one, which parsers keep. False when there is none. */
bool json_walk_member(struct bytes_view object, const char *name, struct bytes_view *value);

/* Is the string (with its quotes) this text, once its escapes are decoded? */
bool json_walk_string_is(struct bytes_view string, const char *text);

/* Order by their bytes, once escapes are decoded: below, at or above 0. */
int json_walk_compare_string(struct bytes_view string, const char *text);
int json_walk_compare_strings(struct bytes_view left, struct bytes_view right);

/* The number's value; false when it is too long for the memory there is. */
bool json_walk_number(struct bytes_view number, double *value);

#endif
