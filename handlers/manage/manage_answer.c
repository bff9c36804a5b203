#include "handlers/manage/manage_call.h"

#include "base/json/json_string.h"
#include "handlers/manage/manage_handle.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Status, name and how the text's member is spelled: the model, and recordings. */
/* clang-format off */
static const struct {
    int status;
    const char *name, *key;
} errors[] = {
    [MANAGE_VALIDATION]     = {400, "ValidationException", "message"},
    [MANAGE_PARAMETER]      = {400, "InvalidParameterValueException", "message"},
    [MANAGE_CONFLICT]       = {409, "ResourceConflictException", "message"},
    [MANAGE_NOT_FOUND]      = {404, "ResourceNotFoundException", "Message"},
    [MANAGE_PRECONDITION]   = {412, "PreconditionFailedException", "message"},
    [MANAGE_NO_PROVISIONED] = {404, "ProvisionedConcurrencyConfigNotFoundException", "message"},
    [MANAGE_NO_SIGNING]     = {404, "CodeSigningConfigNotFoundException", "Message"},
    [MANAGE_TOO_LARGE]      = {413, "RequestEntityTooLargeException", "message"},
    [MANAGE_DENIED]         = {403, "AccessDeniedException", "Message"},
    [MANAGE_SERIALIZATION]  = {400, "SerializationException", "message"},
    [MANAGE_STORAGE]        = {400, "CodeStorageExceededException", "message"},
    [MANAGE_IN_USE]         = {400, "ResourceInUseException", "Message"},
    [MANAGE_SERVICE]        = {500, "ServiceException", "Message"},
};
/* clang-format on */
static_assert(sizeof errors / sizeof errors[0] == MANAGE_ERROR_COUNT, "one row per manage_error");

/* ---- answers ---- */

static void send_answer(struct manage_call *call, int status, const char *error, struct bytes *body)
{
    struct exchange *exchange = call->exchange;
    const struct answer_header headers[] = {
        {"Content-Type", "application/json"},
        {"x-amzn-RequestId", exchange->request_id},
        {"x-amzn-ErrorType", error},
    };

    exchange_answer(exchange, &(struct answer){.status = status,
                                               .headers = headers,
                                               .header_count = error == NULL ? 2 : 3,
                                               .body = body});
    bytes_release(body);
    manage_call_free(call);
}

void manage_answer(struct manage_call *call, int status, cJSON *json)
{
    char *text = json == NULL ? NULL : cJSON_PrintUnformatted(json);
    struct bytes *body = text == NULL ? NULL : bytes_copy(text, strlen(text));
    const bool is_short = json != NULL && body == NULL;

    cJSON_free(text);
    cJSON_Delete(json);
    if (is_short)
        manage_refuse(call, MANAGE_SERVICE, "invoked is out of memory");
    else
        send_answer(call, status, NULL, body);
}

static void refuse(struct manage_call *call, enum manage_error error, const char *type,
                   const char *message)
{
    const bool is_capital = errors[error].key[0] == 'M';
    struct bytes *body = NULL;

    for (size_t i = 0; i < 3; i++) {
        const char *key = i == 1 ? "Type" : errors[error].key;
        const char *value = i == 1 ? type : message;

        if (i == 1 ? type == NULL : (i == 0) != is_capital)
            continue;
        (void)bytes_format(&body, "%s\"%s\":", body == NULL ? "{" : ",", key);
        if (value == NULL)
            (void)bytes_append(&body, "null", 4);
        else
            (void)json_string_append(&body, (struct bytes_view){value, strlen(value)});
    }
    (void)bytes_append(&body, "}", 1);
    send_answer(call, errors[error].status, errors[error].name, body);
}

void manage_refuse(struct manage_call *call, enum manage_error error, const char *format, ...)
{
    va_list arguments;
    char *message = NULL;

    va_start(arguments, format);
    if (vasprintf(&message, format, arguments) < 0)
        message = NULL;
    va_end(arguments);
    refuse(call, error, error == MANAGE_SERVICE ? "Service" : "User",
           message == NULL ? "" : message);
    free(message);
}

void manage_refuse_plain(struct manage_call *call, enum manage_error error, const char *format, ...)
{
    va_list arguments;
    char *message = NULL;

    va_start(arguments, format);
    if (vasprintf(&message, format, arguments) < 0)
        message = NULL;
    va_end(arguments);
    refuse(call, error, NULL, message == NULL ? "" : message);
    free(message);
}

void manage_refuse_silently(struct manage_call *call, enum manage_error error)
{
    refuse(call, error, NULL, NULL);
}

/* ---- changes ---- */

static void on_saved(bool is_saved, void *context)
{
    struct manage_call *call = context;
    cJSON *json = call->answer;

    call->answer = NULL;
    if (is_saved) {
        manage_answer(call, call->status, json);
        return;
    }
    cJSON_Delete(json);
    manage_refuse(call, MANAGE_SERVICE,
                  "The change could not be written to disk; it is kept in memory until it can: see "
                  "invoked's log.");
}

void manage_save(struct manage_call *call, struct resource *resource,
                 const struct registry_change *change, int status, cJSON *json)
{
    call->status = status;
    call->answer = json;
    registry_take_over(resource, change);
    registry_write(resource, on_saved, call);
}

void manage_write(struct manage_call *call, struct resource *resource, int status, cJSON *json)
{
    call->status = status;
    call->answer = json;
    registry_write(resource, on_saved, call);
}

void manage_remove(struct manage_call *call, struct resource *resource, int status, cJSON *json)
{
    call->status = status;
    call->answer = json;
    registry_remove(call->api->registry, resource, on_saved, call);
}

/* ---- pages ---- */

bool manage_page_read(struct manage_call *call, size_t max, struct manage_page *page)
{
    char *marker = manage_query(call, "Marker"), *items = manage_query(call, "MaxItems");
    const unsigned long asked = items == NULL ? max : strtoul(items, NULL, 10);
    char *end = NULL;
    bool is_good = true;

    *page = (struct manage_page){.max = asked < max ? asked : max};
    if (marker != NULL && marker[0] != '\0') {
        page->first = strtoul(marker, &end, 10);
        is_good = end != marker && *end == '\0' && marker[0] != '-';
    }
    if (!is_good)
        manage_refuse(call, MANAGE_PARAMETER, "Invalid pagination token: %s", marker);
    free(marker);
    free(items);
    return is_good;
}

cJSON *manage_page_make(const struct manage_page *page, const char *key, cJSON *items)
{
    cJSON *answer = cJSON_CreateObject(), *part = cJSON_AddArrayToObject(answer, key), *item;
    size_t place = 0;
    char marker[32];

    while ((item = cJSON_DetachItemFromArray(items, 0)) != NULL) {
        if (place >= page->first && place < page->first + page->max)
            (void)cJSON_AddItemToArray(part, item);
        else
            cJSON_Delete(item);
        place++;
    }
    cJSON_Delete(items);
    if (place > page->first + page->max) {
        (void)snprintf(marker, sizeof marker, "%zu", page->first + page->max);
        (void)cJSON_AddStringToObject(answer, "NextMarker", marker);
    }
    return answer;
}
