/*
 * floor.c - the least that a server can do with the same libraries: what `make bench` compares with.
 *
 *   floor echo                        answers every request with its own body
 *   floor http N PROGRAM [ARGUMENT]   hands each body to one of N workers that poll like a Runtime API client
 *   floor pipe N PROGRAM [ARGUMENT]   hands each body to one of N workers at the other end of a socket pair, at its
 *                                     descriptor 3: length (4 bytes, big-endian), then that many bytes, both ways
 *   floor cold PROGRAM [ARGUMENT]     as `http`, but starts a worker for each request, and ends it with its answer
 *
 * libmicrohttpd and libuv are put together as in server/http/http_listener.c. There are no checks, no log, no history, no
 * deadlines and no limits: it is a yardstick, and trusts who speaks to it. It prints a line `listening on PORT`, and
 * ends with SIGTERM, its workers with it.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

enum {
    HEAD_BYTES_MAX = 64 << 10,
    CONNECTIONS_MAX = 20000,
    RUNS_PER_TURN = 4,
    WORKERS_MAX = 256,
    PENDING_MAX = 32768, /* more than connections */
    PREFIX_BYTES = 4,
    WORKER_DESCRIPTOR = 3
};

enum mode { MODE_ECHO, MODE_HTTP, MODE_PIPE, MODE_COLD };

struct buffer {
    char *data;
    size_t length, capacity;
};

enum exchange_kind { EXCHANGE_CLIENT, EXCHANGE_NEXT, EXCHANGE_RESULT };

struct exchange {
    struct MHD_Connection *connection;
    struct exchange *next; /* in the queue or the stack that it is in */
    struct buffer body, answer;
    unsigned
        id; /* of the client whose event this answer carries (EXCHANGE_NEXT), or whose result came */
    pid_t cold_worker; /* MODE_COLD */
    enum exchange_kind kind;
    bool is_received, is_answered, is_suspended;
};

struct worker {
    struct floor *floor;
    struct worker *next; /* in the stack of idle ones */
    struct exchange *client;
    struct buffer input;
    uv_poll_t poll;
    int socket;
};

struct floor {
    enum mode mode;
    unsigned short port;
    int listening;
    char **command;
    uv_loop_t loop;
    uv_poll_t accept_poll, daemon_poll;
    uv_timer_t daemon_timer;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_signal_t ending, child;
    struct MHD_Daemon *daemon;
    bool is_run_wanted;
    struct exchange *first_waiting, **last_waiting; /* clients without a worker */
    struct exchange *polling;                       /* workers without a client, the latest first */
    struct exchange *pending[PENDING_MAX];          /* clients by id */
    unsigned free_ids[PENDING_MAX], free_id_count;
    struct worker *idle;
    struct worker workers[WORKERS_MAX];
};

/* ---- bytes ---- */

static void make_room(struct buffer *buffer, size_t more)
{
    size_t capacity = buffer->capacity == 0 ? 512 : buffer->capacity;

    while (capacity < buffer->length + more)
        capacity *= 2;
    if (capacity == buffer->capacity)
        return;
    buffer->data = realloc(buffer->data, capacity);
    assert(buffer->data != NULL);
    buffer->capacity = capacity;
}

/* Empties `from`. */
static struct buffer move(struct buffer *from)
{
    const struct buffer moved = *from;

    *from = (struct buffer){0};
    return moved;
}

/* ---- answers ---- */

static void resume(struct floor *floor, struct exchange *exchange)
{
    exchange->is_answered = true;
    if (!exchange->is_suspended)
        return;
    exchange->is_suspended = false;
    MHD_resume_connection(exchange->connection);
    floor->is_run_wanted = true;
}

static enum MHD_Result send_answer(struct exchange *exchange)
{
    const struct buffer answer = move(&exchange->answer);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(answer.length, answer.data, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result;

    assert(response != NULL);
    if (exchange->kind == EXCHANGE_NEXT) {
        char id[16];

        (void)snprintf(id, sizeof id, "%u", exchange->id);
        (void)MHD_add_response_header(response, "Lambda-Runtime-Aws-Request-Id", id);
    }
    result = MHD_queue_response(exchange->connection,
                                exchange->kind == EXCHANGE_RESULT ? MHD_HTTP_ACCEPTED : MHD_HTTP_OK,
                                response);
    MHD_destroy_response(response);
    return result;
}

/* ---- workers ---- */

static pid_t start_worker(const struct floor *floor, int descriptor)
{
    char api[64];
    char *environment[] = {api, "PATH=/usr/local/bin:/usr/bin:/bin", NULL};
    posix_spawn_file_actions_t actions;
    pid_t id;
    int error;

    (void)snprintf(api, sizeof api, "AWS_LAMBDA_RUNTIME_API=127.0.0.1:%u", floor->port);
    (void)posix_spawn_file_actions_init(&actions);
    if (descriptor >= 0)
        (void)posix_spawn_file_actions_adddup2(&actions, descriptor, WORKER_DESCRIPTOR);
    error = posix_spawnp(&id, floor->command[0], &actions, NULL, floor->command, environment);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        (void)fprintf(stderr, "floor: can't start %s: %s\n", floor->command[0], strerror(error));
        exit(1);
    }
    return id;
}

