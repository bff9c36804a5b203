/*
 * The command line is read twice. The first reading finds the command, which may follow options ("invoked --port 3002
 * run ..."), and notices --help. The second stores the values, after those of the environment, so that flags win.
 */
#include "server/cli/options.h"

#include "config/names/nearest_name.h"
#include "server/cli/option_table.h"
#include "server/cli/version.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* getopt_long() returns a letter for a short option, and FIRST_ROW plus the row's number for a long one. */
enum { POSITIONAL = 1, FIRST_ROW = 256, NAME_TEXT_MAX = 64 };

enum argument_kind {
    ARGUMENT_POSITIONAL,
    ARGUMENT_OPTION,
    ARGUMENT_NO_VALUE, /* the option needs one */
    ARGUMENT_VALUE,    /* the option takes none */
    ARGUMENT_UNKNOWN,  /* no such option */
    ARGUMENT_END       /* or "--"; what is left begins at optind */
};

struct argument {
    enum argument_kind kind;
    const struct option_row *row; /* NULL unless it is a known option */
    const char *word;             /* of argv */
    const char *value;
};

struct parser {
    struct options *options;
    const struct options_source *source;
    struct option names[OPTION_COUNT + 1];
    char letters[3 + 2 * OPTION_COUNT];
    const char *bad_word;       /* already reported: "-xyz" is one mistake, not three */
    const char *positionals[3]; /* after the command; one more than any command takes */
    size_t positional_count;
    FILE *problems;
    bool has_problems;
};

__attribute__((format(printf, 2, 3))) static void problem(struct parser *parser, const char *format,
                                                          ...)
{
    va_list arguments;

    fputs("invoked: ", parser->problems);
    va_start(arguments, format);
    (void)vfprintf(parser->problems, format, arguments);
    va_end(arguments);
    fputc('\n', parser->problems);
    parser->has_problems = true;
}

/* ---- getopt_long() over the option table ---- */

/* "-" keeps positional arguments in their place, ":" tells a missing value from an unknown option. */
static void make_names(struct parser *parser)
{
    char *letter = stpcpy(parser->letters, "-:");

    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *const row = &option_table[i];

        parser->names[i] =
            (struct option){.name = row->name,
                            .has_arg = row->value != NULL ? required_argument : no_argument,
                            .val = FIRST_ROW + i};
        if (row->letter == 0)
            continue;
        *letter++ = row->letter;
        if (row->value != NULL)
            *letter++ = ':';
    }
}

static const struct option_row *row_of(int code)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (code == FIRST_ROW + i || (code > 0 && code == option_table[i].letter))
            return &option_table[i];
    }
    return NULL;
}

/* getopt_long() also takes the beginning of a name. We don't: a new option would change what it means. */
static bool is_abbreviated(const char *word, const struct option_row *row)
{
    return word[1] == '-' && strcspn(word + 2, "=") != strlen(row->name);
}

static struct argument next_argument(struct parser *parser)
{
    const int at = optind > 0 ? optind : 1;
    const int code = getopt_long(parser->source->argc, parser->source->argv, parser->letters,
                                 parser->names, NULL);
    struct argument argument = {ARGUMENT_OPTION, NULL, parser->source->argv[at], optarg};

    if (code == -1)
        argument.kind = ARGUMENT_END;
    if (code == POSITIONAL)
        argument.kind = ARGUMENT_POSITIONAL;
    if (code == -1 || code == POSITIONAL)
        return argument;
    argument.row = row_of(code == '?' || code == ':' ? optopt : code);
    if (argument.row == NULL || is_abbreviated(argument.word, argument.row))
        argument.kind = ARGUMENT_UNKNOWN;
    else if (code == '?')
        argument.kind = argument.row->value == NULL ? ARGUMENT_VALUE : ARGUMENT_UNKNOWN;
    else if (code == ':' || (argument.row->value != NULL && optarg[0] == '\0'))
        argument.kind = ARGUMENT_NO_VALUE;
    else if (argument.row->value != NULL && optarg == parser->source->argv[optind - 1] &&
             strncmp(optarg, "--", 2) == 0) {
        argument.kind = ARGUMENT_NO_VALUE; /* "--port --explain": the port is missing */
        optind--;
    }
    return argument;
}

/* ---- the first reading: which command, and does it ask for help? ---- */

static enum options_command command_by_name(const char *name)
{
    int command = 0;

    while (command < OPTIONS_COMMAND_COUNT && strcmp(command_table[command].name, name) != 0)
        command++;
    return (enum options_command)command;
}

