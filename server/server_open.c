/*
 * Opens the parts of the server, each after those that it uses. To add one: an open function here, in its place in
 * server_open(), and its end in server.c.
 */
#include "handlers/console/feed.h"
#include "runtime/bundled/bundled_runtime.h"
#include "runtime/bundled/interpreter.h"
#include "runtime/bundled/spare_runtimes.h"
#include "runtime/dispatch/history.h"
#include "runtime/dispatch/metrics.h"
#include "runtime/process/memory_guard.h"
#include "runtime/process/source_watcher.h"
#include "runtime/process/task_mount.h"
#include "runtime/registry/registry.h"
#include "server/http/http_listener.h"
#include "server/runtime_port/runtime_listener.h"
#include "server/server_internal.h"
#include "server/unpacked_code.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void explain(char why[SERVER_ERROR_SIZE], const char *text)
{
    (void)snprintf(why, SERVER_ERROR_SIZE, "%s", text);
}

/* Many environments and connections need many descriptors; handlers get AWS's limit back (process.c). */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static bool open_log(struct server *server)
{
    const struct log_options options = {
        .descriptor = 2,
        .format = server->options->log_format,
        .level = server->options->log_level,
        .platform_level = server->options->explains ? LOG_DEBUG : LOG_INFO,
        .has_short_ids = server->options->explains,
        .has_colour = log_may_colour(2),
    };

    server->log = log_open(server->loop, &options);
    return server->log != NULL;
}

static bool open_folders(struct server *server, char why[SERVER_ERROR_SIZE])
{
    char text[DATA_FOLDER_ERROR_SIZE];

    if (data_folder_open(&server->data_folder, server->options->data_dir, text) != DATA_FOLDER_OK) {
        explain(why, text);
        return false;
    }
    server->has_data_folder = true;
    (void)snprintf(server->bundled_folder, sizeof server->bundled_folder, "%s/runtimes",
                   server->data_folder.path);
    if (bundled_runtime_extract(server->bundled_folder, text, sizeof text) == BUNDLED_RUNTIME_OK)
        return true;
    explain(why, text);
    return false;
}

static bool open_queue(struct server *server, const struct config *config,
                       char why[SERVER_ERROR_SIZE])
{
    const struct store_options options = {
        .folder = server->data_folder.path,
        .data_folder = &server->data_folder,
        .durability = config->durability,
    };
    char text[STORE_MESSAGE_SIZE];

    server->event_queue = event_queue_open(server->loop, &options, text);
    if (server->event_queue == NULL)
        explain(why, text);
    else if (text[0] != '\0')
        log_write(server->log, LOG_ERROR, "%s", text);
    return server->event_queue != NULL;
}

static bool open_watcher(struct server *server)
{
    const struct source_watcher_options options = {
        .loop = server->loop,
        .log = server->log,
        .data_folder = server->data_folder.path,
        .on_changed = server_source_changed,
        .context = server,
    };

    server->source_watcher = source_watcher_open(&options);
    if (server->source_watcher != NULL)
        server_watch(server, config_store_current(server->config_store));
    return server->source_watcher != NULL;
}

static bool open_spares(struct server *server)
{
    const struct spare_runtimes_options options = {
        .loop = server->loop,
        .log = server->log,
        .random = server->random,
        .processes = server->processes,
        .interpreters = server->interpreters,
        .bundled_folder = server->bundled_folder,
    };

    server->spare_runtimes = spare_runtimes_open(&options);
    return server->spare_runtimes != NULL;
}

/* The account's history, the metrics and the failure hints see every invocation. To add another observer: a line in each of these. */
static void on_accepted(struct invocation *invocation, void *context)
{
    (void)context;
    history_accepted(invocation);
}

static void on_finished(struct invocation *invocation, void *context)
{
    struct server *server = context;

    history_finished(invocation);
    metrics_finished(server->metrics, invocation);
    failure_hints_finished(&server->hints, invocation);
}

