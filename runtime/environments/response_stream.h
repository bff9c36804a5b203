/*
 * response_stream.h - a response that is sent on while the function is still writing it: who makes it (a worker
 * environment) and who takes it (InvokeWithResponseStream), and how the one waits for the other.
 *
 * Threads: event-loop thread only.
 */
#ifndef RUNTIME_ENVIRONMENTS_RESPONSE_STREAM_H
#define RUNTIME_ENVIRONMENTS_RESPONSE_STREAM_H

#include <stdint.h>

#include "base/bytes.h"

enum { STREAMED_RESPONSE_MAX = 200 << 20 /* bytes; AWS's limit since 2025 */ };

struct response_stream {
    /* The taker's. A piece of the response; `chunk` is taken. False: it has enough for now, wait for `resume`. */
    bool (*on_chunk)(struct bytes *chunk, void *context);
    void *context;

    /* The maker's, while it makes: the taker calls `resume` (if it is set) when it has room again. */
    void (*resume)(void *maker);
    void *maker;
    uint64_t sent; /* bytes so far */
};

#endif
