/*
 * inspect_records.h - /_invoked/dead-letters and /_invoked/destinations: what has been written there; and redrive.
 */
#ifndef HANDLERS_INSPECT_INSPECT_RECORDS_H
#define HANDLERS_INSPECT_INSPECT_RECORDS_H

#include "handlers/api.h"

void inspect_records_dead_letters(struct exchange *exchange, struct api *api);
void inspect_records_destinations(struct exchange *exchange, struct api *api);
void inspect_records_redrive(struct exchange *exchange, struct api *api);

#endif
