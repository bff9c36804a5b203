/* test_config.c - what a sound configuration becomes. The broken ones: test_config_invalid.c. */
#include "config/config.h"
#include "tests/support/unit.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char valid_path[] = "fixtures/configs/valid.json";
static struct config *valid;

static struct config *load(const char *path)
{
    struct config_problems problems = {.count = 0};
    struct config *config = config_load(path, NULL, &problems);

    ck_assert_msg(config != NULL, "%s",
                  problems.count > 0 ? problems.messages[0] : "no problem told");
    ck_assert_uint_eq(problems.count, 0);
    config_problems_clear(&problems);
    return config;
}

/* Relative paths start from fixtures/configs. */
static struct config *parse(const char *text)
{
    struct config_problems problems = {.count = 0};
    struct config *config = config_parse(text, strlen(text), "fixtures/configs/x.json", &problems);

    ck_assert_msg(config != NULL, "%s",
                  problems.count > 0 ? problems.messages[0] : "no problem told");
    config_problems_clear(&problems);
    return config;
}

static void load_valid(void)
{
    valid = load(valid_path);
}

static void release_valid(void)
{
    config_release(valid);
}

static const struct function_version *version_of(const struct config *config, const char *name,
                                                 const char *qualifier)
{
    const struct function *function = config_function(config, name);
    struct function_target target;

    ck_assert_ptr_nonnull(function);
    ck_assert(function_resolve(function, qualifier, 0.99, &target));
    return target.version;
}

static const char *absolute(const char *relative)
{
    static char path[PATH_MAX * 2];
    char base[PATH_MAX];

    ck_assert_ptr_nonnull(realpath("fixtures/configs", base));
    snprintf(path, sizeof path, "%s%s%s", base, relative[0] == '\0' ? "" : "/", relative);
    return path;
}

static void assert_list(const struct string_list *list, const char *expected)
{
    char joined[1000] = "";

    for (size_t i = 0; i < list->count; i++) {
        const size_t used = strlen(joined);

        snprintf(joined + used, sizeof joined - used, "%s%s", i == 0 ? "" : " ", list->items[i]);
    }
    ck_assert_str_eq(joined, expected);
    ck_assert_ptr_null(list->items[list->count]);
}

/* ---- the whole ---- */

START_TEST(fills_the_settings_of_the_whole)
{
    ck_assert_str_eq(valid->path, absolute("valid.json"));
    ck_assert_str_eq(valid->region, "eu-central-1");
    ck_assert_str_eq(valid->account_id, "000000000042");
    ck_assert_uint_eq(valid->concurrent_executions, 50);
    ck_assert_uint_eq(valid->reserved_total, 5);
    ck_assert_uint_eq(valid->retry_delay_count, 3);
    ck_assert_uint_eq(valid->retry_delays_s[0], 0);
    ck_assert_uint_eq(valid->retry_delays_s[2], 60);
    ck_assert_uint_eq(valid->queue_capacity, 500);
    ck_assert_uint_eq(valid->history_size, 0);
    assert_list(&valid->allowed_origins,
                "http://localhost:5173 https://dev.example http://[::1]:8080");
    ck_assert_int_eq(valid->durability, DURABILITY_POWER);
    ck_assert_uint_eq(valid->spare_runtimes, 0);
}
END_TEST

START_TEST(has_defaults_for_all_that_is_left_out)
{
    struct config *config = parse("{}");

    ck_assert_str_eq(config->region, "us-east-1");
    ck_assert_str_eq(config->account_id, "123456789012");
    ck_assert_uint_eq(config->concurrent_executions, 1000);
    ck_assert_uint_eq(config->reserved_total, 0);
    ck_assert_uint_eq(config->function_count, 0);
    ck_assert_uint_eq(config->retry_delay_count, 2);
    ck_assert_uint_eq(config->retry_delays_s[0], 60);
    ck_assert_uint_eq(config->retry_delays_s[1], 120);
    ck_assert_uint_eq(config->queue_capacity, 100000);
    ck_assert_uint_eq(config->history_size, 10000);
    assert_list(&config->allowed_origins, "");
    ck_assert_int_eq(config->durability, DURABILITY_PROCESS);
    ck_assert_uint_eq(config->spare_runtimes, 1);
    ck_assert_ptr_null(config_function(config, "hello"));
    config_release(config);
}
END_TEST

