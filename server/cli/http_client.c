#include "server/cli/http_client.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { CONNECT_LIMIT_S = 10, READ_SIZE = 65536 };

/* ---- the address ---- */

static bool copy(char *to, size_t size, const char *from, size_t length)
{
    return length > 0 && snprintf(to, size, "%.*s", (int)length, from) < (int)size;
}

/* Nothing that could end the request line or a header. */
static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return false;
    }
    return true;
}

static bool parse_host(struct http_address *address, const char **at)
{
    const bool has_brackets = **at == '[';
    const char *const begin = *at + has_brackets;
    const size_t length = strcspn(begin, has_brackets ? "]/" : ":/");

    *at = begin + length;
    if (has_brackets && *(*at)++ != ']')
        return false;
    return copy(address->host, sizeof address->host, begin, length);
}

static bool parse_port(struct http_address *address, const char **at)
{
    const size_t length = **at == ':' ? strspn(*at + 1, "0123456789") : 0;

    memcpy(address->port, "80", sizeof "80");
    if (**at != ':')
        return true;
    const bool is_good = copy(address->port, sizeof address->port, *at + 1, length);

    *at += 1 + length;
    return is_good;
}

bool http_address_parse(const char *url, struct http_address *address)
{
    static const char scheme[] = "http://";
    const char *at = url + sizeof scheme - 1;
    size_t length;

    *address = (struct http_address){.path = ""};
    if (strncmp(url, scheme, sizeof scheme - 1) != 0 || !is_plain(url) ||
        strpbrk(url, "?#@") != NULL)
        return false;
    const char *const authority = at;

    if (!parse_host(address, &at) || !parse_port(address, &at) || (*at != '/' && *at != '\0') ||
        !copy(address->authority, sizeof address->authority, authority, (size_t)(at - authority)))
        return false;
    length = strlen(at);
    while (length > 0 && at[length - 1] == '/')
        length--;
    return length == 0 || copy(address->path, sizeof address->path, at, length);
}

/* ---- the connection ---- */

static int try_address(const struct addrinfo *candidate)
{
    const struct timeval limit = {.tv_sec = CONNECT_LIMIT_S}, none = {.tv_sec = 0};
    const int on = 1;
    const int file =
        socket(candidate->ai_family, candidate->ai_socktype | SOCK_CLOEXEC, candidate->ai_protocol);

    if (file < 0)
        return -1;
    (void)setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &limit,
                     sizeof limit); /* also limits connect() */
    (void)setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(file, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (connect(file, candidate->ai_addr, candidate->ai_addrlen) != 0) {
        const int error = errno == EINPROGRESS ? ETIMEDOUT : errno;

        (void)close(file);
        errno = error;
        return -1;
    }
    (void)setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof none);
    return file;
}

static int open_connection(const struct http_address *address, char problem[HTTP_CLIENT_ERROR_SIZE])
{
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *candidates = NULL;
    const int error = getaddrinfo(address->host, address->port, &wanted, &candidates);
    int file = -1;

    if (error != 0) {
        (void)snprintf(problem, HTTP_CLIENT_ERROR_SIZE, "%s: %s", address->host,
                       gai_strerror(error));
        return -1;
    }
    for (const struct addrinfo *candidate = candidates; candidate != NULL && file < 0;
         candidate = candidate->ai_next)
        file = try_address(candidate);
    if (file < 0)
        (void)snprintf(problem, HTTP_CLIENT_ERROR_SIZE, "%s", strerror(errno));
    freeaddrinfo(candidates);
    return file;
}

/* ---- request and response ---- */

/* A server may refuse a large body before it has read it: then stop sending and read the response. */
static void send_all(int file, struct bytes_view bytes)
{
    while (bytes.length > 0) {
        struct pollfd state = {.fd = file, .events = POLLIN | POLLOUT};

        if (poll(&state, 1, -1) < 0 && errno != EINTR)
            return;
        if ((state.revents & (POLLIN | POLLERR | POLLHUP)) != 0)
            return;
        if ((state.revents & POLLOUT) == 0)
            continue;
        const ssize_t sent = send(file, bytes.data, bytes.length, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0 && errno != EINTR && errno != EAGAIN)
            return;
        if (sent > 0) {
            bytes.data += sent;
            bytes.length -= (size_t)sent;
        }
    }
}

static bool send_request(int file, const struct http_client_request *request)
{
    struct bytes *head = NULL;
    const bool is_made =
        bytes_format(&head,
                     "%s %s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: invoked/" INVOKED_VERSION
                     "\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n",
                     request->method, request->address->path, request->target,
                     request->address->authority, request->body.length, request->headers);

    if (is_made) {
        send_all(file, bytes_view(head));
        send_all(file, request->body);
    }
    bytes_release(head);
    return is_made;
}

static enum http_client_status judge(enum http_response_status status, bool has_ended,
                                     char *problem)
{
    const char *text = "out of memory";
    enum http_client_status judged = HTTP_CLIENT_NO_MEMORY;

    switch (status) {
    case HTTP_RESPONSE_WHOLE:
        return HTTP_CLIENT_OK;
    case HTTP_RESPONSE_UNFINISHED:
        text = has_ended ? "connection closed before the response was complete" : "";
        judged = HTTP_CLIENT_NO_ANSWER;
        break;
    case HTTP_RESPONSE_MALFORMED:
        text = "the response is not HTTP";
        judged = HTTP_CLIENT_NOT_HTTP;
        break;
    case HTTP_RESPONSE_NO_MEMORY:
        break;
    }
    (void)snprintf(problem, HTTP_CLIENT_ERROR_SIZE, "%s", text);
    return judged;
}

static enum http_client_status too_large(char *problem)
{
    (void)snprintf(problem, HTTP_CLIENT_ERROR_SIZE, "the response is larger than %d bytes",
                   HTTP_CLIENT_BYTES_MAX);
    return HTTP_CLIENT_TOO_LARGE;
}

/* No time limit: an invocation may take up to 15 minutes and more. */
static enum http_client_status receive(int file, struct http_response *response, char *problem)
{
    size_t total = 0;

    for (;;) {
        char buffer[READ_SIZE];
        ssize_t length;

        do {
            length = recv(file, buffer, sizeof buffer, 0);
        } while (length < 0 && errno == EINTR);
        const bool has_ended = length <= 0;
        const enum http_response_status status = http_response_feed(
            response, (struct bytes_view){buffer, has_ended ? 0 : (size_t)length});

        if (status != HTTP_RESPONSE_UNFINISHED || has_ended)
            return judge(status, has_ended, problem);
        total += (size_t)length;
        if (total > HTTP_CLIENT_BYTES_MAX)
            return too_large(problem);
    }
}

enum http_client_status http_client_send(const struct http_client_request *request,
                                         struct http_client_answer *answer,
                                         char problem[HTTP_CLIENT_ERROR_SIZE])
{
    const int file = open_connection(request->address, problem);
    enum http_client_status status;

    http_response_init(&answer->response);
    if (file < 0)
        return HTTP_CLIENT_NO_CONNECTION;
    status = send_request(file, request) ? receive(file, &answer->response, problem)
                                         : judge(HTTP_RESPONSE_NO_MEMORY, false, problem);
    (void)close(file);
    return status;
}

void http_client_answer_clear(struct http_client_answer *answer)
{
    http_response_clear(&answer->response);
}
