/*
 * worker_command.h - which program runs a warm environment: a bundled runtime under its interpreter, a `bootstrap`, or the
 * command of an image.
 *
 * Decides only; worker_start.c starts it.
 */
#ifndef RUNTIME_ENVIRONMENTS_WORKER_COMMAND_H
#define RUNTIME_ENVIRONMENTS_WORKER_COMMAND_H

#include "runtime/environments/environment_variables.h"
#include "runtime/process/task_mount.h"

enum { WORKER_ARGUMENTS_MAX = 256, WORKER_FAILURE_SIZE = 512, WORKER_PATH_SIZE = 4096 };

struct bundled_language;

/* What stands between an interpreter and its script; ended by NULL. Equal texts mean that a spare process fits. */
enum { WORKER_FLAGS_MAX = 2, WORKER_FLAG_SIZE = 48 };

struct worker_flags {
    char texts[WORKER_FLAGS_MAX][WORKER_FLAG_SIZE];
    size_t count;
};

struct worker_command {
    const char *arguments
        [WORKER_ARGUMENTS_MAX]; /* ended by NULL; borrowed from the settings and from here */
    const char *working_directory;
    struct worker_flags flags; /* of the interpreter; `arguments` point there */
    bool is_bundled;           /* it speaks frames */
    bool has_wrapper; /* AWS_LAMBDA_EXEC_WRAPPER is started, with the program as its argument */
    struct task_mount mount; /* where the variables say that there is one */
    char path
        [WORKER_PATH_SIZE]; /* of the bootstrap, where that is a file of ours or the function's */

    /* The platform's error when there is nothing to start. */
    const char *error_type;
    char failure[WORKER_FAILURE_SIZE];
};

/* Should its process see the code as /var/task, where the machine can do that? */
bool worker_mount_is_wanted(const struct function_version *settings);

/* Does it run under an interpreter that must be found first (interpreter.h)? */
bool worker_command_needs_interpreter(const struct function_version *settings);

/* The file that a bundled runtime begins with. */
void worker_command_script(const struct bundled_language *language, const char *bundled_folder,
                           char path[WORKER_PATH_SIZE]);

/*
 * As the bootstrap of AWS's Node.js runtimes has them: a tenth of MemorySize is for V8's new space, half of it for each of
 * its semi-spaces, and the rest for the old space. Other languages have none.
 */
void worker_command_flags(const struct function_version *settings, struct worker_flags *flags);

/*
 * False with `error_type` and `failure`. `variables` are those the process will see; `interpreter` is NULL where none
 * is needed. All is borrowed.
 */
bool worker_command_make(const struct function_version *settings,
                         const struct environment_variables *variables, const char *bundled_folder,
                         const char *interpreter, struct worker_command *command);

/* What the platform says when the program could not be started: "fork/exec /var/task/bootstrap: permission denied". */
void worker_command_failure(const struct function_version *settings, struct worker_command *command,
                            int error);

#endif
