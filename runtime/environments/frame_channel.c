#include "runtime/environments/frame_channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    READ_BYTES = 65536,
    READS_PER_TURN = 64,
    FRAME_BYTES_MAX = 64 << 20, /* ten times the largest response */
    SOCKET_BYTES = 1 << 20
};

static void on_ready(uv_poll_t *poll, int status, int events);

/*
 * The descriptor stays open as long as the poll handle: closing the handle removes that descriptor from epoll once more,
 * and its number could belong to another file by then.
 */
static void end_channel(struct frame_channel *channel)
{
    if (channel->file < 0)
        return;
    (void)uv_poll_stop(&channel->poll);
    channel->file = -1;
    channel->on_end(channel->context);
}

static bool read_head(struct frame_channel *channel)
{
    const unsigned char *head = (const unsigned char *)channel->head;
    const size_t length =
        (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];

    if (length < 1 || length > FRAME_BYTES_MAX)
        return false;
    channel->body_length = length - 1;
    channel->has_head = true;
    if (channel->body_length == 0)
        return true;
    channel->body = bytes_new(channel->body_length);
    return channel->body != NULL;
}

static void deliver(struct frame_channel *channel)
{
    struct bytes *body = channel->body;

    channel->body = NULL;
    channel->has_head = false;
    channel->head_length = 0;
    channel->on_frame((enum frame_kind)channel->head[FRAME_HEAD_BYTES - 1], body, channel->context);
}

static size_t smaller(size_t left, size_t right)
{
    return left < right ? left : right;
}

/* False when it is no frame. The receiver may end the channel in the middle. */
static bool take(struct frame_channel *channel, const char *data, size_t length)
{
    while (length > 0 && channel->file >= 0) {
        if (!channel->has_head) {
            const size_t piece = smaller(length, FRAME_HEAD_BYTES - channel->head_length);

            memcpy(channel->head + channel->head_length, data, piece);
            channel->head_length += piece;
            data += piece;
            length -= piece;
            if (channel->head_length < FRAME_HEAD_BYTES)
                return true;
            if (!read_head(channel))
                return false;
        }
        if (channel->body != NULL) {
            const size_t piece = smaller(length, channel->body_length - channel->body->length);

            memcpy(channel->body->data + channel->body->length, data, piece);
            channel->body->length += piece;
            data += piece;
            length -= piece;
        }
        if (channel->body == NULL || channel->body->length == channel->body_length)
            deliver(channel);
    }
    return true;
}

/* False when there is nothing more for now, or ever. */
static bool read_some(struct frame_channel *channel)
{
    static char buffer[READ_BYTES]; /* the loop's thread only, and empty again when this returns */
    struct bytes *body = channel->body;
    const bool is_direct = body != NULL && channel->body_length - body->length >= READ_BYTES;
    ssize_t length;

    if (channel->file < 0)
        return false;
    channel->read_count++;
    length = is_direct ? read(channel->file, body->data + body->length,
                              channel->body_length - body->length)
                       : read(channel->file, buffer, sizeof buffer);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (length <= 0) {
        end_channel(channel);
        return false;
    }
    if (is_direct) {
        body->length += (size_t)length;
        if (body->length == channel->body_length)
            deliver(channel);
        return true;
    }
    if (!take(channel, buffer, (size_t)length)) {
        end_channel(channel);
        return false;
    }
    return (size_t)length == sizeof buffer || channel->body != NULL;
}

static void forget_sent(struct frame_channel *channel, size_t count)
{
    channel->sent += count;
    while (channel->part_count > 0 && channel->sent >= channel->parts[0]->length) {
        channel->sent -= channel->parts[0]->length;
        bytes_release(channel->parts[0]);
        channel->part_count--;
        memmove(channel->parts, channel->parts + 1, channel->part_count * sizeof channel->parts[0]);
    }
}

static void write_some(struct frame_channel *channel)
{
    struct iovec pieces[FRAME_PARTS_MAX];
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = channel->part_count};
    ssize_t length;

    for (size_t i = 0; i < channel->part_count; i++)
        pieces[i] = (struct iovec){channel->parts[i]->data, channel->parts[i]->length};
    pieces[0].iov_base = channel->parts[0]->data + channel->sent;
    pieces[0].iov_len -= channel->sent;
    length = sendmsg(channel->file, &message, MSG_NOSIGNAL);
    if (length > 0)
        forget_sent(channel, (size_t)length);
    /* Other errors show as the end of the channel when it is read next. */
}

