#include "runtime/environments/environment_variables.h"

#include "base/short_text.h"
#include "config/names/bundled_language.h"
#include "runtime/environments/layer_variables.h"
#include "runtime/process/task_mount.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOG_STREAM_SIZE = 160 };

/* Variables of the server that every handler inherits. */
static const char *const always_inherited[] = {"PATH", "HOME", "TMPDIR"};

/* Takes `item`, which may be NULL. Replaces the value of a name that is there already. */
static bool put(struct environment_variables *variables, char *item)
{
    size_t name_length;

    if (item == NULL)
        return false;
    name_length = strcspn(item, "=") + 1;
    for (size_t i = 0; i < variables->count; i++) {
        if (strncmp(variables->items[i], item, name_length) == 0) {
            free(variables->items[i]);
            variables->items[i] = item;
            return true;
        }
    }
    if (variables->count + 1 >= variables->capacity) {
        const size_t capacity = variables->capacity == 0 ? 64 : variables->capacity * 2;
        char **grown = realloc(variables->items, capacity * sizeof *grown);

        if (grown == NULL) {
            free(item);
            return false;
        }
        variables->items = grown;
        variables->capacity = capacity;
    }
    variables->items[variables->count++] = item;
    variables->items[variables->count] = NULL;
    return true;
}

/* Joins them. Not with printf(): each invocation of a Local.Command makes some 25. */
static bool put_pair(struct environment_variables *variables, const char *start, const char *value)
{
    const size_t size = strlen(start) + strlen(value) + 1;
    char *item = malloc(size);
    struct short_text text;

    if (item == NULL)
        return false;
    short_text_begin(&text, item, size);
    short_text_put(&text, start);
    short_text_put(&text, value);
    return put(variables, item);
}

bool environment_variables_put(struct environment_variables *variables, const char *name,
                               const char *value)
{
    char *item;

    return asprintf(&item, "%s=%s", name, value) >= 0 && put(variables, item);
}

static bool inherit(struct environment_variables *variables, const char *name)
{
    const char *value = getenv(name);

    char *item;

    return value == NULL || (asprintf(&item, "%s=%s", name, value) >= 0 && put(variables, item));
}

static bool put_always_inherited(struct environment_variables *variables)
{
    bool is_done = true;

    for (size_t i = 0; i < sizeof always_inherited / sizeof always_inherited[0]; i++)
        is_done = is_done && inherit(variables, always_inherited[i]);
    if (environment_variables_value(variables, "PATH") == NULL)
        is_done = is_done && put_pair(variables, "PATH=/usr/local/bin:/usr/bin:/bin", "");
    return is_done;
}

static bool put_inherited(struct environment_variables *variables,
                          const struct function_version *settings)
{
    bool is_done = put_always_inherited(variables);

    for (size_t i = 0; i < settings->inherit_environment.count; i++)
        is_done = is_done && inherit(variables, settings->inherit_environment.items[i]);
    return is_done;
}

static bool put_own(struct environment_variables *variables,
                    const struct function_version *settings)
{
    for (size_t i = 0; i < settings->environment.count; i++) {
        if (!put(variables, strdup(settings->environment.items[i])))
            return false;
    }
    return true;
}

static void make_log_stream(const struct function_version *settings, const char *instance,
                            char stream[LOG_STREAM_SIZE])
{
    const time_t now = (time_t)(clock_real_now_ms() / 1000);
    struct tm day;

    (void)gmtime_r(&now, &day);
    (void)snprintf(stream, LOG_STREAM_SIZE, "%04d/%02d/%02d/[%s]%s", day.tm_year + 1900,
                   day.tm_mon + 1, day.tm_mday, settings->version, instance);
}

