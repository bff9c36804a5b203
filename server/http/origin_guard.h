/*
 * origin_guard.h - keeps web pages out: this server runs programs, and every page that a developer visits can send
 * requests to loopback.
 *
 * It refuses an `Origin` that is neither the server's own nor listed in Local.AllowedOrigins (also `null`), and a `Host`
 * that is neither an IP address, `localhost`, nor the name given with --host (DNS rebinding). Programs send no Origin.
 */
#ifndef SERVER_HTTP_ORIGIN_GUARD_H
#define SERVER_HTTP_ORIGIN_GUARD_H

#include "config/config.h"

enum { ORIGIN_REFUSAL_SIZE = 512 };

struct origin_guard {
    const char *host_name; /* as given with --host */
    unsigned short port;
};

/* `origin` and `host` are the headers' values or NULL. False with the reason in `why`. */
bool origin_guard_allows(const struct origin_guard *guard, const struct config *config,
                         const char *origin, const char *host, char why[ORIGIN_REFUSAL_SIZE]);

/* Is `origin` one of Local.AllowedOrigins? */
bool origin_guard_is_listed(const struct config *config, const char *origin);

#endif
