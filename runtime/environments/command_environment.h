/*
 * command_environment.h - Local.Command: one process an invocation, the event on its standard input, the result on its
 * standard output, the log on its standard error.
 *
 * A status other than 0 is a function error. Threads: event-loop thread only.
 */
#ifndef RUNTIME_ENVIRONMENTS_COMMAND_ENVIRONMENT_H
#define RUNTIME_ENVIRONMENTS_COMMAND_ENVIRONMENT_H

#include "runtime/environments/execution_environment.h"

/* An environment in state IDLE, for one invocation; NULL when out of memory. */
struct environment *command_open(const struct environment_options *options);

#endif
