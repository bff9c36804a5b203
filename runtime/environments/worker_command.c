#include "runtime/environments/worker_command.h"

#include "config/names/bundled_language.h"
#include "runtime/environments/layer_variables.h"
#include "runtime/process/task_mount.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char exec_wrapper[] = "AWS_LAMBDA_EXEC_WRAPPER";

static bool fail(struct worker_command *command, const char *error_type, const char *failure)
{
    command->error_type = error_type;
    (void)snprintf(command->failure, sizeof command->failure, "%s", failure);
    return false;
}

static bool add(struct worker_command *command, size_t *count, const char *argument)
{
    if (*count + 1 >= WORKER_ARGUMENTS_MAX)
        return fail(command, "Runtime.InvalidEntrypoint", "the command has too many arguments");
    command->arguments[(*count)++] = argument;
    command->arguments[*count] = NULL;
    return true;
}

static bool add_list(struct worker_command *command, size_t *count, const struct string_list *list)
{
    bool is_added = true;

    for (size_t i = 0; i < list->count && is_added; i++)
        is_added = add(command, count, list->items[i]);
    return is_added;
}

static bool find_bootstrap(const struct function_version *settings, bool is_mounted,
                           struct worker_command *command)
{
    (void)snprintf(command->path, sizeof command->path, "%s/bootstrap", settings->code_uri);
    const bool is_own = access(command->path, F_OK) == 0;

    if (is_own || layer_find_file(settings, "bootstrap", command->path, sizeof command->path)) {
        if (is_mounted)
            (void)snprintf(command->path, sizeof command->path, "%s/bootstrap",
                           is_own ? task_mount_code : task_mount_layers);
        return true;
    }
    return fail(command, "Runtime.InvalidEntrypoint",
                "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
}

bool worker_command_needs_interpreter(const struct function_version *settings)
{
    return bundled_language_of(settings->family) != NULL &&
           settings->debug_command.count == 0; /* a debug command brings its own */
}

void worker_command_script(const struct bundled_language *language, const char *bundled_folder,
                           char path[WORKER_PATH_SIZE])
{
    (void)snprintf(path, WORKER_PATH_SIZE, "%s/%s", bundled_folder, language->script);
}

void worker_command_flags(const struct function_version *settings, struct worker_flags *flags)
{
    const unsigned new_space_mb = settings->memory_mb / 10;

    flags->count = 0;
    if (settings->family != RUNTIME_FAMILY_NODEJS)
        return;
    (void)snprintf(flags->texts[flags->count++], WORKER_FLAG_SIZE, "--max-semi-space-size=%u",
                   new_space_mb / 2);
    (void)snprintf(flags->texts[flags->count++], WORKER_FLAG_SIZE, "--max-old-space-size=%u",
                   settings->memory_mb - new_space_mb);
}

/* A debug command brings its own interpreter, and flags. */
static bool add_interpreter(const struct function_version *settings, const char *interpreter,
                            struct worker_command *command, size_t *count)
{
    bool is_added = add(command, count, interpreter);

    worker_command_flags(settings, &command->flags);
    for (size_t i = 0; i < command->flags.count && is_added; i++)
        is_added = add(command, count, command->flags.texts[i]);
    return is_added;
}

static bool add_program(const struct function_version *settings,
                        const struct environment_variables *variables, const char *bundled_folder,
                        const char *interpreter, struct worker_command *command, size_t *count)
{
    if (settings->kind == FUNCTION_IMAGE || settings->family == RUNTIME_FAMILY_CLIENT)
        return add_list(command, count, &settings->command);
    if (settings->family == RUNTIME_FAMILY_PROVIDED)
        return find_bootstrap(settings, variables->is_mounted, command) &&
               add(command, count, command->path);
    command->is_bundled = true;
    worker_command_script(bundled_language_of(settings->family), bundled_folder, command->path);
    if (interpreter != NULL && !add_interpreter(settings, interpreter, command, count))
        return false;
    return add(command, count, command->path);
}

bool worker_command_make(const struct function_version *settings,
                         const struct environment_variables *variables, const char *bundled_folder,
                         const char *interpreter, struct worker_command *command)
{
    const char *wrapper = environment_variables_value(variables, exec_wrapper);
    struct stat status;
    size_t count = 0;

    assert(settings->kind == FUNCTION_RUNTIME || settings->kind == FUNCTION_IMAGE);
    command->error_type = NULL;
    command->is_bundled = false;
    command->working_directory =
        variables->is_mounted ? task_mount_code : settings->working_directory;
    if (stat(settings->working_directory, &status) != 0 || !S_ISDIR(status.st_mode))
        return fail(command, "Runtime.InvalidWorkingDir", "chdir: no such file or directory");
    command->has_wrapper = wrapper != NULL;
    if (wrapper != NULL && !add(command, &count, wrapper))
        return false;
    return add_list(command, &count, &settings->debug_command) &&
           add_program(settings, variables, bundled_folder, interpreter, command, &count);
}

/* AWS's messages name the paths inside its sandbox; a missing wrapper is noticed by the shell there. */
void worker_command_failure(const struct function_version *settings, struct worker_command *command,
                            int error)
{
    char reason[128];
    const char *program =
        settings->family == RUNTIME_FAMILY_PROVIDED ? "/var/task/bootstrap" : command->arguments[0];
    const char *text = strerror_r(error, reason, sizeof reason);

    if (command->has_wrapper) {
        (void)fail(command, "Runtime.ExitError", "Runtime exited with error: exit status 127");
        return;
    }
    command->error_type = "Runtime.InvalidEntrypoint";
    (void)snprintf(command->failure, sizeof command->failure, "fork/exec %s: %c%s", program,
                   text[0] >= 'A' && text[0] <= 'Z' ? text[0] + 'a' - 'A' : text[0], text + 1);
}
