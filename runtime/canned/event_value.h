/*
 * event_value.h - the values of an event, each found in its text once, however many canned responses ask for it.
 *
 * A value learns its members or elements when they are first asked for, so an event costs only what the answers look
 * at.
 *
 * Used by:  mock_match.c.
 */
#ifndef RUNTIME_CANNED_EVENT_VALUE_H
#define RUNTIME_CANNED_EVENT_VALUE_H

#include "base/bytes.h"

struct event_value {
    struct bytes_view key;        /* of a member, with its quotes */
    struct bytes_view text;       /* empty: there is no such value */
    struct event_value *children; /* members, sorted by key and each key once, or elements */
    size_t child_count;
    bool has_children; /* `children` have been read */
    bool has_number;   /* `number` has been read */
    bool is_marked;    /* the user's; false at first */
    double number;
};

/* `text` is borrowed. */
void event_value_init(struct event_value *value, struct bytes_view text);
void event_value_clear(struct event_value *value);

/* Reads the children of an object or an array. False when out of memory. */
bool event_value_open(struct event_value *value);

/* Of an opened object; of several members with that name the last. NULL for none. */
struct event_value *event_value_member(struct event_value *object, const char *name);

/* False when out of memory. */
bool event_value_number(struct event_value *value, double *number);

#endif
