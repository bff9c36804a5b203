#include "runtime/environments/environment_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
    READ_BYTES = 65536,
    READS_PER_TURN = 4, /* of one handler, before others get their turn */
    READS_PER_DRAIN =
        64, /* a process that never stops printing must not delay the end of its invocation */
    PIPE_BYTES = 1 << 18
};

static void take_line(struct environment_log *log, const char *data, size_t length)
{
    log_function_line(log->log, log->function_name,
                      log->invocation == NULL ? NULL : log->invocation->request_id,
                      (struct bytes_view){data, length});
}

static void flush_partial(struct environment_log *log)
{
    struct bytes_view view = bytes_view(log->partial);

    if (view.length == 0)
        return;
    take_line(log, view.data, view.length);
    log->partial->length = 0;
}

/* Whole lines are passed on without a copy; the last, unfinished one is kept. */
static void split(struct environment_log *log, const char *data, size_t length)
{
    while (length > 0) {
        const char *end = memchr(data, '\n', length);
        const size_t piece = end == NULL ? length : (size_t)(end - data);
        const bool has_partial = log->partial != NULL && log->partial->length > 0;

        if (end != NULL && !has_partial) {
            take_line(log, data, piece);
        } else {
            if (!bytes_append(&log->partial, data, piece))
                take_line(log, data, piece);
            if (end != NULL || bytes_view(log->partial).length >= LOG_LINE_MAX)
                flush_partial(log);
        }
        if (end == NULL)
            return;
        data += piece + 1;
        length -= piece + 1;
    }
}

static void end_reading(struct environment_log *log)
{
    (void)uv_poll_stop(&log->poll);
    log->file = -1;
}

/* False when there is nothing more to read for now, or ever. */
static bool read_some(struct environment_log *log)
{
    static char buffer[READ_BYTES]; /* the loop's thread only, and empty again when this returns */
    ssize_t length;

    if (!log->is_open || log->file < 0)
        return false;
    length = read(log->file, buffer, sizeof buffer);
    if (length > 0) {
        if (log->invocation != NULL)
            log_tail_append(&log->invocation->log, buffer, (size_t)length);
        else if (!log->is_attached_once)
            log_tail_append(&log->early, buffer, (size_t)length);
        split(log, buffer, (size_t)length);
        return true;
    }
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    end_reading(log);
    return false;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct environment_log *log = poll->data;

    (void)status;
    (void)events;
    for (unsigned i = 0; i < READS_PER_TURN && read_some(log); i++)
        continue;
}

void environment_log_stop_watching(struct environment_log *log)
{
    if (log->is_open && log->file >= 0)
        (void)uv_poll_stop(&log->poll);
}

void environment_log_watch(struct environment_log *log)
{
    if (log->is_open && log->file >= 0)
        (void)uv_poll_start(&log->poll, UV_READABLE, on_readable);
}

int environment_log_pipe(int *write_end)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
    *write_end = ends[1];
    return ends[0];
}

bool environment_log_adopt(struct environment_log *log, uv_loop_t *loop, struct log *server_log,
                           const char *function_name, int read_end)
{
    *log = (struct environment_log){.file = -1, .log = server_log, .function_name = function_name};
    const int error = uv_poll_init(loop, &log->poll, read_end); /* makes it non-blocking */

    if (error != 0) {
        (void)close(read_end);
        errno = -error;
        return false;
    }
    log->file = read_end;
    log->descriptor = read_end;
    log->is_open = true;
    log->poll.data = log;
    environment_log_watch(log);
    return true;
}

int environment_log_open(struct environment_log *log, uv_loop_t *loop, struct log *server_log,
                         const char *function_name)
{
    int write_end;
    const int read_end = environment_log_pipe(&write_end);

    *log = (struct environment_log){.file = -1};
    if (read_end < 0)
        return -1;
    if (environment_log_adopt(log, loop, server_log, function_name, read_end))
        return write_end;
    (void)close(write_end);
    return -1;
}

void environment_log_attach(struct environment_log *log, struct invocation *invocation)
{
    log->invocation = invocation;
    log->is_attached_once = true;
    log_tail_clear(&log->early);
}

void environment_log_give_early(struct environment_log *log, struct invocation *invocation)
{
    const struct bytes_view early = bytes_view(log->early.text);

    if (early.length > 0)
        log_tail_append(&invocation->log, early.data, early.length);
}

void environment_log_drain(struct environment_log *log)
{
    for (unsigned i = 0; i < READS_PER_DRAIN && read_some(log); i++)
        continue;
    flush_partial(log);
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct environment_log *log = handle->data;

    bytes_release(log->partial);
    log->partial = NULL;
    log_tail_clear(&log->early);
    log->on_closed(log->closed_context);
}

void environment_log_close(struct environment_log *log, environment_log_closed_fn *on_closed,
                           void *context)
{
    environment_log_drain(log);
    if (log->file >= 0)
        end_reading(log);
    log->on_closed = on_closed;
    log->closed_context = context;
    uv_close((uv_handle_t *)&log->poll,
             on_poll_closed); /* before its descriptor: see frame_channel.c */
    (void)close(log->descriptor);
}
