#include "base/line_writer.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FLUSH_AFTER_MS = 5,
    FLUSH_AT_BYTES = 32768,
    RETRY_MIN_MS = 1,  /* a reader that keeps up is not held back by us ... */
    RETRY_MAX_MS = 64, /* ... and one that never reads costs next to nothing */
    CLOSE_LIMIT_MS = 1000
};

/* How the descriptor can be kept from making us wait. */
enum way {
    WAY_WHOLE,       /* a regular file: takes everything at once */
    WAY_NONBLOCKING, /* a descriptor of our own with O_NONBLOCK, which the borrowed one must not be given: it is shared */
    WAY_POLL         /* none could be had: ask first, and write no more than PIPE_BUF */
};

struct line_writer {
    uv_timer_t timer;
    int descriptor;
    enum way way;
    bool is_own_descriptor; /* to be closed */
    bool is_broken;         /* nobody can ever read it: everything is dropped, silently */
    line_writer_dropped_fn *on_dropped;
    void *context;
    unsigned long long dropped_count;
    uint64_t retry_ms;
    size_t begin, end; /* what is pending in `data` */
    char data[LINE_WRITER_CAPACITY];
};

static void choose_way(struct line_writer *writer, int descriptor)
{
    struct stat status;
    char path[48];

    writer->descriptor = descriptor;
    writer->way = WAY_POLL;
    if (fstat(descriptor, &status) != 0) {
        writer->is_broken = true;
        return;
    }
    if (S_ISREG(status.st_mode)) {
        writer->way = WAY_WHOLE;
        return;
    }
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    const int own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    /* Fails for sockets, for terminals of another user, and without /proc. */
    if (own < 0)
        return;
    writer->descriptor = own;
    writer->is_own_descriptor = true;
    writer->way = WAY_NONBLOCKING;
}

static void on_timer(uv_timer_t *timer)
{
    line_writer_push(timer->data);
}

