/*
 * A process of the Runtime API at the other end of a socket pair, and a worker whose handler is attached: no process is
 * started, and nothing waits for a network.
 */
#include "server/runtime_port/runtime_connection.h"

#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct test_bed bed;
static struct config *config;
static struct environment *environment;
static struct runtime_connections connections;
static struct invocation *done;
static bool is_gone;
static int client; /* the process's end */

/* Who takes a streamed response. */
static struct response_stream stream;
static struct bytes *streamed;
static bool has_room;

/* ---- the worker's surroundings ---- */

static struct worker_port *open_port(void *context, struct worker *owner, unsigned short *number)
{
    (void)owner;
    *number = 40123;
    return context; /* never looked into */
}

static void drain_port(struct worker_port *port)
{
    (void)port;
    runtime_connections_drain(&connections);
}

static void close_port(struct worker_port *port)
{
    (void)port;
    connections.worker = NULL;
    runtime_connections_close(&connections);
}

static const struct worker_ports ports = {open_port, drain_port, close_port, &bed};

static void on_idle(struct environment *idle, void *context)
{
    (void)idle;
    (void)context;
}

static void on_done(struct environment *busy, struct invocation *invocation, void *context)
{
    (void)busy;
    (void)context;
    ck_assert_ptr_null(done);
    done = invocation;
}

static struct invocation *on_init_failed(struct environment *failed, void *context)
{
    (void)failed;
    (void)context;
    return NULL;
}

static void on_shutdown(struct environment *ending, void *context)
{
    (void)ending;
    (void)context;
}

static void on_gone(struct environment *ended, void *context)
{
    (void)ended;
    (void)context;
    is_gone = true;
}

static const struct environment_listener listener = {on_idle, on_done, on_init_failed, on_shutdown,
                                                     on_gone};

static void on_empty(void *context)
{
    (void)context;
}

/* ---- the process ---- */

static int connect_client(void)
{
    int files[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, files), 0);
    runtime_connection_open(&connections, files[1]);
    return files[0];
}

static void turn(void)
{
    for (int i = 0; i < 4; i++)
        (void)uv_run(&bed.loop, UV_RUN_NOWAIT);
}

static void send_all(const char *data, size_t length)
{
    for (size_t sent = 0; sent < length;) {
        const ssize_t taken = send(client, data + sent, length - sent, MSG_NOSIGNAL);

        ck_assert_msg(taken > 0 || errno == EAGAIN, "send: %s", strerror(errno));
        sent += taken < 0 ? 0 : (size_t)taken;
        turn();
    }
}

static void send_text(const char *text)
{
    send_all(text, strlen(text));
}

