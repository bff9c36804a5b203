/*
 * execution_environment.h - what runs one invocation at a time: its states, and what every kind of it has in common.
 *
 *     INIT ---> IDLE <--> INVOKE ---> FINISHING (answered, but not yet ready for the next)
 *       \         \          \          |  \---> IDLE
 *        \---------\----------\---------+------> SHUTDOWN ---> GONE
 *
 * The kinds are worker_environment.c (a warm process), command_environment.c (a process for each invocation) and
 * mock_environment.c (canned responses). The dispatcher owns them all and hears of what happens through
 * `struct environment_listener`. To add a kind: a file with its `struct environment_kind`, and a case in
 * dispatcher.c's environment_open().
 *
 * Threads: event-loop thread only.
 */
#ifndef RUNTIME_ENVIRONMENTS_EXECUTION_ENVIRONMENT_H
#define RUNTIME_ENVIRONMENTS_EXECUTION_ENVIRONMENT_H

#include "base/log.h"
#include "config/config.h"
#include "runtime/dispatch/invocation.h"
#include "runtime/process/process.h"

#include <uv.h>

enum environment_state {
    ENVIRONMENT_INIT,
    ENVIRONMENT_IDLE,
    ENVIRONMENT_INVOKE,
    ENVIRONMENT_FINISHING,
    ENVIRONMENT_SHUTDOWN,
    ENVIRONMENT_GONE,
    ENVIRONMENT_STATE_COUNT
};

struct environment;
struct interpreters;
struct memory_guard;
struct random_source;
struct source_watcher;
struct spare_runtimes;
struct worker_ports;

/* What environments use of the rest of the server; all is borrowed. */
struct environment_services {
    uv_loop_t *loop;
    struct log *log;
    struct random_source *random;
    struct process_table *processes;
    struct task_mounts *task_mounts; /* NULL: code and layers are where they are */
    struct interpreters *interpreters;
    struct spare_runtimes *spare_runtimes; /* NULL: none are kept */
    struct memory_guard *memory_guard;
    struct source_watcher *source_watcher; /* NULL: code is not watched */
    const struct worker_ports *ports;
    const char *endpoint;       /* "http://127.0.0.1:3001": AWS_ENDPOINT_URL_LAMBDA */
    const char *bundled_folder; /* the bundled runtimes are extracted there */
};

/* Unless said otherwise, none of these is called from inside a function that the listener called. */
struct environment_listener {
    /* It is ready for an invocation. */
    void (*on_idle)(struct environment *environment, void *context);
    /* `invocation` has its outcome and is the listener's. The environment may be FINISHING or in SHUTDOWN. */
    void (*on_done)(struct environment *environment, struct invocation *invocation, void *context);
    /*
     * It will never be ready. The listener returns the invocation that waited for it, if there is one: that one gets the
     * failure as its outcome, through on_done.
     */
    struct invocation *(*on_init_failed)(struct environment *environment, void *context);
    /* It has entered SHUTDOWN, by itself or by shut_down() (this one is called from inside that function). */
    void (*on_shutdown)(struct environment *environment, void *context);
    /* The last call: its memory is freed next. */
    void (*on_gone)(struct environment *environment, void *context);
};

struct environment_kind {
    /* Takes `invocation` in state IDLE. */
    void (*invoke)(struct environment *environment, struct invocation *invocation);
    /* SHUTDOWN now, if it is not: its process is killed, a running invocation ends as OUTCOME_ABANDONED. */
    void (*shut_down)(struct environment *environment);
};

struct environment {
    const struct environment_kind *kind;
    enum environment_state state;
    const struct environment_services *services;
    struct account *account; /* retained */
    struct config *config;   /* retained: what `settings` points into */
    const struct function_version *settings;
    struct source *source;         /* its code, which is watched; NULL if it isn't */
    struct invocation *invocation; /* the one that runs; NULL if none */
    bool has_run;                  /* the next invocation is no cold start */
    bool is_silent;                /* no function runs, so no START, END and REPORT are logged */
    int64_t opened_us, ready_us;   /* monotonic; ready_us is 0 during INIT */
    const struct environment_listener *listener;
    void *listener_context;

    /* The dispatcher's. */
    struct version_pool *pool;
    enum environment_state counted_as;
    struct environment *previous, *next; /* in the list of its pool */
    int64_t idle_since_us;
};

struct environment_options {
    const struct environment_services *services;
    struct account *account;
    struct config *config;
    const struct function_version *settings;
    const struct environment_listener *listener;
    void *listener_context;
};

void environment_init(struct environment *environment, const struct environment_kind *kind,
                      const struct environment_options *options);
/* Releases what it holds; the kind frees the memory after on_gone. */
void environment_clear(struct environment *environment);

/* The only function that writes `state`; asserts that the change is legal. */
void environment_enter(struct environment *environment, enum environment_state next);

/* Attaches `invocation` and writes the START line; its deadline begins now. */
void environment_begin(struct environment *environment, struct invocation *invocation);

/*
 * `invocation` has its outcome (or gets OUTCOME_ABANDONED if it has none): writes END and REPORT, detaches it and calls
 * on_done. The caller has entered the environment's next state before.
 */
void environment_hand_over(struct environment *environment, long peak_memory_kb);

/* What the process has used at most, or uses now with all its descendants: the larger. */
long environment_memory_kb(const struct process *process);

/*
 * The peak memory of a process that has ended. The kernel counts what the server used into `reaped_kb` when it starts a
 * process without copying itself, so that this is the process's own only above the server's own peak; else what was
 * sampled before counts (0: nothing was).
 */
long environment_peak_memory_kb(long sampled_kb, long reaped_kb);

/*
 * A line of the platform about a failure in the invocation's log, without its LF: "RequestId: … Error: …". A JSON log has
 * its event for that (platform_lines.h), and no such line.
 */
__attribute__((format(printf, 2, 3))) void environment_note(struct environment *environment,
                                                            const char *format, ...);

/* The line of a time-out, "2024-01-29T16:41:15.998Z <request id> Task timed out after 3.00 seconds", and a blank one. */
void environment_note_timeout(struct environment *environment);

/* The running invocation fails because its process has ended: the error and its lines in the log. */
void environment_fail_by_exit(struct environment *environment, int wait_status,
                              bool is_out_of_memory);

/* The error of a process that ended: "Runtime exited with error: exit status 1", "… signal: killed". */
enum { EXIT_MESSAGE_SIZE = 96 };
void environment_exit_message(int wait_status, char message[EXIT_MESSAGE_SIZE]);

#endif
