/*
 * environment_variables.h - the variables that a handler's process sees: Lambda's reserved ones, the function's own, and
 * those of the server that it may inherit.
 *
 * Source: AWS's recorded environments of 2025 and 2026. There is no AWS_LAMBDA_FUNCTION_TIMEOUT.
 */
#ifndef RUNTIME_ENVIRONMENTS_ENVIRONMENT_VARIABLES_H
#define RUNTIME_ENVIRONMENTS_ENVIRONMENT_VARIABLES_H

#include "runtime/environments/execution_environment.h"

struct environment_variables {
    size_t count, capacity;
    char **items; /* "NAME=VALUE" each, ended by NULL */
    bool
        is_mounted; /* the code is at /var/task, the layers at /opt (runtime/process/task_mount.h) */
};

struct environment_variables_options {
    const struct environment *environment;
    const char *runtime_api;    /* "127.0.0.1:40123"; NULL where no Runtime API is offered */
    const char *runtime_folder; /* LAMBDA_RUNTIME_DIR; NULL for none */
    const char
        *trace_header; /* _X_AMZN_TRACE_ID of a process that runs one invocation; NULL otherwise */
    const char *
        instance; /* 32 hexadecimal digits of the log stream's name, which tell environments apart */
    bool is_mounted; /* see above */
};

/* False when out of memory; `variables` is then empty. The caller clears it. */
bool environment_variables_make(const struct environment_variables_options *options,
                                struct environment_variables *variables);

/* Those that every handler sees, for a process that is started before its function is known. */
bool environment_variables_make_bare(const char *instance, struct environment_variables *variables);

void environment_variables_clear(struct environment_variables *variables);

/* Sets or replaces one; copies both. False when out of memory. */
bool environment_variables_put(struct environment_variables *variables, const char *name,
                               const char *value);

/* Borrowed: the value of a variable; NULL when it is not there. */
const char *environment_variables_value(const struct environment_variables *variables,
                                        const char *name);

#endif
