#include "base/bytes.h"

#include "tests/support/unit.h"

#include <stdint.h>
#include <string.h>

static void assert_is(const struct bytes *bytes, const char *text)
{
    const struct bytes_view view = bytes_view(bytes);

    ck_assert_uint_eq(view.length, strlen(text));
    ck_assert_mem_eq(view.data, text, view.length);
}

START_TEST(nothing_is_viewed_as_an_empty_text)
{
    ck_assert_uint_eq(bytes_view(NULL).length, 0);
    ck_assert_ptr_nonnull(bytes_view(NULL).data);
    ck_assert_ptr_null(bytes_retain(NULL));
    bytes_release(NULL);
}
END_TEST

START_TEST(appending_makes_the_buffer_and_grows_it_without_losing_a_byte)
{
    struct bytes *bytes = NULL;

    for (unsigned i = 0; i < 100000; i++) {
        const char byte = (char)(i * 31);

        ck_assert(bytes_append(&bytes, &byte, 1));
    }
    ck_assert_uint_eq(bytes->length, 100000);
    ck_assert_uint_ge(bytes->capacity, bytes->length);
    for (unsigned i = 0; i < 100000; i++)
        ck_assert_int_eq(bytes->data[i], (char)(i * 31));
    bytes_release(bytes);
}
END_TEST

START_TEST(a_copy_holds_any_byte_and_may_be_empty)
{
    struct bytes *bytes = bytes_copy("a\0b", 3);
    struct bytes *empty = bytes_copy(NULL, 0);

    ck_assert_uint_eq(bytes->length, 3);
    ck_assert_mem_eq(bytes->data, "a\0b", 3);
    ck_assert_uint_eq(empty->length, 0);
    bytes_release(bytes);
    bytes_release(empty);
}
END_TEST

START_TEST(reserved_room_stays_where_it_is_until_it_is_used_up)
{
    struct bytes *bytes = NULL;
    char *room = bytes_reserve(&bytes, 1000);
    const struct bytes *before = bytes;

    ck_assert_ptr_nonnull(room);
    ck_assert_ptr_eq(room, bytes->data);
    memset(room, 'x', 600);
    bytes->length = 600;
    ck_assert_ptr_eq(bytes_reserve(&bytes, 400), bytes->data + 600);
    ck_assert_ptr_eq(bytes, before);
    bytes_release(bytes);
}
END_TEST

START_TEST(more_than_memory_can_hold_is_refused_and_changes_nothing)
{
    struct bytes *bytes = NULL;

    ck_assert(bytes_append(&bytes, "abc", 3));
    ck_assert_ptr_null(bytes_reserve(&bytes, SIZE_MAX));
    ck_assert_ptr_null(bytes_reserve(&bytes, SIZE_MAX - 3));
    ck_assert_ptr_null(bytes_reserve(&bytes, SIZE_MAX / 2));
    ck_assert_ptr_null(bytes_new(SIZE_MAX));
    ck_assert_ptr_null(bytes_new(SIZE_MAX - sizeof *bytes + 1));
    assert_is(bytes, "abc");
    bytes_release(bytes);
}
END_TEST

START_TEST(formatted_text_is_appended_without_its_nul)
{
    struct bytes *bytes = NULL;

    ck_assert(bytes_format(&bytes, "%s %d", "one", 1));
    ck_assert(bytes_format(&bytes, "%s", ""));
    ck_assert(bytes_format(&bytes, ", %0100d", 2));
    ck_assert_uint_eq(bytes->length, 5 + 2 + 100);
    ck_assert_mem_eq(bytes->data, "one 1, 0", 8);
    ck_assert_int_eq(bytes->data[106], '2');
    bytes_release(bytes);
}
END_TEST

START_TEST(the_last_of_several_owners_frees)
{
    struct bytes *bytes = bytes_copy("shared", 6);

    ck_assert_ptr_eq(bytes_retain(bytes), bytes);
    bytes_release(bytes);
    assert_is(bytes, "shared");
    bytes_release(bytes); /* the sanitizer says if it was freed twice, or not at all */
}
END_TEST

START_TEST(what_others_hold_must_not_be_written_to)
{
    struct bytes *bytes = bytes_retain(bytes_copy("x", 1));

    (void)bytes_append(&bytes, "y", 1);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("bytes");
    TCase *tcase = tcase_create("bytes");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, nothing_is_viewed_as_an_empty_text);
    tcase_add_test(tcase, appending_makes_the_buffer_and_grows_it_without_losing_a_byte);
    tcase_add_test(tcase, a_copy_holds_any_byte_and_may_be_empty);
    tcase_add_test(tcase, reserved_room_stays_where_it_is_until_it_is_used_up);
    tcase_add_test(tcase, more_than_memory_can_hold_is_refused_and_changes_nothing);
    tcase_add_test(tcase, formatted_text_is_appended_without_its_nul);
    tcase_add_test(tcase, the_last_of_several_owners_frees);
    tcase_add_test_raise_signal(tcase, what_others_hold_must_not_be_written_to, 6);
    suite_add_tcase(suite, tcase);
    return suite;
}