/* A worker reads all before it writes, so waiting for it is safe. */
static void write_all(int file, struct iovec *pieces, int count)
{
    while (count > 0) {
        ssize_t written = writev(file, pieces, count);

        if (written < 0 && errno == EAGAIN)
            (void)poll(&(struct pollfd){.fd = file, .events = POLLOUT}, 1, -1);
        else
            assert(written >= 0);
        for (; count > 0 && written >= (ssize_t)pieces->iov_len; pieces++, count--)
            written -= (ssize_t)pieces->iov_len;
        if (count > 0 && written > 0) {
            pieces->iov_base = (char *)pieces->iov_base + written;
            pieces->iov_len -= (size_t)written;
        }
    }
}

static void hand_to_worker(struct worker *worker, struct exchange *client)
{
    uint32_t prefix = htonl((uint32_t)client->body.length);
    struct iovec pieces[] = {{&prefix, sizeof prefix}, {client->body.data, client->body.length}};

    worker->client = client;
    write_all(worker->socket, pieces, 2);
}

static void hand_to_poller(struct floor *floor, struct exchange *poller, struct exchange *client)
{
    assert(floor->free_id_count > 0);
    client->id = floor->free_ids[--floor->free_id_count];
    floor->pending[client->id] = client;
    poller->id = client->id;
    poller->answer = move(&client->body);
    resume(floor, poller);
}

static struct exchange *take_waiting(struct floor *floor)
{
    struct exchange *client = floor->first_waiting;

    if (client == NULL)
        return NULL;
    floor->first_waiting = client->next;
    if (client->next == NULL)
        floor->last_waiting = &floor->first_waiting;
    return client;
}

static void wait_for_worker(struct floor *floor, struct exchange *client)
{
    client->next = NULL;
    *floor->last_waiting = client;
    floor->last_waiting = &client->next;
}

static void on_worker_readable(uv_poll_t *poll, int status, int events)
{
    struct worker *worker = poll->data;
    struct buffer *input = &worker->input;
    uint32_t prefix;
    ssize_t count;

    (void)status;
    (void)events;
    make_room(input, 64 << 10);
    count = recv(worker->socket, input->data + input->length, input->capacity - input->length,
                 MSG_DONTWAIT);
    if (count <= 0)
        return;
    input->length += (size_t)count;
    if (input->length < PREFIX_BYTES)
        return;
    memcpy(&prefix, input->data, sizeof prefix);
    if (input->length < PREFIX_BYTES + ntohl(prefix))
        return;
    struct exchange *client = worker->client;

    assert(client != NULL);
    make_room(&client->answer, ntohl(prefix));
    memcpy(client->answer.data, input->data + PREFIX_BYTES, ntohl(prefix));
    client->answer.length = ntohl(prefix);
    input->length = 0;
    resume(worker->floor, client);
    client = take_waiting(worker->floor);
    if (client != NULL) {
        hand_to_worker(worker, client);
        return;
    }
    worker->client = NULL;
    worker->next = worker->floor->idle;
    worker->floor->idle = worker;
}

static void start_piped_worker(struct floor *floor, struct worker *worker)
{
    int pair[2];
    const int made = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);

    assert(made == 0);
    (void)start_worker(floor, pair[1]);
    (void)close(pair[1]);
    worker->floor = floor;
    worker->socket = pair[0];
    (void)uv_poll_init(&floor->loop, &worker->poll, pair[0]);
    worker->poll.data = worker;
    (void)uv_poll_start(&worker->poll, UV_READABLE, on_worker_readable);
    worker->next = floor->idle;
    floor->idle = worker;
}

/* ---- requests ---- */

