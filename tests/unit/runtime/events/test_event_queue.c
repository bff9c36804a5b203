#include "runtime/events/event_queue.h"

#include "runtime/events/event_lane.h"
#include "tests/support/unit.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAYLOAD_BIG = 300000, LANES_MAX = 8 };

static char folder[64];
static char problem[STORE_MESSAGE_SIZE];
static uv_loop_t loop;
static struct event_queue *queue;
static struct account account = {.id = "123456789012", .is_default = true};
static struct event_lane lane;

/* What was told. */
static int written_count, failed_count, closed_count;
static int failing_count, skipped_count, recovered_count, replaced_count;
static char replaced_text[STORE_MESSAGE_SIZE];
static struct store_lane lanes[LANES_MAX];
static size_t lane_count;

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

static struct event_queue *try_open(enum durability durability)
{
    const struct store_options options = {.folder = folder, .durability = durability};

    struct event_queue *opened = event_queue_open(&loop, &options, problem);

    forget_lanes();
    if (opened != NULL) {
        event_queue_listen(opened, &listener);
        ck_assert_int_eq(event_queue_lanes(opened, on_lane, NULL), STORE_OK);
    }
    return opened;
}

static void open_queue(void)
{
    queue = try_open(DURABILITY_PROCESS);
    ck_assert_msg(queue != NULL, "%s", problem);
    lane = (struct event_lane){.id = lane_count > 0 ? lanes[0].id : event_queue_next_lane_id(queue),
                               .account = &account,
                               .function_name = (char *)"hello",
                               .is_stored = lane_count > 0,
                               .count = lane_count > 0 ? lanes[0].count : 0};
}

static void on_closed(void *context)
{
    (void)context;
    closed_count++;
}

static void run(void)
{
    (void)uv_run(&loop, UV_RUN_DEFAULT);
}

static void close_queue(void)
{
    closed_count = 0;
    event_queue_close(queue, on_closed, NULL);
    run();
    ck_assert_int_eq(closed_count, 1);
}

static void set_up(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/test_event_queue.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    open_queue();
}

static void tear_down(void)
{
    char command[128];

    ck_assert_int_eq(uv_loop_close(&loop), 0);
    forget_lanes();
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static struct event *make_event(int64_t due_ms, size_t payload_length)
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
    event->lane = &lane;
    event->lane_id = lane.id;
    return event;
}

/* The event is freed. */
static void on_written(struct event *event, enum store_status status, void *context)
{
    (void)context;
    if (status == STORE_OK)
        written_count++;
    else
        failed_count++;
    event_free(event);
}

static void add(int64_t due_ms, size_t payload_length)
{
    ck_assert(event_queue_add(queue, make_event(due_ms, payload_length), false, on_written, NULL));
}

static struct store_read last_read;

static void on_read(struct store_read *read, enum store_status status, void *context)
{
    (void)context;
    ck_assert_int_eq(status, STORE_OK);
    last_read = *read;
    read->first = NULL;
}

static void read_due(int64_t due_max_ms, size_t event_max, int64_t *held, size_t held_count)
{
    const struct store_read what = {.lane_id = lane.id,
                                    .due_max_ms = due_max_ms,
                                    .event_max = event_max,
                                    .byte_max = 1000000,
                                    .has_payload = true,
                                    .held_count = held_count};

    ck_assert(event_queue_read(queue, &account, &what, held, on_read, NULL));
    run();
}

/* "3 1 2": sequences in the order read. */
static const char *read_order(void)
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

START_TEST(events_are_there_after_a_restart_in_their_order)
{
    add(300, 10);
    add(100, 10);
    add(200, 10);
    add(9000, 10);
    run();
    ck_assert_int_eq(written_count, 4);
    close_queue();
    open_queue();
    ck_assert_uint_eq(lane_count, 1);
    ck_assert_str_eq(lanes[0].account_id, "123456789012");
    ck_assert_str_eq(lanes[0].function_name, "hello");
    ck_assert_uint_eq(lanes[0].count, 4);
    ck_assert_int_eq(lanes[0].next_due_ms, 100);
    ck_assert_int_eq(event_queue_next_sequence(queue), 5);
    read_due(1000, 10, NULL, 0);
    ck_assert_str_eq(read_order(), "2 3 1");
    ck_assert_int_eq(last_read.next_due_ms, 9000);
    close_queue();
}
END_TEST

