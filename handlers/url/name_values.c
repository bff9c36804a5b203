#include "handlers/url/name_values.h"

#include "handlers/exchange.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CAPACITY_FIRST = 16 };

static bool grow(struct name_values *values)
{
    const size_t capacity = values->capacity == 0 ? CAPACITY_FIRST : values->capacity * 2;
    struct name_value *items = realloc(values->items, capacity * sizeof *items);

    if (items == NULL)
        return false;
    values->items = items;
    values->capacity = capacity;
    return true;
}

void name_values_add(struct name_values *values, struct bytes_view name, struct bytes_view value)
{
    if (values->count == values->capacity && !grow(values)) {
        values->is_short = true;
        return;
    }
    values->items[values->count] = (struct name_value){name, value, values->count};
    values->count++;
}

static int compare_text(struct bytes_view left, struct bytes_view right, bool ignores_case)
{
    const size_t shorter = left.length < right.length ? left.length : right.length;
    int order = 0;

    if (shorter > 0)
        order = ignores_case ? strncasecmp(left.data, right.data, shorter)
                             : memcmp(left.data, right.data, shorter);

    return order != 0 ? order : (left.length > right.length) - (left.length < right.length);
}

static int by_order(const struct name_value *a, const struct name_value *b, int order)
{
    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

static int by_name(const void *left, const void *right)
{
    const struct name_value *a = left, *b = right;

    return by_order(a, b, compare_text(a->name, b->name, false));
}

static int by_any_case(const void *left, const void *right)
{
    const struct name_value *a = left, *b = right;

    return by_order(a, b, compare_text(a->name, b->name, true));
}

void name_values_sort(struct name_values *values)
{
    if (values->count > 1)
        qsort(values->items, values->count, sizeof *values->items,
              values->ignores_case ? by_any_case : by_name);
}

const struct name_value *name_values_find(const struct name_values *values, const char *name)
{
    const struct bytes_view wanted = {name, strlen(name)};
    size_t first = 0, behind = values->count;

    while (first < behind) {
        const size_t middle = first + (behind - first) / 2;

        if (compare_text(values->items[middle].name, wanted, values->ignores_case) < 0)
            first = middle + 1;
        else
            behind = middle;
    }
    if (first < values->count &&
        compare_text(values->items[first].name, wanted, values->ignores_case) == 0)
        return &values->items[first];
    return NULL;
}

/* How many items from `first` on have its name. */
static size_t run_length(const struct name_values *values, size_t first)
{
    size_t length = 1;

    while (first + length < values->count &&
           compare_text(values->items[first].name, values->items[first + length].name,
                        values->ignores_case) == 0)
        length++;
    return length;
}

static void write_joined(struct json_writer *writer, const struct name_value *items, size_t count)
{
    struct bytes *joined = NULL;

    for (size_t i = 0; i < count; i++) {
        if ((i > 0 && !bytes_append(&joined, ",", 1)) ||
            !bytes_append(&joined, items[i].value.data, items[i].value.length))
            writer->is_short = true;
    }
    json_string(writer, bytes_view(joined));
    bytes_release(joined);
}

static void write_list(struct json_writer *writer, const struct name_value *items, size_t count)
{
    json_open(writer, '[');
    for (size_t i = 0; i < count; i++)
        json_string(writer, items[i].value);
    json_close(writer, ']');
}

void name_values_write(struct json_writer *writer, const struct name_values *values,
                       enum name_values_form form)
{
    writer->is_short = writer->is_short || values->is_short;
    json_open(writer, '{');
    for (size_t i = 0, length; i < values->count; i += length) {
        const struct name_value *items = &values->items[i];

        length = run_length(values, i);
        json_key_view(writer, items->name);
        if (form == NAME_VALUES_LISTS)
            write_list(writer, items, length);
        else if (form == NAME_VALUES_JOINED && length > 1)
            write_joined(writer, items, length);
        else
            json_string(writer, items[length - 1].value);
    }
    json_close(writer, '}');
}

void name_values_clear(struct name_values *values)
{
    free(values->items);
    *values = (struct name_values){NULL};
}

/* ---- queries ---- */

/* Decodes to `*to` and moves it behind the text. */
static struct bytes_view decode(struct bytes_view text, char **to, size_t room)
{
    char *const begin = *to;
    const size_t length = percent_decode(text, begin, room);

    *to += length + 1;
    return (struct bytes_view){begin, length};
}

void name_values_read_query(struct name_values *values, struct bytes_view query, char **memory)
{
    const size_t room = 2 * (query.length + 1) + 2;
    const char *end;
    char *plain = query.length == 0 ? NULL : malloc(query.length), *to;

    *memory = plain == NULL ? NULL : malloc(room);
    values->is_short = query.length > 0 && *memory == NULL;
    if (*memory == NULL) {
        free(plain);
        return;
    }
    for (size_t i = 0; i < query.length; i++)
        plain[i] = query.data[i];
    for (char *at = memchr(plain, '+', query.length); at != NULL;
         at = memchr(at, '+', query.length - (size_t)(at - plain)))
        *at = ' ';
    to = *memory;
    end = plain + query.length;
    for (const char *at = plain; at < end;) {
        const char *behind = memchr(at, '&', (size_t)(end - at));
        const char *stop = behind == NULL ? end : behind;
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        const char *name_end = equals == NULL ? stop : equals;
        const char *value = equals == NULL ? stop : equals + 1;

        if (stop > at) {
            const struct bytes_view name =
                decode((struct bytes_view){at, (size_t)(name_end - at)}, &to, room);

            name_values_add(values, name,
                            decode((struct bytes_view){value, (size_t)(stop - value)}, &to, room));
        }
        at = stop + 1;
    }
    free(plain);
    name_values_sort(values);
}
