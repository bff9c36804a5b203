#include "server/cli/help_text.h"

#include "server/cli/option_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELP_COLUMN = 29 }; /* where the explanations begin */

/* clang-format off */
static const struct {
    const char *usage, *purpose, *details;
} commands[OPTIONS_COMMAND_COUNT] = {
    [COMMAND_SERVE] = {
        "invoked [serve] [OPTIONS] [CONFIG]", "Serve until told to stop.",
        "CONFIG is a configuration file, an AWS SAM or CloudFormation template, or a\n"
        "folder of functions (default: ./invoked.json, else ./template.yaml).\n"},
    [COMMAND_RUN] = {
        "invoked run [OPTIONS] [CONFIG] -- COMMAND...", "Serve on a free port while COMMAND runs.",
        "COMMAND finds the server by AWS_ENDPOINT_URL_LAMBDA, AWS_ENDPOINT_URL and\n"
        "INVOKED_ENDPOINT, and gets a region and dummy credentials. Signals are passed on\n"
        "to it. Its exit status becomes that of run: 128+n where signal n ended it, 127\n"
        "where it can't be started. CONFIG is as for serve.\n"},
    [COMMAND_INVOKE] = {
        "invoked invoke [OPTIONS] NAME [PAYLOAD]", "Invoke a function of a running server.",
        "PAYLOAD is JSON, @FILE, or - for standard input. The answer goes to stdout, the\n"
        "status to stderr. Exit status: 0 success, 1 function error, 2 bad usage,\n"
        "3 refused by the API, 4 no server there.\n"},
    [COMMAND_CHECK] = {
        "invoked check [OPTIONS] [CONFIG]", "Say all that is wrong with CONFIG, start nothing.",
        "CONFIG is as for serve. Exit status: 0 when it is good, 2 when it is not.\n"},
};
/* clang-format on */

static const char examples[] = "Examples:\n"
                               "  invoked config/invoked.json\n"
                               "  invoked run -- pytest tests\n"
                               "  invoked invoke hello '{\"name\": \"you\"}'\n"
                               "\n"
                               "`invoked COMMAND --help` lists the options of one command.\n";

static void start_line(FILE *out, size_t *column)
{
    fprintf(out, "\n%*s", HELP_COLUMN, "");
    *column = HELP_COLUMN;
}

/* A word that would cross the right margin goes to the next line, under the first. */
static void print_wrapped(FILE *out, const char *text, size_t *column)
{
    while (*text != '\0') {
        const size_t length = strcspn(text, " ");

        if (*column > HELP_COLUMN && *column + 1 + length > HELP_COLUMNS) {
            start_line(out, column);
        } else if (*column > HELP_COLUMN) {
            fputc(' ', out);
            ++*column;
        }
        fprintf(out, "%.*s", (int)length, text);
        *column += length;
        text += length;
        text += strspn(text, " ");
    }
}

static void print_option(FILE *out, const struct option_row *row)
{
    char names[64], origin[160];
    size_t column = HELP_COLUMN;

    (void)snprintf(names, sizeof names, "  %c%c%s --%s%s%s", row->letter != 0 ? '-' : ' ',
                   row->letter != 0 ? row->letter : ' ', row->letter != 0 ? "," : " ", row->name,
                   row->value != NULL ? " " : "", row->value != NULL ? row->value : "");
    fprintf(out, "%-*s", HELP_COLUMN, names);
    if (strlen(names) >= HELP_COLUMN)
        start_line(out, &column);
    print_wrapped(out, row->help, &column);
    (void)snprintf(
        origin, sizeof origin, "[%s%s%s%s%s]", row->variables[0] != NULL ? row->variables[0] : "",
        row->variables[1] != NULL ? ", " : "", row->variables[1] != NULL ? row->variables[1] : "",
        row->variables[0] != NULL && row->default_text != NULL ? ": " : "",
        row->default_text != NULL ? row->default_text : "");
    if (row->variables[0] != NULL || row->default_text != NULL) {
        if (column + 1 + strlen(origin) > HELP_COLUMNS)
            start_line(out, &column);
        print_wrapped(out, origin, &column);
    }
    fputc('\n', out);
}

static void print_options(FILE *out, const char *title, unsigned commands_wanted, unsigned not_of)
{
    fprintf(out, "\n%s\n", title);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if ((option_table[i].commands & commands_wanted) != 0 &&
            (option_table[i].commands & not_of) == 0)
            print_option(out, &option_table[i]);
    }
}

static void print_program(FILE *out)
{
    const unsigned servers = FOR(COMMAND_SERVE) | FOR(COMMAND_RUN);

    fputs("AWS Lambda's Invoke API on your own machine.\n\nUsage:\n", out);
    for (int i = 0; i < OPTIONS_COMMAND_COUNT; i++)
        fprintf(out, "  %s\n      %s\n", commands[i].usage, commands[i].purpose);
    fprintf(out, "\n%s", commands[COMMAND_SERVE].details);
    print_options(out, "Options of serve and run:", servers, FOR(COMMAND_INVOKE));
    print_options(out, "Options of invoke:", FOR(COMMAND_INVOKE), servers);
    fprintf(out, "\nOf all:\n");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (option_table[i].store == NULL)
            print_option(out, &option_table[i]);
    }
    fprintf(out, "\n%s", examples);
}

static void print_command(FILE *out, enum options_command command)
{
    fprintf(out, "Usage: %s\n\n%s\n\n%s", commands[command].usage, commands[command].purpose,
            commands[command].details);
    print_options(out, "Options:", FOR(command), 0);
}

char *help_text(enum options_command command)
{
    char *text = NULL;
    size_t length = 0;
    FILE *const out = open_memstream(&text, &length);

    if (out == NULL)
        return NULL;
    if (command == OPTIONS_COMMAND_COUNT)
        print_program(out);
    else
        print_command(out, command);
    const bool is_whole = ferror(out) == 0;

    if (fclose(out) != 0 || !is_whole) {
        free(text);
        return NULL;
    }
    return text;
}
