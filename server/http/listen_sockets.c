#include "server/http/listen_sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FREE_PORT_TRIES = 20, TAKEN_WAIT_MS = 500, TAKEN_POLL_MS = 10 };

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static void set_port(union address *address, unsigned short port)
{
    if (address->any.sa_family == AF_INET6)
        address->v6.sin6_port = htons(port);
    else
        address->v4.sin_port = htons(port);
}

static unsigned short port_of(int file)
{
    union address address = {.v6 = {.sin6_port = 0}};
    socklen_t length = sizeof address;

    if (getsockname(file, &address.any, &length) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

/* `::` alone takes IPv4 clients too; beside an IPv4 socket it must leave them to that one. */
static int open_socket(const union address *address, socklen_t length, bool is_alone)
{
    const int yes = 1;
    const int file = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (file < 0)
        return -1;
    (void)setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (address->any.sa_family == AF_INET6 && !is_alone)
        (void)setsockopt(file, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    if (bind(file, &address->any, length) == 0 && listen(file, SOMAXCONN) == 0)
        return file;
    const int error = errno;

    (void)close(file);
    errno = error;
    return -1;
}

static bool is_duplicate(const struct addrinfo *addresses, const struct addrinfo *address)
{
    for (; addresses != address; addresses = addresses->ai_next) {
        if (addresses->ai_addrlen == address->ai_addrlen &&
            memcmp(addresses->ai_addr, address->ai_addr, address->ai_addrlen) == 0)
            return true;
    }
    return false;
}

static bool is_usable(const struct addrinfo *address)
{
    return (address->ai_family == AF_INET || address->ai_family == AF_INET6) &&
           address->ai_addrlen <= sizeof(union address);
}

static bool is_missing(int error)
{
    return error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

static int bind_all(struct listen_sockets *sockets, const struct addrinfo *addresses,
                    unsigned short port)
{
    int missing = EADDRNOTAVAIL;

    *sockets = (struct listen_sockets){.port = port};
    for (const struct addrinfo *each = addresses;
         each != NULL && sockets->count < LISTEN_SOCKETS_MAX; each = each->ai_next) {
        union address address = {.v6 = {.sin6_port = 0}};
        int file;

        if (!is_usable(each) || is_duplicate(addresses, each))
            continue;
        memcpy(&address, each->ai_addr, each->ai_addrlen);
        set_port(&address, sockets->port);
        file = open_socket(&address, each->ai_addrlen, addresses->ai_next == NULL);
        if (file < 0 && !is_missing(errno)) {
            const int error = errno;

            listen_sockets_close(sockets);
            return error;
        }
        if (file < 0) {
            missing = errno;
            continue;
        }
        sockets->files[sockets->count++] = file;
        sockets->port = port_of(file);
    }
    return sockets->count == 0 ? missing : 0;
}

/* A port that is free at the first address may be taken at the second: then another one is asked for. */
int listen_sockets_bind(struct listen_sockets *sockets, const struct addrinfo *addresses,
                        unsigned short port)
{
    int error = bind_all(sockets, addresses, port);

    for (int i = 1; i < FREE_PORT_TRIES && port == 0 && error == EADDRINUSE; i++)
        error = bind_all(sockets, addresses, port);
    return error;
}

/*
 * After a kill of the server its port stays taken until the last process that it had forked has reached its exec. On a
 * busy machine that takes a moment, so a taken port is tried again for a while.
 */
static int bind_soon(struct listen_sockets *sockets, const struct addrinfo *addresses,
                     unsigned short port)
{
    const struct timespec pause = {0, TAKEN_POLL_MS * 1000000L};
    int error = listen_sockets_bind(sockets, addresses, port);

    for (int waited_ms = 0; error == EADDRINUSE && port != 0 && waited_ms < TAKEN_WAIT_MS;
         waited_ms += TAKEN_POLL_MS) {
        (void)nanosleep(&pause, NULL);
        error = listen_sockets_bind(sockets, addresses, port);
    }
    return error;
}

bool listen_sockets_open(struct listen_sockets *sockets, const char *host, unsigned short port,
                         char why[LISTEN_ERROR_SIZE])
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *addresses;
    int error = getaddrinfo(host, "0", &hints, &addresses);

    if (error != 0) {
        (void)snprintf(why, LISTEN_ERROR_SIZE,
                       "can't listen on %s: %s; give an address of this machine with --host", host,
                       error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
        return false;
    }
    error = bind_soon(sockets, addresses, port);
    freeaddrinfo(addresses);
    if (error == EADDRINUSE)
        (void)snprintf(why, LISTEN_ERROR_SIZE,
                       "port %u of %s is taken: stop the program that has it, or choose another "
                       "with --port (0 takes a free one)",
                       port, host);
    else if (error != 0)
        (void)snprintf(why, LISTEN_ERROR_SIZE,
                       "can't listen on port %u of %s: %s; choose another with --host or --port",
                       port, host, strerror(error));
    return error == 0;
}

void listen_sockets_close(struct listen_sockets *sockets)
{
    while (sockets->count > 0)
        (void)close(sockets->files[--sockets->count]);
}
