#include "runtime/dispatch/account.h"

#include "tests/support/unit.h"

#include <stdio.h>
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

START_TEST(accounts_are_found_again_up_to_their_limit_in_the_order_of_their_making)
{
    char id[ACCOUNT_ID_SIZE];
    const struct account *account;
    int index = 0;

    for (int i = 1; i < ACCOUNTS_MAX; i++) {
        (void)snprintf(id, sizeof id, "%012d", i * 7919);
        ck_assert_ptr_nonnull(accounts_get(accounts, id));
    }
    ck_assert_ptr_null(accounts_get(accounts, "999999999999"));
    ck_assert_ptr_nonnull(accounts_get(accounts, "123456789012"));
    for (account = accounts_first(accounts)->next; account != NULL; account = account->next) {
        (void)snprintf(id, sizeof id, "%012d", ++index * 7919);
        ck_assert_str_eq(account->id, id);
        ck_assert_ptr_eq(account, accounts_get(accounts, id));
    }
    ck_assert_int_eq(index, ACCOUNTS_MAX - 1);
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
    tcase_add_test(tcase, accounts_are_found_again_up_to_their_limit_in_the_order_of_their_making);
    suite_add_tcase(suite, tcase);
    return suite;
}
