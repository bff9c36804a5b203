/*
 * function_name.h - the FunctionName and Qualifier of a request: name, partial ARN or full ARN, each with :qualifier.
 *
 * Decides syntax only: which member breaks which constraint, and what the parts are. Whether such a function exists is
 * config.h's business. Patterns and lengths: recorded AWS answers of November 2025.
 */
#ifndef CONFIG_NAMES_FUNCTION_NAME_H
#define CONFIG_NAMES_FUNCTION_NAME_H

#include <stdbool.h>
#include <stddef.h>

enum { FUNCTION_NAME_MAX = 256, QUALIFIER_MAX = 128 };

/* The two patterns as AWS prints them in its refusals. */
extern const char function_name_pattern[];
extern const char qualifier_pattern[];

/* Parts that the name did not carry are "". The pattern lets a region be as long as the whole. */
struct function_name {
    char region[FUNCTION_NAME_MAX + 1];
    char account_id[13];
    char name[FUNCTION_NAME_MAX + 1];
    char qualifier[FUNCTION_NAME_MAX + 1];
};

enum function_name_status {
    FUNCTION_NAME_OK,
    FUNCTION_NAME_TOO_SHORT,
    FUNCTION_NAME_TOO_LONG,
    FUNCTION_NAME_NO_MATCH
};

/*
 * `text` is percent-decoded and need not end in NUL. `parsed` is filled on FUNCTION_NAME_OK only. Lengths count
 * characters as AWS's front end does (UTF-16 units), and are looked at before the pattern.
 */
enum function_name_status function_name_parse(const char *text, size_t length,
                                              struct function_name *parsed);

/* The same three constraints for a Qualifier of its own (1 to 128 characters). */
enum function_name_status qualifier_check(const char *text, size_t length);

#endif
