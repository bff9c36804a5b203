#include "config/names/function_name.h"
#include "tests/support/unit.h"

#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARN "arn:aws:lambda:us-east-1:123456789012"

/* clang-format off */
static const struct {
    const char *text;
    const char *region, *account_id, *name, *qualifier; /* name NULL: no match */
} cases[] = {
    {"hello",                                  "", "", "hello", ""},
    {"hello:live",                             "", "", "hello", "live"},
    {"hello:1",                                "", "", "hello", "1"},
    {"hello:$LATEST",                          "", "", "hello", "$LATEST"},
    {"hello:$LATEST.PUBLISHED",                "", "", "hello", "$LATEST.PUBLISHED"},
    {"a.b_c-d",                                "", "", "a.b_c-d", ""},
    {"function",                               "", "", "function", ""},
    {"function:hello",                         "", "", "hello", ""},
    {"function:hello:live",                    "", "", "hello", "live"},
    {"function:function",                      "", "", "function", ""},
    {"function:function:function",             "", "", "function", "function"},
    {"hello:function",                         "", "", "hello", "function"},
    {"123456789012",                           "", "", "123456789012", ""},
    {"123456789012:f",                         "", "123456789012", "f", ""},
    {"123456789012:function",                  "", "123456789012", "function", ""},
    {"123456789012:function:f",                "", "123456789012", "f", ""},
    {"123456789012:function:f:1",              "", "123456789012", "f", "1"},
    {"12345678901:f",                          "", "", "12345678901", "f"},
    {"123456789012:123456789012:123456789012", "", "123456789012", "123456789012", "123456789012"},
    {"us-east-1",                              "", "", "us-east-1", ""},
    {"us-east-1:f",                            "us-east-1", "", "f", ""},
    {"us-east-1:us-east-1",                    "us-east-1", "", "us-east-1", ""},
    {"us-east-1:123456789012:function:f",      "us-east-1", "123456789012", "f", ""},
    {"us-east-1:123456789012:function:f:v",    "us-east-1", "123456789012", "f", "v"},
    {"arn",                                    "", "", "arn", ""},
    {"arn:aws",                                "", "", "arn", "aws"},
    {"arn:aws:lambda:f",                       "", "", "f", ""},
    {"arn::lambda:f",                          "", "", "f", ""},
    {"arn:aws:lambda:us-east-1:f",             "us-east-1", "", "f", ""},
    {ARN ":function:f",                        "us-east-1", "123456789012", "f", ""},
    {ARN ":function:f:$LATEST",                "us-east-1", "123456789012", "f", "$LATEST"},
    {ARN ":function",                          "us-east-1", "123456789012", "function", ""},
    {ARN ":f:1",                               "us-east-1", "123456789012", "f", "1"},
    {"arn:aws-cn:lambda:cn-north-1:123456789012:function:f",         "cn-north-1", "123456789012", "f", ""},
    {"arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:f",  "us-gov-west-1", "123456789012", "f", ""},
    {"arn:aws-iso:lambda:us-iso-east-1:123456789012:function:f",     "us-iso-east-1", "123456789012", "f", ""},
    {"arn:aws-iso-b:lambda:us-isob-east-1:123456789012:function:f",  "us-isob-east-1", "123456789012", "f", ""},
    {"arn:aws-eusc:lambda:eusc-de-east-1:123456789012:function:f",   "eusc-de-east-1", "123456789012", "f", ""},
    {"us-gov-1:f",                             "us-gov-1", "", "f", ""},
    {"us-iso-1:f",                             "us-iso-1", "", "f", ""},
    {"us-isoxy-1:f",                           "us-isoxy-1", "", "f", ""},
    {"us-isoxy-east-1:f",                      "", "", "us-isoxy-east-1", "f"},
    {"us-east-12:f",                           "", "", "us-east-12", "f"},
    {"US-east-1:f",                            "", "", "US-east-1", "f"},
    {"use-east-1:f",                           "", "", "use-east-1", "f"},
    /* recorded as refused by the pattern */
    {"*",                                                     "", "", NULL, ""},
    {"my-function!",                                          "", "", NULL, ""},
    {"invalid-account:function:my-function",                  "", "", NULL, ""},
    {"arn:aws:lambda:invalid-region:123456789012:function:f", "", "", NULL, ""},
    {"arn:aws:ec2:us-east-1:123456789012:instance:i-1",       "", "", NULL, ""},
    {ARN ":function:f:1:2",                                   "", "", NULL, ""},
    {"function:my-function:$LATEST:extra",                    "", "", NULL, ""},
    {"arn:aws:lambda::123456789012:function:f",               "", "", NULL, ""},
    {"arn:aws:lambda:us-east-1::function:f",                  "", "", NULL, ""},
    {ARN ":function:my-function:$LATES",                      "", "", NULL, ""},
    {"arn:aws:lambda:us-east-1:123400000000@function:myfn",   "", "", NULL, ""},
    /* ours */
    {"he llo", "", "", NULL, ""}, {"hello:", "", "", NULL, ""}, {":hello", "", "", NULL, ""}, {":", "", "", NULL, ""}, {"a::b", "", "", NULL, ""},
    {"a:b:c", "", "", NULL, ""}, {"f:v.1", "", "", NULL, ""}, {"f:$latest", "", "", NULL, ""}, {"f:$LATEST.", "", "", NULL, ""}, {"caf\xC3\xA9", "", "", NULL, ""},
    {"f\n", "", "", NULL, ""}, {"$LATEST", "", "", NULL, ""}, {ARN ":function:", "", "", NULL, ""}, {ARN ":layer:f:1", "", "", NULL, ""}, {ARN ":", "", "", NULL, ""},
    {"arn:gcp:lambda:us-east-1:123456789012:function:f", "", "", NULL, ""}, {"arn:aws1:lambda:us-east-1:123456789012:function:f", "", "", NULL, ""},
};

