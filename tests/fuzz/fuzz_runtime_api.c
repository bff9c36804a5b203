/*
 * The Runtime API from bytes to answers: what a process sends over a connection goes through server/runtime_port/runtime_connection.c
 * and handlers/worker/runtime_api.c to a worker whose handler is attached, so that no process is started.
 *
 * The first byte of the input says in pieces of which size the rest arrives. It is sent whole, then in such pieces: both
 * times the same answers must come, each of them whole and with a status that the Runtime API has, and invocations end
 * the same way. There are two, with ids that a corpus can name: FIRST, and SECOND, whose response is wanted as a stream
 * by somebody who is always behind.
 */
#include "handlers/worker/runtime_api.h"
#include "runtime/bundled/interpreter.h"
#include "runtime/process/memory_guard.h"
#include "server/runtime_port/runtime_connection.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argument_count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FIRST "11111111-1111-4111-8111-111111111111"
#define SECOND "22222222-2222-4222-8222-222222222222"

enum { INVOCATIONS = 2, QUIET_TURNS = 3, PIECE_MAX = 64 };

static const char *const request_ids[INVOCATIONS] = {FIRST, SECOND};
static const int statuses[] = {100, 200, 202, 400, 403, 404, 405, 413, 431};

static uv_loop_t loop;
static struct accounts *accounts;
static struct config *config;
static struct environment_services services;

/* One connection, and what became of it. */
struct talk {
    struct runtime_connections connections; /* as a port has them */
    struct environment *environment;
    int file;                      /* the process's end; -1 once it is closed */
    struct bytes *answers;         /* as they came */
    struct bytes *told;            /* statuses, bodies and outcomes: what must be the same again */
    struct response_stream stream; /* of the second invocation */
    struct bytes *streamed;
    unsigned invoked, ended;
    bool is_gone;
};

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

/* ---- the worker's surroundings ---- */

static struct talk
    *talk_now; /* the port has no other way to know it: it is opened with the worker */

static struct worker_port *open_port(void *context, struct worker *worker, unsigned short *number)
{
    (void)worker;
    *number = 1;
    return context; /* never looked into */
}

static void drain_port(struct worker_port *port)
{
    (void)port;
    runtime_connections_drain(&talk_now->connections);
}

static void close_port(struct worker_port *port)
{
    (void)port;
    talk_now->connections.worker = NULL;
    runtime_connections_close(&talk_now->connections);
}

static const struct worker_ports ports = {open_port, drain_port, close_port, &loop};

static void on_empty(void *context)
{
    (void)context;
}

static void on_idle(struct environment *environment, void *context)
{
    (void)environment;
    (void)context;
}

static bool take_chunk(struct bytes *chunk, void *context)
{
    struct talk *talk = context;

    expect(bytes_append(&talk->streamed, bytes_view(chunk).data, bytes_view(chunk).length));
    bytes_release(chunk);
    return false;
}

static void on_done(struct environment *environment, struct invocation *invocation, void *context)
{
    struct talk *talk = context;
    const struct bytes_view payload = bytes_view(invocation->outcome.payload);

    (void)environment;
    expect(invocation->outcome.kind != OUTCOME_NONE && talk->ended < talk->invoked);
    expect(strcmp(invocation->request_id, request_ids[talk->ended]) == 0);
    talk->ended++;
    expect(bytes_format(&talk->told, "outcome %d %s ", (int)invocation->outcome.kind,
                        invocation->outcome.error_type));
    expect(bytes_append(&talk->told, payload.data, payload.length));
    expect(bytes_append(&talk->told, bytes_view(talk->streamed).data,
                        bytes_view(talk->streamed).length));
    invocation_free(invocation);
}

static struct invocation *on_init_failed(struct environment *environment, void *context)
{
    (void)environment;
    (void)context;
    return NULL;
}

static void on_shutdown(struct environment *environment, void *context)
{
    (void)environment;
    (void)context;
}

