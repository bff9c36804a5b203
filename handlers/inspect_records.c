#include "handlers/inspect_records.h"

#include "handlers/api_error.h"
#include "handlers/inspect_answer.h"
#include "runtime/async_invoker.h"

static void on_records(struct bytes *array, enum store_status status, void *context)
{
    if (status == STORE_OK)
        inspect_answer_json(context, 200, array);
    else
        api_answer_refusal(context, 500, "the records can't be read: see invoked's log");
    if (status != STORE_OK)
        bytes_release(array);
}

static void list(struct exchange *exchange, struct api *api, enum record_kind kind, const char *parameter)
{
    struct account *account = inspect_account(exchange, api);
    char name[RECORD_NAME_SIZE] = "";

    if (account == NULL)
        return;
    (void)exchange_query(exchange, parameter, name, sizeof name, NULL);
    if (!async_invoker_records(api->async_invoker, account, kind, name, on_records, exchange))
        api_answer_refusal(exchange, 500, "invoked is short of memory");
}

void inspect_records_dead_letters(struct exchange *exchange, struct api *api)
{
    list(exchange, api, RECORD_DEAD_LETTER, "Queue");
}

void inspect_records_destinations(struct exchange *exchange, struct api *api)
{
    list(exchange, api, RECORD_DESTINATION, "Name");
}

static void on_redriven(size_t count, bool is_done, void *context)
{
    struct bytes *json = NULL;

    if (!is_done) {
        api_answer_refusal(context, 500, "not every dead letter could be put back: see invoked's log");
        return;
    }
    (void)bytes_format(&json, "{\"redriven\":%zu}", count);
    inspect_answer_json(context, 200, json);
}

void inspect_records_redrive(struct exchange *exchange, struct api *api)
{
    struct account *account = inspect_account(exchange, api);
    char name[RECORD_NAME_SIZE] = "";

    if (account == NULL)
        return;
    (void)exchange_query(exchange, "Queue", name, sizeof name, NULL);
    if (!async_invoker_redrive(api->async_invoker, account, name, on_redriven, exchange))
        api_answer_refusal(exchange, 500, "invoked is short of memory");
}
