#include "server/cli/run_environment.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

enum { VARIABLES_MAX = 8, LINE_SIZE = 4096 };

static char **make(const char *const *inherited, const char *endpoint)
{
    const struct run_environment_options options = {
        .inherited = (char *const *)inherited,
        .endpoint = endpoint,
        .region = "eu-west-1",
    };
    char **const environment = run_environment_new(&options);

    ck_assert_ptr_nonnull(environment);
    return environment;
}

/* NULL when it is not set; the test fails when it is set twice. */
static const char *value(char **environment, const char *name)
{
    const char *found = NULL;

    for (; *environment != NULL; environment++) {
        if (strncmp(*environment, name, strlen(name)) != 0 || (*environment)[strlen(name)] != '=')
            continue;
        ck_assert_ptr_null(found);
        found = *environment + strlen(name) + 1;
    }
    return found;
}

static const char *const nothing[] = {NULL};

START_TEST(leads_every_sdk_to_the_server)
{
    static const struct {
        const char *name, *value;
    } expected[] = {
        {"AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:7"},
        {"AWS_ENDPOINT_URL", "http://127.0.0.1:7"},
        {"INVOKED_ENDPOINT", "http://127.0.0.1:7"},
        {"AWS_REGION", "eu-west-1"},
        {"AWS_DEFAULT_REGION", "eu-west-1"},
        {"AWS_ACCESS_KEY_ID", "local"},
        {"AWS_SECRET_ACCESS_KEY", "local"},
        {"AWS_EC2_METADATA_DISABLED", "true"},
    };
    char **const environment = make(nothing, "http://127.0.0.1:7");

    for (int i = 0; i < ARRAY_LENGTH(expected); i++)
        ck_assert_str_eq(value(environment, expected[i].name), expected[i].value);
    ck_assert_ptr_null(environment[ARRAY_LENGTH(expected)]);
    run_environment_free(environment);
}
END_TEST

/* clang-format off */
static const struct {
    const char *inherited[VARIABLES_MAX];
    const char *name, *value; /* NULL: not there */
} cases[] = {
    {{"HOME=/home/me"},                          "HOME",                  "/home/me"},
    {{"EMPTY="},                                 "EMPTY",                 ""},
    {{"AWS_REGION_NAME=kept"},                   "AWS_REGION_NAME",       "kept"},
    {{"AWS_REGION=us-east-2"},                   "AWS_REGION",            "eu-west-1"},
    {{"AWS_ENDPOINT_URL=https://aws"},           "AWS_ENDPOINT_URL",      "http://[::1]:7"},
    {{"AWS_ACCESS_KEY_ID=AKIAREAL"},             "AWS_ACCESS_KEY_ID",     "local"},
    {{"AWS_ACCESS_KEY_ID=111111111111"},         "AWS_ACCESS_KEY_ID",     "111111111111"},
    {{"AWS_ACCESS_KEY_ID=1111111111111"},        "AWS_ACCESS_KEY_ID",     "local"},
    {{"AWS_ACCESS_KEY_ID=11111111111x"},         "AWS_ACCESS_KEY_ID",     "local"},
    {{"AWS_SECRET_ACCESS_KEY=111111111111"},     "AWS_SECRET_ACCESS_KEY", "local"},
    {{"AWS_SESSION_TOKEN=real"},                 "AWS_SESSION_TOKEN",     NULL},
    {{"AWS_PROFILE=work"},                       "AWS_PROFILE",           NULL},
    {{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"}, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", NULL},
    {{"AWS_USE_FIPS_ENDPOINT=true"},             "AWS_USE_FIPS_ENDPOINT", NULL},
    {{"NO_PROXY=a"},                             "NO_PROXY",              "a"},
    {{"http_proxy=p"},                           "no_proxy",              "::1"},
    {{"http_proxy=p"},                           "http_proxy",            "p"},
    {{"HTTP_PROXY=p", "NO_PROXY=a,b"},           "NO_PROXY",              "a,b,::1"},
    {{"HTTP_PROXY=p", "NO_PROXY=a,b"},           "no_proxy",              "a,b,::1"},
    {{"all_proxy=p", "no_proxy=c", "NO_PROXY="}, "no_proxy",              "c,::1"},
    {{"HTTP_PROXY=p", "no_proxy="},              "no_proxy",              "::1"},
};
/* clang-format on */

START_TEST(keeps_what_leads_nowhere_else)
{
    char **const environment = make(cases[_i].inherited, "http://[::1]:7");

    if (cases[_i].value == NULL)
        ck_assert_ptr_null(value(environment, cases[_i].name));
    else
        ck_assert_str_eq(value(environment, cases[_i].name), cases[_i].value);
    run_environment_free(environment);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *const suite = suite_create("run_environment");
    TCase *const variables = tcase_create("variables");

    tcase_add_test(variables, leads_every_sdk_to_the_server);
    tcase_add_loop_test(variables, keeps_what_leads_nowhere_else, 0, ARRAY_LENGTH(cases));
    suite_add_tcase(suite, variables);
    return suite;
}
