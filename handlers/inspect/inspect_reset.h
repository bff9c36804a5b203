/*
 * inspect_reset.h - POST /_invoked/reset: brings all that an account has of its own back to how it started.
 *
 * One step after the other, in the order of the table in inspect_reset.c; a step may take its time. To reset one thing
 * more: a function there, and a row in that table. The history comes last, so that nothing that the other steps end is
 * left in it.
 */
#ifndef HANDLERS_INSPECT_INSPECT_RESET_H
#define HANDLERS_INSPECT_INSPECT_RESET_H

#include "handlers/api.h"

void inspect_reset_handle(struct exchange *exchange, struct api *api);

#endif
