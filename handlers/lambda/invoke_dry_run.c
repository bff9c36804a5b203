#include "handlers/lambda/invoke_dry_run.h"

#include "handlers/lambda/trace_header.h"

void invoke_dry_run_answer(struct exchange *exchange, struct api *api)
{
    char trace[TRACE_ANSWER_SIZE];
    const struct answer_header headers[] = {
        {"x-amzn-RequestId", exchange->request_id},
        {"x-amzn-Remapped-Content-Length", "0"},
        {"X-Amzn-Trace-Id", trace},
    };
    const struct answer answer = {.status = 204, .headers = headers, .header_count = 3};

    trace_header_make(exchange_header(exchange, "X-Amzn-Trace-Id"), NULL, api->random, trace);
    exchange_answer(exchange, &answer);
}