static void take_client(struct floor *floor, struct exchange *client)
{
    struct worker *worker = floor->idle;
    struct exchange *poller = floor->polling;

    if (floor->mode == MODE_ECHO) {
        client->answer = move(&client->body);
        resume(floor, client);
    } else if (worker != NULL) {
        floor->idle = worker->next;
        hand_to_worker(worker, client);
    } else if (poller != NULL) {
        floor->polling = poller->next;
        hand_to_poller(floor, poller, client);
    } else {
        wait_for_worker(floor, client);
        if (floor->mode == MODE_COLD)
            client->cold_worker = start_worker(floor, -1);
    }
}

static void take_poller(struct floor *floor, struct exchange *poller)
{
    struct exchange *client = take_waiting(floor);

    if (client != NULL) {
        hand_to_poller(floor, poller, client);
        return;
    }
    poller->next = floor->polling;
    floor->polling = poller;
}

static void take_result(struct floor *floor, struct exchange *result)
{
    struct exchange *client = floor->pending[result->id];

    assert(client != NULL);
    floor->pending[result->id] = NULL;
    floor->free_ids[floor->free_id_count++] = result->id;
    client->answer = move(&result->body);
    resume(floor, client);
    if (client->cold_worker > 0)
        (void)kill(client->cold_worker, SIGKILL);
    resume(floor, result);
}

static struct exchange *begin(struct MHD_Connection *connection, const char *path)
{
    static const char prefix[] = "/2018-06-01/runtime/invocation/";
    struct exchange *exchange = calloc(1, sizeof *exchange);
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");

    assert(exchange != NULL);
    exchange->connection = connection;
    if (strncmp(path, prefix, sizeof prefix - 1) == 0) {
        const char *rest = path + sizeof prefix - 1;

        exchange->kind = strcmp(rest, "next") == 0 ? EXCHANGE_NEXT : EXCHANGE_RESULT;
        exchange->id = (unsigned)strtoul(rest, NULL, 10) % PENDING_MAX;
    }
    if (length != NULL)
        make_room(&exchange->body, strtoul(length, NULL, 10));
    return exchange;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *data, size_t *length, void **slot)
{
    struct floor *floor = context;
    struct exchange *exchange = *slot;

    (void)method;
    (void)version;
    if (exchange == NULL) {
        *slot = begin(connection, path);
        return MHD_YES;
    }
    if (*length > 0) {
        make_room(&exchange->body, *length);
        memcpy(exchange->body.data + exchange->body.length, data, *length);
        exchange->body.length += *length;
        *length = 0;
        return MHD_YES;
    }
    if (!exchange->is_received) {
        exchange->is_received = true;
        if (exchange->kind == EXCHANGE_CLIENT)
            take_client(floor, exchange);
        else if (exchange->kind == EXCHANGE_NEXT)
            take_poller(floor, exchange);
        else
            take_result(floor, exchange);
    }
    if (exchange->is_answered)
        return send_answer(exchange);
    exchange->is_suspended = true;
    MHD_suspend_connection(connection);
    return MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode code)
{
    struct exchange *exchange = *slot;

    (void)context;
    (void)connection;
    (void)code;
    if (exchange == NULL)
        return;
    free(exchange->body.data);
    free(exchange->answer.data);
    free(exchange);
}

/* ---- the loop, as in server/http/http_listener.c ---- */

static void on_daemon_timer(uv_timer_t *timer)
{
    struct floor *floor = timer->data;

    floor->is_run_wanted = true;
}

static void run_daemon(struct floor *floor)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;

    for (unsigned i = 0; i < RUNS_PER_TURN && floor->is_run_wanted; i++) {
        floor->is_run_wanted = false;
        (void)MHD_run(floor->daemon);
    }
    if (floor->is_run_wanted)
        (void)uv_timer_start(&floor->daemon_timer, on_daemon_timer, 0, 0);
    else if (MHD_get_timeout(floor->daemon, &timeout_ms) == MHD_YES)
        (void)uv_timer_start(&floor->daemon_timer, on_daemon_timer, timeout_ms, 0);
    else
        (void)uv_timer_stop(&floor->daemon_timer);
}

static void on_daemon_ready(uv_poll_t *poll, int status, int events)
{
    struct floor *floor = poll->data;

    (void)status;
    (void)events;
    floor->is_run_wanted = true;
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct floor *floor = prepare->data;

    if (floor->is_run_wanted)
        run_daemon(floor);
}

static void on_check(uv_check_t *check)
{
    struct floor *floor = check->data;

    if (floor->is_run_wanted)
        run_daemon(floor);
}