START_TEST(sorts_functions_and_finds_them_by_name)
{
    static const char *const names[] = {"anything", "hello", "native", "payments", "shout"};

    ck_assert_uint_eq(valid->function_count, 5);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_str_eq(valid->functions[i]->name, names[i]);
        ck_assert_ptr_eq(config_function(valid, names[i]), valid->functions[i]);
        ck_assert_ptr_eq(valid->functions[i]->latest->function, valid->functions[i]);
    }
    ck_assert_ptr_null(config_function(valid, "hell"));
    ck_assert_ptr_null(config_function(valid, ""));
}
END_TEST

START_TEST(lives_until_its_last_release)
{
    ck_assert_ptr_eq(config_retain(valid), valid);
    config_release(valid);
    ck_assert_str_eq(valid->region, "eu-central-1");
}
END_TEST

/* ---- functions ---- */

START_TEST(fills_the_settings_of_a_runtime_function)
{
    const struct function *function = config_function(valid, "hello");
    const struct function_version *latest = function->latest;

    ck_assert_int_eq(function->reserved_concurrency, 5);
    ck_assert_str_eq(latest->version, "$LATEST");
    ck_assert_int_eq(latest->kind, FUNCTION_RUNTIME);
    ck_assert_int_eq(latest->family, RUNTIME_FAMILY_PYTHON);
    ck_assert_str_eq(latest->runtime, "python3.12");
    ck_assert_str_eq(latest->handler, "app.handler");
    ck_assert_str_eq(latest->code_uri, absolute("code/hello"));
    ck_assert_str_eq(latest->working_directory, latest->code_uri);
    ck_assert_str_eq(latest->description, "says hello \xf0\x9f\x91\x8b");
    ck_assert_uint_eq(latest->timeout_s, 10);
    ck_assert_uint_eq(latest->memory_mb, 256);
    assert_list(&(struct string_list){latest->environment.count, latest->environment.items},
                "TABLE=local EMPTY= URL=http://localhost:8000/?a=1");
    ck_assert_str_eq(latest->dead_letter_arn, "arn:aws:sqs:eu-central-1:000000000042:hello-dlq");
    ck_assert_uint_eq(latest->event_invoke_config->maximum_retry_attempts, 1);
    ck_assert_uint_eq(latest->event_invoke_config->maximum_event_age_s, 3600);
    ck_assert_str_eq(latest->event_invoke_config->on_success,
                     "arn:aws:events:eu-central-1:000000000042:event-bus/orders");
    ck_assert_str_eq(latest->event_invoke_config->on_failure, "arn:aws:s3:::failed-events");
}
END_TEST

START_TEST(fills_what_stands_under_local)
{
    const struct function_version *latest = version_of(valid, "hello", "");

    assert_list(&latest->inherit_environment, "SSH_AUTH_SOCK EDITOR DISPLAY");
    ck_assert_uint_eq(latest->idle_timeout_s, 30);
    ck_assert(!latest->enforce_memory);
    ck_assert(!latest->access_denied);
    ck_assert(!latest->attach);
    assert_list(&latest->allowed_access_key_ids, "AKIAIOSFODNN7EXAMPLE 111111111111");
    ck_assert_uint_eq(latest->debug_command.count, 2);
    ck_assert_str_eq(latest->debug_command.items[0], absolute("tools/debug"));
    ck_assert_str_eq(latest->debug_command.items[1], "--wait");
    ck_assert_int_eq(cJSON_GetArraySize(latest->faults.list), 4);
    ck_assert_str_eq(
        cJSON_GetObjectItem(cJSON_GetArrayItem(latest->faults.list, 1), "Error")->valuestring,
        "Duplicate");
    ck_assert_ptr_null(latest->mock.list);
}
END_TEST

