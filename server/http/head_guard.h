/*
 * head_guard.h - refuses a request whose head can be read in more than one way. Whatever stands between the client and
 * this server may have read it in another, and taken what follows for something else (request smuggling): the answer is
 * 400, and the connection is closed.
 *
 * libmicrohttpd is lenient: it joins folded lines, takes a bare LF for the end of a line, and ends a value at a NUL. What
 * it made of the head lies in one block, in which it replaced each blank of the request line, each ':', CR and LF by NUL.
 * So every part has exactly one place where it must begin, unless the head was lenient somewhere.
 *
 * Used by: http_exchange.c.
 */
#ifndef SERVER_HTTP_HEAD_GUARD_H
#define SERVER_HTTP_HEAD_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* Later releases of libmicrohttpd lay the head out otherwise, and are told to be strict themselves (http_listener.c). */
#define LENIENT_MHD_MAX 0x00097600

struct request_line {
    const char *method, *version; /* where libmicrohttpd keeps them */
    const char *place;            /* of the target, which libmicrohttpd may have changed since */
    const char *target;           /* a copy from before that */
};

struct head_guard {
    const char *next; /* where the next line begins */
    unsigned lengths; /* headers that tell the length of the body */
    unsigned hosts;
    bool is_http_1_0;
    bool is_chunked;
    const char *problem; /* for people; NULL: none so far */
};

/* First the request line, then each header in order, then the end: the first byte behind the empty line. */
void head_guard_begin(struct head_guard *guard, const struct request_line *line);
void head_guard_look(struct head_guard *guard, const char *name, const char *value);
void head_guard_end(struct head_guard *guard, const char *end);

#endif
