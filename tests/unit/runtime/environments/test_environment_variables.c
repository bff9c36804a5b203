#include "runtime/environments/environment_variables.h"

#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INSTANCE "0123456789abcdef0123456789abcdef"

static struct test_bed bed;
static struct config *config;
static struct environment environment;
static struct environment_variables variables;

static void set_up(void)
{
    test_bed_open(&bed);
    test_bed_write(&bed, "code/app.py", 0644, "", NULL);
    config = test_bed_config(
        &bed, "{\"Region\":\"eu-west-1\",\"Functions\":{"
              "\"py\":{\"Runtime\":\"python3.12\",\"Handler\":\"app.handler\",\"CodeUri\":\"code\","
              "\"MemorySize\":256,"
              "  "
              "\"Environment\":{\"Variables\":{\"TABLE\":\"a=b\",\"LANG\":\"C\",\"EMPTY\":\"\"}},"
              "\"Versions\":{\"7\":{}},"
              "  \"Local\":{\"InheritEnvironment\":[\"SECRET_ALLOWED\",\"NOT_SET_AT_ALL\"]}},"
              "\"native\":{\"Runtime\":\"provided.al2023\",\"CodeUri\":\"code\"},"
              "\"tool\":{\"Local\":{\"Command\":[\"cat\"]}}}}");
    ck_assert_int_eq(setenv("SECRET_ALLOWED", "yes", 1), 0);
    ck_assert_int_eq(setenv("SECRET_FORBIDDEN", "yes", 1), 0);
    ck_assert_int_eq(setenv("AWS_PROFILE", "production", 1), 0);
}

static void make(const char *function, const char *qualifier,
                 struct environment_variables_options options)
{
    struct function_target target;

    ck_assert(function_resolve(config_function(config, function), qualifier, 0.0, &target));
    environment = (struct environment){.services = &bed.services,
                                       .account = accounts_default(bed.accounts),
                                       .config = config,
                                       .settings = target.version};
    options.environment = &environment;
    options.instance = INSTANCE;
    environment_variables_clear(&variables);
    ck_assert(environment_variables_make(&options, &variables));
}

static void tear_down(void)
{
    environment_variables_clear(&variables);
    ck_assert_ptr_null(variables.items);
    config_release(config);
    test_bed_close(&bed);
}

static void assert_value(const char *name, const char *value)
{
    const char *found = environment_variables_value(&variables, name);

    if (value == NULL)
        ck_assert_msg(found == NULL, "%s is %s", name, found);
    else
        ck_assert_msg(found != NULL && strcmp(found, value) == 0, "%s is %s, not %s", name, found,
                      value);
}

