/*
 * api.h - what the handlers work with: every part of the server that an API operation may call.
 *
 * One struct, filled in by server/server.c and borrowed by every handler. To add an operation: one file here that takes
 * a `struct exchange` and a `struct api`, and one row in server/http/routes.c.
 */
#ifndef HANDLERS_API_H
#define HANDLERS_API_H

#include "config/config_store.h"
#include "handlers/exchange.h"
#include "runtime/dispatch/account.h"
#include "runtime/events/async_invoker.h"
#include "runtime/dispatch/dispatcher.h"
#include "base/log.h"
#include "base/request_id.h"

struct held_exchange;
struct metrics;

struct api {
    uv_loop_t *loop;
    struct config_store *config_store;
    struct accounts *accounts;
    struct dispatcher *dispatcher;
    struct async_invoker *async_invoker;
    struct random_source *random;
    struct log *log;
    struct metrics *metrics;
    struct held_exchange *held_exchanges; /* those that wait: held_exchange.h */
    int64_t started_us;                   /* monotonic */
};

typedef void api_handler_fn(struct exchange *exchange, struct api *api);

#endif
