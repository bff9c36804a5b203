/*
 * request_id.h - random identifiers: request ids, trace ids, log stream names.
 *
 * Random bytes come from the kernel in batches. Threads: event-loop thread only.
 */
#ifndef BASE_REQUEST_ID_H
#define BASE_REQUEST_ID_H

#include <stdbool.h>
#include <stdint.h>

enum {
    REQUEST_ID_SIZE = 37, /* "4bcbe58b-b0cc-47a5-a1d9-79eda1987e58" and its NUL */
    TRACE_ID_SIZE = 48,   /* "1-62b22ee0-001eff650f0743dc798590f1", lower-case hexadecimal */
    HEX_32_SIZE = 33
};

struct random_source;

/* NULL when out of memory. */
struct random_source *random_source_new(void);
void random_source_free(struct random_source *source);

/* A lower-case UUID, version 4. */
void request_id_make(struct random_source *source, char id[REQUEST_ID_SIZE]);

/* Any UUID, in either case. */
bool request_id_is_uuid(const char *text);

/* The root of a trace: its first part is the time. */
void trace_id_make(struct random_source *source, int64_t now_ms, char id[TRACE_ID_SIZE]);

void hex_32_make(struct random_source *source, char text[HEX_32_SIZE]);

/* Evenly spread in [0, 1). */
double random_fraction(struct random_source *source);

#endif
