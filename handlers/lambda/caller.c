#include "handlers/lambda/caller.h"

#include <assert.h>
#include <string.h>

static_assert(ACCOUNTS_MAX == 10000, "the message names it");

static const char credential[] = "Credential=";

static void read_access_key_id(const char *authorization, char id[ACCESS_KEY_ID_SIZE])
{
    const char *found = authorization == NULL ? NULL : strstr(authorization, credential);
    size_t length;

    id[0] = '\0';
    if (found == NULL)
        return;
    found += sizeof credential - 1;
    length = strcspn(found, "/, ");
    if (length >= ACCESS_KEY_ID_SIZE)
        return;
    memcpy(id, found, length);
    id[length] = '\0';
}

const char *caller_refusal(const struct api *api)
{
    return accounts_are_full(api->accounts)
               ? "all 10000 accounts that invoked keeps are in use; sign requests with fewer "
                 "different access key ids of 12 digits, or restart invoked"
               : "invoked is out of memory";
}

bool caller_of(struct exchange *exchange, struct api *api, struct caller *caller)
{
    const size_t account_length = ACCOUNT_ID_SIZE - 1;

    read_access_key_id(exchange_header(exchange, "Authorization"), caller->access_key_id);
    if (strlen(caller->access_key_id) == account_length &&
        strspn(caller->access_key_id, "0123456789") == account_length)
        caller->account = accounts_get(api->accounts, caller->access_key_id);
    else
        caller->account = accounts_default(api->accounts);
    account_release(exchange->account);
    exchange->account = account_retain(caller->account);
    return caller->account != NULL;
}
