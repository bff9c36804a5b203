/*
 * inspect_metrics.h - GET /metrics, for Prometheus: of all accounts together.
 */
#ifndef HANDLERS_INSPECT_INSPECT_METRICS_H
#define HANDLERS_INSPECT_INSPECT_METRICS_H

#include "handlers/api.h"

void inspect_metrics_handle(struct exchange *exchange, struct api *api);

#endif
