#include "server/cli/serve.h"

#include "base/bytes.h"
#include "base/json/json_string.h"
#include "config/function_url.h"
#include "config/http_api.h"
#include "server/cli/run_queue.h"
#include "server/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SIGNALS = 3, READY_PATH_SIZE = 4096, URLS_SHOWN_MAX = 20 };

struct serving {
    uv_loop_t loop;
    const struct options *options;
    struct serve_control *control;          /* NULL for none */
    const struct config_problems *warnings; /* of the configuration */
    struct run_queue queue;                 /* of `control` */
    bool is_finishing;                      /* it was asked to stop */
    struct server *server;
    uv_signal_t signals[SIGNALS];
    uv_poll_t control_poll;
};

/* NULL when the configuration is invalid; its problems are on standard error then. */
static struct config *load_config(const struct options *options, struct config_problems *warnings)
{
    char code_folder[SERVER_PATH_SIZE];
    const struct config_options config_options = {.parameters = options->parameters,
                                                  .env_vars = options->env_vars,
                                                  .config_env = options->config_env,
                                                  .warnings = warnings,
                                                  .code_folder = code_folder};
    struct config_problems problems = {0};

    server_code_folder(options, code_folder);
    struct config *config = config_load(options->config_path, &config_options, &problems);

    for (size_t i = 0; i < problems.count; i++)
        (void)fprintf(stderr, "%s\n", problems.messages[i]);
    if (config == NULL && problems.count == 0)
        (void)fprintf(stderr, "invoked: out of memory\n");
    config_problems_clear(&problems);
    return config;
}

/* Renamed into place, so that no one reads half of it. */
static bool write_ready_file(const struct serving *serving)
{
    const char *path = serving->options->ready_file;
    const pid_t id = serving->control == NULL ? getpid() : serving->control->process_id;
    char temporary[READY_PATH_SIZE];
    char console[SERVER_CONSOLE_SIZE];
    struct bytes *endpoint = NULL;
    FILE *file;
    bool is_written;

    if (path == NULL)
        return true;
    if (snprintf(temporary, sizeof temporary, "%s.%d.tmp", path, (int)getpid()) >=
        (int)sizeof temporary)
        return false;
    server_console(serving->server, console);
    file = fopen(temporary, "we");
    if (file == NULL)
        return false;
    (void)json_string_append(&endpoint,
                             (struct bytes_view){server_endpoint(serving->server),
                                                 strlen(server_endpoint(serving->server))});
    is_written =
        fprintf(file, "{\"endpoint\":%.*s,\"pid\":%d,\"functions\":%zu%s%s%s}\n",
                (int)bytes_view(endpoint).length, bytes_view(endpoint).data, (int)id,
                server_function_count(serving->server), console[0] == '\0' ? "" : ",\"console\":\"",
                console, console[0] == '\0' ? "" : "\"") > 0;
    bytes_release(endpoint);
    is_written = fclose(file) == 0 && is_written && rename(temporary, path) == 0;
    if (!is_written)
        (void)unlink(temporary);
    return is_written;
}

static bool is_loopback(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
           strcasecmp(host, "localhost") == 0;
}

/* The addresses of URLs; of many, the first ones. */
static void log_urls(const struct serving *serving, const struct config *config)
{
    struct log *log = server_log(serving->server);
    const char *endpoint = server_endpoint(serving->server);
    char host[FUNCTION_URL_HOST_SIZE];
    size_t count = 0;

    for (size_t i = 0; i < config->url_count && count < URLS_SHOWN_MAX; i++, count++) {
        const struct function_url *url = config->urls[i];
        const bool has_alias = url->qualifier[0] != '\0';

        function_url_host(config, url, host);
        log_write(log, LOG_INFO, "%s%s%s: http://%s%s/ or %s/_invoked/url/%s%s%s/",
                  url->function->name, has_alias ? ":" : "", url->qualifier, host,
                  strrchr(endpoint, ':'), endpoint, url->function->name, has_alias ? ":" : "",
                  url->qualifier);
    }
    if (count < config->url_count)
        log_write(log, LOG_INFO, "and %zu more URLs", config->url_count - count);
}

