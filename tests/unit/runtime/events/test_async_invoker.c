#include "runtime/events/async_invoker.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECOND_MS = 1000, MINUTE_MS = 60000, HOUR_MS = 3600000, RUNS_MAX = 4096 };

static const char config_text[] =
    "{\"AccountLimit\":{\"ConcurrentExecutions\":20},\"Functions\":{"
    "\"hello\":{\"Local\":{\"Mock\":[{}]},"
    " \"DeadLetterConfig\":{\"TargetArn\":\"arn:aws:sqs:us-east-1:123456789012:hello-dlq\"},"
    " \"EventInvokeConfig\":{\"DestinationConfig\":{"
    "  \"OnSuccess\":{\"Destination\":\"arn:aws:sqs:us-east-1:123456789012:good\"},"
    "  \"OnFailure\":{\"Destination\":\"arn:aws:events:us-east-1:123456789012:event-bus/bad\"}}}},"
    "\"short\":{\"Local\":{\"Mock\":[{}]},\"EventInvokeConfig\":{\"MaximumEventAgeInSeconds\":90,"
    " \"DestinationConfig\":{\"OnFailure\":{\"Destination\":"
    "\"arn:aws:sqs:us-east-1:123456789012:late\"}}}},"
    "\"one\":{\"Local\":{\"Mock\":[{}]},\"ReservedConcurrentExecutions\":1},"
    "\"none\":{\"Local\":{\"Mock\":[{}]},\"ReservedConcurrentExecutions\":0,"
    " \"EventInvokeConfig\":{\"DestinationConfig\":{\"OnFailure\":{\"Destination\":"
    "\"arn:aws:sqs:us-east-1:123456789012:zero\"}}}},"
    "\"chain\":{\"Local\":{\"Mock\":[{}]},\"EventInvokeConfig\":{\"DestinationConfig\":{"
    "\"OnSuccess\":{\"Destination\":\"arn:aws:lambda:us-east-1:123456789012:function:plain\"}}}},"
    "\"versions\":{\"Local\":{\"Mock\":[{}]},\"Versions\":{\"1\":{},\"2\":{}},\"Aliases\":{"
    "\"live\":{"
    "\"FunctionVersion\":\"1\",\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"2\":0.5}}}}},"
    "\"plain\":{\"Local\":{\"Mock\":[{}]}}},"
    "\"Local\":{\"QueueCapacity\":3000}}";

static char folder[64];
static uv_loop_t loop;
static struct accounts *accounts;
static struct account *account;
static struct config_store *store;
static struct log *own_log;
static struct random_source *randomness;
static struct async_invoker *invoker;
static int64_t start_ms;

/* The dispatcher: keeps what it is given until the test ends it, or ends it at once as `answer` says. */

static struct {
    struct invocation *running[RUNS_MAX];
    dispatch_done_fn *on_done[RUNS_MAX];
    void *contexts[RUNS_MAX];
    size_t running_count, highest;
    dispatch_place_fn *on_place;
    void *place_context;
    bool is_full;       /* others have all the places */
    bool is_immediate;  /* ends each in the next turn of the loop */
    const char *answer; /* "ok", "error", "429", "kms" */
    uv_idle_t idle;
    char ran[65536]; /* "hello#1 hello#2 " */
    size_t run_count, version_1_count;
    char last_request_id[REQUEST_ID_SIZE];
    char last_trace[TRACE_HEADER_SIZE];
} fake;

static void tell_run(const struct invocation *invocation);

static size_t function_running(const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < fake.running_count; i++)
        count += strcmp(invocation_function_name(fake.running[i]), name) == 0;
    return count;
}

enum dispatch_status dispatcher_place(const struct dispatcher *dispatcher, const struct account *of,
                                      const struct config *config, const struct function *function)
{
    (void)dispatcher;
    (void)of;
    if (function->reserved_concurrency != CONCURRENCY_UNRESERVED)
        return !fake.is_full &&
                       function_running(function->name) < (size_t)function->reserved_concurrency
                   ? DISPATCH_ACCEPTED
                   : DISPATCH_FUNCTION_THROTTLED;
    return !fake.is_full && fake.running_count < config->concurrent_executions
               ? DISPATCH_ACCEPTED
               : DISPATCH_ACCOUNT_THROTTLED;
}

enum dispatch_status dispatcher_submit(struct dispatcher *dispatcher, struct invocation *invocation,
                                       dispatch_done_fn *on_done, void *context)
{
    const enum dispatch_status status = dispatcher_place(
        dispatcher, invocation->account, invocation->config, invocation->target.version->function);
    const size_t length = strlen(fake.ran);

    if (status != DISPATCH_ACCEPTED)
        return status;
    ck_assert_uint_lt(fake.running_count, RUNS_MAX);
    fake.running[fake.running_count] = invocation;
    fake.on_done[fake.running_count] = on_done;
    fake.contexts[fake.running_count++] = context;
    if (fake.running_count > fake.highest)
        fake.highest = fake.running_count;
    tell_run(invocation);
    fake.run_count++;
    fake.version_1_count += strcmp(invocation->target.version->version, "1") == 0;
    (void)snprintf(fake.ran + length, sizeof fake.ran - length, "%s#%u ",
                   invocation_function_name(invocation), invocation->attempt);
    memcpy(fake.last_request_id, invocation->request_id, REQUEST_ID_SIZE);
    memcpy(fake.last_trace, invocation->trace_header, TRACE_HEADER_SIZE);
    return status;
}

void dispatcher_listen(struct dispatcher *dispatcher, dispatch_place_fn *on_place, void *context)
{
    (void)dispatcher;
    fake.on_place = on_place;
    fake.place_context = context;
}

static struct bytes *text_bytes(const char *text)
{
    return bytes_copy(text, strlen(text));
}

/* Ends the one that began first. */
static void end_one(const char *answer)
{
    struct invocation *invocation = fake.running[0];
    dispatch_done_fn *on_done = fake.on_done[0];
    void *context = fake.contexts[0];
    struct account *of = invocation->account;

    fake.running_count--;
    for (size_t i = 0; i < fake.running_count; i++) {
        fake.running[i] = fake.running[i + 1];
        fake.on_done[i] = fake.on_done[i + 1];
        fake.contexts[i] = fake.contexts[i + 1];
    }
    if (strcmp(answer, "ok") == 0)
        invocation_succeed(invocation, text_bytes("{\"a\":1}"));
    else if (strcmp(answer, "error") == 0)
        invocation_fail(invocation, "",
                        text_bytes("{\"errorMessage\":\"boom\",\"errorType\":\"Exception\"}"));
    else if (strcmp(answer, "429") == 0)
        invocation_refuse(invocation, API_TOO_MANY_REQUESTS, NULL);
    else if (strcmp(answer, "kms") == 0)
        invocation_refuse(invocation, API_KMS_DISABLED, NULL);
    else
        invocation->outcome.kind = OUTCOME_ABANDONED;
    on_done(invocation, context);
    fake.on_place(of, "", fake.place_context);
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
    while (fake.is_immediate && fake.running_count > 0)
        end_one(fake.answer);
}

