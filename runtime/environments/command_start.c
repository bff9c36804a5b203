#include "runtime/environments/command_internal.h"

#include "runtime/environments/environment_variables.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIPE_BYTES = 1 << 18, END_COUNT = 3 };

static bool fail_system(struct command *command, const char *what)
{
    char reason[128];

    (void)snprintf(command->failure, sizeof command->failure,
                   "invoked could not start the command: %s: %s", what,
                   strerror_r(errno, reason, sizeof reason));
    log_write(command->base.services->log, LOG_ERROR, "%s: %s",
              command->base.settings->function->name, command->failure);
    return false;
}

/* A pipe of which the server keeps and watches one end (0: it reads, 1: it writes). Returns the other end, or -1. */
static int open_pipe(struct command *command, int own, uv_poll_t *poll, int *file)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    (void)fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES);
    if (uv_poll_init(command->base.services->loop, poll, ends[own]) != 0) {
        (void)close(ends[0]);
        (void)close(ends[1]);
        return -1;
    }
    poll->data = command;
    *file = ends[own];
    command->open_handles++;
    return ends[1 - own];
}

/*
 * The read end of a pipe that holds the whole event, or -1. Up to PIPE_BUF bytes always fit into an empty pipe, so nothing
 * needs to be watched.
 */
static int open_filled_pipe(struct bytes_view event)
{
    int ends[2];
    bool is_filled;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    is_filled = write(ends[1], event.data, event.length) == (ssize_t)event.length;
    (void)close(ends[1]);
    if (is_filled)
        return ends[0];
    (void)close(ends[0]);
    return -1;
}

static int open_input(struct command *command)
{
    const struct bytes_view event = invocation_event(command->base.invocation);

    return event.length <= PIPE_BUF ? open_filled_pipe(event)
                                    : open_pipe(command, 1, &command->input, &command->input_file);
}

static bool open_ends(struct command *command, int ends[END_COUNT])
{
    const struct environment_services *services = command->base.services;

    ends[0] = open_input(command);
    if (ends[0] < 0)
        return fail_system(command, "a pipe for the event");
    ends[1] = open_pipe(command, 0, &command->output, &command->output_file);
    if (ends[1] < 0)
        return fail_system(command, "a pipe for the result");
    ends[2] = environment_log_open(&command->log, services->loop, services->log,
                                   command->base.settings->function->name);
    if (ends[2] < 0)
        return fail_system(command, "a pipe for the log");
    command->open_handles++;
    environment_log_attach(&command->log, command->base.invocation);
    return true;
}

static bool fail_program(struct command *command, int error)
{
    const struct function_version *settings = command->base.settings;
    struct stat status;
    char reason[128];

    if (error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE) {
        errno = error;
        return fail_system(command, "a process");
    }
    if (stat(settings->working_directory, &status) != 0) {
        (void)snprintf(command->failure_type, sizeof command->failure_type,
                       "Runtime.InvalidWorkingDir");
        (void)snprintf(command->failure, sizeof command->failure, "%s is not there",
                       settings->working_directory);
        return false;
    }
    (void)snprintf(command->failure_type, sizeof command->failure_type,
                   "Runtime.InvalidEntrypoint");
    (void)snprintf(command->failure, sizeof command->failure, "%s can't be started: %s",
                   settings->command.items[0], strerror_r(error, reason, sizeof reason));
    return false;
}

static bool start_process(struct command *command, const int ends[END_COUNT],
                          process_ended_fn *on_ended)
{
    const struct function_version *settings = command->base.settings;
    struct environment_variables variables;
    char instance[HEX_32_SIZE];

    hex_32_make(command->base.services->random, instance);
    const struct environment_variables_options variables_options = {
        .environment = &command->base,
        .trace_header = command->base.invocation->trace_header,
        .instance = instance,
    };

    if (!environment_variables_make(&variables_options, &variables)) {
        errno = ENOMEM;
        return fail_system(command, "memory");
    }
    const struct process_options options = {
        .path = settings->command.items[0],
        .search_path = environment_variables_value(&variables, "PATH"),
        .arguments = settings->command.items,
        .environment = variables.items,
        .working_directory = settings->working_directory,
        .input = ends[0],
        .output = ends[1],
        .error = ends[2],
        .extra = -1,
    };

    command->process =
        process_start(command->base.services->processes, &options, on_ended, command);
    const int error = errno;

    environment_variables_clear(&variables);
    return command->process != NULL || fail_program(command, error);
}

bool command_start(struct command *command, process_ended_fn *on_ended)
{
    int ends[END_COUNT] = {-1, -1, -1};
    const bool is_started = open_ends(command, ends) && start_process(command, ends, on_ended);

    for (size_t i = 0; i < END_COUNT; i++) {
        if (ends[i] >= 0)
            (void)close(ends[i]);
    }
    return is_started;
}