START_TEST(has_defaults_for_a_function)
{
    struct config *config = parse("{\"Functions\":{\"f\":{\"Local\":{\"Command\":[\"cat\"]}}}}");
    const struct function *function = config_function(config, "f");
    const struct function_version *latest = function->latest;

    ck_assert_int_eq(function->reserved_concurrency, CONCURRENCY_UNRESERVED);
    ck_assert_uint_eq(latest->timeout_s, 3);
    ck_assert_uint_eq(latest->memory_mb, 128);
    ck_assert_str_eq(latest->description, "");
    ck_assert_uint_eq(latest->environment.count, 0);
    ck_assert_ptr_null(latest->environment.items[0]);
    ck_assert_ptr_null(latest->dead_letter_arn);
    ck_assert_uint_eq(latest->event_invoke_config->maximum_retry_attempts, 2);
    ck_assert_uint_eq(latest->event_invoke_config->maximum_event_age_s, 21600);
    ck_assert_ptr_null(latest->event_invoke_config->on_success);
    ck_assert_ptr_null(latest->event_invoke_config->on_failure);
    ck_assert_uint_eq(latest->idle_timeout_s, 600);
    ck_assert(latest->enforce_memory);
    ck_assert(!latest->access_denied);
    ck_assert(!latest->attach);
    ck_assert_uint_eq(latest->allowed_access_key_ids.count, 0);
    ck_assert_uint_eq(latest->debug_command.count, 0);
    ck_assert_ptr_null(latest->mock.list);
    ck_assert_ptr_null(latest->faults.list);
    config_release(config);
}
END_TEST

START_TEST(takes_tenancy_and_recursion)
{
    struct config *config = parse(
        "{\"Functions\":{\"f\":{\"Local\":{\"Command\":[\"cat\"]},\"RecursiveLoop\":\"Allow\","
        "\"TenancyConfig\":{\"TenantIsolationMode\":\"PER_TENANT\"}},"
        "\"g\":{\"Local\":{\"Command\":[\"cat\"]},\"RecursiveLoop\":\"Terminate\"}}}");

    ck_assert(config_function(config, "f")->allows_recursion);
    ck_assert(config_function(config, "f")->isolates_tenants);
    ck_assert(!config_function(config, "g")->allows_recursion);
    ck_assert(!config_function(config, "g")->isolates_tenants);
    config_release(config);
}
END_TEST

START_TEST(takes_zero_as_reserved_concurrency)
{
    struct config *config = parse("{\"Functions\":{\"f\":{\"ReservedConcurrentExecutions\":0,"
                                  "\"Local\":{\"Command\":[\"cat\"]}}}}");

    ck_assert_int_eq(config_function(config, "f")->reserved_concurrency, 0);
    config_release(config);
}
END_TEST

START_TEST(knows_the_four_ways_to_run)
{
    const struct function_version *image = version_of(valid, "anything", ""),
                                  *native = version_of(valid, "native", ""),
                                  *command = version_of(valid, "shout", ""),
                                  *mock = version_of(valid, "payments", "");

    ck_assert_int_eq(image->kind, FUNCTION_IMAGE);
    ck_assert_str_eq(image->command.items[0], absolute("my-runtime"));
    ck_assert_str_eq(image->command.items[1], "app.handler");
    ck_assert_ptr_null(image->command.items[2]);
    ck_assert_str_eq(image->working_directory, absolute("code/hello"));
    ck_assert_ptr_null(image->code_uri);
    ck_assert(image->attach);
    ck_assert_int_eq(native->kind, FUNCTION_RUNTIME);
    ck_assert_int_eq(native->family, RUNTIME_FAMILY_PROVIDED);
    ck_assert_str_eq(native->code_uri, absolute("code/native"));
    ck_assert_ptr_null(native->handler);
    ck_assert_int_eq(command->kind, FUNCTION_COMMAND);
    assert_list(&command->command, "tr a-z A-Z");
    ck_assert_str_eq(command->working_directory, absolute(""));
    ck_assert_uint_eq(command->idle_timeout_s, 120);
    ck_assert_int_eq(mock->kind, FUNCTION_MOCK);
    ck_assert_int_eq(cJSON_GetArraySize(mock->mock.list), 5);
    ck_assert_uint_eq(mock->command.count, 0);
}
END_TEST

