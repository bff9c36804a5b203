#include "server/cli/option_table.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- how values are stored ---- */

static void *member_at(struct options *options, size_t member)
{
    return (char *)options + member;
}

static const char *store_text(struct options *options, size_t member, const char *value)
{
    *(const char **)member_at(options, member) = value;
    return NULL;
}

static const char *store_true(struct options *options, size_t member, const char *value)
{
    (void)value;
    *(bool *)member_at(options, member) = true;
    return NULL;
}

static const char *store_false(struct options *options, size_t member, const char *value)
{
    (void)value;
    *(bool *)member_at(options, member) = false;
    return NULL;
}

/* Digits only. False also for a number beyond `max`. */
static bool parse_number(const char *text, unsigned long max, unsigned long *number)
{
    *number = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        *number = *number * 10 + (unsigned long)(*text - '0');
        if (*number > max)
            return false;
    }
    return true;
}

static const char *store_port(struct options *options, size_t member, const char *value)
{
    unsigned long port;

    if (!parse_number(value, UINT16_MAX, &port))
        return "must be 0 to 65535";
    *(uint16_t *)member_at(options, member) = (uint16_t)port;
    return NULL;
}

static const char *store_count(struct options *options, size_t member, const char *value)
{
    unsigned long number;

    if (!parse_number(value, 1000000, &number) || number == 0)
        return "must be a number from 1";
    *(unsigned *)member_at(options, member) = (unsigned)number;
    return NULL;
}

static const char *store_clock(struct options *options, size_t member, const char *value)
{
    unsigned long factor = 1;

    (void)member;
    if (strcmp(value, "real") == 0) {
        options->clock_mode = CLOCK_REAL;
    } else if (strcmp(value, "manual") == 0) {
        options->clock_mode = CLOCK_MANUAL;
    } else if (value[0] == 'x' && parse_number(value + 1, CLOCK_FACTOR_MAX, &factor) &&
               factor > 0) {
        options->clock_mode = CLOCK_FASTER;
    } else {
        return "must be real, manual, or x1 to x1000000";
    }
    options->clock_factor = (unsigned)factor;
    return NULL;
}

/* options_parse() allocated as many items as there are arguments. */
static const char *store_parameter(struct options *options, size_t member, const char *value)
{
    struct string_list *const parameters = member_at(options, member);
    const char *const equals = strchr(value, '=');

    if (equals == NULL || equals == value)
        return "must be NAME=VALUE";
    parameters->items[parameters->count++] = (char *)value;
    return NULL;
}

static const char *store_log_format(struct options *options, size_t member, const char *value)
{
    (void)member;
    if (strcmp(value, "text") == 0)
        options->log_format = LOG_TEXT;
    else if (strcmp(value, "json") == 0)
        options->log_format = LOG_JSON;
    else
        return "must be text or json";
    return NULL;
}

