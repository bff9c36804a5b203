#include "runtime/bundled/spare_runtimes.h"

#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * The shell takes the place of an interpreter, without the flags that it would be given; what it is given as bundled
 * runtime waits, or ends at once.
 */
static char interpreter[TEST_BED_PATH_SIZE + 16];

static struct test_bed bed;
static struct spare_runtimes *spares;
static const struct function_version *settings;
static struct config *config;
static unsigned end_count;

static void configure(unsigned kept, const char *runtime, const char *more)
{
    char text[1000];

    config_release(config);
    (void)snprintf(text, sizeof text,
                   "{\"Functions\":{\"one\":{\"Runtime\":\"%s\",\"Handler\":\"app.handler\","
                   "\"CodeUri\":\".\"%s}},"
                   "\"Local\":{\"SpareRuntimes\":%u}}",
                   runtime, more, kept);
    config = test_bed_config(&bed, text);
    settings = config->functions[0]->latest;
}

static void set_up(void)
{
    struct spare_runtimes_options options;

    test_bed_open(&bed);
    test_bed_write(&bed, "python/bootstrap.py", 0600,
                   "echo started >> \"$(dirname \"$0\")/starts\"\nread line <&3; echo \"$line\"\n",
                   NULL);
    test_bed_write(&bed, "nodejs/bootstrap.cjs", 0600, "read line <&3\n", NULL);
    test_bed_write(
        &bed, "interpreter", 0700,
        "#!/bin/sh\nwhile [ \"${1#--}\" != \"$1\" ]; do shift; done\nexec /bin/sh \"$@\"\n", NULL);
    (void)snprintf(interpreter, sizeof interpreter, "%s/interpreter", bed.folder);
    options = (struct spare_runtimes_options){
        .loop = &bed.loop,
        .log = bed.log,
        .random = bed.random,
        .processes = bed.processes,
        .interpreters = bed.interpreters,
        .bundled_folder = bed.folder,
    };
    spares = spare_runtimes_open(&options);
    ck_assert_ptr_nonnull(spares);
    config = NULL;
    end_count = 0;
    configure(1, "python3.12", "");
}

static void tear_down(void)
{
    config_release(config);
    spare_runtimes_close(spares);
    test_bed_close(&bed);
}

static const struct spare_runtime *find(void)
{
    return spare_runtimes_find(spares, settings, interpreter);
}

static bool is_there(void *context)
{
    (void)context;
    return find() != NULL;
}

static bool has_ended(void *context)
{
    return end_count == *(const unsigned *)context;
}

static void on_ended(int wait_status, long peak_memory_kb, void *context)
{
    (void)wait_status;
    (void)peak_memory_kb;
    (void)context;
    end_count++;
}

static struct spare_runtime take(void)
{
    test_bed_run_until(&bed, is_there, NULL);
    return spare_runtimes_take(spares, find(), on_ended, NULL);
}

static void end(const struct spare_runtime *spare)
{
    const unsigned expected = end_count + 1;

    process_kill(spare->process);
    test_bed_run_until(&bed, has_ended, (void *)(uintptr_t)&expected);
    (void)close(spare->log);
    (void)close(spare->channel);
}

static unsigned start_count(void)
{
    char path[TEST_BED_PATH_SIZE + 16], line[64];
    unsigned count = 0;

    (void)snprintf(path, sizeof path, "%s/python/starts", bed.folder);
    FILE *const file = fopen(path, "r");

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        count++;
    if (file != NULL)
        (void)fclose(file);
    return count;
}

START_TEST(one_is_started_in_the_background_and_the_next_when_it_was_taken)
{
    spare_runtimes_reconfigure(spares, config);
    ck_assert_ptr_null(find()); /* it takes its time */
    const struct spare_runtime first = take();

    ck_assert_ptr_null(find());
    const struct spare_runtime second = take();

    ck_assert_int_ne(process_id(first.process), process_id(second.process));
    ck_assert_str_ne(first.instance, second.instance);
    ck_assert_uint_eq(strlen(first.instance), HEX_32_SIZE - 1);
    end(&first);
    end(&second);
}
END_TEST

