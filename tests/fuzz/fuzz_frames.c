/*
 * What a handler's process sends to the server's end of a frame channel (runtime/environments/frame_channel.c): any bytes, since the
 * process may write there what it likes. The first byte of the input says in pieces of which size the rest arrives; whole
 * and in pieces, the same frames must come out, and be a copy of what was sent.
 */
#include "runtime/environments/frame_channel.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argument_count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIECE_MAX = 64 };

static uv_loop_t loop;

struct reception {
    struct frame_channel channel;
    struct bytes *frames; /* as they would be written again */
    bool has_ended, is_closed;
};

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    expect(uv_loop_init(&loop) == 0);
    return 0;
}

static void on_frame(enum frame_kind kind, struct bytes *body, void *context)
{
    struct reception *reception = context;
    const struct bytes_view view = bytes_view(body);
    const size_t length = view.length + 1;
    const char head[FRAME_HEAD_BYTES] = {(char)(length >> 24), (char)(length >> 16),
                                         (char)(length >> 8), (char)length, (char)kind};

    expect(!reception->has_ended);
    expect(bytes_append(&reception->frames, head, sizeof head));
    expect(bytes_append(&reception->frames, view.data, view.length));
    bytes_release(body);
}

static void on_end(void *context)
{
    struct reception *reception = context;

    expect(!reception->has_ended);
    reception->has_ended = true;
}

static void on_closed(void *context)
{
    ((struct reception *)context)->is_closed = true;
}

static void send_in_pieces(int file, const uint8_t *data, size_t length, size_t piece)
{
    for (size_t sent = 0; sent < length;) {
        const size_t wanted = length - sent < piece ? length - sent : piece;
        const ssize_t taken = send(file, data + sent, wanted, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (taken < 0 && errno != EAGAIN)
            return; /* the channel has ended: that was no frame */
        sent += taken < 0 ? 0 : (size_t)taken;
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    }
}

static struct bytes *receive(const uint8_t *data, size_t length, size_t piece)
{
    struct reception reception = {.frames = NULL};
    const int file = frame_channel_open(&reception.channel, &loop, on_frame, on_end, &reception);

    expect(file >= 0);
    send_in_pieces(file, data, length, piece);
    (void)close(file);
    while (!reception.has_ended)
        (void)uv_run(&loop, UV_RUN_ONCE);
    frame_channel_close(&reception.channel, on_closed);
    while (!reception.is_closed)
        (void)uv_run(&loop, UV_RUN_ONCE);
    return reception.frames;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes *whole, *split;
    struct bytes_view frames;

    if (size == 0)
        return 0;
    whole = receive(data + 1, size - 1, size);
    split = receive(data + 1, size - 1, (size_t)data[0] % PIECE_MAX + 1);
    frames = bytes_view(whole);
    expect(frames.length == bytes_view(split).length && frames.length <= size - 1);
    expect(memcmp(frames.data, bytes_view(split).data, frames.length) == 0);
    expect(memcmp(frames.data, data + 1, frames.length) == 0);
    bytes_release(whole);
    bytes_release(split);
    return 0;
}
