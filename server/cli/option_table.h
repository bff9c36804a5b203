/*
 * option_table.h - every option of the command line: its names, its environment variable, to which commands it
 * belongs, how its value is read, and what --help says of it.
 *
 * Used by: options.c (reads a command line by it), help_text.c (prints it).
 *
 * To add an option, add a row, and a member to struct options.
 */
#ifndef SERVER_CLI_OPTION_TABLE_H
#define SERVER_CLI_OPTION_TABLE_H

#include "server/cli/options.h"

/* Bits of `commands`. */
#define FOR(command) (1u << (command))

/*
 * Reads `value` (NULL for a flag) into the options. Returns NULL, or what it must be ("must be 0 to 65535"). May
 * leave `value` pointed at.
 */
typedef const char *option_store_fn(struct options *options, const char *value);

struct option_row {
    const char *name;         /* without the dashes */
    char letter;              /* 0 for none */
    const char *value;        /* what stands for the value in --help; NULL: it takes none */
    unsigned commands;        /* FOR() each that it belongs to */
    option_store_fn *store;   /* NULL: --help and --version, which are no settings */
    const char *variables[2]; /* the environment's, the first that is set counts; NULL for none */
    const char *default_text; /* as --help says it; NULL for none */
    const char *help;
};

enum { OPTION_COUNT = 18 };

extern const struct option_row option_table[OPTION_COUNT];

/* "serve", "run", ... by enum options_command. */
extern const char *const option_commands[OPTIONS_COMMAND_COUNT];

#endif