static void on_refused(struct invocation *invocation, enum dispatch_status status, void *context)
{
    const struct server *server = context;

    history_refused(invocation, status);
    metrics_refused(server->metrics, invocation, status);
}

static struct dispatch_observer make_observer(struct server *server)
{
    return (struct dispatch_observer){
        .on_accepted = on_accepted,
        .on_finished = on_finished,
        .on_refused = on_refused,
        .context = server,
    };
}

static bool open_runtime(struct server *server, const struct config *config)
{
    const struct clock_options clock_options = {
        .mode = server->options->clock_mode,
        .factor = server->options->clock_factor,
        .not_before_ms = event_queue_newest_ms(server->event_queue),
    };

    server->random = random_source_new();
    server->accounts = accounts_open(server->loop, &clock_options, config->account_id);
    server->processes = process_table_open(server->loop);
    server->task_mounts = task_mounts_open();
    if (server->processes != NULL)
        server->interpreters = interpreters_open(server->loop, server->processes, server->log);
    server->memory_guard = memory_guard_open(server->loop);
    if (server->options->watches && !open_watcher(server))
        return false;
    server->runtime_listener = runtime_listener_open(server->loop, server->log);
    if (server->memory_guard == NULL || server->random == NULL || server->accounts == NULL ||
        server->interpreters == NULL || server->runtime_listener == NULL ||
        server->task_mounts == NULL || !open_spares(server))
        return false;
    server->services = (struct environment_services){
        .loop = server->loop,
        .log = server->log,
        .random = server->random,
        .processes = server->processes,
        .task_mounts = server->task_mounts,
        .interpreters = server->interpreters,
        .spare_runtimes = server->spare_runtimes,
        .memory_guard = server->memory_guard,
        .source_watcher = server->source_watcher,
        .ports = runtime_listener_ports(server->runtime_listener),
        .endpoint = server->endpoint,
        .bundled_folder = server->bundled_folder,
    };
    server->metrics = metrics_new();
    server->dispatcher = server->metrics == NULL ? NULL : dispatcher_open(&server->services);
    if (server->dispatcher == NULL)
        return false;
    server->hints.log = server->log;
    server->hints.interpreters = server->interpreters;
    server->observer = make_observer(server);
    dispatcher_observe(server->dispatcher, &server->observer);
    return true;
}

static void on_functions_changed(void *context)
{
    server_functions_changed(context);
}

static bool open_registry(struct server *server, const struct config *config,
                          char why[SERVER_ERROR_SIZE])
{
    char text[REGISTRY_MESSAGE_SIZE];
    struct registry_options options = {
        .loop = server->loop,
        .data_folder = server->data_folder.path,
        .durability = config->durability,
        .config_store = server->config_store,
        .accounts = server->accounts,
        .random = server->random,
        .log = server->log,
        .on_changed = on_functions_changed,
        .context = server,
    };

    server->code_store =
        code_store_open(server->loop, server->data_folder.path, config->durability);
    if (server->code_store == NULL)
        return false;
    options.code_store = server->code_store;
    server->registry = registry_open(&options, text);
    if (server->registry == NULL)
        explain(why, text);
    else if (text[0] != '\0')
        log_write(server->log, LOG_ERROR, "%s", text);
    return server->registry != NULL;
}

static bool open_async_invoker(struct server *server)
{
    const struct async_invoker_options options = {
        .loop = server->loop,
        .accounts = server->accounts,
        .config_store = server->config_store,
        .dispatcher = server->dispatcher,
        .log = server->log,
        .random = server->random,
        .is_explaining = server->options->explains,
    };

    server->async_invoker = async_invoker_open(&options, server->event_queue);
    if (server->async_invoker == NULL)
        return false;
    server->event_queue = NULL;
    return true;
}

