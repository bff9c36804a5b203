/*
 * trace_header.h - X-Amzn-Trace-Id of an answer: `root=1-…;sampled=0`, keys in lower case, with the parent only
 * when the caller sent a trace of its own (captured answers).
 */
#ifndef HANDLERS_LAMBDA_TRACE_HEADER_H
#define HANDLERS_LAMBDA_TRACE_HEADER_H

#include "base/request_id.h"

enum { TRACE_ANSWER_SIZE = 256 };

/*
 * `sent` is the caller's header (NULL for none), `seen` the function's (NULL when there is no invocation: it gets a fresh
 * root).
 */
void trace_header_make(const char *sent, const char *seen, struct random_source *random,
                       char text[TRACE_ANSWER_SIZE]);

#endif
