#include "server/http/routes.h"

#include <string.h>

#include "config/config.h"
#include "handlers/handlers.h"
#include "handlers/inspect/history_query.h"
#include "server/http/unknown_route.h"

enum { INSPECT_BODY_MAX = 1 << 20 };

static const char *const takes_nothing[] = {NULL};
static const char *const takes_filter[] = {HISTORY_QUERY_NAMES, "Limit", NULL};
static const char *const takes_filter_and_wait[] = {HISTORY_QUERY_NAMES, "AtLeast",
                                                    "TimeoutSeconds", NULL};
static const char *const takes_function[] = {"FunctionName", NULL};
static const char *const takes_timeout[] = {"TimeoutSeconds", NULL};
static const char *const takes_queue[] = {"Queue", NULL};
static const char *const takes_name[] = {"Name", NULL};

/* clang-format off */
static const struct route routes[] = {
    {"POST",   "/2015-03-31/functions/", "/invocations",                    INVOKE_PAYLOAD_MAX, invoke_handle, NULL},
    {"POST",   "/2015-03-31/functions/", "/invocations/",                   INVOKE_PAYLOAD_MAX, invoke_handle, NULL},
    {"POST",   "/2014-11-13/functions/", "/invoke-async",                   INVOKE_PAYLOAD_MAX, invoke_async_handle, NULL},
    {"POST",   "/2014-11-13/functions/", "/invoke-async/",                  INVOKE_PAYLOAD_MAX, invoke_async_handle, NULL},
    {"POST",   "/2021-11-15/functions/", "/response-streaming-invocations", INVOKE_PAYLOAD_MAX, invoke_stream_handle, NULL},

    {"GET",    "/_invoked/health",                NULL, 0,                 health_handle, takes_nothing},
    {"GET",    "/_invoked/functions",             NULL, 0,                 inspect_functions_handle, takes_nothing},
    {"GET",    "/_invoked/invocations",           NULL, 0,                 inspect_history_list, takes_filter},
    {"DELETE", "/_invoked/invocations",           NULL, 0,                 inspect_history_forget, takes_nothing},
    {"GET",    "/_invoked/invocations/count",     NULL, 0,                 inspect_count_handle, takes_filter_and_wait},
    {"GET",    "/_invoked/events",                NULL, 0,                 inspect_events_list, takes_function},
    {"DELETE", "/_invoked/events",                NULL, 0,                 inspect_events_clear, takes_nothing},
    {"POST",   "/_invoked/drain",                 NULL, INSPECT_BODY_MAX,  inspect_events_drain, takes_timeout},
    {"GET",    "/_invoked/clock",                 NULL, 0,                 inspect_clock_show, takes_nothing},
    {"POST",   "/_invoked/clock",                 NULL, INSPECT_BODY_MAX,  inspect_clock_advance, takes_nothing},
    {"GET",    "/_invoked/dead-letters",          NULL, 0,                 inspect_records_dead_letters, takes_queue},
    {"POST",   "/_invoked/dead-letters/redrive",  NULL, INSPECT_BODY_MAX,  inspect_records_redrive, takes_queue},
    {"PUT",    "/_invoked/functions/", "/mock",   INSPECT_CANNED_BODY_MAX, inspect_mock_set, takes_nothing},
    {"DELETE", "/_invoked/functions/", "/mock",   INSPECT_BODY_MAX,         inspect_mock_drop, takes_nothing},
    {"PUT",    "/_invoked/functions/", "/faults", INSPECT_CANNED_BODY_MAX, inspect_faults_set, takes_nothing},
    {"DELETE", "/_invoked/functions/", "/faults", INSPECT_BODY_MAX,         inspect_faults_drop, takes_nothing},
    {"GET",    "/_invoked/destinations",          NULL, 0,                 inspect_records_destinations, takes_name},
    {"POST",   "/_invoked/reset",                 NULL, INSPECT_BODY_MAX,  inspect_reset_handle, takes_nothing},
    {"GET",    "/metrics",                        NULL, 0,                 inspect_metrics_handle, NULL},
};
/* clang-format on */

static const struct route unknown = {"", "", NULL, 0, unknown_route_handle, NULL};

const struct route *routes_first(size_t *count)
{
    *count = sizeof routes / sizeof routes[0];
    return routes;
}

bool route_matches(const struct route *route, struct bytes_view path, struct bytes_view *parameter)
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

const struct route *route_find(const char *method, struct bytes_view path,
                               struct bytes_view *parameter)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(routes[i].method, method) == 0 && route_matches(&routes[i], path, parameter))
            return &routes[i];
    }
    *parameter = (struct bytes_view){"", 0};
    return &unknown;
}
