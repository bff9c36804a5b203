/*
 * handlers.h - the handlers of all routes (server/http/routes.c), one for each operation.
 *
 * Each gets the whole request and answers it once, at once or later (exchange.h). To add an operation: a file in the room
 * that it belongs to, a line here, and a row in routes.c.
 */
#ifndef HANDLERS_HANDLERS_H
#define HANDLERS_HANDLERS_H

#include "handlers/api.h"

/* ---- lambda/: the AWS API ---- */

api_handler_fn invoke_handle; /* Invoke: RequestResponse (200), Event (202), DryRun (204) */
api_handler_fn
    invoke_async_handle; /* InvokeAsync, deprecated since 2014: an event of at most 256 KB, 202 */
api_handler_fn invoke_stream_handle; /* InvokeWithResponseStream */

/* ---- manage/: functions by API ---- */

api_handler_fn manage_handle; /* every operation of handlers/manage/manage_operations.h */
api_handler_fn code_handle;   /* the archive of a function or layer, by its SHA-256 */

/* ---- inspect/: /_invoked/ and /metrics ---- */

enum {
    INSPECT_CANNED_BODY_MAX = 6 << 20 /* a list of canned responses is long when payloads are */
};

api_handler_fn health_handle;            /* is the server up, and what does it serve */
api_handler_fn inspect_functions_handle; /* what can be invoked, and its state in this account */
api_handler_fn inspect_plan_show;        /* what will become of a function's events */
api_handler_fn inspect_history_list;     /* what was invoked, newest first */
api_handler_fn inspect_history_forget;
api_handler_fn inspect_count_handle; /* how many invocations match, or wait until that many do */
api_handler_fn inspect_events_list;  /* the queue */
api_handler_fn inspect_events_clear;
api_handler_fn inspect_events_drain; /* wait until the queue is empty */
api_handler_fn inspect_clock_show;   /* the time of the account's events */
api_handler_fn inspect_clock_advance;
api_handler_fn inspect_records_dead_letters; /* what was written there */
api_handler_fn inspect_records_redrive;      /* back into the queue */
api_handler_fn inspect_records_destinations;
api_handler_fn inspect_mock_set; /* canned responses of a function, in this account */
api_handler_fn inspect_mock_drop;
api_handler_fn inspect_faults_set; /* what goes wrong with a function, in this account */
api_handler_fn inspect_faults_drop;
api_handler_fn inspect_reset_handle;   /* the account back to how it started */
api_handler_fn inspect_metrics_handle; /* GET /metrics, for Prometheus: of all accounts together */

/* ---- url/: functions behind plain HTTP ---- */

api_handler_fn url_host_handle; /* ID.lambda-url.REGION.localhost */
api_handler_fn url_path_handle; /* /_invoked/url/NAME[/ALIAS]/... */

/* ---- http_api/: routes of HTTP and REST APIs ---- */

api_handler_fn http_api_host_handle; /* ID.execute-api.localhost */
api_handler_fn http_api_path_handle; /* /_invoked/api/NAME/... */

/* ---- console/: the page, and what it listens to ---- */

api_handler_fn stream_handle; /* Server-Sent Events for as long as the client listens */
api_handler_fn
    console_page; /* only with the token of the printed URL, or the cookie that it gave */
api_handler_fn console_script;
api_handler_fn console_style;

#endif
