/*
 * inspect_canned.h - PUT and DELETE /_invoked/functions/{name}/mock and /faults: what a function answers, and what goes
 * wrong with it, set or dropped at run time for the request's account.
 *
 * POST /_invoked/reset drops all of it: mocks_reset() and faults_reset().
 */
#ifndef HANDLERS_INSPECT_INSPECT_CANNED_H
#define HANDLERS_INSPECT_INSPECT_CANNED_H

#include "handlers/api.h"

/* A list of canned answers is long when payloads are. */
enum { INSPECT_CANNED_BODY_MAX = 6 << 20 };

void inspect_mock_set(struct exchange *exchange, struct api *api);
void inspect_mock_drop(struct exchange *exchange, struct api *api);
void inspect_faults_set(struct exchange *exchange, struct api *api);
void inspect_faults_drop(struct exchange *exchange, struct api *api);

#endif
