#include "runtime/dispatch/lineage.h"

#include "base/short_text.h"

#include <stdio.h>
#include <string.h>

enum { HOPS_LIMIT = 32767, LOOPS_LIMIT = 255, FIELD_SIZE = 32, FIRST_CHANGE = 8 };

static const char hash_digits[] = "0123456789abcdef";

struct lineage {
    unsigned hops, loops;
    uint32_t hash;
};

/* FNV-1a. */
static uint32_t mix(uint32_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT32_C(16777619);
    return hash;
}

static uint32_t hash_of(const struct lineage_function *function)
{
    return mix(mix(mix(UINT32_C(2166136261), function->account_id), ":"), function->name);
}

/* Up to `limit`, and to the `end`, which it moves `*text` behind. */
static bool read_number(const char **text, char end, unsigned limit, unsigned *number)
{
    const size_t length = strspn(*text, "0123456789");

    *number = 0;
    if (length == 0 || length > 5 || (end != '\0' && (*text)[length] != end))
        return false;
    for (size_t i = 0; i < length; i++)
        *number = *number * 10 + (unsigned)((*text)[i] - '0');
    *text += length + (end != '\0');
    return *number <= limit;
}

static bool read_hash(const char **text, uint32_t *hash)
{
    *hash = 0;
    for (int i = 0; i < 8; i++) {
        const char *digit = **text == '\0' ? NULL : strchr(hash_digits, **text);

        if (digit == NULL)
            return false;
        *hash = *hash << 4 | (uint32_t)(digit - hash_digits);
        ++*text;
    }
    return *(*text)++ == ':';
}

/* Zeroed where there is none. */
static struct lineage parse(const char *trace_header)
{
    const char *text = trace_header == NULL ? NULL : trace_header_field(trace_header, "Lineage");
    struct lineage lineage;

    if (text != NULL && read_number(&text, ':', HOPS_LIMIT, &lineage.hops) &&
        read_hash(&text, &lineage.hash) && read_number(&text, '\0', LOOPS_LIMIT, &lineage.loops) &&
        (*text == '\0' || *text == ';'))
        return lineage;
    return (struct lineage){0};
}

/* Shorter loops have come back to the first function by then. */
static bool is_time_for_another(unsigned hops)
{
    return hops >= FIRST_CHANGE && (hops & (hops - 1)) == 0;
}

static struct lineage extend(struct lineage lineage, uint32_t hash)
{
    const bool is_first = lineage.hops == 0;

    if (lineage.hops < HOPS_LIMIT)
        lineage.hops++;
    if (!is_first && lineage.hash == hash)
        lineage.loops += lineage.loops < LOOPS_LIMIT;
    else if (is_first || (lineage.loops == 0 && is_time_for_another(lineage.hops)))
        lineage.hash = hash;
    return lineage;
}

/* Without its lineage, and a `;` behind what is left. */
static void copy_without_lineage(const char *trace_header, char copy[TRACE_HEADER_SIZE])
{
    const char *field = trace_header_field(trace_header, "Lineage");
    const size_t before =
        field == NULL ? strlen(trace_header) : (size_t)(field - trace_header) - strlen("Lineage=");
    const char *after = field == NULL ? "" : field + strcspn(field, ";");

    after += *after == ';';
    if (snprintf(copy, TRACE_HEADER_SIZE, "%.*s%s%s", (int)before, trace_header,
                 before > 0 && trace_header[before - 1] != ';' ? ";" : "",
                 after) >= TRACE_HEADER_SIZE - FIELD_SIZE)
        copy[0] = '\0';
    else if (copy[0] != '\0' && copy[strlen(copy) - 1] != ';')
        memcpy(copy + strlen(copy), ";", 2);
}

/* Eight digits. */
static void put_hash(struct short_text *text, uint32_t hash)
{
    char digits[8];

    for (size_t i = sizeof digits; i > 0; hash >>= 4)
        digits[--i] = hash_digits[hash & 15];
    short_text_put_bytes(text, digits, sizeof digits);
}

unsigned lineage_extend(const char *trace_header, const struct lineage_function *function,
                        char extended[TRACE_HEADER_SIZE])
{
    const uint32_t hash = hash_of(function);
    const struct lineage lineage = extend(parse(trace_header), hash);
    struct short_text text;
    size_t length;

    extended[0] = '\0';
    if (trace_header != NULL && strlen(trace_header) < TRACE_HEADER_SIZE)
        copy_without_lineage(trace_header, extended);
    length = strlen(extended);
    short_text_begin(&text, extended + length, TRACE_HEADER_SIZE - length);
    short_text_put(&text, "Lineage=");
    short_text_put_number(&text, lineage.hops);
    short_text_put(&text, ":");
    put_hash(&text, lineage.hash);
    short_text_put(&text, ":");
    short_text_put_number(&text, lineage.loops);
    return lineage.hash == hash ? lineage.loops : 0;
}

unsigned lineage_loops(const char *trace_header, const struct lineage_function *function)
{
    const struct lineage lineage = parse(trace_header);

    return lineage.hops > 0 && lineage.hash == hash_of(function) ? lineage.loops : 0;
}

bool lineage_is_endless(const char *trace_header, const struct lineage_function *function)
{
    return lineage_loops(trace_header, function) >= LINEAGE_LOOPS_MAX;
}
