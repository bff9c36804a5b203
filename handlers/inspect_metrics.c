#include "handlers/inspect_metrics.h"

#include <stdlib.h>

#include "handlers/api_error.h"
#include "handlers/event_counts.h"
#include "runtime/metrics.h"

/* Until the queue has told of its oldest event. */
struct asking {
    struct exchange *exchange;
    struct api *api;
};

static void gauges_of(const char *function_name, struct function_gauges *gauges, void *context)
{
    const struct api *api = context;

    for (const struct account *account = accounts_first(api->accounts); account != NULL;
         account = account->next) {
        const struct dispatcher_count count =
            dispatcher_count(api->dispatcher, account, function_name);

        gauges->environments_idle += count.idle;
        gauges->environments_busy += count.busy;
        gauges->environments_starting += count.starting;
        gauges->events += event_counts_of(api, account, function_name);
    }
}

static void on_oldest(double age_s, void *context)
{
    static const struct answer_header headers[] = {
        {"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
    struct asking *asking = context;
    const struct metrics_sources sources = {
        .config = config_store_current(asking->api->config_store),
        .gauges = gauges_of,
        .context = asking->api,
        .oldest_event_age_s = age_s,
    };
    struct bytes *text = metrics_write(asking->api->metrics, &sources);
    const struct answer answer = {
        .status = 200, .headers = headers, .header_count = 1, .body = text};

    if (text == NULL)
        api_answer_refusal(asking->exchange, 500, "invoked is short of memory");
    else
        exchange_answer(asking->exchange, &answer);
    bytes_release(text);
    free(asking);
}

void inspect_metrics_handle(struct exchange *exchange, struct api *api)
{
    struct asking *asking = malloc(sizeof *asking);

    if (asking != NULL) {
        *asking = (struct asking){exchange, api};
        if (event_counts_oldest(api, on_oldest, asking))
            return;
    }
    free(asking);
    api_answer_refusal(exchange, 500, "invoked is short of memory");
}
