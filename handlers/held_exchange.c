#include "handlers/held_exchange.h"

#include <math.h>
#include <stdlib.h>

struct held_exchange {
    struct exchange *exchange;
    struct api *api;
    struct held_exchange *previous, *next;
    uv_timer_t timer;
    held_time_up_fn *on_time_up;
    void *context;
};

static void on_timer(uv_timer_t *timer)
{
    struct held_exchange *held = timer->data;

    held->on_time_up(held, held->context);
}

struct held_exchange *held_exchange_open(struct exchange *exchange, struct api *api, double seconds,
                                         held_time_up_fn *on_time_up, void *context)
{
    struct held_exchange *held = calloc(1, sizeof *held);

    if (held == NULL)
        return NULL;
    held->exchange = exchange;
    held->api = api;
    held->on_time_up = on_time_up;
    held->context = context;
    held->next = api->held_exchanges;
    if (held->next != NULL)
        held->next->previous = held;
    api->held_exchanges = held;
    (void)uv_timer_init(api->loop, &held->timer);
    held->timer.data = held;
    uv_update_time(api->loop);
    (void)uv_timer_start(&held->timer, on_timer, (uint64_t)ceil(seconds * 1000), 0);
    return held;
}

struct exchange *held_exchange_of(const struct held_exchange *held)
{
    return held->exchange;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void held_exchange_close(struct held_exchange *held)
{
    if (held->previous != NULL)
        held->previous->next = held->next;
    else
        held->api->held_exchanges = held->next;
    if (held->next != NULL)
        held->next->previous = held->previous;
    uv_close((uv_handle_t *)&held->timer, on_timer_closed);
}

void held_exchanges_end(struct api *api)
{
    while (api->held_exchanges != NULL)
        api->held_exchanges->on_time_up(api->held_exchanges, api->held_exchanges->context);
}

bool held_exchange_read_seconds(const struct exchange *exchange, double *seconds)
{
    char text[32];
    char *end;
    size_t length;
    double number;

    if (!exchange_query(exchange, "TimeoutSeconds", text, sizeof text, &length))
        return true;
    number = strtod(text, &end);
    if (length == 0 || length >= sizeof text || *end != '\0' ||
        !(number >= 0 && number <= HELD_SECONDS_MAX))
        return false;
    *seconds = number;
    return true;
}