static void free_place(void)
{
    fake.is_full = false;
    fake.on_place(account, "", fake.place_context);
}

/* Turns of the loop until nothing more happens by itself; the thread pool may need a moment. */
static void settle(void)
{
    for (int i = 0; i < 60; i++) {
        (void)uv_run(&loop, UV_RUN_NOWAIT);
        if (i % 3 == 0)
            (void)usleep(200);
    }
}

#define WAIT_FOR(condition)                                                                        \
    do {                                                                                           \
        for (int wait_turns = 0; !(condition) && wait_turns < 20000; wait_turns++) {               \
            (void)uv_run(&loop, UV_RUN_NOWAIT);                                                    \
            if (wait_turns > 100)                                                                  \
                (void)usleep(100);                                                                 \
        }                                                                                          \
        ck_assert(condition);                                                                      \
    } while (0)

static void write_config(const char *text)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/invoked.json", folder);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

static void open_invoker(enum clock_mode mode)
{
    char problem[STORE_MESSAGE_SIZE];
    const struct store_options options = {.folder = folder, .durability = DURABILITY_PROCESS};
    struct event_queue *queue = event_queue_open(&loop, &options, problem);
    struct clock_options clock_options = {.mode = mode};

    ck_assert_msg(queue != NULL, "%s", problem);
    clock_options.not_before_ms = event_queue_newest_ms(queue);
    accounts = accounts_open(&loop, &clock_options, "123456789012");
    account = accounts_default(accounts);
    start_ms = clock_now_ms(account->clock);
    const struct async_invoker_options invoker_options = {.loop = &loop,
                                                          .accounts = accounts,
                                                          .config_store = store,
                                                          .dispatcher = NULL,
                                                          .log = own_log,
                                                          .random = randomness,
                                                          .is_explaining = true};

    invoker = async_invoker_open(&invoker_options, queue);
    ck_assert_ptr_nonnull(invoker);
}

static bool is_closed;

static void on_closed(void *context)
{
    (void)context;
    is_closed = true;
}

static void close_invoker(void)
{
    is_closed = false;
    async_invoker_stop(invoker);
    while (fake.running_count > 0)
        end_one("abandoned");
    async_invoker_close(invoker, on_closed, NULL);
    WAIT_FOR(is_closed);
    accounts_close(accounts);
    settle();
}

static FILE *log_file;