static void on_gone(struct environment *environment, void *context)
{
    struct talk *talk = context;

    (void)environment;
    talk->is_gone = true;
}

static const struct environment_listener listener = {on_idle, on_done, on_init_failed, on_shutdown,
                                                     on_gone};

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    static const char text[] = "{\"Functions\":{\"f\":{\"ImageConfig\":{\"Command\":[\"x\"]},"
                               "\"Local\":{\"Attach\":true}}}}";
    const struct clock_options clock_options = {.mode = CLOCK_REAL};
    const struct log_options log_options = {.descriptor = open("/dev/null", O_WRONLY | O_CLOEXEC),
                                            .level = LOG_WARN};
    struct config_problems faults = {.count = 0};

    (void)argument_count;
    (void)arguments;
    (void)signal(SIGPIPE, SIG_IGN);
    expect(uv_loop_init(&loop) == 0);
    accounts = accounts_open(&loop, &clock_options, "123456789012");
    config = config_parse(text, sizeof text - 1, "./invoked.json", &faults);
    services = (struct environment_services){
        .loop = &loop,
        .log = log_open(&loop, &log_options),
        .random = random_source_new(),
        .processes = process_table_open(&loop),
        .memory_guard = memory_guard_open(&loop),
        .ports = &ports,
        .endpoint = "http://127.0.0.1:3001",
        .bundled_folder = "/nowhere",
    };
    services.interpreters = interpreters_open(&loop, services.processes, services.log);
    expect(accounts != NULL && config != NULL && services.log != NULL && services.random != NULL);
    expect(services.processes != NULL && services.memory_guard != NULL &&
           services.interpreters != NULL);
    return 0;
}

/* ---- one talk ---- */

static void begin(struct talk *talk)
{
    const struct environment_options options = {
        .services = &services,
        .account = accounts_default(accounts),
        .config = config,
        .settings = config_function(config, "f")->latest,
        .listener = &listener,
        .listener_context = talk,
    };
    int files[2];

    *talk = (struct talk){.file = -1};
    talk_now = talk;
    talk->environment = worker_open(&options);
    expect(talk->environment != NULL);
    talk->connections = (struct runtime_connections){
        .loop = &loop, .worker = (struct worker *)talk->environment, .on_empty = on_empty};
    expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, files) == 0);
    talk->file = files[0];
    runtime_connection_open(&talk->connections, files[1]);
}

/* An idle environment gets the next invocation, as long as there is one. */
static void invoke_if_idle(struct talk *talk)
{
    struct invocation_options options = {
        .account = accounts_default(accounts), .config = config, .attempt = 1};
    struct invocation *invocation;

    if (talk->environment->state != ENVIRONMENT_IDLE || talk->invoked == INVOCATIONS)
        return;
    options.request_id = request_ids[talk->invoked];
    expect(function_resolve(config_function(config, "f"), "", 0, &options.target));
    invocation = invocation_new(&options, services.random);
    expect(invocation != NULL);
    if (talk->invoked++ > 0) {
        talk->stream = (struct response_stream){.on_chunk = take_chunk, .context = talk};
        invocation->stream = &talk->stream;
    }
    talk->environment->kind->invoke(talk->environment, invocation);
}

/* Reads what has been answered; returns the number of bytes. */
static size_t read_answers(struct talk *talk)
{
    char room[4096];
    size_t total = 0;
    ssize_t length;

    while ((length = recv(talk->file, room, sizeof room, 0)) > 0) {
        expect(bytes_append(&talk->answers, room, (size_t)length));
        total += (size_t)length;
    }
    return total;
}

static int unread_bytes(const struct talk *talk)
{
    int count = 0;

    expect(ioctl(talk->file, SIOCOUTQ, &count) == 0);
    return count;
}

