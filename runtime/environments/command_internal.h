/*
 * command_internal.h - what the parts of an environment of `Local.Command` share; nobody else includes this.
 *
 *   command_environment.c  its states, event, result and outcome; the dispatcher's side
 *   command_start.c        its pipes and its process
 */
#ifndef RUNTIME_ENVIRONMENTS_COMMAND_INTERNAL_H
#define RUNTIME_ENVIRONMENTS_COMMAND_INTERNAL_H

#include "runtime/environments/command_environment.h"
#include "runtime/environments/environment_log.h"
#include "runtime/process/memory_guard.h"

enum { COMMAND_FAILURE_SIZE = 512 };

struct command {
    struct environment base; /* first: the dispatcher sees only this */
    struct process *process;
    struct environment_log log;
    uv_poll_t input, output;
    int input_file,
        output_file; /* -1 once closed; an event that has been written at once needs no file */
    size_t written;  /* of the event */
    struct bytes *result;
    bool is_result_too_large;
    long sampled_memory_kb; /* when its result began, or its memory ran out; 0 before */
    uv_timer_t timer;
    uv_timer_t watch_timer; /* while its pipes are not watched: see let_end() */
    bool was_let_end;
    struct memory_watch memory_watch;
    bool is_out_of_memory;
    unsigned open_handles;
    char failure_type[ERROR_TYPE_SIZE];
    char failure[COMMAND_FAILURE_SIZE];
};

/*
 * command_start.c: starts the process of the invocation that was begun, and opens its pipes; the event is in its pipe
 * when it is short. False with `failure`, and `failure_type` when it is the function's fault.
 */
bool command_start(struct command *command, process_ended_fn *on_ended);

#endif
