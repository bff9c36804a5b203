/*
 * event_counts.h - what GET /_invoked/functions and GET /metrics tell of asynchronous events.
 *
 * The one place that asks the queue for both; as long as the server has none, there are no events.
 */
#ifndef HANDLERS_EVENT_COUNTS_H
#define HANDLERS_EVENT_COUNTS_H

#include "handlers/api.h"

/* Events of a function that are queued, running or waiting, in one account. */
size_t event_counts_of(const struct api *api, const struct account *account,
                       const char *function_name);

/* How long ago the oldest event of all accounts was accepted, by its account's clock; 0 when there is none. */
typedef void event_oldest_fn(double age_s, void *context);

/* Tells at once or later, exactly once. False, and nothing is told, when memory is short. */
bool event_counts_oldest(struct api *api, event_oldest_fn *on_oldest, void *context);

#endif
