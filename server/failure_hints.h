/*
 * failure_hints.h - log lines that say what to do about a function error whose cause is outside the handler's code: a
 * file, program or module that isn't there, a time-out. The response stays AWS's.
 *
 * Each hint is logged once for a version and kind of error, as long as few others come between.
 *
 * To add a hint, add a row to `rows` in failure_hints.c.
 */
#ifndef SERVER_FAILURE_HINTS_H
#define SERVER_FAILURE_HINTS_H

#include "base/log.h"
#include "runtime/dispatch/invocation.h"

struct interpreters;

enum { FAILURE_HINTS_KEPT = 64 };

/* The caller's memory, zeroed but for the first two, which are borrowed. */
struct failure_hints {
    struct log *log;
    struct interpreters *interpreters;
    uint64_t logged[FAILURE_HINTS_KEPT];
    size_t next;
};

/* `invocation` has its outcome. */
void failure_hints_finished(struct failure_hints *hints, const struct invocation *invocation);

#endif