START_TEST(speaks_over_the_descriptors_that_are_handed_on)
{
    char answer[16] = "";
    ssize_t length = -1;

    spare_runtimes_reconfigure(spares, config);
    const struct spare_runtime spare = take();
    const unsigned expected = 1;

    ck_assert_int_eq(send(spare.channel, "hello\n", 6, 0), 6);
    test_bed_run_until(&bed, has_ended, (void *)(uintptr_t)&expected); /* of the new owner */
    length = read(spare.log, answer, sizeof answer);
    ck_assert_int_eq(length, 6);
    ck_assert_int_eq(memcmp(answer, "hello\n", 6), 0);
    (void)close(spare.log);
    (void)close(spare.channel);
}
END_TEST

START_TEST(as_many_are_kept_as_are_asked_for)
{
    struct spare_runtime taken[3];

    configure(3, "python3.12", "");
    spare_runtimes_reconfigure(spares, config);
    test_bed_run_until(&bed, is_there, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(taken); i++) {
        ck_assert_ptr_nonnull(find());
        taken[i] = spare_runtimes_take(spares, find(), on_ended, NULL);
    }
    ck_assert_ptr_null(find());
    for (size_t i = 0; i < ARRAY_LENGTH(taken); i++)
        end(&taken[i]);
}
END_TEST

START_TEST(none_is_kept_when_none_is_asked_for)
{
    configure(0, "python3.12", "");
    spare_runtimes_reconfigure(spares, config);
    test_bed_run_for(&bed, 300);
    ck_assert_ptr_null(find());
    ck_assert_uint_eq(start_count(), 0);
}
END_TEST

static bool is_over(void *context)
{
    return kill(*(const pid_t *)context, 0) != 0;
}

START_TEST(fewer_stay_when_the_configuration_says_so)
{
    pid_t id;

    spare_runtimes_reconfigure(spares, config);
    test_bed_run_until(&bed, is_there, NULL);
    id = process_id(find()->process);
    configure(0, "python3.12", "");
    spare_runtimes_reconfigure(spares, config);
    test_bed_run_until(&bed, is_over, &id);
    ck_assert_ptr_null(find());
}
END_TEST

START_TEST(one_that_has_died_is_not_given_away_and_is_replaced)
{
    pid_t id;

    spare_runtimes_reconfigure(spares, config);
    test_bed_run_until(&bed, is_there, NULL);
    id = process_id(find()->process);
    ck_assert_int_eq(kill(id, SIGKILL), 0);
    while (find() != NULL)
        continue; /* the loop doesn't run: nobody has been told yet */
    const struct spare_runtime spare = take();

    ck_assert_int_ne(process_id(spare.process), id);
    end(&spare);
}
END_TEST

START_TEST(what_ends_at_once_is_not_started_over_and_over)
{
    test_bed_write(&bed, "python/bootstrap.py", 0600,
                   "echo started >> \"$(dirname \"$0\")/starts\"\n", NULL);
    spare_runtimes_reconfigure(spares, config);
    (void)find();
    test_bed_run_for(&bed, 1000);
    ck_assert_uint_ge(start_count(), 1);
    ck_assert_uint_le(start_count(), 2); /* once more when the machine's python3 is found */
}
END_TEST

START_TEST(an_interpreter_that_is_not_there_is_said_once)
{
    static char nothing[] = "/nonexistent/python3";
    const char *said;

    spare_runtimes_reconfigure(spares, config);
    ck_assert_ptr_null(spare_runtimes_find(spares, settings, nothing));
    test_bed_run_for(&bed, 500);
    said = strstr(test_bed_log(&bed), "could not start a spare process of /nonexistent/python3: "
                                      "No such file or directory");
    ck_assert_ptr_nonnull(said);
    ck_assert_ptr_null(strstr(said + 1, "could not start a spare"));
}
END_TEST

