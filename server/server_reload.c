/*
 * The configuration while the server runs: it is read again, on a pool thread, since that may unpack archives, and then
 * taken over at once.
 */
#include "runtime/bundled/interpreter.h"
#include "runtime/bundled/spare_runtimes.h"
#include "runtime/dispatch/metrics.h"
#include "runtime/environments/worker_command.h"
#include "runtime/process/source_watcher.h"
#include "runtime/process/task_mount.h"
#include "runtime/registry/registry.h"
#include "server/server_internal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- watching ---- */

/* A file by its name in its folder, since editors replace it. */
static void watch_name(struct server *server, const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');

    if (snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path) <
        (int)sizeof folder)
        source_watcher_watch(server->source_watcher, "", folder, slash + 1);
}

/* What is missing comes with the first missing folder above it. */
static void watch_source(struct server *server, const char *source)
{
    char path[PATH_MAX], above[PATH_MAX];

    if (source[0] != '/' || snprintf(path, sizeof path, "%s", source) >= (int)sizeof path)
        return;
    for (;;) {
        (void)snprintf(above, sizeof above, "%s", path);
        *strrchr(above, '/') = '\0';
        if (above[0] == '\0' || access(above, F_OK) == 0)
            break;
        memcpy(path, above, sizeof path);
    }
    watch_name(server, path);
}

/* A folder of functions is watched by its direct entries. */
void server_watch(struct server *server, const struct config *config)
{
    struct stat about;

    if (server->source_watcher == NULL)
        return;
    if (stat(config->path, &about) == 0 && S_ISDIR(about.st_mode))
        source_watcher_watch(server->source_watcher, "", config->path, NULL);
    else
        watch_name(server, config->path);
    for (size_t i = 0; i < config->files.count; i++)
        watch_name(server, config->files.items[i]);
    for (size_t i = 0; i < config->watched.count; i++)
        watch_source(server, config->watched.items[i]);
}

void server_source_changed(const char *function_name, const char *changed, void *context)
{
    struct server *server = context;

    if (server->stopping_since_us != 0)
        return;
    if (function_name[0] == '\0') {
        log_write(server->log, LOG_INFO, "%s has changed", changed);
        server_reload(server);
        return;
    }
    if (dispatcher_replace(server->dispatcher, function_name))
        log_write(server->log, LOG_INFO,
                  "%s: %s has changed; the next invocation runs the new code", function_name,
                  changed);
}

/* ---- reading it again ---- */

struct reload {
    uv_work_t work;
    struct server *server;
    struct config *config; /* NULL with problems */
    struct config_problems problems, warnings;
};

/* Where layers aren't at /opt, the log says so, once, and why. */
static void tell_of_layers(struct server *server, const struct config *config)
{
    const char *problem = NULL;

    for (size_t i = 0; i < config->function_count && problem == NULL; i++) {
        const struct function_version *latest = config->functions[i]->latest;

        if (worker_mount_is_wanted(latest) && latest->mount_task == MOUNT_TASK_AUTO)
            problem = task_mounts_problem(server->task_mounts);
    }
    if (problem != NULL && task_mounts_tell(server->task_mounts))
        log_write(server->log, LOG_INFO,
                  "layers are not at /opt here: they are found by PATH, PYTHONPATH, NODE_PATH and "
                  "LD_LIBRARY_PATH (%s)",
                  problem);
}

/* They start on the loop, so after the ready line. */
void server_prepare_processes(struct server *server, const struct config *config)
{
    tell_of_layers(server, config);
    interpreters_prefetch(server->interpreters, config);
    spare_runtimes_reconfigure(server->spare_runtimes, config);
}

static void log_all(struct server *server, enum log_level level,
                    const struct config_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        log_write(server->log, level, "%s", problems->messages[i]);
}

static void take_over(struct server *server)
{
    struct config *config;

    registry_reconfigure(server->registry);
    config = config_store_current(server->config_store);
    server_watch(server, config_store_file(server->config_store));
    dispatcher_reconfigure(server->dispatcher, config);
    dispatcher_attach(server->dispatcher, accounts_default(server->accounts), config);
    server_prepare_processes(server, config);
    metrics_reconfigure(server->metrics, config);
    async_invoker_reconfigure(server->async_invoker);
    log_write(server->log, LOG_INFO, "read %s again: %zu function%s", server->options->config_path,
              server_function_count(server), server_function_count(server) == 1 ? "" : "s");
}

/* ---- functions of the API ---- */

/* The environments of provisioned concurrency. */
static void provide(struct server *server, struct config *config)
{
    for (size_t i = 0; i < config->function_count; i++) {
        const struct function *function = config->functions[i];
        struct account *account = function->provisioned_total == 0
                                      ? NULL
                                      : accounts_get(server->accounts, function->account_id);

        for (size_t k = 0; account != NULL && k < function->version_count; k++) {
            if (function->versions[k]->provisioned > 0)
                dispatcher_provide(server->dispatcher, account, config, function->versions[k]);
        }
    }
}

static void on_changes(uv_timer_t *timer)
{
    struct server *server = timer->data;
    struct config *config = config_store_current(server->config_store);

    if (server->stopping_since_us != 0)
        return;
    dispatcher_reconfigure(server->dispatcher, config);
    provide(server, config);
    server_prepare_processes(server, config);
    metrics_reconfigure(server->metrics, config);
    async_invoker_reconfigure(server->async_invoker);
}

void server_functions_changed(struct server *server)
{
    if (server->stopping_since_us == 0)
        (void)uv_timer_start(&server->change_timer, on_changes, 0, 0);
}

/* ---- the end of a reload ---- */

static void finish(struct server *server, struct reload *reload)
{
    if (reload->config != NULL &&
        config_store_take(server->config_store, reload->config, &reload->warnings)) {
        log_all(server, LOG_WARN, &reload->warnings);
        take_over(server);
        return;
    }
    log_all(server, LOG_ERROR, &reload->problems);
    log_write(server->log, LOG_ERROR, "keeping the previous configuration");
}

static void on_read(uv_work_t *work, int status)
{
    struct reload *reload = work->data;
    struct server *server = reload->server;

    (void)status;
    server->is_reloading = false;
    if (server->stopping_since_us != 0)
        config_release(reload->config);
    else
        finish(server, reload);
    config_problems_clear(&reload->problems);
    config_problems_clear(&reload->warnings);
    free(reload);
    if (server->is_reload_wanted && server->stopping_since_us == 0)
        server_reload(server);
}

static void run_read(uv_work_t *work)
{
    struct reload *reload = work->data;

    reload->config =
        config_store_read(reload->server->config_store, &reload->problems, &reload->warnings);
}

void server_reload(struct server *server)
{
    if (server->stopping_since_us != 0)
        return;
    server->is_reload_wanted = server->is_reloading;
    if (server->is_reloading)
        return;
    struct reload *reload = calloc(1, sizeof *reload);

    if (reload != NULL) {
        reload->server = server;
        reload->work.data = reload;
    }
    if (reload == NULL || uv_queue_work(server->loop, &reload->work, run_read, on_read) != 0) {
        log_write(server->log, LOG_ERROR, "out of memory: keeping the previous configuration");
        free(reload);
        return;
    }
    server->is_reloading = true;
}