static void set_up(void)
{
    struct config_problems faults = {0};
    struct log_options log_options = {.format = LOG_TEXT, .level = LOG_INFO};
    struct config *config;
    char path[128];

    (void)snprintf(folder, sizeof folder, "/tmp/test_async_invoker.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    write_config(config_text);
    (void)snprintf(path, sizeof path, "%s/invoked.json", folder);
    config = config_load(path, NULL, &faults);
    ck_assert_msg(config != NULL, "%s", faults.count > 0 ? faults.messages[0] : "");
    config_problems_clear(&faults);
    store = config_store_new(path, NULL, config);
    log_file = tmpfile();
    log_options.descriptor = fileno(log_file);
    own_log = log_open(&loop, &log_options);
    randomness = random_source_new();
    memset(&fake, 0, sizeof fake);
    fake.is_immediate = true;
    fake.answer = "ok";
    (void)uv_idle_init(&loop, &fake.idle);
    (void)uv_idle_start(&fake.idle, on_idle);
    open_invoker(CLOCK_MANUAL);
}

static void tear_down(void)
{
    char command[128];

    close_invoker();
    log_close(own_log);
    uv_close((uv_handle_t *)&fake.idle, NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    config_store_free(store);
    random_source_free(randomness);
    (void)fclose(log_file);
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static const char *log_text(void)
{
    static char text[65536];
    ssize_t length;

    log_flush(own_log);
    length = pread(fileno(log_file), text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    return text;
}

/* Enqueueing. */

static int accepted_count, refused_count;

static void on_accepted(bool is_accepted, void *context)
{
    (void)context;
    if (is_accepted)
        accepted_count++;
    else
        refused_count++;
}

static enum enqueue_status try_enqueue_in(struct account *of, const char *name,
                                          const char *qualifier, const char *request_id,
                                          const char *event)
{
    struct bytes *payload = event == NULL ? NULL : text_bytes(event);
    const struct enqueue_options options = {.account = of,
                                            .function_name = name,
                                            .qualifier = qualifier,
                                            .payload = payload,
                                            .request_id = request_id};
    const enum enqueue_status status = async_invoker_enqueue(invoker, &options, on_accepted, NULL);

    bytes_release(payload);
    return status;
}

static void enqueue(const char *name)
{
    ck_assert_int_eq(try_enqueue_in(account, name, "", NULL, "{\"n\": 1}"), ENQUEUE_PENDING);
}

static void enqueue_id(const char *name, const char *request_id)
{
    ck_assert_int_eq(try_enqueue_in(account, name, "", request_id, "{\"n\": 1}"), ENQUEUE_PENDING);
}

/* Drain and advance. */

static bool is_over;
static size_t ran_count;
static char ran_first[REQUEST_ID_SIZE];

static void on_over(const char (*request_ids)[REQUEST_ID_SIZE], size_t count, void *context)
{
    (void)context;
    is_over = true;
    ran_count = count;
    if (count > 0)
        memcpy(ran_first, request_ids[0], REQUEST_ID_SIZE);
}

static void drain(void)
{
    is_over = false;
    ck_assert_ptr_nonnull(async_invoker_drain(invoker, account, on_over, NULL));
    WAIT_FOR(is_over);
    ck_assert_uint_eq(async_invoker_count(account), 0);
}

static void advance(int64_t by_ms)
{
    is_over = false;
    ck_assert_ptr_nonnull(async_invoker_advance(
        invoker, account, clock_now_ms(account->clock) + by_ms, on_over, NULL));
    WAIT_FOR(is_over);
}

/* Doesn't wait until it has settled. */
static void advance_only(int64_t by_ms)
{
    is_over = false;
    ck_assert_ptr_nonnull(async_invoker_advance(
        invoker, account, clock_now_ms(account->clock) + by_ms, on_over, NULL));
}

static char *file_text(const char *name)
{
    char path[128];
    char *text = calloc(1, 65536);
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "r");
    if (file != NULL) {
        (void)!fread(text, 1, 65535, file);
        (void)fclose(file);
    }
    return text;
}

static const char id_a[] = "4bcbe58b-b0cc-47a5-a1d9-79eda1987e58";
static const char id_b[] = "5bcbe58b-b0cc-47a5-a1d9-79eda1987e58";

/* The rows of the list: "hello queued 1|…". */
static char listed[4096];
static bool is_listed;

static void on_rows(const struct event_row *rows, size_t count, void *context)
{
    static const char *const states[] = {"queued", "running", "waiting"};
    size_t length = 0;

    (void)context;
    listed[0] = '\0';
    for (size_t i = 0; i < count; i++)
        length +=
            (size_t)snprintf(listed + length, sizeof listed - length, "%s %s %u +%lld %s|",
                             rows[i].function_name, states[rows[i].state], rows[i].attempt,
                             rows[i].next_attempt_at_ms == 0
                                 ? -1LL
                                 : (long long)(rows[i].next_attempt_at_ms - start_ms) / SECOND_MS,
                             rows[i].last_error == NULL ? "-" : rows[i].last_error);
    is_listed = true;
}

static const char *list(const char *function_name)
{
    is_listed = false;
    ck_assert(async_invoker_list(invoker, account, function_name, 100, on_rows, NULL));
    WAIT_FOR(is_listed);
    return listed;
}

START_TEST(an_event_is_accepted_run_at_once_and_gone)
{
    enqueue_id("hello", id_a);
    WAIT_FOR(accepted_count == 1);
    WAIT_FOR(async_invoker_count(account) == 0);
    ck_assert_str_eq(fake.ran, "hello#1 ");
    ck_assert_str_eq(fake.last_request_id, id_a);
    ck_assert_int_eq(refused_count, 0);
}
END_TEST

START_TEST(a_failing_event_is_run_three_times_and_given_up_in_milliseconds)
{
    char *letters, *records;

    fake.answer = "error";
    enqueue_id("hello", id_a);
    drain();
    ck_assert_str_eq(fake.ran, "hello#1 hello#2 hello#3 ");
    ck_assert_str_eq(fake.last_request_id, id_a);
    ck_assert_int_eq(clock_now_ms(account->clock), start_ms + 180 * SECOND_MS);
    letters = file_text("dead-letters/hello-dlq.jsonl");
    records = file_text("destinations/bad.jsonl");
    ck_assert_ptr_nonnull(strstr(letters, "\"Body\":\"{\\\"n\\\": 1}\""));
    ck_assert_ptr_nonnull(strstr(letters, "\"ErrorCode\":{\"StringValue\":\"200\""));
    ck_assert_ptr_nonnull(strstr(letters, "\"ErrorMessage\":{\"StringValue\":\"boom\""));
    ck_assert_ptr_nonnull(strstr(records, "\"condition\":\"RetriesExhausted\""));
    ck_assert_ptr_nonnull(strstr(records, "\"approximateInvokeCount\":3"));
    ck_assert_ptr_nonnull(strstr(records, "\"source\":\"lambda\""));
    ck_assert_ptr_nonnull(strstr(records, "function:hello:$LATEST"));
    ck_assert_ptr_nonnull(
        strstr(log_text(), "hello 4bcbe58b attempt 1 of 3 failed (Unhandled: Exception: boom); "
                           "next at "));
    ck_assert_ptr_nonnull(strstr(log_text(), " (in 60 s)"));
    free(letters);
    free(records);
}
END_TEST

START_TEST(a_retry_waits_for_the_clock)
{
    fake.answer = "error";
    enqueue_id("hello", id_a);
    WAIT_FOR(fake.run_count == 1);
    ck_assert_str_eq(list(NULL), "hello waiting 2 +60 Unhandled: Exception: boom|");
    advance(59 * SECOND_MS);
    ck_assert_uint_eq(fake.run_count, 1);
    ck_assert_uint_eq(ran_count, 0);
    fake.answer = "ok";
    advance(1 * SECOND_MS);
    ck_assert_uint_eq(fake.run_count, 2);
    ck_assert_uint_eq(ran_count, 1);
    ck_assert_str_eq(ran_first, id_a);
    ck_assert_uint_eq(async_invoker_count(account), 0);
}
END_TEST

START_TEST(a_retry_that_falls_due_within_an_advance_runs_in_it_at_its_time)
{
    fake.answer = "error";
    enqueue_id("hello", id_a);
    WAIT_FOR(fake.run_count == 1);
    advance(HOUR_MS);
    ck_assert_uint_eq(ran_count, 2);
    ck_assert_uint_eq(async_invoker_count(account), 0);
    ck_assert_int_eq(clock_now_ms(account->clock), start_ms + HOUR_MS);
}
END_TEST

START_TEST(an_advance_does_not_wait_for_what_ran_before)
{
    fake.is_immediate = false;
    enqueue("hello");
    WAIT_FOR(fake.running_count == 1);
    advance(HOUR_MS);
    ck_assert_uint_eq(ran_count, 0);
    ck_assert_uint_eq(fake.running_count, 1);
    end_one("ok");
    drain();
}
END_TEST

START_TEST(age_is_checked_ahead)
{
    char *records;

    fake.answer = "error";
    enqueue("short");
    drain();
    ck_assert_uint_eq(fake.run_count, 2);
    ck_assert_int_eq(clock_now_ms(account->clock), start_ms + 60 * SECOND_MS);
    records = file_text("destinations/late.jsonl");
    ck_assert_ptr_nonnull(
        strstr(records, "\"condition\":\"EventAgeExceeded\",\"approximateInvokeCount\":2"));
    ck_assert_ptr_nonnull(strstr(records, "\"functionError\":\"Unhandled\""));
    free(records);
}
END_TEST

START_TEST(reserved_concurrency_of_zero_gives_up_at_once)
{
    char *records;

    enqueue("none");
    drain();
    ck_assert_uint_eq(fake.run_count, 0);
    records = file_text("destinations/zero.jsonl");
    ck_assert_ptr_nonnull(
        strstr(records, "\"condition\":\"ZeroReservedConcurrency\",\"approximateInvokeCount\":0},"
                        "\"requestPayload\":{\"n\": 1}}\n"));
    ck_assert_ptr_null(strstr(records, "responseContext"));
    free(records);
}
END_TEST

START_TEST(events_of_a_function_run_in_order_one_after_the_other)
{
    fake.is_immediate = false;
    enqueue_id("one", id_a);
    enqueue_id("one", id_b);
    WAIT_FOR(fake.running_count == 1);
    settle();
    ck_assert_uint_eq(fake.running_count, 1);
    ck_assert_str_eq(fake.last_request_id, id_a);
    ck_assert_str_eq(list("one"), "one running 1 +-1 -|one queued 1 +0 -|");
    end_one("ok");
    WAIT_FOR(fake.run_count == 2);
    ck_assert_str_eq(fake.last_request_id, id_b);
    end_one("ok");
    drain();
}
END_TEST

START_TEST(one_that_is_refused_backs_off_and_the_others_wait_for_a_place)
{
    fake.is_full = true;
    enqueue_id("one", id_a);
    enqueue_id("one", id_b);
    WAIT_FOR(accepted_count == 2);
    settle();
    ck_assert_uint_eq(fake.run_count, 0);
    ck_assert_str_eq(list(NULL), "one waiting 1 +1 Rate Exceeded.|one queued 1 +0 -|");
    advance(1 * SECOND_MS);
    ck_assert_str_eq(list(NULL), "one waiting 1 +3 Rate Exceeded.|one queued 1 +0 -|");
    advance(2 * SECOND_MS);
    ck_assert_str_eq(list(NULL), "one waiting 1 +7 Rate Exceeded.|one queued 1 +0 -|");
    fake.is_immediate = false;
    free_place();
    WAIT_FOR(fake.run_count == 1);
    ck_assert_str_eq(fake.last_request_id, id_a);
    fake.is_immediate = true;
    drain();
    ck_assert_uint_eq(fake.run_count, 2);
    ck_assert_str_eq(fake.last_request_id, id_b);
    ck_assert_str_eq(fake.ran, "one#1 one#1 ");
    ck_assert_int_eq(clock_now_ms(account->clock), start_ms + 3 * SECOND_MS);
}
END_TEST

START_TEST(refused_events_of_several_functions_get_places_in_the_order_of_acceptance)
{
    static const char *const names[] = {"plain", "hello", "short", "versions"};

    fake.is_full = true;
    for (int i = 0; i < ARRAY_LENGTH(names); i++) {
        enqueue(names[i]);
        settle();
    }
    /* Refused again later, and in another order. */
    advance(1 * SECOND_MS);
    fake.is_immediate = false;
    free_place();
    WAIT_FOR(fake.run_count == 4);
    ck_assert_str_eq(fake.ran, "plain#1 hello#1 short#1 versions#1 ");
    fake.is_immediate = true;
    drain();
}
END_TEST

START_TEST(one_that_finds_the_place_taken_again_has_not_been_refused_again)
{
    fake.is_full = true;
    enqueue("one");
    WAIT_FOR(accepted_count == 1);
    settle();
    ck_assert_str_eq(list(NULL), "one waiting 1 +1 Rate Exceeded.|");
    free_place();
    fake.is_full = true; /* a synchronous invocation was faster */
    settle();
    ck_assert_str_eq(list(NULL), "one waiting 1 +1 Rate Exceeded.|");
    free_place();
    drain();
    ck_assert_uint_eq(fake.run_count, 1);
}
END_TEST

START_TEST(a_drain_waits_for_the_place_instead_of_making_the_event_old)
{
    fake.is_full = true;
    enqueue("one");
    is_over = false;
    ck_assert_ptr_nonnull(async_invoker_drain(invoker, account, on_over, NULL));
    settle();
    ck_assert(!is_over);
    ck_assert_int_eq(clock_now_ms(account->clock), start_ms);
    free_place();
    WAIT_FOR(is_over);
    ck_assert_uint_eq(fake.run_count, 1);
    ck_assert_int_eq(clock_now_ms(account->clock), start_ms);
}
END_TEST

START_TEST(pure_throttling_for_six_hours_gives_up_without_a_run)
{
    fake.is_full = true;
    enqueue("one");
    WAIT_FOR(accepted_count == 1);
    advance(6 * HOUR_MS);
    ck_assert_uint_eq(async_invoker_count(account), 0);
    ck_assert_uint_eq(fake.run_count, 0);
    ck_assert_ptr_nonnull(strstr(log_text(), "given up (EventAgeExceeded)"));
}
END_TEST

static const struct {
    const char *answer, *expected;
} refusals[] = {
    {"429", "plain waiting 1 +1 TooManyRequestsException: Rate Exceeded.|"},
    {"kms", "plain waiting 1 +1 KMSDisabledException: "},
};

START_TEST(an_exception_backs_off_and_uses_up_no_attempt)
{
    fake.answer = refusals[_i].answer;
    enqueue("plain");
    WAIT_FOR(fake.run_count == 1);
    ck_assert_int_eq(strncmp(list(NULL), refusals[_i].expected, strlen(refusals[_i].expected)), 0);
    advance(3 * SECOND_MS);
    ck_assert_str_eq(fake.ran, "plain#1 plain#1 plain#1 ");
    fake.answer = "ok";
    drain();
}
END_TEST

START_TEST(a_backlog_of_one_function_holds_up_no_other_and_leaves_places)
{
    fake.is_immediate = false;
    for (int i = 0; i < 500; i++)
        enqueue("plain");
    WAIT_FOR(accepted_count == 500);
    settle();
    ck_assert_uint_ge(fake.running_count, 4);
    ck_assert_uint_le(fake.running_count, 14); /* three quarters of 18 */
    enqueue("hello");
    WAIT_FOR(function_running("hello") == 1);
    ck_assert_uint_le(fake.highest, 18); /* a tenth of 20 is left */
    fake.is_immediate = true;
    drain();
    ck_assert_uint_eq(fake.run_count, 501);
}
END_TEST

START_TEST(events_beyond_the_window_are_read_back_in_order)
{
    for (int i = 0; i < 2500; i++)
        enqueue("plain");
    drain();
    ck_assert_uint_eq(fake.run_count, 2500);
    ck_assert_int_eq(accepted_count, 2500);
}
END_TEST

START_TEST(the_capacity_is_enforced_for_each_account)
{
    struct account *other = accounts_get(accounts, "111111111111");

    fake.is_full = true;
    for (int i = 0; i < 3000; i++)
        enqueue("plain");
    ck_assert_int_eq(try_enqueue_in(account, "plain", "", NULL, NULL), ENQUEUE_FULL);
    ck_assert_int_eq(try_enqueue_in(other, "plain", "", NULL, NULL), ENQUEUE_PENDING);
    WAIT_FOR(accepted_count == 3001);
    ck_assert_uint_eq(async_invoker_count(account), 3000);
    ck_assert_uint_eq(async_invoker_function_count(invoker, other, "plain"), 1);
}
END_TEST

START_TEST(what_was_accepted_runs_after_a_restart_and_a_cut_off_run_counts_not)
{
    fake.answer = "error";
    enqueue_id("hello", id_a);
    WAIT_FOR(fake.run_count == 1);
    settle();
    fake.is_immediate = false;
    advance(60 * SECOND_MS - 1);
    is_over = false;
    ck_assert_ptr_nonnull(
        async_invoker_advance(invoker, account, start_ms + 60 * SECOND_MS, on_over, NULL));
    WAIT_FOR(fake.running_count == 1);
    close_invoker();
    fake.is_immediate = true;
    fake.answer = "ok";
    open_invoker(CLOCK_MANUAL);
    ck_assert_uint_eq(async_invoker_count(account), 1);
    drain();
    ck_assert_str_eq(fake.ran, "hello#1 hello#2 hello#2 ");
    ck_assert_str_eq(fake.last_request_id, id_a);
}
END_TEST

START_TEST(a_function_as_destination_gets_the_record_as_an_event)
{
    enqueue("chain");
    drain();
    ck_assert_str_eq(fake.ran, "chain#1 plain#1 ");
}
END_TEST

START_TEST(a_removed_function_keeps_its_events_until_it_is_back)
{
    struct config_problems faults = {0};

    fake.is_full = true;
    enqueue("plain");
    WAIT_FOR(accepted_count == 1);
    settle();
    write_config("{\"Functions\":{\"other\":{\"Local\":{\"Mock\":[{}]}}}}");
    ck_assert(config_store_reload(store, &faults));
    async_invoker_reconfigure(invoker);
    fake.is_full = false;
    advance(10 * SECOND_MS);
    ck_assert_uint_eq(fake.run_count, 0);
    ck_assert_ptr_nonnull(strstr(list(NULL), "no longer has this function"));
    write_config(config_text);
    ck_assert(config_store_reload(store, &faults));
    config_problems_clear(&faults);
    async_invoker_reconfigure(invoker);
    drain();
    ck_assert_str_eq(fake.ran, "plain#1 ");
}
END_TEST

/* Another program that keeps the database from being written. */
static sqlite3 *lock_database(void)
{
    sqlite3 *database;
    char path[128];

    (void)snprintf(path, sizeof path, "%s/queue.db", folder);
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return database;
}

static void unlock_database(sqlite3 *database, const char *sql)
{
    ck_assert_int_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(database), SQLITE_OK);
}

static void reload(const char *text)
{
    struct config_problems problems = {0};

    write_config(text);
    ck_assert(config_store_reload(store, &problems));
    async_invoker_reconfigure(invoker);
}

START_TEST(a_refusal_that_is_written_slowly_keeps_its_event_through_a_change_of_the_limit)
{
    sqlite3 *other;

    fake.is_full = true;
    enqueue_id("one", id_a);
    enqueue_id("one", id_b);
    WAIT_FOR(accepted_count == 2);
    settle();
    other = lock_database();
    advance_only(1 * SECOND_MS);
    settle(); /* refused again; the commit waits */
    reload("{\"Functions\":{\"one\":{\"Local\":{\"Mock\":[{}]},"
           "\"ReservedConcurrentExecutions\":0}}}");
    settle();
    reload(config_text);
    free_place();
    unlock_database(other, "SELECT 1");
    drain();
    ck_assert_str_eq(fake.ran, "one#1 one#1 ");
    ck_assert_str_eq(fake.last_request_id, id_b);
}
END_TEST

START_TEST(rows_that_were_not_counted_hold_up_nothing)
{
    static const char *const changes[] = {
        "INSERT INTO events SELECT sequence + 10, lane, due_ms, enqueued_at_ms, run_count,"
        " throttle_count, request_id, qualifier, trace_header, last_error, last_version,"
        " last_response, payload FROM events",
        "DELETE FROM events WHERE sequence > 1"};

    fake.is_full = true;
    for (int i = 0; i < 3; i++)
        enqueue("plain");
    WAIT_FOR(accepted_count == 3);
    close_invoker();
    open_invoker(CLOCK_MANUAL); /* has counted them, and read none */
    unlock_database(lock_database(), changes[_i]);
    fake.is_full = false;
    drain();
    ck_assert_uint_eq(fake.run_count, _i == 0 ? 6 : 1);
    ck_assert_ptr_nonnull(strstr(log_text(), "events on disk where 3 were expected"));
    close_invoker();
    open_invoker(CLOCK_MANUAL);
    ck_assert_uint_eq(async_invoker_count(account), 0);
}
END_TEST

static enum store_status cleared;
static bool is_cleared;

static void on_cleared(enum store_status status, void *context)
{
    (void)context;
    cleared = status;
    is_cleared = true;
}

START_TEST(emptying_forgets_what_waits_and_what_runs)
{
    char *letters;

    fake.is_immediate = false;
    for (int i = 0; i < 300; i++)
        enqueue("hello");
    WAIT_FOR(accepted_count == 300 && fake.running_count > 0);
    is_cleared = false;
    ck_assert(async_invoker_clear(invoker, account, true, on_cleared, NULL));
    ck_assert_uint_eq(async_invoker_count(account), 0);
    enqueue("plain");
    WAIT_FOR(is_cleared);
    ck_assert_int_eq(cleared, STORE_OK);
    fake.answer = "error";
    fake.is_immediate = true;
    WAIT_FOR(fake.running_count == 0);
    fake.answer = "ok";
    drain();
    letters = file_text("dead-letters/hello-dlq.jsonl");
    ck_assert_str_eq(letters, "");
    free(letters);
    close_invoker();
    open_invoker(CLOCK_MANUAL);
    ck_assert_uint_eq(async_invoker_count(account), 0);
}
END_TEST

static void limit_file_size(rlim_t bytes)
{
    const struct rlimit limit = {bytes, RLIM_INFINITY};

    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(what_was_cleared_while_the_disk_was_full_does_not_come_back)
{
    fake.is_immediate = false;
    for (int i = 0; i < 12; i++)
        enqueue("plain");
    WAIT_FOR(accepted_count == 12 && fake.running_count > 0);
    limit_file_size(8192);
    while (fake.running_count > 0)
        end_one("error");
    settle();
    is_cleared = false;
    ck_assert(async_invoker_clear(invoker, account, true, on_cleared, NULL));
    for (int i = 0; i < 50; i++) {
        (void)list(NULL); /* reads in between are no recovery */
        (void)usleep(10000);
    }
    ck_assert(!is_cleared);
    limit_file_size(RLIM_INFINITY);
    WAIT_FOR(is_cleared);
    fake.is_immediate = true;
    drain();
    ck_assert_ptr_null(strstr(strstr(log_text(), "is not writable") + 1, "is not writable"));
    close_invoker();
    open_invoker(CLOCK_MANUAL);
    ck_assert_uint_eq(async_invoker_count(account), 0);
    enqueue("plain");
    drain();
}
END_TEST

START_TEST(the_trace_stays_the_same_on_every_try)
{
    char first[TRACE_HEADER_SIZE];

    fake.answer = "error";
    enqueue("plain");
    WAIT_FOR(fake.run_count == 1);
    memcpy(first, fake.last_trace, sizeof first);
    drain();
    ck_assert_uint_eq(fake.run_count, 3);
    ck_assert_str_eq(fake.last_trace, first);
}
END_TEST

static struct account *oldest_account;
static int64_t oldest_ms;
static bool is_told;

static void on_oldest(struct account *of, int64_t enqueued_at_ms, void *context)
{
    (void)context;
    oldest_account = of;
    oldest_ms = enqueued_at_ms;
    is_told = true;
}

START_TEST(the_oldest_event_is_known)
{
    ck_assert(async_invoker_oldest(invoker, on_oldest, NULL));
    WAIT_FOR(is_told);
    ck_assert_ptr_null(oldest_account);
    fake.is_full = true;
    enqueue("plain");
    WAIT_FOR(accepted_count == 1);
    is_told = false;
    ck_assert(async_invoker_oldest(invoker, on_oldest, NULL));
    WAIT_FOR(is_told);
    ck_assert_ptr_eq(oldest_account, account);
    ck_assert_int_eq(oldest_ms, start_ms);
}
END_TEST

static size_t redriven_count;
static bool is_redriven;

static void on_redriven(size_t count, enum redrive_status status, void *context)
{
    (void)context;
    ck_assert_int_ne(status, REDRIVE_FAILED);
    redriven_count = count;
    is_redriven = true;
}

static void redrive(void)
{
    is_redriven = false;
    ck_assert(async_invoker_redrive(invoker, account, "hello-dlq", on_redriven, NULL));
    WAIT_FOR(is_redriven);
}

START_TEST(dead_letters_are_put_back_once_as_new_events)
{
    char *letters;

    fake.answer = "error";
    for (int i = 0; i < 5; i++)
        enqueue_id("hello", i == 0 ? id_a : NULL);
    drain();
    ck_assert_uint_eq(fake.run_count, 15);
    fake.is_full = true;
    redrive();
    ck_assert_uint_eq(redriven_count, 5);
    ck_assert_uint_eq(async_invoker_count(account), 5);
    letters = file_text("dead-letters/hello-dlq.jsonl");
    ck_assert_str_eq(letters, "");
    free(letters);
    redrive();
    ck_assert_uint_eq(redriven_count, 0);
    fake.answer = "ok";
    free_place();
    drain();
    ck_assert_uint_eq(fake.run_count, 20);
    ck_assert_str_ne(fake.last_request_id, id_a);
}
END_TEST

static void restore_letter(const char *letter)
{
    static const char start[] = "{\"MessageId\":\"";
    char path[128], sql[512];
    sqlite3 *database;
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/dead-letters/hello-dlq.jsonl", folder);
    file = fopen(path, "w");
    (void)fputs(letter, file);
    (void)fclose(file);
    (void)snprintf(path, sizeof path, "%s/queue.db", folder);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO dead_letters VALUES('%.36s', '', 'hello-dlq', 'hello', NULL, 1)",
                   letter + sizeof start - 1);
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(database), SQLITE_OK);
}

START_TEST(a_redrive_that_a_kill_cut_off_after_its_commit_is_finished_not_repeated)
{
    char *letters;

    fake.answer = "error";
    enqueue("hello");
    drain();
    letters = file_text("dead-letters/hello-dlq.jsonl");
    fake.is_full = true;
    redrive();
    ck_assert_uint_eq(redriven_count, 1);
    close_invoker();
    /* As if the kill had come before the file was written anew: line and mark are there. */
    restore_letter(letters);
    open_invoker(CLOCK_MANUAL);
    settle();
    redrive();
    ck_assert_uint_eq(redriven_count, 0);
    ck_assert_uint_eq(async_invoker_count(account), 1);
    free(letters);
    letters = file_text("dead-letters/hello-dlq.jsonl");
    ck_assert_str_eq(letters, "");
    free(letters);
}
END_TEST

static void damage_database(void)
{
    char path[128], junk[4096];
    struct stat status;
    FILE *file;

    memset(junk, 0xa5, sizeof junk);
    (void)snprintf(path, sizeof path, "%s/queue.db", folder);
    ck_assert_int_eq(stat(path, &status), 0);
    file = fopen(path, "r+");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 3 * 4096, SEEK_SET), 0);
    for (off_t at = 3 * 4096; at + 4096 <= status.st_size; at += 4096)
        ck_assert_uint_eq(fwrite(junk, 1, sizeof junk, file), sizeof junk);
    (void)fclose(file);
}