START_TEST(keeps_canned_answers_as_they_were_written)
{
    const struct function_version *mock = version_of(valid, "payments", "");
    char *printed = cJSON_PrintUnformatted(cJSON_GetArrayItem(mock->mock.list, 4));

    ck_assert_str_eq(printed, "{\"Payload\":{\"status\":\"paid\",\"list\":[1,2.5,-300,true,false,"
                              "null,\"x\"]},\"DelayMs\":40}");
    free(printed);
}
END_TEST

static const struct {
    const char *function; /* what stands in it */
    const char *working_directory;
    const char *program;
} places[] = {
    {"\"Local\":{\"Command\":[\"./bin/run\"]}", "", "@bin/run"},
    {"\"Local\":{\"Command\":[\"bin/run\"]}", "", "@bin/run"},
    {"\"Local\":{\"Command\":[\".//./run\"]}", "", "@run"},
    {"\"Local\":{\"Command\":[\"run\",\"./x\"]}", "", "run"},
    {"\"Local\":{\"Command\":[\"/bin/cat\"]}", "", "/bin/cat"},
    {"\"CodeUri\":\"code/hello\",\"Local\":{\"Command\":[\"./run\"]}", "code/hello", "@run"},
    {"\"CodeUri\":\"code/../code/./hello//\",\"Local\":{\"Command\":[\"x\"]}", "code/hello", "x"},
    {"\"CodeUri\":\".\",\"Local\":{\"Command\":[\"x\"]}", "", "x"},
    {"\"CodeUri\":\"code/..\",\"Local\":{\"Command\":[\"x\"]}", "", "x"},
    {"\"ImageConfig\":{\"Command\":[\"./run\"]}", "", "@run"},
    {"\"CodeUri\":\"code\",\"ImageConfig\":{\"Command\":[\"x\"]}", "code", "x"},
    {"\"CodeUri\":\"code\",\"ImageConfig\":{\"Command\":[\"x\"],\"WorkingDirectory\":\"code/"
     "native\"}",
     "code/native", "x"},
};

START_TEST(finds_folders_and_programs_from_its_own_folder)
{
    char text[1000], program[PATH_MAX * 2];

    snprintf(text, sizeof text, "{\"Functions\":{\"f\":{%s}}}", places[_i].function);
    struct config *config = parse(text);
    const struct function_version *latest = version_of(config, "f", "");

    if (places[_i].program[0] == '@')
        snprintf(program, sizeof program, "%s", absolute(places[_i].program + 1));
    else
        snprintf(program, sizeof program, "%s", places[_i].program);
    ck_assert_str_eq(latest->command.items[0], program);
    ck_assert_str_eq(latest->working_directory, absolute(places[_i].working_directory));
    config_release(config);
}
END_TEST

