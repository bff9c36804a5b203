#include "server/http/origin_guard.h"

#include "tests/support/unit.h"

#include <string.h>

static char *listed[] = {"https://app.example.com", "http://localhost:5173", NULL};
static const struct config config = {.allowed_origins = {2, listed}};
static const struct origin_guard guard = {.host_name = "dev.box", .port = 3001};

/* clang-format off */
static const struct {
    const char *origin, *host;
    bool is_allowed;
} cases[] = {
    /* programs send no Origin */
    {NULL, "127.0.0.1:3001", true},
    {NULL, "localhost:3001", true},
    {NULL, "LocalHost", true},
    {NULL, "[::1]:3001", true},
    {NULL, "192.168.1.5:3001", true},
    {NULL, "dev.box:3001", true},
    {NULL, "DEV.BOX", true},
    {NULL, NULL, true},
    /* DNS rebinding: a name of somebody else that has come to mean this machine */
    {NULL, "evil.example:3001", false},
    {NULL, "localhost.evil.example:3001", false},
    {NULL, "127.0.0.1.evil.example", false},
    {NULL, "127.evil.example", false},
    {NULL, "dev.box.evil.example", false},
    {NULL, "", false},
    {NULL, ":3001", false},
    {NULL, "localhost:", false},
    {NULL, "localhost:http", false},
    {NULL, "localhost:123456", false},
    {NULL, "localhost:3001:3001", false},
    {NULL, "[::1", false},
    {NULL, "[]", false},
    {NULL, "::1", false},
    {NULL, "[::1]x", false},
    {NULL, "user@localhost", false},
    {NULL, "1.2.3", false},
    {NULL, "0x7f000001", false},
    /* pages */
    {"http://127.0.0.1:3001", "127.0.0.1:3001", true},
    {"http://localhost:3001", "localhost:3001", true},
    {"http://[::1]:3001", "[::1]:3001", true},
    {"http://dev.box:3001", "dev.box:3001", true},
    {"https://app.example.com", "127.0.0.1:3001", true},
    {"HTTPS://APP.example.com", "127.0.0.1:3001", true},
    {"http://localhost:5173", "127.0.0.1:3001", true},
    {"https://app.example.com:8443", "127.0.0.1:3001", false},
    {"http://app.example.com", "127.0.0.1:3001", false},
    {"https://app.example.com.evil.example", "127.0.0.1:3001", false},
    {"http://evil.example", "127.0.0.1:3001", false},
    {"http://evil.example:3001", "127.0.0.1:3001", false},
    {"http://127.evil.example:3001", "127.0.0.1:3001", false},
    {"http://127.0.0.1.evil.example:3001", "127.0.0.1:3001", false},
    {"http://localhost.evil.example:3001", "127.0.0.1:3001", false},
    {"http://localhost:3002", "127.0.0.1:3001", false},
    {"http://localhost", "127.0.0.1:3001", false},
    {"https://localhost:3001", "127.0.0.1:3001", false},
    {"http://192.168.1.5:3001", "127.0.0.1:3001", false},
    {"null", "127.0.0.1:3001", false},
    {"", "127.0.0.1:3001", false},
    {"file://", "127.0.0.1:3001", false},
    {"https://app.example.com", "evil.example", false},
};
/* clang-format on */

START_TEST(only_programs_own_pages_and_listed_pages_get_through)
{
    char why[ORIGIN_REFUSAL_SIZE] = "";

    ck_assert_msg(origin_guard_allows(&guard, &config, cases[_i].origin, cases[_i].host, why) ==
                      cases[_i].is_allowed,
                  "Origin %s, Host %s: %s", cases[_i].origin, cases[_i].host, why);
    ck_assert_int_eq(why[0] == '\0', cases[_i].is_allowed);
}
END_TEST

START_TEST(port_80_need_not_be_named)
{
    const struct origin_guard on_80 = {.host_name = "127.0.0.1", .port = 80};
    char why[ORIGIN_REFUSAL_SIZE];

    ck_assert(origin_guard_allows(&on_80, &config, "http://localhost", "localhost", why));
    ck_assert(origin_guard_allows(&on_80, &config, "http://localhost:80", "localhost:80", why));
}
END_TEST

START_TEST(a_refusal_names_the_mend)
{
    char why[ORIGIN_REFUSAL_SIZE];

    ck_assert(!origin_guard_allows(&guard, &config, NULL, "my.box:3001", why));
    ck_assert_ptr_nonnull(strstr(why, "--host"));
    ck_assert(!origin_guard_allows(&guard, &config, "http://a.example", "localhost", why));
    ck_assert_ptr_nonnull(strstr(why, "Local.AllowedOrigins"));
}
END_TEST

START_TEST(a_name_beyond_all_bounds_is_refused)
{
    static char name[10000];
    char why[ORIGIN_REFUSAL_SIZE];

    memset(name, 'a', sizeof name - 1);
    ck_assert(!origin_guard_allows(&guard, &config, NULL, name, why));
    memcpy(name, "http://", 7);
    ck_assert(!origin_guard_allows(&guard, &config, name, "localhost", why));
}
END_TEST

START_TEST(what_pages_of_other_sites_embed_is_refused)
{
    ck_assert(origin_guard_allows_fetch(NULL, NULL));
    ck_assert(origin_guard_allows_fetch("same-origin", "empty"));
    ck_assert(origin_guard_allows_fetch("none", "document"));
    ck_assert(origin_guard_allows_fetch("cross-site", "document"));
    ck_assert(!origin_guard_allows_fetch("cross-site", "iframe"));
    ck_assert(!origin_guard_allows_fetch("cross-site", "image"));
    ck_assert(!origin_guard_allows_fetch("same-site", "empty"));
    ck_assert(!origin_guard_allows_fetch("cross-site", NULL));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("origin_guard");
    TCase *tcase = tcase_create("origin_guard");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, only_programs_own_pages_and_listed_pages_get_through, 0,
                        ARRAY_LENGTH(cases));
    tcase_add_test(tcase, port_80_need_not_be_named);
    tcase_add_test(tcase, a_refusal_names_the_mend);
    tcase_add_test(tcase, a_name_beyond_all_bounds_is_refused);
    tcase_add_test(tcase, what_pages_of_other_sites_embed_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
