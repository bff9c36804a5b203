/*
 * queue_bed.h - a queue of events in a folder of its own, with one lane; queue_set_up() and queue_tear_down() are the
 * fixture.
 */
#ifndef TESTS_SUPPORT_QUEUE_BED_H
#define TESTS_SUPPORT_QUEUE_BED_H

#include "runtime/events/event_lane.h"
#include "runtime/events/event_queue.h"
#include "tests/support/unit.h"

#include <sys/resource.h>

enum { PAYLOAD_BIG = 300000, LANES_MAX = 8 };

extern char queue_folder[64];
extern char problem[STORE_MESSAGE_SIZE];
extern uv_loop_t queue_loop;
extern struct event_queue *queue;
extern struct account queue_account;
extern struct event_lane queue_lane;
extern int written_count, failed_count, closed_count;
extern int failing_count, skipped_count, recovered_count, replaced_count;
extern char replaced_text[STORE_MESSAGE_SIZE];
extern struct store_lane lanes[LANES_MAX];
extern size_t lane_count;
extern struct store_read last_read;

struct event_queue *try_open(enum durability durability);
void open_queue(void);
void run(void);
void close_queue(void);
void queue_set_up(void);
void queue_tear_down(void);
struct event *make_event(int64_t due_ms, size_t payload_length);
void on_written(struct event *event, enum store_status status, void *context);
void add(int64_t due_ms, size_t payload_length);
void read_due(int64_t due_max_ms, size_t event_max, int64_t *held, size_t held_count);
const char *read_order(void);
char *read_text(const char *name);
void finish(struct event *event, const char *line);
void limit_file_size(rlim_t bytes);
void on_cleared(enum store_status status, void *context);

#endif
