/*
 * metrics.h - counts invocations of all accounts together, and writes them in Prometheus's text format.
 *
 * Every function of the configuration has all of its series from the start, so rates are right from the first invocation;
 * metrics_reconfigure() drops functions that the configuration no longer has. So the configuration bounds the number of
 * series. Counters only grow, even when an account is reset.
 *
 * To add a metric: a member of `struct function_metrics` (metrics.c), or of `struct function_gauges` for a value that other
 * modules know, and a row in the table of families.
 *
 * Owns:     its counters.
 * Used by:  server/server_open.c (which feeds it), handlers/.
 * Threads:  event-loop thread only.
 */
#ifndef RUNTIME_DISPATCH_METRICS_H
#define RUNTIME_DISPATCH_METRICS_H

#include "runtime/dispatch/history.h"

struct metrics; /* opaque */

/* NULL when out of memory. */
struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);

/* The dispatcher's news. */
void metrics_finished(struct metrics *metrics, const struct invocation *invocation);
void metrics_refused(struct metrics *metrics, const struct invocation *invocation,
                     enum dispatch_status status);

/* A request for a function was answered with `exception`, without an invocation. */
void metrics_rejected(struct metrics *metrics, const char *function_name, enum invocation_type type,
                      enum api_exception exception);

/* Drops functions that `config` no longer has. */
void metrics_reconfigure(struct metrics *metrics, const struct config *config);

/* Current values, of all accounts together. */
struct function_gauges {
    size_t environments_idle, environments_busy, environments_starting;
    size_t events; /* queued, running or waiting */
};

/* What the server's own memory is made of, in bytes; 0 for what the C library doesn't tell. */
struct metrics_memory {
    size_t heap_used, heap_free; /* taken with malloc(), and kept by it for the next to come */
    size_t database;             /* of the former, SQLite's */
};

struct metrics_sources {
    const struct config *config;
    void (*gauges)(const char *function_name, struct function_gauges *gauges, void *context);
    void *context;
    size_t dead_letters; /* since the start */
    struct metrics_memory memory;
};

/* All but the next. Returns owned; NULL when out of memory. */
struct bytes *metrics_write(const struct metrics *metrics, const struct metrics_sources *sources);

/* For the age of the oldest event, which the queue tells later; 0 when there is none. False when out of memory. */
bool metrics_append_oldest_event(struct bytes **text, double age_s);

#endif
