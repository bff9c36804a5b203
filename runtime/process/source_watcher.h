/*
 * source_watcher.h - notices edits in the folders that functions run from.
 *
 * source_scan.h says which folders are watched and which names are ignored. A burst of changes is reported once, a moment
 * after its last. Editors that write a new file and rename it over the old one are seen like any other.
 *
 * Handlers write into these folders, too: caches, databases. Such a write is no edit. inotify doesn't say who wrote; but
 * a write of a running function is in its queue before the function's answer arrives, so the queue is read whenever a
 * function begins to run and when it ends. What was changed between the two is the function's own, unless it is a file
 * that people edit (source_is_code()). A warning says so, once for each source.
 *
 * Lifetime: opened before the dispatcher, closed after it. Threads: event-loop thread only.
 */
#ifndef RUNTIME_PROCESS_SOURCE_WATCHER_H
#define RUNTIME_PROCESS_SOURCE_WATCHER_H

#include "base/log.h"

#include <uv.h>

struct source_watcher;
struct
    source; /* a folder, or one name in it, with the functions that run from it; lives as long as the watcher */

/* `changed` is a changed file, relative to the watched folder: for people. */
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
 * Reports changes under `folder` (absolute) as those of `function_name`, from soon on. May be called again and again: what
 * is watched already costs a look-up. `only` restricts it to one name directly in the folder (NULL: everything below).
 * NULL when out of memory.
 */
struct source *source_watcher_watch(struct source_watcher *watcher, const char *function_name,
                                    const char *folder, const char *only);

/* A function's process begins and ends to run the function's code: initialisation, an invocation. */
void source_run_begins(struct source *source);
void source_run_ends(struct source *source);

#endif
