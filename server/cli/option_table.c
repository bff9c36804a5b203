#include "server/cli/option_table.h"

#include <string.h>

const char *const option_commands[OPTIONS_COMMAND_COUNT] = {
    [COMMAND_SERVE] = "serve",
    [COMMAND_RUN] = "run",
    [COMMAND_INVOKE] = "invoke",
    [COMMAND_CHECK] = "check",
};

static const char must_not_be_empty[] = "must not be empty";

/* Digits and nothing else. False also when it is beyond `max`. */
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

static const char *store_text(const char **member, const char *value)
{
    if (value[0] == '\0')
        return must_not_be_empty;
    *member = value;
    return NULL;
}

static const char *store_host(struct options *options, const char *value)
{
    return store_text(&options->host, value);
}

static const char *store_port(struct options *options, const char *value)
{
    unsigned long port;

    if (!parse_number(value, UINT16_MAX, &port))
        return "must be 0 to 65535";
    options->port = (uint16_t)port;
    return NULL;
}

static const char *store_data_dir(struct options *options, const char *value)
{
    return store_text(&options->data_dir, value);
}

static const char *store_ready_file(struct options *options, const char *value)
{
    return store_text(&options->ready_file, value);
}

static const char *store_clock(struct options *options, const char *value)
{
    unsigned long factor = 1;

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

/* options_parse() made room for as many as there are arguments. */
static const char *store_parameter(struct options *options, const char *value)
{
    const char *const equals = strchr(value, '=');

    if (equals == NULL || equals == value)
        return "must be NAME=VALUE";
    options->parameters.items[options->parameters.count++] = (char *)value;
    return NULL;
}

static const char *store_no_watch(struct options *options, const char *value)
{
    (void)value;
    options->watches = false;
    return NULL;
}

static const char *store_explain(struct options *options, const char *value)
{
    (void)value;
    options->explains = true;
    return NULL;
}

static const char *store_log_format(struct options *options, const char *value)
{
    if (strcmp(value, "text") == 0)
        options->log_format = LOG_TEXT;
    else if (strcmp(value, "json") == 0)
        options->log_format = LOG_JSON;
    else
        return "must be text or json";
    return NULL;
}

static const char *store_log_level(struct options *options, const char *value)
{
    static const char *const names[LOG_LEVEL_COUNT] = {
        [LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};

    for (int level = 0; level < LOG_LEVEL_COUNT; level++) {
        if (strcmp(value, names[level]) == 0) {
            options->log_level = (enum log_level)level;
            return NULL;
        }
    }
    return "must be error, warn, info or debug";
}

static const char *store_fail_on_dead_letter(struct options *options, const char *value)
{
    (void)value;
    options->fails_on_dead_letter = true;
    return NULL;
}

static const char *store_type(struct options *options, const char *value)
{
    if (strcmp(value, "RequestResponse") != 0 && strcmp(value, "Event") != 0 &&
        strcmp(value, "DryRun") != 0)
        return "must be RequestResponse, Event or DryRun";
    options->invoke.invocation_type = value;
    return NULL;
}

static const char *store_qualifier(struct options *options, const char *value)
{
    return store_text(&options->invoke.qualifier, value);
}

static const char *store_tail(struct options *options, const char *value)
{
    (void)value;
    options->invoke.wants_tail = true;
    return NULL;
}

static const char *store_client_context(struct options *options, const char *value)
{
    return store_text(&options->invoke.client_context, value);
}

static const char *store_endpoint(struct options *options, const char *value)
{
    if (strncmp(value, "https://", strlen("https://")) == 0)
        return "must be http://HOST:PORT: https is not spoken here";
    if (strncmp(value, "http://", strlen("http://")) != 0 || value[strlen("http://")] == '\0')
        return "must be http://HOST:PORT";
    options->invoke.endpoint = value;
    return NULL;
}

#define SERVERS (FOR(COMMAND_SERVE) | FOR(COMMAND_RUN))
#define READERS (SERVERS | FOR(COMMAND_CHECK))
#define ALL (READERS | FOR(COMMAND_INVOKE))

/* clang-format off */
const struct option_row option_table[OPTION_COUNT] = {
    {"host", 'H', "ADDR", SERVERS, store_host, {"INVOKED_HOST"}, "127.0.0.1",
     "address to listen on"},
    {"port", 'p', "N", SERVERS, store_port, {"INVOKED_PORT"}, "3001; run: 0",
     "port; 0 takes a free one"},
    {"data-dir", 'd', "DIR", SERVERS, store_data_dir, {"INVOKED_DATA_DIR"}, "./.invoked; run: temporary",
     "queue, dead letters, destinations"},
    {"ready-file", 0, "F", SERVERS, store_ready_file, {NULL}, NULL,
     "write {\"endpoint\",\"pid\",\"functions\"} to F once it can serve"},
    {"clock", 0, "MODE", SERVERS, store_clock, {"INVOKED_CLOCK"}, "real",
     "real, manual, or xN (N times faster)"},
    {"parameter", 0, "N=V", READERS, store_parameter, {NULL}, NULL,
     "value of a template's parameter (may stand several times)"},
    {"no-watch", 0, NULL, SERVERS, store_no_watch, {NULL}, NULL,
     "don't reload when code or configuration changes"},
    {"explain", 0, NULL, SERVERS, store_explain, {NULL}, NULL,
     "say in the log, event by event, what happens and why"},
    {"fail-on-dead-letter", 0, NULL, FOR(COMMAND_RUN), store_fail_on_dead_letter, {NULL}, NULL,
     "exit 1 if a dead letter was written"},
    {"log-format", 0, "F", SERVERS, store_log_format, {"INVOKED_LOG_FORMAT"}, "text",
     "text or json"},
    {"log-level", 0, "L", SERVERS, store_log_level, {"INVOKED_LOG_LEVEL"}, "info; run: warn",
     "error, warn, info or debug; info shows what functions print"},
    {"type", 0, "TYPE", FOR(COMMAND_INVOKE), store_type, {NULL}, "RequestResponse",
     "RequestResponse, Event or DryRun"},
    {"qualifier", 0, "Q", FOR(COMMAND_INVOKE), store_qualifier, {NULL}, NULL,
     "version or alias to invoke"},
    {"tail", 0, NULL, FOR(COMMAND_INVOKE), store_tail, {NULL}, NULL,
     "print the last 4 KB of the function's log on stderr"},
    {"client-context", 0, "JSON", FOR(COMMAND_INVOKE), store_client_context, {NULL}, NULL,
     "what the handler sees as its context's client context"},
    {"endpoint", 0, "URL", FOR(COMMAND_INVOKE), store_endpoint, {"INVOKED_ENDPOINT", "AWS_ENDPOINT_URL_LAMBDA"},
     "http://127.0.0.1:3001", "the server to ask"},
    {"version", 'V', NULL, ALL, NULL, {NULL}, NULL, "print the version"},
    {"help", 'h', NULL, ALL, NULL, {NULL}, NULL, "print this"},
};
/* clang-format on */
