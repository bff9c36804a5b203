/*
 * run_server.h - the server of `invoked run`: it serves from a process and a session of its own.
 *
 * Apart from the process that runs COMMAND, so that neither is in the other's way: Ctrl-C reaches COMMAND as from any
 * shell, and no handler; what COMMAND detaches isn't taken for a handler's leftover (process.h); COMMAND's limits and
 * signals are those that invoked was started with; and when `invoked run` itself is killed, the server notices, ends
 * its handlers and removes its folder.
 *
 * Lifetime: run_server_start() before any thread, poll `descriptor` and call run_server_read() until it has ended.
 */
#ifndef SERVER_CLI_RUN_SERVER_H
#define SERVER_CLI_RUN_SERVER_H

#include "server/cli/options.h"
#include "server/server.h"

#include <sys/types.h>

enum {
    RUN_SERVER_REGION_SIZE = 128,
    RUN_SERVER_HEARD_SIZE = SERVER_ENDPOINT_SIZE + RUN_SERVER_REGION_SIZE
};

enum run_server_state {
    RUN_SERVER_STARTING,
    RUN_SERVER_READY, /* `endpoint` and `region` are known */
    RUN_SERVER_ENDED  /* with `wait_status`; said what was wrong on standard error if it could */
};

struct run_server {
    pid_t id;
    int descriptor;
    enum run_server_state state;
    const char *endpoint, *region;
    int wait_status;

    char heard[RUN_SERVER_HEARD_SIZE];
    size_t heard_length;
};

/* Exit status of a server that was asked to mind dead letters, when some were written. */
enum { RUN_SERVER_DEAD_LETTERS = 3 };

/* Borrows `options` (with a data folder), which the server removes at its end if `is_temporary`. False with errno set. */
bool run_server_start(struct run_server *server, const struct options *options, bool is_temporary);

/* What there is to be heard; waits where there is nothing yet. Reaps the server when it has ended. */
void run_server_read(struct run_server *server);

/* It ends soon. */
void run_server_stop(struct run_server *server);

/* For one that doesn't end. */
void run_server_kill(struct run_server *server);

#endif
