#include "runtime/events/record_order.h"

#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

#define LETTER(body, ms) "{\"MessageId\":\"i\",\"Body\":\"" body "\",\"SentTimestamp\":\"" ms "\"}"
#define RECORD(s, payload)                                                                         \
    "{\"version\":\"1.0\",\"timestamp\":\"2026-01-01T00:00:0" s                                    \
    ".000Z\",\"requestPayload\":" payload "}"

static const struct {
    bool is_sorted;
    const char *lines, *expected;
} rows[] = {
    {true, "", ""},
    {true, "1\n", "1"},
    {true, "2\n1\n", "2,1"},
    {false, LETTER("b", "2") "\n" LETTER("a", "1") "\n", LETTER("b", "2") "," LETTER("a", "1")},
    {true, LETTER("b", "2") "\n" LETTER("a", "1") "\n", LETTER("a", "1") "," LETTER("b", "2")},
    {true, LETTER("b", "1") "\n" LETTER("a", "1") "\n", LETTER("b", "1") "," LETTER("a", "1")},
    {true,
     LETTER("\\\"timestamp\\\":\\\"0\\\",\\\"SentTimestamp\\\":\\\"0\\\"",
            "2") "\n" LETTER("a", "1") "\n",
     LETTER("a", "1") "," LETTER("\\\"timestamp\\\":\\\"0\\\",\\\"SentTimestamp\\\":\\\"0\\\"",
                                 "2")},
    {true, RECORD("2", "1") "\n" RECORD("1", "{\"timestamp\":\"9\"}") "\n",
     RECORD("1", "{\"timestamp\":\"9\"}") "," RECORD("2", "1")},
    {true, "{\"source\":\"lambda\",\"detail\":" RECORD("3", "1") "}\n" RECORD("1", "2") "\n",
     RECORD("1", "2") ",{\"source\":\"lambda\",\"detail\":" RECORD("3", "1") "}"},
    {true, "1\nhalf a li", "1"},
};

START_TEST(lines_of_several_files_are_put_in_the_order_of_their_times)
{
    struct bytes *array = NULL;
    const struct bytes_view lines = {rows[_i].lines, strlen(rows[_i].lines)};

    ck_assert(bytes_append(&array, "", 0));
    ck_assert(record_order_append(&array, lines, rows[_i].is_sorted));
    ck_assert_msg(
        bytes_view(array).length == strlen(rows[_i].expected) &&
            memcmp(bytes_view(array).data, rows[_i].expected, strlen(rows[_i].expected)) == 0,
        "is %.*s, must be %s", (int)bytes_view(array).length, bytes_view(array).data,
        rows[_i].expected);
    bytes_release(array);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("record_order");
    TCase *tcase = tcase_create("record_order");

    tcase_add_loop_test(tcase, lines_of_several_files_are_put_in_the_order_of_their_times, 0,
                        ARRAY_LENGTH(rows));
    suite_add_tcase(suite, tcase);
    return suite;
}
