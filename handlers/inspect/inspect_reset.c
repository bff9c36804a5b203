/*
 * One step after the other, in the order of the table below; a step may take its time. To reset one thing more: a
 * function and a row in that table. The history comes last, so that nothing that the other steps end is left in it.
 */
#include "handlers/handlers.h"

#include "handlers/inspect/inspect_response.h"
#include "handlers/lambda/api_error.h"
#include "runtime/canned/faults.h"
#include "runtime/canned/mocks.h"
#include "runtime/dispatch/history.h"
#include "runtime/registry/registry.h"

#include <stdlib.h>
#include <string.h>

/* A reset on its way. */
struct reset {
    struct exchange *exchange;
    struct api *api;
    struct account *account;
    size_t next;          /* step */
    bool drops_functions; /* those of the API too */
    size_t drops_left;
    bool has_dropped; /* all of them could be */
};

/* Ends by calling step_done(), at once or later. */
typedef void reset_step_fn(struct reset *reset);

static void step_done(struct reset *reset, const char *why);

static const char out_of_memory[] = "invoked is out of memory or is stopping";

static void on_events_cleared(enum store_status status, void *context)
{
    step_done(context, status == STORE_OK
                           ? NULL
                           : "cannot clear the event queue on disk: see the log of invoked");
}

/* Dead letters and what destinations got go with the queue. */
static void reset_events(struct reset *reset)
{
    if (!async_invoker_clear(reset->api->async_invoker, reset->account, true, on_events_cleared,
                             reset))
        step_done(reset, out_of_memory);
}

static void reset_clock(struct reset *reset)
{
    if (clock_mode_of(reset->account->clock) == CLOCK_MANUAL)
        clock_reset(reset->account->clock, accounts_start_ms(reset->api->accounts));
    step_done(reset, NULL);
}

static void reset_mocks(struct reset *reset)
{
    mocks_reset(reset->account);
    step_done(reset, NULL);
}

static void reset_faults(struct reset *reset)
{
    faults_reset(reset->account);
    step_done(reset, NULL);
}

static void reset_history(struct reset *reset)
{
    if (reset->account->history != NULL)
        history_reset(reset->account->history);
    step_done(reset, NULL);
}

/* ---- ?functions=true: those of the API that are the account's ---- */

static void on_dropped(bool is_saved, void *context)
{
    struct reset *reset = context;

    reset->has_dropped = reset->has_dropped && is_saved;
    if (--reset->drops_left == 0)
        step_done(reset, reset->has_dropped
                             ? NULL
                             : "cannot remove the functions on disk: see the log of invoked");
}

static void reset_functions(struct reset *reset)
{
    struct resource *const *list;
    size_t count;

    reset->has_dropped = true;
    reset->drops_left = 1;
    while (reset->drops_functions) {
        list =
            registry_list(reset->api->registry, RESOURCE_FUNCTION, reset->account->id, "", &count);
        if (count == 0)
            break;
        reset->drops_left++;
        registry_remove(reset->api->registry, list[count - 1], on_dropped, reset);
    }
    on_dropped(true, reset);
}

static reset_step_fn *const steps[] = {
    reset_mocks, reset_faults, reset_functions, reset_events, reset_clock, reset_history,
};

/* `why` says why the step has failed; NULL when it hasn't. */
static void step_done(struct reset *reset, const char *why)
{
    if (why == NULL && reset->next < sizeof steps / sizeof steps[0]) {
        steps[reset->next++](reset);
        return;
    }
    if (why != NULL)
        api_answer_refusal(reset->exchange, 500, why);
    else
        inspect_respond_done(reset->exchange);
    free(reset);
}

void inspect_reset_handle(struct exchange *exchange, struct api *api)
{
    struct account *account;
    struct reset *reset;
    char functions[8] = "";
    size_t length;

    if ((account = inspect_account(exchange, api)) == NULL)
        return;
    reset = malloc(sizeof *reset);
    if (reset == NULL) {
        api_answer_refusal(exchange, 500, out_of_memory);
        return;
    }
    *reset = (struct reset){.exchange = exchange, .api = api, .account = account};
    if (exchange_query(exchange, "functions", functions, sizeof functions, &length))
        reset->drops_functions = strcmp(functions, "true") == 0;
    step_done(reset, NULL);
}
