/*
 * feed.h - the news of an account: what was invoked, what became of its events, its clock, queue and functions.
 *
 * News are gathered only while somebody listens, and for FEED_LINGER_MS after the last one has left, so that who comes
 * back can go on from the last message seen. At most FEED_MESSAGES_MAX are kept, and FEED_BYTES_MAX bytes of them; of
 * invocations at most FEED_ROWS_A_TURN a turn (100 ms) become messages, and of steps of events FEED_STEPS_A_TURN: who needs
 * each of them asks for the history. An invocation that begins and ends within a turn is one message.
 *
 * Owns:     the messages, and the listeners that it has put on history, queue and clock.
 * Used by:  handlers/console/stream.c, server/ (which opens and closes it).
 * Threads:  event-loop thread only.
 */
#ifndef HANDLERS_CONSOLE_FEED_H
#define HANDLERS_CONSOLE_FEED_H

#include "handlers/api.h"

#include <stdint.h>

enum {
    FEED_MESSAGES_MAX = 4096,
    FEED_BYTES_MAX = 8 << 20,
    FEED_ROWS_A_TURN = 100,
    FEED_STEPS_A_TURN = 500,
    FEED_TURN_MS = 100,
    FEED_LINGER_MS = 60000,
    FEED_LISTENERS_MAX = 64
};

struct account;
struct feed;
struct feeds;
struct feed_listener;

typedef void feed_listener_fn(struct feed_listener *listener);

/* The caller's memory. */
struct feed_listener {
    feed_listener_fn *on_turn; /* every FEED_TURN_MS: takes what there is; may stop this listener */
    feed_listener_fn *on_end;  /* the server stops: must stop this listener */
    uint64_t last_id;          /* the last message that it has had */
    struct feed *feed;
    struct feed_listener *previous, *next;
};

/* `api` is borrowed. NULL when out of memory. */
struct feeds *feeds_open(struct api *api);

/* Ends everything that listens, and takes no more listeners. */
void feeds_stop(struct feeds *feeds);

/* After feeds_stop(), or before anybody listened. NULL is fine. */
void feeds_free(struct feeds *feeds);

/* False when there are FEED_LISTENERS_MAX already or out of memory, or when the server stops. `last_id` is where to go on from: 0 for the next message. */
bool feed_listen(struct feeds *feeds, struct account *account, struct feed_listener *listener,
                 uint64_t last_id);
void feed_stop(struct feed_listener *listener);

/*
 * The next message of the listener, whole as it goes over the wire ("id: …\nevent: …\ndata: …\n\n"); NULL when there is
 * none. Borrowed until the next turn.
 */
struct bytes *feed_next(struct feed_listener *listener);

#endif
