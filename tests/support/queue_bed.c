#include "tests/support/queue_bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char queue_folder[64];
char problem[STORE_MESSAGE_SIZE];
uv_loop_t queue_loop;
struct event_queue *queue;
struct account queue_account = {.id = "123456789012", .is_default = true};
struct event_lane queue_lane;

/* What was told. */
int written_count, failed_count, closed_count;
int failing_count, skipped_count, recovered_count, replaced_count;
char replaced_text[STORE_MESSAGE_SIZE];
struct store_lane lanes[LANES_MAX];
size_t lane_count;

static bool on_lane(const struct store_lane *row, void *context)
{
    (void)context;
    ck_assert_uint_lt(lane_count, LANES_MAX);
    lanes[lane_count] = *row;
    lanes[lane_count].account_id = strdup(row->account_id);
    lanes[lane_count].function_name = strdup(row->function_name);
    lane_count++;
    return true;
}

static void on_failing(void *context, const char *why)
{
    (void)context;
    ck_assert_str_ne(why, "");
    failing_count++;
}

static void on_skipped(void *context, const char *why)
{
    (void)context;
    ck_assert_ptr_nonnull(strstr(why, ".jsonl"));
    skipped_count++;
}

static void on_recovered(void *context)
{
    (void)context;
    recovered_count++;
}

static void on_replaced(void *context, const char *what)
{
    (void)context;
    (void)snprintf(replaced_text, sizeof replaced_text, "%s", what);
    replaced_count++;
}

static const struct store_worker_listener listener = {
    .on_failing = on_failing,
    .on_skipped = on_skipped,
    .on_unreadable = on_failing,
    .on_recovered = on_recovered,
    .on_replaced = on_replaced,
};

static void forget_lanes(void)
{
    for (size_t i = 0; i < lane_count; i++) {
        free((char *)lanes[i].account_id);
        free((char *)lanes[i].function_name);
    }
    lane_count = 0;
}

struct event_queue *try_open(enum durability durability)
{
    const struct store_options options = {.folder = queue_folder, .durability = durability};

    struct event_queue *opened = event_queue_open(&queue_loop, &options, problem);

    forget_lanes();
    if (opened != NULL) {
        event_queue_listen(opened, &listener);
        ck_assert_int_eq(event_queue_lanes(opened, on_lane, NULL), STORE_OK);
    }
    return opened;
}

void open_queue(void)
{
    queue = try_open(DURABILITY_PROCESS);
    ck_assert_msg(queue != NULL, "%s", problem);
    queue_lane =
        (struct event_lane){.id = lane_count > 0 ? lanes[0].id : event_queue_next_lane_id(queue),
                            .account = &queue_account,
                            .function_name = (char *)"hello",
                            .is_stored = lane_count > 0,
                            .count = lane_count > 0 ? lanes[0].count : 0};
}

static void on_closed(void *context)
{
    (void)context;
    closed_count++;
}

void run(void)
{
    (void)uv_run(&queue_loop, UV_RUN_DEFAULT);
}

void close_queue(void)
{
    closed_count = 0;
    event_queue_close(queue, on_closed, NULL);
    run();
    ck_assert_int_eq(closed_count, 1);
}

void queue_set_up(void)
{
    (void)snprintf(queue_folder, sizeof queue_folder, "/tmp/test_event_queue.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(queue_folder));
    ck_assert_int_eq(uv_loop_init(&queue_loop), 0);
    open_queue();
}

void queue_tear_down(void)
{
    char command[128];

    ck_assert_int_eq(uv_loop_close(&queue_loop), 0);
    forget_lanes();
    (void)snprintf(command, sizeof command, "rm -rf %s", queue_folder);
    ck_assert_int_eq(system(command), 0);
}

struct event *make_event(int64_t due_ms, size_t payload_length)
{
    struct event *event = event_new();

    ck_assert_ptr_nonnull(event);
    event->sequence = event_queue_next_sequence(queue);
    event->enqueued_at_ms = due_ms;
    event->due_ms = due_ms;
    (void)snprintf(event->request_id, sizeof event->request_id,
                   "%08lld-b0cc-47a5-a1d9-79eda1987e58", (long long)event->sequence);
    event->payload = bytes_new(payload_length);
    memset(event->payload->data, 'x', payload_length);
    event->payload->length = payload_length;
    event->lane = &queue_lane;
    event->lane_id = queue_lane.id;
    return event;
}

/* The event is freed. */
void on_written(struct event *event, enum store_status status, void *context)
{
    (void)context;
    if (status == STORE_OK)
        written_count++;
    else
        failed_count++;
    event_free(event);
}

void add(int64_t due_ms, size_t payload_length)
{
    ck_assert(event_queue_add(queue, make_event(due_ms, payload_length), false, on_written, NULL));
}

struct store_read last_read;

static void on_read(struct store_read *read, enum store_status status, void *context)
{
    (void)context;
    ck_assert_int_eq(status, STORE_OK);
    last_read = *read;
    read->first = NULL;
}

void read_due(int64_t due_max_ms, size_t event_max, int64_t *held, size_t held_count)
{
    const struct store_read what = {.lane_id = queue_lane.id,
                                    .due_max_ms = due_max_ms,
                                    .event_max = event_max,
                                    .byte_max = 1000000,
                                    .has_payload = true,
                                    .held_count = held_count};

    ck_assert(event_queue_read(queue, &queue_account, &what, held, on_read, NULL));
    run();
}

/* "3 1 2": sequences in the order read. */
const char *read_order(void)
{
    static char text[256];
    size_t length = 0;
    struct event *next;

    text[0] = '\0';
    for (struct event *event = last_read.first; event != NULL; event = next) {
        next = event->next;
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%lld",
                                   length > 0 ? " " : "", (long long)event->sequence);
        event_free(event);
    }
    last_read.first = NULL;
    return text;
}

static struct event_record make_record(enum record_kind kind, const char *line)
{
    struct event_record record = {.file = {.kind = kind, .name = "dlq"}};

    record.line = bytes_copy(line, strlen(line));
    return record;
}

char *read_text(const char *name)
{
    char path[128];
    char *text = calloc(1, 4096);
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", queue_folder, name);
    file = fopen(path, "r");
    if (file != NULL) {
        (void)!fread(text, 1, 4095, file);
        (void)fclose(file);
    }
    return text;
}

void finish(struct event *event, const char *line)
{
    struct event_end end = {.event = event};

    if (line != NULL) {
        end.records[0] = make_record(RECORD_DEAD_LETTER, line);
        (void)snprintf(end.records[0].message_id, REQUEST_ID_SIZE, "%s", event->request_id);
        end.record_count = 1;
    }
    ck_assert(event_queue_finish(queue, &end, on_written, NULL));
}

void limit_file_size(rlim_t bytes)
{
    const struct rlimit limit = {bytes, RLIM_INFINITY};

    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

void on_cleared(enum store_status status, void *context)
{
    (void)context;
    ck_assert_int_eq(status, STORE_OK);
}
