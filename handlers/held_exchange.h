/*
 * held_exchange.h - an exchange that waits for something to happen, but not for longer than its client said.
 *
 * The time is real, whatever the account's clock does. When the server stops, the time of all of them is up at once.
 */
#ifndef HANDLERS_HELD_EXCHANGE_H
#define HANDLERS_HELD_EXCHANGE_H

#include "handlers/api.h"

struct held_exchange;

enum { HELD_SECONDS_MAX = 86400 };

/* Answers the exchange and lets go of it. */
typedef void held_time_up_fn(struct held_exchange *held, void *context);

/* `on_time_up` is called unless it was let go of before. NULL when out of memory. */
struct held_exchange *held_exchange_open(struct exchange *exchange, struct api *api, double seconds,
                                         held_time_up_fn *on_time_up, void *context);

struct exchange *held_exchange_of(const struct held_exchange *held);

/* It has been answered. `held` is gone. */
void held_exchange_close(struct held_exchange *held);

/* The server stops: every time is up. */
void held_exchanges_end(struct api *api);

/* Reads ?TimeoutSeconds=; `seconds` keeps its value when there is none. False when it is no number from 0 to the maximum. */
bool held_exchange_read_seconds(const struct exchange *exchange, double *seconds);

#endif