struct line_writer *line_writer_open(uv_loop_t *loop, int descriptor,
                                     line_writer_dropped_fn *on_dropped, void *context)
{
    struct line_writer *writer = malloc(sizeof *writer);

    if (writer == NULL)
        return NULL;
    memset(writer, 0,
           offsetof(struct line_writer, data)); /* the buffer costs no page before it is used */
    if (uv_timer_init(loop, &writer->timer) != 0) {
        free(writer);
        return NULL;
    }
    writer->timer.data = writer;
    writer->retry_ms = RETRY_MIN_MS;
    uv_unref((uv_handle_t *)&writer->timer); /* a log alone doesn't keep a server running */
    writer->on_dropped = on_dropped;
    writer->context = context;
    choose_way(writer, descriptor);
    return writer;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void line_writer_close(struct line_writer *writer)
{
    if (writer == NULL)
        return;
    (void)line_writer_flush(writer, CLOSE_LIMIT_MS);
    if (writer->is_own_descriptor)
        (void)close(writer->descriptor);
    uv_close((uv_handle_t *)&writer->timer, on_timer_closed);
}

static void wake_in(struct line_writer *writer, uint64_t delay_ms)
{
    if (!uv_is_active((const uv_handle_t *)&writer->timer))
        (void)uv_timer_start(&writer->timer, on_timer, delay_ms, 0);
}

static size_t pending(const struct line_writer *writer)
{
    return writer->end - writer->begin;
}

/* Room at the end of the buffer; what is pending moves to its front when that is what it takes. */
static char *room_for(struct line_writer *writer, size_t size)
{
    if (sizeof writer->data - pending(writer) < size)
        return NULL;
    if (sizeof writer->data - writer->end < size) {
        memmove(writer->data, writer->data + writer->begin, pending(writer));
        writer->end = pending(writer);
        writer->begin = 0;
    }
    return writer->data + writer->end;
}

/* What was dropped is said as soon as there is room, before the next line. */
static void say_dropped(struct line_writer *writer)
{
    enum { NOTE_MAX = 256 };

    if (writer->dropped_count == 0)
        return;
    char *const room = room_for(writer, NOTE_MAX);

    if (room == NULL)
        return;
    const size_t length =
        writer->on_dropped(room, NOTE_MAX, writer->dropped_count, writer->context);

    assert(length <= NOTE_MAX);
    writer->end += length;
    writer->dropped_count = 0;
}

char *line_writer_reserve(struct line_writer *writer, size_t size)
{
    char *room = NULL;

    assert(size <= LINE_MAX_BYTES);
    if (writer->is_broken)
        return NULL;
    /* Half the buffer has to be free again before the count is said: not one note for each line that finds a gap. */
    if (writer->dropped_count > 0 && pending(writer) <= sizeof writer->data / 2)
        say_dropped(writer);
    if (writer->dropped_count == 0)
        room = room_for(writer, size);
    if (room == NULL) {
        writer->dropped_count++;
        wake_in(writer, FLUSH_AFTER_MS);
    }
    return room;
}

void line_writer_commit(struct line_writer *writer, size_t length)
{
    assert(length > 0 && writer->end + length <= sizeof writer->data);
    writer->end += length;
    assert(writer->data[writer->end - 1] == '\n');
    /* While the reader is slow the timer runs already, and says when to try again. */
    if (pending(writer) >= FLUSH_AT_BYTES && pending(writer) - length < FLUSH_AT_BYTES)
        line_writer_push(writer);
    else
        wake_in(writer, FLUSH_AFTER_MS);
}

/* The bytes of the next write: all of it to a file; else whole lines, or a piece of one that is longer than that. */
static size_t next_piece(const struct line_writer *writer)
{
    const char *const data = writer->data + writer->begin;
    const size_t length = pending(writer);

    if (writer->way == WAY_WHOLE || length <= PIPE_BUF)
        return length;
    const char *const line_end = memrchr(data, '\n', PIPE_BUF);

    return line_end != NULL ? (size_t)(line_end - data) + 1 : (size_t)PIPE_BUF;
}

static bool takes_more(const struct line_writer *writer, int wait_ms)
{
    struct pollfd poll_descriptor = {.fd = writer->descriptor, .events = POLLOUT};

    /* An error or hang-up counts: the write then says which. */
    return poll(&poll_descriptor, 1, wait_ms) > 0;
}

enum write_status { WRITE_DONE, WRITE_LATER, WRITE_NEVER };

static enum write_status write_piece(struct line_writer *writer)
{
    if (writer->way == WAY_POLL && !takes_more(writer, 0))
        return WRITE_LATER;
    const ssize_t written =
        write(writer->descriptor, writer->data + writer->begin, next_piece(writer));

    if (written >= 0) {
        writer->begin += (size_t)written;
        return WRITE_DONE;
    }
    switch (errno) {
    case EINTR:
        return WRITE_DONE;
    case EAGAIN: /* no reader for now */
    case ENOSPC: /* a full disk may be made room on */
    case EDQUOT:
    case EIO: /* a terminal that we are not in the foreground of */
        return WRITE_LATER;
    default: /* the reader is gone */
        return WRITE_NEVER;
    }
}

void line_writer_push(struct line_writer *writer)
{
    enum write_status status = WRITE_DONE;
    const size_t before = pending(writer);

    (void)uv_timer_stop(&writer->timer);
    while (pending(writer) > 0 && status == WRITE_DONE) {
        status = write_piece(writer);
        if (pending(writer) == 0)
            say_dropped(writer);
    }
    if (status == WRITE_NEVER)
        writer->is_broken = true;
    if (pending(writer) == 0 || writer->is_broken)
        writer->begin = writer->end = 0;
    if (pending(writer) < before)
        writer->retry_ms = RETRY_MIN_MS;
    if (pending(writer) > 0) {
        wake_in(writer, writer->retry_ms);
        writer->retry_ms = writer->retry_ms < RETRY_MAX_MS ? writer->retry_ms * 2 : RETRY_MAX_MS;
    }
}

bool line_writer_flush(struct line_writer *writer, int limit_ms)
{
    const int64_t until_us = clock_monotonic_us() + (int64_t)limit_ms * 1000;

    for (;;) {
        line_writer_push(writer);
        const int64_t left_ms = (until_us - clock_monotonic_us()) / 1000;

        if (pending(writer) == 0 || left_ms <= 0)
            break;
        (void)takes_more(writer, (int)(left_ms < RETRY_MAX_MS ? left_ms : RETRY_MAX_MS));
    }
    return pending(writer) == 0;
}
