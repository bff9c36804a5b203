/*
 * platform_lines.h - what the platform writes into a function's log: START, END and REPORT, or with LoggingConfig's
 * LogFormat JSON its events, `{"time":…,"type":"platform.start","record":{…}}`.
 *
 * The members of the records are those of the Telemetry API's documentation and of captured logs, in the order of the
 * latter. SystemLogLevel lets events of its level and graver ones through; AWS's documentation has the level of each.
 * What AWS doesn't say for an environment on one machine is left out: spans, tracing, the ARN of a runtime version.
 *
 * Used by: execution_environment.c (every kind), the worker (what concerns its initialisation).
 */
#ifndef RUNTIME_ENVIRONMENTS_PLATFORM_LINES_H
#define RUNTIME_ENVIRONMENTS_PLATFORM_LINES_H

#include "runtime/environments/platform_events.h"

/* START; platform.start. */
void platform_lines_start(struct environment *environment, const struct invocation *invocation);

/* END and REPORT; platform.runtimeDone and platform.report. The invocation has its outcome. */
void platform_lines_end(struct environment *environment, const struct invocation *invocation);

/*
 * JSON only: platform.initStart. `instance` is the end of the log stream's name. The initialisation began when the
 * environment was opened.
 */
void platform_lines_init_start(struct environment *environment, const char *instance);

/*
 * JSON: platform.initRuntimeDone and platform.initReport. Text: INIT_REPORT, for a time-out only. `error_type` is NULL
 * unless INIT_ERROR.
 */
void platform_lines_init_end(struct environment *environment, enum init_status status,
                             const char *error_type);

#endif
