#include "handlers/handlers.h"

#include "handlers/inspect/inspect_query.h"
#include "handlers/inspect/inspect_response.h"
#include "handlers/lambda/api_error.h"
#include "runtime/events/async_invoker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- back into the queue ---- */

struct redriving {
    struct exchange *exchange;
    struct api *api;
    char name[NAME_SIZE]; /* "" for all queues */
};

static bool is_queue_of(const struct function_version *version, const char *name)
{
    char own[RECORD_NAME_SIZE];

    if (version->dead_letter_arn == NULL)
        return false;
    record_file_name(version->dead_letter_arn, own);
    return strcmp(own, name) == 0;
}

/* Is it the dead-letter queue of a function, though nothing was written to it yet? */
static bool is_configured(const struct config *config, const char *queue)
{
    char name[RECORD_NAME_SIZE];

    record_file_name(queue, name);
    for (size_t i = 0; i < config->function_count; i++) {
        const struct function *function = config->functions[i];

        if (is_queue_of(function->latest, name))
            return true;
        for (size_t j = 0; j < function->version_count; j++) {
            if (is_queue_of(function->versions[j], name))
                return true;
        }
    }
    return false;
}

static void answer_redriven(struct exchange *exchange, size_t count)
{
    struct bytes *json = NULL;

    (void)bytes_format(&json, "{\"redriven\":%zu}", count);
    inspect_respond_json(exchange, 200, json);
}

static void on_redriven(size_t count, enum redrive_status status, void *context)
{
    struct redriving *redriving = context;
    struct exchange *exchange = redriving->exchange;

    switch (status) {
    case REDRIVE_DONE:
        answer_redriven(exchange, count);
        break;
    case REDRIVE_NO_FILE:
        if (is_configured(config_store_current(redriving->api->config_store), redriving->name)) {
            answer_redriven(exchange, count);
        } else {
            char why[NAME_SIZE + 64];

            (void)snprintf(why, sizeof why, "there is no dead-letter queue %s", redriving->name);
            api_answer_refusal(exchange, 404, why);
        }
        break;
    case REDRIVE_FAILED:
        api_answer_refusal(exchange, 500,
                           "not every dead letter could be redriven: see the log of invoked");
        break;
    }
    free(redriving);
}

void inspect_records_redrive(struct exchange *exchange, struct api *api)
{
    struct account *account;
    struct redriving *redriving;
    char name[NAME_SIZE];

    if (!inspect_query_text(exchange, "Queue", name, sizeof name) ||
        (account = inspect_account(exchange, api)) == NULL)
        return;
    redriving = calloc(1, sizeof *redriving);
    if (redriving != NULL) {
        redriving->exchange = exchange;
        redriving->api = api;
        memcpy(redriving->name, name, sizeof name);
        if (async_invoker_redrive(api->async_invoker, account, redriving->name, on_redriven,
                                  redriving))
            return;
    }
    free(redriving);
    api_answer_refusal(exchange, 500, "invoked is out of memory");
}
