#include "server/http/routes.h"

#include "config/config.h"
#include "handlers/handlers.h"
#include "tests/support/unit.h"

#include <string.h>

#define INVOKE "/2015-03-31/functions/"

/* clang-format off */
static const struct {
    const char *method, *path;
    api_handler_fn *handler; /* NULL: none of these */
    const char *parameter;
} cases[] = {
    {"POST", INVOKE "hello/invocations",   invoke_handle, "hello"},
    {"POST", INVOKE "hello/invocations/",  invoke_handle, "hello"},
    {"POST", INVOKE "hello:live/invocations", invoke_handle, "hello:live"},
    {"POST", INVOKE "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Ahello/invocations", invoke_handle,
     "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Ahello"},
    {"POST", INVOKE "a%2Fb/invocations",   invoke_handle, "a%2Fb"},
    {"POST", INVOKE "/invocations",        invoke_handle, ""},
    {"POST", INVOKE "invocations/invocations", invoke_handle, "invocations"},
    {"GET",  INVOKE "hello/invocations",   NULL, ""},
    {"PUT",  INVOKE "hello/invocations",   NULL, ""},
    {"post", INVOKE "hello/invocations",   NULL, ""},
    {"POST", "/" INVOKE "hello/invocations", NULL, ""},
    {"POST", INVOKE "a/b/invocations",     NULL, ""},
    {"POST", INVOKE "hello/invocations//", NULL, ""},
    {"POST", INVOKE "hello/invocation",    NULL, ""},
    {"POST", INVOKE "hello",               NULL, ""},
    {"POST", INVOKE "invocations",         NULL, ""},
    {"POST", INVOKE "hello%2Finvocations", NULL, ""},
    {"POST", "/2015-03-31/Functions/hello/invocations", NULL, ""},
    {"POST", "/2015-04-01/functions/hello/invocations", NULL, ""},
    {"GET",  "/_invoked/health",           health_handle, ""},
    {"GET",  "/_invoked/health/",          NULL, ""},
    {"GET",  "/_invoked/healthy",          NULL, ""},
    {"GET",  "/_invoked/no-such-thing",    NULL, ""},
    {"GET",  "/",                          NULL, ""},
    {"GET",  "",                           NULL, ""},
    {"",     "",                           NULL, ""},
};
/* clang-format on */

START_TEST(method_and_raw_path_decide_who_answers)
{
    struct bytes_view parameter = {"left over", 9};
    const struct route *route = route_find(
        cases[_i].method, (struct bytes_view){cases[_i].path, strlen(cases[_i].path)}, &parameter);

    ck_assert_ptr_nonnull(route);
    if (cases[_i].handler != NULL) {
        ck_assert(route->handler == cases[_i].handler);
    } else {
        ck_assert(route->handler != invoke_handle && route->handler != health_handle);
        ck_assert_uint_eq(route->body_max, 0);
    }
    ck_assert_uint_eq(parameter.length, strlen(cases[_i].parameter));
    ck_assert_mem_eq(parameter.data, cases[_i].parameter, parameter.length);
}
END_TEST

/* clang-format off */
static const struct {
    const char *host;
    bool is_public;
} hosts[] = {
    {"abc.lambda-url.us-east-1.localhost",       true},
    {"abc.lambda-url.us-east-1.localhost:3001",  true},
    {"ABC.Lambda-URL.us-east-1.LOCALHOST:3001",  true},
    {"abc.lambda-url.us-east-1.localhost:",      false},
    {"abc.lambda-url.us-east-1.localhost:x",     false},
    {"abc.lambda-url.us-east-1.localhost.evil",  false},
    {"abc.lambda-url.us-east-1.localhostile",    false},
    {"abc.lambda-url.us-east-1.on.aws",          false},
    {"abc.lambda-url.us.east-1.localhost",       false},
    {"a.b.lambda-url.us-east-1.localhost",       false},
    {".lambda-url.us-east-1.localhost",          false},
    {"abc.lambda-url.localhost",                 false},
    {"abc.lambda-url.",                          false},
    {"abc.execute-api.localhost:3001",           true},
    {"abc.execute-api.us-east-1.localhost",      false},
    {"abc.execute-apix.localhost",               false},
    {"abc.execute-api.localhost.evil",           false},
    {"abc",                                      false},
    {"localhost",                                false},
    {"",                                         false},
    {NULL,                                       false},
};
/* clang-format on */

START_TEST(host_names_of_urls_have_a_route_of_their_own)
{
    const struct route *route = route_find_host(hosts[_i].host);

    ck_assert_msg((route != NULL) == hosts[_i].is_public, "%s", hosts[_i].host);
    ck_assert(route == NULL ||
              (route_is_public(route) &&
               (route->handler == url_host_handle || route->handler == http_api_host_handle)));
}
END_TEST

START_TEST(paths_of_urls_are_public_whatever_the_method)
{
    static const char *const methods[] = {"GET", "OPTIONS", "PURGE"};
    struct bytes_view parameter;

    for (size_t i = 0; i < ARRAY_LENGTH(methods); i++) {
        const struct route *route =
            route_find(methods[i], BYTES_VIEW("/_invoked/url/hello/a/b"), &parameter);

        ck_assert(route->handler == url_path_handle && route_is_public(route));
        ck_assert_uint_eq(parameter.length, strlen("hello/a/b"));
        ck_assert_mem_eq(parameter.data, "hello/a/b", parameter.length);
    }
    ck_assert(!route_is_public(route_find("GET", BYTES_VIEW("/_invoked/health"), &parameter)));
    ck_assert(!route_is_public(route_find("GET", BYTES_VIEW("/_invoked/url"), &parameter)));
}
END_TEST

START_TEST(an_invocation_takes_a_body_of_6_mebibytes)
{
    struct bytes_view parameter;

    ck_assert_uint_eq(route_find("POST", BYTES_VIEW(INVOKE "f/invocations"), &parameter)->body_max,
                      INVOKE_PAYLOAD_MAX);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("routes");
    TCase *tcase = tcase_create("routes");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, host_names_of_urls_have_a_route_of_their_own, 0,
                        ARRAY_LENGTH(hosts));
    tcase_add_test(tcase, paths_of_urls_are_public_whatever_the_method);
    tcase_add_loop_test(tcase, method_and_raw_path_decide_who_answers, 0, ARRAY_LENGTH(cases));
    tcase_add_test(tcase, an_invocation_takes_a_body_of_6_mebibytes);
    suite_add_tcase(suite, tcase);
    return suite;
}
