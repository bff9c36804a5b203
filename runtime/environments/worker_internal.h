/*
 * worker_internal.h - what the parts of a warm environment share; nobody else includes this.
 *
 *   worker_environment.c  states, deadlines, outcomes; the dispatcher's side
 *   worker_start.c        its interpreter, its process, and the end of that
 *   worker_mount.c        whether that process sees its code as /var/task, and its layers as /opt
 *   worker_frames.c       the transport of the bundled runtimes
 *   worker_runtime_api.c  the transport of all others
 *   worker_stream.c       responses that come in pieces
 */
#ifndef RUNTIME_ENVIRONMENTS_WORKER_INTERNAL_H
#define RUNTIME_ENVIRONMENTS_WORKER_INTERNAL_H

#include "runtime/environments/environment_log.h"
#include "runtime/environments/environment_variables.h"
#include "runtime/environments/frame_channel.h"
#include "runtime/environments/worker_command.h"
#include "runtime/environments/worker_environment.h"
#include "runtime/process/memory_guard.h"

enum {
    INIT_PHASE_MS = 10000 /* AWS's; what goes beyond counts into the first invocation */,
    RUNTIME_API_SIZE = 32
};

/* Where its process is; the states of execution_environment.h say what the function does meanwhile. */
enum worker_phase {
    WORKER_STARTING,  /* there is no process: not yet, none could be started, or it is attached */
    WORKER_SEARCHING, /* for its interpreter */
    WORKER_RUNNING,   /* its process does */
    WORKER_OUT_OF_MEMORY, /* the process was killed for the memory that it used; its end comes */
    WORKER_ENDED,  /* the process has: what it sent before is read, and no event is given to it */
    WORKER_CLOSING /* the handles are being closed */
};

/* A response that comes in pieces; zeroed when there is none. */
struct worker_stream {
    const void *source;      /* the channel, or the exchange, that it comes from */
    struct bytes *whole;     /* what has come so far, when the invocation wants it whole */
    worker_room_fn *on_room; /* the source waits for the taker; NULL: it does not */
    void *room_context;
};

/* Why an environment never got ready. */
enum worker_failure_kind {
    WORKER_FAILURE_PLATFORM,  /* `error_type` and `message`, in the platform's form */
    WORKER_FAILURE_TIMEOUT,   /* the same, with the line of a time-out */
    WORKER_FAILURE_REPORTED,  /* the process said so: `error_type` and `payload` */
    WORKER_FAILURE_TOO_LARGE, /* what it said is over the limit of a response */
    WORKER_FAILURE_SYSTEM     /* the machine is short of something: no error of the function */
};

struct worker_failure {
    enum worker_failure_kind kind;
    char error_type[ERROR_TYPE_SIZE];
    char message[WORKER_FAILURE_SIZE];
    struct bytes *payload;
};

struct worker {
    struct environment base; /* first: the dispatcher sees only this */
    enum worker_phase phase;
    struct process *process; /* NULL before it has started and after it has ended */
    struct environment_log log;
    struct frame_channel channel; /* bundled runtimes only */
    uint64_t log_drained_at;      /* the channel's read_count when the last outcome came */
    struct worker_port *port;
    char runtime_api[RUNTIME_API_SIZE]; /* "127.0.0.1:40123" */
    char instance
        [HEX_32_SIZE]; /* ends its log stream's name, and marks the processes that it starts */
    uv_timer_t timer;  /* of the init phase, then of each invocation */
    unsigned open_handles;
    bool is_frozen;    /* Local.Freeze: its process group is stopped until the next event */
    bool is_init_over; /* it took longer than the init phase */
    uint64_t
        first_timeout_ms; /* of the first invocation, of which a long init has used a part; 0: it has not */
    int64_t deadline_ms; /* epoch, of the running invocation */
    char last_request_id[REQUEST_ID_SIZE];

    worker_deliver_fn *deliver; /* a waiting `next` */
    void *deliver_context;

    struct memory_watch memory_watch;
    struct worker_stream stream;
    struct worker_failure failure;

    long peak_memory_kb;
    int64_t peak_memory_read_us;
};

/* worker_environment.c */

/* The invocation has its outcome: hands it to whoever waits for it, with everything that was printed before. */
void worker_hand_over(struct worker *worker, enum environment_state next);

/* Both transports: what the process says. `payload` is taken; NULL is empty. */
void worker_become_idle(struct worker *worker);
void worker_succeed(struct worker *worker, struct bytes *payload);
void worker_fail_invocation(struct worker *worker, const char *error_type, struct bytes *payload);
void worker_report_init_failure(struct worker *worker, enum worker_failure_kind kind,
                                const char *error_type, struct bytes *payload);

/* It never got ready: note why, then fail the invocation that waited for it. SHUTDOWN after the latter. */
void worker_set_failure(struct worker *worker, enum worker_failure_kind kind,
                        const char *error_type, const char *message);
void worker_end_init(struct worker *worker);

/* Once the process is gone: close what is open; the memory goes with the last handle. */
void worker_close_handles(struct worker *worker);

/* worker_start.c: in state INIT. False with the failure set, which worker_fail_soon() reports from the loop. */
bool worker_start(struct worker *worker);
void worker_fail_soon(struct worker *worker);

/* worker_mount.c */
enum worker_mount {
    WORKER_MOUNT_NONE, /* its code and layers are where they are */
    WORKER_MOUNT_READY,
    WORKER_MOUNT_FAILED /* the failure is set, and logged */
};

/* Fills `mount`. `interpreter` is NULL where none is needed; it and the settings are borrowed. */
enum worker_mount worker_mount_prepare(struct worker *worker, const char *interpreter,
                                       struct task_mount *mount);

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
