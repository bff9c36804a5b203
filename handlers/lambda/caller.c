#include "handlers/lambda/caller.h"

#include <string.h>

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

bool caller_of(const struct exchange *exchange, struct api *api, struct caller *caller)
{
    const size_t account_length = ACCOUNT_ID_SIZE - 1;

    read_access_key_id(exchange_header(exchange, "Authorization"), caller->access_key_id);
    if (strlen(caller->access_key_id) == account_length &&
        strspn(caller->access_key_id, "0123456789") == account_length)
        caller->account = accounts_get(api->accounts, caller->access_key_id);
    else
        caller->account = accounts_default(api->accounts);
    return caller->account != NULL;
}