START_TEST(damage_while_it_runs_is_told_and_what_is_in_memory_goes_on)
{
    for (int i = 0; i < 2000; i++) {
        fake.is_full = true;
        enqueue("plain");
    }
    WAIT_FOR(accepted_count == 2000);
    close_invoker();
    open_invoker(CLOCK_MANUAL);
    settle();
    damage_database();
    free_place();
    drain();
    ck_assert_uint_ge(fake.run_count, 64);
    ck_assert_uint_lt(fake.run_count, 2000);
    ck_assert_ptr_nonnull(strstr(log_text(), "queue.db.damaged-"));
    enqueue("hello");
    drain();
    ck_assert_int_eq(accepted_count, 2001);
    close_invoker();
    open_invoker(CLOCK_MANUAL);
    ck_assert_uint_eq(async_invoker_count(account), 0);
}
END_TEST

START_TEST(events_that_go_while_they_are_written_into_a_new_file_do_no_harm)
{
    fake.is_full = true;
    for (int i = 0; i < 50; i++)
        enqueue("plain");
    for (int i = 0; i < 2000; i++)
        enqueue("hello");
    WAIT_FOR(accepted_count == 2050);
    close_invoker();
    open_invoker(CLOCK_MANUAL);
    settle();
    damage_database();
    free_place();
    WAIT_FOR(strstr(log_text(), "queue.db.damaged-") != NULL);
    is_cleared = false;
    ck_assert(async_invoker_clear(invoker, account, false, on_cleared, NULL));
    WAIT_FOR(is_cleared);
    enqueue("plain");
    drain();
    close_invoker();
    open_invoker(CLOCK_MANUAL);
    ck_assert_uint_eq(async_invoker_count(account), 0);
}
END_TEST

