#include "handlers/handlers.h"

#include "handlers/inspect/inspect_query.h"
#include "handlers/inspect/inspect_response.h"
#include "handlers/lambda/api_error.h"
#include "runtime/events/async_invoker.h"

/* A name as people give it, which may be an ARN. */
enum { NAME_SIZE = 512 };

static void on_records(struct bytes *array, const char *why, void *context)
{
    if (array != NULL)
        inspect_respond_json(context, 200, array);
    else
        api_answer_refusal(context, 500,
                           why != NULL ? why : "cannot read the records: see the log of invoked");
}

static void list(struct exchange *exchange, struct api *api, enum record_kind kind,
                 const char *parameter)
{
    struct account *account;
    char name[NAME_SIZE];

    if (!inspect_query_text(exchange, parameter, name, sizeof name) ||
        (account = inspect_account(exchange, api)) == NULL)
        return;
    if (!async_invoker_records(api->async_invoker, account, kind, name, on_records, exchange))
        api_answer_refusal(exchange, 500, "invoked is out of memory");
}

void inspect_records_dead_letters(struct exchange *exchange, struct api *api)
{
    list(exchange, api, RECORD_DEAD_LETTER, "Queue");
}

void inspect_records_destinations(struct exchange *exchange, struct api *api)
{
    list(exchange, api, RECORD_DESTINATION, "Name");
}
