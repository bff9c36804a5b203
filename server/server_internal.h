/*
 * server_internal.h - what server.c and server_open.c share.
 */
#ifndef SERVER_SERVER_INTERNAL_H
#define SERVER_SERVER_INTERNAL_H

#include "handlers/api.h"
#include "runtime/dispatch/dispatcher.h"
#include "runtime/environments/execution_environment.h"
#include "runtime/events/data_folder.h"
#include "server/failure_hints.h"
#include "server/server.h"

struct server {
    uv_loop_t *loop;
    const struct options *options;
    struct log *log;
    struct random_source *random;
    struct config_store *config_store;
    struct data_folder data_folder;
    bool has_data_folder;
    char bundled_folder[SERVER_PATH_SIZE];
    char endpoint[SERVER_ENDPOINT_SIZE];
    struct accounts *accounts;
    struct process_table *processes;
    struct task_mounts *task_mounts;
    struct interpreters *interpreters;
    struct spare_runtimes *spare_runtimes;
    struct memory_guard *memory_guard;
    struct source_watcher *source_watcher; /* NULL with --no-watch */
    struct runtime_listener *runtime_listener;
    struct environment_services services;
    struct dispatcher *dispatcher;
    struct metrics *metrics;
    struct dispatch_observer observer;
    struct failure_hints hints;
    struct code_store *code_store;
    struct registry *registry;
    uv_timer_t change_timer;         /* runs when functions of the API have changed */
    struct event_queue *event_queue; /* until the asynchronous invoker takes it */
    struct async_invoker *async_invoker;
    struct api api;
    struct http_listener *http_listener;

    bool is_reloading, is_reload_wanted; /* wanted: what is being read may have changed since */

    uv_timer_t stop_timer;
    int64_t stopping_since_us; /* 0 while it serves */
    bool is_closing;
    server_stopped_fn *on_stopped;
    void *stopped_context;
};

/* Starts the processes that are kept ready for `config`, on the loop. */
void server_prepare_processes(struct server *server, const struct config *config);

/* Has the configuration, and the archives and missing folders that it names, watched: a change is a reload. */
void server_watch(struct server *server, const struct config *config);

/* The configuration is watched under the name "", which no function has. `context` is the server. */
void server_source_changed(const char *function_name, const char *changed, void *context);

/* Functions of the API have come, gone or changed: those concerned are told, once for all changes of a turn of the loop. */
void server_functions_changed(struct server *server);

/* Closes what is open of them, in the middle of a start too. */
void server_close_processes(struct server *server);

#endif
