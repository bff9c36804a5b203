/*
 * listen_sockets.h - the sockets of the public port: one for each address that the name given with --host has, all with
 * the same port number. Clients try the addresses of `localhost` in an order of their own.
 *
 * Used by: http_listener.c.
 */
#ifndef SERVER_HTTP_LISTEN_SOCKETS_H
#define SERVER_HTTP_LISTEN_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

enum { LISTEN_SOCKETS_MAX = 8, LISTEN_ERROR_SIZE = 512 };

struct addrinfo;

struct listen_sockets {
    int files[LISTEN_SOCKETS_MAX];
    unsigned count;
    unsigned short port; /* the one that the kernel chose, if it was asked to */
};

/* False with the reason and the remedy in `why`; nothing is open then. Port 0 takes a free one. */
bool listen_sockets_open(struct listen_sockets *sockets, const char *host, unsigned short port,
                         char why[LISTEN_ERROR_SIZE]);

/* The same with the addresses of the host, of which those that this machine doesn't have are left out. 0 or an errno. */
int listen_sockets_bind(struct listen_sockets *sockets, const struct addrinfo *addresses,
                        unsigned short port);

void listen_sockets_close(struct listen_sockets *sockets);

#endif
