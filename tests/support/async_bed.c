#include "tests/support/async_bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char config_text[] =
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

char folder[64];
uv_loop_t loop;
struct accounts *accounts;
struct account *account;
struct config_store *store;
struct log *own_log;
struct random_source *randomness;
struct async_invoker *invoker;
int64_t start_ms;

/* The dispatcher: keeps what it is given until the test ends it, or ends it at once as `answer` says. */

struct fake_dispatcher fake;

size_t function_running(const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < fake.running_count; i++)
        count += strcmp(invocation_function_name(fake.running[i]), name) == 0;
    return count;
}

enum dispatch_status fake_dispatcher_place(const struct dispatcher *dispatcher,
                                           const struct account *of, const struct config *config,
                                           const struct function *function)
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

struct dispatcher_places fake_dispatcher_places(const struct account *of,
                                                const struct config *config,
                                                const struct function *function)
{
    (void)of;
    if (function->reserved_concurrency != CONCURRENCY_UNRESERVED)
        return (struct dispatcher_places){(unsigned)function_running(function->name),
                                          (unsigned)function->reserved_concurrency};
    return (struct dispatcher_places){(unsigned)fake.running_count, config->concurrent_executions};
}

enum dispatch_status fake_dispatcher_submit(struct dispatcher *dispatcher,
                                            struct invocation *invocation,
                                            dispatch_done_fn *on_done, void *context)
{
    const enum dispatch_status status = fake_dispatcher_place(
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
    if (fake.on_run != NULL)
        fake.on_run(invocation);
    fake.run_count++;
    fake.version_1_count += strcmp(invocation->target.version->version, "1") == 0;
    (void)snprintf(fake.ran + length, sizeof fake.ran - length, "%s#%u ",
                   invocation_function_name(invocation), invocation->attempt);
    memcpy(fake.last_request_id, invocation->request_id, REQUEST_ID_SIZE);
    memcpy(fake.last_trace, invocation->trace_header, TRACE_HEADER_SIZE);
    return status;
}

void fake_dispatcher_listen(struct dispatcher *dispatcher, dispatch_place_fn *on_place,
                            void *context)
{
    (void)dispatcher;
    fake.on_place = on_place;
    fake.place_context = context;
}

struct bytes *text_bytes(const char *text)
{
    return bytes_copy(text, strlen(text));
}

/* Ends the one that began first. */
void end_one(const char *answer)
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

void start_dispatcher(void)
{
    (void)uv_idle_init(&loop, &fake.idle);
    (void)uv_idle_start(&fake.idle, on_idle);
}

void free_place(void)
{
    fake.is_full = false;
    fake.on_place(account, "", fake.place_context);
}

/* Turns of the loop until nothing more happens by itself, or for a second while the thread pool is held up. */
void settle(void)
{
    enum { QUIET_TURNS = 60, TURNS_MAX = 4000 };
    int quiet = 0;

    for (int turns = 0; quiet < QUIET_TURNS && turns < TURNS_MAX; turns++) {
        (void)uv_run(&loop, UV_RUN_NOWAIT);
        quiet = loop.active_reqs.count > 0 ? 0 : quiet + 1;
        if (turns % 3 == 0 || quiet == 0)
            (void)usleep(200);
    }
}

void write_config(const char *text)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/invoked.json", folder);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

void open_invoker(enum clock_mode mode)
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

void close_invoker(void)
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

void set_up(void)
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
    start_dispatcher();
    open_invoker(CLOCK_MANUAL);
}

void tear_down(void)
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

const char *log_text(void)
{
    static char text[4 << 20];
    ssize_t length;

    log_flush(own_log);
    length = pread(fileno(log_file), text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    return text;
}

/* Enqueueing. */

int accepted_count, refused_count;

static void on_accepted(bool is_accepted, void *context)
{
    (void)context;
    if (is_accepted)
        accepted_count++;
    else
        refused_count++;
}

enum enqueue_status try_enqueue_in(struct account *of, const char *name, const char *qualifier,
                                   const char *request_id, const char *event)
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

void enqueue(const char *name)
{
    ck_assert_int_eq(try_enqueue_in(account, name, "", NULL, "{\"n\": 1}"), ENQUEUE_PENDING);
}

void enqueue_id(const char *name, const char *request_id)
{
    ck_assert_int_eq(try_enqueue_in(account, name, "", request_id, "{\"n\": 1}"), ENQUEUE_PENDING);
}

/* Drain and advance. */

bool is_over;
size_t ran_count;
char ran_first[REQUEST_ID_SIZE];

void on_over(const char (*request_ids)[REQUEST_ID_SIZE], size_t count, void *context)
{
    (void)context;
    is_over = true;
    ran_count = count;
    if (count > 0)
        memcpy(ran_first, request_ids[0], REQUEST_ID_SIZE);
}

void drain(void)
{
    is_over = false;
    ck_assert_ptr_nonnull(async_invoker_drain(invoker, account, on_over, NULL));
    WAIT_FOR(is_over);
    ck_assert_uint_eq(async_invoker_count(account), 0);
}

void advance(int64_t by_ms)
{
    is_over = false;
    ck_assert_ptr_nonnull(async_invoker_advance(
        invoker, account, clock_now_ms(account->clock) + by_ms, on_over, NULL));
    WAIT_FOR(is_over);
}

/* Doesn't wait until it has settled. */
void advance_only(int64_t by_ms)
{
    is_over = false;
    ck_assert_ptr_nonnull(async_invoker_advance(
        invoker, account, clock_now_ms(account->clock) + by_ms, on_over, NULL));
}

char *file_text(const char *name)
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

const char id_a[] = "4bcbe58b-b0cc-47a5-a1d9-79eda1987e58";
const char id_b[] = "5bcbe58b-b0cc-47a5-a1d9-79eda1987e58";

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

const char *list(const char *function_name)
{
    is_listed = false;
    ck_assert(async_invoker_list(invoker, account, function_name, 100, on_rows, NULL));
    WAIT_FOR(is_listed);
    return listed;
}
