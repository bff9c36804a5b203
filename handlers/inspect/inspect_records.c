#include "handlers/handlers.h"

#include "handlers/inspect/inspect_query.h"
#include "handlers/inspect/inspect_response.h"
#include "handlers/inspect/record_names.h"
#include "handlers/lambda/api_error.h"
#include "runtime/events/async_invoker.h"

#include <stdlib.h>
#include <string.h>

/* A name as people give it, which may be an ARN. */
enum { NAME_SIZE = 512 };

struct listing {
    struct exchange *exchange;
    struct api *api;
    const struct account *account;
    enum record_kind kind;
    char name[NAME_SIZE]; /* "" for all */
};

/* Nothing was ever written to that one, and no function would: a misspelt name must not read as an empty queue. */
static bool is_unknown(const struct listing *listing, const struct bytes *array)
{
    return listing->name[0] != '\0' && array->length == strlen("[]") &&
           !record_names_have(config_store_current(listing->api->config_store), listing->account,
                              listing->kind, listing->name);
}

static void on_records(struct bytes *array, const char *why, void *context)
{
    struct listing *listing = context;
    struct exchange *exchange = listing->exchange;

    if (array == NULL) {
        api_answer_refusal(exchange, 500,
                           why != NULL ? why : "cannot read the records: see the log of invoked");
    } else if (is_unknown(listing, array)) {
        record_names_refuse(exchange, config_store_current(listing->api->config_store),
                            listing->account, listing->kind, listing->name);
        bytes_release(array);
    } else {
        inspect_respond_json(exchange, 200, array);
    }
    free(listing);
}

static void list(struct exchange *exchange, struct api *api, enum record_kind kind,
                 const char *parameter)
{
    struct account *account;
    struct listing *listing;
    char name[NAME_SIZE];

    if (!inspect_query_text(exchange, parameter, name, sizeof name) ||
        (account = inspect_account(exchange, api)) == NULL)
        return;
    listing = calloc(1, sizeof *listing);
    if (listing != NULL) {
        listing->exchange = exchange;
        listing->api = api;
        listing->account = account;
        listing->kind = kind;
        memcpy(listing->name, name, sizeof name);
        if (async_invoker_records(api->async_invoker, account, kind, listing->name, on_records,
                                  listing))
            return;
    }
    free(listing);
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
