#include "runtime/environments/platform_lines.h"

#include "base/short_text.h"
#include "runtime/environments/function_log.h"
#include "runtime/environments/platform_events.h"

#include <string.h>

enum { LINE_SIZE = 1024 };

/* The lines that every invocation has. */
static void begin(struct short_text *line, char memory[LINE_SIZE], const char *kind,
                  const struct invocation *invocation)
{
    short_text_begin(line, memory, LINE_SIZE);
    short_text_put(line, kind);
    short_text_put(line, " RequestId: ");
    short_text_put(line, invocation->request_id);
}

static void end(struct environment *environment, const struct short_text *line)
{
    function_log_write_platform(environment, line->text, line->length);
}

static void write_start(struct environment *environment, const struct invocation *invocation)
{
    char memory[LINE_SIZE];
    struct short_text line;

    begin(&line, memory, "START", invocation);
    short_text_put(&line, " Version: ");
    short_text_put(&line, environment->settings->version);
    end(environment, &line);
}

/* Failures of the platform show in REPORT; an exception that the handler raised does not. */
static void put_status(struct short_text *line, const struct invocation *invocation)
{
    const char *type = invocation->outcome.error_type;

    if (invocation->outcome.kind != OUTCOME_FUNCTION_ERROR || type[0] == '\0')
        return;
    if (strcmp(type, "Sandbox.Timedout") == 0) {
        short_text_put(line, "Status: timeout");
    } else {
        short_text_put(line, "Status: error\tError Type: ");
        short_text_put(line, type);
    }
}

static void write_end(struct environment *environment, const struct invocation *invocation)
{
    char memory[LINE_SIZE];
    struct short_text line;

    begin(&line, memory, "END", invocation);
    end(environment, &line);
}

static void write_report(struct environment *environment, const struct invocation *invocation)
{
    char memory[LINE_SIZE];
    struct short_text line;

    begin(&line, memory, "REPORT", invocation);
    short_text_put(&line, "\tDuration: ");
    short_text_put_hundredths(&line, invocation->duration_ms);
    short_text_put(&line, " ms\tBilled Duration: ");
    short_text_put_number(&line, platform_events_billed_ms(invocation));
    short_text_put(&line, " ms\tMemory Size: ");
    short_text_put_number(&line, environment->settings->memory_mb);
    short_text_put(&line, " MB\tMax Memory Used: ");
    short_text_put_number(&line, invocation->max_memory_mb);
    short_text_put(&line, " MB\t");
    if (invocation->init_duration_ms > 0) {
        short_text_put(&line, "Init Duration: ");
        short_text_put_hundredths(&line, invocation->init_duration_ms);
        short_text_put(&line, " ms\t");
    }
    put_status(&line, invocation);
    end(environment, &line);
}

void platform_lines_start(struct environment *environment, const struct invocation *invocation)
{
    if (environment->settings->has_json_log)
        platform_events_start(environment, invocation);
    else
        write_start(environment, invocation);
}

void platform_lines_end(struct environment *environment, const struct invocation *invocation)
{
    if (environment->settings->has_json_log) {
        platform_events_end(environment, invocation);
        return;
    }
    write_end(environment, invocation);
    write_report(environment, invocation);
}

void platform_lines_init_start(struct environment *environment, const char *instance)
{
    if (environment->settings->has_json_log)
        platform_events_init_start(environment, instance);
}

void platform_lines_init_end(struct environment *environment, enum init_status status,
                             const char *error_type)
{
    if (environment->settings->has_json_log)
        platform_events_init_end(environment, status, error_type);
    else if (status == INIT_TIMEOUT)
        log_function_line(
            environment->services->log, environment->settings->function->name, NULL,
            BYTES_VIEW("INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout"));
}
