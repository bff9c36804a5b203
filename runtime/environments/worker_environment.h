/*
 * worker_environment.h - a warm execution environment: one process that serves one invocation after another.
 *
 * It speaks the Lambda Runtime API (through the functions below, which handlers/worker/runtime_api.c calls for the requests
 * that come in on the environment's own port) or, if it is a bundled runtime, the frames of frames.h. States, deadlines,
 * logs and errors are the same for both.
 *
 * Threads: event-loop thread only.
 */
#ifndef RUNTIME_ENVIRONMENTS_WORKER_ENVIRONMENT_H
#define RUNTIME_ENVIRONMENTS_WORKER_ENVIRONMENT_H

#include "runtime/environments/execution_environment.h"

struct worker;
struct worker_port;

/* How a worker gets a Runtime API port of its own; implemented by server/. */
struct worker_ports {
    /* NULL with errno set. `number` gets the port. */
    struct worker_port *(*open)(void *context, struct worker *worker, unsigned short *number);
    /* Handles what has arrived there so far: the process has ended and will send no more. */
    void (*drain)(struct worker_port *port);
    /* Closes the port and its connections; a waiting `next` is dropped. `worker` is not called any more. */
    void (*close)(struct worker_port *port);
    void *context;
};

/* A new environment in state INIT; NULL when out of memory. What goes wrong later shows as on_init_failed. */
struct environment *worker_open(const struct environment_options *options);

/* Local.Attach or Local.DebugCommand: there is no time-out, and one process at a time. */
bool worker_is_debugged(const struct function_version *settings);

/* Answers a waiting `next` with the event, which is borrowed for the call. The deadline is in epoch milliseconds. */
typedef void worker_deliver_fn(struct invocation *invocation, int64_t deadline_ms, void *context);

enum worker_status {
    WORKER_ACCEPTED,
    WORKER_WRONG_REQUEST_ID, /* it is not the current invocation's, or there is none */
    WORKER_WRONG_STATE       /* answered already, or too late for an init error */
};

/*
 * `next`: `deliver` is called once there is an event; at once when the last one has not been answered yet (the same event
 * is delivered again). A second waiting `next` replaces the first.
 */
void worker_next(struct worker *worker, worker_deliver_fn *deliver, void *context);

/* The connection of a waiting `next` is gone. */
void worker_forget_next(struct worker *worker, const void *context);

/* `payload` is taken when accepted; NULL is empty. */
enum worker_status worker_respond(struct worker *worker, const char *request_id,
                                  struct bytes *payload);
enum worker_status worker_respond_too_large(struct worker *worker, const char *request_id);
enum worker_status worker_fail(struct worker *worker, const char *request_id,
                               const char *error_type, struct bytes *payload);
enum worker_status worker_fail_init(struct worker *worker, const char *error_type,
                                    struct bytes *payload);
enum worker_status worker_fail_init_too_large(struct worker *worker);

/*
 * A response that comes in pieces. worker_wants_stream() says whether the running invocation takes them from `context`,
 * of which there is one at a time. Then worker_stream() passes on each piece (taken); false: send no more until `on_room`
 * is called. It ends with worker_respond() without a payload, or worker_fail().
 */
typedef void worker_room_fn(void *context);
bool worker_wants_stream(struct worker *worker, const char *request_id, const void *context);
void worker_stream_type(struct worker *worker, const char *content_type);
bool worker_stream(struct worker *worker, struct bytes *chunk, worker_room_fn *on_room,
                   void *context);

/* The connection that it comes over is gone. */
void worker_forget_stream(struct worker *worker, const void *context);

/* "Started", "Ready", "Running", "RuntimeResponseSentState": as AWS's state machine calls it. */
const char *worker_state_name(const struct worker *worker);

#endif
