/*
 * config_store.h - holds the snapshot that is current, and swaps in a new one when it is valid.
 *
 * Lifetime: opened by server_start(); outlives everything that invokes.
 * Threads:  event-loop thread only.
 */
#ifndef CONFIG_CONFIG_STORE_H
#define CONFIG_CONFIG_STORE_H

#include "config/config.h"

struct config_store;

/*
 * Copies `path` and `options` (which may be NULL); takes `config`, a snapshot loaded from them. NULL when memory is
 * short; then `config` stays the caller's.
 */
struct config_store *config_store_new(const char *path, const struct config_options *options,
                                      struct config *config);
void config_store_free(struct config_store *store);

/* Borrowed: retain it to keep it beyond the current callback. */
struct config *config_store_current(const struct config_store *store);

/*
 * Reads the source again. On a problem the old snapshot stays and false is returned; the caller clears `problems`. When true
 * is returned, `problems` tells what else to know: functions that are left out, and what was not taken over, since
 * published versions don't change (config/published_versions.h).
 */
bool config_store_reload(struct config_store *store, struct config_problems *problems);

#endif
