#include "server/cli/run_environment.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACCOUNT_DIGITS = 12 };

enum source { FROM_ENDPOINT, FROM_REGION, DUMMY, YES, NOTHING };

/* clang-format off */
static const struct {
    const char *name;
    enum source source;
} rows[] = {
    {"AWS_ENDPOINT_URL_LAMBDA",   FROM_ENDPOINT},
    {"AWS_ENDPOINT_URL",          FROM_ENDPOINT},
    {"INVOKED_ENDPOINT",          FROM_ENDPOINT},
    {"AWS_REGION",                FROM_REGION},
    {"AWS_DEFAULT_REGION",        FROM_REGION},
    {"AWS_ACCESS_KEY_ID",         DUMMY},
    {"AWS_SECRET_ACCESS_KEY",     DUMMY},
    {"AWS_EC2_METADATA_DISABLED", YES},   /* don't wait for a metadata service */
    /* These would select other credentials or another address. */
    {"AWS_PROFILE",                         NOTHING},
    {"AWS_DEFAULT_PROFILE",                 NOTHING},
    {"AWS_SESSION_TOKEN",                   NOTHING},
    {"AWS_SECURITY_TOKEN",                  NOTHING},
    {"AWS_CREDENTIAL_EXPIRATION",           NOTHING},
    {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", NOTHING},
    {"AWS_USE_FIPS_ENDPOINT",               NOTHING},
    {"AWS_USE_DUALSTACK_ENDPOINT",          NOTHING},
};
static const char *const proxies[] = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"};
static const char *const direct[] = {"no_proxy", "NO_PROXY"};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof rows[0], PROXIES = 4, DIRECT = 2 };

static const char *value_in(char *const *environment, const char *name)
{
    const size_t length = strlen(name);

    for (; *environment != NULL; environment++) {
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            return *environment + length + 1;
    }
    return NULL;
}

static bool is_named(const char *variable, const char *name)
{
    return strncmp(variable, name, strlen(name)) == 0 && variable[strlen(name)] == '=';
}

static bool has_proxy(char *const *environment)
{
    for (size_t i = 0; i < PROXIES; i++) {
        if (value_in(environment, proxies[i]) != NULL)
            return true;
    }
    return false;
}

static bool is_kept(const char *variable, bool replaces_direct)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (is_named(variable, rows[i].name))
            return false;
    }
    for (size_t i = 0; replaces_direct && i < DIRECT; i++) {
        if (is_named(variable, direct[i]))
            return false;
    }
    return true;
}

static bool is_account(const char *value)
{
    return value != NULL && strlen(value) == ACCOUNT_DIGITS &&
           strspn(value, "0123456789") == ACCOUNT_DIGITS;
}

static const char *value_of(size_t row, const struct run_environment_options *options)
{
    const char *inherited;

    switch (rows[row].source) {
    case FROM_ENDPOINT:
        return options->endpoint;
    case FROM_REGION:
        return options->region;
    case DUMMY:
        inherited = value_in(options->inherited, rows[row].name);
        return is_account(inherited) && strcmp(rows[row].name, "AWS_ACCESS_KEY_ID") == 0 ? inherited
                                                                                         : "local";
    case YES:
        return "true";
    case NOTHING:
        break;
    }
    return NULL;
}

/* Returns the next free slot, NULL when out of memory. */
static char **put(char **at, const char *name, const char *value)
{
    if (at == NULL)
        return NULL;
    if (asprintf(at, "%s=%s", name, value) < 0) {
        *at = NULL;
        return NULL;
    }
    return at + 1;
}

/* "http://127.0.0.1:3001" -> "127.0.0.1", "http://[::1]:3001" -> "::1" */
static void host_of(const char *endpoint, char *host, size_t size)
{
    const char *const at = strstr(endpoint, "://") == NULL ? endpoint : strstr(endpoint, "://") + 3;

    if (at[0] == '[')
        (void)snprintf(host, size, "%.*s", (int)strcspn(at + 1, "]"), at + 1);
    else
        (void)snprintf(host, size, "%.*s", (int)strcspn(at, ":/"), at);
}

/* Keeps a configured proxy out of requests to the server. */
static char **put_direct(char **at, const struct run_environment_options *options)
{
    char host[256], value[4096];

    host_of(options->endpoint, host, sizeof host);
    for (size_t i = 0; i < DIRECT; i++) {
        const char *inherited = value_in(options->inherited, direct[i]);

        if (inherited == NULL)
            inherited = value_in(options->inherited, direct[DIRECT - 1 - i]);
        const bool has_some = inherited != NULL && inherited[0] != '\0';

        if (snprintf(value, sizeof value, "%s%s%s", has_some ? inherited : "", has_some ? "," : "",
                     host) >= (int)sizeof value)
            (void)snprintf(value, sizeof value, "%s", host);
        at = put(at, direct[i], value);
    }
    return at;
}

char **run_environment_new(const struct run_environment_options *options)
{
    const bool replaces_direct = has_proxy(options->inherited);
    size_t count = 0;
    char **environment, **at;

    while (options->inherited[count] != NULL)
        count++;
    environment = calloc(count + ROWS + DIRECT + 1, sizeof *environment);
    at = environment;
    for (size_t i = 0; at != NULL && i < count; i++) {
        if (!is_kept(options->inherited[i], replaces_direct))
            continue;
        *at = strdup(options->inherited[i]);
        at = *at == NULL ? NULL : at + 1;
    }
    for (size_t row = 0; row < ROWS; row++) {
        const char *const value = value_of(row, options);

        if (value != NULL)
            at = put(at, rows[row].name, value);
    }
    if (replaces_direct && at != NULL)
        at = put_direct(at, options);
    if (at != NULL)
        return environment;
    run_environment_free(environment);
    return NULL;
}

void run_environment_free(char **environment)
{
    for (char **at = environment; at != NULL && *at != NULL; at++)
        free(*at);
    free(environment);
}
