/*
 * server.h - the whole: owns every part, opens them in order, closes them in reverse.
 *
 * All mutable state hangs from `struct server`. Threads: event-loop thread only.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "config/config.h"
#include "handlers/api.h"
#include "runtime/events/data_folder.h"
#include "server/cli/options.h"

#include <uv.h>

struct server;

enum {
    SERVER_ERROR_SIZE = 8192,
    SERVER_PATH_SIZE = DATA_FOLDER_PATH_SIZE + 32,
    SERVER_ENDPOINT_SIZE = 300,
    SERVER_CONSOLE_SIZE = SERVER_ENDPOINT_SIZE + 64
};

typedef void server_stopped_fn(void *context);

/*
 * Opens everything and serves. Borrows `loop` and `options`; takes `config`, whatever comes of it. NULL with the reason
 * and the mend in `why`; the loop must then be run once more for what was opened to be closed.
 */
struct server *server_open(uv_loop_t *loop, const struct options *options, struct config *config,
                           char why[SERVER_ERROR_SIZE]);

/* "http://127.0.0.1:3001" */
const char *server_endpoint(const struct server *server);
/* "http://127.0.0.1:3001/_invoked/console?token=…"; "" under --no-console. */
void server_console(const struct server *server, char url[SERVER_CONSOLE_SIZE]);

size_t server_function_count(const struct server *server);
/* Where the server unpacks archives and inline code: in its data folder. */
void server_code_folder(const struct options *options, char folder[SERVER_PATH_SIZE]);

struct log *server_log(const struct server *server);

/* What handlers use; also for `invoked run`. */
const struct api *server_api(const struct server *server);

/* Reads the configuration again; says in the log what came of it. */
void server_reload(struct server *server);

/*
 * Takes no more connections and lets running synchronous invocations end for up to 5 s; called a second time, it ends
 * them at once. Then every handler process is ended. `on_stopped` runs when all that is left is to run the loop until
 * its handles are closed, and to call server_free().
 */
void server_stop(struct server *server, server_stopped_fn *on_stopped, void *context);

/* After the loop has ended. */
void server_free(struct server *server);

#endif