static void on_connectable(uv_poll_t *poll, int status, int events)
{
    struct floor *floor = poll->data;
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int file;

    (void)status;
    (void)events;
    while ((file = accept4(floor->listening, (struct sockaddr *)&address, &length,
                           SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        (void)MHD_add_connection(floor->daemon, file, (struct sockaddr *)&address, length);
        floor->is_run_wanted = true;
        length = sizeof address;
    }
}

static void on_ending(uv_signal_t *signal, int number)
{
    (void)signal;
    (void)number;
    exit(0); /* its workers end with their sockets */
}

static void on_child(uv_signal_t *signal, int number)
{
    (void)signal;
    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
}

/* ---- start ---- */

static void listen_on_free_port(struct floor *floor)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int error;

    floor->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    error = bind(floor->listening, (struct sockaddr *)&address, sizeof address);
    assert(error == 0);
    error = listen(floor->listening, SOMAXCONN);
    assert(error == 0);
    error = getsockname(floor->listening, (struct sockaddr *)&address, &length);
    assert(error == 0);
    floor->port = ntohs(address.sin_port);
}

static void open_loop(struct floor *floor)
{
    floor->daemon =
        MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0,
                         NULL, NULL, on_request, floor, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
                         floor, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES_MAX,
                         MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_END);
    assert(floor->daemon != NULL);
    (void)uv_loop_init(&floor->loop);
    (void)uv_poll_init(&floor->loop, &floor->accept_poll, floor->listening);
    (void)uv_poll_init(&floor->loop, &floor->daemon_poll,
                       MHD_get_daemon_info(floor->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd);
    (void)uv_timer_init(&floor->loop, &floor->daemon_timer);
    (void)uv_prepare_init(&floor->loop, &floor->prepare);
    (void)uv_check_init(&floor->loop, &floor->check);
    (void)uv_signal_init(&floor->loop, &floor->ending);
    (void)uv_signal_init(&floor->loop, &floor->child);
    floor->accept_poll.data = floor->daemon_poll.data = floor->daemon_timer.data = floor;
    floor->prepare.data = floor->check.data = floor;
    (void)uv_poll_start(&floor->accept_poll, UV_READABLE, on_connectable);
    (void)uv_poll_start(&floor->daemon_poll, UV_READABLE, on_daemon_ready);
    (void)uv_prepare_start(&floor->prepare, on_prepare);
    (void)uv_check_start(&floor->check, on_check);
    (void)uv_signal_start(&floor->ending, on_ending, SIGTERM);
    (void)uv_signal_start(&floor->child, on_child, SIGCHLD);
}

static struct floor *open_floor(enum mode mode, char **command)
{
    struct floor *floor = calloc(1, sizeof *floor);

    assert(floor != NULL);
    floor->mode = mode;
    floor->command = command;
    floor->last_waiting = &floor->first_waiting;
    for (floor->free_id_count = 0; floor->free_id_count < PENDING_MAX; floor->free_id_count++)
        floor->free_ids[floor->free_id_count] = floor->free_id_count;
    listen_on_free_port(floor);
    open_loop(floor);
    return floor;
}

static void start_workers(struct floor *floor, unsigned long count)
{
    for (unsigned i = 0; i < count && i < WORKERS_MAX; i++) {
        if (floor->mode == MODE_PIPE)
            start_piped_worker(floor, &floor->workers[i]);
        else
            (void)start_worker(floor, -1);
    }
}

int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        enum mode mode;
        int least, command; /* of `arguments`: how many, and where the program stands */
    } modes[] = {
        {"echo", MODE_ECHO, 2, 2},
        {"http", MODE_HTTP, 4, 3},
        {"pipe", MODE_PIPE, 4, 3},
        {"cold", MODE_COLD, 3, 2},
    };
    struct floor *floor;

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (count < modes[i].least || strcmp(arguments[1], modes[i].name) != 0)
            continue;
        floor = open_floor(modes[i].mode, arguments + modes[i].command);
        if (modes[i].command == 3)
            start_workers(floor, strtoul(arguments[2], NULL, 10));
        (void)printf("listening on %u\n", floor->port);
        (void)fflush(stdout);
        return uv_run(&floor->loop, UV_RUN_DEFAULT);
    }
    (void)fprintf(stderr,
                  "usage: floor echo | http N PROGRAM... | pipe N PROGRAM... | cold PROGRAM...\n");
    return 2;
}
