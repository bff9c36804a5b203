#include "server/head_guard.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* RFC 9110, 5.6.2 */
static bool is_token(const char *text)
{
    static const char separators[] = "()<>@,;:\\\"/[]?={} \t";
    const char *at = text;

    while (*at > 0x20 && *at < 0x7f && strchr(separators, *at) == NULL)
        at++;
    return at > text && *at == '\0';
}

static bool has_control_character(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (((unsigned char)*at < 0x20 && *at != '\t') || *at == 0x7f)
            return true;
    }
    return false;
}

static const char *find_fault(struct head_guard *guard, const char *name, const char *value)
{
    const bool is_length = strcasecmp(name, "Content-Length") == 0;
    const bool is_coding = strcasecmp(name, "Transfer-Encoding") == 0;

    if (!is_token(name))
        return "the name of a header has a character that none may have, or there is none";
    if (has_control_character(value))
        return "the value of a header has a control character";
    if ((is_length || is_coding) && ++guard->lengths > 1)
        return "the length of the body is told twice: send one Content-Length, or chunks";
    if (is_length && (*value == '\0' || value[strspn(value, "0123456789")] != '\0'))
        return "Content-Length must be a number";
    if (is_coding && strcasecmp(value, "chunked") != 0)
        return "Transfer-Encoding must be chunked";
    if (strcasecmp(name, "Host") == 0 && ++guard->hosts > 1)
        return "Host is told twice";
    return NULL;
}

void head_guard_look(struct head_guard *guard, const char *name, const char *value)
{
    const char *fault = find_fault(guard, name, value);

    if (guard->fault == NULL)
        guard->fault = fault;
}
