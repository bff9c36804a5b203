/* Redrives on a real queue and real files; what event_lanes.h says of the invoker is played by this test. */
#include "runtime/events/event_lanes.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EVENTS_MAX = 3000 };

static char root[64], path[256];
static uv_loop_t loop;
static struct account account = {.id = "123456789012", .is_default = true};
static struct event_lanes lanes;
static struct async_account owner = {.lanes = &lanes, .account = &account};
static struct event_lane lane = {
    .owner = &owner, .account = &account, .function_name = (char *)"hello"};
static size_t room, accepted_count, dropped_count;
static char bodies[EVENTS_MAX * 4]; /* of the accepted ones, each with a blank */

/* ---- the invoker ---- */

struct event_lanes *async_lanes_of(struct async_invoker *invoker)
{
    (void)invoker;
    return &lanes;
}

struct async_account *async_owner(struct event_lanes *of, struct account *whose)
{
    (void)of;
    (void)whose;
    return &owner;
}

void async_begin(struct async_account *whose)
{
    whose->busy_count++;
}

void async_end(struct async_account *whose)
{
    whose->busy_count--;
}

struct event *async_new_event(struct event_lanes *of, const struct enqueue_options *options,
                              enum enqueue_status *status)
{
    struct event *event;

    ck_assert_str_eq(options->function_name, "hello");
    *status = ENQUEUE_FULL;
    if (room == 0)
        return NULL;
    room--;
    event = event_new();
    event->lane = &lane;
    event->lane_id = lane.id;
    event->sequence = event_queue_next_sequence(of->queue);
    event->payload = bytes_retain(options->payload);
    *status = ENQUEUE_PENDING;
    return event;
}

void async_accept(struct event *event, enum store_status status)
{
    const struct bytes_view body = bytes_view(event->payload);

    if (status == STORE_OK) {
        accepted_count++;
        (void)strncat(bodies, body.data, body.length);
        (void)strcat(bodies, " ");
    } else {
        dropped_count++;
    }
    event_free(event);
}

/* ---- the queue ---- */

static void open_queue(void)
{
    const struct store_options options = {.folder = root, .durability = DURABILITY_PROCESS};
    char problem[STORE_MESSAGE_SIZE];

    lanes.queue = event_queue_open(&loop, &options, problem);
    ck_assert_msg(lanes.queue != NULL, "%s", problem);
    lanes.state = INVOKER_OPEN;
    lane.is_stored = false;
    lane.id = event_queue_next_lane_id(lanes.queue);
}

static void on_closed(void *context)
{
    (void)context;
}

static void run(void)
{
    (void)uv_run(&loop, UV_RUN_DEFAULT);
}

static void close_queue(void)
{
    event_queue_close(lanes.queue, on_closed, NULL);
    run();
}

