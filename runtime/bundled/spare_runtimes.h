/*
 * spare_runtimes.h - runtime processes that are started ahead of need, so that a cold start of a function with a bundled
 * runtime needs no new interpreter.
 *
 * A spare has no function: it waits for its init frame (frames.h), which names folder, handler and environment. The
 * worker that takes it owns it. Its replacement is started in the background, slightly later, so that it doesn't compete
 * with the cold start. `Local.SpareRuntimes` is the number of spares for each interpreter that the configuration uses,
 * and for each set of its flags: those of Node.js follow MemorySize. At most eight sets have spares; 0 turns this off.
 *
 * A handler must see the same as in a fresh process. So a function gets no spare if it sets a variable that the
 * interpreter, the C library or the loader reads only at start (bundled_language.h and spare_runtimes.c list them), if a
 * wrapper or a debugger starts it, or if it attaches by itself.
 *
 * Lifetime: opened by server_start() before the dispatcher; closed after it.
 * Threads:  event-loop thread only.
 */
#ifndef RUNTIME_BUNDLED_SPARE_RUNTIMES_H
#define RUNTIME_BUNDLED_SPARE_RUNTIMES_H

#include "base/request_id.h"
#include "config/config.h"
#include "runtime/bundled/interpreter.h"

struct spare_runtimes;

struct spare_runtime {
    struct process *process;
    char instance[HEX_32_SIZE]; /* part of its log stream's name */
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

/* Close the interpreters and then the process table, which kills the spares, next, before the loop runs again. */
void spare_runtimes_close(struct spare_runtimes *spares);

/* Keeps as many spares, and of those interpreters, as `config` (borrowed for the call) says. */
void spare_runtimes_reconfigure(struct spare_runtimes *spares, const struct config *config);

/* A spare that fits these settings; NULL if there is none. It stays here until it is taken. */
const struct spare_runtime *spare_runtimes_find(struct spare_runtimes *spares,
                                                const struct function_version *settings,
                                                const char *interpreter);

/* Gives the spare that spare_runtimes_find() returned, with its descriptors and process, to the caller. */
struct spare_runtime spare_runtimes_take(struct spare_runtimes *spares,
                                         const struct spare_runtime *spare,
                                         process_ended_fn *on_ended, void *context);

#endif
