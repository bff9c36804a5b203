/*
 * layer_variables.h - how a process finds what is in its function's layers: by the variables that AWS sets for /opt.
 *
 * Where the layers aren't at /opt (runtime/process/task_mount.h), each path below /opt in these variables, the
 * function's own ones too, becomes that path in each layer that has it, the last layer first: so it hides the same file
 * of an earlier one.
 *
 * Used by:  environment_variables.c.
 */
#ifndef RUNTIME_ENVIRONMENTS_LAYER_VARIABLES_H
#define RUNTIME_ENVIRONMENTS_LAYER_VARIABLES_H

#include "runtime/environments/environment_variables.h"

/* Nothing for a function without layers. False when out of memory. */
bool layer_variables_put(struct environment_variables *variables,
                         const struct function_version *settings, const char *runtime_folder,
                         bool is_mounted);

/* The file of that name in the last layer that has it. False when none has it. */
bool layer_find_file(const struct function_version *settings, const char *name, char *path,
                     size_t size);

#endif