static void watch(struct frame_channel *channel)
{
    const int events =
        (channel->part_count > 0 ? UV_WRITABLE : 0) | (channel->is_paused ? 0 : UV_READABLE);

    if (channel->file < 0 || events == channel->watched)
        return; /* libuv would make a system call of it */
    channel->watched = events;
    if (events == 0)
        (void)uv_poll_stop(&channel->poll);
    else
        (void)uv_poll_start(&channel->poll, events, on_ready);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct frame_channel *channel = poll->data;
    const bool was_writing = channel->part_count > 0;

    if (status < 0) {
        end_channel(channel);
        return;
    }
    if ((events & UV_WRITABLE) != 0 && was_writing)
        write_some(channel);
    for (unsigned i = 0; (events & UV_READABLE) != 0 && i < READS_PER_TURN && !channel->is_paused &&
                         read_some(channel);
         i++)
        continue;
    if (was_writing && channel->part_count == 0)
        watch(channel);
}

int frame_channel_pair(int *workers_end)
{
    const int size = SOCKET_BYTES;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    (void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    (void)setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    *workers_end = ends[1];
    return ends[0];
}

bool frame_channel_adopt(struct frame_channel *channel, uv_loop_t *loop, int servers_end,
                         frame_received_fn *on_frame, frame_ended_fn *on_end, void *context)
{
    *channel = (struct frame_channel){
        .file = -1, .on_frame = on_frame, .on_end = on_end, .context = context};
    const int error = uv_poll_init(loop, &channel->poll, servers_end); /* makes it non-blocking */

    if (error != 0) {
        (void)close(servers_end);
        errno = -error;
        return false;
    }
    channel->file = servers_end;
    channel->descriptor = servers_end;
    channel->is_open = true;
    channel->poll.data = channel;
    watch(channel);
    return true;
}

int frame_channel_open(struct frame_channel *channel, uv_loop_t *loop, frame_received_fn *on_frame,
                       frame_ended_fn *on_end, void *context)
{
    int workers_end;
    const int servers_end = frame_channel_pair(&workers_end);

    *channel = (struct frame_channel){.file = -1};
    if (servers_end < 0)
        return -1;
    if (frame_channel_adopt(channel, loop, servers_end, on_frame, on_end, context))
        return workers_end;
    (void)close(workers_end);
    return -1;
}

struct bytes *frame_new(size_t usual_length)
{
    struct bytes *frame = bytes_new(FRAME_HEAD_BYTES + usual_length);

    if (frame != NULL)
        frame->length = FRAME_HEAD_BYTES;
    return frame;
}

static void put_head(struct bytes *frame, enum frame_kind kind, size_t payload_length)
{
    const size_t length = frame->length - FRAME_HEAD_BYTES + 1 + payload_length;

    frame->data[0] = (char)(length >> 24);
    frame->data[1] = (char)(length >> 16);
    frame->data[2] = (char)(length >> 8);
    frame->data[3] = (char)length;
    frame->data[FRAME_HEAD_BYTES - 1] = (char)kind;
}

bool frame_channel_send(struct frame_channel *channel, enum frame_kind kind, struct bytes *frame,
                        struct bytes *payload)
{
    const size_t payload_length = bytes_view(payload).length;
    const bool was_writing = channel->part_count > 0;

    if (channel->file < 0 || channel->part_count + 2 > FRAME_PARTS_MAX) {
        bytes_release(frame);
        return false;
    }
    put_head(frame, kind, payload_length);
    channel->parts[channel->part_count++] = frame;
    if (payload_length > 0)
        channel->parts[channel->part_count++] = bytes_retain(payload);
    if (!was_writing)
        write_some(channel);
    if (!was_writing && channel->part_count > 0)
        watch(channel);
    return true;
}

void frame_channel_pause(struct frame_channel *channel)
{
    channel->is_paused = true;
    watch(channel);
}

void frame_channel_resume(struct frame_channel *channel)
{
    channel->is_paused = false;
    watch(channel);
}

void frame_channel_drain(struct frame_channel *channel)
{
    for (unsigned i = 0; i < READS_PER_TURN * 16 && read_some(channel); i++)
        continue;
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct frame_channel *channel = handle->data;

    bytes_release(channel->body);
    for (size_t i = 0; i < channel->part_count; i++)
        bytes_release(channel->parts[i]);
    channel->part_count = 0;
    channel->on_closed(channel->context);
}

void frame_channel_close(struct frame_channel *channel, frame_closed_fn *on_closed)
{
    channel->file = -1;
    channel->on_closed = on_closed;
    uv_close((uv_handle_t *)&channel->poll, on_poll_closed);
    (void)close(channel->descriptor);
}
