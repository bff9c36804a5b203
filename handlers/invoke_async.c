#include "handlers/invoke_async.h"

#include "handlers/invoke_event.h"

void invoke_async_handle(struct exchange *exchange, struct api *api)
{
    static const struct invoke_rules rules = {.is_always_event = true, .event_payload_max = INVOKE_ASYNC_PAYLOAD_MAX};
    struct invoke_request request;

    if (invoke_request_read(exchange, api, &rules, &request))
        invoke_event_accept(exchange, api, &request);
    invoke_request_clear(&request);
}
