/*
 * env_vars.h - the file of --env-vars, as `sam local` reads it: {"Function": {"NAME": "value"}, "Parameters": {...}}.
 *
 * A function stands there by its name or its logical id; what Parameters sets is for all functions, below that. Unlike
 * `sam local`, which ignores a variable that the template doesn't declare, it sets each of them.
 *
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-invoke.html
 */
#ifndef CONFIG_VALUES_ENV_VARS_H
#define CONFIG_VALUES_ENV_VARS_H

#include <stdbool.h>

struct document;
struct node;
struct problem_list;

/* Reads the file at `path` into an empty document. False with a problem. */
bool env_vars_read(struct document *document, const char *path, struct problem_list *problems);

/* Of a function: by name, else by logical id (which may be NULL). NULL for none. `file` is the root, or NULL. */
const struct node *env_vars_of(const struct node *file, const char *name, const char *logical_id);

/* Of all functions. NULL for none. */
const struct node *env_vars_of_all(const struct node *file);

#endif
