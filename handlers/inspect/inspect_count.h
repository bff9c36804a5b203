/*
 * inspect_count.h - GET /_invoked/invocations/count: how many invocations match, or are there so many yet?
 *
 * With AtLeast it answers as soon as that many have ended (as soon as that many run, with Status=running), or 408 with
 * how many there are when TimeoutSeconds (10 unless said otherwise) are over.
 */
#ifndef HANDLERS_INSPECT_INSPECT_COUNT_H
#define HANDLERS_INSPECT_INSPECT_COUNT_H

#include "handlers/api.h"

void inspect_count_handle(struct exchange *exchange, struct api *api);

#endif