static const struct {
    const char *text;
    enum function_name_status status;
} qualifiers[] = {
    {"1", FUNCTION_NAME_OK}, {"live", FUNCTION_NAME_OK}, {"$LATEST", FUNCTION_NAME_OK}, {"$LATEST.PUBLISHED", FUNCTION_NAME_OK}, {"$latest", FUNCTION_NAME_OK},
    {"valid-with-$-but-doesnotexist", FUNCTION_NAME_OK}, {"a_b-c", FUNCTION_NAME_OK}, {"$", FUNCTION_NAME_OK}, {"$$", FUNCTION_NAME_OK}, {"-", FUNCTION_NAME_OK},
    {"invalid!", FUNCTION_NAME_NO_MATCH}, {"a.b", FUNCTION_NAME_NO_MATCH}, {"$LATEST.", FUNCTION_NAME_NO_MATCH}, {"$LATEST.PUBLISHEDx", FUNCTION_NAME_NO_MATCH},
    {"a:b", FUNCTION_NAME_NO_MATCH}, {" ", FUNCTION_NAME_NO_MATCH}, {"\xC3\xA9", FUNCTION_NAME_NO_MATCH}, {"", FUNCTION_NAME_TOO_SHORT},
};

/* The two patterns in POSIX's words. */
static const char name_expression[] =
    "^(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-[0-9]{1}:)?"
    "([0-9]{12}:)?(function:)?([a-zA-Z0-9_.-]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9_-]+))?$";
static const char qualifier_expression[] = "^(\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9_$-]+)$";
enum { GROUP_REGION = 3, GROUP_ACCOUNT = 9, GROUP_NAME = 11, GROUP_QUALIFIER = 13, GROUP_COUNT = 15 };

/* What generated names are made of. */
static const char *const pieces[] = {
    "arn", "aws", "aws-cn", "", "lambda", "us-east-1", "eu-iso-west-2", "us-isob-east-1", "eusc-de-east-1", "us-gov-west-1", "us-gov-1", "eusc-1", "ec-a-", "us--1",
    "us-east-11", "123456789012", "12345678901", "1234567890123", "function", "functions", "f", "my.fn", "my_fn", "a-b", "$LATEST", "$LATEST.PUBLISHED", "$LATES", "1", "live",
    "*", " ", "a.b", "$", "arn:aws:lambda", "arn::lambda", "us-east-1:123456789012:function", "arn:aws:lambda:us-east-1:123456789012:function",
};
/* clang-format on */