#ifndef __SANITIZE_ADDRESS__
/* Takes the place of the C library's, so that memory can be short for as long as a test says. */
static bool is_short_of_memory;
static pthread_t loop_thread;
void *__libc_calloc(size_t count, size_t size);

void *calloc(size_t count, size_t size)
{
    return is_short_of_memory && pthread_equal(pthread_self(), loop_thread)
               ? NULL
               : __libc_calloc(count, size);
}

START_TEST(a_lane_that_could_not_be_read_for_want_of_memory_is_read_later)
{
    fake.is_full = true;
    for (int i = 0; i < 3; i++)
        enqueue("plain");
    WAIT_FOR(accepted_count == 3);
    close_invoker();
    fake.is_full = false;
    open_invoker(CLOCK_MANUAL);
    loop_thread = pthread_self();
    is_short_of_memory = true;
    settle();
    is_short_of_memory = false;
    ck_assert_uint_eq(fake.run_count, 0);
    WAIT_FOR(fake.run_count == 3);
    drain();
}
END_TEST
#endif

START_TEST(a_full_disk_loses_nothing_that_was_accepted)
{
    fake.is_immediate = false;
    enqueue("hello");
    WAIT_FOR(fake.running_count == 1);
    limit_file_size(8192);
    enqueue("plain");
    WAIT_FOR(refused_count == 1);
    ck_assert_uint_eq(async_invoker_count(account), 1);
    end_one("error");
    settle();
    limit_file_size(RLIM_INFINITY);
    fake.is_immediate = true;
    fake.answer = "error";
    drain();
    ck_assert_str_eq(fake.ran, "hello#1 hello#2 hello#3 ");
    ck_assert_ptr_nonnull(strstr(log_text(), "event queue is not writable"));
    ck_assert_ptr_nonnull(strstr(log_text(), "event queue is writable again"));
}
END_TEST

