/*
 * record_order.h - the records of several files in the order in which they were written.
 *
 * Dead letters carry their time as SentTimestamp, destination records as timestamp; both are of one width, so that
 * their texts compare as their times do. Of the same time, and where none is found, the order stays as it is.
 *
 * Threads: any.
 */
#ifndef RUNTIME_EVENTS_RECORD_ORDER_H
#define RUNTIME_EVENTS_RECORD_ORDER_H

#include "base/bytes.h"

#include <stdbool.h>

/* Appends `lines`, each of which ends in a line end, without these, parted by commas; sorted if `is_sorted`. False when
 * out of memory. */
bool record_order_append(struct bytes **array, struct bytes_view lines, bool is_sorted);

#endif
