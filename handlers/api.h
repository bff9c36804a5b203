/*
 * api.h - the parts of the server that handlers use: one struct, filled in by server/server_open.c and borrowed by every
 * handler. To add an operation: see handlers.h.
 */
#ifndef HANDLERS_API_H
#define HANDLERS_API_H

#include "base/log.h"
#include "base/request_id.h"
#include "config/config_store.h"
#include "handlers/exchange.h"
#include "runtime/dispatch/account.h"
#include "runtime/dispatch/dispatcher.h"
#include "runtime/events/async_invoker.h"

struct feeds;
struct held_exchange;
struct metrics;
struct registry;
struct code_store;

struct api {
    uv_loop_t *loop;
    struct config_store *config_store;
    struct accounts *accounts;
    struct dispatcher *dispatcher;
    struct async_invoker *async_invoker;
    struct random_source *random;
    struct log *log;
    struct metrics *metrics;
    struct registry *registry;            /* what the management API has made */
    struct code_store *code_store;        /* and its code */
    struct held_exchange *held_exchanges; /* exchanges that wait: held_exchange.h */
    struct feeds *feeds;                  /* news of accounts: console/feed.h */
    const char *endpoint;                 /* "http://127.0.0.1:3001" */
    char console_token[HEX_32_SIZE];      /* "" under --no-console */
    bool serves_apis;                     /* --http */
    int64_t started_us;                   /* monotonic */
};

typedef void api_handler_fn(struct exchange *exchange, struct api *api);

#endif
