#include "runtime/environments/error_type.h"

#include <stddef.h>
#include <string.h>

#define UNKNOWN_OF_RUNTIME "Runtime.Unknown"
#define UNKNOWN_OF_FUNCTION "Function.Unknown"

static bool is_letter(char character, char first)
{
    return character >= first && character <= first + 25;
}

static bool is_known_form(const char *type, const char *family)
{
    const char *found = type;
    const size_t length = strlen(family);

    while ((found = strstr(found, family)) != NULL) {
        found += length;
        if (is_letter(found[0], 'A') && (is_letter(found[1], 'a') || is_letter(found[1], 'A')))
            return true;
    }
    return false;
}

const char *error_type_shown(const char *type)
{
    if (is_known_form(type, "Runtime.") || is_known_form(type, "Function."))
        return type;
    return strncmp(type, "Function.", 9) == 0 ? UNKNOWN_OF_FUNCTION : UNKNOWN_OF_RUNTIME;
}

bool error_type_is_unknown(const char *type)
{
    return strcmp(type, UNKNOWN_OF_RUNTIME) == 0 || strcmp(type, UNKNOWN_OF_FUNCTION) == 0;
}
