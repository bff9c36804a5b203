#include "server/http/preflight.h"

#include <string.h>

bool preflight_handle(struct exchange *exchange)
{
    const char *wanted_headers = exchange_header(exchange, "Access-Control-Request-Headers");
    const struct answer_header headers[] = {
        {"Access-Control-Allow-Methods", "GET, POST, PUT, DELETE"},
        {"Access-Control-Max-Age", "600"},
        {"Access-Control-Allow-Headers", wanted_headers},
    };
    const struct answer answer = {
        .status = 204,
        .headers = headers,
        .header_count = wanted_headers == NULL ? 2 : 3,
    };

    if (strcmp(exchange->method, "OPTIONS") != 0 || exchange_header(exchange, "Origin") == NULL ||
        exchange_header(exchange, "Access-Control-Request-Method") == NULL)
        return false;
    exchange_answer(exchange, &answer);
    return true;
}
