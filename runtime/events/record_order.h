/*
 * record_order.h - merges the records of several files in the order in which they were written.
 *
 * Dead letters have their time in SentTimestamp, destination records in timestamp. Both have a fixed width, so the texts
 * compare as the times do. Records with the same time, or without one, stay in their order.
 *
 * Threads: any.
 */
#ifndef RUNTIME_EVENTS_RECORD_ORDER_H
#define RUNTIME_EVENTS_RECORD_ORDER_H

#include "base/bytes.h"

#include <stdbool.h>

/* Appends `lines`, each of which ends in a line end, separated by commas instead; sorted if `is_sorted`. False when out
 * of memory. */
bool record_order_append(struct bytes **array, struct bytes_view lines, bool is_sorted);

#endif
