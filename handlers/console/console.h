/*
 * console.h - the page at /_invoked/console, and the rule that says which browser gets it.
 *
 * The URL that the server prints carries a random token. Whoever opens it gets a cookie with the token; the browser
 * sends that along with every request of the page (SameSite=Strict: with no request of another site's page).
 *
 * Threads: event-loop thread only.
 */
#ifndef HANDLERS_CONSOLE_CONSOLE_H
#define HANDLERS_CONSOLE_CONSOLE_H

#include "handlers/api.h"

#include <stdbool.h>

/* Does the value of a Cookie header (NULL: there is none) hold the token? Never under --no-console. */
bool console_admits(const struct api *api, const char *cookies);

#endif