START_TEST(finds_the_parts_of_every_spelling)
{
    struct function_name parsed;
    const char *const text = cases[_i].text;
    const enum function_name_status status = function_name_parse(text, strlen(text), &parsed);

    ck_assert_msg(status == (cases[_i].name != NULL ? FUNCTION_NAME_OK : FUNCTION_NAME_NO_MATCH),
                  "%s: %d", text, status);
    if (status != FUNCTION_NAME_OK)
        return;
    ck_assert_str_eq(parsed.region, cases[_i].region);
    ck_assert_str_eq(parsed.account_id, cases[_i].account_id);
    ck_assert_str_eq(parsed.name, cases[_i].name);
    ck_assert_str_eq(parsed.qualifier, cases[_i].qualifier);
}
END_TEST

START_TEST(checks_a_qualifier_of_its_own)
{
    const char *const text = qualifiers[_i].text;

    ck_assert_msg(qualifier_check(text, strlen(text)) == qualifiers[_i].status, "%s", text);
}
END_TEST

START_TEST(lengths_end_at_256_and_128_characters)
{
    char text[3 * 300];
    struct function_name parsed;

    memset(text, 'a', sizeof text);
    ck_assert_int_eq(function_name_parse(text, 0, &parsed), FUNCTION_NAME_TOO_SHORT);
    ck_assert_int_eq(function_name_parse(text, 1, &parsed), FUNCTION_NAME_OK);
    ck_assert_int_eq(function_name_parse(text, 256, &parsed), FUNCTION_NAME_OK);
    ck_assert_uint_eq(strlen(parsed.name), 256);
    ck_assert_int_eq(function_name_parse(text, 257, &parsed), FUNCTION_NAME_TOO_LONG);
    ck_assert_int_eq(qualifier_check(text, 128), FUNCTION_NAME_OK);
    ck_assert_int_eq(qualifier_check(text, 129), FUNCTION_NAME_TOO_LONG);
    for (size_t i = 0; i < sizeof text; i += 3)
        memcpy(text + i, "\xE2\x82\xAC", 3);
    ck_assert_int_eq(function_name_parse(text, (size_t)3 * 256, &parsed), FUNCTION_NAME_NO_MATCH);
    ck_assert_int_eq(function_name_parse(text, (size_t)3 * 257, &parsed), FUNCTION_NAME_TOO_LONG);
    for (size_t i = 0; i + 4 <= sizeof text; i += 4)
        memcpy(text + i, "\xF0\x9F\x98\x80", 4);
    ck_assert_int_eq(qualifier_check(text, (size_t)4 * 64), FUNCTION_NAME_NO_MATCH);
    ck_assert_int_eq(qualifier_check(text, (size_t)4 * 65), FUNCTION_NAME_TOO_LONG);
    memset(text, 0xFF, sizeof text);
    ck_assert_int_eq(qualifier_check(text, 128), FUNCTION_NAME_NO_MATCH);
    ck_assert_int_eq(qualifier_check(text, 129), FUNCTION_NAME_TOO_LONG);
}
END_TEST

START_TEST(needs_no_end_of_string_and_stops_at_none)
{
    struct function_name parsed;
    char *const exact = malloc(5);

    ck_assert_ptr_nonnull(exact);
    memcpy(exact, "fn:v1", 5);
    ck_assert_int_eq(function_name_parse(exact, 5, &parsed), FUNCTION_NAME_OK);
    ck_assert_str_eq(parsed.qualifier, "v1");
    exact[1] = '\0';
    ck_assert_int_eq(function_name_parse(exact, 5, &parsed), FUNCTION_NAME_NO_MATCH);
    ck_assert_int_eq(qualifier_check(exact, 2), FUNCTION_NAME_NO_MATCH);
    free(exact);
}
END_TEST

