/*
 * run_server.h - the server of `invoked run`, in a process and session of its own.
 *
 * Separate from the process that runs COMMAND, so that Ctrl-C reaches COMMAND but no handler, processes that COMMAND
 * detaches aren't taken for a handler's (process.h), and COMMAND has the limits and signals that invoked was started
 * with. If `invoked run` is killed, the server notices, ends its handlers and removes its folder.
 *
 * Lifetime: call run_server_start() before there are threads, then poll `descriptor` and call run_server_read() until
 * the server has ended.
 */
#ifndef SERVER_CLI_RUN_SERVER_H
#define SERVER_CLI_RUN_SERVER_H

#include "server/cli/options.h"
#include "server/server.h"

#include <signal.h>
#include <sys/types.h>

enum {
    RUN_SERVER_REGION_SIZE = 128,
    RUN_SERVER_RECEIVED_SIZE = SERVER_ENDPOINT_SIZE + RUN_SERVER_REGION_SIZE
};

enum run_server_state {
    RUN_SERVER_STARTING,
    RUN_SERVER_READY, /* `endpoint` and `region` are known */
    RUN_SERVER_ENDED  /* with `wait_status`; it has reported problems on standard error */
};

struct run_server {
    pid_t id;
    int descriptor;
    enum run_server_state state;
    const char *endpoint, *region;
    int wait_status;

    char received[RUN_SERVER_RECEIVED_SIZE];
    size_t received_length;
};

/* Exit status of a server with --fail-on-dead-letter when dead letters were written or events dropped. */
enum { RUN_SERVER_LOST_EVENTS = 3 };

/*
 * Borrows `options`, whose data folder must be set; the server removes that folder at its end if `is_temporary`. It gets
 * `signal_mask`. False with errno set.
 */
bool run_server_start(struct run_server *server, const struct options *options, bool is_temporary,
                      const sigset_t *signal_mask);

/* Reads what the server has sent, waiting for it if there is nothing yet. Reaps a server that has ended. */
void run_server_read(struct run_server *server);

/* Asks it to wait until no event is left, and then to stop. */
void run_server_drain(struct run_server *server);

/* Asks it to stop; it ends soon. */
void run_server_stop(struct run_server *server);

/* If it doesn't. */
void run_server_kill(struct run_server *server);

#endif