/* Until nothing more comes of what has been sent. */
static void settle(struct talk *talk)
{
    unsigned quiet = 0;
    int unread = -1;

    while (quiet < QUIET_TURNS) {
        const int before = unread;

        if (talk->stream.resume != NULL)
            talk->stream.resume(talk->stream.maker);
        (void)uv_run(&loop, UV_RUN_NOWAIT);
        invoke_if_idle(talk);
        unread = unread_bytes(talk);
        quiet = read_answers(talk) == 0 && unread == before ? quiet + 1 : 0;
    }
}

static void send_in_pieces(struct talk *talk, const uint8_t *data, size_t length, size_t piece)
{
    for (size_t sent = 0; sent < length;) {
        const size_t wanted = length - sent < piece ? length - sent : piece;
        const ssize_t taken = send(talk->file, data + sent, wanted, MSG_NOSIGNAL);

        if (taken < 0 && errno != EAGAIN)
            return; /* closed: a refusal ends the connection */
        sent += taken < 0 ? 0 : (size_t)taken;
        settle(talk);
        if (taken < 0)
            return; /* what stands behind an unanswered request is read up to a bound only */
    }
}

static void end(struct talk *talk)
{
    (void)shutdown(talk->file, SHUT_WR);
    settle(talk);
    talk->environment->kind->shut_down(talk->environment);
    while (!talk->is_gone || talk->connections.first != NULL)
        (void)uv_run(&loop, UV_RUN_ONCE);
    (void)read_answers(talk);
    (void)close(talk->file);
    expect(talk->ended == talk->invoked && talk->connections.count == 0);
}

/* ---- what was answered ---- */

static bool is_known(int status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (statuses[i] == status)
            return true;
    }
    return false;
}

/* A number that something else than a digit ends. */
static size_t read_number(const char *at)
{
    size_t number = 0;

    expect(*at >= '0' && *at <= '9');
    for (; *at >= '0' && *at <= '9' && number < 1000000000; at++)
        number = number * 10 + (size_t)(*at - '0');
    return number;
}

/* Adds status and body of the answer at the beginning; returns its length. */
static size_t tell_answer(struct talk *talk, struct bytes_view left)
{
    static const char length_header[] = "\r\nContent-Length: ";
    const char *end_of_head = memmem(left.data, left.length, "\r\n\r\n", 4);
    size_t head_length, body_length = 0;
    int status;

    expect(left.length > 12 && memcmp(left.data, "HTTP/1.1 ", 9) == 0 && end_of_head != NULL);
    head_length = (size_t)(end_of_head - left.data) + 4;
    status = (int)read_number(left.data + 9);
    expect(is_known(status));
    if (status != 100) {
        const char *const header =
            memmem(left.data, head_length, length_header, sizeof length_header - 1);

        expect(header != NULL);
        body_length = read_number(header + sizeof length_header - 1);
    }
    expect(body_length <= left.length - head_length);
    expect(bytes_format(&talk->told, "answer %d ", status));
    expect(bytes_append(&talk->told, left.data + head_length, body_length));
    return head_length + body_length;
}

static struct bytes *hold(const uint8_t *data, size_t length, size_t piece)
{
    struct talk talk;
    struct bytes_view left;

    begin(&talk);
    send_in_pieces(&talk, data, length, piece);
    end(&talk);
    left = bytes_view(talk.answers);
    while (left.length > 0) {
        const size_t used = tell_answer(&talk, left);

        left = (struct bytes_view){left.data + used, left.length - used};
    }
    bytes_release(talk.answers);
    bytes_release(talk.streamed);
    return talk.told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t piece = size == 0 ? 1 : (size_t)data[0] % PIECE_MAX + 1;
    struct bytes *whole, *split;

    if (size == 0)
        return 0;
    whole = hold(data + 1, size - 1, size);
    split = hold(data + 1, size - 1, piece);
    expect(bytes_view(whole).length == bytes_view(split).length);
    expect(memcmp(bytes_view(whole).data, bytes_view(split).data, bytes_view(whole).length) == 0);
    bytes_release(whole);
    bytes_release(split);
    return 0;
}
