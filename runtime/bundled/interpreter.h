/*
 * interpreter.h - finds the python3 or node that a bundled runtime runs under.
 *
 * `python3.12` runs under python3.12 where that is in PATH, else under python3; `nodejs20.x` under node20 or nodejs20,
 * else node or nodejs. A program in PATH may be a wrapper that version managers put there, which is slow to start and
 * may know of no such version: such a script is asked once where the real one is. What was found is remembered.
 *
 * A version other than the one that the runtime names is said once in the log. To find out costs a process, so it is
 * done in the background, once the search is over, and only for what was found under a name that says less.
 *
 * Lifetime: opened by server_start() before the dispatcher; closed after it.
 * Threads:  event-loop thread only.
 */
#ifndef RUNTIME_BUNDLED_INTERPRETER_H
#define RUNTIME_BUNDLED_INTERPRETER_H

#include <uv.h>

#include "config/config.h"
#include "base/log.h"
#include "runtime/process/process.h"

struct bundled_language;
struct interpreters;

enum { INTERPRETER_PATH_SIZE = 4096, INTERPRETER_ERROR_SIZE = 256 };

/* `path` is NULL when there is none, and `fault` then says what is missing; both die when the callback returns. */
typedef void interpreter_found_fn(const struct bundled_language *language, const char *path,
                                  const char *fault, void *context);

/* NULL when out of memory. */
struct interpreters *interpreters_open(uv_loop_t *loop, struct process_table *processes,
                                       struct log *log);

/* Searches that run end without their callbacks. The process table must be closed next, before the loop runs on. */
void interpreters_close(struct interpreters *interpreters);

/* Begins the search for each runtime that `config` (borrowed for the call) uses, to know before anyone asks. */
void interpreters_prefetch(struct interpreters *interpreters, const struct config *config);

/* The PATH that the function will see: its own, else the server's. */
const char *interpreter_search_path(const struct function_version *settings);

/*
 * Finds the interpreter for `settings`, whose runtime is bundled. True when it is known already: `path` is
 * filled then, and `on_found` is not called. Otherwise `on_found` runs once, never before this returns.
 */
bool interpreters_find(struct interpreters *interpreters, const struct function_version *settings,
                       const char *search_path, char path[INTERPRETER_PATH_SIZE],
                       interpreter_found_fn *on_found, void *context);

#endif
