/*
 * help_text.h - what --help prints, laid out from the option table in at most 80 columns.
 */
#ifndef SERVER_CLI_HELP_TEXT_H
#define SERVER_CLI_HELP_TEXT_H

#include "server/cli/options.h"

enum { HELP_COLUMNS = 80 };

/*
 * Of the whole program when `command` is OPTIONS_COMMAND_COUNT, else of that one. Returns owned, NULL when memory is
 * short.
 */
char *help_text(enum options_command command);

#endif
