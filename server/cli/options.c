/*
 * A command line is read in two passes. The first finds out which command it is, since that may stand behind options
 * ("invoked --port 3002 run ..."), and whether help is asked for. The second stores values, the environment's first,
 * so that flags overwrite them.
 */
#include "server/cli/options.h"

#include "config/names/nearest_name.h"
#include "server/cli/argument_walk.h"
#include "server/cli/help_text.h"
#include "server/cli/option_table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_TEXT_MAX = 64 };

struct parser {
    struct options *options;
    const struct options_source *source;
    struct argument_walk walk;
    const char *positionals
        [3]; /* without the command; one more than any command takes, to be named as too much */
    size_t positional_count;
    FILE *faults;
    bool has_faults;
};

__attribute__((format(printf, 2, 3))) static void fault(struct parser *parser, const char *format,
                                                        ...)
{
    va_list arguments;

    fputs("invoked: ", parser->faults);
    va_start(arguments, format);
    (void)vfprintf(parser->faults, format, arguments);
    va_end(arguments);
    fputc('\n', parser->faults);
    parser->has_faults = true;
}

/* --- the first pass: which command, and is it help that is wanted? --- */

static enum options_command command_by_name(const char *name)
{
    int command = 0;

    while (command < OPTIONS_COMMAND_COUNT && strcmp(option_commands[command], name) != 0)
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

    argument_walk_start(&parser->walk, parser->source->argc, parser->source->argv);
    for (struct argument argument = argument_walk_next(&parser->walk);
         argument.kind != ARGUMENT_END && argument.kind != ARGUMENT_SEPARATOR;
         argument = argument_walk_next(&parser->walk)) {
        if (argument.kind == ARGUMENT_POSITIONAL && is_first) {
            look.command = command_by_name(argument.text);
            is_first = false;
        }
        if (argument.kind == ARGUMENT_OPTION && argument.row->store == NULL) {
            look.wants_help |= argument.row->letter == 'h';
            look.wants_version |= argument.row->letter == 'V';
        }
    }
    return look;
}

/* --- what is near a word that nobody knows --- */

/* The command's own are offered first, so they win over others that are as near. NULL when none is near. */
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

static void fault_unknown(struct parser *parser, const char *argument)
{
    const bool is_long = argument[1] == '-';
    char name[NAME_TEXT_MAX];
    const char *nearest = NULL;

    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(argument, "="), argument);
    if (is_long || strlen(name) > 2)
        nearest = nearest_option(name + (is_long ? 2 : 1), parser->options->command);
    if (nearest != NULL)
        fault(parser, "%s: no such option; did you mean --%s?", name, nearest);
    else
        fault(parser, "%s: no such option; `invoked %s --help` lists them", name,
              option_commands[parser->options->command]);
}

static void fault_belongs_elsewhere(struct parser *parser, const struct option_row *row)
{
    char owners[NAME_TEXT_MAX] = "";

    for (int command = 0; command < OPTIONS_COMMAND_COUNT; command++) {
        const size_t length = strlen(owners);

        if ((row->commands & FOR(command)) != 0)
            (void)snprintf(owners + length, sizeof owners - length, "%s`%s`",
                           length > 0 ? " and " : "", option_commands[command]);
    }
    fault(parser, "--%s: is an option of %s, not of `%s`", row->name, owners,
          option_commands[parser->options->command]);
}

/* --- the second pass: values --- */

static void store_option(struct parser *parser, const struct argument *argument)
{
    const struct option_row *const row = argument->row;
    const char *why;

    if (row->store == NULL)
        return;
    if ((row->commands & FOR(parser->options->command)) == 0) {
        fault_belongs_elsewhere(parser, row);
        return;
    }
    if (row->value == NULL && argument->value != NULL) {
        fault(parser, "--%s: takes no value (has %s)", row->name, argument->value);
        return;
    }
    if (row->value != NULL && argument->value == NULL) {
        fault(parser, "--%s: needs a value: --%s %s", row->name, row->name, row->value);
        return;
    }
    why = row->store(parser->options, argument->value);
    if (why == NULL)
        return;
    assert(argument->value != NULL); /* a flag has nothing that could be wrong */
    fault(parser, "--%s: %s (is %s)", row->name, why,
          argument->value[0] != '\0' ? argument->value : "empty");
}

