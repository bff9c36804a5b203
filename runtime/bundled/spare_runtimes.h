/*
 * spare_runtimes.h - runtime processes that were started before anyone needs them, so that a cold start of a Python or
 * Node.js function needs no new interpreter.
 *
 * A spare has no function in it: it waits for its init frame (frames.h), which names folder, handler and environment.
 * The worker that takes it owns it from then on, and the next one is started in the background, a little later, so
 * that it doesn't compete with the cold start itself. `Local.SpareRuntimes` says how many are kept for each interpreter
 * that the configuration uses; 0 turns this off.
 *
 * What a handler sees must be the same as in a fresh process. So a function gets no spare when it sets a variable that
 * the interpreter, the C library or the loader reads only while a process begins (spare_runtimes.c has the list), when
 * a wrapper or a debugger starts it, and when it attaches by itself.
 *
 * Lifetime: opened by server_start() before the dispatcher; closed after it.
 * Threads:  event-loop thread only.
 */
#ifndef RUNTIME_BUNDLED_SPARE_RUNTIMES_H
#define RUNTIME_BUNDLED_SPARE_RUNTIMES_H

#include "config/config.h"
#include "runtime/bundled/interpreter.h"
#include "base/request_id.h"

struct spare_runtimes;

struct spare_runtime {
    struct process *process;
    char instance[HEX_32_SIZE]; /* in its environment, to know by it what it leaves behind */
    int log;                    /* the read end of its output, for environment_log_adopt() */
    int channel;                /* the server's end of its frames, for frame_channel_adopt() */
};

/* All borrowed. */
struct spare_runtimes_options {
    uv_loop_t *loop;
    struct log *log;
    struct random_source *random;
    struct process_table *processes;
    struct interpreters *interpreters;
    const char *bundled_folder; /* absolute */
};

/* NULL when out of memory. Starts nothing before spare_runtimes_reconfigure(). */
struct spare_runtimes *spare_runtimes_open(const struct spare_runtimes_options *options);

/* The interpreters and then the process table, which kills what is left, must be closed next, before the loop runs. */
void spare_runtimes_close(struct spare_runtimes *spares);

/* How many there shall be, and of what, is as `config` (borrowed for the call) says from now on. */
void spare_runtimes_reconfigure(struct spare_runtimes *spares, const struct config *config);

/* One that these settings may have; NULL when there is none. It stays here until it is taken. */
const struct spare_runtime *spare_runtimes_find(struct spare_runtimes *spares,
                                                const struct function_version *settings,
                                                const char *interpreter);

/*
 * Gives away what spare_runtimes_find() has just named: descriptors and process are the caller's, who hears of the
 * end of the process.
 */
struct spare_runtime spare_runtimes_take(struct spare_runtimes *spares,
                                         const struct spare_runtime *spare,
                                         process_ended_fn *on_ended, void *context);

#endif
