/*
 * POST /_invoked/dead-letters/redrive: dead letters back into the queue; all of them, those of one `Queue`, or those of the
 * body, `{"MessageIds": […]}`.
 */
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

struct redriving {
    struct exchange *exchange;
    struct api *api;
    const struct account *account;
    char name[NAME_SIZE]; /* "" for all queues */
    size_t chosen_count;  /* message ids; 0: all letters */
};

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
    const struct config *config = config_store_current(redriving->api->config_store);

    switch (status) {
    case REDRIVE_DONE:
        if (count == 0 && redriving->chosen_count > 0)
            api_answer_refusal(exchange, 404, "no dead letter has such a MessageId");
        else
            answer_redriven(exchange, count);
        break;
    case REDRIVE_NO_FILE:
        if (record_names_have(config, redriving->account, RECORD_DEAD_LETTER, redriving->name))
            answer_redriven(exchange, count);
        else
            record_names_refuse(exchange, config, redriving->account, RECORD_DEAD_LETTER,
                                redriving->name);
        break;
    case REDRIVE_FAILED:
        api_answer_refusal(exchange, 500,
                           "not every dead letter could be redriven: see the log of invoked");
        break;
    }
    free(redriving);
}

/* ---- which letters ---- */

static bool refuse_ids(struct exchange *exchange)
{
    return inspect_query_refuse(exchange, "must be {\"MessageIds\": [\"…\"]}, with ids of 36 "
                                          "characters, or no body");
}

/* Of `{"MessageIds": […]}`. False when the exchange has been answered. */
static bool copy_ids(struct exchange *exchange, const cJSON *body, struct redrive_choice *choice)
{
    const cJSON *ids = cJSON_GetObjectItemCaseSensitive(body, "MessageIds");
    const cJSON *id;

    if (!cJSON_IsArray(ids) || ids->child == NULL || body->child->next != NULL)
        return refuse_ids(exchange);
    choice->message_ids = calloc((size_t)cJSON_GetArraySize(ids), sizeof *choice->message_ids);
    if (choice->message_ids == NULL) {
        api_answer_refusal(exchange, 500, "invoked is out of memory");
        return false;
    }
    cJSON_ArrayForEach(id, ids)
    {
        if (!cJSON_IsString(id) || strlen(id->valuestring) != REQUEST_ID_SIZE - 1)
            return refuse_ids(exchange);
        memcpy(choice->message_ids[choice->message_id_count++], id->valuestring, REQUEST_ID_SIZE);
    }
    return true;
}

/* As above; no body is all letters. */
static bool read_ids(struct exchange *exchange, struct redrive_choice *choice)
{
    bool is_good;
    cJSON *body = inspect_body(exchange, &is_good);

    /* An empty object says as little as no body. */
    if (is_good && body != NULL && !(cJSON_IsObject(body) && body->child == NULL))
        is_good = copy_ids(exchange, body, choice);
    cJSON_Delete(body);
    return is_good;
}

void inspect_records_redrive(struct exchange *exchange, struct api *api)
{
    struct redrive_choice choice = {.message_ids = NULL};
    struct account *account;
    struct redriving *redriving;
    char name[NAME_SIZE];

    if (!inspect_query_text(exchange, "Queue", name, sizeof name) ||
        (account = inspect_account(exchange, api)) == NULL)
        return;
    if (!read_ids(exchange, &choice)) {
        free(choice.message_ids);
        return;
    }
    redriving = calloc(1, sizeof *redriving);
    if (redriving != NULL) {
        redriving->exchange = exchange;
        redriving->api = api;
        redriving->account = account;
        redriving->chosen_count = choice.message_id_count;
        memcpy(redriving->name, name, sizeof name);
        choice.queue_name = redriving->name;
        if (async_invoker_redrive(api->async_invoker, account, &choice, on_redriven, redriving))
            return;
    }
    free(choice.message_ids);
    free(redriving);
    api_answer_refusal(exchange, 500, "invoked is out of memory");
}
