#include "server/cli/run_server.h"

#include "base/folder.h"
#include "server/cli/dead_letter_count.h"
#include "server/cli/serve.h"
#include "server/cli/temporary_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { QUEUES_SIZE = 400 };

/* ---- in the server's process ---- */

/* Standard input and output belong to COMMAND; the log shares its standard error. */
static void detach_input_and_output(void)
{
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (nothing < 0)
        return;
    (void)dup2(nothing, 0);
    (void)dup2(nothing, 1);
    (void)close(nothing);
}

static bool has_more_dead_letters(const struct dead_letter_count *earlier, const char *data_folder)
{
    struct dead_letter_count *const later = dead_letter_count_new(data_folder);
    char queues[QUEUES_SIZE];
    size_t more;

    if (earlier == NULL || later == NULL) {
        dead_letter_count_free(later);
        (void)fprintf(stderr,
                      "invoked: out of memory: can't tell whether a dead letter was written\n");
        return true;
    }
    more = dead_letter_count_more(earlier, later, queues, sizeof queues);
    dead_letter_count_free(later);
    if (more > 0)
        (void)fprintf(stderr,
                      "invoked: %zu dead letter%s written to %s; exit status 1 because of "
                      "--fail-on-dead-letter\n",
                      more, more == 1 ? " was" : "s were", queues);
    return more > 0;
}

static int serve_and_count(const struct options *options, struct serve_control *control)
{
    struct dead_letter_count *earlier;
    int status;

    if (!options->fails_on_dead_letter)
        return serve(options, control);
    earlier = dead_letter_count_new(options->data_dir);
    status = serve(options, control);
    const bool has_more = has_more_dead_letters(earlier, options->data_dir);

    if (status == EXIT_GOOD && (has_more || control->dropped_count > 0))
        status = RUN_SERVER_LOST_EVENTS;
    dead_letter_count_free(earlier);
    return status;
}

static int serve_apart(const struct options *options, bool is_temporary,
                       struct serve_control *control)
{
    int status;

    (void)setsid();
    detach_input_and_output();
    status = serve_and_count(options, control);
    if (is_temporary)
        folder_remove(options->data_dir);
    return status;
}

/* ---- in the other ---- */

bool run_server_start(struct run_server *server, const struct options *options, bool is_temporary,
                      const sigset_t *signal_mask)
{
    int ends[2];
    const pid_t own_id = getpid();

    *server = (struct run_server){.state = RUN_SERVER_STARTING};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    server->id = fork();
    if (server->id == 0) {
        struct serve_control control = {
            .descriptor = ends[1], .process_id = own_id, .is_temporary = is_temporary};

        (void)sigprocmask(SIG_SETMASK, signal_mask, NULL);
        (void)close(ends[0]);
        exit(serve_apart(options, is_temporary, &control));
    }
    const int error = errno;

    (void)close(ends[1]);
    server->descriptor = ends[0];
    if (server->id > 0)
        return true;
    (void)close(ends[0]);
    errno = error;
    return false;
}

static void reap(struct run_server *server)
{
    while (waitpid(server->id, &server->wait_status, 0) < 0 && errno == EINTR)
        continue;
    (void)close(server->descriptor);
    server->descriptor = -1;
    server->state = RUN_SERVER_ENDED;
}

/* "ENDPOINT\nREGION\n" */
static void parse_ready(struct run_server *server)
{
    char *const first = memchr(server->received, '\n', server->received_length);
    char *const second =
        first == NULL ? NULL
                      : memchr(first + 1, '\n',
                               server->received_length - (size_t)(first + 1 - server->received));

    if (second == NULL || server->state != RUN_SERVER_STARTING)
        return;
    *first = '\0';
    *second = '\0';
    server->endpoint = server->received;
    server->region = first + 1;
    server->state = RUN_SERVER_READY;
}

void run_server_read(struct run_server *server)
{
    const ssize_t length = recv(server->descriptor, server->received + server->received_length,
                                sizeof server->received - server->received_length, 0);

    if (length < 0 && errno == EINTR)
        return;
    if (length <= 0) { /* or it sent more than two lines */
        reap(server);
        return;
    }
    server->received_length += (size_t)length;
    parse_ready(server);
}

void run_server_drain(struct run_server *server)
{
    if (server->state != RUN_SERVER_ENDED)
        (void)send(server->descriptor, "d", 1, MSG_NOSIGNAL);
}

void run_server_stop(struct run_server *server)
{
    if (server->state != RUN_SERVER_ENDED)
        (void)shutdown(server->descriptor, SHUT_WR);
}

void run_server_kill(struct run_server *server)
{
    if (server->state != RUN_SERVER_ENDED)
        (void)kill(server->id, SIGKILL);
}
