#include "handlers/manage/manage_call.h"

#include "handlers/manage/file_function.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cJSON *manage_member(const struct manage_call *call, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(call->body, key);

    return cJSON_IsNull(item) ? NULL : item;
}

const char *manage_text(const struct manage_call *call, const char *key)
{
    return cJSON_GetStringValue(manage_member(call, key));
}

char *manage_query(const struct manage_call *call, const char *name)
{
    const size_t room = call->exchange->query.length + 1;
    char *value = call->exchange->query.length == 0 ? NULL : malloc(room);
    size_t length;

    if (value == NULL || exchange_query(call->exchange, name, value, room, &length))
        return value;
    free(value);
    return NULL;
}

/* ---- names and times ---- */

struct manage_arn manage_arn_of(const struct manage_call *call, const char *kind, const char *name,
                                const char *qualifier)
{
    struct manage_arn arn;

    (void)snprintf(arn.text, sizeof arn.text, "arn:aws:lambda:%s:%s:%s:%s%s%s", call->region,
                   call->account_id, kind, name, qualifier[0] == '\0' ? "" : ":", qualifier);
    return arn;
}

struct manage_arn manage_function_arn(const struct manage_call *call, const char *qualifier)
{
    return manage_arn_of(call, "function", call->name.name, qualifier);
}

struct manage_uuid manage_uuid_make(const struct manage_call *call)
{
    struct manage_uuid uuid;

    request_id_make(call->api->random, uuid.text);
    return uuid;
}

struct manage_time manage_time_z(const struct manage_call *call)
{
    struct manage_time now;

    clock_format(clock_now_ms(call->caller.account->clock), now.text);
    return now;
}

struct manage_time manage_time_now(const struct manage_call *call)
{
    struct manage_time now = manage_time_z(call);
    char *end = strchr(now.text, 'Z');

    if (end != NULL)
        (void)snprintf(end, sizeof now.text - (size_t)(end - now.text), "+0000");
    return now;
}

double manage_time_epoch(const struct manage_call *call)
{
    return (double)clock_now_ms(call->caller.account->clock) / 1000;
}

/* ---- functions ---- */

bool manage_look(struct manage_call *call)
{
    const struct function *function =
        config_function_of(call->config, call->account_id, call->name.name);
    struct resource *own =
        registry_find(call->api->registry, RESOURCE_FUNCTION, call->account_id, call->name.name);

    call->function = (struct manage_function){0};
    cJSON_Delete(call->own_document);
    call->own_document = NULL;
    if (function != NULL && function->account_id == NULL) { /* it hides one of the API */
        call->own_document = file_function_document(call->config, function);
        call->function.document = call->own_document;
    } else if (own != NULL) {
        call->function = (struct manage_function){own, own->document};
    }
    return call->function.document != NULL;
}

bool manage_find(struct manage_call *call, const char *qualifier)
{
    if (manage_look(call))
        return true;
    manage_refuse(call, MANAGE_NOT_FOUND, "Function not found: %s",
                  manage_function_arn(call, qualifier).text);
    return false;
}

bool manage_refuse_of_file(struct manage_call *call)
{
    if (call->function.document == NULL || call->function.resource != NULL)
        return false;
    manage_refuse(call, MANAGE_CONFLICT,
                  "The function %s is defined in %s, and not by the API: change it there, or set "
                  "Local.ApiOverridesFiles.",
                  call->name.name, call->config->path);
    return true;
}

bool manage_find_own(struct manage_call *call, const char *qualifier)
{
    return manage_find(call, qualifier) && !manage_refuse_of_file(call);
}

const cJSON *manage_alias(const struct manage_function *function, const char *name)
{
    const cJSON *alias;

    cJSON_ArrayForEach(alias, cJSON_GetObjectItemCaseSensitive(function->document, "Aliases"))
    {
        const char *own = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(alias, "Name"));

        if (own != NULL && strcmp(own, name) == 0)
            return alias;
    }
    return NULL;
}

const cJSON *manage_version(const struct manage_function *function, const char *qualifier)
{
    const cJSON *version, *alias;

    if (qualifier[0] == '\0' || strcmp(qualifier, "$LATEST") == 0)
        return cJSON_GetObjectItemCaseSensitive(function->document, "Latest");
    cJSON_ArrayForEach(version, cJSON_GetObjectItemCaseSensitive(function->document, "Versions"))
    {
        const char *number =
            cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(version, "Version"));

        if (number != NULL && strcmp(number, qualifier) == 0)
            return version;
    }
    alias = manage_alias(function, qualifier);
    if (alias == NULL)
        return NULL;
    const char *target =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(alias, "FunctionVersion"));

    /* An alias never points to another one. */
    return target == NULL || strcmp(target, qualifier) == 0 ? NULL
                                                            : manage_version(function, target);
}
