#include "handlers/lambda/invoke_async.h"

#include "handlers/lambda/invoke_event.h"
#include "handlers/lambda/invoke_fault.h"

void invoke_async_handle(struct exchange *exchange, struct api *api)
{
    static const struct invoke_rules rules = {.is_always_event = true,
                                              .event_payload_max = INVOKE_ASYNC_PAYLOAD_MAX};
    struct invoke_request request;

    if (invoke_request_read(exchange, api, &rules, &request) &&
        !invoke_fault_strikes(exchange, api, &request))
        invoke_event_accept(exchange, api, &request);
    invoke_request_clear(&request);
}
