/*
 * mock_match.h - which canned response fits an event, and if none does, which came nearest and where it differs first.
 *
 * Pure: a list, an event, no state. An answer fits when its `When` is contained in the event (objects by key,
 * recursively; other values by equality, numbers by value; values inside an array must be equal, too), its `Attempt`
 * is this one, and its `Times` is not used up.
 *
 * The nearest answer is the one whose `When` has the fewest values that the event lacks or has otherwise; among those
 * the one that agrees in the most, then the first.
 */
#ifndef RUNTIME_CANNED_MOCK_MATCH_H
#define RUNTIME_CANNED_MOCK_MATCH_H

#include "base/bytes.h"

#include <cjson/cJSON.h>

enum { MOCK_NO_FIT = -1 };

struct mock_question {
    const cJSON *answers;    /* checked by config_check_mock() */
    const unsigned *used;    /* how often each has answered already */
    struct bytes_view event; /* JSON */
    unsigned attempt;        /* from 1 */
};

/* The index of the first answer that fits, or MOCK_NO_FIT. */
int mock_match_find(const struct mock_question *question);

/*
 * For an event that fits none: "Mock[1], which differs at $.amount: expected 0, the event has 5". Returns owned; NULL
 * when out of memory.
 */
struct bytes *mock_match_explain(const struct mock_question *question);

/* Is `when` contained in the event? */
bool mock_match_contains(const cJSON *when, struct bytes_view event);

/* Text of unknown length as a message shows it: at most `max` bytes, cut between characters and marked then. */
bool mock_match_quote(struct bytes **text, struct bytes_view value, size_t max);

#endif