START_TEST(a_row_keeps_all_that_an_event_has)
{
    struct event *event = make_event(5, 3), *back;

    ck_assert(event_set_text(&event->qualifier, "live"));
    ck_assert(event_set_text(&event->trace_header, "Root=1-2-3"));
    ck_assert(event_set_text(&event->last_error, "boom"));
    ck_assert(event_set_text(&event->last_version, "7"));
    event->last_response = bytes_copy("a\0b", 3);
    event->run_count = 1;
    event->throttle_count = 4;
    ck_assert(event_queue_add(queue, event, false, on_written, NULL));
    run();
    read_due(5, 1, NULL, 0);
    back = last_read.first;
    ck_assert_ptr_nonnull(back);
    ck_assert_str_eq(back->request_id, "00000001-b0cc-47a5-a1d9-79eda1987e58");
    ck_assert_str_eq(back->qualifier, "live");
    ck_assert_str_eq(back->trace_header, "Root=1-2-3");
    ck_assert_str_eq(back->last_error, "boom");
    ck_assert_str_eq(back->last_version, "7");
    ck_assert_uint_eq(back->last_response->length, 3);
    ck_assert_int_eq(memcmp(back->last_response->data, "a\0b", 3), 0);
    ck_assert_uint_eq(back->payload->length, 3);
    ck_assert_uint_eq(back->run_count, 1);
    ck_assert_uint_eq(back->throttle_count, 4);
    ck_assert_int_eq(back->enqueued_at_ms, 5);
    (void)read_order();
    close_queue();
}
END_TEST

START_TEST(reading_leaves_out_what_is_held_and_says_what_comes_next)
{
    int64_t *held = malloc(2 * sizeof *held);

    for (int i = 0; i < 6; i++)
        add(100 + i, 10);
    run();
    held[0] = 1;
    held[1] = 3;
    read_due(1000, 2, held, 2);
    ck_assert_str_eq(read_order(), "2 4");
    ck_assert_int_eq(last_read.next_due_ms, 104);
    read_due(100, 5, NULL, 0);
    ck_assert_str_eq(read_order(), "1");
    ck_assert_int_eq(last_read.next_due_ms, 101);
    close_queue();
}
END_TEST

START_TEST(a_big_payload_ends_a_read_but_one_event_always_comes)
{
    add(1, 2000000);
    add(2, 10);
    run();
    read_due(10, 5, NULL, 0);
    ck_assert_str_eq(read_order(), "1");
    ck_assert_int_eq(last_read.next_due_ms, 2);
    close_queue();
}
END_TEST

START_TEST(many_that_are_added_together_share_few_commits)
{
    uint64_t before;

    for (int i = 0; i < 10000; i++)
        add(i, 100);
    before = uv_hrtime();
    run();
    ck_assert_int_eq(written_count, 10000);
    ck_assert_uint_lt(uv_hrtime() - before, UINT64_C(5000000000));
    close_queue();
}
END_TEST

START_TEST(a_rescheduled_event_comes_back_at_its_new_time_with_its_tries)
{
    struct event *event = make_event(100, 10);

    add(100, 10);
    run();
    event->sequence = 2; /* the one that was added */
    event->due_ms = 60100;
    event->run_count = 1;
    ck_assert(event_queue_reschedule(queue, event, 100, on_written, NULL));
    run();
    read_due(60099, 5, NULL, 0);
    ck_assert_str_eq(read_order(), "");
    ck_assert_int_eq(last_read.next_due_ms, 60100);
    read_due(60100, 5, NULL, 0);
    ck_assert_uint_eq(last_read.first->run_count, 1);
    ck_assert_str_eq(read_order(), "2");
    close_queue();
}
END_TEST

static struct event_record make_record(enum record_kind kind, const char *line)
{
    struct event_record record = {.file = {.kind = kind, .name = "dlq"}};

    record.line = bytes_copy(line, strlen(line));
    return record;
}

