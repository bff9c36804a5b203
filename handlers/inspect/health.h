/*
 * health.h - GET /_invoked/health: is the server up, and what does it serve.
 */
#ifndef HANDLERS_INSPECT_HEALTH_H
#define HANDLERS_INSPECT_HEALTH_H

#include "handlers/api.h"

void health_handle(struct exchange *exchange, struct api *api);

#endif
