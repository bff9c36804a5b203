/*
 * lineage.h - how AWS finds out that functions invoke each other in a loop.
 *
 * The trace header that a handler sees ends in `Lineage=HOPS:FUNCTION:LOOPS` (captured: `Lineage=1:d0782663:0`). The
 * AWS SDKs send it along with what the handler invokes, and each invocation takes it one hop further. FUNCTION is a hash
 * of one function of the chain, LOOPS says how often the chain has come back to it. That function is the first of the
 * chain; for as long as the chain hasn't come back to it, it is replaced at the hops 8, 16, 32, ..., so
 * that a loop that begins later in the chain is found too.
 *
 * AWS's own way to count is not documented, only that it stops a function that is invoked more than 16 times in a chain.
 *
 * Pure functions. Used by: handlers/lambda/, runtime/events/.
 */
#ifndef RUNTIME_DISPATCH_LINEAGE_H
#define RUNTIME_DISPATCH_LINEAGE_H

#include "runtime/dispatch/invocation.h"

enum { LINEAGE_LOOPS_MAX = 16 };

/* Whom an invocation is for. */
struct lineage_function {
    const char *account_id, *name;
};

/*
 * Writes the caller's trace header (NULL for none) with its lineage one hop further, to `function`. One that would be too
 * long gets a lineage alone. Returns how often the chain has come back to `function`.
 */
unsigned lineage_extend(const char *trace_header, const struct lineage_function *function,
                        char extended[TRACE_HEADER_SIZE]);

/* The same of a trace header that has been extended. */
unsigned lineage_loops(const char *trace_header, const struct lineage_function *function);

/* Has the chain come back to `function` so often that AWS stops it, unless its RecursiveLoop is Allow? */
bool lineage_is_endless(const char *trace_header, const struct lineage_function *function);

#endif
