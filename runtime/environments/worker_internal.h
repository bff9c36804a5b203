/*
 * worker_internal.h - what the parts of a warm environment share; nobody else includes this.
 *
 *   worker_environment.c  states, deadlines, outcomes; the dispatcher's side
 *   worker_start.c        its interpreter, its process, and the end of that
 *   worker_frames.c       the transport of the bundled runtimes
 *   worker_runtime_api.c  the transport of all others
 *   worker_stream.c       responses that come in pieces
 */
#ifndef RUNTIME_ENVIRONMENTS_WORKER_INTERNAL_H
#define RUNTIME_ENVIRONMENTS_WORKER_INTERNAL_H

#include "runtime/environments/environment_log.h"
#include "runtime/environments/environment_variables.h"
#include "runtime/environments/frame_channel.h"
#include "runtime/process/memory_guard.h"
#include "runtime/environments/worker_command.h"
#include "runtime/environments/worker_environment.h"

enum {
    INIT_PHASE_MS = 10000 /* AWS's; what goes beyond counts into the first invocation */,
    RUNTIME_API_SIZE = 32
};

struct worker {
    struct environment base; /* first: the dispatcher sees only this */
    struct process *process; /* NULL before it has started and after it has ended */
    struct environment_log log;
    struct frame_channel channel; /* bundled runtimes only */
    uint64_t log_drained_at;      /* the channel's read_count when the last outcome came */
    struct worker_port *port;
    char runtime_api[RUNTIME_API_SIZE]; /* "127.0.0.1:40123" */
    char instance
        [HEX_32_SIZE]; /* tells it apart, in its log stream's name and to find what it left behind */
    bool is_searching; /* for its interpreter */
    bool has_ended;    /* the process has: its last words are read, and no event is given to it */
    uv_timer_t timer;  /* of the init phase, then of each invocation */
    unsigned open_handles;
    bool is_init_overdue; /* the init phase is over; its rest counts into the first invocation */
    uint64_t first_timeout_ms; /* what an overdue init has left of it; 0: nothing was taken */
    int64_t deadline_ms;       /* epoch, of the running invocation */
    char last_request_id[REQUEST_ID_SIZE];

    worker_deliver_fn *deliver; /* a waiting `next` */
    void *deliver_context;

    struct memory_watch memory_watch;
    bool is_out_of_memory;

    bool is_streaming;          /* the response comes in pieces */
    struct bytes *streamed;     /* of it, when it is wanted whole */
    const void *stream_context; /* of the connection that it comes over; NULL for none */
    worker_room_fn *on_room;
    void *room_context;

    long peak_memory_kb;
    int64_t peak_memory_read_us;

    /* Why it never got ready. */
    char failure_type[ERROR_TYPE_SIZE];
    char failure_message[WORKER_FAILURE_SIZE];
    struct bytes *failure_payload;
    bool is_failure_too_large; /* what the process said is over the limit of a response */
    bool is_failure_of_system; /* the machine is short of something: no error of the function */
};

/* worker_environment.c */

/* The invocation has its outcome, and goes to whoever waits for it; everything that was printed before belongs to it. */
void worker_hand_over(struct worker *worker, enum environment_state next);

/* Both transports: what the process tells. `payload` is taken; NULL is empty. */
void worker_become_idle(struct worker *worker);
void worker_succeed(struct worker *worker, struct bytes *payload);
void worker_fail_invocation(struct worker *worker, const char *error_type, struct bytes *payload);
void worker_report_init_failure(struct worker *worker, const char *error_type,
                                struct bytes *payload);

/* It never got ready: remember why, then tell whoever waited for it. SHUTDOWN after the latter. */
void worker_set_failure(struct worker *worker, const char *error_type, const char *message);
void worker_end_init(struct worker *worker);
void worker_on_init_timer(uv_timer_t *timer);

/* Once the process is gone: close what is open; the memory goes with the last handle. */
void worker_close_handles(struct worker *worker);
void worker_on_handle_closed(void *context);

/* worker_start.c: in state INIT. False with the failure set, which worker_fail_soon() tells, from the loop. */
bool worker_start(struct worker *worker);
void worker_fail_soon(struct worker *worker);

/* worker_frames.c */
void worker_on_frame(enum frame_kind kind, struct bytes *body, void *context);
void worker_on_channel_end(void *context);
bool worker_send_init(struct worker *worker, const struct worker_command *command,
                      const struct environment_variables *variables);
bool worker_send_event(struct worker *worker, struct invocation *invocation);

/* worker_runtime_api.c: gives the running event to the waiting `next`. */
void worker_deliver(struct worker *worker);

/* worker_stream.c */
void worker_take_chunk(struct worker *worker,
                       struct bytes *chunk); /* taken; of a bundled runtime */
void worker_end_stream(struct worker *worker);

#endif