START_TEST(a_stop_with_a_full_disk_does_not_wait_for_room)
{
    fake.is_immediate = false;
    enqueue("hello");
    WAIT_FOR(fake.running_count == 1);
    limit_file_size(8192);
    end_one("ok");
    settle();
    close_invoker();
    limit_file_size(RLIM_INFINITY);
    open_invoker(CLOCK_MANUAL);
    ck_assert_uint_eq(async_invoker_count(account), 1);
    fake.is_immediate = true;
    drain();
}
END_TEST

START_TEST(each_try_of_a_weighted_alias_draws_its_version)
{
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(try_enqueue_in(account, "versions", "live", NULL, NULL), ENQUEUE_PENDING);
    drain();
    ck_assert_uint_eq(fake.run_count, 200);
    ck_assert_uint_gt(fake.version_1_count, 20);
    ck_assert_uint_lt(fake.version_1_count, 180);
}
END_TEST

START_TEST(accounts_have_clocks_and_queues_of_their_own)
{
    struct account *other = accounts_get(accounts, "111111111111");
    char *letters;

    fake.answer = "error";
    enqueue("hello");
    ck_assert_int_eq(try_enqueue_in(other, "hello", "", NULL, NULL), ENQUEUE_PENDING);
    WAIT_FOR(fake.run_count == 2);
    drain();
    ck_assert_uint_eq(fake.run_count, 4);
    ck_assert_uint_eq(async_invoker_count(other), 1);
    ck_assert_int_eq(clock_now_ms(other->clock), start_ms);
    is_over = false;
    ck_assert_ptr_nonnull(async_invoker_drain(invoker, other, on_over, NULL));
    WAIT_FOR(is_over);
    letters = file_text("accounts/111111111111/dead-letters/hello-dlq.jsonl");
    ck_assert_ptr_nonnull(strstr(letters, "\"Body\":\"{}\""));
    free(letters);
}
END_TEST

