/*
 * serve.h - `invoked serve` and `invoked check`: configuration, ready line and file, signals, exit status.
 */
#ifndef SERVER_CLI_SERVE_H
#define SERVER_CLI_SERVE_H

#include <sys/types.h>

#include "server/cli/options.h"

enum { EXIT_GOOD = 0, EXIT_CANNOT_RUN = 1, EXIT_BAD_CONFIGURATION = 2 };

/* How `invoked run` controls a server. */
struct serve_control {
    int descriptor; /* a socket: gets "ENDPOINT\nREGION\n" once ready; closing it stops the server at once */
    pid_t process_id; /* "pid" in the ready file */
};

/*
 * Return the exit status. `control` is borrowed; if it is NULL, only signals control the server and the ready line
 * goes to standard output.
 */
int serve(const struct options *options, const struct serve_control *control);
int serve_check(const struct options *options);

/* Reads the configuration. NULL when it is invalid; its problems are on standard error then. */
struct config *serve_load_config(const struct options *options);

#endif
