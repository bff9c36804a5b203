/*
 * options.h - reads the command line and the environment variables into one struct.
 *
 * Reads only what it is given, prints nothing, starts nothing; not reentrant, as getopt_long() isn't. A flag beats its
 * environment variable, which beats the default. All mistakes are reported at once.
 *
 * Used by: main.c. The options themselves: option_table.h.
 */
#ifndef SERVER_CLI_OPTIONS_H
#define SERVER_CLI_OPTIONS_H

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"

#include <stdbool.h>
#include <stdint.h>

enum { PORT_DEFAULT = 3001, CLOCK_FACTOR_MAX = 1000000, OPTIONS_EXIT_BAD_USAGE = 2 };

enum options_command {
    COMMAND_SERVE,
    COMMAND_RUN,
    COMMAND_INVOKE,
    COMMAND_PLAN,
    COMMAND_FUNCTIONS,
    COMMAND_DEPLOY,
    COMMAND_CHECK,
    OPTIONS_COMMAND_COUNT
};

enum payload_source { PAYLOAD_NONE, PAYLOAD_TEXT, PAYLOAD_FILE, PAYLOAD_STANDARD_INPUT };

/* For the commands that ask a running server: `invoke`, `plan`, `functions` and `deploy`. */
struct invoke_options {
    const char *function_name;
    enum payload_source payload_source;
    const char *payload;         /* PAYLOAD_TEXT: itself; PAYLOAD_FILE: its path; else NULL */
    const char *invocation_type; /* "RequestResponse", "Event" or "DryRun" */
    const char *qualifier;       /* NULL for none */
    const char *client_context;  /* JSON, not checked; NULL for none */
    const char *endpoint;        /* "http://127.0.0.1:3001" */
    bool wants_tail;
};

/* For `invoked deploy`; options that weren't given are NULL or 0. The function and the server are in invoke_options. */
struct deploy_options {
    const char *code; /* a folder or a .zip */
    const char *runtime, *handler;
    unsigned timeout_s, memory_mb;
};

/* Texts are borrowed from argv and the environment. */
struct options {
    enum options_command command;
    const char *config_path; /* as given, or found in the current folder; NULL for COMMAND_INVOKE */
    const char *host;
    uint16_t port;          /* 0: a free one */
    const char *data_dir;   /* NULL: a temporary folder */
    const char *ready_file; /* NULL for none */
    enum clock_mode clock_mode;
    unsigned clock_factor;         /* of CLOCK_FASTER; else 1 */
    struct string_list parameters; /* NAME=VALUE each, in order; COMMAND_DEPLOY: variables */
    const char *env_vars;          /* file with variables of functions; NULL for none */
    const char *config_env;        /* environment of samconfig.toml; NULL: "default" */
    bool watches;
    bool has_console;
    bool explains;
    bool serves_apis;          /* --http */
    bool fails_on_dead_letter; /* COMMAND_RUN */
    bool drains;               /* COMMAND_RUN */
    bool is_strict;            /* COMMAND_CHECK */
    bool wants_json;           /* COMMAND_CHECK, COMMAND_FUNCTIONS */
    enum log_format log_format;
    enum log_level log_level;
    char *const *run_argv; /* COMMAND_RUN: COMMAND and its arguments, ended by NULL */
    struct invoke_options invoke;
    struct deploy_options deploy;
    char *text; /* owned: lines to print; NULL on OPTIONS_OK */
};

typedef const char *options_variable_fn(const char *name, void *context);
typedef bool options_exists_fn(const char *path, void *context);

/* What to read. */
struct options_source {
    int argc;
    char *const *argv;             /* as main() gets it, ended by NULL */
    options_variable_fn *variable; /* NULL if it is not set */
    options_exists_fn *exists;     /* is there such a file or folder? */
    void *context;                 /* for both */
};

enum options_status {
    OPTIONS_OK,
    OPTIONS_SHOW, /* --help or --version: print `text` on stdout, exit 0 */
    OPTIONS_BAD, /* print `text`, a line for each problem, on stderr, exit OPTIONS_EXIT_BAD_USAGE */
    OPTIONS_NO_MEMORY
};

/* The caller clears `options` whatever the status. */
enum options_status options_parse(struct options *options, const struct options_source *source);
void options_clear(struct options *options);

#endif