START_TEST(resolves_links_to_code)
{
    char folder[] = "/tmp/test_config.XXXXXX", path[PATH_MAX], link[PATH_MAX];
    char target[PATH_MAX * 2];

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.json", folder);
    snprintf(link, sizeof link, "%s/code", folder);
    snprintf(target, sizeof target, "%s", absolute("code/hello"));
    ck_assert_int_eq(symlink(target, link), 0);
    static const char text[] = "{\"Functions\":{\"f\":{\"Runtime\":\"python3.9\",\"Handler\":\"a."
                               "b\",\"CodeUri\":\"code\"}}}";
    struct config_problems problems = {.count = 0};
    struct config *config = config_parse(text, strlen(text), path, &problems);

    ck_assert_ptr_nonnull(config);
    ck_assert_str_eq(version_of(config, "f", "")->code_uri, target);
    config_release(config);
    unlink(link);
    rmdir(folder);
}
END_TEST

START_TEST(lets_a_function_with_code_carry_canned_answers)
{
    struct config *config =
        parse("{\"Functions\":{\"f\":{\"Runtime\":\"python3.9\",\"Handler\":\"a.b\","
              "\"CodeUri\":\"code/hello\",\"Local\":{\"Mock\":[{\"Payload\":1}]}}}}");

    ck_assert_int_eq(version_of(config, "f", "")->kind, FUNCTION_RUNTIME);
    ck_assert_int_eq(cJSON_GetArraySize(version_of(config, "f", "")->mock.list), 1);
    config_release(config);
}
END_TEST

/* ---- sizes ---- */

START_TEST(loads_ten_thousand_functions)
{
    enum { FUNCTIONS = 10000 };
    char *text = malloc(FUNCTIONS * 120);
    size_t used = (size_t)sprintf(text, "{\"Functions\":{");

    for (int i = 0; i < FUNCTIONS; i++)
        used +=
            (size_t)sprintf(text + used,
                            "%s\n\"f%d\":{\"Runtime\":\"python3.12\",\"Handler\":\"app.handler\","
                            "\"CodeUri\":\"code/hello\",\"Timeout\":%d}",
                            i == 0 ? "" : ",", (i * 7919) % FUNCTIONS, 1 + i % 900);
    sprintf(text + used, "}}");
    const clock_t began = clock();
    struct config *config = parse(text);
    const double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;

    ck_assert_uint_eq(config->function_count, FUNCTIONS);
    for (int i = 0; i < FUNCTIONS; i++) {
        char name[20];

        snprintf(name, sizeof name, "f%d", (i * 7919) % FUNCTIONS);
        ck_assert_uint_eq(config_function(config, name)->latest->timeout_s,
                          (unsigned)(1 + i % 900));
    }
    ck_assert_msg(seconds < 2, "took %.3f s",
                  seconds); /* 0.02 s in an optimised build; quadratic work takes far more */
    config_release(config);
    free(text);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("config");
    TCase *sound = tcase_create("valid.json"), *other = tcase_create("others");

    tcase_add_checked_fixture(sound, load_valid, release_valid);
    tcase_add_test(sound, fills_the_settings_of_the_whole);
    tcase_add_test(sound, sorts_functions_and_finds_them_by_name);
    tcase_add_test(sound, lives_until_its_last_release);
    tcase_add_test(sound, fills_the_settings_of_a_runtime_function);
    tcase_add_test(sound, fills_what_stands_under_local);
    tcase_add_test(sound, knows_the_four_ways_to_run);
    tcase_add_test(sound, keeps_canned_answers_as_they_were_written);
    tcase_add_test(other, has_defaults_for_all_that_is_left_out);
    tcase_add_test(other, has_defaults_for_a_function);
    tcase_add_test(other, takes_tenancy_and_recursion);
    tcase_add_test(other, takes_zero_as_reserved_concurrency);
    tcase_add_loop_test(other, finds_folders_and_programs_from_its_own_folder, 0,
                        ARRAY_LENGTH(places));
    tcase_add_test(other, resolves_links_to_code);
    tcase_add_test(other, lets_a_function_with_code_carry_canned_answers);
    tcase_add_test(other, loads_ten_thousand_functions);
    suite_add_tcase(suite, sound);
    suite_add_tcase(suite, other);
    return suite;
}
