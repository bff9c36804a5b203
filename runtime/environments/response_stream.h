/*
 * response_stream.h - a response that is passed on while the function is still writing it: from its maker (a worker
 * environment) to its taker (InvokeWithResponseStream), with back pressure.
 *
 * Threads: event-loop thread only.
 */
#ifndef RUNTIME_ENVIRONMENTS_RESPONSE_STREAM_H
#define RUNTIME_ENVIRONMENTS_RESPONSE_STREAM_H

#include "base/bytes.h"

#include <stdint.h>

enum {
    STREAMED_RESPONSE_MAX = 200 << 20, /* bytes; AWS's limit since 2025 */
    STREAM_CONTENT_TYPE_SIZE = 256
};

struct response_stream {
    /* Set by the taker. `chunk`, a piece of the response, is taken. False: wait for `resume` before the next one. */
    bool (*on_chunk)(struct bytes *chunk, void *context);
    void *context;

    /* Set by the maker before the first chunk: what the runtime calls it; "" for a response that comes whole. */
    char content_type[STREAM_CONTENT_TYPE_SIZE];

    /* Set by the maker: the taker calls `resume` (if it is set) when it has room again. */
    void (*resume)(void *maker);
    void *maker;
    uint64_t sent; /* bytes so far */
};

#endif
