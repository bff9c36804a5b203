/*
 * function_log.h - a line of the platform in a function's log: the server's log, and that of the running invocation.
 *
 * What a handler's process prints comes by environment_log.h.
 */
#ifndef RUNTIME_ENVIRONMENTS_FUNCTION_LOG_H
#define RUNTIME_ENVIRONMENTS_FUNCTION_LOG_H

#include "runtime/environments/execution_environment.h"

/* `line` has no line end. */
void function_log_write(const struct environment *environment, const char *line, size_t length);

/* The same for START, END and REPORT, which the server's log may leave out. */
void function_log_write_platform(const struct environment *environment, const char *line,
                                 size_t length);

#endif
