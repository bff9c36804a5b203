#include "handlers/lambda/invoke_fault.h"

#include "handlers/lambda/api_error.h"
#include "handlers/lambda/faulty_exchange.h"
#include "runtime/canned/faults.h"

#include <stdio.h>

static const char header[] = "X-Invoked-Fault";

enum { NAME_SHOWN_MAX = 100, WHY_SIZE = 400 };

static void refuse_name(struct exchange *exchange, const char *name)
{
    const char *nearest = fault_nearest_name(name);
    char why[WHY_SIZE];

    if (nearest != NULL)
        (void)snprintf(why, sizeof why, "%s: unknown fault '%.*s'; did you mean %s?", header,
                       NAME_SHOWN_MAX, name, nearest);
    else
        (void)snprintf(why, sizeof why,
                       "%s: unknown fault '%.*s'; must be an exception of the Invoke API, such as "
                       "TooManyRequestsException, or Duplicate, Drop or Cut",
                       header, NAME_SHOWN_MAX, name);
    api_answer_refusal(exchange, 400, why);
}

static struct invocation *make_again(const struct requested_fault *fault,
                                     const struct exchange *exchange, struct api *api,
                                     const struct invoke_request *request)
{
    if (fault->action != FAULT_DUPLICATE || request->type == INVOCATION_DRY_RUN)
        return NULL;
    return invoke_request_invocation(request, exchange, api);
}

bool invoke_fault_strikes(struct exchange *exchange, struct api *api,
                          const struct invoke_request *request)
{
    const char *name = exchange_header(exchange, header);
    struct requested_fault fault;
    struct invocation *again;

    if (name != NULL && !fault_by_name(name, &fault)) {
        refuse_name(exchange, name);
        return true;
    }
    if (name == NULL && !faults_strike(request->about.caller.account, request->about.target.version,
                                       request->type, api->random, &fault))
        return false;
    if (!fault.lets_run_first) {
        invoke_request_rejected(request, exchange, api,
                                fault.action == FAULT_EXCEPTION ? fault.exception : API_SERVICE);
        faulty_exchange_answer(exchange, api, &fault);
        return true;
    }
    again = make_again(&fault, exchange, api, request);
    if (faulty_exchange_begin(exchange, api, &fault, again))
        return false;
    invocation_free(again);
    requested_fault_clear(&fault);
    api_answer_exception(exchange, API_SERVICE, "invoked is out of memory");
    return true;
}
