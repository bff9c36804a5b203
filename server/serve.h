/*
 * serve.h - `invoked serve` and `invoked check`: the configuration, the ready line and file, signals, the exit status.
 */
#ifndef SERVER_SERVE_H
#define SERVER_SERVE_H

#include "server/options.h"

enum { EXIT_GOOD = 0, EXIT_CANNOT_RUN = 1, EXIT_BAD_CONFIGURATION = 2 };

/* Return the exit status. */
int serve(const struct options *options);
int serve_check(const struct options *options);

/* Reads the configuration; NULL when it is bad, and then all faults have been written to standard error. */
struct config *serve_load_config(const struct options *options);

#endif