/* What has been answered since the last call. */
static const char *answered(void)
{
    static char text[65536];
    ssize_t length;

    turn();
    length = recv(client, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    return text;
}

static void assert_answered(const char *beginning)
{
    const char *text = answered();

    ck_assert_msg(strncmp(text, beginning, strlen(beginning)) == 0, "wanted %s, got %s", beginning,
                  text);
}

/* ---- the invocation ---- */

static bool take_chunk(struct bytes *chunk, void *context)
{
    (void)context;
    ck_assert(bytes_append(&streamed, bytes_view(chunk).data, bytes_view(chunk).length));
    bytes_release(chunk);
    return has_room;
}

static void assert_text(struct bytes *bytes, const char *text)
{
    const struct bytes_view view = bytes_view(bytes);

    ck_assert_msg(view.length == strlen(text) && memcmp(view.data, text, view.length) == 0,
                  "wanted %s, got %.*s", text, (int)view.length, view.data);
}

#define NEXT "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n"

/* Asks for an event and gets it. Returns the beginning of a POST to its response. */
static const char *begin(bool is_streamed, const char *headers)
{
    static char head[1024];
    struct invocation *invocation = test_bed_invocation(&bed, config, "hello", "{}");

    if (is_streamed)
        invocation->stream = &stream;
    send_text(NEXT);
    ck_assert_int_eq(environment->state, ENVIRONMENT_IDLE);
    environment->kind->invoke(environment, invocation);
    assert_answered("HTTP/1.1 200 OK\r\n");
    ck_assert_int_lt(snprintf(head, sizeof head,
                              "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\n%s\r\n",
                              invocation->request_id, headers),
                     (int)sizeof head);
    return head;
}

static void set_up(void)
{
    test_bed_open(&bed);
    bed.services.ports = &ports;
    config =
        test_bed_config(&bed, "{\"Functions\":{\"hello\":{\"ImageConfig\":{\"Command\":[\"x\"]},"
                              "\"Local\":{\"Attach\":true}}}}");
    const struct environment_options options = {
        .services = &bed.services,
        .account = accounts_default(bed.accounts),
        .config = config,
        .settings = config_function(config, "hello")->latest,
        .listener = &listener,
    };

    environment = worker_open(&options);
    ck_assert_ptr_nonnull(environment);
    connections = (struct runtime_connections){
        .loop = &bed.loop, .worker = (struct worker *)environment, .on_empty = on_empty};
    stream = (struct response_stream){.on_chunk = take_chunk};
    has_room = true;
    client = connect_client();
}

static bool is_over(void *context)
{
    (void)context;
    return is_gone && connections.first == NULL;
}

static void tear_down(void)
{
    environment->kind->shut_down(environment);
    test_bed_run_until(&bed, is_over, NULL);
    (void)close(client);
    invocation_free(done);
    bytes_release(streamed);
    config_release(config);
    test_bed_close(&bed);
}

/* ---- tests ---- */

#define CHUNKED "Transfer-Encoding: chunked\r\n"
#define STREAMING "Lambda-Runtime-Function-Response-Mode: streaming\r\n"

START_TEST(requests_that_wait_behind_an_answer_are_answered_in_order)
{
    const char *head = begin(false, "Content-Length: 2\r\n");

    send_text(head);
    send_text("[]" NEXT "GET /ping HTTP/1.1\r\n\r\n");
    assert_answered("HTTP/1.1 202 Accepted\r\n");
    assert_text(done->outcome.payload, "[]");
    ck_assert_int_eq(environment->state, ENVIRONMENT_IDLE);
}
END_TEST

/* Each is answered with 404, whatever is being asked in it. */
static const char *const no_paths[] = {
    "/2018-06-01/runtime/invocation/response",
    "/2018-06-01/runtime/invocation/error",
    "/2018-06-01/runtime/invocation",
    "/response",
};

START_TEST(a_path_without_a_request_id_is_not_found)
{
    char text[256];

    (void)begin(true, "");
    (void)snprintf(text, sizeof text,
                   "POST %s HTTP/1.1\r\n" STREAMING CHUNKED "\r\n1\r\nx\r\n0\r\n\r\n",
                   no_paths[_i]);
    send_text(text);
    assert_answered("HTTP/1.1 404 Not Found\r\n");
    ck_assert_ptr_null(done);
    ck_assert_ptr_null(streamed);
}
END_TEST

START_TEST(a_streamed_response_goes_on_as_it_comes)
{
    send_text(begin(true, STREAMING CHUNKED));
    send_text("4\r\none \r\n");
    assert_text(streamed, "one ");
    send_text("3\r\ntwo\r\n");
    assert_text(streamed, "one two");
    ck_assert_ptr_null(done);
    send_text("0\r\n\r\n");
    assert_answered("HTTP/1.1 202 Accepted\r\n");
    ck_assert_int_eq(done->outcome.kind, OUTCOME_SUCCEEDED);
}
END_TEST

START_TEST(a_second_response_is_not_mixed_into_the_first)
{
    const char *head = begin(true, STREAMING CHUNKED);
    const int first = client;

    send_text(head);
    send_text("1\r\na\r\n");
    client = connect_client();
    send_text(head);
    send_text("1\r\nx\r\n");
    (void)close(client);
    client = first;
    turn();
    send_text("1\r\nb\r\n0\r\n\r\n");
    assert_text(streamed, "ab");
    assert_answered("HTTP/1.1 202 Accepted\r\n");
}
END_TEST

START_TEST(a_response_may_begin_again_when_its_connection_is_lost)
{
    const char *head = begin(true, STREAMING CHUNKED);

    send_text(head);
    send_text("1\r\na\r\n");
    (void)close(client);
    turn();
    client = connect_client();
    send_text(head);
    send_text("1\r\nb\r\n0\r\n\r\n");
    assert_text(streamed, "ab");
    assert_answered("HTTP/1.1 202 Accepted\r\n");
}
END_TEST

START_TEST(a_taker_that_is_behind_stops_the_reading)
{
    has_room = false;
    send_text(begin(true, STREAMING CHUNKED));
    send_text("1\r\na\r\n");
    send_text("1\r\nb\r\n");
    assert_text(streamed, "a");
    stream.resume(stream.maker);
    turn();
    assert_text(streamed, "ab");
    has_room = true;
    stream.resume(stream.maker);
    send_text("1\r\nc\r\n0\r\n\r\n");
    assert_text(streamed, "abc");
    assert_answered("HTTP/1.1 202 Accepted\r\n");
}
END_TEST

/* The last chunk ends the invocation while the connection is still working on it. */
START_TEST(a_stream_that_grows_too_large_while_its_taker_is_behind_ends_once)
{
    has_room = false;
    send_text(begin(true, STREAMING CHUNKED));
    stream.sent = STREAMED_RESPONSE_MAX - 2;
    send_text("1\r\na\r\n");
    send_text("1\r\nb\r\n1\r\nc\r\n1\r\nd\r\n0\r\n\r\n");
    assert_text(streamed, "a");
    drain_port(NULL); /* the process has ended, and left the rest in its socket */
    assert_text(streamed, "ab");
    ck_assert_str_eq(done->outcome.error_type, "Function.ResponseSizeTooLarge");
    ck_assert_ptr_nonnull(strstr(done->outcome.payload->data, "(209715200 bytes)"));
    assert_answered("HTTP/1.1 403 Forbidden\r\n");
}
END_TEST

/* Base64 of 'a's, and as many of these. */
static char *many(const char *piece, size_t times)
{
    const size_t length = strlen(piece);
    char *text = malloc(times * length + 1);

    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * length, piece, length);
    text[times * length] = '\0';
    return text;
}

