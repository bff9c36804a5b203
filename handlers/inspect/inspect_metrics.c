#include "handlers/handlers.h"

#include "handlers/lambda/api_error.h"
#include "runtime/dispatch/metrics.h"
#include "runtime/events/store.h"

#include <malloc.h>
#include <stdlib.h>

#if defined __GLIBC__ && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
#define HAS_MALLINFO2 1
#endif

/* All that is counted; the queue is yet to tell of its oldest event. */
struct asking {
    struct exchange *exchange;
    struct bytes *text;
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
        gauges->events += async_invoker_function_count(api->async_invoker, account, function_name);
    }
}

static struct metrics_memory memory_in_use(void)
{
    struct metrics_memory memory = {.database = store_memory_bytes()};

#ifdef HAS_MALLINFO2
    const struct mallinfo2 heap = mallinfo2();

    memory.heap_used = heap.uordblks + heap.hblkhd;
    memory.heap_free = heap.fordblks;
#endif
    return memory;
}

static void answer_short_of_memory(struct exchange *exchange)
{
    api_answer_refusal(exchange, 500, "invoked is out of memory or is stopping");
}

static void end(struct asking *asking)
{
    bytes_release(asking->text);
    free(asking);
}

/* The dispatcher may be gone by now, when the server stops. */
static void on_oldest(struct account *account, int64_t enqueued_at_ms, void *context)
{
    static const struct answer_header headers[] = {
        {"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
    struct asking *asking = context;
    const int64_t age_ms = account == NULL ? 0 : clock_now_ms(account->clock) - enqueued_at_ms;

    if (metrics_append_oldest_event(&asking->text, (double)age_ms / 1000)) {
        exchange_answer(asking->exchange, &(struct answer){
                                              .status = 200,
                                              .headers = headers,
                                              .header_count = 1,
                                              .body = asking->text,
                                          });
    } else {
        answer_short_of_memory(asking->exchange);
    }
    end(asking);
}

void inspect_metrics_handle(struct exchange *exchange, struct api *api)
{
    const struct metrics_sources sources = {
        .config = config_store_current(api->config_store),
        .gauges = gauges_of,
        .context = api,
        .dead_letters = async_invoker_dead_letter_count(api->async_invoker),
        .memory = memory_in_use(),
    };
    struct asking *asking = calloc(1, sizeof *asking);

    if (asking == NULL) {
        answer_short_of_memory(exchange);
        return;
    }
    *asking = (struct asking){exchange, metrics_write(api->metrics, &sources)};
    if (asking->text != NULL && async_invoker_oldest(api->async_invoker, on_oldest, asking))
        return;
    end(asking);
    answer_short_of_memory(exchange);
}