struct first_look {
    enum options_command command; /* OPTIONS_COMMAND_COUNT where none is named */
    bool wants_help, wants_version;
};

static struct first_look look_first(struct parser *parser)
{
    struct first_look look = {OPTIONS_COMMAND_COUNT, false, false};
    bool is_first = true;

    optind = 0;
    for (struct argument argument = next_argument(parser); argument.kind != ARGUMENT_END;
         argument = next_argument(parser)) {
        if (argument.kind == ARGUMENT_POSITIONAL && is_first) {
            look.command = command_by_name(argument.value);
            is_first = false;
        }
        if (argument.kind == ARGUMENT_OPTION && argument.row->store == NULL) {
            look.wants_help |= argument.row->letter == 'h';
            look.wants_version |= argument.row->letter == 'V';
        }
    }
    return look;
}

/* ---- the second reading: values ---- */

/* The command's own options win over others as near. NULL when none is near. */
static const char *nearest_option(const char *name, enum options_command command)
{
    struct nearest_name nearest;

    nearest_name_init(&nearest, name);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if ((option_table[i].commands & FOR(command)) != 0)
            nearest_name_offer(&nearest, option_table[i].name);
    }
    for (size_t i = 0; i < OPTION_COUNT; i++)
        nearest_name_offer(&nearest, option_table[i].name);
    return nearest.best;
}

static void report_unknown(struct parser *parser, const struct argument *argument)
{
    const bool is_long = argument->word[1] == '-';
    char name[NAME_TEXT_MAX];
    const char *nearest = argument->row != NULL ? argument->row->name : NULL; /* abbreviated */

    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(argument->word, "="), argument->word);
    if (nearest == NULL && (is_long || strlen(name) > 2))
        nearest = nearest_option(name + (is_long ? 2 : 1), parser->options->command);
    if (nearest != NULL)
        problem(parser, "%s: unknown option; did you mean --%s?", name, nearest);
    else
        problem(parser, "%s: unknown option; `invoked %s --help` lists them", name,
                command_table[parser->options->command].name);
}

static void report_foreign(struct parser *parser, const struct option_row *row)
{
    char owners[NAME_TEXT_MAX] = "";

    for (int command = 0; command < OPTIONS_COMMAND_COUNT; command++) {
        const size_t length = strlen(owners);

        if ((row->commands & FOR(command)) != 0)
            (void)snprintf(owners + length, sizeof owners - length, "%s`%s`",
                           length > 0 ? " and " : "", command_table[command].name);
    }
    problem(parser, "--%s: not an option of `%s`, only of %s", row->name,
            command_table[parser->options->command].name, owners);
}

static void store_option(struct parser *parser, const struct argument *argument)
{
    const struct option_row *const row = argument->row;

    if (argument->word == parser->bad_word)
        return;
    if (argument->kind == ARGUMENT_UNKNOWN) {
        report_unknown(parser, argument);
        parser->bad_word = argument->word;
    } else if ((row->commands & FOR(parser->options->command)) == 0) {
        report_foreign(parser, row);
    } else if (argument->kind == ARGUMENT_VALUE) {
        problem(parser, "--%s: takes no value (is %s)", row->name, strchr(argument->word, '=') + 1);
    } else if (argument->kind == ARGUMENT_NO_VALUE) {
        problem(parser, "--%s: missing value: --%s %s", row->name, row->name, row->value);
    } else if (row->store != NULL) {
        const char *const why = row->store(parser->options, row->member, argument->value);

        if (why != NULL)
            problem(parser, "--%s: %s (is %s)", row->name, why, argument->value);
    }
}

static void store_variables_of(struct parser *parser, const struct option_row *row)
{
    for (size_t i = 0; i < 2 && row->variables[i] != NULL; i++) {
        const char *const value =
            parser->source->variable(row->variables[i], parser->source->context);

        if (value == NULL || value[0] == '\0')
            continue;
        const char *const why = row->store(parser->options, row->member, value);

        if (why != NULL)
            problem(parser, "%s: %s (is %s)", row->variables[i], why, value);
        return;
    }
}

static void store_variables(struct parser *parser)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if ((option_table[i].commands & FOR(parser->options->command)) != 0)
            store_variables_of(parser, &option_table[i]);
    }
}

static void add_positional(struct parser *parser, const char *text)
{
    const size_t most = sizeof parser->positionals / sizeof parser->positionals[0];

    if (parser->positional_count < most)
        parser->positionals[parser->positional_count++] = text;
}

