#include "runtime/dispatch/account.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uv_loop_t loop;
static struct accounts *accounts;

static void set_up(void)
{
    const struct clock_options options = {.mode = CLOCK_MANUAL};

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    accounts = accounts_open(&loop, &options, "123456789012");
    ck_assert_ptr_nonnull(accounts);
}

static void tear_down(void)
{
    accounts_close(accounts);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

START_TEST(the_default_account_is_there_from_the_start)
{
    struct account *account = accounts_default(accounts);

    ck_assert_str_eq(account->id, "123456789012");
    ck_assert(account->is_default);
    ck_assert_ptr_eq(account, accounts_get(accounts, "123456789012"));
    ck_assert_ptr_eq(account, accounts_first(accounts));
}
END_TEST

START_TEST(an_account_is_made_when_it_is_first_named)
{
    struct account *account = accounts_get(accounts, "000000000001");

    ck_assert_ptr_nonnull(account);
    ck_assert(!account->is_default);
    ck_assert_uint_eq(account->unreserved_in_use, 0);
    ck_assert_ptr_eq(account, accounts_get(accounts, "000000000001"));
    ck_assert_ptr_ne(account, accounts_get(accounts, "100000000000"));
}
END_TEST

START_TEST(each_account_has_a_clock_of_its_own)
{
    struct clock *mine = accounts_default(accounts)->clock;
    struct clock *other = accounts_get(accounts, "111111111111")->clock;
    const int64_t before_ms = clock_now_ms(other);

    clock_advance_to(mine, clock_now_ms(mine) + 60000);
    ck_assert_int_eq(clock_now_ms(other), before_ms);
}
END_TEST

START_TEST(a_manual_clock_starts_where_the_server_did_however_late_its_account_is_made)
{
    const struct timespec pause = {0, 5000000};

    (void)nanosleep(&pause, NULL);
    ck_assert_int_eq(clock_now_ms(accounts_default(accounts)->clock), accounts_start_ms(accounts));
    ck_assert_int_eq(clock_now_ms(accounts_get(accounts, "111111111111")->clock),
                     accounts_start_ms(accounts));
}
END_TEST

static struct account *get(int number)
{
    char id[ACCOUNT_ID_SIZE];

    (void)snprintf(id, sizeof id, "%012d", number * 7919);
    return accounts_get(accounts, id);
}

static void fill(void)
{
    for (int i = 1; i < ACCOUNTS_MAX; i++)
        ck_assert_ptr_nonnull(get(i));
}

START_TEST(accounts_are_found_again_up_to_their_limit)
{
    const struct account *first;

    fill();
    for (int i = 1; i < ACCOUNTS_MAX; i++) {
        first = get(i);
        ck_assert_ptr_eq(first, get(i));
        ck_assert_int_eq(atoll(first->id), (long long)i * 7919);
    }
}
END_TEST

static void free_part(struct account_part *part);

static bool is_always_used(const struct account_part *part)
{
    return part->account != NULL;
}

START_TEST(beyond_the_limit_the_least_recently_used_goes)
{
    static const struct account_part_kind kind = {.free = free_part, .is_used = is_always_used};
    static struct account_part part; /* goes with its account, after the test */
    struct account *used, *kept, *with_part;

    fill();
    used = get(1);
    kept = account_retain(get(2));
    with_part = get(4);
    account_add_part(with_part, &part, &kind);
    for (int i = 3; i < ACCOUNTS_MAX; i++)
        (void)get(i);
    (void)get(1);
    for (int i = 0; i < 2 * ACCOUNTS_MAX; i++) {
        ck_assert_ptr_nonnull(get(ACCOUNTS_MAX + i));
        ck_assert_ptr_eq(get(1), used);
    }
    ck_assert_ptr_eq(get(2), kept);
    ck_assert_ptr_eq(get(4), with_part);
    ck_assert_ptr_eq(accounts_get(accounts, "123456789012"), accounts_default(accounts));
    account_release(kept);
}
END_TEST

START_TEST(accounts_that_are_all_in_use_leave_no_place)
{
    for (int i = 1; i < ACCOUNTS_MAX; i++)
        ck_assert_ptr_nonnull(account_retain(get(i)));
    ck_assert_ptr_null(get(ACCOUNTS_MAX));
    ck_assert(accounts_are_full(accounts));
    account_release(get(5));
    ck_assert_ptr_nonnull(get(ACCOUNTS_MAX));
    ck_assert(!accounts_are_full(accounts));
}
END_TEST

/* ---- parts ---- */

static int freed_count, shrunk_count;

static void free_part(struct account_part *part)
{
    freed_count++;
    account_remove_part(part);
}

static bool shrink_part(struct account_part *part)
{
    shrunk_count++;
    account_part_weigh(part, part->weight / 2);
    return true;
}

static const struct account_part_kind part_kind = {.free = free_part, .shrink = shrink_part};

START_TEST(parts_go_with_their_account_or_before)
{
    static struct account_part parts[3];

    freed_count = 0;
    for (int i = 0; i < 3; i++)
        account_add_part(get(1), &parts[i], &part_kind);
    account_remove_part(&parts[1]);
    fill();
    for (int i = 0; i < ACCOUNTS_MAX; i++)
        (void)get(ACCOUNTS_MAX + i);
    ck_assert_int_eq(freed_count, 2);
}
END_TEST

START_TEST(the_part_that_grew_least_recently_shrinks_first)
{
    static struct account_part parts[3];

    shrunk_count = 0;
    for (int i = 0; i < 3; i++) {
        account_add_part(get(i + 1), &parts[i], &part_kind);
        account_part_weigh(&parts[i], ACCOUNT_BYTES_MAX / 4);
    }
    accounts_make_room(accounts);
    ck_assert_int_eq(shrunk_count, 0);
    account_part_weigh(&parts[0], ACCOUNT_BYTES_MAX / 2 + 4);
    accounts_make_room(accounts);
    ck_assert_int_eq(shrunk_count, 1);
    ck_assert_uint_eq(parts[0].weight, ACCOUNT_BYTES_MAX / 2 + 4);
    ck_assert_uint_eq(parts[1].weight, ACCOUNT_BYTES_MAX / 8);
    ck_assert_uint_eq(parts[2].weight, ACCOUNT_BYTES_MAX / 4);
    for (int i = 0; i < 3; i++)
        account_remove_part(&parts[i]);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("account");
    TCase *tcase = tcase_create("account");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, the_default_account_is_there_from_the_start);
    tcase_add_test(tcase, an_account_is_made_when_it_is_first_named);
    tcase_add_test(tcase, each_account_has_a_clock_of_its_own);
    tcase_add_test(tcase,
                   a_manual_clock_starts_where_the_server_did_however_late_its_account_is_made);
    tcase_add_test(tcase, accounts_are_found_again_up_to_their_limit);
    tcase_add_test(tcase, beyond_the_limit_the_least_recently_used_goes);
    tcase_add_test(tcase, accounts_that_are_all_in_use_leave_no_place);
    tcase_add_test(tcase, parts_go_with_their_account_or_before);
    tcase_add_test(tcase, the_part_that_grew_least_recently_shrinks_first);
    suite_add_tcase(suite, tcase);
    return suite;
}
