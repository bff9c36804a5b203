#include "runtime/environments/worker_internal.h"

#include "runtime/bundled/bundled_runtime.h"
#include "runtime/bundled/interpreter.h"
#include "runtime/bundled/spare_runtimes.h"
#include "runtime/environments/platform_lines.h"
#include "runtime/process/source_watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the process sent before it ended is still handled, in whatever order its end and its last bytes arrive. */
static void on_process_ended(int wait_status, long peak_memory_kb, void *context)
{
    struct worker *worker = context;
    const bool is_out_of_memory = worker->phase == WORKER_OUT_OF_MEMORY;
    char message[EXIT_MESSAGE_SIZE];

    worker->process = NULL;
    worker->phase = WORKER_ENDED;
    worker->peak_memory_kb = environment_peak_memory_kb(worker->peak_memory_kb, peak_memory_kb);
    if (worker->port != NULL)
        worker->base.services->ports->drain(worker->port);
    if (worker->channel.is_open)
        frame_channel_drain(&worker->channel);
    environment_log_drain(&worker->log);
    switch (worker->base.state) {
    case ENVIRONMENT_INIT:
        environment_exit_message(wait_status, message);
        worker_set_failure(worker, WORKER_FAILURE_PLATFORM, "Runtime.ExitError", message);
        worker_end_init(worker);
        break;
    case ENVIRONMENT_INVOKE:
        environment_fail_by_exit(&worker->base, wait_status, is_out_of_memory);
        worker_hand_over(worker, ENVIRONMENT_SHUTDOWN);
        break;
    case ENVIRONMENT_IDLE:
    case ENVIRONMENT_FINISHING:
        environment_enter(&worker->base, ENVIRONMENT_SHUTDOWN);
        break;
    case ENVIRONMENT_SHUTDOWN:
    case ENVIRONMENT_GONE:
    case ENVIRONMENT_STATE_COUNT:
        break;
    }
    worker_close_handles(worker);
}

static void on_start_failed(uv_timer_t *timer)
{
    struct worker *worker = timer->data;

    worker_end_init(worker);
    worker_close_handles(worker);
}

/* The machine could not provide `what`; errno says why. */
static bool fail_system(struct worker *worker, const char *what)
{
    char message[WORKER_FAILURE_SIZE];
    char reason[128];

    (void)snprintf(message, sizeof message,
                   "invoked could not start an execution environment: %s: %s", what,
                   strerror_r(errno, reason, sizeof reason));
    worker_set_failure(worker, WORKER_FAILURE_SYSTEM, "", message);
    log_write(worker->base.services->log, LOG_ERROR, "%s: %s",
              worker->base.settings->function->name, message);
    return false;
}

static bool fail_start(struct worker *worker, const struct worker_command *command)
{
    worker_set_failure(worker, WORKER_FAILURE_PLATFORM, command->error_type, command->failure);
    log_write(worker->base.services->log, LOG_WARN, "%s: %s (%s)",
              worker->base.settings->function->name, command->failure,
              command->path[0] != '\0' ? command->path : worker->base.settings->working_directory);
    return false;
}

static bool is_shortage(int error)
{
    return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
}

/* The ends that the process gets; the server's copies are closed by the caller. */
struct worker_ends {
    int input, output, channel;
};

static bool open_ends(struct worker *worker, bool is_bundled, struct worker_ends *ends)
{
    const struct environment_services *services = worker->base.services;

    ends->input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (ends->input < 0)
        return fail_system(worker, "/dev/null");
    ends->output = environment_log_open(&worker->log, services->loop, services->log,
                                        worker->base.settings->function->name);
    if (ends->output < 0)
        return fail_system(worker, "a pipe for its log");
    worker->open_handles++;
    if (!is_bundled)
        return true;
    ends->channel = frame_channel_open(&worker->channel, services->loop, worker_on_frame,
                                       worker_on_channel_end, worker);
    if (ends->channel < 0)
        return fail_system(worker, "a socket pair");
    worker->open_handles++;
    return true;
}