static char *read_text(const char *name)
{
    char path[128];
    char *text = calloc(1, 4096);
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "r");
    if (file != NULL) {
        (void)!fread(text, 1, 4095, file);
        (void)fclose(file);
    }
    return text;
}

static void finish(struct event *event, const char *line)
{
    struct event_end end = {.event = event};

    if (line != NULL) {
        end.records[0] = make_record(RECORD_DEAD_LETTER, line);
        (void)snprintf(end.records[0].message_id, REQUEST_ID_SIZE, "%s", event->request_id);
        end.record_count = 1;
    }
    ck_assert(event_queue_finish(queue, &end, on_written, NULL));
}

START_TEST(a_finished_event_is_gone_and_its_records_are_written_in_order)
{
    struct event *first = make_event(1, 10), *second = make_event(1, 10);
    char *text;

    finish(first, "{\"n\":1}\n");
    finish(second, "{\"n\":2}\n");
    run();
    text = read_text("dead-letters/dlq.jsonl");
    ck_assert_str_eq(text, "{\"n\":1}\n{\"n\":2}\n");
    free(text);
    read_due(1000, 5, NULL, 0);
    ck_assert_str_eq(read_order(), "");
    close_queue();
}
END_TEST

START_TEST(half_a_line_from_a_crash_is_cut_off_before_the_next)
{
    char path[128];
    FILE *file;
    char *text;

    finish(make_event(1, 1), "{\"n\":1}\n");
    run();
    (void)snprintf(path, sizeof path, "%s/dead-letters/dlq.jsonl", folder);
    file = fopen(path, "a");
    (void)fputs("{\"half\":", file);
    (void)fclose(file);
    finish(make_event(1, 1), "{\"n\":2}\n");
    run();
    text = read_text("dead-letters/dlq.jsonl");
    ck_assert_str_eq(text, "{\"n\":1}\n{\"n\":2}\n");
    free(text);
    close_queue();
}
END_TEST

static struct bytes *listed;

static void on_records(struct bytes *array, const char *why, void *context)
{
    (void)context;
    ck_assert_ptr_nonnull(array);
    ck_assert_ptr_null(why);
    bytes_release(listed);
    listed = array;
}

static void list(const char *name, const char *expected)
{
    struct record_file file = {.kind = RECORD_DEAD_LETTER};

    (void)snprintf(file.name, sizeof file.name, "%s", name);
    ck_assert(event_queue_records(queue, &file, on_records, NULL));
    run();
    ck_assert_uint_eq(listed->length, strlen(expected));
    ck_assert_int_eq(memcmp(listed->data, expected, listed->length), 0);
}

static void on_removed(enum store_status status, void *context)
{
    (void)context;
    ck_assert_int_eq(status, STORE_OK);
}

START_TEST(records_are_listed_as_an_array_and_removed)
{
    list("", "[]");
    list("dlq", "[]");
    finish(make_event(1, 1), "{\"n\":1}\n");
    finish(make_event(1, 1), "{\"n\":2}\n");
    run();
    list("", "[{\"n\":1},{\"n\":2}]");
    list("dlq", "[{\"n\":1},{\"n\":2}]");
    list("other", "[]");
    ck_assert(event_queue_remove_records(queue, "", on_removed, NULL));
    run();
    list("", "[]");
    bytes_release(listed);
    listed = NULL;
    close_queue();
}
END_TEST

START_TEST(a_file_that_cannot_be_written_holds_up_no_other_event)
{
    char path[128];
    char *text;

    (void)snprintf(path, sizeof path, "%s/dead-letters", folder);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    (void)snprintf(path, sizeof path, "%s/dead-letters/dlq.jsonl", folder);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    finish(make_event(1, 1), "{\"n\":1}\n");
    add(1, 1);
    while (written_count < 1)
        (void)uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(skipped_count, 1);
    ck_assert_int_eq(failing_count, 0);
    ck_assert_int_eq(rmdir(path), 0);
    while (written_count < 2)
        (void)uv_run(&loop, UV_RUN_ONCE);
    text = read_text("dead-letters/dlq.jsonl");
    ck_assert_str_eq(text, "{\"n\":1}\n");
    free(text);
    close_queue();
}
END_TEST

