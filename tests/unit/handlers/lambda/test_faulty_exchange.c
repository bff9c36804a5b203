#include "handlers/lambda/faulty_exchange.h"

#include "handlers/held_exchange.h"
#include "tests/support/fake_exchange.h"
#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

static uv_loop_t loop;
static struct api api;
static struct fake_exchange fake;
static struct exchange_transport transport; /* the fake's, and what it doesn't note */
static const struct exchange_transport *fakes;
static bool has_cut;
static size_t cut_after;

static void note_answer(struct exchange *exchange, const struct answer *answer)
{
    has_cut = answer->has_cut;
    cut_after = answer->cut_after;
    ck_assert_ptr_eq(exchange->transport, &transport);
    fakes->answer(exchange, answer);
}

static void set_up(void)
{
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    api = (struct api){.loop = &loop};
    fake_exchange_init(&fake, "POST", "/");
    fake_exchange_header(&fake, "X-Name", "value");
    fakes = fake.exchange.transport;
    transport = *fakes;
    transport.answer = note_answer;
    fake.exchange.transport = &transport;
    has_cut = false;
}

static void tear_down(void)
{
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    ck_assert_uint_eq(fake.answer_count, 1);
    fake_exchange_clear(&fake);
}

static void begin(enum fault_action action, unsigned delay_ms)
{
    struct requested_fault fault = {
        .action = action,
        .delay_ms = delay_ms,
        .exception = API_EFS_IO,
        .message = action == FAULT_EXCEPTION ? strdup("asked for") : NULL,
    };

    ck_assert(faulty_exchange_begin(&fake.exchange, &api, &fault, NULL));
    ck_assert_ptr_null(fault.message);
    ck_assert_str_eq(exchange_header(&fake.exchange, "x-name"), "value");
}

/* What an operation answers; its headers and body are gone when this returns. */
static void answer(const char *body)
{
    char name[] = "X-Here", value[] = "and gone";
    const struct answer_header headers[] = {{name, value}};
    struct bytes *bytes = body[0] == '\0' ? NULL : bytes_copy(body, strlen(body));
    const struct answer whole = {
        .status = 200, .headers = headers, .header_count = 1, .body = bytes};

    exchange_answer(&fake.exchange, &whole);
    bytes_release(bytes);
    memset(name, 'x', sizeof name - 1);
    memset(value, 'x', sizeof value - 1);
}

static void stream(const char *const *pieces)
{
    const struct answer_header headers[] = {{"X-Here", "and gone"}};
    const struct answer head = {.status = 200, .headers = headers, .header_count = 1};

    exchange_stream_begin(&fake.exchange, &head, NULL, NULL);
    for (; *pieces != NULL; pieces++)
        ck_assert(exchange_stream_write(&fake.exchange, bytes_copy(*pieces, strlen(*pieces))));
    ck_assert_uint_eq(fake.answer_count, 0);
    exchange_stream_end(&fake.exchange);
}

static const char *const pieces[] = {"12", "345", "6789", NULL};
static const char *const no_pieces[] = {NULL};

static const struct {
    enum fault_action action;
    bool is_stream;
    const char *body;
    const char *answer; /* NULL: dropped */
    bool has_cut;
    size_t cut_after;
} rows[] = {
    {FAULT_EXCEPTION, false, "body", "410\n", false, 0},
    {FAULT_EXCEPTION, true, NULL, "410\n", false, 0},
    {FAULT_DROP, false, "body", NULL, false, 0},
    {FAULT_DROP, true, NULL, NULL, false, 0},
    {FAULT_CUT, false, "12345", "200\nX-Here: and gone\n\n12345", true, 2},
    {FAULT_CUT, false, "1", "200\nX-Here: and gone\n\n1", true, 0},
    {FAULT_CUT, false, "", NULL, false, 0},
    {FAULT_CUT, true, NULL, "200\nX-Here: and gone\n\n123456789", true, 4},
    {FAULT_CUT, true, "", NULL, false, 0},
    {FAULT_DUPLICATE, false, "12345", "200\nX-Here: and gone\n\n12345", false, 0},
    {FAULT_DUPLICATE, false, "", "200\nX-Here: and gone\n\n", false, 0},
    {FAULT_DUPLICATE, true, NULL, "200\nX-Here: and gone\n\n123456789", false, 0},
};

