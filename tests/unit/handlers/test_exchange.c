#include "handlers/exchange.h"

#include "tests/support/fake_exchange.h"
#include "tests/support/unit.h"

#include <string.h>

/* clang-format off */
static const struct {
    const char *text, *decoded;
} decodings[] = {
    {"",                 ""},
    {"plain",            "plain"},
    {"arn%3Aaws%3Alambda", "arn:aws:lambda"},
    {"%24LATEST",        "$LATEST"},
    {"a%2fb%2Fc",        "a/b/c"},
    {"%253A",            "%3A"},
    {"%",                "%"},
    {"%4",               "%4"},
    {"%4g",              "%4g"},
    {"%g4",              "%g4"},
    {"100%",             "100%"},
    {"%%41",             "%A"},
    {"a+b",              "a+b"},
    {"%c3%a4",           "\xc3\xa4"},
};

static const struct {
    const char *query, *name;
    bool is_there;
    const char *value;
} queries[] = {
    {"",                                  "Qualifier", false, ""},
    {"Qualifier=live",                    "Qualifier", true,  "live"},
    {"Qualifier=%24LATEST",               "Qualifier", true,  "$LATEST"},
    {"a=b&Qualifier=1&c=d",               "Qualifier", true,  "1"},
    {"Qualifier=1&Qualifier=2",           "Qualifier", true,  "1"},
    {"Qualifier=",                        "Qualifier", true,  ""},
    {"Qualifier",                         "Qualifier", true,  ""},
    {"&&Qualifier=x&",                    "Qualifier", true,  "x"},
    {"Qualifier=a=b",                     "Qualifier", true,  "a=b"},
    {"qualifier=live",                    "Qualifier", false, ""},
    {"Qualifiers=live",                   "Qualifier", false, ""},
    {"XQualifier=live",                   "Qualifier", false, ""},
    {"x=Qualifier",                       "Qualifier", false, ""},
    {"Qualifie",                          "Qualifier", false, ""},
};
/* clang-format on */

START_TEST(text_is_percent_decoded_once)
{
    char decoded[64];
    const struct bytes_view text = {decodings[_i].text, strlen(decodings[_i].text)};

    ck_assert_uint_eq(percent_decode(text, decoded, sizeof decoded), strlen(decodings[_i].decoded));
    ck_assert_str_eq(decoded, decodings[_i].decoded);
}
END_TEST

START_TEST(a_decoded_nul_counts_like_any_byte)
{
    char decoded[8];

    ck_assert_uint_eq(percent_decode(BYTES_VIEW("a%00b"), decoded, sizeof decoded), 3);
    ck_assert_mem_eq(decoded, "a\0b", 4);
}
END_TEST

/* How much room there is, and what stands in it then. */
static const struct {
    size_t size;
    const char *decoded;
} rooms[] = {{1, ""}, {2, "a"}, {4, "a:b"}, {6, "a:b:c"}, {100, "a:b:c"}};

START_TEST(what_does_not_fit_is_cut_and_its_length_told)
{
    char decoded[100];

    memset(decoded, 'x', sizeof decoded);
    ck_assert_uint_eq(percent_decode(BYTES_VIEW("a%3Ab%3Ac"), decoded, rooms[_i].size), 5);
    ck_assert_str_eq(decoded, rooms[_i].decoded);
    if (rooms[_i].size < sizeof decoded)
        ck_assert_int_eq(decoded[rooms[_i].size], 'x');
}
END_TEST

START_TEST(without_room_only_the_length_is_told)
{
    ck_assert_uint_eq(percent_decode(BYTES_VIEW("a%3Ab"), NULL, 0), 3);
}
END_TEST

START_TEST(a_parameter_of_the_query_is_found_by_its_very_name)
{
    struct fake_exchange fake;
    char value[64] = "untouched";
    size_t length = 99;

    fake_exchange_init(&fake, "GET", "/");
    fake.exchange.query = (struct bytes_view){queries[_i].query, strlen(queries[_i].query)};
    ck_assert_int_eq(exchange_query(&fake.exchange, queries[_i].name, value, sizeof value, &length),
                     queries[_i].is_there);
    ck_assert_str_eq(value, queries[_i].is_there ? queries[_i].value : "untouched");
    ck_assert_uint_eq(length, queries[_i].is_there ? strlen(queries[_i].value) : 99);
    fake_exchange_clear(&fake);
}
END_TEST

START_TEST(a_value_that_does_not_fit_is_cut_and_its_length_told)
{
    struct fake_exchange fake;
    char value[4];
    size_t length;

    fake_exchange_init(&fake, "GET", "/?Limit=123456");
    ck_assert(exchange_query(&fake.exchange, "Limit", value, sizeof value, &length));
    ck_assert_str_eq(value, "123");
    ck_assert_uint_eq(length, 6);
    ck_assert(exchange_query(&fake.exchange, "Limit", value, sizeof value, NULL));
    fake_exchange_clear(&fake);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("exchange");
    TCase *tcase = tcase_create("exchange");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, text_is_percent_decoded_once, 0, ARRAY_LENGTH(decodings));
    tcase_add_test(tcase, a_decoded_nul_counts_like_any_byte);
    tcase_add_loop_test(tcase, what_does_not_fit_is_cut_and_its_length_told, 0,
                        ARRAY_LENGTH(rooms));
    tcase_add_test(tcase, without_room_only_the_length_is_told);
    tcase_add_loop_test(tcase, a_parameter_of_the_query_is_found_by_its_very_name, 0,
                        ARRAY_LENGTH(queries));
    tcase_add_test(tcase, a_value_that_does_not_fit_is_cut_and_its_length_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