static const size_t triples[] = {1, 2000, 3000, 100000, 250000}; /* four bytes each */

START_TEST(an_error_in_a_trailer_may_be_large)
{
    char *encoded = many("YWFh", triples[_i]), *decoded = many("aaa", triples[_i]);

    send_text(begin(false, STREAMING CHUNKED));
    send_text("1\r\nx\r\n0\r\nLambda-Runtime-Function-Error-Type: Function.Broken\r\n"
              "Lambda-Runtime-Function-Error-Body:   ");
    send_text(encoded);
    send_text("\r\n\r\n");
    assert_answered("HTTP/1.1 202 Accepted\r\n");
    assert_text(done->outcome.payload, decoded);
    free(encoded);
    free(decoded);
}
END_TEST

START_TEST(a_header_may_be_large)
{
    char *long_type = many("x", 20000);
    char *head = strdup(begin(false, ""));

    ck_assert_ptr_nonnull(head);
    *strstr(head, "\r\n\r\n") = '\0';
    send_text(head);
    send_text("\r\nContent-Length: 0\r\nLambda-Runtime-Function-Response-Mode: ");
    send_text(long_type);
    send_text("\r\n\r\n");
    assert_answered("HTTP/1.1 400 Bad Request\r\n");
    ck_assert_str_eq(done->outcome.error_type, "Runtime.InvalidResponseModeHeader");
    free(head);
    free(long_type);
}
END_TEST

/* aws-lambda-go posts every result in chunks, and never says that it streams. */
START_TEST(chunks_go_on_as_they_come_without_a_response_mode)
{
    send_text(begin(true, CHUNKED));
    send_text("1\r\na\r\n");
    assert_text(streamed, "a");
    send_text("0\r\nLambda-Runtime-Function-Error-Type: Function.Broken\r\n"
              "Lambda-Runtime-Function-Error-Body: e30=\r\n\r\n");
    assert_answered("HTTP/1.1 202 Accepted\r\n");
    assert_text(streamed, "a");
    assert_text(done->outcome.payload, "{}");
}
END_TEST

START_TEST(a_response_of_known_length_is_one_chunk_without_a_response_mode)
{
    send_text(begin(true, "Content-Length: 4\r\n"));
    send_text("ab");
    ck_assert_ptr_null(streamed);
    send_text("cd");
    assert_answered("HTTP/1.1 202 Accepted\r\n");
    assert_text(done->outcome.payload, "abcd");
}
END_TEST

START_TEST(an_invocation_that_wants_it_whole_gets_chunks_together)
{
    send_text(begin(false, STREAMING CHUNKED));
    send_text("1\r\na\r\n");
    send_text("1\r\nb\r\n0\r\n\r\n");
    assert_answered("HTTP/1.1 202 Accepted\r\n");
    assert_text(done->outcome.payload, "ab");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("runtime_connection");
    TCase *tcase = tcase_create("runtime_connection");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, requests_that_wait_behind_an_answer_are_answered_in_order);
    tcase_add_loop_test(tcase, a_path_without_a_request_id_is_not_found, 0, ARRAY_LENGTH(no_paths));
    tcase_add_test(tcase, a_streamed_response_goes_on_as_it_comes);
    tcase_add_test(tcase, a_second_response_is_not_mixed_into_the_first);
    tcase_add_test(tcase, a_response_may_begin_again_when_its_connection_is_lost);
    tcase_add_test(tcase, a_taker_that_is_behind_stops_the_reading);
    tcase_add_test(tcase, a_stream_that_grows_too_large_while_its_taker_is_behind_ends_once);
    tcase_add_loop_test(tcase, an_error_in_a_trailer_may_be_large, 0, ARRAY_LENGTH(triples));
    tcase_add_test(tcase, a_header_may_be_large);
    tcase_add_test(tcase, chunks_go_on_as_they_come_without_a_response_mode);
    tcase_add_test(tcase, a_response_of_known_length_is_one_chunk_without_a_response_mode);
    tcase_add_test(tcase, an_invocation_that_wants_it_whole_gets_chunks_together);
    suite_add_tcase(suite, tcase);
    return suite;
}