/* Where handlers and people reach this server: nobody can connect to an address that means "all". */
static void make_endpoint(struct server *server, unsigned short port)
{
    const char *host = server->options->host;
    unsigned char address[16];

    if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 || host[0] == '\0')
        host = "127.0.0.1";
    (void)snprintf(server->endpoint, sizeof server->endpoint,
                   inet_pton(AF_INET6, host, address) == 1 ? "http://[%s]:%u" : "http://%s:%u",
                   host, port);
}

static bool open_listener(struct server *server, char why[SERVER_ERROR_SIZE])
{
    char text[LISTEN_ERROR_SIZE];
    const struct http_listener_options options = {
        .loop = server->loop,
        .api = &server->api,
        .host = server->options->host,
        .port = server->options->port,
    };

    server->api = (struct api){
        .loop = server->loop,
        .config_store = server->config_store,
        .accounts = server->accounts,
        .dispatcher = server->dispatcher,
        .metrics = server->metrics,
        .endpoint = server->endpoint,
        .serves_apis = server->options->serves_apis,
        .async_invoker = server->async_invoker,
        .random = server->random,
        .log = server->log,
        .registry = server->registry,
        .code_store = server->code_store,
        .started_us = clock_monotonic_us(),
    };
    server->api.feeds = feeds_open(&server->api);
    if (server->api.feeds == NULL)
        return false;
    if (server->options->has_console)
        hex_32_make(server->random, server->api.console_token);
    server->http_listener = http_listener_open(&options, text);
    if (server->http_listener == NULL) {
        explain(why, text);
        return false;
    }
    make_endpoint(server, http_listener_port(server->http_listener));
    return true;
}

static void close_quietly(void *context)
{
    (void)context;
}

static void close_async_invoker(void *context)
{
    struct server *server = context;

    if (server->async_invoker != NULL)
        async_invoker_close(server->async_invoker, close_quietly, NULL);
    else if (server->event_queue != NULL)
        event_queue_close(server->event_queue, close_quietly, NULL);
    server->async_invoker = NULL;
    server->event_queue = NULL;
}

/* Closes what was opened before the failure. */
static void abort_opening(struct server *server)
{
    if (server->dispatcher != NULL)
        dispatcher_close(server->dispatcher, close_async_invoker, server);
    else
        close_async_invoker(server);
    (void)uv_run(server->loop, UV_RUN_DEFAULT);
    server_close_processes(server);
    log_close(server->log);
    uv_close((uv_handle_t *)&server->stop_timer, NULL);
    uv_close((uv_handle_t *)&server->change_timer, NULL);
    (void)uv_run(server->loop, UV_RUN_DEFAULT);
    server->log = NULL;
    server_free(server);
}

struct server *server_open(uv_loop_t *loop, const struct options *options, struct config *config,
                           char why[SERVER_ERROR_SIZE])
{
    struct server *server = calloc(1, sizeof *server);
    char code_folder[SERVER_PATH_SIZE];
    const struct config_options config_options = {.parameters = options->parameters,
                                                  .env_vars = options->env_vars,
                                                  .config_env = options->config_env,
                                                  .code_folder = code_folder};

    server_code_folder(options, code_folder);
    explain(why, "out of memory");
    if (server == NULL) {
        config_release(config);
        return NULL;
    }
    server->loop = loop;
    server->options = options;
    (void)uv_timer_init(loop, &server->stop_timer);
    server->stop_timer.data = server;
    (void)uv_timer_init(loop, &server->change_timer);
    server->change_timer.data = server;
    raise_descriptor_limit();
    server->config_store = config_store_new(options->config_path, &config_options, config);
    if (server->config_store == NULL)
        config_release(config);
    if (server->config_store == NULL || !open_log(server) || !open_folders(server, why) ||
        !open_queue(server, config, why) || !open_runtime(server, config) ||
        !open_registry(server, config, why) || !open_async_invoker(server) ||
        !open_listener(server, why)) {
        abort_opening(server);
        return NULL;
    }
    unpacked_code_clean(loop, code_folder, config);
    dispatcher_attach(server->dispatcher, accounts_default(server->accounts), config);
    server_prepare_processes(server, config);
    return server;
}
