#include "handlers/handlers.h"

#include "handlers/held_exchange.h"
#include "handlers/inspect/history_query.h"
#include "handlers/inspect/inspect_query.h"
#include "handlers/inspect/inspect_response.h"
#include "handlers/lambda/api_error.h"

#include <stdlib.h>

enum { WAIT_DEFAULT_S = 10 };

/* A client that waits until enough invocations have ended. */
struct waiting {
    struct history_watch watch;
    struct held_exchange *held;
};

static void answer_count(struct exchange *exchange, int status, size_t count)
{
    struct bytes *body = NULL;

    if (!bytes_format(&body, "{\"count\":%zu}", count)) {
        bytes_release(body);
        body = NULL;
    }
    inspect_respond_json(exchange, status, body);
}

static void end(struct waiting *waiting)
{
    held_exchange_close(waiting->held);
    free(waiting);
}

static void on_watch_end(struct history_watch *watch, enum history_watch_end how)
{
    struct waiting *waiting = watch->context;
    struct exchange *exchange = held_exchange_of(waiting->held);

    switch (how) {
    case HISTORY_WATCH_REACHED:
        answer_count(exchange, 200, watch->count);
        break;
    case HISTORY_WATCH_RESET:
        api_answer_refusal(exchange, 409,
                           "the account was reset while this request waited; ask again");
        break;
    }
    end(waiting);
}

static void on_time_up(struct held_exchange *held, void *context)
{
    struct waiting *waiting = context;

    history_watch_stop(&waiting->watch);
    answer_count(held_exchange_of(held), 408, waiting->watch.count);
    end(waiting);
}

static bool wait_for(struct exchange *exchange, struct api *api, struct history *history,
                     const struct history_watch *wanted, double seconds)
{
    struct waiting *waiting = malloc(sizeof *waiting);

    if (waiting == NULL)
        return false;
    waiting->held = held_exchange_open(exchange, api, seconds, on_time_up, waiting);
    if (waiting->held == NULL) {
        free(waiting);
        return false;
    }
    waiting->watch = *wanted;
    waiting->watch.context = waiting;
    history_watch_start(history, &waiting->watch);
    return true;
}

static void count_or_wait(struct exchange *exchange, struct api *api, struct history *history,
                          const struct history_watch *wanted, double seconds)
{
    const size_t count = history_count(history, &wanted->filter, wanted->at_least > 0);

    if (count >= wanted->at_least)
        answer_count(exchange, 200, count);
    else if (!wait_for(exchange, api, history, wanted, seconds))
        api_answer_refusal(exchange, 500, "invoked is out of memory");
}

/* Waiting for more than the history keeps would never end. */
static bool read_at_least(struct exchange *exchange, const struct config *config, size_t *at_least)
{
    if (!inspect_query_number(exchange, "AtLeast", 0, UINT32_MAX, at_least))
        return false;
    return *at_least <= config->history_size ||
           inspect_query_refuse(
               exchange,
               "AtLeast: %zu invocations are more than the history keeps, which is %u; raise "
               "Local.HistorySize",
               *at_least, config->history_size);
}

void inspect_count_handle(struct exchange *exchange, struct api *api)
{
    struct history_watch wanted = {.on_end = on_watch_end};
    double seconds = WAIT_DEFAULT_S;
    struct history *history;
    struct account *account;

    if (!history_query_read(exchange, &wanted.filter) ||
        !read_at_least(exchange, config_store_current(api->config_store), &wanted.at_least))
        return;
    if (!held_exchange_read_seconds(exchange, &seconds)) {
        (void)inspect_query_refuse(exchange, "TimeoutSeconds: must be a number from 0 to %d",
                                   HELD_SECONDS_MAX);
        return;
    }
    account = inspect_account(exchange, api);
    if (account == NULL)
        return;
    history = history_of(account);
    if (history == NULL)
        api_answer_refusal(exchange, 500, "invoked is out of memory");
    else
        count_or_wait(exchange, api, history, &wanted, seconds);
}
