#include "base/request_id.h"

#include "tests/support/unit.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 20000 };

static struct random_source *source;

static void set_up(void)
{
    source = random_source_new();
    ck_assert_ptr_nonnull(source);
}

static void tear_down(void)
{
    random_source_free(source);
}

static void assert_matches(const char *text, const char *pattern)
{
    regex_t compiled;

    ck_assert_int_eq(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
    ck_assert_msg(regexec(&compiled, text, 0, NULL, 0) == 0, "not %s: %s", pattern, text);
    regfree(&compiled);
}

static int compare(const void *left, const void *right)
{
    return strcmp(left, right);
}

START_TEST(a_request_id_is_a_lower_case_uuid_of_version_4)
{
    char id[REQUEST_ID_SIZE];

    for (unsigned i = 0; i < 1000; i++) {
        request_id_make(source, id);
        assert_matches(id, "^[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}$");
    }
}
END_TEST

static const struct {
    const char *text;
    bool is_uuid;
} texts[] = {
    {"4bcbe58b-b0cc-47a5-a1d9-79eda1987e58", true},
    {"4BCBE58B-B0CC-47A5-A1D9-79EDA1987E58", true},
    {"00000000-0000-0000-0000-000000000000", true},
    {"", false},
    {"4bcbe58b", false},
    {"4bcbe58b-b0cc-47a5-a1d9-79eda1987e5", false},
    {"4bcbe58b-b0cc-47a5-a1d9-79eda1987e580", false},
    {"4bcbe58bb0cc-47a5-a1d9--79eda1987e58", false},
    {"4bcbe58b-b0cc-47a5-a1d9-79eda1987g58", false},
    {"{bcbe58b-b0cc-47a5-a1d9-79eda1987e5}", false},
};

START_TEST(any_uuid_is_one)
{
    ck_assert_int_eq(request_id_is_uuid(texts[_i].text), texts[_i].is_uuid);
}
END_TEST

START_TEST(no_two_request_ids_are_equal)
{
    static char ids[MANY][REQUEST_ID_SIZE];

    for (size_t i = 0; i < MANY; i++)
        request_id_make(source, ids[i]);
    qsort(ids, MANY, sizeof ids[0], compare);
    for (size_t i = 1; i < MANY; i++)
        ck_assert_str_ne(ids[i - 1], ids[i]);
}
END_TEST

START_TEST(two_sources_have_nothing_in_common)
{
    struct random_source *other = random_source_new();
    char mine[HEX_32_SIZE], theirs[HEX_32_SIZE];

    hex_32_make(source, mine);
    hex_32_make(other, theirs);
    ck_assert_str_ne(mine, theirs);
    random_source_free(other);
}
END_TEST

START_TEST(the_root_of_a_trace_begins_with_the_time)
{
    char id[TRACE_ID_SIZE];

    trace_id_make(source, INT64_C(0x62b22ee0) * 1000 + 999, id);
    assert_matches(id, "^1-62b22ee0-[a-f0-9]{24}$");
    trace_id_make(source, 0, id);
    assert_matches(id, "^1-00000000-[a-f0-9]{24}$");
}
END_TEST

START_TEST(the_name_of_a_log_stream_has_32_digits)
{
    char text[HEX_32_SIZE];

    hex_32_make(source, text);
    assert_matches(text, "^[a-f0-9]{32}$");
}
END_TEST

START_TEST(fractions_are_spread_evenly_below_one)
{
    unsigned counts[10] = {0};

    for (unsigned i = 0; i < 10 * MANY; i++) {
        const double fraction = random_fraction(source);

        ck_assert(fraction >= 0.0 && fraction < 1.0);
        counts[(size_t)(fraction * 10)]++;
    }
    for (size_t i = 0; i < 10; i++) /* 11 standard deviations */
        ck_assert(counts[i] > MANY - 1500 && counts[i] < MANY + 1500);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("request_id");
    TCase *tcase = tcase_create("request_id");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_request_id_is_a_lower_case_uuid_of_version_4);
    tcase_add_loop_test(tcase, any_uuid_is_one, 0, ARRAY_LENGTH(texts));
    tcase_add_test(tcase, no_two_request_ids_are_equal);
    tcase_add_test(tcase, two_sources_have_nothing_in_common);
    tcase_add_test(tcase, the_root_of_a_trace_begins_with_the_time);
    tcase_add_test(tcase, the_name_of_a_log_stream_has_32_digits);
    tcase_add_test(tcase, fractions_are_spread_evenly_below_one);
    suite_add_tcase(suite, tcase);
    return suite;
}
