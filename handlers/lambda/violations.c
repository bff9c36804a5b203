#include "handlers/lambda/violations.h"

#include "handlers/lambda/api_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void violations_add(struct violations *violations, const char *value, const char *member,
                    const char *constraint, ...)
{
    va_list arguments;
    char *rest = NULL;

    va_start(arguments, constraint);
    if (vasprintf(&rest, constraint, arguments) < 0)
        rest = NULL;
    va_end(arguments);
    (void)bytes_format(&violations->text, "%sValue '%s' at '%s' failed to satisfy constraint: %s",
                       violations->count > 0 ? "; " : "", value, member, rest == NULL ? "" : rest);
    violations->count++;
    free(rest);
}

void violations_add_missing(struct violations *violations, const char *member)
{
    (void)bytes_format(&violations->text,
                       "%sValue null at '%s' failed to satisfy constraint: Member must not be null",
                       violations->count > 0 ? "; " : "", member);
    violations->count++;
}

void violations_add_name(struct violations *violations, const char *value,
                         const struct name_rule *rule, enum function_name_status status)
{
    switch (status) {
    case FUNCTION_NAME_OK:
        break;
    case FUNCTION_NAME_TOO_SHORT:
        violations_add(violations, value, rule->member,
                       "Member must have length greater than or equal to 1");
        break;
    case FUNCTION_NAME_TOO_LONG:
        violations_add(violations, value, rule->member,
                       "Member must have length less than or equal to %d", rule->length_max);
        break;
    case FUNCTION_NAME_NO_MATCH:
        violations_add(violations, value, rule->member,
                       "Member must satisfy regular expression pattern: %s", rule->pattern);
        break;
    }
}

static bool has_other_character(const char *value, const char *punctuation)
{
    for (const char *at = value; *at != '\0'; at++) {
        const bool is_letter =
            (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9');

        if (!is_letter && strchr(punctuation, *at) == NULL)
            return true;
    }
    return false;
}

void violations_check_text(struct violations *violations, const char *value,
                           const struct text_rule *rule)
{
    if (value == NULL)
        return;
    if (value[0] == '\0')
        violations_add(violations, value, rule->member,
                       "Member must have length greater than or equal to 1");
    if (strlen(value) > rule->length_max)
        violations_add(violations, value, rule->member,
                       "Member must have length less than or equal to %zu", rule->length_max);
    if (has_other_character(value, rule->punctuation))
        violations_add(violations, value, rule->member,
                       "Member must satisfy regular expression pattern: %s", rule->pattern);
}

bool violations_settle(struct violations *violations, struct exchange *exchange)
{
    const unsigned count = violations->count;
    const struct bytes_view text = bytes_view(violations->text);

    if (count > 0)
        api_answer_exception(exchange, API_VALIDATION, "%u validation error%s detected: %.*s",
                             count, count == 1 ? "" : "s", (int)text.length, text.data);
    bytes_release(violations->text);
    *violations = (struct violations){0};
    return count == 0;
}
