/*
 * functions_command.h - `invoked functions`: what a running server serves, from where, and in which state.
 */
#ifndef SERVER_CLI_FUNCTIONS_COMMAND_H
#define SERVER_CLI_FUNCTIONS_COMMAND_H

#include "server/cli/options.h"

/* Returns the exit status, as those of `invoked invoke`. */
int functions_command(const struct options *options);

#endif