static void limit_file_size(rlim_t bytes)
{
    const struct rlimit limit = {bytes, RLIM_INFINITY};

    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_full_disk_refuses_new_events_loses_none_and_is_over_when_there_is_room)
{
    struct event *event;
    int accepted;

    add(1, 10);
    run();
    event = make_event(1, 10);
    event->sequence = 1;
    limit_file_size(400000);
    while (failed_count == 0) {
        add(1, PAYLOAD_BIG / 10);
        run();
    }
    accepted = written_count;
    ck_assert_int_ge(failing_count, 1);
    ck_assert(event_queue_is_failing(queue));
    /* What ends is kept until it can be written. */
    limit_file_size(200000);
    finish(event, NULL);
    for (int i = 0; i < 5; i++)
        (void)uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(written_count, accepted);
    limit_file_size(RLIM_INFINITY);
    while (written_count == accepted)
        (void)uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(recovered_count, failing_count);
    add(1, PAYLOAD_BIG);
    run();
    ck_assert_int_eq(written_count, accepted + 2);
    close_queue();
    open_queue();
    ck_assert_uint_eq(lanes[0].count, (size_t)accepted);
    close_queue();
}
END_TEST

static size_t count_files(const char *pattern)
{
    char path[128];
    glob_t found;
    size_t count;

    (void)snprintf(path, sizeof path, "%s/%s", folder, pattern);
    count = glob(path, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    globfree(&found);
    return count;
}

static void damage(off_t offset, size_t length)
{
    char path[128];
    char junk[8192];
    int descriptor;

    memset(junk, 0xa5, sizeof junk);
    ck_assert_uint_le(length, sizeof junk);
    (void)snprintf(path, sizeof path, "%s/queue.db", folder);
    descriptor = open(path, O_WRONLY);
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(pwrite(descriptor, junk, length, offset), (ssize_t)length);
    (void)close(descriptor);
}

START_TEST(a_damaged_file_is_kept_aside_and_that_is_said)
{
    for (int i = 0; i < 100; i++)
        add(1, 100);
    run();
    close_queue();
    damage(_i == 0 ? 0 : 4096, 8192);
    open_queue();
    ck_assert_ptr_nonnull(strstr(problem, folder));
    ck_assert_ptr_nonnull(strstr(problem, "queue.db.damaged-"));
    ck_assert_uint_eq(count_files("queue.db.damaged-*"), 1);
    ck_assert_uint_eq(lane_count, 0);
    add(1, 10);
    run();
    ck_assert_int_eq(written_count, 101);
    close_queue();
}
END_TEST

START_TEST(damage_found_later_is_told_and_the_queue_goes_on)
{
    for (int i = 0; i < 2000; i++)
        add(1, 1000);
    run();
    close_queue(); /* all of it is in the file, and nothing of it in memory */
    open_queue();
    for (int page = 3; page < 500; page++)
        damage((off_t)page * 4096, 4096);
    for (int64_t sequence = 1; sequence < 2000 && replaced_count == 0; sequence += 50) {
        struct event *event = make_event(1, 1);

        event->sequence = sequence;
        finish(event, NULL);
        run();
    }
    ck_assert_int_eq(replaced_count, 1);
    ck_assert_ptr_nonnull(strstr(replaced_text, "queue.db.damaged-"));
    ck_assert_uint_eq(count_files("queue.db.damaged-*"), 1);
    lane.is_stored = false;
    written_count = 0;
    add(1, 10);
    run();
    ck_assert_int_eq(written_count, 1);
    close_queue();
}
END_TEST

/* Reads the whole file, or writes it. */
static size_t copy_file(const char *mode, char *data, size_t size)
{
    char path[128];
    FILE *file;
    size_t length;

    (void)snprintf(path, sizeof path, "%s/queue.db", folder);
    file = fopen(path, mode);
    ck_assert_ptr_nonnull(file);
    length = mode[0] == 'r' ? fread(data, 1, size, file) : fwrite(data, 1, size, file);
    ck_assert_int_eq(fclose(file), 0);
    return length;
}

static void on_any_read(struct store_read *read, enum store_status status, void *context)
{
    (void)status;
    (void)context;
    events_free(read->first);
    read->first = NULL;
}

/* What is damaged opens, with what is sound or with a new file, and takes events. */
static void check_damaged(void)
{
    queue = try_open(DURABILITY_PROCESS);
    ck_assert_msg(queue != NULL, "%s", problem);
    for (size_t i = 0; i < lane_count; i++) {
        const struct store_read what = {.lane_id = lanes[i].id,
                                        .due_max_ms = INT64_MAX,
                                        .event_max = 1000,
                                        .byte_max = 10000000,
                                        .has_payload = true};

        ck_assert(event_queue_read(queue, &account, &what, NULL, on_any_read, NULL));
        run();
    }
    lane.is_stored = false;
    lane.id = event_queue_next_lane_id(queue);
    written_count = 0;
    for (int i = 0; i < 10 && written_count == 0; i++) {
        add(1, 10);
        run();
    }
    ck_assert_int_gt(written_count, 0);
    close_queue();
}

START_TEST(damage_of_every_kind_is_survived)
{
    enum { SIZE = 1000000 };
    static char whole[SIZE], damaged[SIZE];
    unsigned random = 12345;
    size_t length;

    for (int i = 0; i < 200; i++)
        add(i, i % 20 == 0 ? 9000 : 100);
    run();
    close_queue();
    length = copy_file("r", whole, SIZE);
    ck_assert_uint_gt(length, 50000);
    for (size_t i = 0; i < 260; i++) {
        memcpy(damaged, whole, length);
        if (i < 100) {
            damaged[i] = (char)~damaged[i]; /* each byte of the header */
        } else {
            const size_t span = 1 + 40 * (i % 60);
            size_t at;

            random = random * 1103515245 + 12345;
            at = (i % 2 == 0 ? (random >> 8) % (length - span) : (random >> 8) % 4096);
            for (size_t j = 0; j < span; j++)
                damaged[at + j] = (char)(random = random * 1103515245 + 12345, random >> 16);
        }
        (void)copy_file("w", damaged, length);
        check_damaged();
    }
}
END_TEST

static void execute(const char *sql)
{
    char path[128];
    sqlite3 *database;

    (void)snprintf(path, sizeof path, "%s/queue.db", folder);
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(database), SQLITE_OK);
}

