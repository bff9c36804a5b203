#include "handlers/handlers.h"

#include "handlers/held_exchange.h"
#include "handlers/inspect/inspect_query.h"
#include "handlers/inspect/inspect_response.h"
#include "handlers/inspect/inspect_rows.h"
#include "handlers/lambda/api_error.h"
#include "runtime/events/async_invoker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADVANCE_SECONDS_MAX = 366 * 86400, SETTLE_SECONDS_MAX = 3600 };

static const char *const no_parameters[] = {NULL};

/* As --clock has it. */
static void write_mode(const struct clock *clock, char *mode, size_t size)
{
    switch (clock_mode_of(clock)) {
    case CLOCK_REAL:
        (void)snprintf(mode, size, "real");
        return;
    case CLOCK_FASTER:
        (void)snprintf(mode, size, "x%u", clock_factor(clock));
        return;
    case CLOCK_MANUAL:
        (void)snprintf(mode, size, "manual");
        return;
    }
}

bool inspect_clock_append(struct bytes **json, struct clock *clock)
{
    char now[CLOCK_TEXT_SIZE], mode[16];

    write_mode(clock, mode, sizeof mode);
    clock_format(clock_now_ms(clock), now);
    return bytes_format(json, "{\"now\":\"%s\",\"mode\":\"%s\"", now, mode);
}

static void answer_clock(struct exchange *exchange, struct clock *clock,
                         const char (*ran)[REQUEST_ID_SIZE], size_t count)
{
    struct bytes *json = NULL;
    bool is_made = inspect_clock_append(&json, clock);

    if (ran != NULL || count > 0) {
        is_made = is_made && bytes_format(&json, ",\"ran\":[");
        for (size_t i = 0; i < count && is_made; i++)
            is_made = bytes_format(&json, "%s\"%s\"", i == 0 ? "" : ",", ran[i]);
        is_made = is_made && bytes_append(&json, "]", 1);
    }
    if (!is_made || !bytes_append(&json, "}", 1)) {
        bytes_release(json);
        json = NULL;
    }
    inspect_respond_json(exchange, 200, json);
}

void inspect_clock_show(struct exchange *exchange, struct api *api)
{
    const struct account *account;

    if (inspect_query_check(exchange, no_parameters) &&
        (account = inspect_account(exchange, api)) != NULL)
        answer_clock(exchange, account->clock, NULL, 0);
}

/* ---- moving it ---- */

struct advancing {
    struct held_exchange *held; /* so that a stop of the server ends it */
    struct api *api;
    struct account *account;
    struct async_wait *wait;
};

static void on_settled(const char (*request_ids)[REQUEST_ID_SIZE], size_t count, void *context)
{
    static const char none[1][REQUEST_ID_SIZE];
    struct advancing *advancing = context;

    log_push(advancing->api->log);
    answer_clock(held_exchange_of(advancing->held), advancing->account->clock,
                 request_ids == NULL ? none : request_ids, count);
    held_exchange_close(advancing->held);
    free(advancing);
}

static void on_advance_overdue(struct held_exchange *held, void *context)
{
    struct advancing *advancing = context;

    async_wait_cancel(advancing->wait);
    api_answer_refusal(held_exchange_of(held), 408, "timed out before all that was due had run");
    held_exchange_close(held);
    free(advancing);
}

static void advance(struct exchange *exchange, struct api *api, struct account *account,
                    double seconds)
{
    const int64_t to_ms = clock_now_ms(account->clock) + (int64_t)(seconds * 1000.0 + 0.5);
    struct advancing *advancing = calloc(1, sizeof *advancing);

    if (advancing != NULL) {
        advancing->api = api;
        advancing->account = account;
        advancing->held =
            held_exchange_open(exchange, api, SETTLE_SECONDS_MAX, on_advance_overdue, advancing);
    }
    if (advancing != NULL && advancing->held != NULL)
        advancing->wait =
            async_invoker_advance(api->async_invoker, account, to_ms, on_settled, advancing);
    if (advancing != NULL && advancing->wait != NULL)
        return;
    if (advancing != NULL && advancing->held != NULL)
        held_exchange_close(advancing->held);
    free(advancing);
    api_answer_refusal(exchange, 500, "invoked is out of memory");
}

/* Reads {"AdvanceSeconds": 60}. False when the exchange has been answered with a refusal. */
static bool read_seconds(struct exchange *exchange, double *seconds)
{
    bool is_good;
    cJSON *body = inspect_body(exchange, &is_good);
    const cJSON *member = body == NULL ? NULL : body->child;
    bool is_known = cJSON_IsObject(body) && member != NULL && member->next == NULL &&
                    cJSON_IsNumber(member) && strcmp(member->string, "AdvanceSeconds") == 0;

    if (!is_good)
        return false;
    if (is_known)
        *seconds = member->valuedouble;
    cJSON_Delete(body);
    if (is_known && *seconds >= 0 && *seconds <= ADVANCE_SECONDS_MAX)
        return true;
    api_answer_refusal(exchange, 400,
                       is_known ? "AdvanceSeconds must be 0 to 31622400"
                                : "the body must be {\"AdvanceSeconds\": number of seconds}");
    return false;
}

void inspect_clock_advance(struct exchange *exchange, struct api *api)
{
    struct account *account;
    double seconds;

    if (!inspect_query_check(exchange, no_parameters) ||
        (account = inspect_account(exchange, api)) == NULL || !read_seconds(exchange, &seconds))
        return;
    if (clock_mode_of(account->clock) != CLOCK_MANUAL) {
        api_answer_refusal(
            exchange, 409,
            "only a manual clock can be moved: start the server with --clock manual");
        return;
    }
    advance(exchange, api, account, seconds);
}
