/*
 * held_exchange.h - an exchange that waits for something to happen, up to a time limit that its client gave.
 *
 * The limit is real time, whatever the account's clock does. When the server stops, all of them time out at once.
 */
#ifndef HANDLERS_HELD_EXCHANGE_H
#define HANDLERS_HELD_EXCHANGE_H

#include "handlers/api.h"

struct held_exchange;

enum { HELD_SECONDS_MAX = 86400 };

/* Must answer the exchange and close `held`. */
typedef void held_time_up_fn(struct held_exchange *held, void *context);

/* `on_time_up` is called unless `held` was closed before. NULL when out of memory. */
struct held_exchange *held_exchange_open(struct exchange *exchange, struct api *api, double seconds,
                                         held_time_up_fn *on_time_up, void *context);

struct exchange *held_exchange_of(const struct held_exchange *held);

/* Frees `held`; its exchange has been answered, or is about to be. */
void held_exchange_close(struct held_exchange *held);

/* The server stops: times all of them out. */
void held_exchanges_end(struct api *api);

/* Reads ?TimeoutSeconds=; without it `seconds` keeps its value. False unless it is a number from 0 to HELD_SECONDS_MAX. */
bool held_exchange_read_seconds(const struct exchange *exchange, double *seconds);

#endif