/* What follows "--" is COMMAND for `run`, and positional for the others. */
static void store_arguments(struct parser *parser, bool is_command_named)
{
    const int argc = parser->source->argc;
    char *const *const argv = parser->source->argv;
    struct argument argument;

    optind = 0;
    for (argument = next_argument(parser); argument.kind != ARGUMENT_END;
         argument = next_argument(parser)) {
        if (argument.kind != ARGUMENT_POSITIONAL)
            store_option(parser, &argument);
        else if (is_command_named)
            is_command_named = false;
        else
            add_positional(parser, argument.value);
    }
    if (argument.word != NULL && parser->options->command == COMMAND_RUN)
        parser->options->run_argv = argv + optind;
    else
        for (int i = optind; i < argc; i++)
            add_positional(parser, argv[i]);
}

/* ---- what the positional arguments mean ---- */

static bool exists(const struct parser *parser, const char *path)
{
    return parser->source->exists(path, parser->source->context);
}

/* "invoked srve": neither a file nor a command, but near to one. */
static bool is_mistyped_command(struct parser *parser, const char *word)
{
    struct nearest_name nearest;

    if (strpbrk(word, "/.") != NULL || exists(parser, word))
        return false;
    nearest_name_init(&nearest, word);
    for (int command = 0; command < OPTIONS_COMMAND_COUNT; command++)
        nearest_name_offer(&nearest, command_table[command].name);
    if (nearest.best == NULL)
        return false;
    problem(parser, "%s: no such command, file or folder; did you mean `%s`?", word, nearest.best);
    return true;
}

static void find_config(struct parser *parser)
{
    static const char *const defaults[] = {"./invoked.json", "./template.yaml", "./template.yml",
                                           "./serverless.yml", "./serverless.yaml"};
    struct options *const options = parser->options;

    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        if (exists(parser, defaults[i])) {
            options->config_path = defaults[i];
            return;
        }
    }
    problem(parser,
            "found neither ./invoked.json nor ./template.yaml nor ./serverless.yml: name a "
            "configuration file, a "
            "template or a folder of functions, as in `invoked %s%sconfig/invoked.json%s`",
            options->command == COMMAND_SERVE ? "" : command_table[options->command].name,
            options->command == COMMAND_SERVE ? "" : " ",
            options->command == COMMAND_RUN ? " -- COMMAND" : "");
}

static void read_config_argument(struct parser *parser, bool is_command_named)
{
    const char *const *const positionals = parser->positionals;

    if (parser->positional_count == 0) {
        find_config(parser);
        return;
    }
    if (!is_command_named && is_mistyped_command(parser, positionals[0]))
        return;
    parser->options->config_path = positionals[0];
    if (parser->positional_count > 1 && parser->options->command == COMMAND_RUN)
        problem(parser,
                "%s: unexpected argument; put the command after --: invoked run %s -- %s ...",
                positionals[1], positionals[0], positionals[1]);
    else if (parser->positional_count > 1)
        problem(parser, "%s: unexpected argument; CONFIG is already %s", positionals[1],
                positionals[0]);
}

static void read_run_arguments(struct parser *parser, bool is_command_named)
{
    char *const *const run_argv = parser->options->run_argv;

    if (run_argv != NULL ? run_argv[0] == NULL : parser->positional_count < 2)
        problem(parser, "missing COMMAND%s: %s", run_argv != NULL ? " after --" : "",
                command_table[COMMAND_RUN].usage);
    read_config_argument(parser, is_command_named);
}

static void read_payload(struct parser *parser, const char *payload)
{
    struct invoke_options *const invoke = &parser->options->invoke;

    if (strcmp(payload, "-") == 0) {
        invoke->payload_source = PAYLOAD_STANDARD_INPUT;
    } else if (payload[0] == '@') {
        invoke->payload_source = PAYLOAD_FILE;
        invoke->payload = payload + 1;
        if (payload[1] == '\0')
            problem(parser, "@: missing file name, as in @event.json");
    } else {
        invoke->payload_source = PAYLOAD_TEXT;
        invoke->payload = payload;
    }
}

static void read_invoke_arguments(struct parser *parser)
{
    if (parser->positional_count == 0 || parser->positionals[0][0] == '\0') {
        problem(parser, "missing NAME: %s", command_table[COMMAND_INVOKE].usage);
        return;
    }
    parser->options->invoke.function_name = parser->positionals[0];
    if (parser->positional_count > 1)
        read_payload(parser, parser->positionals[1]);
    if (parser->positional_count > 2)
        problem(parser,
                "%s: unexpected argument; put JSON in single quotes: '{\"key\": \"value\"}'",
                parser->positionals[2]);
}

