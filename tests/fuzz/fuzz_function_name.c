/*
 * function_name_parse() and qualifier_check() beside the same patterns as POSIX expressions. What was parsed, put
 * together to a full ARN, must give the same parts again.
 */
#include "config/names/function_name.h"

#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argument_count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static regex_t name_regex, qualifier_regex;

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    expect(regcomp(&name_regex,
                   "^(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]"
                   "+-[0-9]{1}:)?"
                   "([0-9]{12}:)?(function:)?([a-zA-Z0-9_.-]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-"
                   "9_-]+))?$",
                   REG_EXTENDED | REG_NOSUB) == 0);
    expect(regcomp(&qualifier_regex, "^(\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9_$-]+)$",
                   REG_EXTENDED | REG_NOSUB) == 0);
    return 0;
}

/* Whole and with NULs nowhere. */
static bool matches(const regex_t *regex, const char *text, size_t length)
{
    char *const copy = malloc(length + 1);
    bool is_match;

    expect(copy != NULL);
    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    is_match = strlen(copy) == length && regexec(regex, copy, 0, NULL, 0) == 0;
    free(copy);
    return is_match;
}

static void check_parts(const struct function_name *parsed)
{
    const bool has_account = parsed->account_id[0] != '\0',
               has_qualifier = parsed->qualifier[0] != '\0';
    const bool has_region = parsed->region[0] != '\0';
    char whole[3 * FUNCTION_NAME_MAX];
    struct function_name again;
    const int length =
        snprintf(whole, sizeof whole, "arn:aws:lambda:%s%s%s%sfunction:%s%s%s", parsed->region,
                 has_region ? ":" : "", parsed->account_id, has_account ? ":" : "", parsed->name,
                 has_qualifier ? ":" : "", parsed->qualifier);

    expect(length > 0 && (size_t)length < sizeof whole);
    if (length > FUNCTION_NAME_MAX)
        return;
    expect(function_name_parse(whole, (size_t)length, &again) == FUNCTION_NAME_OK);
    expect(strcmp(again.region, parsed->region) == 0 &&
           strcmp(again.account_id, parsed->account_id) == 0 &&
           strcmp(again.name, parsed->name) == 0 &&
           strcmp(again.qualifier, parsed->qualifier) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size > 0 ? size : 1);
    struct function_name parsed;
    enum function_name_status name_status, qualifier_status;

    expect(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    name_status = function_name_parse(text, size, &parsed);
    qualifier_status = qualifier_check(text, size);

    expect((name_status == FUNCTION_NAME_TOO_SHORT) == (size == 0));
    expect((qualifier_status == FUNCTION_NAME_TOO_SHORT) == (size == 0));
    expect(name_status != FUNCTION_NAME_TOO_LONG || size > FUNCTION_NAME_MAX);
    expect(qualifier_status != FUNCTION_NAME_TOO_LONG || size > QUALIFIER_MAX);
    expect((name_status == FUNCTION_NAME_OK) ==
           (size <= FUNCTION_NAME_MAX && matches(&name_regex, text, size)));
    expect((qualifier_status == FUNCTION_NAME_OK) ==
           (size <= QUALIFIER_MAX && matches(&qualifier_regex, text, size)));
    if (name_status == FUNCTION_NAME_OK)
        check_parts(&parsed);
    free(text);
    return 0;
}
