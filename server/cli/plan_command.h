/*
 * plan_command.h - `invoked plan`: what will become of an event of a function, asked of a running server.
 */
#ifndef SERVER_CLI_PLAN_COMMAND_H
#define SERVER_CLI_PLAN_COMMAND_H

#include "server/cli/options.h"

/* Returns the exit status, one of those of invoke_command.h. */
int plan_command(const struct options *options);

#endif
