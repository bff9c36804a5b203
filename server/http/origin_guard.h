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

/*
 * Of a request without an Origin, by its Sec-Fetch-Site and Sec-Fetch-Dest (NULL for none): not one that a page of another
 * site has in it, such as an image or a frame? It couldn't read the answer, but it could use up streams. A link that
 * somebody follows is allowed.
 */
bool origin_guard_allows_fetch(const char *site, const char *destination);

/* Is `origin` one of Local.AllowedOrigins? */
bool origin_guard_is_listed(const struct config *config, const char *origin);

#endif