/*
 * Kills. A child accepts numbered events as fast as it can and runs them; what it tells goes through a pipe, a record
 * each: 'A' for accepted, 'R' for run, and the number.
 */
enum { KILLS = 20, NUMBERS_MAX = 1000000, IN_FLIGHT_MAX = 400 };

struct told {
    char what;
    int number;
};

static int tell_descriptor = -1;
static int next_number, number_in_flight;
static unsigned char accepted_numbers[NUMBERS_MAX], runs_of[NUMBERS_MAX];

static void tell(char what, int number)
{
    const struct told told = {what, number};

    if (tell_descriptor >= 0 && write(tell_descriptor, &told, sizeof told) != sizeof told)
        _exit(1);
}

static void tell_run(const struct invocation *invocation)
{
    char text[32];
    const struct bytes_view event = invocation_event(invocation);

    (void)snprintf(text, sizeof text, "%.*s", (int)event.length, event.data);
    tell('R', (int)strtol(text, NULL, 10));
}

static void enqueue_number(void);

static void on_number_accepted(bool is_accepted, void *context)
{
    const int *number = context;

    if (is_accepted)
        tell('A', *number);
    free(context);
    number_in_flight--;
    enqueue_number();
}

static void enqueue_number(void)
{
    char text[32];

    while (number_in_flight < 16 && next_number < NUMBERS_MAX) {
        int *number = malloc(sizeof *number);

        *number = next_number++;
        (void)snprintf(text, sizeof text, "%d", *number);
        struct bytes *payload = text_bytes(text);
        const struct enqueue_options options = {
            .account = account, .function_name = "plain", .payload = payload};

        if (async_invoker_enqueue(invoker, &options, on_number_accepted, number) !=
            ENQUEUE_PENDING) {
            free(number);
            bytes_release(payload);
            return; /* the queue is full for now */
        }
        bytes_release(payload);
        number_in_flight++;
    }
}