static void run_row(int index, unsigned delay_ms)
{
    begin(rows[index].action, delay_ms);
    if (rows[index].is_stream)
        stream(rows[index].body == NULL ? pieces : no_pieces);
    else
        answer(rows[index].body);
}

static void check_row(int index)
{
    const char *wanted = rows[index].answer;

    ck_assert(fake.is_dropped == (wanted == NULL));
    if (wanted == NULL)
        return;
    if (rows[index].action == FAULT_EXCEPTION)
        ck_assert_int_eq(strncmp(fake_exchange_answer(&fake), wanted, strlen(wanted)), 0);
    else
        ck_assert_str_eq(fake_exchange_answer(&fake), wanted);
    ck_assert(has_cut == rows[index].has_cut);
    ck_assert_uint_eq(cut_after, rows[index].cut_after);
}

START_TEST(an_answer_suffers_at_once)
{
    run_row(_i, 0);
    check_row(_i);
}
END_TEST

START_TEST(an_answer_suffers_after_a_delay)
{
    const uint64_t began = uv_hrtime();

    run_row(_i, 30);
    ck_assert_uint_eq(fake.answer_count, 0);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_uint_ge((uv_hrtime() - began) / 1000000, 29);
    check_row(_i);
}
END_TEST

START_TEST(a_stop_ends_a_delay)
{
    run_row(_i, 600000);
    ck_assert_ptr_nonnull(api.held_exchanges);
    held_exchanges_end(&api);
    ck_assert_ptr_null(api.held_exchanges);
    check_row(_i);
}
END_TEST

START_TEST(an_operation_that_drops_by_itself_drops)
{
    begin(FAULT_EXCEPTION, 600000);
    exchange_drop(&fake.exchange);
    ck_assert(fake.is_dropped);
}
END_TEST

START_TEST(a_fault_answers_in_place_of_an_operation)
{
    struct requested_fault fault = {
        .action = FAULT_EXCEPTION,
        .exception = API_TOO_MANY_REQUESTS,
        .message = strdup("slowly"),
        .reason = strdup("CallerRateLimitExceeded"),
        .retry_after = strdup("7"),
    };

    faulty_exchange_answer(&fake.exchange, &api, &fault);
    ck_assert_ptr_null(fault.message);
    ck_assert_ptr_nonnull(strstr(fake_exchange_answer(&fake), "429\n"));
    ck_assert_ptr_nonnull(strstr(fake_exchange_answer(&fake), "Retry-After: 7\n"));
    ck_assert_ptr_nonnull(strstr(fake_exchange_answer(&fake),
                                 "{\"Reason\":\"CallerRateLimitExceeded\","
                                 "\"Type\":\"User\",\"message\":\"slowly\"}"));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("faulty_exchange");
    TCase *faulty = tcase_create("faulty");

    tcase_add_checked_fixture(faulty, set_up, tear_down);
    tcase_add_loop_test(faulty, an_answer_suffers_at_once, 0, ARRAY_LENGTH(rows));
    tcase_add_loop_test(faulty, an_answer_suffers_after_a_delay, 0, ARRAY_LENGTH(rows));
    tcase_add_loop_test(faulty, a_stop_ends_a_delay, 0, ARRAY_LENGTH(rows));
    tcase_add_test(faulty, an_operation_that_drops_by_itself_drops);
    tcase_add_test(faulty, a_fault_answers_in_place_of_an_operation);
    suite_add_tcase(suite, faulty);
    return suite;
}
