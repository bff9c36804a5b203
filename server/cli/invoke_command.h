/*
 * invoke_command.h - `invoked invoke`: invokes a function of a running server and prints the response.
 *
 * The payload goes to standard output unchanged (on a terminal, followed by a line end), all else to standard error.
 */
#ifndef SERVER_CLI_INVOKE_COMMAND_H
#define SERVER_CLI_INVOKE_COMMAND_H

#include "server/cli/options.h"

enum {
    EXIT_INVOKE_SUCCESS = 0,
    EXIT_INVOKE_FUNCTION_ERROR = 1,
    EXIT_INVOKE_BAD_USAGE = 2,
    EXIT_INVOKE_REFUSED = 3,
    EXIT_INVOKE_NO_SERVER = 4
};

/* Returns the exit status. */
int invoke_command(const struct options *options);

#endif
