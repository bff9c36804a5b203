#include "server/http/http_connections.h"

#include "base/clock.h"

#include <stdlib.h>
#include <sys/socket.h>

static void unlink_connection(struct http_connection *connection)
{
    struct http_connections *list = connection->list;

    *(connection->previous == NULL ? &list->first : &connection->previous->next) = connection->next;
    *(connection->next == NULL ? &list->last : &connection->next->previous) = connection->previous;
}

static void link_last(struct http_connection *connection)
{
    struct http_connections *list = connection->list;

    connection->previous = list->last;
    connection->next = NULL;
    *(list->last == NULL ? &list->first : &list->last->next) = connection;
    list->last = connection;
}

struct http_connection *http_connections_add(struct http_connections *list, int file)
{
    struct http_connection *connection = calloc(1, sizeof *connection);

    if (connection == NULL)
        return NULL;
    connection->list = list;
    connection->file = file;
    connection->awaited = AWAITED_HEAD;
    connection->since_us = clock_monotonic_us();
    link_last(connection);
    list->count++;
    return connection;
}

void http_connections_remove(struct http_connection *connection)
{
    unlink_connection(connection);
    connection->list->count--;
    free(connection);
}

bool http_connections_any_awaits(const struct http_connections *list, enum http_awaited awaited)
{
    for (const struct http_connection *connection = list->first; connection != NULL;
         connection = connection->next) {
        if (connection->awaited == awaited)
            return true;
    }
    return false;
}

void http_connection_await(struct http_connection *connection, enum http_awaited awaited,
                           size_t bytes)
{
    connection->awaited = awaited;
    connection->bytes = bytes;
    if (awaited == AWAITED_NOTHING)
        return;
    connection->since_us = clock_monotonic_us();
    if (awaited != AWAITED_HEAD)
        return;
    unlink_connection(connection);
    link_last(connection);
}

void http_connection_progress(struct http_connection *connection, size_t bytes)
{
    connection->bytes += bytes;
}

static void shut_down(struct http_connection *connection)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};

    /* The kernel must drop what the client hasn't taken. */
    if (connection->awaited == AWAITED_READER)
        (void)setsockopt(connection->file, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    (void)shutdown(connection->file, SHUT_RDWR);
    connection->is_shut_down = true;
}

bool http_connections_make_room(struct http_connections *list)
{
    const int64_t before_us = clock_monotonic_us() - HTTP_GRACE_MS * INT64_C(1000);

    for (struct http_connection *connection = list->first; connection != NULL;
         connection = connection->next) {
        if (connection->awaited != AWAITED_HEAD || connection->is_shut_down)
            continue;
        if (connection->since_us > before_us)
            return false; /* those behind it became idle later */
        shut_down(connection);
        return true;
    }
    return false;
}

static bool is_slow(const struct http_connection *connection, int64_t now_us)
{
    const uint64_t allowed_ms = HTTP_PATIENCE_MS + connection->bytes / HTTP_BYTES_PER_MS;

    return connection->awaited != AWAITED_NOTHING && !connection->is_shut_down &&
           now_us - connection->since_us > (int64_t)allowed_ms * 1000;
}

/* libmicrohttpd misses the end of a client that arrives together with its last bytes. */
static bool has_left(const struct http_connection *connection)
{
    char byte;

    return (connection->awaited == AWAITED_HEAD || connection->awaited == AWAITED_BODY) &&
           !connection->is_shut_down &&
           recv(connection->file, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

unsigned http_connections_end_slow(struct http_connections *list)
{
    const int64_t now_us = clock_monotonic_us();
    unsigned count = 0;

    for (struct http_connection *connection = list->first; connection != NULL;
         connection = connection->next) {
        if (has_left(connection)) {
            shut_down(connection);
        } else if (is_slow(connection, now_us)) {
            shut_down(connection);
            count++;
        }
    }
    return count;
}