static const char *store_log_level(struct options *options, size_t member, const char *value)
{
    static const char *const names[LOG_LEVEL_COUNT] = {
        [LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};

    (void)member;
    for (int level = 0; level < LOG_LEVEL_COUNT; level++) {
        if (strcmp(value, names[level]) == 0) {
            options->log_level = (enum log_level)level;
            return NULL;
        }
    }
    return "must be error, warn, info or debug";
}

static const char *store_type(struct options *options, size_t member, const char *value)
{
    if (strcmp(value, "RequestResponse") != 0 && strcmp(value, "Event") != 0 &&
        strcmp(value, "DryRun") != 0)
        return "must be RequestResponse, Event or DryRun";
    return store_text(options, member, value);
}

static const char *store_endpoint(struct options *options, size_t member, const char *value)
{
    if (strncmp(value, "https://", strlen("https://")) == 0)
        return "must be http://HOST:PORT; https is not supported";
    if (strncmp(value, "http://", strlen("http://")) != 0 || value[strlen("http://")] == '\0')
        return "must be http://HOST:PORT";
    return store_text(options, member, value);
}

/* ---- the tables ---- */

#define SERVERS (FOR(COMMAND_SERVE) | FOR(COMMAND_RUN))
#define READERS (SERVERS | FOR(COMMAND_CHECK))
#define ASKERS (FOR(COMMAND_INVOKE) | FOR(COMMAND_PLAN))
#define ALL (READERS | ASKERS | FOR(COMMAND_FUNCTIONS) | FOR(COMMAND_DEPLOY))
#define AT(member) offsetof(struct options, member)

/* clang-format off */
const struct option_row option_table[OPTION_COUNT] = {
    {"host", 'H', "ADDR", SERVERS, store_text, AT(host), {"INVOKED_HOST"}, "127.0.0.1",
     "address to listen on"},
    {"port", 'p', "N", SERVERS, store_port, AT(port), {"INVOKED_PORT"}, "3001; run: 0",
     "port to listen on; 0 picks a free one"},
    {"data-dir", 'd', "DIR", SERVERS, store_text, AT(data_dir), {"INVOKED_DATA_DIR"}, "./.invoked; run: temporary",
     "folder for the event queue, dead letters and destination records"},
    {"ready-file", 0, "F", SERVERS, store_text, AT(ready_file), {NULL}, NULL,
     "write {\"endpoint\",\"pid\",\"functions\"} to F once the server is ready"},
    {"clock", 0, "MODE", SERVERS, store_clock, 0, {"INVOKED_CLOCK"}, "real",
     "clock for event ages and retry delays: real, manual, or xN (N times faster)"},
    {"parameter", 0, "N=V", READERS, store_parameter, AT(parameters), {NULL}, NULL,
     "value of a template parameter; may be repeated"},
    {"config-env", 0, "NAME", READERS, store_text, AT(config_env), {NULL}, "default",
     "environment of samconfig.toml that gives template parameters"},
    {"env-vars", 0, "FILE", READERS, store_text, AT(env_vars), {NULL}, NULL,
     "JSON file with variables of functions, as of `sam local`"},
    {"no-watch", 0, NULL, SERVERS, store_false, AT(watches), {NULL}, NULL,
     "don't reload when code or configuration changes"},
    {"no-console", 0, NULL, SERVERS, store_false, AT(has_console), {NULL}, NULL,
     "don't serve the console at /_invoked/console"},
    {"http", 0, NULL, SERVERS, store_true, AT(serves_apis), {NULL}, NULL,
     "serve the routes of HTTP and REST APIs (events of a template)"},
    {"explain", 0, NULL, SERVERS, store_true, AT(explains), {NULL}, NULL,
     "log what happens to each event, and why"},
    {"fail-on-dead-letter", 0, NULL, FOR(COMMAND_RUN), store_true, AT(fails_on_dead_letter), {NULL}, NULL,
     "exit 1 if a dead letter was written or an event was dropped"},
    {"drain", 0, NULL, FOR(COMMAND_RUN), store_true, AT(drains), {NULL}, NULL,
     "before stopping, wait until no event is left; moves a manual clock"},
    {"log-format", 0, "F", SERVERS, store_log_format, 0, {"INVOKED_LOG_FORMAT"}, "text",
     "text or json"},
    {"log-level", 0, "L", SERVERS, store_log_level, 0, {"INVOKED_LOG_LEVEL"}, "info; run: warn",
     "error, warn, info or debug; info includes what functions print"},
    {"json", 0, NULL, FOR(COMMAND_CHECK) | FOR(COMMAND_FUNCTIONS), store_true, AT(wants_json), {NULL}, NULL,
     "print JSON, not a table"},
    {"strict", 0, NULL, FOR(COMMAND_CHECK), store_true, AT(is_strict), {NULL}, NULL,
     "exit 2 for warnings, too"},
    {"type", 0, "TYPE", FOR(COMMAND_INVOKE), store_type, AT(invoke.invocation_type), {NULL}, "RequestResponse",
     "RequestResponse, Event or DryRun"},
    {"qualifier", 0, "Q", ASKERS, store_text, AT(invoke.qualifier), {NULL}, NULL,
     "version or alias"},
    {"tail", 0, NULL, FOR(COMMAND_INVOKE), store_true, AT(invoke.wants_tail), {NULL}, NULL,
     "print the last 4 KB of the function's log on stderr"},
    {"client-context", 0, "JSON", FOR(COMMAND_INVOKE), store_text, AT(invoke.client_context), {NULL}, NULL,
     "client context that the handler finds in its context object"},
    {"runtime", 0, "R", FOR(COMMAND_DEPLOY), store_text, AT(deploy.runtime), {NULL}, "by the files",
     "runtime, as python3.13, nodejs22.x or provided.al2023"},
    {"handler", 0, "H", FOR(COMMAND_DEPLOY), store_text, AT(deploy.handler), {NULL}, "by the files",
     "handler, as app.handler"},
    {"timeout", 0, "N", FOR(COMMAND_DEPLOY), store_count, AT(deploy.timeout_s), {NULL}, NULL,
     "seconds that an invocation may take"},
    {"memory-size", 0, "N", FOR(COMMAND_DEPLOY), store_count, AT(deploy.memory_mb), {NULL}, NULL,
     "memory in MB"},
    {"env", 0, "N=V", FOR(COMMAND_DEPLOY), store_parameter, AT(parameters), {NULL}, NULL,
     "environment variable; may be repeated, and replaces all"},
    {"endpoint", 0, "URL", ASKERS | FOR(COMMAND_FUNCTIONS) | FOR(COMMAND_DEPLOY), store_endpoint, AT(invoke.endpoint),
     {"INVOKED_ENDPOINT", "AWS_ENDPOINT_URL_LAMBDA"}, "http://127.0.0.1:3001", "address of the server"},
    {"version", 'V', NULL, ALL, NULL, 0, {NULL}, NULL, "print the version"},
    {"help", 'h', NULL, ALL, NULL, 0, {NULL}, NULL, "print this help"},
};

const struct command_row command_table[OPTIONS_COMMAND_COUNT] = {
    [COMMAND_SERVE] = {
        "serve", "invoked [serve] [OPTIONS] [CONFIG]", "Serve until stopped.",
        "CONFIG is a configuration file, an AWS SAM or CloudFormation template, a\n"
        "serverless.yml, or a folder of functions (default: ./invoked.json, else\n"
        "./template.yaml or .yml, else ./serverless.yml or .yaml).\n"},
    [COMMAND_RUN] = {
        "run", "invoked run [OPTIONS] [CONFIG] -- COMMAND...", "Serve on a free port while COMMAND runs.",
        "COMMAND finds the server through AWS_ENDPOINT_URL_LAMBDA, AWS_ENDPOINT_URL and\n"
        "INVOKED_ENDPOINT, and gets a region and dummy credentials. Signals are passed on\n"
        "to it. Exit status: that of COMMAND, 128+n if signal n ended it, 127 if it can't\n"
        "be started. CONFIG is as for serve.\n"},
    [COMMAND_INVOKE] = {
        "invoke", "invoked invoke [OPTIONS] NAME [PAYLOAD]", "Invoke a function of a running server.",
        "PAYLOAD is JSON, @FILE, or - for standard input. The response goes to stdout,\n"
        "the status to stderr. Exit status: 0 success, 1 function error, 2 bad usage,\n"
        "3 refused by the API, 4 no server.\n"},
    [COMMAND_PLAN] = {
        "plan", "invoked plan [OPTIONS] NAME[:QUALIFIER]", "Show what will become of an event of a function.",
        "Asks a running server for the retries, event age, delays, dead-letter queue and\n"
        "destinations that hold, where each comes from, and when an event that always\n"
        "fails runs. Exit status: 0, 2 bad usage, 3 no such function, 4 no server.\n"},
    [COMMAND_FUNCTIONS] = {
        "functions", "invoked functions [OPTIONS]", "List what a running server serves.",
        "A line for each function: how it runs, its state, and whether it comes from a\n"
        "file or was made by the API. Exit status: 0, 2 bad usage, 4 no server.\n"},
    [COMMAND_DEPLOY] = {
        "deploy", "invoked deploy [OPTIONS] NAME FOLDER|ZIP", "Create or update a function of a running server.",
        "Packs FOLDER, and creates the function NAME with it, or replaces its code if it\n"
        "is there; options change its settings, too. Exit status: 0, 2 bad usage or code\n"
        "that can't be read, 3 refused by the API, 4 no server.\n"},
    [COMMAND_CHECK] = {
        "check", "invoked check [OPTIONS] [CONFIG]", "Validate CONFIG and exit.",
        "CONFIG is as for serve. Exit status: 0 if it is valid, 2 if not. A function that\n"
        "can't run here is a warning.\n"},
};
/* clang-format on */

static const char examples[] = "Examples:\n"
                               "  invoked config/invoked.json\n"
                               "  invoked invoke hello '{\"name\": \"you\"}'\n"
                               "  invoked invoke --type Event hello '{\"name\": \"you\"}'\n"
                               "  invoked run -- pytest tests\n"
                               "\n"
                               "`invoked COMMAND --help` lists the options of one command.\n";

/* ---- --help ---- */

enum { HELP_COLUMN = 29 }; /* of the explanations */

static void start_line(FILE *out, size_t *column)
{
    fprintf(out, "\n%*s", HELP_COLUMN, "");
    *column = HELP_COLUMN;
}

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

/* "[INVOKED_PORT: 3001]": the variables and the default. */
static void print_origin(FILE *out, const struct option_row *row, size_t *column)
{
    char origin[160];

    if (row->variables[0] == NULL && row->default_text == NULL)
        return;
    (void)snprintf(
        origin, sizeof origin, "[%s%s%s%s%s]", row->variables[0] != NULL ? row->variables[0] : "",
        row->variables[1] != NULL ? ", " : "", row->variables[1] != NULL ? row->variables[1] : "",
        row->variables[0] != NULL && row->default_text != NULL ? ": " : "",
        row->default_text != NULL ? row->default_text : "");
    if (*column + 1 + strlen(origin) > HELP_COLUMNS)
        start_line(out, column);
    print_wrapped(out, origin, column);
}

static void print_option(FILE *out, const struct option_row *row)
{
    char names[64];
    size_t column = HELP_COLUMN;

    (void)snprintf(names, sizeof names, "  %c%c%s --%s%s%s", row->letter != 0 ? '-' : ' ',
                   row->letter != 0 ? row->letter : ' ', row->letter != 0 ? "," : " ", row->name,
                   row->value != NULL ? " " : "", row->value != NULL ? row->value : "");
    fprintf(out, "%-*s", HELP_COLUMN, names);
    if (strlen(names) >= HELP_COLUMN)
        start_line(out, &column);
    print_wrapped(out, row->help, &column);
    print_origin(out, row, &column);
    fputc('\n', out);
}

static void print_options(FILE *out, const char *title, unsigned of_any, unsigned of_none)
{
    fprintf(out, "\n%s\n", title);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if ((option_table[i].commands & of_any) != 0 && (option_table[i].commands & of_none) == 0)
            print_option(out, &option_table[i]);
    }
}

