#include "server/http/origin_guard.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { HOST_SIZE = 256 };

/* "name:port", "[::1]:port" or either without a port -> name; the port is -1 when there is none. */
static bool split_host(const char *text, char name[HOST_SIZE], long *port)
{
    const char *end;
    size_t length;

    *port = -1;
    if (text[0] == '[') {
        end = strchr(text, ']');
        if (end == NULL)
            return false;
        text++;
        length = (size_t)(end - text);
        end++;
    } else {
        length = strcspn(text, ":");
        end = text + length;
    }
    if (length == 0 || length >= HOST_SIZE)
        return false;
    memcpy(name, text, length);
    name[length] = '\0';
    if (*end == '\0')
        return true;
    if (*end != ':' || end[1] == '\0' || strlen(end + 1) > 5 ||
        strspn(end + 1, "0123456789") != strlen(end + 1))
        return false;
    *port = 0;
    for (end++; *end != '\0'; end++)
        *port = *port * 10 + (*end - '0');
    return true;
}

static bool is_ip_address(const char *name)
{
    unsigned char address[16];

    return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

static bool is_known_name(const struct origin_guard *guard, const char *name)
{
    return is_ip_address(name) || strcasecmp(name, "localhost") == 0 ||
           strcasecmp(name, guard->host_name) == 0;
}

static bool is_loopback_name(const struct origin_guard *guard, const char *name)
{
    const bool is_loopback_address = strncmp(name, "127.", 4) == 0 || strcmp(name, "::1") == 0;

    return (is_loopback_address && is_ip_address(name)) || strcasecmp(name, "localhost") == 0 ||
           strcasecmp(name, guard->host_name) == 0;
}

/* A page that this server has sent. */
static bool is_own(const struct origin_guard *guard, const char *origin)
{
    static const char scheme[] = "http://";
    char name[HOST_SIZE];
    long port;

    return strncmp(origin, scheme, sizeof scheme - 1) == 0 &&
           split_host(origin + sizeof scheme - 1, name, &port) &&
           (port == -1 ? 80 : port) == guard->port && is_loopback_name(guard, name);
}

bool origin_guard_allows(const struct origin_guard *guard, const struct config *config,
                         const char *origin, const char *host, char why[ORIGIN_REFUSAL_SIZE])
{
    char name[HOST_SIZE] = "";
    long port;

    if (host != NULL && (!split_host(host, name, &port) || !is_known_name(guard, name))) {
        (void)snprintf(why, ORIGIN_REFUSAL_SIZE,
                       "Host %.100s is not this server; use an IP address or localhost, or start "
                       "it with --host %.100s",
                       host, name[0] != '\0' ? name : host);
        return false;
    }
    if (origin != NULL && !is_own(guard, origin) && !origin_guard_is_listed(config, origin)) {
        (void)snprintf(why, ORIGIN_REFUSAL_SIZE,
                       "pages from %.100s may not use this server; list it in "
                       "Local.AllowedOrigins to allow it",
                       origin);
        return false;
    }
    return true;
}

bool origin_guard_allows_fetch(const char *site, const char *destination)
{
    if (site == NULL || (strcmp(site, "cross-site") != 0 && strcmp(site, "same-site") != 0))
        return true;
    return destination != NULL && strcmp(destination, "document") == 0;
}

bool origin_guard_is_listed(const struct config *config, const char *origin)
{
    for (size_t i = 0; i < config->allowed_origins.count; i++) {
        if (strcasecmp(config->allowed_origins.items[i], origin) == 0)
            return true;
    }
    return false;
}