static const char *variable(const struct parser *parser, const char *name)
{
    const char *const value = parser->source->variable(name, parser->source->context);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static void store_variables_of(struct parser *parser, const struct option_row *row)
{
    for (size_t i = 0; i < 2 && row->variables[i] != NULL; i++) {
        const char *const value = variable(parser, row->variables[i]);

        if (value == NULL)
            continue;
        const char *const why = row->store(parser->options, value);

        if (why != NULL)
            fault(parser, "%s: %s (is %s)", row->variables[i], why, value);
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

/* COMMAND's own options are not ours, so the walk ends at the separator of `run`. */
static void store_arguments(struct parser *parser, bool is_command_named)
{
    argument_walk_start(&parser->walk, parser->source->argc, parser->source->argv);
    for (struct argument argument = argument_walk_next(&parser->walk);
         argument.kind != ARGUMENT_END; argument = argument_walk_next(&parser->walk)) {
        switch (argument.kind) {
        case ARGUMENT_POSITIONAL:
            if (is_command_named)
                is_command_named = false;
            else
                add_positional(parser, argument.text);
            break;
        case ARGUMENT_OPTION:
            store_option(parser, &argument);
            break;
        case ARGUMENT_UNKNOWN:
            fault_unknown(parser, argument.text);
            break;
        case ARGUMENT_SEPARATOR:
            if (parser->options->command != COMMAND_RUN)
                break;
            parser->options->run_argv = parser->source->argv + parser->walk.next;
            return;
        case ARGUMENT_END:
            break;
        }
    }
}

/* --- what the positional arguments mean --- */

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
        nearest_name_offer(&nearest, option_commands[command]);
    if (nearest.best == NULL)
        return false;
    fault(parser, "%s: no such command, file or folder; did you mean `%s`?", word, nearest.best);
    return true;
}

static void find_config(struct parser *parser)
{
    static const char *const defaults[] = {"./invoked.json", "./template.yaml"};
    struct options *const options = parser->options;

    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        if (exists(parser, defaults[i])) {
            options->config_path = defaults[i];
            return;
        }
    }
    fault(parser,
          "there is neither ./invoked.json nor ./template.yaml here: name a configuration file, a "
          "template or a "
          "folder of functions, as in `invoked %s%sconfig/invoked.json%s`",
          options->command == COMMAND_SERVE ? "" : option_commands[options->command],
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
        fault(parser, "%s: what is to be run stands behind --: invoked run %s -- %s ...",
              positionals[1], positionals[0], positionals[1]);
    else if (parser->positional_count > 1)
        fault(parser, "%s: one CONFIG is enough (%s is one already)", positionals[1],
              positionals[0]);
}

static void read_run_arguments(struct parser *parser, bool is_command_named)
{
    struct options *const options = parser->options;

    if (options->run_argv != NULL && options->run_argv[0] == NULL)
        fault(parser, "no COMMAND behind --: invoked run [OPTIONS] [CONFIG] -- COMMAND...");
    else if (options->run_argv == NULL && parser->positional_count < 2)
        fault(parser, "no COMMAND to run: invoked run [OPTIONS] [CONFIG] -- COMMAND...");
    read_config_argument(parser, is_command_named);
}

static void read_invoke_arguments(struct parser *parser)
{
    struct invoke_options *const invoke = &parser->options->invoke;

    if (parser->positional_count == 0 || parser->positionals[0][0] == '\0') {
        fault(parser, "which function? invoked invoke [OPTIONS] NAME [PAYLOAD]");
        return;
    }
    invoke->function_name = parser->positionals[0];
    if (parser->positional_count > 2)
        fault(parser, "%s: one PAYLOAD is enough; put quotes around JSON: '{\"key\": \"value\"}'",
              parser->positionals[2]);
    if (parser->positional_count < 2)
        return;
    const char *const payload = parser->positionals[1];

    if (strcmp(payload, "-") == 0) {
        invoke->payload_source = PAYLOAD_STANDARD_INPUT;
    } else if (payload[0] == '@') {
        invoke->payload_source = PAYLOAD_FILE;
        invoke->payload = payload + 1;
        if (payload[1] == '\0')
            fault(parser, "@: the name of a file must follow: @event.json");
    } else {
        invoke->payload_source = PAYLOAD_TEXT;
        invoke->payload = payload;
    }
}

static void read_arguments(struct parser *parser, bool is_command_named)
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
    case OPTIONS_COMMAND_COUNT:
        break;
    }
}

/* --- all of it --- */

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
    options->log_format = LOG_TEXT;
    options->log_level = is_run ? LOG_LEVEL_COUNT : LOG_INFO; /* settle_log_level() */
    options->invoke.invocation_type = "RequestResponse";
    options->invoke.endpoint = "http://127.0.0.1:3001";
}

/* Beside COMMAND's own output the log is in the way, unless somebody asked for what it says. */
static void settle_log_level(struct options *options)
{
    if (options->log_level == LOG_LEVEL_COUNT)
        options->log_level = options->explains ? LOG_INFO : LOG_WARN;
}

static enum options_status show(struct options *options, const struct first_look *look)
{
    options->text =
        look->wants_help ? help_text(look->command) : strdup("invoked " INVOKED_VERSION "\n");
    return options->text != NULL ? OPTIONS_SHOW : OPTIONS_NO_MEMORY;
}

enum options_status options_parse(struct options *options, const struct options_source *source)
{
    struct parser parser = {.options = options, .source = source};
    size_t length = 0;

    memset(options, 0, sizeof *options);
    const struct first_look look = look_first(&parser);
    const bool is_command_named = look.command != OPTIONS_COMMAND_COUNT;

    if (look.wants_help || look.wants_version)
        return show(options, &look);
    set_defaults(options, is_command_named ? look.command : COMMAND_SERVE);
    options->parameters.items = calloc((size_t)source->argc + 1, sizeof(char *));
    parser.faults = open_memstream(&options->text, &length);
    if (options->parameters.items == NULL || parser.faults == NULL) {
        if (parser.faults != NULL)
            (void)fclose(parser.faults);
        return OPTIONS_NO_MEMORY;
    }
    store_variables(&parser);
    store_arguments(&parser, is_command_named);
    read_arguments(&parser, is_command_named);
    settle_log_level(options);
    const bool is_whole = ferror(parser.faults) == 0;

    if (fclose(parser.faults) != 0 || !is_whole)
        return OPTIONS_NO_MEMORY;
    if (parser.has_faults)
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
