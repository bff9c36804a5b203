/*
 * check_command.h - `invoked check`: says all that is wrong with a configuration, and starts nothing.
 *
 * Used by: main.c.
 */
#ifndef SERVER_CLI_CHECK_COMMAND_H
#define SERVER_CLI_CHECK_COMMAND_H

#include "server/cli/options.h"

/* Returns the exit status: EXIT_BAD_CONFIGURATION also for warnings, with --strict. */
int check_command(const struct options *options);

#endif
