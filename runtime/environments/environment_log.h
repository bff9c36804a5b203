/*
 * environment_log.h - the pipe that a handler's process writes its standard output and error to, both in one, so that
 * their order is kept.
 *
 * Every line goes to the server's log at once, and into the log of the invocation that is attached. Lines longer than
 * LOG_LINE_MAX are cut into pieces. Threads: event-loop thread only.
 */
#ifndef RUNTIME_ENVIRONMENTS_ENVIRONMENT_LOG_H
#define RUNTIME_ENVIRONMENTS_ENVIRONMENT_LOG_H

#include "base/log.h"
#include "runtime/dispatch/invocation.h"

#include <stdbool.h>
#include <uv.h>

enum { LOG_LINE_MAX = 16384 };

typedef void environment_log_closed_fn(void *context);

struct environment_log {
    uv_poll_t poll;
    int file;       /* -1 once it has ended */
    int descriptor; /* the same, until the handle is closed */
    struct log *log;
    const char *function_name;
    struct invocation *invocation; /* borrowed; NULL between invocations */
    struct bytes *partial;         /* the beginning of a line whose end has not come yet */
    struct log_tail early;         /* what was written before the first environment_log_attach() */
    bool is_attached_once;
    bool is_open; /* `poll` must be closed */
    environment_log_closed_fn *on_closed;
    void *closed_context;
};

/* Returns the write end, which the caller closes once the process has it; -1 with errno set. Borrows the rest. */
int environment_log_open(struct environment_log *log, uv_loop_t *loop, struct log *server_log,
                         const char *function_name);

/* The same in two steps. Returns the read end, and the process's; both are the caller's. -1 with errno set. */
int environment_log_pipe(int *write_end);

/* Takes the read end, also when it fails: false with errno set. */
bool environment_log_adopt(struct environment_log *log, uv_loop_t *loop, struct log *server_log,
                           const char *function_name, int read_end);

/* Lines belong to `invocation` from now on; NULL: to none. What was written before must have been drained. */
void environment_log_attach(struct environment_log *log, struct invocation *invocation);

/* Adds what was written before the first environment_log_attach() to `invocation`'s log. */
void environment_log_give_early(struct environment_log *log, struct invocation *invocation);

/* Reads what the process has written so far, a last line without an end included. Bounded. Does nothing when zeroed. */
void environment_log_drain(struct environment_log *log);

/* Output stays in the pipe until the log is watched again or drained. It is watched from the start. */
void environment_log_stop_watching(struct environment_log *log);
void environment_log_watch(struct environment_log *log);

/* `on_closed` runs once the handle is closed, never before this returns. */
void environment_log_close(struct environment_log *log, environment_log_closed_fn *on_closed,
                           void *context);

#endif
