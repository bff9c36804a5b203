/*
 * log_tail.h - the log of ONE invocation, from START to REPORT: the most recent part of it, bounded.
 *
 * X-Amz-Log-Result shows its last 4,096 bytes, the history all that is kept. The owner zeroes the struct before its
 * first use and clears it after the last. Threads: event-loop thread only.
 */
#ifndef RUNTIME_ENVIRONMENTS_LOG_TAIL_H
#define RUNTIME_ENVIRONMENTS_LOG_TAIL_H

#include "base/bytes.h"

enum { LOG_RESULT_MAX = 4096, LOG_KEPT_MAX = 65536 };

struct log_tail {
    struct bytes *text;
    bool is_cut; /* the beginning was dropped */
};

/* Keeps the last LOG_KEPT_MAX bytes. When out of memory the new bytes are dropped; the invocation goes on. */
void log_tail_append(struct log_tail *tail, const char *data, size_t length);

/* The last LOG_RESULT_MAX bytes; valid until the next append. */
struct bytes_view log_tail_result(const struct log_tail *tail);

void log_tail_clear(struct log_tail *tail);

#endif
