/*
 * invoke.h - Invoke: RequestResponse (200), Event (202), DryRun (204).
 */
#ifndef HANDLERS_LAMBDA_INVOKE_H
#define HANDLERS_LAMBDA_INVOKE_H

#include "handlers/api.h"

void invoke_handle(struct exchange *exchange, struct api *api);

#endif
