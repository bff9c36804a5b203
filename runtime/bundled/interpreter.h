/*
 * interpreter.h - finds the interpreter (python3, node) that runs a bundled runtime.
 *
 * Executables are searched in PATH in the order of bundled_language.h: `python3.12` uses python3.12, else python3. A
 * version manager may have put a wrapper script into PATH, which is slow to start and may not know the version: such a
 * script is asked once for the path of the real interpreter. Results are cached.
 *
 * If the version differs from the one that the runtime names, the log says so once. Finding out costs a process, so that
 * happens in the background after the search, and only if the executable's name doesn't include the version.
 *
 * Lifetime: opened by server_start() before the dispatcher; closed after it.
 * Threads:  event-loop thread only.
 */
#ifndef RUNTIME_BUNDLED_INTERPRETER_H
#define RUNTIME_BUNDLED_INTERPRETER_H

#include "base/log.h"
#include "config/config.h"
#include "runtime/process/process.h"

#include <uv.h>

struct bundled_language;
struct interpreters;

enum { INTERPRETER_PATH_SIZE = 4096, INTERPRETER_ERROR_SIZE = 256 };

/* `path` is NULL if there is none; `problem` then says what is missing. Both die when the callback returns. */
typedef void interpreter_found_fn(const struct bundled_language *language, const char *path,
                                  const char *problem, void *context);

/* NULL when out of memory. */
struct interpreters *interpreters_open(uv_loop_t *loop, struct process_table *processes,
                                       struct log *log);

/* Running searches end without their callbacks. Close the process table next, before the loop runs again. */
void interpreters_close(struct interpreters *interpreters);

/* Starts the search for each runtime that `config` (borrowed for the call) uses, ahead of need. */
void interpreters_prefetch(struct interpreters *interpreters, const struct config *config);

/* The function's PATH: its own, else the server's. */
const char *interpreter_search_path(const struct function_version *settings);

/*
 * Finds the interpreter for `settings`, whose runtime is bundled. True when it is known already: `path` is
 * filled then, and `on_found` is not called. Otherwise `on_found` runs once, never before this returns.
 */
bool interpreters_find(struct interpreters *interpreters, const struct function_version *settings,
                       const char *search_path, char path[INTERPRETER_PATH_SIZE],
                       interpreter_found_fn *on_found, void *context);

#endif
