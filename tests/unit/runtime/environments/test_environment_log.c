#include "runtime/environments/environment_log.h"

#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct test_bed bed;
static struct environment_log log_pipe;
static struct config *config;
static struct invocation *invocation;
static int writer; /* what the handler's process has */
static unsigned closed_count;

static void set_up(void)
{
    test_bed_open(&bed);
    config =
        test_bed_config(&bed, "{\"Functions\":{\"hello\":{\"Local\":{\"Command\":[\"cat\"]}}}}");
    invocation = test_bed_invocation(&bed, config, "hello", NULL);
    (void)snprintf(invocation->request_id, REQUEST_ID_SIZE, "11111111-2222-4333-8444-555555555555");
    writer = environment_log_open(&log_pipe, &bed.loop, bed.log, "hello");
    ck_assert_int_ge(writer, 0);
}

static void on_closed(void *context)
{
    ck_assert_ptr_eq(context, &closed_count);
    closed_count++;
}

static void tear_down(void)
{
    if (log_pipe.is_open) {
        environment_log_close(&log_pipe, on_closed, &closed_count);
        ck_assert_uint_eq(closed_count, 0);
    }
    if (writer >= 0)
        (void)close(writer);
    test_bed_run_for(&bed, 5);
    ck_assert_uint_eq(closed_count, 1);
    invocation_free(invocation);
    config_release(config);
    test_bed_close(&bed);
}

static void print(const char *text)
{
    ck_assert_int_eq(write(writer, text, strlen(text)), (ssize_t)strlen(text));
}

static const char *tail(void)
{
    static char text[LOG_KEPT_MAX];
    const struct bytes_view view = bytes_view(invocation->log.text);

    ck_assert_uint_lt(view.length, sizeof text);
    memcpy(text, view.data, view.length);
    text[view.length] = '\0';
    return text;
}

static unsigned count_in_log(const char *text)
{
    unsigned count = 0;

    for (const char *at = test_bed_log(&bed); (at = strstr(at, text)) != NULL; at += strlen(text))
        count++;
    return count;
}

START_TEST(every_line_goes_to_the_log_with_function_and_request)
{
    environment_log_attach(&log_pipe, invocation);
    print("one\ntwo\n\nfour\n");
    test_bed_run_for(&bed, 10);
    ck_assert_uint_eq(count_in_log("[hello 11111111-2222-4333-8444-555555555555] one\n"), 1);
    ck_assert_uint_eq(count_in_log("[hello 11111111-2222-4333-8444-555555555555] two\n"), 1);
    ck_assert_uint_eq(count_in_log("[hello 11111111-2222-4333-8444-555555555555] four\n"), 1);
    ck_assert_uint_eq(count_in_log("\n"), 4);
    ck_assert_str_eq(tail(), "one\ntwo\n\nfour\n");
}
END_TEST

START_TEST(a_line_that_comes_in_pieces_is_one_line)
{
    environment_log_attach(&log_pipe, invocation);
    print("be");
    test_bed_run_for(&bed, 5);
    ck_assert_uint_eq(count_in_log("be"), 0);
    print("gin");
    test_bed_run_for(&bed, 5);
    print("ning\nend");
    test_bed_run_for(&bed, 5);
    ck_assert_uint_eq(count_in_log("] beginning\n"), 1);
    ck_assert_uint_eq(count_in_log("end"), 0);
    environment_log_drain(&log_pipe); /* a last line without its end */
    ck_assert_uint_eq(count_in_log("] end\n"), 1);
    ck_assert_str_eq(tail(), "beginning\nend");
}
END_TEST

START_TEST(lines_belong_to_the_invocation_that_is_attached)
{
    print("before\n");
    environment_log_drain(&log_pipe);
    environment_log_attach(&log_pipe, invocation);
    print("during\n");
    environment_log_drain(&log_pipe);
    environment_log_attach(&log_pipe, NULL);
    print("after\n");
    environment_log_drain(&log_pipe);
    ck_assert_str_eq(tail(), "during\n");
    ck_assert_uint_eq(count_in_log("[hello] before\n"), 1);
    ck_assert_uint_eq(count_in_log("-555555555555] during\n"), 1);
    ck_assert_uint_eq(count_in_log("[hello] after\n"), 1);
}
END_TEST

