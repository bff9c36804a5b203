#include "handlers/handlers.h"

#include "base/json/json_writer.h"
#include "config/function_url.h"
#include "handlers/inspect/inspect_response.h"
#include "handlers/inspect/inspect_rows.h"
#include "runtime/canned/mocks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How a function runs, by the configuration's own words. */
static const char *const kind_names[] = {
    [FUNCTION_RUNTIME] = "Runtime", [FUNCTION_IMAGE] = "ImageConfig",
    [FUNCTION_COMMAND] = "Command", [FUNCTION_MOCK] = "Mock",
    [FUNCTION_LEFT_OUT] = NULL,
};

static void write_command(struct json_writer *writer, const struct function_version *settings)
{
    json_key(writer, "Command");
    if (settings->command.count == 0) {
        json_null(writer);
        return;
    }
    json_open(writer, '[');
    for (size_t i = 0; i < settings->command.count; i++)
        json_text(writer, settings->command.items[i]);
    json_close(writer, ']');
}

static void write_how_it_runs(struct json_writer *writer, const struct account *account,
                              const struct function_version *settings)
{
    json_key(writer, "RunsAs");
    json_text(writer, kind_names[settings->kind]);
    json_key(writer, "IsMocked");
    json_bool(writer, mocks_cover(account, settings));
    json_key(writer, "Runtime");
    json_text(writer, settings->runtime);
    json_key(writer, "Handler");
    json_text(writer, settings->handler);
    json_key(writer, "CodeUri");
    json_text(writer, settings->code_source != NULL && settings->code_source[0] == '/'
                          ? settings->code_source
                          : settings->code_uri);
    write_command(writer, settings);
    json_key(writer, "state");
    json_text(writer, settings->kind == FUNCTION_LEFT_OUT ? "left out" : "served");
    json_key(writer, "why");
    json_text(writer, settings->why_left_out);
}

static void write_limits(struct json_writer *writer, const struct function *function)
{
    json_key(writer, "Timeout");
    json_integer(writer, function->latest->timeout_s);
    json_key(writer, "MemorySize");
    json_integer(writer, function->latest->memory_mb);
    json_key(writer, "ReservedConcurrentExecutions");
    if (function->reserved_concurrency == CONCURRENCY_UNRESERVED)
        json_null(writer);
    else
        json_integer(writer, function->reserved_concurrency);
}

static void write_qualifiers(struct json_writer *writer, const struct function *function)
{
    json_key(writer, "Versions");
    json_open(writer, '[');
    json_text(writer, function->latest->version);
    for (size_t i = 0; i < function->version_count; i++)
        json_text(writer, function->versions[i]->version);
    json_close(writer, ']');
    json_key(writer, "Aliases");
    json_open(writer, '[');
    for (size_t i = 0; i < function->alias_count; i++)
        json_text(writer, function->aliases[i]->name);
    json_close(writer, ']');
}

static void write_url(struct json_writer *writer, const struct api *api,
                      const struct function_url *url)
{
    char text[FUNCTION_URL_HOST_SIZE + sizeof "http://:65535/"], host[FUNCTION_URL_HOST_SIZE];

    if (url == NULL)
        return;
    function_url_host(config_store_current(api->config_store), url, host);
    (void)snprintf(text, sizeof text, "http://%s%s/", host, strrchr(api->endpoint, ':'));
    json_text(writer, text);
}

/* That of $LATEST, then those of aliases. */
static void write_urls(struct json_writer *writer, const struct api *api,
                       const struct function *function)
{
    json_key(writer, "FunctionUrls");
    json_open(writer, '[');
    write_url(writer, api, function->url);
    for (size_t i = 0; i < function->alias_count; i++)
        write_url(writer, api, function->aliases[i]->url);
    json_close(writer, ']');
}

static void write_environments(struct json_writer *writer, const struct dispatcher_count *count)
{
    json_key(writer, "Environments");
    json_open(writer, '{');
    json_key(writer, "Idle");
    json_integer(writer, count->idle);
    json_key(writer, "Busy");
    json_integer(writer, count->busy);
    json_key(writer, "Starting");
    json_integer(writer, count->starting);
    json_close(writer, '}');
}

void inspect_function_write(struct json_writer *writer, const struct api *api,
                            const struct account *account, const struct function *function)
{
    const struct dispatcher_count count =
        dispatcher_count(api->dispatcher, account, function->name);
    char *arn =
        function_arn_make(config_store_current(api->config_store), account, function->name, "");

    writer->is_short = writer->is_short || arn == NULL;
    json_open(writer, '{');
    json_key(writer, "FunctionName");
    json_text(writer, function->name);
    json_key(writer, "FunctionArn");
    json_text(writer, arn);
    write_how_it_runs(writer, account, function->latest);
    write_limits(writer, function);
    write_qualifiers(writer, function);
    write_urls(writer, api, function);
    write_environments(writer, &count);
    json_key(writer, "Source");
    json_text(writer,
              function->account_id != NULL ? "API" : config_store_current(api->config_store)->path);
    json_key(writer, "EventsWaiting");
    json_integer(
        writer, (int64_t)async_invoker_function_count(api->async_invoker, account, function->name));
    json_close(writer, '}');
    free(arn);
}

bool inspect_function_is_seen(const struct config *config, const struct account *account,
                              const struct function *function)
{
    return config_function_of(config, account->id, function->name) == function;
}

void inspect_functions_handle(struct exchange *exchange, struct api *api)
{
    const struct config *config = config_store_current(api->config_store);
    const struct account *account;
    struct json_writer writer = {0};

    if ((account = inspect_account(exchange, api)) == NULL)
        return;
    json_open(&writer, '[');
    for (size_t i = 0; i < config->function_count; i++) {
        if (inspect_function_is_seen(config, account, config->functions[i]))
            inspect_function_write(&writer, api, account, config->functions[i]);
    }
    json_close(&writer, ']');
    inspect_respond_json(exchange, 200, json_writer_take(&writer));
}
