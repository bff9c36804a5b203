/*
 * config_store.h - holds the snapshot that is current, and swaps in a new one when it is valid.
 *
 * Lifetime: opened by server_start(); outlives everything that invokes.
 * Threads:  event-loop thread only, but for config_store_read().
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

/* What was read from the source alone, without functions of the API. Borrowed. */
struct config *config_store_file(const struct config_store *store);

/*
 * The functions of the API from now on (config_join()). Copies the list and retains its snapshots. False when out of
 * memory; then nothing has changed.
 */
bool config_store_set_units(struct config_store *store, struct config *const *units,
                            size_t unit_count);

/*
 * Reads the source again, and changes nothing: on any thread, while the store lives. NULL with at least one problem; the
 * caller clears both lists, which must be zeroed.
 */
struct config *config_store_read(const struct config_store *store, struct config_problems *problems,
                                 struct config_problems *warnings);

/*
 * Makes `config`, which is taken, the current one. `warnings` get what was not taken over, since published versions don't
 * change (config/published_versions.h). False when out of memory: then the old snapshot stays.
 */
bool config_store_take(struct config_store *store, struct config *config,
                       struct config_problems *warnings);

/*
 * Both at once. On a problem the old snapshot stays and false is returned; the caller clears `problems`. When true
 * is returned, `problems` tells what else to know: functions that are left out, and what was not taken over, since
 * published versions don't change (config/published_versions.h).
 */
bool config_store_reload(struct config_store *store, struct config_problems *problems);

#endif
