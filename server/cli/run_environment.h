/*
 * run_environment.h - the environment of COMMAND in `invoked run`: variables that point every AWS SDK to the server.
 *
 * Variables that would point elsewhere (a profile, real session credentials) are removed; all others stay.
 * AWS_ACCESS_KEY_ID stays if it is 12 digits, since it then selects an account of the server.
 */
#ifndef SERVER_CLI_RUN_ENVIRONMENT_H
#define SERVER_CLI_RUN_ENVIRONMENT_H

struct run_environment_options {
    char *const *inherited; /* "NAME=VALUE" each, ended by NULL */
    const char *endpoint;   /* "http://127.0.0.1:43210" */
    const char *region;
};

/* Returns owned, ended by NULL; NULL when out of memory. */
char **run_environment_new(const struct run_environment_options *options);
void run_environment_free(char **environment);

#endif