START_TEST(prints_the_patterns_as_aws_does)
{
    ck_assert_str_eq(
        function_name_pattern,
        "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?("
        "\\d{12}:)?"
        "(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?");
    ck_assert_str_eq(qualifier_pattern, "\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+");
}
END_TEST

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Pieces with colons between them, now and then with one character changed. */
static void generate(uint32_t *state, char *text, size_t size)
{
    const unsigned count = 1 + next_random(state) % 8;
    size_t length = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < count && length < size - 60; i++) {
        const char *const piece = pieces[next_random(state) % (sizeof pieces / sizeof pieces[0])];

        length += (size_t)snprintf(text + length, size - length, "%s%s", i == 0 ? "" : ":", piece);
    }
    if (length > 0 && next_random(state) % 3 == 0)
        text[next_random(state) % length] = "aZ09-_.:$!"[next_random(state) % 10];
}

/* Is `part` what the group matched? A group that ends in a colon is compared without it. */
static bool is_group(const char *text, const regmatch_t *group, bool has_colon, const char *part)
{
    const size_t length = group->rm_so < 0 ? 0 : (size_t)(group->rm_eo - group->rm_so) - has_colon;

    return length == strlen(part) &&
           (length == 0 || memcmp(text + group->rm_so, part, length) == 0);
}

START_TEST(agrees_with_the_regular_expressions)
{
    regex_t name_regex, qualifier_regex;
    uint32_t state = 7;
    unsigned matches = 0;

    ck_assert_int_eq(regcomp(&name_regex, name_expression, REG_EXTENDED), 0);
    ck_assert_int_eq(regcomp(&qualifier_regex, qualifier_expression, REG_EXTENDED), 0);
    for (int i = 0; i < 20000; i++) {
        char text[400];
        struct function_name parsed;
        regmatch_t groups[GROUP_COUNT];

        generate(&state, text, sizeof text);
        if (text[0] == '\0' || strlen(text) > QUALIFIER_MAX)
            continue;

        const bool is_match = regexec(&name_regex, text, GROUP_COUNT, groups, 0) == 0;
        const bool is_parsed = function_name_parse(text, strlen(text), &parsed) == FUNCTION_NAME_OK;
        const bool is_qualifier = regexec(&qualifier_regex, text, 0, NULL, 0) == 0;

        ck_assert_msg(is_parsed == is_match, "%s: matches %d, parsed %d", text, is_match,
                      is_parsed);
        ck_assert_msg((qualifier_check(text, strlen(text)) == FUNCTION_NAME_OK) == is_qualifier,
                      "%s", text);
        if (!is_match)
            continue;
        matches++;
        ck_assert_msg(is_group(text, &groups[GROUP_NAME], false, parsed.name) &&
                          is_group(text, &groups[GROUP_QUALIFIER], false, parsed.qualifier) &&
                          is_group(text, &groups[GROUP_REGION], true, parsed.region) &&
                          is_group(text, &groups[GROUP_ACCOUNT], true, parsed.account_id),
                      "%s: %s %s %s %s", text, parsed.region, parsed.account_id, parsed.name,
                      parsed.qualifier);
    }
    ck_assert_uint_gt(matches, 1000);
    regfree(&name_regex);
    regfree(&qualifier_regex);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("function_name");
    TCase *names = tcase_create("names");

    tcase_add_loop_test(names, finds_the_parts_of_every_spelling, 0, ARRAY_LENGTH(cases));
    tcase_add_loop_test(names, checks_a_qualifier_of_its_own, 0, ARRAY_LENGTH(qualifiers));
    tcase_add_test(names, lengths_end_at_256_and_128_characters);
    tcase_add_test(names, needs_no_end_of_string_and_stops_at_none);
    tcase_add_test(names, prints_the_patterns_as_aws_does);
    tcase_add_test(names, agrees_with_the_regular_expressions);
    tcase_set_timeout(names, 60);
    suite_add_tcase(suite, names);
    return suite;
}
