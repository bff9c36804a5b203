/*
 * sqlite_store.h - the engine that keeps the queue in SQLite.
 *
 * Owns:     <data folder>/queue.db with its -wal and -shm (none for DURABILITY_MEMORY).
 * Used by:  runtime/events/store.c. Its parts: sqlite_internal.h.
 *
 * Rows of a lane stand in the order of (due, sequence): one index does for taking what is due, for the next time that
 * something is, and for the counts at the start.
 */
#ifndef RUNTIME_EVENTS_SQLITE_STORE_H
#define RUNTIME_EVENTS_SQLITE_STORE_H

#include "runtime/events/store.h"

/* See store_open(). */
struct store *sqlite_store_open(const struct store_options *options,
                                char problem[STORE_MESSAGE_SIZE]);

/* See store_memory_bytes(). */
size_t sqlite_store_memory_bytes(void);

#endif