static const struct {
    const char *sql, *said;
} refused[] = {
    {"PRAGMA user_version = 3", "newer invoked (format 3; this one knows up to 2)"},
    {"DROP TABLE newest; PRAGMA application_id = 77", "a database of another program"},
};

START_TEST(a_file_that_is_not_for_this_version_is_refused_and_left_alone)
{
    add(1, 10);
    run();
    close_queue();
    execute(refused[_i].sql);
    ck_assert_ptr_null(try_open(DURABILITY_PROCESS));
    ck_assert_ptr_nonnull(strstr(problem, refused[_i].said));
    ck_assert_ptr_nonnull(strstr(problem, folder));
    ck_assert_uint_eq(count_files("queue.db.damaged-*"), 0);
    run();
}
END_TEST

START_TEST(what_is_no_regular_file_in_its_place_is_named)
{
    static const char *const names[] = {"queue.db", "queue.db-wal", "queue.db"};
    char path[128];

    close_queue();
    (void)snprintf(path, sizeof path, "%s/%s", folder, names[_i]);
    (void)unlink(path);
    ck_assert_int_eq(_i < 2 ? mkfifo(path, 0666) : symlink("/dev/zero", path), 0);
    ck_assert_ptr_null(try_open(DURABILITY_PROCESS));
    ck_assert_ptr_nonnull(strstr(problem, path));
    ck_assert_ptr_nonnull(strstr(problem, "not a regular file"));
    run();
}
END_TEST

START_TEST(a_queue_in_memory_leaves_no_file)
{
    close_queue();
    queue = try_open(DURABILITY_MEMORY);
    ck_assert_ptr_nonnull(queue);
    lane.is_stored = false;
    lane.id = event_queue_next_lane_id(queue);
    add(1, 10);
    run();
    read_due(1, 10, NULL, 0);
    ck_assert_str_eq(read_order(), "1");
    close_queue();
    open_queue();
    ck_assert_uint_eq(lane_count, 0);
    close_queue();
}
END_TEST

