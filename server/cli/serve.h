/*
 * serve.h - `invoked serve` and `invoked check`: the configuration, the ready line and file, signals, the exit status.
 */
#ifndef SERVER_CLI_SERVE_H
#define SERVER_CLI_SERVE_H

#include <sys/types.h>

#include "server/cli/options.h"

enum { EXIT_GOOD = 0, EXIT_CANNOT_RUN = 1, EXIT_BAD_CONFIGURATION = 2 };

/* How `invoked run` steers a server. */
struct serve_control {
    int descriptor; /* a socket: gets "ENDPOINT\nREGION\n" once it can serve; its end stops the server at once */
    pid_t process_id; /* what the ready file gives out as "pid" */
};

/*
 * Return the exit status. `control` is borrowed; NULL where nobody but signals steers: then the ready line goes to
 * standard output.
 */
int serve(const struct options *options, const struct serve_control *control);
int serve_check(const struct options *options);

/* Reads the configuration; NULL when it is bad, and then all faults have been written to standard error. */
struct config *serve_load_config(const struct options *options);

#endif
