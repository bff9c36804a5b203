/*
 * inspect_clock.h - /_invoked/clock: what o'clock it is for the account's events, and moving that by hand.
 */
#ifndef HANDLERS_INSPECT_INSPECT_CLOCK_H
#define HANDLERS_INSPECT_INSPECT_CLOCK_H

#include "handlers/api.h"

void inspect_clock_show(struct exchange *exchange, struct api *api);
void inspect_clock_advance(struct exchange *exchange, struct api *api);

#endif
