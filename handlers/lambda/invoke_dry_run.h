/*
 * invoke_dry_run.h - DryRun: the request was checked, nothing runs, 204.
 */
#ifndef HANDLERS_LAMBDA_INVOKE_DRY_RUN_H
#define HANDLERS_LAMBDA_INVOKE_DRY_RUN_H

#include "handlers/api.h"

void invoke_dry_run_answer(struct exchange *exchange, struct api *api);

#endif