START_TEST(a_line_without_end_is_cut_into_pieces)
{
    static char many[1000];

    memset(many, 'x', sizeof many - 1);
    environment_log_attach(&log_pipe, invocation);
    for (unsigned i = 0; i < 100; i++) {
        print(many);
        test_bed_run_for(&bed, 1);
        ck_assert_uint_le(bytes_view(log_pipe.partial).length, LOG_LINE_MAX);
    }
    ck_assert_uint_ge(count_in_log("\n"), 5);
}
END_TEST

/* It prints without end, and has the pipe for itself. */
START_TEST(a_process_that_never_stops_printing_holds_up_nobody)
{
    const pid_t child = fork();

    if (child == 0) {
        (void)dup2(writer, 1);
        (void)execlp("yes", "yes", "y", (char *)NULL);
        _exit(1);
    }
    ck_assert_int_gt(child, 0);
    environment_log_attach(&log_pipe, invocation);
    test_bed_run_for(&bed, 50);
    environment_log_drain(&log_pipe); /* returns */
    ck_assert_uint_le(bytes_view(invocation->log.text).length, 2 * LOG_KEPT_MAX);
    ck_assert_uint_eq(log_tail_result(&invocation->log).length, LOG_RESULT_MAX);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    (void)waitpid(child, NULL, 0);
}
END_TEST

START_TEST(the_end_of_the_pipe_is_noticed_and_costs_nothing_further)
{
    print("last words");
    (void)close(writer);
    writer = -1;
    test_bed_run_for(&bed, 10);
    ck_assert_int_eq(log_pipe.file, -1);
    ck_assert(!uv_is_active((uv_handle_t *)&log_pipe.poll));
    environment_log_drain(&log_pipe);
    environment_log_drain(&log_pipe);
    ck_assert_uint_eq(count_in_log("[hello] last words\n"), 1);
}
END_TEST

START_TEST(what_is_written_while_nobody_watches_waits_in_the_pipe)
{
    environment_log_stop_watching(&log_pipe);
    print("one\n");
    test_bed_run_for(&bed, 10);
    ck_assert_uint_eq(count_in_log("one"), 0);
    environment_log_drain(&log_pipe);
    ck_assert_uint_eq(count_in_log("[hello] one\n"), 1);
    print("two\n");
    test_bed_run_for(&bed, 10);
    ck_assert_uint_eq(count_in_log("two"), 0);
    environment_log_watch(&log_pipe);
    test_bed_run_for(&bed, 10);
    ck_assert_uint_eq(count_in_log("[hello] two\n"), 1);
}
END_TEST

START_TEST(closing_takes_what_was_written_before)
{
    environment_log_attach(&log_pipe, invocation);
    print("just in time\nand this");
    environment_log_close(&log_pipe, on_closed, &closed_count);
    log_pipe.is_open = false; /* tear_down() need not */
    ck_assert_str_eq(tail(), "just in time\nand this");
    ck_assert_uint_eq(count_in_log("] and this\n"), 1);
}
END_TEST

START_TEST(one_that_was_never_opened_can_be_drained)
{
    struct environment_log unopened = {.file = 0}; /* zeroed: descriptor 0 is not its own */
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[0], 0), 0);
    ck_assert_int_eq(write(ends[1], "typed", 5), 5);
    environment_log_drain(&unopened);
    ck_assert_int_eq(fcntl(0, F_GETFD), 0);
    char typed[8];

    ck_assert_int_eq(read(0, typed, sizeof typed), 5);
    (void)close(ends[0]);
    (void)close(ends[1]);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("environment_log");
    TCase *tcase = tcase_create("environment_log");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, every_line_goes_to_the_log_with_function_and_request);
    tcase_add_test(tcase, a_line_that_comes_in_pieces_is_one_line);
    tcase_add_test(tcase, lines_belong_to_the_invocation_that_is_attached);
    tcase_add_test(tcase, a_line_without_end_is_cut_into_pieces);
    tcase_add_test(tcase, a_process_that_never_stops_printing_holds_up_nobody);
    tcase_add_test(tcase, the_end_of_the_pipe_is_noticed_and_costs_nothing_further);
    tcase_add_test(tcase, what_is_written_while_nobody_watches_waits_in_the_pipe);
    tcase_add_test(tcase, closing_takes_what_was_written_before);
    tcase_add_test(tcase, one_that_was_never_opened_can_be_drained);
    suite_add_tcase(suite, tcase);
    return suite;
}