static void log_apis(const struct serving *serving, const struct config *config)
{
    struct log *log = server_log(serving->server);
    const char *endpoint = server_endpoint(serving->server);
    char host[HTTP_API_HOST_SIZE];

    if (config->api_count > 0 && !serving->options->serves_apis) {
        log_write(log, LOG_INFO, "%zu API%s (%s, ...): add --http to serve the routes",
                  config->api_count, config->api_count == 1 ? "" : "s", config->apis[0]->name);
        return;
    }
    for (size_t i = 0; i < config->api_count && i < URLS_SHOWN_MAX; i++) {
        const struct http_api *api = config->apis[i];

        http_api_host(api, host);
        log_write(log, LOG_INFO, "%s: http://%s%s/ or %s/_invoked/api/%s/", api->name, host,
                  strrchr(endpoint, ':'), endpoint, api->name);
        for (size_t j = 0; j < api->route_count && j < URLS_SHOWN_MAX; j++)
            log_write(log, LOG_INFO, "  %s -> %s%s%s", api->routes[j].key,
                      api->routes[j].function->name, api->routes[j].qualifier[0] == '\0' ? "" : ":",
                      api->routes[j].qualifier);
    }
}

/* For people: what to export, and a command to try. */
static void log_start(const struct serving *serving, const struct config *config)
{
    struct log *log = server_log(serving->server);
    const char *endpoint = server_endpoint(serving->server);
    char console[SERVER_CONSOLE_SIZE];

    if (!is_loopback(serving->options->host))
        log_write(log, LOG_WARN,
                  "LISTENING ON %s: anyone who can reach this address can run your functions; omit "
                  "--host to listen on loopback only",
                  serving->options->host);
    for (size_t i = 0; i < config->notes.count; i++)
        log_write(log, LOG_INFO, "%s", config->notes.items[i]);
    for (size_t i = 0; i < serving->warnings->count; i++)
        log_write(log, LOG_WARN, "%s", serving->warnings->messages[i]);
    log_write(log, LOG_INFO,
              "export AWS_ENDPOINT_URL_LAMBDA=%s AWS_REGION=%s AWS_DEFAULT_REGION=%s "
              "AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local",
              endpoint, config->region, config->region);
    server_console(serving->server, console);
    if (console[0] != '\0')
        log_write(log, LOG_INFO, "console: %s", console);
    log_urls(serving, config);
    log_apis(serving, config);
    if (config->function_count > 0)
        log_write(log, LOG_INFO, "try: %s invoke --endpoint %s%s %s '{}'", program_invocation_name,
                  endpoint, serving->options->explains ? " --type Event" : "",
                  config->functions[0]->name);
}

static void on_stopped(void *context)
{
    struct serving *serving = context;

    for (size_t i = 0; i < SIGNALS; i++)
        uv_close((uv_handle_t *)&serving->signals[i], NULL);
    if (serving->control != NULL)
        uv_close((uv_handle_t *)&serving->control_poll, NULL);
}

static void on_signal(uv_signal_t *handle, int signal_number)
{
    struct serving *serving = handle->data;

    if (signal_number == SIGHUP) {
        server_reload(serving->server);
        return;
    }
    run_queue_cancel(&serving->queue);
    serving->is_finishing = true;
    server_stop(serving->server, on_stopped, serving);
}

static void watch_signals(struct serving *serving)
{
    static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};

    for (size_t i = 0; i < SIGNALS; i++) {
        (void)uv_signal_init(&serving->loop, &serving->signals[i]);
        serving->signals[i].data = serving;
        (void)uv_signal_start(&serving->signals[i], on_signal, numbers[i]);
    }
}

