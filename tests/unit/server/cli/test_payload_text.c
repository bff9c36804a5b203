/* What becomes of a payload that a file holds: marks, UTF-16, and all else. */
#include "server/cli/payload_text.h"

#include "tests/support/unit.h"

#include <string.h>

#define TEXT(text) text, sizeof(text) - 1

static const struct {
    const char *held;
    size_t held_length;
    enum payload_text_status status;
    const char *sent;
    size_t sent_length;
} rows[] = {
    {TEXT("{}"), PAYLOAD_TEXT_OK, TEXT("{}")},
    {TEXT(""), PAYLOAD_TEXT_OK, TEXT("")},
    {TEXT("1"), PAYLOAD_TEXT_OK, TEXT("1")},
    {TEXT("\xef\xbb\xbf{\"a\": \"\xc3\xa4\"}"), PAYLOAD_TEXT_OK, TEXT("{\"a\": \"\xc3\xa4\"}")},
    {TEXT("\xef\xbb\xbf"), PAYLOAD_TEXT_OK, TEXT("")},
    {TEXT("\xef\xbb\xbf\xef\xbb\xbf"), PAYLOAD_TEXT_OK, TEXT("\xef\xbb\xbf")},
    {TEXT("\xef\xbb"), PAYLOAD_TEXT_OK, TEXT("\xef\xbb")},
    {TEXT("\xff\xfe{\0}\0\r\0\n\0"), PAYLOAD_TEXT_OK, TEXT("{}\r\n")},
    {TEXT("\xfe\xff\0{\0}"), PAYLOAD_TEXT_OK, TEXT("{}")},
    {TEXT("\xff\xfe"), PAYLOAD_TEXT_OK, TEXT("")},
    {TEXT("{\0}\0"), PAYLOAD_TEXT_OK, TEXT("{}")},
    {TEXT("\0{\0}"), PAYLOAD_TEXT_OK, TEXT("{}")},
    {TEXT("\xff\xfe\xe4\0\xac\x20\x3d\xd8\x00\xde"), PAYLOAD_TEXT_OK,
     TEXT("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")},
    {TEXT("\xfe\xff\xff\xff\xdb\xff\xdf\xff"), PAYLOAD_TEXT_OK,
     TEXT("\xef\xbf\xbf\xf4\x8f\xbf\xbf")},
    {TEXT("\xff\xfe{"), PAYLOAD_TEXT_NOT_UTF16, TEXT("\xff\xfe{")},
    {TEXT("\xff\xfe\x3d\xd8"), PAYLOAD_TEXT_NOT_UTF16, TEXT("\xff\xfe\x3d\xd8")},
    {TEXT("\xff\xfe\x00\xde"), PAYLOAD_TEXT_NOT_UTF16, TEXT("\xff\xfe\x00\xde")},
    {TEXT("\xff\xfe\x3d\xd8{\0"), PAYLOAD_TEXT_NOT_UTF16, TEXT("\xff\xfe\x3d\xd8{\0")},
    {TEXT("{\0}"), PAYLOAD_TEXT_NOT_UTF16, TEXT("{\0}")},
    {TEXT("\0\0"), PAYLOAD_TEXT_OK, TEXT("\0\0")},
    {TEXT("\x99\xeb,j\a"), PAYLOAD_TEXT_OK, TEXT("\x99\xeb,j\a")},
};

START_TEST(becomes_utf_8_without_a_mark)
{
    struct bytes *payload = bytes_copy(rows[_i].held, rows[_i].held_length);

    ck_assert_int_eq(payload_text_convert(&payload), rows[_i].status);
    ck_assert_uint_eq(bytes_view(payload).length, rows[_i].sent_length);
    ck_assert_int_eq(memcmp(bytes_view(payload).data, rows[_i].sent, rows[_i].sent_length), 0);
    bytes_release(payload);
}
END_TEST

START_TEST(nothing_stays_nothing)
{
    struct bytes *payload = NULL;

    ck_assert_int_eq(payload_text_convert(&payload), PAYLOAD_TEXT_OK);
    ck_assert_ptr_null(payload);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("payload_text");
    TCase *cases = tcase_create("payload_text");

    tcase_add_loop_test(cases, becomes_utf_8_without_a_mark, 0, ARRAY_LENGTH(rows));
    tcase_add_test(cases, nothing_stays_nothing);
    suite_add_tcase(suite, cases);
    return suite;
}