START_TEST(power_safe_commits_work_as_well)
{
    close_queue();
    queue = try_open(DURABILITY_POWER);
    ck_assert_ptr_nonnull(queue);
    add(1, 10);
    run();
    ck_assert_int_eq(written_count, 1);
    close_queue();
}
END_TEST

START_TEST(the_newest_time_is_known_after_a_restart_while_there_are_events)
{
    const int64_t ahead_ms = clock_real_now_ms() + 6 * 3600000;
    struct event *event;

    add(ahead_ms, 10);
    run();
    close_queue();
    open_queue();
    ck_assert_int_eq(event_queue_newest_ms(queue), ahead_ms);
    event = make_event(1, 1);
    event->sequence = 1;
    finish(event, NULL);
    run();
    close_queue();
    open_queue();
    ck_assert_int_eq(event_queue_newest_ms(queue), 0);
    close_queue();
}
END_TEST

static void on_cleared(enum store_status status, void *context)
{
    (void)context;
    ck_assert_int_eq(status, STORE_OK);
}

START_TEST(a_cleared_account_has_no_newest_time)
{
    const int64_t now_ms = clock_real_now_ms(), hour_ms = 3600000;
    struct account other = {.id = "111111111111"};
    struct event_lane other_lane = {.account = &other, .function_name = (char *)"hello"};
    struct event *event;

    other_lane.id = event_queue_next_lane_id(queue);
    add(now_ms + 6 * hour_ms, 10);
    event = make_event(now_ms + hour_ms, 10);
    event->lane = &other_lane;
    event->lane_id = other_lane.id;
    ck_assert(event_queue_add(queue, event, false, on_written, NULL));
    ck_assert(event_queue_clear(queue, &account, on_cleared, NULL));
    run();
    add(1, 10);
    run();
    close_queue();
    open_queue();
    ck_assert_int_eq(event_queue_newest_ms(queue), now_ms + hour_ms);
    close_queue();
}
END_TEST

START_TEST(a_file_of_the_first_format_is_brought_up_to_this_one)
{
    add(1, 10);
    run();
    close_queue();
    execute("DROP TABLE newest;"
            "CREATE TABLE newest(id INTEGER PRIMARY KEY CHECK(id = 1), at_ms INTEGER NOT NULL);"
            "INSERT INTO newest VALUES(1, 99999999999999); PRAGMA user_version = 1");
    open_queue();
    ck_assert_str_eq(problem, "");
    ck_assert_uint_eq(lanes[0].count, 1);
    ck_assert_int_eq(event_queue_newest_ms(queue), 99999999999999);
    close_queue();
}
END_TEST

START_TEST(clearing_removes_what_was_added_before_and_nothing_after)
{
    add(1, 10);
    add(1, 10);
    ck_assert(event_queue_clear(queue, &account, on_cleared, NULL));
    add(1, 10);
    run();
    read_due(1, 10, NULL, 0);
    ck_assert_str_eq(read_order(), "3");
    close_queue();
}
END_TEST

static size_t read_count;

static void on_counted_read(struct store_read *read, enum store_status status, void *context)
{
    (void)status;
    (void)context;
    read_count += read->count;
    events_free(read->first);
    read->first = NULL;
}

/* It is refused with it, or finds nothing. */
START_TEST(a_read_does_not_overtake_the_clearing_of_its_account)
{
    const struct store_read what = {.lane_id = lane.id,
                                    .due_max_ms = 10,
                                    .event_max = 10,
                                    .byte_max = 1000,
                                    .has_payload = true};

    for (int i = 0; i < 50; i++)
        add(1, 1000);
    run();
    limit_file_size(8192);
    ck_assert(event_queue_clear(queue, &account, on_cleared, NULL));
    while (failing_count == 0)
        (void)uv_run(&loop, UV_RUN_ONCE);
    ck_assert(event_queue_read(queue, &account, &what, NULL, on_counted_read, NULL));
    for (int i = 0; i < 5; i++)
        (void)uv_run(&loop, UV_RUN_ONCE);
    limit_file_size(RLIM_INFINITY);
    run();
    ck_assert(event_queue_read(queue, &account, &what, NULL, on_counted_read, NULL));
    run();
    ck_assert_uint_eq(read_count, 0);
    close_queue();
}
END_TEST