/* COMMAND has ended, so no one waits for running invocations: stop twice, which ends them at once. */
static void stop_at_once(struct serving *serving)
{
    server_stop(serving->server, on_stopped, serving);
    server_stop(serving->server, on_stopped, serving);
}

static void on_queue_done(size_t left_count, void *context)
{
    struct serving *serving = context;

    if (serving->control->is_temporary)
        serving->control->dropped_count = left_count;
    stop_at_once(serving);
}

static void on_control(uv_poll_t *poll, int status, int events)
{
    struct serving *serving = poll->data;
    char byte;
    const bool is_asked_to_drain =
        recv(serving->control->descriptor, &byte, sizeof byte, MSG_DONTWAIT) > 0;

    (void)status;
    (void)events;
    if (!is_asked_to_drain)
        (void)uv_poll_stop(poll);
    if (!serving->is_finishing) {
        serving->is_finishing = true;
        run_queue_finish(&serving->queue, is_asked_to_drain);
    } else if (serving->queue.wait != NULL) {
        run_queue_stop_draining(&serving->queue);
    }
}

static void watch_control(struct serving *serving)
{
    if (serving->control == NULL)
        return;
    (void)uv_poll_init(&serving->loop, &serving->control_poll, serving->control->descriptor);
    serving->control_poll.data = serving;
    serving->queue = (struct run_queue){
        .api = server_api(serving->server),
        .folder = serving->control->is_temporary ? NULL : serving->options->data_dir,
        .on_done = on_queue_done,
        .context = serving,
    };
    (void)uv_poll_start(&serving->control_poll, UV_READABLE, on_control);
}

static void print_ready(const struct serving *serving, const struct config *config)
{
    const char *endpoint = server_endpoint(serving->server);
    const size_t count = config->function_count - config->left_out_count;

    if (serving->control != NULL) {
        (void)dprintf(serving->control->descriptor, "%s\n%s\n", endpoint, config->region);
        return;
    }
    (void)printf("invoked %s listening on %s (%zu function%s)\n", INVOKED_VERSION, endpoint, count,
                 count == 1 ? "" : "s");
    (void)fflush(stdout);
}

static int begin(struct serving *serving, struct config *config)
{
    char why[SERVER_ERROR_SIZE];

    serving->server = server_open(&serving->loop, serving->options, config, why);
    if (serving->server == NULL) {
        (void)fprintf(stderr, "invoked: %s\n", why);
        return EXIT_CANNOT_RUN;
    }
    watch_signals(serving);
    watch_control(serving);
    log_start(serving, config);
    if (!write_ready_file(serving)) {
        (void)fprintf(
            stderr,
            "invoked: can't write the ready file %s: %s; name a writable path with --ready-file\n",
            serving->options->ready_file, strerror(errno));
        server_stop(serving->server, on_stopped, serving);
        return EXIT_CANNOT_RUN;
    }
    print_ready(serving, config);
    return EXIT_GOOD;
}

int serve(const struct options *options, struct serve_control *control)
{
    struct config_problems warnings = {0};
    struct serving serving = {.options = options, .control = control, .warnings = &warnings};
    struct config *config = load_config(options, &warnings);
    int status;

    if (config == NULL || uv_loop_init(&serving.loop) != 0) {
        config_problems_clear(&warnings);
        config_release(config);
        if (config == NULL)
            return EXIT_BAD_CONFIGURATION;
        (void)fprintf(stderr, "invoked: can't create an event loop: %s\n", strerror(errno));
        return EXIT_CANNOT_RUN;
    }
    status = begin(&serving, config);
    config_problems_clear(&warnings);
    (void)uv_run(&serving.loop, UV_RUN_DEFAULT);
    if (serving.server != NULL) {
        server_free(serving.server);
        if (options->ready_file != NULL)
            (void)unlink(options->ready_file);
    }
    (void)uv_run(&serving.loop, UV_RUN_DEFAULT); /* closes the clocks of the accounts */
    (void)uv_loop_close(&serving.loop);
    return status;
}