static void set_up(void)
{
    (void)snprintf(root, sizeof root, "/tmp/test_async_redrive.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    (void)snprintf(path, sizeof path, "%s/dead-letters/q.jsonl", root);
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    open_queue();
    room = EVENTS_MAX;
}

static void tear_down(void)
{
    char command[128];

    close_queue();
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    (void)snprintf(command, sizeof command, "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
}

static void on_written(struct event *event, enum store_status status, void *context)
{
    (void)context;
    ck_assert_int_eq(status, STORE_OK);
    event_free(event);
}

static void message_id(int number, char id[REQUEST_ID_SIZE])
{
    (void)snprintf(id, REQUEST_ID_SIZE, "%08d-b0cc-47a5-a1d9-79eda1987e58", number);
}

/* Gives an event up, as the invoker would: its body is its number. */
static void give_up(int number)
{
    struct event_end end = {.record_count = 1};
    struct event_record *record = &end.records[0];

    end.event = event_new();
    end.event->lane = &lane;
    end.event->sequence = event_queue_next_sequence(lanes.queue);
    record->file = (struct record_file){.kind = RECORD_DEAD_LETTER, .name = "q"};
    message_id(number, record->message_id);
    ck_assert(bytes_format(&record->line, "{\"MessageId\":\"%s\",\"Body\":\"%d\"}\n",
                           record->message_id, number));
    ck_assert(event_queue_finish(lanes.queue, &end, on_written, NULL));
}

static void append_line(const char *line)
{
    FILE *file = fopen(path, "a");

    ck_assert_ptr_nonnull(file);
    (void)fputs(line, file);
    (void)fclose(file);
}

static size_t line_count(void)
{
    FILE *file = fopen(path, "r");
    size_t count = 0;
    int byte;

    ck_assert_ptr_nonnull(file);
    while ((byte = getc(file)) != EOF)
        count += byte == '\n';
    (void)fclose(file);
    return count;
}

/* ---- redrives ---- */

static size_t redriven;
static int how; /* -1 until it is told */

static void on_redriven(size_t count, enum redrive_status status, void *context)
{
    (void)context;
    redriven = count;
    how = (int)status;
}

static void redrive(const char *queue, enum redrive_status expected, size_t count)
{
    how = -1;
    ck_assert(async_invoker_redrive(
        NULL, &account, &(const struct redrive_choice){.queue_name = queue}, on_redriven, NULL));
    ck_assert_int_eq(how, -1); /* never before the call returns */
    run();
    ck_assert_int_eq(how, (int)expected);
    ck_assert_uint_eq(redriven, count);
    ck_assert_uint_eq(owner.busy_count, 0);
}

START_TEST(letters_are_put_back_once_and_leave_the_file)
{
    for (int i = 1; i <= 3; i++)
        give_up(i);
    run();
    redrive("q", REDRIVE_DONE, 3);
    ck_assert_str_eq(bodies, "1 2 3 ");
    ck_assert_uint_eq(line_count(), 0);
    redrive("q", REDRIVE_DONE, 0);
    redrive("", REDRIVE_DONE, 0);
    ck_assert_uint_eq(accepted_count, 3);
}
END_TEST

START_TEST(more_letters_than_one_step_takes_are_put_back_in_order)
{
    for (int i = 100; i < 1300; i++)
        give_up(i);
    run();
    redrive("", REDRIVE_DONE, 1200);
    ck_assert_int_eq(strncmp(bodies, "100 101 102 ", 12), 0);
    ck_assert_ptr_nonnull(strstr(bodies, "598 599 600 601 "));
    ck_assert_uint_eq(line_count(), 0);
}
END_TEST

START_TEST(a_letter_that_stands_in_the_file_twice_is_put_back_once)
{
    char id[REQUEST_ID_SIZE], line[128];

    give_up(1);
    run();
    message_id(1, id);
    (void)snprintf(line, sizeof line, "{\"MessageId\":\"%s\",\"Body\":\"1\"}\n", id);
    append_line(line);
    redrive("q", REDRIVE_DONE, 1);
    ck_assert_uint_eq(accepted_count, 1);
    ck_assert_uint_eq(dropped_count, 1);
    ck_assert_uint_eq(line_count(), 0);
}
END_TEST

START_TEST(lines_of_others_stay)
{
    give_up(1);
    run();
    append_line("hello\n");
    append_line("{\"MessageId\":\"00000002-b0cc-47a5-a1d9-79eda1987e58\",\"Body\":\"2\"}\n");
    append_line("{\"MessageId\":7}\n\n[]\n");
    redrive("q", REDRIVE_DONE, 1);
    ck_assert_uint_eq(line_count(), 5);
}
END_TEST

START_TEST(a_full_queue_leaves_the_rest_in_the_file)
{
    for (int i = 1; i <= 5; i++)
        give_up(i);
    run();
    room = 2;
    redrive("q", REDRIVE_DONE, 2);
    ck_assert_str_eq(bodies, "1 2 ");
    ck_assert_uint_eq(line_count(), 3);
    room = 10;
    redrive("q", REDRIVE_DONE, 3);
    ck_assert_str_eq(bodies, "1 2 3 4 5 ");
}
END_TEST

START_TEST(a_queue_without_a_file_is_told_apart)
{
    redrive("nobody", REDRIVE_NO_FILE, 0);
    redrive("", REDRIVE_DONE, 0);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_fails_the_redrive_and_waits_for_nothing)
{
    give_up(1);
    run();
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(_i == 0 ? mkfifo(path, 0666) : mkdir(path, 0777), 0);
    redrive(_i == 0 ? "q" : "", REDRIVE_FAILED, 0);
    ck_assert_uint_eq(accepted_count, 0);
}
END_TEST

/* The letters are marked and the events added, as after a kill just behind the commit. */
START_TEST(what_a_kill_left_after_the_commit_is_finished_and_not_repeated)
{
    const struct store_options options = {.folder = root, .durability = DURABILITY_PROCESS};
    char problem[STORE_MESSAGE_SIZE], note[STORE_MESSAGE_SIZE], id[REQUEST_ID_SIZE];
    struct store *store;
    bool is_first, has_written;

    give_up(1);
    give_up(2);
    run();
    close_queue();
    store = store_open(&options, problem);
    ck_assert_int_eq(store->engine->begin(store, note), STORE_OK);
    message_id(1, id);
    ck_assert_int_eq(store->engine->redrive(store, id, &is_first), STORE_OK);
    ck_assert(is_first);
    ck_assert_int_eq(store->engine->redrive(store, id, &is_first), STORE_OK);
    ck_assert(!is_first);
    ck_assert_int_eq(store->engine->commit(store, &has_written), STORE_OK);
    store_close(store);
    open_queue();
    ck_assert_uint_eq(line_count(), 2);
    ck_assert(async_finish_redrives(&lanes));
    run();
    ck_assert_uint_eq(line_count(), 1);
    redrive("q", REDRIVE_DONE, 1);
    ck_assert_str_eq(bodies, "2 ");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("async_redrive");
    TCase *tcase = tcase_create("async_redrive");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, letters_are_put_back_once_and_leave_the_file);
    tcase_add_test(tcase, more_letters_than_one_step_takes_are_put_back_in_order);
    tcase_add_test(tcase, a_letter_that_stands_in_the_file_twice_is_put_back_once);
    tcase_add_test(tcase, lines_of_others_stay);
    tcase_add_test(tcase, a_full_queue_leaves_the_rest_in_the_file);
    tcase_add_test(tcase, a_queue_without_a_file_is_told_apart);
    tcase_add_loop_test(tcase, a_file_that_cannot_be_read_fails_the_redrive_and_waits_for_nothing,
                        0, 2);
    tcase_add_test(tcase, what_a_kill_left_after_the_commit_is_finished_and_not_repeated);
    suite_add_tcase(suite, tcase);
    return suite;
}