/* clang-format off */
static const struct {
    const char *runtime, *more; /* of the function */
    bool has_spare;
} functions[] = {
    {"python3.12", "",                                                                                               true},
    {"python3.12", ",\"Environment\":{\"Variables\":{\"ONE\":\"b\",\"NODE_OPTIONS\":\"x\"}}",                        true},
    {"python3.12", ",\"Environment\":{\"Variables\":{\"PYTHONPATH\":\"/x\"}}",                                       false},
    {"python3.12", ",\"Environment\":{\"Variables\":{\"PYTHONHASHSEED\":\"0\"}}",                                    false},
    {"python3.12", ",\"Environment\":{\"Variables\":{\"LD_PRELOAD\":\"x\"}}",                                        false},
    {"python3.12", ",\"Environment\":{\"Variables\":{\"LANG\":\"C\"}}",                                              false},
    {"python3.12", ",\"Environment\":{\"Variables\":{\"LANGUAGES\":\"C\"}}",                                         true},
    {"python3.12", ",\"Environment\":{\"Variables\":{\"HOME\":\"/x\"}}",                                             false},
    {"python3.12", ",\"Environment\":{\"Variables\":{\"HOMEPAGE\":\"/x\"}}",                                         true},
    {"python3.12", ",\"Environment\":{\"Variables\":{\"AWS_LAMBDA_EXEC_WRAPPER\":\"/x\"}}",                          false},
    {"nodejs20.x", ",\"Environment\":{\"Variables\":{\"NODE_ENV\":\"production\"}}",                                 true},
    {"nodejs20.x", ",\"Environment\":{\"Variables\":{\"NODE_OPTIONS\":\"x\"}}",                                      false},
    {"nodejs20.x", ",\"Environment\":{\"Variables\":{\"OPENSSL_CONF\":\"x\"}}",                                      false},
    {"nodejs20.x", ",\"Environment\":{\"Variables\":{\"PYTHONPATH\":\"x\"}}",                                        true},
    {"python3.12", ",\"Local\":{\"InheritEnvironment\":[\"LC_ALL\"]}",                                               false},
    {"python3.12", ",\"Local\":{\"InheritEnvironment\":[\"EDITOR\"]}",                                               true},
    {"python3.12", ",\"Local\":{\"Attach\":true}",                                                                   false},
    {"python3.12", ",\"Local\":{\"DebugCommand\":[\"strace\"]}",                                                     false},
};
/* clang-format on */

START_TEST(only_what_would_see_no_difference_gets_one)
{
    spare_runtimes_reconfigure(spares, config);
    test_bed_run_until(&bed, is_there, NULL);
    configure(1, functions[_i].runtime, functions[_i].more);
    if (functions[_i].has_spare)
        test_bed_run_until(&bed, is_there, NULL); /* one of Node.js has other flags */
    else
        ck_assert_ptr_null(find());
}
END_TEST

Suite *unit_suite(void)
{
    Suite *const suite = suite_create("spare_runtimes");
    TCase *const keeping = tcase_create("keeping"), *const fitting = tcase_create("fitting");

    tcase_add_checked_fixture(keeping, set_up, tear_down);
    tcase_set_timeout(keeping, 60);
    tcase_add_test(keeping, one_is_started_in_the_background_and_the_next_when_it_was_taken);
    tcase_add_test(keeping, speaks_over_the_descriptors_that_are_handed_on);
    tcase_add_test(keeping, as_many_are_kept_as_are_asked_for);
    tcase_add_test(keeping, none_is_kept_when_none_is_asked_for);
    tcase_add_test(keeping, fewer_stay_when_the_configuration_says_so);
    tcase_add_test(keeping, one_that_has_died_is_not_given_away_and_is_replaced);
    tcase_add_test(keeping, what_ends_at_once_is_not_started_over_and_over);
    tcase_add_test(keeping, an_interpreter_that_is_not_there_is_said_once);
    suite_add_tcase(suite, keeping);
    tcase_add_checked_fixture(fitting, set_up, tear_down);
    tcase_add_loop_test(fitting, only_what_would_see_no_difference_gets_one, 0,
                        ARRAY_LENGTH(functions));
    suite_add_tcase(suite, fitting);
    return suite;
}