static void close_ends(const struct worker_ends *ends)
{
    if (ends->input >= 0)
        (void)close(ends->input);
    if (ends->output >= 0)
        (void)close(ends->output);
    if (ends->channel >= 0)
        (void)close(ends->channel);
}

static bool start_process(struct worker *worker, struct worker_command *command,
                          const struct environment_variables *variables,
                          const struct worker_ends *ends)
{
    const struct process_options options = {
        .path = command->arguments[0],
        .search_path = environment_variables_value(variables, "PATH"),
        .arguments = (char *const *)command->arguments,
        .environment = variables->items,
        .working_directory = command->working_directory,
        .input = ends->input,
        .output = ends->output,
        .error = ends->output,
        .extra = ends->channel,
        .mount = variables->is_mounted ? &command->mount : NULL,
        .ends_with_server = true,
    };

    worker->process =
        process_start(worker->base.services->processes, &options, on_process_ended, worker);
    if (worker->process != NULL) {
        worker->phase = WORKER_RUNNING;
        return true;
    }
    if (is_shortage(errno))
        return fail_system(worker, "a process");
    if (variables->is_mounted && command->mount.error != 0)
        return fail_system(worker, "the mount of its code at /var/task");
    worker_command_failure(worker->base.settings, command, errno);
    return fail_start(worker, command);
}

static bool start_new(struct worker *worker, struct worker_command *command,
                      const struct environment_variables *variables)
{
    struct worker_ends ends = {-1, -1, -1};
    const bool is_started = open_ends(worker, command->is_bundled, &ends) &&
                            start_process(worker, command, variables, &ends);

    close_ends(&ends);
    return is_started;
}

/* When something fails, the process is killed, and its end is the failure. */
static bool use_spare(struct worker *worker, const struct spare_runtime *spare)
{
    const struct environment_services *services = worker->base.services;
    const struct spare_runtime taken =
        spare_runtimes_take(services->spare_runtimes, spare, on_process_ended, worker);
    const bool has_log = environment_log_adopt(&worker->log, services->loop, services->log,
                                               worker->base.settings->function->name, taken.log);
    const bool has_channel = frame_channel_adopt(&worker->channel, services->loop, taken.channel,
                                                 worker_on_frame, worker_on_channel_end, worker);

    worker->process = taken.process;
    worker->phase = WORKER_RUNNING;
    worker->open_handles += (unsigned)has_log + (unsigned)has_channel;
    if (!has_log || !has_channel)
        process_kill(worker->process);
    return true;
}

/* `spare` is NULL for none. */
static bool start_command(struct worker *worker, struct worker_command *command,
                          const struct environment_variables *variables,
                          const struct spare_runtime *spare)
{
    char why[WORKER_FAILURE_SIZE];
    bool is_started;

    /* The server extracted them when it started; the folder may have been removed since. */
    if (command->is_bundled && access(command->path, R_OK) != 0 &&
        bundled_runtime_extract(worker->base.services->bundled_folder, why, sizeof why) !=
            BUNDLED_RUNTIME_OK) {
        worker_set_failure(worker, WORKER_FAILURE_SYSTEM, "", why);
        return false;
    }
    is_started = spare != NULL ? use_spare(worker, spare) : start_new(worker, command, variables);
    if (is_started && command->is_bundled && !worker_send_init(worker, command, variables)) {
        errno = ENOMEM;
        process_kill(worker->process); /* its end is the failure */
    }
    return is_started;
}

