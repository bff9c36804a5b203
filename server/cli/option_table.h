/*
 * option_table.h - the commands and options of the program: names, environment variables, values, help.
 *
 * options.c reads a command line by these tables, help_text() prints them, and tests compare the man page with them.
 *
 * To add an option, add a row to option_table.c, a member to struct options, and a paragraph to docs/invoked.1.
 */
#ifndef SERVER_CLI_OPTION_TABLE_H
#define SERVER_CLI_OPTION_TABLE_H

#include "server/cli/options.h"

/* Bits of `commands`. */
#define FOR(command) (1u << (command))

/*
 * Stores `value` (NULL for a flag, never empty) in the member of `options` at offset `member`. Returns NULL, or what
 * the value must be ("must be 0 to 65535"). The options may keep pointing at `value`.
 */
typedef const char *option_store_fn(struct options *options, size_t member, const char *value);

struct option_row {
    const char *name;       /* without the dashes */
    char letter;            /* 0 for none */
    const char *value;      /* its placeholder in --help; NULL for a flag */
    unsigned commands;      /* FOR() each command that has it */
    option_store_fn *store; /* NULL: --help and --version, which set nothing */
    size_t member;          /* offsetof(struct options, ...) */
    const char
        *variables[2]; /* environment variables, the first that is set counts; NULL for none */
    const char *default_text; /* as --help prints it; NULL for none */
    const char *help;
};

enum { OPTION_COUNT = 30 };

extern const struct option_row option_table[OPTION_COUNT];

struct command_row {
    const char *name, *usage, *purpose, *details;
};

extern const struct command_row command_table[OPTIONS_COMMAND_COUNT];

enum { HELP_COLUMNS = 80 };

/*
 * The output of --help, at most HELP_COLUMNS wide: for the whole program when `command` is OPTIONS_COMMAND_COUNT, else
 * for that command. Returns owned, NULL when out of memory.
 */
char *help_text(enum options_command command);

#endif