static bool put_function(struct environment_variables *variables,
                         const struct environment *environment, const char *instance)
{
    const struct function_version *settings = environment->settings;
    char stream[LOG_STREAM_SIZE];
    char memory_mb[16];

    make_log_stream(settings, instance, stream);
    (void)snprintf(memory_mb, sizeof memory_mb, "%u", settings->memory_mb);
    return put_pair(variables, "AWS_LAMBDA_FUNCTION_NAME=", settings->function->name) &&
           put_pair(variables, "AWS_LAMBDA_FUNCTION_VERSION=", settings->version) &&
           put_pair(variables, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=", memory_mb) &&
           (environment_variables_value(variables, "AWS_LAMBDA_LOG_GROUP_NAME") != NULL ||
            put_pair(variables, "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/",
                     settings->function->name)) &&
           put_pair(variables, "AWS_LAMBDA_LOG_STREAM_NAME=", stream) &&
           put_pair(variables, "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand", "") &&
           ((bundled_language_of(settings->family) == NULL &&
             settings->family != RUNTIME_FAMILY_CLIENT) ||
            put_pair(variables, "AWS_EXECUTION_ENV=AWS_Lambda_", settings->runtime)) &&
           (settings->handler == NULL || put_pair(variables, "_HANDLER=", settings->handler)) &&
           put_pair(variables, "LAMBDA_TASK_ROOT=",
                    variables->is_mounted        ? task_mount_code
                    : settings->code_uri != NULL ? settings->code_uri
                                                 : settings->working_directory);
}

static bool put_locale(struct environment_variables *variables)
{
    return put_pair(variables, "LANG=en_US.UTF-8", "") && put_pair(variables, "TZ=:UTC", "");
}

/* The access key id is the account, so that what a handler invokes stays in its account. */
static bool put_surroundings(struct environment_variables *variables,
                             const struct environment *environment)
{
    return put_pair(variables, "AWS_REGION=", environment->config->region) &&
           put_pair(variables, "AWS_DEFAULT_REGION=", environment->config->region) &&
           put_pair(variables, "AWS_ACCESS_KEY_ID=", environment->account->id) &&
           put_pair(variables, "AWS_SECRET_ACCESS_KEY=local", "") &&
           put_pair(variables, "AWS_SESSION_TOKEN=local", "") &&
           put_pair(variables, "AWS_ENDPOINT_URL_LAMBDA=", environment->services->endpoint) &&
           put_pair(variables, "AWS_XRAY_CONTEXT_MISSING=LOG_ERROR", "") &&
           put_pair(variables, "AWS_XRAY_DAEMON_ADDRESS=169.254.100.1:2000", "") &&
           put_pair(variables, "_AWS_XRAY_DAEMON_ADDRESS=169.254.100.1", "") &&
           put_pair(variables, "_AWS_XRAY_DAEMON_PORT=2000", "") && put_locale(variables);
}

bool environment_variables_make_bare(const char *instance, struct environment_variables *variables)
{
    *variables = (struct environment_variables){0};
    if (put_always_inherited(variables) && put_locale(variables) &&
        put_pair(variables, "AWS_LAMBDA_LOG_STREAM_NAME=", instance))
        return true;
    environment_variables_clear(variables);
    return false;
}

bool environment_variables_make(const struct environment_variables_options *options,
                                struct environment_variables *variables)
{
    const struct environment *environment = options->environment;

    *variables = (struct environment_variables){.is_mounted = options->is_mounted};
    /* The reserved ones come last and win: AWS does not let a function set them. */
    if (put_inherited(variables, environment->settings) &&
        put_surroundings(variables, environment) && put_own(variables, environment->settings) &&
        put_function(variables, environment, options->instance) &&
        (options->runtime_api == NULL ||
         put_pair(variables, "AWS_LAMBDA_RUNTIME_API=", options->runtime_api)) &&
        (options->runtime_folder == NULL ||
         put_pair(variables, "LAMBDA_RUNTIME_DIR=", options->runtime_folder)) &&
        (options->trace_header == NULL ||
         put_pair(variables, "_X_AMZN_TRACE_ID=", options->trace_header)) &&
        layer_variables_put(variables, environment->settings, options->runtime_folder,
                            options->is_mounted))
        return true;
    environment_variables_clear(variables);
    return false;
}

void environment_variables_clear(struct environment_variables *variables)
{
    for (size_t i = 0; i < variables->count; i++)
        free(variables->items[i]);
    free(variables->items);
    *variables = (struct environment_variables){0};
}

const char *environment_variables_value(const struct environment_variables *variables,
                                        const char *name)
{
    const size_t length = strlen(name);

    for (size_t i = 0; i < variables->count; i++) {
        if (strncmp(variables->items[i], name, length) == 0 && variables->items[i][length] == '=')
            return variables->items[i] + length + 1;
    }
    return NULL;
}