static void read_plan_arguments(struct parser *parser)
{
    if (parser->positional_count == 0 || parser->positionals[0][0] == '\0') {
        problem(parser, "missing NAME: %s", command_table[COMMAND_PLAN].usage);
        return;
    }
    parser->options->invoke.function_name = parser->positionals[0];
    if (parser->positional_count > 1)
        problem(parser, "%s: unexpected argument; NAME is already %s", parser->positionals[1],
                parser->positionals[0]);
}

static void read_deploy_arguments(struct parser *parser)
{
    if (parser->positional_count < 2 || parser->positionals[0][0] == '\0') {
        problem(parser, "missing %s: %s", parser->positional_count == 0 ? "NAME" : "FOLDER or ZIP",
                command_table[COMMAND_DEPLOY].usage);
        return;
    }
    parser->options->invoke.function_name = parser->positionals[0];
    parser->options->deploy.code = parser->positionals[1];
    if (parser->positional_count > 2)
        problem(parser, "%s: unexpected argument; the code is already %s", parser->positionals[2],
                parser->positionals[1]);
}

static void read_positionals(struct parser *parser, bool is_command_named)
{
    switch (parser->options->command) {
    case COMMAND_SERVE:
    case COMMAND_CHECK:
        read_config_argument(parser, is_command_named);
        break;
    case COMMAND_RUN:
        read_run_arguments(parser, is_command_named);
        break;
    case COMMAND_INVOKE:
        read_invoke_arguments(parser);
        break;
    case COMMAND_PLAN:
        read_plan_arguments(parser);
        break;
    case COMMAND_DEPLOY:
        read_deploy_arguments(parser);
        break;
    case COMMAND_FUNCTIONS:
        if (parser->positional_count > 0)
            problem(parser, "%s: unexpected argument", parser->positionals[0]);
        break;
    case OPTIONS_COMMAND_COUNT:
        break;
    }
}

/* ---- the whole ---- */

static void set_defaults(struct options *options, enum options_command command)
{
    const bool is_run = command == COMMAND_RUN;

    options->command = command;
    options->host = "127.0.0.1";
    options->port = is_run ? 0 : PORT_DEFAULT;
    options->data_dir = is_run ? NULL : "./.invoked";
    options->clock_mode = CLOCK_REAL;
    options->clock_factor = 1;
    options->watches = true;
    options->has_console = true;
    options->log_format = LOG_TEXT;
    options->log_level = is_run ? LOG_LEVEL_COUNT : LOG_INFO; /* settle_log_level() */
    options->invoke.invocation_type = "RequestResponse";
    options->invoke.endpoint = "http://127.0.0.1:3001";
}

/* The log of `run` mixes with COMMAND's output, so it is short unless --explain asks for more. */
static void settle_log_level(struct options *options)
{
    if (options->log_level == LOG_LEVEL_COUNT)
        options->log_level = options->explains ? LOG_INFO : LOG_WARN;
}

static enum options_status show(struct options *options, const struct first_look *look)
{
    options->text = look->wants_help ? help_text(look->command) : strdup(version_text());
    return options->text != NULL ? OPTIONS_SHOW : OPTIONS_NO_MEMORY;
}

enum options_status options_parse(struct options *options, const struct options_source *source)
{
    struct parser parser = {.options = options, .source = source};
    size_t length = 0;

    memset(options, 0, sizeof *options);
    opterr = 0;
    make_names(&parser);
    const struct first_look look = look_first(&parser);
    const bool is_command_named = look.command != OPTIONS_COMMAND_COUNT;

    if (look.wants_help || look.wants_version)
        return show(options, &look);
    set_defaults(options, is_command_named ? look.command : COMMAND_SERVE);
    options->parameters.items = calloc((size_t)source->argc + 1, sizeof(char *));
    parser.problems = open_memstream(&options->text, &length);
    if (options->parameters.items == NULL || parser.problems == NULL) {
        if (parser.problems != NULL)
            (void)fclose(parser.problems);
        return OPTIONS_NO_MEMORY;
    }
    store_variables(&parser);
    store_arguments(&parser, is_command_named);
    read_positionals(&parser, is_command_named);
    settle_log_level(options);
    const bool is_whole = ferror(parser.problems) == 0;

    if (fclose(parser.problems) != 0 || !is_whole)
        return OPTIONS_NO_MEMORY;
    if (parser.has_problems)
        return OPTIONS_BAD;
    free(options->text);
    options->text = NULL;
    return OPTIONS_OK;
}

void options_clear(struct options *options)
{
    free(options->parameters.items);
    free(options->text);
    memset(options, 0, sizeof *options);
}
