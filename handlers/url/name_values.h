/*
 * name_values.h - the headers or the query parameters of a request: names that may come several times, folded as the
 * payload formats of AWS fold them.
 *
 *     struct name_values values = {0};
 *     name_values_add(&values, name, value);       as they come
 *     name_values_sort(&values);                   once
 *     name_values_write(&writer, &values, NAME_VALUES_JOINED);
 *     name_values_clear(&values);
 */
#ifndef HANDLERS_URL_NAME_VALUES_H
#define HANDLERS_URL_NAME_VALUES_H

#include "base/bytes.h"
#include "base/json/json_writer.h"

struct name_value {
    struct bytes_view name, value;
    size_t order; /* in which it was added */
};

struct name_values {
    struct name_value *items;
    size_t count, capacity;
    bool is_short;     /* of memory: some are missing */
    bool ignores_case; /* of names; set before they are sorted */
};

enum name_values_form {
    NAME_VALUES_JOINED, /* {"a":"1,2"}: payload format 2.0 */
    NAME_VALUES_LAST,   /* {"a":"2"}: payload format 1.0 */
    NAME_VALUES_LISTS   /* {"a":["1","2"]}: its multiValue… members */
};

/* Borrows both. */
void name_values_add(struct name_values *values, struct bytes_view name, struct bytes_view value);

/* By name; values of one name stay in their order. */
void name_values_sort(struct name_values *values);

/* The first of that name, of sorted ones; NULL for none. */
const struct name_value *name_values_find(const struct name_values *values, const char *name);

void name_values_write(struct json_writer *writer, const struct name_values *values,
                       enum name_values_form form);
void name_values_clear(struct name_values *values);

/*
 * Reads "a=1&b=2", percent-decoded, with '+' for a blank, into sorted values. The texts are in `*memory`, which the caller
 * frees after the values.
 */
void name_values_read_query(struct name_values *values, struct bytes_view query, char **memory);

#endif
