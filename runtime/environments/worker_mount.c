#include "runtime/bundled/interpreter.h"
#include "runtime/environments/worker_internal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char opt[] = "/opt/";

/* A debugger knows the code by the path that its editor has opened. */
bool worker_mount_is_wanted(const struct function_version *settings)
{
    if (settings->kind != FUNCTION_RUNTIME || settings->attach)
        return false;
    return settings->mount_task == MOUNT_TASK_ON ||
           (settings->mount_task == MOUNT_TASK_AUTO && settings->layers.count > 0 &&
            settings->debug_command.count == 0);
}

static bool is_in_opt(const char *path)
{
    return path != NULL && strncmp(path, opt, strlen(opt)) == 0;
}

/* Is a program or the bundled runtime in the machine's /opt, such as an interpreter in /opt/venv? */
static bool needs_opt(const struct worker *worker, const char *interpreter)
{
    const char *search_path = interpreter_search_path(worker->base.settings);
    char real[PATH_MAX];

    for (const char *part = search_path; *part != '\0'; part++) {
        if ((part == search_path || part[-1] == ':') && is_in_opt(part))
            return true;
    }
    return is_in_opt(interpreter) || is_in_opt(worker->base.services->bundled_folder) ||
           (interpreter != NULL && realpath(interpreter, real) != NULL && is_in_opt(real));
}

enum worker_mount worker_mount_prepare(struct worker *worker, const char *interpreter,
                                       struct task_mount *mount)
{
    const struct environment_services *services = worker->base.services;
    const struct function_version *settings = worker->base.settings;
    const struct task_mount_options options = {
        .code = settings->code_uri,
        .layers = &settings->layers,
        .needs_opt = settings->layers.count > 0 && needs_opt(worker, interpreter),
    };
    char message[WORKER_FAILURE_SIZE];
    const char *problem;

    if (services->task_mounts == NULL || !worker_mount_is_wanted(settings))
        return WORKER_MOUNT_NONE;
    problem = task_mount_prepare(services->task_mounts, &options, mount);
    if (problem == NULL)
        return WORKER_MOUNT_READY;
    if (settings->mount_task == MOUNT_TASK_AUTO) {
        if (task_mounts_tell(services->task_mounts))
            log_write(services->log, LOG_INFO, "%s: layers are not at /opt: %s",
                      settings->function->name, problem);
        return WORKER_MOUNT_NONE;
    }
    (void)snprintf(message, sizeof message,
                   "invoked could not start an execution environment: Local.MountTask is on, but "
                   "%s",
                   problem);
    worker_set_failure(worker, WORKER_FAILURE_SYSTEM, "", message);
    log_write(services->log, LOG_ERROR, "%s: %s", settings->function->name, message);
    return WORKER_MOUNT_FAILED;
}
