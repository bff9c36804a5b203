/*
 * serve.h - `invoked serve`: configuration, ready line and file, signals, exit status.
 */
#ifndef SERVER_CLI_SERVE_H
#define SERVER_CLI_SERVE_H

#include "server/cli/options.h"

#include <stdbool.h>
#include <sys/types.h>

enum { EXIT_GOOD = 0, EXIT_CANNOT_RUN = 1, EXIT_BAD_CONFIGURATION = 2 };

/* How `invoked run` controls a server. */
struct serve_control {
    /*
     * A socket. The server sends "ENDPOINT\nREGION\n" once it is ready. A byte asks it to wait for the events that are
     * left, and then to stop; the end of the stream, to stop at once.
     */
    int descriptor;
    pid_t process_id;     /* "pid" in the ready file */
    bool is_temporary;    /* the data folder is removed in the end */
    size_t dropped_count; /* out: the events that were lost with it */
};

/*
 * Returns the exit status. `control` is borrowed; if it is NULL, only signals control the server and the ready line
 * goes to standard output.
 */
int serve(const struct options *options, struct serve_control *control);

#endif
