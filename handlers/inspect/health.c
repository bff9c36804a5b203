#include "handlers/handlers.h"

#include "base/clock.h"

void health_handle(struct exchange *exchange, struct api *api)
{
    static const struct answer_header headers[] = {{"Content-Type", "application/json"}};
    const struct config *config = config_store_current(api->config_store);
    const double uptime_s = (double)(clock_monotonic_us() - api->started_us) / 1e6;
    struct bytes *body = NULL;

    (void)bytes_format(
        &body, "{\"status\":\"ok\",\"version\":\"%s\",\"functions\":%zu,\"uptimeSeconds\":%.3f}",
        INVOKED_VERSION, config->function_count - config->left_out_count, uptime_s);
    const struct answer answer = {
        .status = 200, .headers = headers, .header_count = 1, .body = body};

    exchange_answer(exchange, &answer);
    bytes_release(body);
}
