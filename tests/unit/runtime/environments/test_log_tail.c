#include "runtime/environments/log_tail.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

static struct log_tail tail;
static char many[3 * LOG_KEPT_MAX];

static void set_up(void)
{
    tail = (struct log_tail){0};
    for (size_t i = 0; i < sizeof many; i++)
        many[i] = (char)('a' + i % 23);
}

static void tear_down(void)
{
    log_tail_clear(&tail);
    ck_assert_ptr_null(tail.text);
}

START_TEST(a_log_without_a_line_is_empty)
{
    ck_assert_uint_eq(log_tail_result(&tail).length, 0);
    ck_assert(!tail.is_cut);
}
END_TEST

/* How many bytes were logged, and how many of them X-Amz-Log-Result shows. */
static const struct {
    size_t length, shown;
} results[] = {{1, 1}, {4095, 4095}, {4096, 4096}, {4097, 4096}, {100000, 4096}};

START_TEST(the_result_is_the_last_4096_bytes)
{
    struct bytes_view result;

    log_tail_append(&tail, many, results[_i].length);
    result = log_tail_result(&tail);
    ck_assert_uint_eq(result.length, results[_i].shown);
    ck_assert_mem_eq(result.data, many + results[_i].length - results[_i].shown, result.length);
}
END_TEST

/* In pieces of how many bytes the text comes. */
static const size_t pieces[] = {
    1, 7, 4096, LOG_KEPT_MAX - 1, LOG_KEPT_MAX, LOG_KEPT_MAX + 1, sizeof many};

START_TEST(the_end_is_kept_however_the_text_comes_and_memory_stays_bounded)
{
    const size_t piece = pieces[_i];

    for (size_t at = 0; at < sizeof many; at += piece) {
        const size_t rest = sizeof many - at;

        log_tail_append(&tail, many + at, piece < rest ? piece : rest);
        ck_assert_uint_le(tail.text->length, 2 * LOG_KEPT_MAX);
    }
    ck_assert(tail.is_cut);
    ck_assert_uint_ge(tail.text->length, LOG_KEPT_MAX);
    ck_assert_mem_eq(tail.text->data, many + sizeof many - tail.text->length, tail.text->length);
}
END_TEST

START_TEST(what_fits_is_not_cut)
{
    log_tail_append(&tail, many, LOG_KEPT_MAX);
    ck_assert(!tail.is_cut);
    ck_assert_uint_eq(tail.text->length, LOG_KEPT_MAX);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("log_tail");
    TCase *tcase = tcase_create("log_tail");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_log_without_a_line_is_empty);
    tcase_add_loop_test(tcase, the_result_is_the_last_4096_bytes, 0, ARRAY_LENGTH(results));
    tcase_add_loop_test(tcase, the_end_is_kept_however_the_text_comes_and_memory_stays_bounded, 0,
                        ARRAY_LENGTH(pieces));
    tcase_add_test(tcase, what_fits_is_not_cut);
    suite_add_tcase(suite, tcase);
    return suite;
}
