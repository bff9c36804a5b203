/*
 * event_queue.h - the durable queue as the event loop sees it: reads and writes with a callback each. No policy.
 *
 * Every operation goes off the loop (store_worker.h); many share one commit. A payload is never copied: the operation
 * holds a reference until the batch is done.
 *
 * Used by:  the async_*.c files.
 * Lifetime: opened by async_invoker_open(), closed with it.
 * Threads:  event-loop thread only.
 */
#ifndef RUNTIME_EVENTS_EVENT_QUEUE_H
#define RUNTIME_EVENTS_EVENT_QUEUE_H

#include "runtime/events/event.h"
#include "runtime/events/record_file.h"
#include "runtime/events/store_worker.h"

struct event_queue;

/*
 * Blocks. NULL with `problem` saying why. With a queue returned, `problem` is "" or says that a damaged file was moved aside.
 */
struct event_queue *event_queue_open(uv_loop_t *loop, const struct store_options *options,
                                     char problem[STORE_MESSAGE_SIZE]);
void event_queue_close(struct event_queue *queue, store_worker_closed_fn *on_closed, void *context);

/* See store_worker_hurry(). */
void event_queue_hurry(struct event_queue *queue);

/* Before the first operation: sets who is told of failures. */
void event_queue_listen(struct event_queue *queue, const struct store_worker_listener *listener);

/* Before the first operation: calls `on_lane` for each lane with events. Blocks; a million take well under a second. */
enum store_status event_queue_lanes(struct event_queue *queue, store_lane_fn *on_lane,
                                    void *context);

/* The newest time by an account's clock that the queue knew when it was opened; 0 when it was empty. */
int64_t event_queue_newest_ms(const struct event_queue *queue);

/*
 * Before the first operation: the next of the events that the server before was running when it was killed; without its
 * payload and lane, owned. NULL after the last.
 */
struct event *event_queue_next_cut_off(struct event_queue *queue);

/* Marks an event that starts, for the next start; and takes the mark away when its outcome is written or it won't be. */
void event_queue_mark(struct event_queue *queue, struct event *event);
void event_queue_unmark(struct event_queue *queue, struct event *event);

/* Do writes fail at present? */
bool event_queue_is_failing(const struct event_queue *queue);

int64_t event_queue_next_sequence(struct event_queue *queue);
int64_t event_queue_next_lane_id(struct event_queue *queue);

/* For operations that are made elsewhere (async_redrive.c). */
struct store_worker *event_queue_worker(struct event_queue *queue);

typedef void event_written_fn(struct event *event, enum store_status status, void *context);

/*
 * `event` and its lane are borrowed until `on_written`, like those of the next three. `is_kept`: it is tried until it
 * works. False when out of memory.
 */
bool event_queue_add(struct event_queue *queue, struct event *event, bool is_kept,
                     event_written_fn *on_written, void *context);

/* Stores the lane's names again after the file was replaced. As above. */
bool event_queue_add_lane(struct event_queue *queue, const struct event_lane *lane);

/* Writes what a try changed. Tried until it works. */
bool event_queue_reschedule(struct event_queue *queue, struct event *event, int64_t now_ms,
                            event_written_fn *on_written, void *context);

/*
 * Ends an event: appends its records, then removes it, and adds its follow-up in the same transaction. Tried until it
 * works; lines are appended once, unless a kill comes between them and the commit. Takes the lines.
 */
bool event_queue_finish(struct event_queue *queue, const struct event_end *end,
                        event_written_fn *on_written, void *context);

/* The callee takes `read->first`, which is NULL after a failure. */
typedef void event_read_fn(struct store_read *read, enum store_status status, void *context);

/* Takes `held` (malloc'd and sorted); NULL for none. False, with `held` freed, when out of memory. */
bool event_queue_read(struct event_queue *queue, const struct account *account,
                      const struct store_read *what, int64_t *held, event_read_fn *on_read,
                      void *context);

typedef void event_queue_done_fn(enum store_status status, void *context);

/* Removes all events of an account that were added before now. Tried until it works. */
bool event_queue_clear(struct event_queue *queue, const struct account *account,
                       event_queue_done_fn *on_done, void *context);

/* When the oldest of all was accepted; `lane_id` 0 for none. */
typedef void event_oldest_fn(int64_t lane_id, int64_t enqueued_at_ms, enum store_status status,
                             void *context);
bool event_queue_oldest(struct event_queue *queue, event_oldest_fn *on_oldest, void *context);

/*
 * The lines of a file, or of all of a kind, as a JSON array; see record_file_list(). `array` is the callee's. NULL when
 * it failed; `why` then says which file is the trouble, if one is.
 */
typedef void event_records_fn(struct bytes *array, const char *why, void *context);
bool event_queue_records(struct event_queue *queue, const struct record_file *file,
                         event_records_fn *on_records, void *context);

/* Removes an account's dead letters and destination records. `account_id` as in record_file.h. */
bool event_queue_remove_records(struct event_queue *queue, const char *account_id,
                                event_queue_done_fn *on_done, void *context);

#endif
