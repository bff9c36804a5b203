#include "handlers/inspect/inspect_query.h"

#include "config/names/nearest_name.h"
#include "handlers/lambda/api_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 65, NUMBER_SIZE = 32, SHOWN_MAX = 60 /* of a value that makes no sense */ };

bool inspect_query_refuse(struct exchange *exchange, const char *format, ...)
{
    char *why = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&why, format, arguments) < 0)
        why = NULL;
    va_end(arguments);
    api_answer_refusal(exchange, 400, why == NULL ? "invoked is out of memory" : why);
    free(why);
    return false;
}

static bool is_known(const char *const *known, const char *name)
{
    for (; *known != NULL; known++) {
        if (strcmp(*known, name) == 0)
            return true;
    }
    return false;
}

static bool refuse_unknown(struct exchange *exchange, const char *const *known, const char *name)
{
    struct nearest_name nearest;
    struct bytes *list = NULL;

    nearest_name_init(&nearest, name);
    for (const char *const *each = known; *each != NULL; each++) {
        nearest_name_offer(&nearest, *each);
        (void)bytes_format(&list, "%s%s", each == known ? "" : ", ", *each);
    }
    if (nearest.best != NULL)
        (void)inspect_query_refuse(exchange, "unknown parameter '%.*s'; did you mean %s?",
                                   SHOWN_MAX, name, nearest.best);
    else if (list != NULL)
        (void)inspect_query_refuse(exchange, "unknown parameter '%.*s'; the parameters are %.*s",
                                   SHOWN_MAX, name, (int)list->length, list->data);
    else
        (void)inspect_query_refuse(exchange, "unknown parameter '%.*s'; there are no parameters",
                                   SHOWN_MAX, name);
    bytes_release(list);
    return false;
}

bool inspect_query_check(struct exchange *exchange, const char *const *known)
{
    const char *at = exchange->query.data;
    const char *const end = at + exchange->query.length;
    char name[NAME_SIZE];

    while (at < end) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        const size_t length = (size_t)((stop == NULL ? end : stop) - at);
        const char *equals = memchr(at, '=', length);

        (void)percent_decode(
            (struct bytes_view){at, equals == NULL ? length : (size_t)(equals - at)}, name,
            sizeof name);
        if (length > 0 && !is_known(known, name))
            return refuse_unknown(exchange, known, name);
        at += length + 1;
    }
    return true;
}

bool inspect_query_text(struct exchange *exchange, const char *name, char *value, size_t size)
{
    size_t length = 0;

    value[0] = '\0';
    (void)exchange_query(exchange, name, value, size, &length);
    if (length < size && strlen(value) == length)
        return true;
    if (length < size)
        return inspect_query_refuse(exchange, "%s: must not contain a zero byte", name);
    return inspect_query_refuse(exchange, "%s: must be at most %zu bytes long (is %zu)", name,
                                size - 1, length);
}

bool inspect_query_number(struct exchange *exchange, const char *name, size_t min, size_t max,
                          size_t *value)
{
    char text[NUMBER_SIZE];
    size_t length = 0;
    unsigned long number;

    if (!exchange_query(exchange, name, text, sizeof text, &length) || length == 0)
        return true;
    number = strtoul(text, NULL, 10);
    if (length >= sizeof text || strspn(text, "0123456789") != length || number < min ||
        number > max)
        return inspect_query_refuse(
            exchange, "%s: must be a whole number from %zu to %zu (is '%s')", name, min, max, text);
    *value = number;
    return true;
}
