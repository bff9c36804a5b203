#include "config/settings/canned_text.h"

#include "tests/support/unit.h"

#include <string.h>

enum { WHY_SIZE = 2048 };

static const struct {
    enum canned_kind kind;
    const char *text;
    const char *why; /* a part of it; NULL: it is good */
    int count;
} rows[] = {
    {CANNED_MOCK, "[{}]", NULL, 1},
    {CANNED_MOCK, " [ {\"Payload\":1} , {\"Error\":\"ServiceException\"} ] ", NULL, 2},
    {CANNED_MOCK, "", "the body is empty: send JSON such as [{\"Payload\"", 0},
    {CANNED_MOCK, "[{]", "the body is not JSON: line 1, column 3: ", 0},
    {CANNED_MOCK, "[{}] // good", "the body is not JSON: line 1, column 6: ", 0},
    {CANNED_MOCK, "[]", "Mock: must not be empty", 0},
    {CANNED_MOCK, "{}", "Mock: must be a list of objects (is an object)", 0},
    {CANNED_MOCK, "[{\"Tims\":1}]", "Mock[0].Tims: unknown key; did you mean Times?", 0},
    {CANNED_MOCK, "[{},{\"Times\":0}]", "Mock[1].Times: must be 1 to 2147483647 (is 0)", 0},
    {CANNED_MOCK, "[{\"Payload\":1,\"Payload\":2}]", "Mock[0].Payload: duplicate key", 0},
    {CANNED_MOCK, "[{\"Payload\":\"\\u0000\"}]", "Mock: strings must not contain \\u0000", 0},
    {CANNED_MOCK, "[{\"Payload\":1e999}]", "Mock[0].Payload: must be within the range", 0},
    {CANNED_FAULTS, "{\"Error\":\"Drop\"}", NULL, 1},
    {CANNED_FAULTS, "[]", NULL, 0},
    {CANNED_FAULTS, "[{\"Error\":\"Drop\"},{\"Error\":\"Cut\"}]", NULL, 2},
    {CANNED_FAULTS, "{\"Error\":\"Drp\"}", "Faults.Error: unknown exception", 0},
    {CANNED_FAULTS, "{}", "Faults: Error is required", 0},
    {CANNED_FAULTS, "5", "Faults: must be", 0},
    {CANNED_FAULTS,
     "{\"Error\":\"TooManyRequestsException\",\"Reason\":\"CallerRateLimitExceeded\","
     "\"RetryAfterSeconds\":3}",
     NULL, 1},
    {CANNED_FAULTS, "{\"Error\":\"EC2UnexpectedException\",\"EC2ErrorCode\":\"X\"}", NULL, 1},
    {CANNED_FAULTS, "{\"Error\":\"TooManyRequestsException\",\"Reason\":\"Any\"}",
     "Faults.Reason: must be ", 0},
    {CANNED_FAULTS, "{\"Error\":\"ServiceException\",\"Reason\":\"CallerRateLimitExceeded\"}",
     "Faults.Reason: is only valid with TooManyRequestsException", 0},
    {CANNED_FAULTS, "{\"Error\":\"ServiceException\",\"RetryAfterSeconds\":1}",
     "Faults.RetryAfterSeconds: is only valid with TooManyRequestsException", 0},
    {CANNED_FAULTS, "{\"Error\":\"ServiceException\",\"EC2ErrorCode\":\"X\"}",
     "Faults.EC2ErrorCode: is only valid with EC2UnexpectedException", 0},
};

START_TEST(reads_a_list_or_says_what_is_wrong_and_where)
{
    struct canned_text answers;
    char why[WHY_SIZE] = "";
    const bool is_good = canned_text_read(&answers, rows[_i].kind, rows[_i].text,
                                          strlen(rows[_i].text), why, sizeof why);

    ck_assert_msg(is_good == (rows[_i].why == NULL), "%s: %s", rows[_i].text, why);
    if (is_good)
        ck_assert_int_eq(cJSON_GetArraySize(answers.list), rows[_i].count);
    else
        ck_assert_msg(strstr(why, rows[_i].why) != NULL, "%s", why);
    canned_text_clear(&answers);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("canned_text");
    TCase *read = tcase_create("read");

    tcase_add_loop_test(read, reads_a_list_or_says_what_is_wrong_and_where, 0, ARRAY_LENGTH(rows));
    suite_add_tcase(suite, read);
    return suite;
}
