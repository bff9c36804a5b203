#include "runtime/environments/platform_events.h"

#include "base/json/json_writer.h"
#include "runtime/environments/function_log.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum platform_event {
    EVENT_INIT_START,
    EVENT_INIT_RUNTIME_DONE,
    EVENT_INIT_REPORT,
    EVENT_START,
    EVENT_RUNTIME_DONE,
    EVENT_REPORT,
    EVENT_COUNT
};

/*
 * The levels are AWS's ("System log level event mapping" in its developer guide): an event of something that failed is
 * WARN, and initStart is INFO only when it names a runtime version, which images don't have.
 */
static const struct {
    const char *type;
    enum system_log_level level;
} events[EVENT_COUNT] = {
    [EVENT_INIT_START] = {"platform.initStart", SYSTEM_LOG_INFO},
    [EVENT_INIT_RUNTIME_DONE] = {"platform.initRuntimeDone", SYSTEM_LOG_DEBUG},
    [EVENT_INIT_REPORT] = {"platform.initReport", SYSTEM_LOG_DEBUG},
    [EVENT_START] = {"platform.start", SYSTEM_LOG_INFO},
    [EVENT_RUNTIME_DONE] = {"platform.runtimeDone", SYSTEM_LOG_DEBUG},
    [EVENT_REPORT] = {"platform.report", SYSTEM_LOG_INFO},
};

static bool shows(const struct environment *environment, enum system_log_level level)
{
    return level >= environment->settings->system_log_level;
}

static bool shows_status(const struct environment *environment, enum platform_event event,
                         const char *status)
{
    return shows(environment,
                 strcmp(status, "success") == 0 ? events[event].level : SYSTEM_LOG_WARN);
}

/* ---- writing ---- */

static void begin(struct json_writer *writer, enum platform_event event)
{
    json_open(writer, '{');
    json_key(writer, "time");
    json_time(writer, clock_real_now_ms());
    json_key(writer, "type");
    json_text(writer, events[event].type);
    json_key(writer, "record");
    json_open(writer, '{');
}

/* A line that memory was short for is left out. */
static void end(struct environment *environment, struct json_writer *writer)
{
    json_close(writer, '}');
    json_close(writer, '}');
    struct bytes *line = json_writer_take(writer);

    if (line != NULL)
        function_log_write_platform(environment, line->data, line->length);
    bytes_release(line);
}

static void put_text(struct json_writer *writer, const char *key, const char *value)
{
    json_key(writer, key);
    json_text(writer, value);
}

static void put_number(struct json_writer *writer, const char *key, uint64_t value)
{
    json_key(writer, key);
    json_integer(writer, (int64_t)value);
}

/* Captured durations have up to three decimals: 1233.96, 463.512. */
static void put_duration(struct json_writer *writer, const char *key, double duration_ms)
{
    json_key(writer, key);
    json_thousandths(writer, duration_ms);
}

static void put_status(struct json_writer *writer, const char *status, const char *error_type)
{
    put_text(writer, "status", status);
    if (error_type != NULL)
        put_text(writer, "errorType", error_type);
}

/* ---- invocations ---- */

/* NULL unless it is "error": an exception that the handler raised is a success of the platform. */
static const char *status_of(const struct invocation *invocation, const char **error_type)
{
    const char *type = invocation->outcome.error_type;

    *error_type = NULL;
    if (invocation->outcome.kind != OUTCOME_FUNCTION_ERROR || type[0] == '\0')
        return "success";
    if (strcmp(type, "Sandbox.Timedout") == 0)
        return "timeout";
    *error_type = type;
    return "error";
}

void platform_events_start(struct environment *environment, const struct invocation *invocation)
{
    struct json_writer writer = {0};
    char *arn;

    if (!shows(environment, events[EVENT_START].level))
        return;
    arn = function_arn_make(environment->config, environment->account,
                            environment->settings->function->name, "");
    begin(&writer, EVENT_START);
    put_text(&writer, "requestId", invocation->request_id);
    if (arn != NULL)
        put_text(&writer, "functionArn", arn);
    put_text(&writer, "version", environment->settings->version);
    if (invocation->tenant_id != NULL)
        put_text(&writer, "tenantId", invocation->tenant_id);
    end(environment, &writer);
    free(arn);
}

static void write_runtime_done(struct environment *environment, const struct invocation *invocation,
                               const char *status, const char *error_type)
{
    struct json_writer writer = {0};

    begin(&writer, EVENT_RUNTIME_DONE);
    put_text(&writer, "requestId", invocation->request_id);
    put_status(&writer, status, error_type);
    json_key(&writer, "metrics");
    json_open(&writer, '{');
    put_duration(&writer, "durationMs", invocation->duration_ms);
    put_number(&writer, "producedBytes", bytes_view(invocation->outcome.payload).length);
    json_close(&writer, '}');
    end(environment, &writer);
}

