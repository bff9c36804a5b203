/*
 * frame_channel.h - the server's end of a socket pair that speaks the frames of frames.h.
 *
 * Small frames arrive with one read and are copied once; a large one is read straight into the buffer that is handed on.
 * What goes out is written at once as far as the socket takes it. Threads: event-loop thread only.
 */
#ifndef RUNTIME_ENVIRONMENTS_FRAME_CHANNEL_H
#define RUNTIME_ENVIRONMENTS_FRAME_CHANNEL_H

#include "base/bytes.h"
#include "runtime/environments/frames.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum { FRAME_PARTS_MAX = 8 };

/* `body` is the receiver's (one reference); NULL when empty. The receiver must not close the channel's memory. */
typedef void frame_received_fn(enum frame_kind kind, struct bytes *body, void *context);
/* The other end is closed, or sent something that is no frame; runs once. */
typedef void frame_ended_fn(void *context);
typedef void frame_closed_fn(void *context);

struct frame_channel {
    uv_poll_t poll;
    int watched;    /* the events that `poll` waits for */
    int file;       /* -1 once it has ended */
    int descriptor; /* the same, until the handle is closed */
    bool is_open;
    bool is_paused;
    uint64_t read_count; /* tells whether two frames came with the same read */

    char head[FRAME_HEAD_BYTES]; /* of the frame that is being received */
    size_t head_length;
    struct bytes *body;
    size_t body_length; /* that the head promised */
    bool has_head;

    struct bytes *parts[FRAME_PARTS_MAX]; /* what waits to be written, in order */
    size_t part_count;
    size_t sent; /* of the first part */

    frame_received_fn *on_frame;
    frame_ended_fn *on_end;
    frame_closed_fn *on_closed;
    void *context;
};

/* Returns the worker's end, which the caller closes once the process has it; -1 with errno set. */
int frame_channel_open(struct frame_channel *channel, uv_loop_t *loop, frame_received_fn *on_frame,
                       frame_ended_fn *on_end, void *context);

/* The same in two steps. Returns the server's end, and the worker's; both are the caller's. -1 with errno set. */
int frame_channel_pair(int *workers_end);

/* Takes the server's end, also when it fails: false with errno set. */
bool frame_channel_adopt(struct frame_channel *channel, uv_loop_t *loop, int servers_end,
                         frame_received_fn *on_frame, frame_ended_fn *on_end, void *context);

/* Returns owned: what a frame's body is appended to; the room for the head is there. NULL when out of memory. */
struct bytes *frame_new(size_t usual_length);

/* Writes `frame` (taken), then `payload` (retained; may be NULL) as the end of its body. False when the queue is full. */
bool frame_channel_send(struct frame_channel *channel, enum frame_kind kind, struct bytes *frame,
                        struct bytes *payload);

/* Stops and resumes the receiving, for a receiver that is behind. */
void frame_channel_pause(struct frame_channel *channel);
void frame_channel_resume(struct frame_channel *channel);

/* Receives what has arrived so far. */
void frame_channel_drain(struct frame_channel *channel);

/* `on_closed` runs once the handle is closed, never before this returns. */
void frame_channel_close(struct frame_channel *channel, frame_closed_fn *on_closed);

#endif
