/*
 * source_watcher.h - notices changes in the folders that functions are run from.
 *
 * A folder is watched with all below it, except node_modules, .git, __pycache__, the data folder, what the server itself
 * prints, and logs and the like (*.log, *.tmp, ...: the table in the .c file). Folders are found on libuv's thread pool.
 * A burst of changes is told once, a moment after its last; editors that write a new file and rename it over the old
 * one are seen like any other.
 *
 * Lifetime: opened before the dispatcher, closed after it. Threads: event-loop thread only.
 */
#ifndef RUNTIME_PROCESS_SOURCE_WATCHER_H
#define RUNTIME_PROCESS_SOURCE_WATCHER_H

#include <uv.h>

#include "base/log.h"

struct source_watcher;

/* `changed` is a file that did, as seen from the watched folder: for people. */
typedef void source_changed_fn(const char *function_name, const char *changed, void *context);

struct source_watcher_options {
    uv_loop_t *loop;
    struct log *log;
    const char *data_folder; /* absolute; borrowed */
    source_changed_fn *on_changed;
    void *context;
};

/* NULL when out of memory. */
struct source_watcher *source_watcher_open(const struct source_watcher_options *options);
void source_watcher_close(struct source_watcher *watcher);

/*
 * Tells changes under `folder` (absolute) as those of `function_name`, from soon on. May be called again and again: what
 * is watched already costs a look-up. `only` restricts it to one name directly in the folder (NULL: everything below).
 */
void source_watcher_watch(struct source_watcher *watcher, const char *function_name,
                          const char *folder, const char *only);

#endif
