/*
 * deploy_command.h - `invoked deploy`: packs a folder, and creates or updates a function of a running server with it.
 *
 * Threads: main thread only, in a program of its own. It blocks.
 */
#ifndef SERVER_CLI_DEPLOY_COMMAND_H
#define SERVER_CLI_DEPLOY_COMMAND_H

#include "server/cli/options.h"

/* Returns the exit status: one of invoke_command.h. */
int deploy_command(const struct options *options);

#endif
