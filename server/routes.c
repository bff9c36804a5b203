#include "server/routes.h"

#include <string.h>

#include "config/config.h"
#include "handlers/api_error.h"
#include "handlers/health.h"
#include "handlers/inspect_answers.h"
#include "handlers/inspect_clock.h"
#include "handlers/inspect_events.h"
#include "handlers/inspect_records.h"
#include "handlers/invoke.h"
#include "handlers/invoke_async.h"
#include "handlers/invoke_stream.h"

static void handle_unknown(struct exchange *exchange, struct api *api)
{
    (void)api;
    api_answer_unknown_operation(exchange);
}

enum { INSPECT_BODY_MAX = 1 << 20 };

/* clang-format off */
static const struct route routes[] = {
    {"POST",   "/2015-03-31/functions/", "/invocations",                    INVOKE_PAYLOAD_MAX, invoke_handle},
    {"POST",   "/2015-03-31/functions/", "/invocations/",                   INVOKE_PAYLOAD_MAX, invoke_handle},
    {"POST",   "/2014-11-13/functions/", "/invoke-async",                   INVOKE_PAYLOAD_MAX, invoke_async_handle},
    {"POST",   "/2014-11-13/functions/", "/invoke-async/",                  INVOKE_PAYLOAD_MAX, invoke_async_handle},
    {"POST",   "/2021-11-15/functions/", "/response-streaming-invocations", INVOKE_PAYLOAD_MAX, invoke_stream_handle},

    {"GET",    "/_invoked/health",                NULL, 0,                 health_handle},
    {"GET",    "/_invoked/events",                NULL, 0,                 inspect_events_list},
    {"DELETE", "/_invoked/events",                NULL, 0,                 inspect_events_clear},
    {"POST",   "/_invoked/drain",                 NULL, INSPECT_BODY_MAX,  inspect_events_drain},
    {"GET",    "/_invoked/clock",                 NULL, 0,                 inspect_clock_show},
    {"POST",   "/_invoked/clock",                 NULL, INSPECT_BODY_MAX,  inspect_clock_advance},
    {"GET",    "/_invoked/dead-letters",          NULL, 0,                 inspect_records_dead_letters},
    {"POST",   "/_invoked/dead-letters/redrive",  NULL, INSPECT_BODY_MAX,  inspect_records_redrive},
    {"PUT",    "/_invoked/functions/", "/mock",   INSPECT_ANSWERS_BODY_MAX, inspect_mock_set},
    {"DELETE", "/_invoked/functions/", "/mock",   INSPECT_BODY_MAX,         inspect_mock_drop},
    {"PUT",    "/_invoked/functions/", "/faults", INSPECT_ANSWERS_BODY_MAX, inspect_faults_set},
    {"DELETE", "/_invoked/functions/", "/faults", INSPECT_BODY_MAX,         inspect_faults_drop},
    {"GET",    "/_invoked/destinations",          NULL, 0,                 inspect_records_destinations},
};
/* clang-format on */

static const struct route unknown = {"", "", NULL, 0, handle_unknown};

static bool matches(const struct route *route, struct bytes_view path, struct bytes_view *parameter)
{
    const size_t before = strlen(route->before);
    const size_t after = route->after == NULL ? 0 : strlen(route->after);

    if (path.length < before + after || memcmp(path.data, route->before, before) != 0)
        return false;
    if (route->after == NULL) {
        *parameter = (struct bytes_view){"", 0};
        return path.length == before;
    }
    *parameter = (struct bytes_view){path.data + before, path.length - before - after};
    return memcmp(path.data + path.length - after, route->after, after) == 0 &&
           memchr(parameter->data, '/', parameter->length) == NULL;
}

const struct route *route_find(const char *method, struct bytes_view path, struct bytes_view *parameter)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(routes[i].method, method) == 0 && matches(&routes[i], path, parameter))
            return &routes[i];
    }
    *parameter = (struct bytes_view){"", 0};
    return &unknown;
}