uint64_t platform_events_billed_ms(const struct invocation *invocation)
{
    return (uint64_t)ceil(invocation->duration_ms + invocation->init_duration_ms);
}

static void write_report(struct environment *environment, const struct invocation *invocation,
                         const char *status, const char *error_type)
{
    struct json_writer writer = {0};

    begin(&writer, EVENT_REPORT);
    put_text(&writer, "requestId", invocation->request_id);
    json_key(&writer, "metrics");
    json_open(&writer, '{');
    put_duration(&writer, "durationMs", invocation->duration_ms);
    put_number(&writer, "billedDurationMs", platform_events_billed_ms(invocation));
    put_number(&writer, "memorySizeMB", environment->settings->memory_mb);
    put_number(&writer, "maxMemoryUsedMB", invocation->max_memory_mb);
    if (invocation->init_duration_ms > 0)
        put_duration(&writer, "initDurationMs", invocation->init_duration_ms);
    json_close(&writer, '}');
    put_status(&writer, status, error_type);
    end(environment, &writer);
}

void platform_events_end(struct environment *environment, const struct invocation *invocation)
{
    const char *error_type;
    const char *status = status_of(invocation, &error_type);

    if (shows_status(environment, EVENT_RUNTIME_DONE, status))
        write_runtime_done(environment, invocation, status, error_type);
    if (shows_status(environment, EVENT_REPORT, status))
        write_report(environment, invocation, status, error_type);
}

/* ---- the initialisation ---- */

static void put_init(struct json_writer *writer)
{
    put_text(writer, "initializationType", "on-demand");
    put_text(writer, "phase", "init");
}

/* "python:3.12", "nodejs:22", "provided:al2023"; AWS's ends in the number of an update of the runtime, ".v7". */
static void put_runtime_version(struct json_writer *writer, const char *runtime)
{
    const size_t language = strcspn(runtime, ".0123456789");
    const char *version = runtime + language + (runtime[language] == '.');
    size_t length = strlen(version);
    char text[128];

    if (length >= 2 && strcmp(version + length - 2, ".x") == 0)
        length -= 2;
    (void)snprintf(text, sizeof text, "%.*s%s%.*s", (int)language, runtime, length == 0 ? "" : ":",
                   (int)length, version);
    put_text(writer, "runtimeVersion", text);
}

/* Captured: "2026/10/08/tenner-notifier[$LATEST]22be53a8cfde4e68b844f8ec293b2543". */
static void put_instance(struct json_writer *writer, const struct function_version *settings,
                         const char *instance)
{
    const time_t now = (time_t)(clock_real_now_ms() / 1000);
    struct tm day;
    char text[256];

    (void)gmtime_r(&now, &day);
    (void)snprintf(text, sizeof text, "%04d/%02d/%02d/%s[%s]%s", day.tm_year + 1900, day.tm_mon + 1,
                   day.tm_mday, settings->function->name, settings->version, instance);
    put_text(writer, "instanceId", text);
}

void platform_events_init_start(struct environment *environment, const char *instance)
{
    const struct function_version *settings = environment->settings;
    struct json_writer writer = {0};

    if (!shows(environment,
               settings->runtime != NULL ? events[EVENT_INIT_START].level : SYSTEM_LOG_DEBUG))
        return;
    begin(&writer, EVENT_INIT_START);
    put_init(&writer);
    if (settings->runtime != NULL)
        put_runtime_version(&writer, settings->runtime);
    put_text(&writer, "functionName", settings->function->name);
    put_text(&writer, "functionVersion", settings->version);
    put_instance(&writer, settings, instance);
    put_number(&writer, "instanceMaxMemory", (uint64_t)settings->memory_mb << 20);
    end(environment, &writer);
}

void platform_events_init_end(struct environment *environment, enum init_status status,
                              const char *error_type)
{
    static const char *const words[] = {
        [INIT_SUCCESS] = "success", [INIT_ERROR] = "error", [INIT_TIMEOUT] = "timeout"};
    const double duration_ms = (double)(clock_monotonic_us() - environment->opened_us) / 1000.0;
    struct json_writer writer = {0};

    if (!shows_status(environment, EVENT_INIT_RUNTIME_DONE, words[status]))
        return; /* the report has the same level */
    begin(&writer, EVENT_INIT_RUNTIME_DONE);
    put_init(&writer);
    put_status(&writer, words[status], error_type);
    end(environment, &writer);
    begin(&writer, EVENT_INIT_REPORT);
    put_init(&writer);
    put_status(&writer, words[status], error_type);
    json_key(&writer, "metrics");
    json_open(&writer, '{');
    put_duration(&writer, "durationMs", duration_ms);
    json_close(&writer, '}');
    end(environment, &writer);
}
