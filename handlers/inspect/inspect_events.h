/*
 * inspect_events.h - /_invoked/events: the queue, as a list and emptied; /_invoked/drain: wait until it is empty.
 */
#ifndef HANDLERS_INSPECT_INSPECT_EVENTS_H
#define HANDLERS_INSPECT_INSPECT_EVENTS_H

#include "handlers/api.h"

void inspect_events_list(struct exchange *exchange, struct api *api);
void inspect_events_clear(struct exchange *exchange, struct api *api);
void inspect_events_drain(struct exchange *exchange, struct api *api);

#endif
