/*
 * member_rules.h - what AWS asks of the members of a request's body, one row each, and the words of its refusals.
 *
 * Patterns stand twice: as AWS prints them, and as a POSIX extended regular expression, since AWS's are Java's.
 */
#ifndef HANDLERS_MANAGE_MEMBER_RULES_H
#define HANDLERS_MANAGE_MEMBER_RULES_H

#include "handlers/lambda/violations.h"

#include <cjson/cJSON.h>

enum member_kind {
    MEMBER_TEXT,
    MEMBER_INTEGER,
    MEMBER_NUMBER,
    MEMBER_FLAG,
    MEMBER_OBJECT,
    MEMBER_TEXTS,   /* a list of strings */
    MEMBER_OBJECTS, /* a list of objects */
    MEMBER_MAP,     /* strings by name */
    MEMBER_NUMBERS  /* numbers by name */
};

/* Of each item of a list, each key or each value of a map. */
struct item_rule {
    const char *text; /* all constraints, as AWS prints them */
    double min, max;  /* length, or value of a number */
    const char *ere, *values;
    const char *shown; /* instead of `text`: an enum, told as if the list itself were of it */
};

struct member_rule {
    const char *path; /* "VpcConfig.SubnetIds" */
    enum member_kind kind;
    bool is_required;
    double min, max; /* length of a text, count of a list, value of a number; max 0: no limits */
    const char *pattern, *ere;
    const char *values; /* of an enum: "A, B" as AWS prints them */
    const struct item_rule *item, *key;
};

/* A row that isn't of its kind: `wrong` is its path, for a SerializationException. */
bool member_rules_check(const struct member_rule *rules, const cJSON *body,
                        struct violations *violations, const char **wrong);

/* The whole of `text`. */
bool member_matches(const char *ere, const char *text);

/* Is `text` one of "A, B, C"? */
bool member_is_listed(const char *values, const char *text);

/* AWS prints a list as "[a, b]" and a map as "{k=v}". Owned; NULL when out of memory. */
char *member_print(const cJSON *item);

#endif
