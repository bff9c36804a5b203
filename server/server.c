#include "handlers/console/feed.h"
#include "handlers/held_exchange.h"
#include "runtime/bundled/interpreter.h"
#include "runtime/bundled/spare_runtimes.h"
#include "runtime/dispatch/metrics.h"
#include "runtime/process/memory_guard.h"
#include "runtime/process/source_watcher.h"
#include "runtime/process/task_mount.h"
#include "runtime/registry/registry.h"
#include "server/http/http_listener.h"
#include "server/runtime_port/runtime_listener.h"
#include "server/server_internal.h"

#include <stdlib.h>

enum { STOP_WAIT_MS = 5000, STOP_POLL_MS = 5 };

const char *server_endpoint(const struct server *server)
{
    return server->endpoint;
}

void server_console(const struct server *server, char url[SERVER_CONSOLE_SIZE])
{
    url[0] = '\0';
    if (server->api.console_token[0] != '\0')
        (void)snprintf(url, SERVER_CONSOLE_SIZE, "%s/_invoked/console?token=%s", server->endpoint,
                       server->api.console_token);
}

size_t server_function_count(const struct server *server)
{
    const struct config *config = config_store_current(server->config_store);

    return config->function_count - config->left_out_count;
}

void server_code_folder(const struct options *options, char folder[SERVER_PATH_SIZE])
{
    (void)snprintf(folder, SERVER_PATH_SIZE, "%s/unpacked", options->data_dir);
}

struct log *server_log(const struct server *server)
{
    return server->log;
}

const struct api *server_api(const struct server *server)
{
    return &server->api;
}

/* ---- stopping ---- */

void server_close_processes(struct server *server)
{
    if (server->source_watcher != NULL)
        source_watcher_close(server->source_watcher);
    if (server->memory_guard != NULL)
        memory_guard_close(server->memory_guard);
    if (server->spare_runtimes != NULL)
        spare_runtimes_close(server->spare_runtimes);
    if (server->interpreters != NULL)
        interpreters_close(server->interpreters);
    if (server->processes != NULL)
        process_table_close(server->processes);
    task_mounts_close(server->task_mounts);
    server->source_watcher = NULL;
    server->memory_guard = NULL;
    server->spare_runtimes = NULL;
    server->interpreters = NULL;
    server->processes = NULL;
    server->task_mounts = NULL;
}

static void on_listener_closed(void *context)
{
    struct server *server = context;

    server->http_listener = NULL;
    server_close_processes(server);
    log_write(server->log, LOG_INFO, "stopped");
    log_close(server->log);
    server->log = NULL;
    uv_close((uv_handle_t *)&server->stop_timer, NULL);
    uv_close((uv_handle_t *)&server->change_timer, NULL);
    server->on_stopped(server->stopped_context);
}

static void on_async_invoker_closed(void *context)
{
    struct server *server = context;

    held_exchanges_end(&server->api); /* a fault's delay may have begun while environments ended */
    http_listener_close(server->http_listener, on_listener_closed, server);
}

/* What was accepted is written before the last answers go out. */
static void on_dispatcher_closed(void *context)
{
    struct server *server = context;

    server->dispatcher = NULL;
    held_exchanges_end(&server->api); /* of requests that were half received when the stop began */
    async_invoker_close(server->async_invoker, on_async_invoker_closed, server);
}

static void end_environments(struct server *server)
{
    if (server->is_closing)
        return;
    server->is_closing = true;
    (void)uv_timer_stop(&server->stop_timer);
    http_listener_refuse(server->http_listener);
    dispatcher_close(server->dispatcher, on_dispatcher_closed, server);
}

static void on_stop_poll(uv_timer_t *timer)
{
    struct server *server = timer->data;

    held_exchanges_end(&server->api); /* those that began to wait only now */
    if (http_listener_pending(server->http_listener) == 0 ||
        clock_monotonic_us() - server->stopping_since_us >= STOP_WAIT_MS * INT64_C(1000))
        end_environments(server);
}

void server_stop(struct server *server, server_stopped_fn *on_stopped, void *context)
{
    unsigned pending;

    if (server->stopping_since_us != 0) {
        end_environments(server);
        return;
    }
    server->on_stopped = on_stopped;
    server->stopped_context = context;
    server->stopping_since_us = clock_monotonic_us();
    http_listener_stop(server->http_listener);
    async_invoker_stop(server->async_invoker);
    feeds_stop(server->api.feeds);
    held_exchanges_end(&server->api);
    pending = http_listener_pending(server->http_listener);
    if (pending == 0) {
        end_environments(server);
        return;
    }
    log_write(server->log, LOG_INFO,
              "stopping: waiting up to 5 s for %u invocation%s; a second signal stops "
              "at once",
              pending, pending == 1 ? "" : "s");
    (void)uv_timer_start(&server->stop_timer, on_stop_poll, STOP_POLL_MS, STOP_POLL_MS);
}

void server_free(struct server *server)
{
    if (server->runtime_listener != NULL)
        runtime_listener_close(server->runtime_listener);
    feeds_free(server->api.feeds);
    if (server->code_store != NULL)
        code_store_stop(server->code_store);
    registry_close(server->registry);
    if (server->accounts != NULL)
        accounts_close(server->accounts);
    metrics_free(server->metrics);
    random_source_free(server->random);
    config_store_free(server->config_store);
    code_store_close(server->code_store);
    if (server->has_data_folder)
        data_folder_close(&server->data_folder);
    free(server);
}