static void child_main(int descriptor)
{
    const struct log_options log_options = {.descriptor = 2, .level = LOG_ERROR};

    (void)uv_loop_fork(&loop);
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    own_log = log_open(&loop, &log_options);
    (void)uv_idle_init(&loop, &fake.idle);
    (void)uv_idle_start(&fake.idle, on_idle);
    tell_descriptor = descriptor;
    open_invoker(CLOCK_REAL);
    for (;;) {
        enqueue_number();
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    }
}

/* So many records, or all until the child's end. */
static void hear(int descriptor, size_t count)
{
    struct told told;

    while (count-- > 0 && read(descriptor, &told, sizeof told) == sizeof told) {
        ck_assert_int_lt(told.number, NUMBERS_MAX);
        if (told.number >= next_number)
            next_number = told.number + 1;
        if (told.what == 'A')
            accepted_numbers[told.number] = 1;
        else if (runs_of[told.number] < 255)
            runs_of[told.number]++;
    }
}

static void kill_one(int round)
{
    int ends[2], status;
    pid_t child;

    ck_assert_int_eq(pipe(ends), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        child_main(ends[1]);
    (void)close(ends[1]);
    hear(ends[0], 200); /* however busy the machine is */
    (void)usleep((useconds_t)((round * 7919) % 30000));
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    hear(ends[0], SIZE_MAX);
    (void)close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    next_number += 100; /* those that were accepted, and not told */
}

START_TEST(no_accepted_event_is_lost_by_kills_and_only_those_in_flight_run_again)
{
    int accepted = 0, again = 0, ends[2];

    close_invoker();
    for (int round = 0; round < KILLS; round++)
        kill_one(round);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_ge(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20), 1 << 20);
    tell_descriptor = ends[1];
    open_invoker(CLOCK_MANUAL);
    drain();
    tell_descriptor = -1;
    (void)close(ends[1]);
    hear(ends[0], SIZE_MAX);
    (void)close(ends[0]);
    for (int number = 0; number < NUMBERS_MAX; number++) {
        accepted += accepted_numbers[number];
        again += runs_of[number] > 1;
        ck_assert_msg(accepted_numbers[number] == 0 || runs_of[number] > 0,
                      "event %d was accepted and lost", number);
    }
    ck_assert_int_gt(accepted, 1000);
    ck_assert_int_lt(again, KILLS * IN_FLIGHT_MAX);
    ck_assert_int_lt(again, accepted / 2);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("async_invoker");
    TCase *tcase = tcase_create("async_invoker");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, an_event_is_accepted_run_at_once_and_gone);
    tcase_add_test(tcase, a_failing_event_is_run_three_times_and_given_up_in_milliseconds);
    tcase_add_test(tcase, a_retry_waits_for_the_clock);
    tcase_add_test(tcase, a_retry_that_falls_due_within_an_advance_runs_in_it_at_its_time);
    tcase_add_test(tcase, an_advance_does_not_wait_for_what_ran_before);
    tcase_add_test(tcase, age_is_checked_ahead);
    tcase_add_test(tcase, reserved_concurrency_of_zero_gives_up_at_once);
    tcase_add_test(tcase, events_of_a_function_run_in_order_one_after_the_other);
    tcase_add_test(tcase, one_that_is_refused_backs_off_and_the_others_wait_for_a_place);
    tcase_add_test(tcase, a_drain_waits_for_the_place_instead_of_making_the_event_old);
    tcase_add_test(tcase, pure_throttling_for_six_hours_gives_up_without_a_run);
    tcase_add_loop_test(tcase, an_exception_backs_off_and_uses_up_no_attempt, 0,
                        ARRAY_LENGTH(refusals));
    tcase_add_test(tcase, a_backlog_of_one_function_holds_up_no_other_and_leaves_places);
    tcase_add_test(tcase, events_beyond_the_window_are_read_back_in_order);
    tcase_add_test(tcase, the_capacity_is_enforced_for_each_account);
    tcase_add_test(tcase, what_was_accepted_runs_after_a_restart_and_a_cut_off_run_counts_not);
    tcase_add_test(tcase, a_function_as_destination_gets_the_record_as_an_event);
    tcase_add_test(tcase, a_removed_function_keeps_its_events_until_it_is_back);
    tcase_add_test(tcase, emptying_forgets_what_waits_and_what_runs);
    tcase_add_test(tcase, the_trace_stays_the_same_on_every_try);
    tcase_add_test(tcase, the_oldest_event_is_known);
    tcase_add_test(tcase, dead_letters_are_put_back_once_as_new_events);
    tcase_add_test(tcase, a_redrive_that_a_kill_cut_off_after_its_commit_is_finished_not_repeated);
    tcase_add_test(tcase, damage_while_it_runs_is_told_and_what_is_in_memory_goes_on);
    tcase_add_test(tcase,
                   refused_events_of_several_functions_get_places_in_the_order_of_acceptance);
    tcase_add_test(tcase, one_that_finds_the_place_taken_again_has_not_been_refused_again);
    tcase_add_test(tcase,
                   a_refusal_that_is_written_slowly_keeps_its_event_through_a_change_of_the_limit);
    tcase_add_loop_test(tcase, rows_that_were_not_counted_hold_up_nothing, 0, 2);
    tcase_add_test(tcase, what_was_cleared_while_the_disk_was_full_does_not_come_back);
    tcase_add_test(tcase, events_that_go_while_they_are_written_into_a_new_file_do_no_harm);
#ifndef __SANITIZE_ADDRESS__
    tcase_add_test(tcase, a_lane_that_could_not_be_read_for_want_of_memory_is_read_later);
#endif
    tcase_add_test(tcase, a_full_disk_loses_nothing_that_was_accepted);
    tcase_add_test(tcase, a_stop_with_a_full_disk_does_not_wait_for_room);
    tcase_add_test(tcase, no_accepted_event_is_lost_by_kills_and_only_those_in_flight_run_again);
    tcase_add_test(tcase, each_try_of_a_weighted_alias_draws_its_version);
    tcase_add_test(tcase, accounts_have_clocks_and_queues_of_their_own);
    suite_add_tcase(suite, tcase);
    return suite;
}
