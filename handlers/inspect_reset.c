#include "handlers/inspect_reset.h"

#include <stdlib.h>

#include "handlers/api_error.h"
#include "handlers/inspect_answer.h"
#include "handlers/inspect_query.h"
#include "runtime/history.h"

/* A reset on its way. */
struct reset {
    struct exchange *exchange;
    struct api *api;
    struct account *account;
    size_t next; /* step */
};

/* Ends by calling step_done(), at once or later. */
typedef void reset_step_fn(struct reset *reset);

static void step_done(struct reset *reset, const char *fault);

static void reset_history(struct reset *reset)
{
    if (reset->account->history != NULL)
        history_reset(reset->account->history);
    step_done(reset, NULL);
}

static reset_step_fn *const steps[] = {
    reset_history,
};

/* `fault` says why the step has failed; NULL when it hasn't. */
static void step_done(struct reset *reset, const char *fault)
{
    if (fault == NULL && reset->next < sizeof steps / sizeof steps[0]) {
        steps[reset->next++](reset);
        return;
    }
    if (fault != NULL)
        api_answer_refusal(reset->exchange, 500, fault);
    else
        inspect_answer_done(reset->exchange);
    free(reset);
}

void inspect_reset_handle(struct exchange *exchange, struct api *api)
{
    static const char *const known[] = {NULL};
    struct account *account;
    struct reset *reset;

    if (!inspect_query_check(exchange, known) || (account = inspect_account(exchange, api)) == NULL)
        return;
    reset = malloc(sizeof *reset);
    if (reset == NULL) {
        api_answer_refusal(exchange, 500, "invoked is short of memory");
        return;
    }
    *reset = (struct reset){.exchange = exchange, .api = api, .account = account};
    step_done(reset, NULL);
}
