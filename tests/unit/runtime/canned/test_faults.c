#include "runtime/canned/faults.h"

#include "tests/support/unit.h"

#include <string.h>

enum { DRAWS = 64 };

static const char json[] =
    "{\"Functions\":{"
    "\"plain\":{\"Local\":{\"Command\":[\"cat\"]}},"
    "\"faulty\":{\"Local\":{\"Command\":[\"cat\"],\"Faults\":["
    "{\"Error\":\"KMSDisabledException\",\"Times\":1,\"Message\":\"off\",\"DelayMs\":7},"
    "{\"Error\":\"Cut\",\"Times\":1}]}}}}";

static uv_loop_t loop;
static struct accounts *accounts;
static struct account *account, *other;
static struct config *config;
static struct random_source *source;

static void set_up(void)
{
    const struct clock_options options = {.mode = CLOCK_MANUAL};
    struct config_problems faults = {0};

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    accounts = accounts_open(&loop, &options, "123456789012");
    ck_assert_ptr_nonnull(accounts);
    account = accounts_default(accounts);
    other = accounts_get(accounts, "111111111111");
    source = random_source_new();
    config = config_parse(json, sizeof json - 1, "/tmp/invoked.json", &faults);
    ck_assert_ptr_nonnull(config);
}

static void tear_down(void)
{
    config_release(config);
    random_source_free(source);
    accounts_close(accounts);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static bool strike(struct account *of, const char *name, enum invocation_type type,
                   struct requested_fault *fault)
{
    return faults_strike(of, config_function(config, name)->latest, type, source, fault);
}

/* Does one strike, and is it this? */
static bool strikes_with(struct account *of, const char *name, enum fault_action action)
{
    struct requested_fault fault;
    bool is_it;

    if (!strike(of, name, INVOCATION_REQUEST_RESPONSE, &fault))
        return false;
    is_it = fault.action == action;
    requested_fault_clear(&fault);
    return is_it;
}

static void set(struct account *of, const char *name, const char *text)
{
    struct canned_text faults;
    char why[512];

    ck_assert_msg(canned_text_read(&faults, CANNED_FAULTS, text, strlen(text), why, sizeof why),
                  "%s", why);
    ck_assert(faults_set(of, name, &faults));
}

START_TEST(nothing_strikes_unless_asked_for)
{
    struct requested_fault fault;

    ck_assert(!strike(account, "plain", INVOCATION_EVENT, &fault));
}
END_TEST

START_TEST(the_configuration_s_strike_from_the_start_in_order_and_as_often_as_they_say)
{
    struct requested_fault fault;

    ck_assert(strike(account, "faulty", INVOCATION_REQUEST_RESPONSE, &fault));
    ck_assert_int_eq(fault.action, FAULT_EXCEPTION);
    ck_assert_int_eq(fault.exception, API_KMS_DISABLED);
    ck_assert_str_eq(fault.message, "off");
    ck_assert_uint_eq(fault.delay_ms, 7);
    ck_assert(!fault.lets_run_first);
    ck_assert_ptr_null(fault.reason);
    ck_assert_ptr_null(fault.retry_after);
    requested_fault_clear(&fault);
    ck_assert(strikes_with(account, "faulty", FAULT_CUT));
    ck_assert(!strikes_with(account, "faulty", FAULT_CUT));
    ck_assert(strikes_with(other, "faulty", FAULT_EXCEPTION));
    faults_reset(account);
    ck_assert(strikes_with(account, "faulty", FAULT_EXCEPTION));
}
END_TEST

START_TEST(what_is_set_stands_in_for_the_configuration_s_until_dropped)
{
    set(account, "faulty", "{\"Error\":\"Drop\"}");
    for (int i = 0; i < 5; i++)
        ck_assert(strikes_with(account, "faulty", FAULT_DROP));
    ck_assert(strikes_with(other, "faulty", FAULT_EXCEPTION));
    set(account, "faulty", "[]");
    ck_assert(!strikes_with(account, "faulty", FAULT_DROP));
    faults_drop(account, "faulty");
    ck_assert(strikes_with(account, "faulty", FAULT_EXCEPTION));
    set(account, "plain", "{\"Error\":\"Drop\"}");
    faults_drop(account, "plain");
    faults_drop(account, "plain");
    ck_assert(!strikes_with(account, "plain", FAULT_DROP));
}
END_TEST

static const struct {
    const char *fault;
    enum fault_action action;
    bool lets_run_first;
} moments[] = {
    {"{\"Error\":\"ServiceException\"}", FAULT_EXCEPTION, false},
    {"{\"Error\":\"ServiceException\",\"When\":\"Before\"}", FAULT_EXCEPTION, false},
    {"{\"Error\":\"ServiceException\",\"When\":\"After\"}", FAULT_EXCEPTION, true},
    {"{\"Error\":\"Drop\"}", FAULT_DROP, false},
    {"{\"Error\":\"Drop\",\"When\":\"After\"}", FAULT_DROP, true},
    {"{\"Error\":\"Cut\"}", FAULT_CUT, true},
    {"{\"Error\":\"Cut\",\"When\":\"Before\"}", FAULT_CUT, true},
    {"{\"Error\":\"Duplicate\"}", FAULT_DUPLICATE, true},
};

START_TEST(a_fault_comes_before_the_handler_or_after_it)
{
    struct requested_fault fault;

    set(account, "plain", moments[_i].fault);
    ck_assert(strike(account, "plain", INVOCATION_EVENT, &fault));
    ck_assert_int_eq(fault.action, moments[_i].action);
    ck_assert(fault.lets_run_first == moments[_i].lets_run_first);
    requested_fault_clear(&fault);
}
END_TEST

START_TEST(a_fault_brings_the_members_that_its_exception_has)
{
    struct requested_fault fault;

    set(account, "plain",
        "{\"Error\":\"TooManyRequestsException\",\"Reason\":\"CallerRateLimitExceeded\","
        "\"RetryAfterSeconds\":0,\"Times\":1}");
    ck_assert(strike(account, "plain", INVOCATION_EVENT, &fault));
    ck_assert_str_eq(fault.reason, "CallerRateLimitExceeded");
    ck_assert_str_eq(fault.retry_after, "0");
    requested_fault_clear(&fault);
    set(account, "plain", "{\"Error\":\"EC2UnexpectedException\",\"EC2ErrorCode\":\"Odd\"}");
    ck_assert(strike(account, "plain", INVOCATION_EVENT, &fault));
    ck_assert_str_eq(fault.ec2_error_code, "Odd");
    requested_fault_clear(&fault);
}
END_TEST

START_TEST(a_duplicate_passes_a_dry_run_by_and_is_not_used_by_it)
{
    struct requested_fault fault;

    set(account, "plain",
        "[{\"Error\":\"Duplicate\",\"Times\":1},{\"Error\":\"Drop\",\"Times\":1}]");
    ck_assert(strike(account, "plain", INVOCATION_DRY_RUN, &fault));
    ck_assert_int_eq(fault.action, FAULT_DROP);
    ck_assert(!strike(account, "plain", INVOCATION_DRY_RUN, &fault));
    ck_assert(strike(account, "plain", INVOCATION_EVENT, &fault));
    ck_assert_int_eq(fault.action, FAULT_DUPLICATE);
}
END_TEST

/* One bit for each of the draws. */
static uint64_t draw(struct account *of)
{
    uint64_t bits = 0;

    for (int i = 0; i < DRAWS; i++)
        bits = bits << 1 | strikes_with(of, "plain", FAULT_DROP);
    return bits;
}

static int count_bits(uint64_t bits)
{
    return __builtin_popcountll(bits);
}

START_TEST(chance_with_a_seed_is_the_same_in_every_run)
{
    static const char third[] = "{\"Error\":\"Drop\",\"Probability\":0.3,\"Seed\":7}";
    uint64_t first, later;

    set(account, "plain", third);
    set(other, "plain", third);
    first = draw(account);
    later = draw(account);
    ck_assert_int_gt(count_bits(first), 9);
    ck_assert_int_lt(count_bits(first), 30);
    ck_assert(first != later);
    ck_assert(draw(other) == first);
    set(account, "plain", third);
    ck_assert(draw(account) == first);
    set(account, "plain", "{\"Error\":\"Drop\",\"Probability\":0.3,\"Seed\":8}");
    ck_assert(draw(account) != first);
}
END_TEST

static const struct {
    const char *fault;
    int min, max;
} chances[] = {
    {"{\"Error\":\"Drop\",\"Probability\":0}", 0, 0},
    {"{\"Error\":\"Drop\",\"Probability\":0,\"Seed\":1}", 0, 0},
    {"{\"Error\":\"Drop\",\"Probability\":1}", DRAWS, DRAWS},
    {"{\"Error\":\"Drop\",\"Probability\":1,\"Seed\":1}", DRAWS, DRAWS},
    {"{\"Error\":\"Drop\",\"Probability\":0.5}", 10, DRAWS - 10},
    {"{\"Error\":\"Drop\",\"Probability\":0.9,\"Times\":3}", 3, 3},
    {"{\"Error\":\"Drop\",\"Times\":5}", 5, 5},
};

START_TEST(a_fault_strikes_as_often_as_its_probability_and_times_say)
{
    int count;

    set(account, "plain", chances[_i].fault);
    count = count_bits(draw(account));
    ck_assert_int_ge(count, chances[_i].min);
    ck_assert_int_le(count, chances[_i].max);
}
END_TEST

START_TEST(the_next_fault_has_its_turn_where_chance_spares_the_first)
{
    set(account, "plain", "[{\"Error\":\"Cut\",\"Probability\":0},{\"Error\":\"Drop\"}]");
    ck_assert(strikes_with(account, "plain", FAULT_DROP));
}
END_TEST

static const struct {
    const char *name;
    bool is_known;
    const char *nearest; /* NULL: none is near */
} names[] = {
    {"KMSDisabledException", true, "KMSDisabledException"},
    {"Duplicate", true, "Duplicate"},
    {"Drop", true, "Drop"},
    {"Cut", true, "Cut"},
    {"drop", false, "Drop"},
    {"KMSDisabledExeption", false, "KMSDisabledException"},
    {"ToManyRequestsException", false, "TooManyRequestsException"},
    {"", false, NULL},
    {"Teapot", false, NULL},
};

START_TEST(names_are_known_or_have_a_nearest_one)
{
    struct requested_fault fault;
    const char *nearest = fault_nearest_name(names[_i].name);

    ck_assert(fault_by_name(names[_i].name, &fault) == names[_i].is_known);
    ck_assert_str_eq(nearest == NULL ? "none" : nearest,
                     names[_i].nearest == NULL ? "none" : names[_i].nearest);
}
END_TEST

START_TEST(every_exception_of_the_table_can_be_asked_for)
{
    struct requested_fault fault;
    const enum api_exception exception = (enum api_exception)_i;

    ck_assert(fault_by_name(api_exception_row(exception)->name, &fault));
    ck_assert_int_eq(fault.action, FAULT_EXCEPTION);
    ck_assert_int_eq(fault.exception, exception);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("faults");
    TCase *faults = tcase_create("faults");

    tcase_add_checked_fixture(faults, set_up, tear_down);
    tcase_add_test(faults, nothing_strikes_unless_asked_for);
    tcase_add_test(faults,
                   the_configuration_s_strike_from_the_start_in_order_and_as_often_as_they_say);
    tcase_add_test(faults, what_is_set_stands_in_for_the_configuration_s_until_dropped);
    tcase_add_loop_test(faults, a_fault_comes_before_the_handler_or_after_it, 0,
                        ARRAY_LENGTH(moments));
    tcase_add_test(faults, a_fault_brings_the_members_that_its_exception_has);
    tcase_add_test(faults, a_duplicate_passes_a_dry_run_by_and_is_not_used_by_it);
    tcase_add_test(faults, chance_with_a_seed_is_the_same_in_every_run);
    tcase_add_loop_test(faults, a_fault_strikes_as_often_as_its_probability_and_times_say, 0,
                        ARRAY_LENGTH(chances));
    tcase_add_test(faults, the_next_fault_has_its_turn_where_chance_spares_the_first);
    tcase_add_loop_test(faults, names_are_known_or_have_a_nearest_one, 0, ARRAY_LENGTH(names));
    tcase_add_loop_test(faults, every_exception_of_the_table_can_be_asked_for, 0,
                        API_EXCEPTION_COUNT);
    suite_add_tcase(suite, faults);
    return suite;
}
