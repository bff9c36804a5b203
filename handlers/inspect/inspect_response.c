#include "handlers/inspect/inspect_response.h"

#include "base/json/json_text.h"
#include "handlers/lambda/api_error.h"
#include "handlers/lambda/caller.h"

#include <stdio.h>

void inspect_respond_json(struct exchange *exchange, int status, struct bytes *json)
{
    static const struct answer_header headers[] = {{"Content-Type", "application/json"}};
    const struct answer answer = {
        .status = status, .headers = headers, .header_count = 1, .body = json};

    if (json == NULL) {
        api_answer_refusal(exchange, 500, "invoked is out of memory");
        return;
    }
    exchange_answer(exchange, &answer);
    bytes_release(json);
}

void inspect_respond_done(struct exchange *exchange)
{
    inspect_respond_json(exchange, 200, bytes_copy("{}", 2));
}

struct account *inspect_account(struct exchange *exchange, struct api *api)
{
    struct caller caller;

    if (caller_of(exchange, api, &caller))
        return caller.account;
    api_answer_refusal(exchange, 500, caller_refusal(api));
    return NULL;
}

cJSON *inspect_body(struct exchange *exchange, bool *is_good)
{
    const struct bytes_view body = bytes_view(exchange->body);
    struct json_text_error error;
    char why[sizeof error.reason + 64];
    cJSON *json = NULL;

    *is_good = true;
    if (exchange->is_body_too_large) {
        api_answer_refusal(exchange, 413, "the body is too large");
        *is_good = false;
        return NULL;
    }
    if (body.length == 0)
        return NULL;
    if (!json_text_check(body.data, body.length, &error)) {
        (void)snprintf(why, sizeof why, "the body is not JSON: line %zu, column %zu: %s",
                       error.line, error.column, error.reason);
    } else {
        json = cJSON_ParseWithLength(body.data, body.length);
        if (json != NULL)
            return json;
        (void)snprintf(why, sizeof why, "the body's JSON is nested too deeply");
    }
    api_answer_refusal(exchange, 400, why);
    *is_good = false;
    return NULL;
}