/* clang-format off */
static const struct {
    const char *name, *value; /* NULL: not there */
} reserved[] = {
    {"AWS_LAMBDA_FUNCTION_NAME", "py"},
    {"AWS_LAMBDA_FUNCTION_VERSION", "7"},
    {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"},
    {"AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/py"},
    {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
    {"AWS_LAMBDA_RUNTIME_API", "127.0.0.1:40123"},
    {"AWS_EXECUTION_ENV", "AWS_Lambda_python3.12"},
    {"LAMBDA_RUNTIME_DIR", "/runtimes"},
    {"_HANDLER", "app.handler"},
    {"AWS_REGION", "eu-west-1"},
    {"AWS_DEFAULT_REGION", "eu-west-1"},
    {"AWS_ACCESS_KEY_ID", "123456789012"},
    {"AWS_SECRET_ACCESS_KEY", "local"},
    {"AWS_SESSION_TOKEN", "local"},
    {"AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:3001"},
    {"AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"},
    {"AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1:2000"},
    {"_AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1"},
    {"_AWS_XRAY_DAEMON_PORT", "2000"},
    {"TZ", ":UTC"},
    {"LANG", "C"}, /* the function's own */
    {"TABLE", "a=b"},
    {"EMPTY", ""},
    {"SECRET_ALLOWED", "yes"},
    {"NOT_SET_AT_ALL", NULL},
    {"SECRET_FORBIDDEN", NULL},
    {"AWS_PROFILE", NULL},
    {"AWS_LAMBDA_FUNCTION_TIMEOUT", NULL},
    {"AWS_ACCOUNT_ID", NULL},
    {"_X_AMZN_TRACE_ID", NULL},
    {"TABL", NULL},
};
/* clang-format on */

START_TEST(a_runtime_sees_the_reserved_variables_and_its_own)
{
    const struct environment_variables_options options = {.runtime_api = "127.0.0.1:40123",
                                                          .runtime_folder = "/runtimes"};

    make("py", "7", options);
    assert_value(reserved[_i].name, reserved[_i].value);
}
END_TEST

START_TEST(the_log_stream_has_day_version_and_instance)
{
    const char *stream;
    unsigned year, month, day;

    make("py", "7", (struct environment_variables_options){.runtime_api = NULL});
    stream = environment_variables_value(&variables, "AWS_LAMBDA_LOG_STREAM_NAME");
    ck_assert_int_eq(sscanf(stream, "%4u/%2u/%2u/", &year, &month, &day), 3);
    ck_assert_str_eq(stream + 10, "/[7]" INSTANCE);
}
END_TEST

START_TEST(the_task_root_is_the_folder_of_the_code)
{
    char path[2 * TEST_BED_PATH_SIZE];

    (void)snprintf(path, sizeof path, "%s/code", bed.folder);
    make("py", "", (struct environment_variables_options){.runtime_api = NULL});
    assert_value("LAMBDA_TASK_ROOT", path);
}
END_TEST

START_TEST(a_provided_runtime_has_no_execution_environment_of_a_name)
{
    make("native", "", (struct environment_variables_options){.runtime_api = "127.0.0.1:1"});
    assert_value("AWS_EXECUTION_ENV", NULL);
    assert_value("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
    assert_value("LANG", "en_US.UTF-8");
}
END_TEST

START_TEST(a_command_gets_its_trace_and_no_runtime_api)
{
    make("tool", "", (struct environment_variables_options){.trace_header = "Root=1"});
    assert_value("_X_AMZN_TRACE_ID", "Root=1");
    assert_value("AWS_LAMBDA_RUNTIME_API", NULL);
    assert_value("LAMBDA_RUNTIME_DIR", NULL);
    assert_value("_HANDLER", NULL);
}
END_TEST

START_TEST(of_the_servers_own_only_three_get_through)
{
    ck_assert_int_eq(setenv("HOME", "/home/me", 1), 0);
    ck_assert_int_eq(setenv("PATH", "/bin:/opt", 1), 0);
    ck_assert_int_eq(unsetenv("TMPDIR"), 0);
    make("tool", "", (struct environment_variables_options){.runtime_api = NULL});
    assert_value("HOME", "/home/me");
    assert_value("PATH", "/bin:/opt");
    assert_value("TMPDIR", NULL);
    ck_assert_int_eq(unsetenv("PATH"), 0);
    make("tool", "", (struct environment_variables_options){.runtime_api = NULL});
    assert_value("PATH", "/usr/local/bin:/usr/bin:/bin");
}
END_TEST

START_TEST(no_name_stands_twice_and_the_list_ends_in_null)
{
    make("py", "", (struct environment_variables_options){.runtime_api = "127.0.0.1:1"});
    ck_assert_ptr_null(variables.items[variables.count]);
    for (size_t i = 0; i < variables.count; i++) {
        const size_t length = strcspn(variables.items[i], "=") + 1;

        for (size_t other = i + 1; other < variables.count; other++)
            ck_assert_msg(strncmp(variables.items[i], variables.items[other], length) != 0, "%s",
                          variables.items[i]);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("environment_variables");
    TCase *tcase = tcase_create("environment_variables");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, a_runtime_sees_the_reserved_variables_and_its_own, 0,
                        ARRAY_LENGTH(reserved));
    tcase_add_test(tcase, the_log_stream_has_day_version_and_instance);
    tcase_add_test(tcase, the_task_root_is_the_folder_of_the_code);
    tcase_add_test(tcase, a_provided_runtime_has_no_execution_environment_of_a_name);
    tcase_add_test(tcase, a_command_gets_its_trace_and_no_runtime_api);
    tcase_add_test(tcase, of_the_servers_own_only_three_get_through);
    tcase_add_test(tcase, no_name_stands_twice_and_the_list_ends_in_null);
    suite_add_tcase(suite, tcase);
    return suite;
}
