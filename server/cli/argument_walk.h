/*
 * argument_walk.h - a command line taken apart, one step at a time: options with their values, and what is none.
 *
 * Knows "--name value", "--name=value", "-n value", "-nvalue", and "--", behind which nothing is an option any more.
 */
#ifndef SERVER_CLI_ARGUMENT_WALK_H
#define SERVER_CLI_ARGUMENT_WALK_H

#include <stdbool.h>

struct option_row;

enum argument_kind {
    ARGUMENT_POSITIONAL, /* also "-" */
    ARGUMENT_OPTION,
    ARGUMENT_UNKNOWN,   /* looks like an option, and is none */
    ARGUMENT_SEPARATOR, /* "--" */
    ARGUMENT_END
};

struct argument {
    enum argument_kind kind;
    const struct option_row *row; /* ARGUMENT_OPTION; else NULL */
    const char *text;             /* as it stands */
    const char *value; /* ARGUMENT_OPTION; NULL where there is none, be it wanted or not */
};

/* The caller's memory; only `next` is of interest to others: the index of what comes next. */
struct argument_walk {
    int argc, next;
    char *const *argv;
    bool is_behind_separator;
};

/* Borrows `argv`; argv[0], the program, is left out. */
void argument_walk_start(struct argument_walk *walk, int argc, char *const *argv);

struct argument argument_walk_next(struct argument_walk *walk);

#endif