/* `interpreter` is NULL where none is needed. */
static bool start(struct worker *worker, const char *interpreter)
{
    const struct environment_services *services = worker->base.services;
    const struct function_version *settings = worker->base.settings;
    struct worker_command command = {.path = ""};
    const enum worker_mount way = worker_mount_prepare(worker, interpreter, &command.mount);
    const struct environment_variables_options options = {
        .environment = &worker->base,
        .runtime_api = worker->runtime_api,
        .runtime_folder = services->bundled_folder,
        .instance = worker->instance,
        .is_mounted = way == WORKER_MOUNT_READY,
    };
    const struct spare_runtime *spare =
        interpreter == NULL || services->spare_runtimes == NULL
            ? NULL
            : spare_runtimes_find(services->spare_runtimes, settings, interpreter);
    struct environment_variables variables;
    bool is_started;

    if (spare != NULL)
        memcpy(worker->instance, spare->instance, sizeof worker->instance);
    platform_lines_init_start(&worker->base, worker->instance);
    if (way == WORKER_MOUNT_FAILED)
        return false;
    if (!environment_variables_make(&options, &variables)) {
        errno = ENOMEM;
        return fail_system(worker, "memory");
    }
    if (worker_command_make(settings, &variables, services->bundled_folder, interpreter, &command))
        is_started = start_command(worker, &command, &variables, spare);
    else
        is_started = fail_start(worker, &command);
    environment_variables_clear(&variables);
    return is_started;
}

void worker_fail_soon(struct worker *worker)
{
    (void)uv_timer_start(&worker->timer, on_start_failed, 0, 0);
}

static void on_interpreter_found(const struct bundled_language *language, const char *path,
                                 const char *problem, void *context)
{
    struct worker *worker = context;

    (void)language;
    worker->phase = WORKER_STARTING;
    if (worker->base.state == ENVIRONMENT_SHUTDOWN) {
        worker_close_handles(worker);
        return;
    }
    if (path != NULL && start(worker, path))
        return;
    if (path == NULL) {
        worker_set_failure(worker, WORKER_FAILURE_PLATFORM, "Runtime.InvalidEntrypoint", problem);
        log_write(worker->base.services->log, LOG_WARN, "%s: %s",
                  worker->base.settings->function->name, problem);
    }
    worker_fail_soon(worker);
}

/* Searches the PATH that the function will see. */
static bool find_interpreter(struct worker *worker)
{
    const char *search_path = interpreter_search_path(worker->base.settings);
    char path[INTERPRETER_PATH_SIZE];

    if (interpreters_find(worker->base.services->interpreters, worker->base.settings, search_path,
                          path, on_interpreter_found, worker))
        return path[0] != '\0' ? start(worker, path) : fail_system(worker, "memory");
    worker->phase = WORKER_SEARCHING;
    return true;
}

static void watch_code(struct worker *worker)
{
    const struct function_version *settings = worker->base.settings;
    struct source_watcher *watcher = worker->base.services->source_watcher;

    if (watcher == NULL)
        return;
    worker->base.source = source_watcher_watch(
        watcher, settings->function->name,
        settings->code_uri != NULL ? settings->code_uri : settings->working_directory, NULL);
    if (worker->base.source != NULL)
        source_run_begins(worker->base.source);
    for (size_t i = 0; i < settings->layers.count; i++)
        source_watcher_watch(watcher, settings->function->name, settings->layers.items[i], NULL);
}

bool worker_start(struct worker *worker)
{
    const struct environment_services *services = worker->base.services;
    const struct function_version *settings = worker->base.settings;
    unsigned short number;

    if (!settings->attach) /* its process is not ours to replace */
        watch_code(worker);
    hex_32_make(services->random, worker->instance);
    worker->port = services->ports->open(services->ports->context, worker, &number);
    if (worker->port == NULL)
        return fail_system(worker, "a port for the Runtime API");
    (void)snprintf(worker->runtime_api, sizeof worker->runtime_api, "127.0.0.1:%u", number);
    if (worker->base.settings->attach) {
        log_write(services->log, LOG_INFO, "%s: start your handler with AWS_LAMBDA_RUNTIME_API=%s",
                  worker->base.settings->function->name, worker->runtime_api);
        return true;
    }
    return worker_command_needs_interpreter(worker->base.settings) ? find_interpreter(worker)
                                                                   : start(worker, NULL);
}
