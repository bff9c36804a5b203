/*
 * check_report.h - what `invoked check` says of a configuration: a table for people, JSON for programs.
 *
 * Used by: check_command.c.
 */
#ifndef SERVER_CLI_CHECK_REPORT_H
#define SERVER_CLI_CHECK_REPORT_H

#include "config/config.h"

/* A row for each function, on standard output: how it runs, where its code is, and why it is left out. */
void check_report_table(const struct config *config);

/* One object on standard output. `config` is NULL when there are errors. False when out of memory. */
bool check_report_json(const struct config *config, const struct config_problems *warnings,
                       const struct config_problems *errors);

#endif
