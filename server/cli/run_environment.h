/*
 * run_environment.h - what COMMAND of `invoked run` sees: the variables that lead every AWS SDK to the server.
 *
 * Those that would lead it elsewhere (a profile, a session of real credentials) are left out, and all others stay.
 * AWS_ACCESS_KEY_ID stays where it is 12 digits: it chooses an account of the server.
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
