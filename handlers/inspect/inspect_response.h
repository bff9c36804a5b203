/*
 * inspect_response.h - what the /_invoked/ endpoints have in common: JSON out, JSON in, the account of the request.
 *
 * Errors are `{"error": reason and remedy}` (api_answer_refusal() in api_error.h).
 */
#ifndef HANDLERS_INSPECT_INSPECT_RESPONSE_H
#define HANDLERS_INSPECT_INSPECT_RESPONSE_H

#include "handlers/api.h"

#include <cjson/cJSON.h>

/* `json` is taken; NULL (out of memory) becomes a 500. */
void inspect_respond_json(struct exchange *exchange, int status, struct bytes *json);

/* 200 `{}` */
void inspect_respond_done(struct exchange *exchange);

/* The account of the request. NULL when the exchange has been answered with a refusal. */
struct account *inspect_account(struct exchange *exchange, struct api *api);

/*
 * The body as JSON, checked strictly; an empty body is NULL with `*is_good` true. Returns owned; on an error the exchange
 * has been answered.
 */
cJSON *inspect_body(struct exchange *exchange, bool *is_good);

#endif