static void print_program(FILE *out)
{
    fputs("AWS Lambda's Invoke API on your own machine.\n\nUsage:\n", out);
    for (int i = 0; i < OPTIONS_COMMAND_COUNT; i++)
        fprintf(out, "  %s\n      %s\n", command_table[i].usage, command_table[i].purpose);
    fprintf(out, "\n%s", command_table[COMMAND_SERVE].details);
    print_options(out, "Options of serve and run:", SERVERS, FOR(COMMAND_INVOKE));
    print_options(out, "Options of check:", FOR(COMMAND_CHECK), SERVERS | FOR(COMMAND_INVOKE));
    print_options(out, "Options of invoke, plan and functions:", ASKERS | FOR(COMMAND_FUNCTIONS),
                  SERVERS);
    print_options(out, "Options of deploy (and --endpoint):", FOR(COMMAND_DEPLOY),
                  ALL & ~FOR(COMMAND_DEPLOY));
    fputs("\nOptions of all commands:\n", out);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (option_table[i].store == NULL)
            print_option(out, &option_table[i]);
    }
    fprintf(out, "\n%s", examples);
}

static void print_command(FILE *out, enum options_command command)
{
    fprintf(out, "Usage: %s\n\n%s\n\n%s", command_table[command].usage,
            command_table[command].purpose, command_table[command].details);
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
