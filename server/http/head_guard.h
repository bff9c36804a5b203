/*
 * head_guard.h - may the head of a request be read in more than one way? Then what stands between us and the client may
 * have read it in another, and taken what follows for something else (request smuggling): it is refused, and the
 * connection closed.
 *
 * libmicrohttpd is lenient; this looks at what it has made of the head.
 *
 * Used by: http_exchange.c.
 */
#ifndef SERVER_HTTP_HEAD_GUARD_H
#define SERVER_HTTP_HEAD_GUARD_H

/* Zeroed before the first header. */
struct head_guard {
    unsigned lengths; /* how often the length of the body was told */
    unsigned hosts;
    const char *fault; /* for people; NULL: none so far */
};

/* One of the headers. */
void head_guard_look(struct head_guard *guard, const char *name, const char *value);

#endif
