#include "config/names/name_rules.h"

#include "config/names/bundled_language.h"
#include "config/names/nearest_name.h"

#include <stddef.h>
#include <string.h>

enum {
    NAME_MAX_LENGTH = 64,
    ALIAS_MAX_LENGTH = 128,
    VERSION_MAX_LENGTH = 18,
    HOST_MAX_LENGTH = 253
};

static const char digits[] = "0123456789";
static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
static const char name[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

static bool is_made_of(const char *text, const char *characters, size_t length_max)
{
    const size_t length = strlen(text);

    return length > 0 && length <= length_max && strspn(text, characters) == length;
}

bool is_function_name(const char *text)
{
    return is_made_of(text, name, NAME_MAX_LENGTH);
}

bool is_alias_name(const char *text)
{
    return is_made_of(text, name, ALIAS_MAX_LENGTH) && !is_made_of(text, digits, ALIAS_MAX_LENGTH);
}

bool is_version_number(const char *text)
{
    return is_made_of(text, digits, VERSION_MAX_LENGTH) && text[0] != '0';
}

bool is_account_id(const char *text)
{
    return strlen(text) == 12 && strspn(text, digits) == 12;
}

/* (eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}: the parts behind the first two are told apart by the last. */
bool is_region(const char *text)
{
    if (strncmp(text, "eusc-", 5) == 0)
        text += 5;
    if (strspn(text, lower) != 2)
        return false;
    text += 2;
    const size_t kind = *text == '-' ? strspn(text + 1, lower) : 0;
    const bool is_partition =
        (kind == 3 && (memcmp(text, "-gov", 4) == 0 || memcmp(text, "-iso", 4) == 0)) ||
        (kind == 4 && memcmp(text, "-iso", 4) == 0);

    if (is_partition && text[kind + 1] == '-' && strspn(text + kind + 2, lower) > 0)
        text += kind + 1;
    if (*text != '-' || strspn(text + 1, lower) == 0)
        return false;
    text += 1 + strspn(text + 1, lower);
    return *text == '-' && strlen(text) == 2 && strspn(text + 1, digits) == 1;
}

bool is_variable_name(const char *text)
{
    return strlen(text) >= 2 && strspn(text, word) == strlen(text) && text[0] != '_' &&
           strspn(text, digits) == 0;
}

bool is_reserved_variable(const char *text)
{
    static const char *const reserved[] = {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SECRET_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    };

    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        if (text[0] == reserved[i][0] && strcmp(text, reserved[i]) == 0)
            return true;
    }
    return false;
}

static bool is_port(const char *text)
{
    unsigned port = 0;

    if (!is_made_of(text, digits, 5))
        return false;
    for (; *text != '\0'; text++)
        port = port * 10 + (unsigned)(*text - '0');
    return port >= 1 && port <= 65535;
}

bool is_origin(const char *text)
{
    size_t host;

    if (strncmp(text, "http://", 7) == 0)
        text += 7;
    else if (strncmp(text, "https://", 8) == 0)
        text += 8;
    else
        return false;
    if (*text == '[') {
        host = 1 + strspn(text + 1, "0123456789abcdef:.");
        if (host == 1 || text[host] != ']')
            return false;
        host++;
    } else {
        host = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-._");
    }
    if (host == 0 || host > HOST_MAX_LENGTH)
        return false;
    return text[host] == '\0' || (text[host] == ':' && is_port(text + host + 1));
}

static const char *const provided[] = {"provided", "provided.al2", "provided.al2023"};

enum runtime_family runtime_family_of(const char *runtime)
{
    for (size_t i = 0; i < sizeof provided / sizeof provided[0]; i++) {
        if (strcmp(runtime, provided[i]) == 0)
            return RUNTIME_FAMILY_PROVIDED;
    }
    return bundled_family_of(runtime);
}

/* AWS's others, for suggestions; the newest first. */
static const char *const foreign[] = {
    "java25",    "java21", "java17.al2023", "java17",  "java11.al2023", "java11", "java8.al2023",
    "java8.al2", "java8",  "dotnet10",      "dotnet8", "dotnet6",       "go1.x",
};

bool is_foreign_runtime(const char *runtime)
{
    static const char *const beginnings[] = {"java1", "java2", "java8", "dotnet", "go1."};

    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
        if (strncmp(runtime, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    }
    return false;
}

const char *nearest_runtime(const char *runtime)
{
    const struct bundled_language *language;
    struct nearest_name nearest;

    nearest_name_init(&nearest, runtime);
    for (size_t i = 0; (language = bundled_language_at(i)) != NULL; i++) {
        for (const char *const *known = language->known; *known != NULL; known++)
            nearest_name_offer(&nearest, *known);
    }
    for (size_t i = 0; i < sizeof provided / sizeof provided[0]; i++)
        nearest_name_offer(&nearest, provided[i]);
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        nearest_name_offer(&nearest, foreign[i]);
    return nearest.best;
}
