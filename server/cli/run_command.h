/*
 * run_command.h - `invoked run`: serves while COMMAND runs and exits with its status.
 *
 * COMMAND runs as if started from a shell: in the same process group, with the same descriptors, limits and signals;
 * processes that it detaches are left alone. Signals sent to invoked are passed on to it; signals that the terminal
 * sends to the whole group reach it once.
 */
#ifndef SERVER_CLI_RUN_COMMAND_H
#define SERVER_CLI_RUN_COMMAND_H

#include "server/cli/options.h"

enum {
    EXIT_COMMAND_NOT_STARTED = 127,
    EXIT_COMMAND_SIGNALLED = 128 /* plus the signal's number */
};

/* Returns the exit status. */
int run_command(const struct options *options);

#endif