/* In the child: adds events for ever and writes a byte for each that is committed. */
static int report_descriptor;

static void on_child_written(struct event *event, enum store_status status, void *context)
{
    (void)context;
    if (status != STORE_OK || write(report_descriptor, "x", 1) != 1)
        _exit(1);
    event_free(event);
    (void)event_queue_add(queue, make_event(1, 200), false, on_child_written, NULL);
}

static void child_main(void)
{
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    open_queue();
    for (int i = 0; i < 64; i++)
        (void)event_queue_add(queue, make_event(1, 200), false, on_child_written, NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    _exit(1);
}

START_TEST(nothing_that_was_committed_is_lost_by_a_kill)
{
    size_t accepted = 0;
    char buffer[4096];

    close_queue();
    for (int round = 0; round < 5; round++) {
        int ends[2], status;
        size_t wanted = accepted + 200 + 777 * (size_t)round;
        ssize_t got;
        pid_t child;

        ck_assert_int_eq(pipe(ends), 0);
        child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            report_descriptor = ends[1];
            child_main();
        }
        (void)close(ends[1]);
        while (accepted < wanted) {
            got = read(ends[0], buffer, sizeof buffer);
            ck_assert_int_gt(got, 0);
            accepted += (size_t)got;
        }
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        while ((got = read(ends[0], buffer, sizeof buffer)) > 0)
            accepted += (size_t)got;
        (void)close(ends[0]);
        open_queue();
        ck_assert_str_eq(problem, "");
        ck_assert_uint_ge(lanes[0].count, accepted);
        accepted = lanes[0].count; /* committed but not told yet: those are ours now */
        close_queue();
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("event_queue");
    TCase *tcase = tcase_create("event_queue");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, events_are_there_after_a_restart_in_their_order);
    tcase_add_test(tcase, a_row_keeps_all_that_an_event_has);
    tcase_add_test(tcase, reading_leaves_out_what_is_held_and_says_what_comes_next);
    tcase_add_test(tcase, a_big_payload_ends_a_read_but_one_event_always_comes);
    tcase_add_test(tcase, many_that_are_added_together_share_few_commits);
    tcase_add_test(tcase, a_rescheduled_event_comes_back_at_its_new_time_with_its_tries);
    tcase_add_test(tcase, a_finished_event_is_gone_and_its_records_are_written_in_order);
    tcase_add_test(tcase, half_a_line_from_a_crash_is_cut_off_before_the_next);
    tcase_add_test(tcase, records_are_listed_as_an_array_and_removed);
    tcase_add_test(tcase, a_file_that_cannot_be_written_holds_up_no_other_event);
    tcase_add_test(tcase, a_full_disk_refuses_new_events_loses_none_and_is_over_when_there_is_room);
    tcase_add_loop_test(tcase, a_damaged_file_is_kept_aside_and_that_is_said, 0, 2);
    tcase_add_test(tcase, damage_of_every_kind_is_survived);
    tcase_add_test(tcase, damage_found_later_is_told_and_the_queue_goes_on);
    tcase_add_loop_test(tcase, a_file_that_is_not_for_this_version_is_refused_and_left_alone, 0,
                        ARRAY_LENGTH(refused));
    tcase_add_loop_test(tcase, what_is_no_regular_file_in_its_place_is_named, 0, 3);
    tcase_add_test(tcase, a_queue_in_memory_leaves_no_file);
    tcase_add_test(tcase, power_safe_commits_work_as_well);
    tcase_add_test(tcase, the_newest_time_is_known_after_a_restart_while_there_are_events);
    tcase_add_test(tcase, a_cleared_account_has_no_newest_time);
    tcase_add_test(tcase, a_file_of_the_first_format_is_brought_up_to_this_one);
    tcase_add_test(tcase, clearing_removes_what_was_added_before_and_nothing_after);
    tcase_add_test(tcase, a_read_does_not_overtake_the_clearing_of_its_account);
    tcase_add_test(tcase, nothing_that_was_committed_is_lost_by_a_kill);
    suite_add_tcase(suite, tcase);
    return suite;
}
