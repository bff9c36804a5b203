/*
 * caller.h - who sends a request: the access key id of its signature, and the account that it stands for.
 *
 * Signatures are not checked. An access key id of 12 digits is an account id; any other, or none, means the AccountId of
 * the configuration.
 */
#ifndef HANDLERS_LAMBDA_CALLER_H
#define HANDLERS_LAMBDA_CALLER_H

#include "handlers/api.h"

enum { ACCESS_KEY_ID_SIZE = 129 };

struct caller {
    struct account *account;                /* as long as the exchange */
    char access_key_id[ACCESS_KEY_ID_SIZE]; /* "" when the request is not signed */
};

/* False when all accounts are in use or out of memory: caller_refusal() says which. */
bool caller_of(struct exchange *exchange, struct api *api, struct caller *caller);
const char *caller_refusal(const struct api *api);

#endif
