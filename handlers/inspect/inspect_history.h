/*
 * inspect_history.h - GET and DELETE /_invoked/invocations: what was invoked, newest first; forget it.
 */
#ifndef HANDLERS_INSPECT_INSPECT_HISTORY_H
#define HANDLERS_INSPECT_INSPECT_HISTORY_H

#include "handlers/api.h"

void inspect_history_list(struct exchange *exchange, struct api *api);
void inspect_history_forget(struct exchange *exchange, struct api *api);

#endif
