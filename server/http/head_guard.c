#include "server/http/head_guard.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* RFC 9110, 5.6.2: letters, digits and !#$%&'*+-.^_`|~, a bit for each. */
static bool is_token(const char *text)
{
    static const uint64_t allowed[] = {UINT64_C(0x3ff6cfa00000000), UINT64_C(0x57ffffffc7fffffe)};
    const unsigned char *at = (const unsigned char *)text;

    while (*at < 0x80 && (allowed[*at >> 6] >> (*at & 63) & 1) != 0)
        at++;
    return *text != '\0' && *at == '\0';
}

static bool has_control_character(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    while ((*at >= 0x20 && *at != 0x7f) || *at == '\t')
        at++;
    return *at != '\0';
}

static const char *find_fault(struct head_guard *guard, const char *name, const char *value)
{
    const char first = (char)(*name | 0x20); /* most need not be compared */
    const bool is_length = first == 'c' && strcasecmp(name, "Content-Length") == 0;
    const bool is_coding = first == 't' && strcasecmp(name, "Transfer-Encoding") == 0;

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
    if (first == 'h' && strcasecmp(name, "Host") == 0 && ++guard->hosts > 1)
        return "Host is told twice";
    return NULL;
}

void head_guard_look(struct head_guard *guard, const char *name, const char *value)
{
    const char *fault = find_fault(guard, name, value);

    if (guard->fault == NULL)
        guard->fault = fault;
}
