#include "handlers/inspect/history_query.h"

#include "config/names/function_name.h"
#include "handlers/inspect/inspect_query.h"

#include <stdio.h>
#include <string.h>

enum { CHOICE_SIZE = 32 };

static bool read_function_name(struct exchange *exchange, struct history_filter *filter)
{
    char text[FUNCTION_NAME_MAX + 1];
    struct function_name parsed;

    if (!inspect_query_text(exchange, "FunctionName", text, sizeof text))
        return false;
    if (text[0] == '\0')
        return true;
    if (function_name_parse(text, strlen(text), &parsed) != FUNCTION_NAME_OK)
        return inspect_query_refuse(
            exchange, "FunctionName: must be a function's name or ARN (is '%s')", text);
    (void)snprintf(filter->function_name, sizeof filter->function_name, "%s", parsed.name);
    (void)snprintf(filter->qualifier, sizeof filter->qualifier, "%s", parsed.qualifier);
    return true;
}

static bool read_type(struct exchange *exchange, struct history_filter *filter)
{
    char text[CHOICE_SIZE];

    if (!inspect_query_text(exchange, "InvocationType", text, sizeof text))
        return false;
    if (text[0] == '\0')
        return true;
    for (int type = INVOCATION_REQUEST_RESPONSE; type <= INVOCATION_DRY_RUN; type++) {
        if (strcmp(text, invocation_type_name((enum invocation_type)type)) == 0) {
            filter->has_type = true;
            filter->type = (enum invocation_type)type;
            return true;
        }
    }
    return inspect_query_refuse(
        exchange, "InvocationType: must be RequestResponse, Event or DryRun (is '%s')", text);
}

static bool read_status(struct exchange *exchange, struct history_filter *filter)
{
    char text[CHOICE_SIZE];

    if (!inspect_query_text(exchange, "Status", text, sizeof text))
        return false;
    if (text[0] == '\0')
        return true;
    filter->has_status = history_status_parse(text, &filter->status);
    return filter->has_status ||
           inspect_query_refuse(
               exchange,
               "Status: must be running, succeeded, failed, throttled or rejected (is '%s')", text);
}

bool history_query_read(struct exchange *exchange, struct history_filter *filter)
{
    *filter = (struct history_filter){0};
    return read_function_name(exchange, filter) &&
           inspect_query_text(exchange, "RequestId", filter->request_id,
                              sizeof filter->request_id) &&
           read_type(exchange, filter) && read_status(exchange, filter);
}
