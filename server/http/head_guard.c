#include "server/http/head_guard.h"

#include <microhttpd.h>
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

/* The end of a line: CR and LF, both replaced by NUL. */
enum { LINE_END = 2 };

static bool is_placed(const char *part, const char *expected)
{
    return part == expected || MHD_VERSION > LENIENT_MHD_MAX;
}

static const char misplaced[] =
    "a line of the head begins with a blank, ends without CR LF, or has a NUL or a blank too many";

static void note(struct head_guard *guard, const char *problem)
{
    if (guard->problem == NULL)
        guard->problem = problem;
}

static const char *request_line_problem(const struct request_line *line)
{
    if (!is_token(line->method))
        return "the method has a character that is not allowed, or is missing";
    if (has_control_character(line->target) || strpbrk(line->target, " \t") != NULL)
        return "the request target has a blank or a control character";
    if (!is_placed(line->place, line->method + strlen(line->method) + 1) ||
        !is_placed(line->version, line->place + strlen(line->target) + 1))
        return misplaced;
    return NULL;
}

void head_guard_begin(struct head_guard *guard, const struct request_line *line)
{
    *guard = (struct head_guard){
        .next = line->version + strlen(line->version) + LINE_END,
        .is_http_1_0 = strcmp(line->version, "HTTP/1.0") == 0,
    };
    note(guard, request_line_problem(line));
}

static const char *header_problem(struct head_guard *guard, const char *name, const char *value)
{
    const char first = (char)(*name | 0x20); /* most need not be compared */
    const bool is_length = first == 'c' && strcasecmp(name, "Content-Length") == 0;
    const bool is_coding = first == 't' && strcasecmp(name, "Transfer-Encoding") == 0;

    guard->is_chunked = guard->is_chunked || is_coding;
    if (!is_token(name))
        return "the name of a header has a character that is not allowed, or is missing";
    if (has_control_character(value))
        return "the value of a header has a control character";
    if ((is_length || is_coding) && ++guard->lengths > 1)
        return "duplicate body length: send one Content-Length, or chunks";
    if (is_length && (*value == '\0' || value[strspn(value, "0123456789")] != '\0'))
        return "Content-Length must be a number";
    if (is_coding && strcasecmp(value, "chunked") != 0)
        return "Transfer-Encoding must be chunked";
    if (is_coding && guard->is_http_1_0)
        return "Transfer-Encoding needs HTTP/1.1";
    if (first == 'h' && strcasecmp(name, "Host") == 0 && ++guard->hosts > 1)
        return "duplicate Host header";
    return NULL;
}

void head_guard_look(struct head_guard *guard, const char *name, const char *value)
{
    const char *at = name + strlen(name) + 1;

    note(guard, header_problem(guard, name, value));
    at += strspn(at, " \t");
    if (!is_placed(name, guard->next) || !is_placed(value, at))
        note(guard, misplaced);
    guard->next = value + strlen(value) + LINE_END;
}

void head_guard_end(struct head_guard *guard, const char *end)
{
    if (!is_placed(end, guard->next + LINE_END))
        note(guard, misplaced);
}
