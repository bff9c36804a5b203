/* test_sam_config.c - parameter_overrides in the forms that SAM takes. */
#include "base/arena.h"
#include "config/config.h"
#include "config/document/problem_list.h"
#include "config/values/sam_config.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/invoked-samconfig-XXXXXX";
static struct arena *arena;
static struct problem_list problems;

static void begin(void)
{
    strcpy(strrchr(folder, '-'), "-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    arena = arena_new();
    problem_list_init(&problems, "template.yaml");
}

static void remove_file(const char *name)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
}

static void end(void)
{
    remove_file("samconfig.toml");
    remove_file("samconfig.yaml");
    ck_assert_int_eq(rmdir(folder), 0);
    arena_free(arena);
    problem_list_clear(&problems);
}

static void write_file(const char *name, const char *text)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

/* "A=1|B=2|", or "?" when it can't be read. */
static const char *read_overrides(const char *environment)
{
    static char out[1000];
    const struct sam_config_options options = {
        .folder = folder, .environment = environment, .arena = arena};
    struct string_list parameters;
    char path[PATH_MAX];

    out[0] = '\0';
    if (!sam_config_read(&options, &parameters, path, &problems))
        return "?";
    for (size_t i = 0; i < parameters.count; i++)
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s|", parameters.items[i]);
    return out;
}

/* clang-format off */
static const struct {
    const char *name, *text, *environment, *overrides;
} cases[] = {
    {"samconfig.toml", "[default.deploy.parameters]\nparameter_overrides = \"A=1 B=\\\"x y\\\" C='z' D=e\\\\ f\"", NULL, "A=1|B=x y|C=z|D=e f|"},
    {"samconfig.toml", "[default.deploy.parameters]\nparameter_overrides = \"ParameterKey=A,ParameterValue=1 ParameterKey=B,ParameterValue=x,y odd =no\"", NULL, "A=1|B=x,y|"},
    {"samconfig.toml", "[default.deploy.parameters]\nparameter_overrides = [\"A=1 2\", 'B=\"x y\"']", NULL, "A=1 2|B=x y|"},
    {"samconfig.toml", "[default.deploy.parameters.parameter_overrides]\nA = 1\nB = \"x\"\nC = true", NULL, "A=1|B=x|C=true|"},
    {"samconfig.toml", "[default.local_invoke.parameters]\nparameter_overrides='A=2'\n[default.global.parameters]\nparameter_overrides='A=1'", NULL, "A=1|A=2|"},
    {"samconfig.toml", "[prod.deploy.parameters]\nparameter_overrides='A=1'", NULL, ""},
    {"samconfig.toml", "[prod.deploy.parameters]\nparameter_overrides='A=1'", "prod", "A=1|"},
    {"samconfig.yaml", "default: {deploy: {parameters: {parameter_overrides: [A=1]}}}", NULL, "A=1|"},
    {"samconfig.toml", "[default.deploy.parameters]\nstack_name = 'shop'\nregion = \"eu-west-1\"\ns3_prefix = 'x'", NULL, "AWS::StackName=shop|AWS::Region=eu-west-1|"},
    {"samconfig.toml", "[default.global.parameters]\nstack_name = 'all'\nregion = ''\n[default.deploy.parameters]\nstack_name = 'own'", NULL, "AWS::StackName=all|AWS::StackName=own|"},
    {"samconfig.toml", "version = 0.1", "prod", "?"},
    {"samconfig.toml", "version = ", "prod", "?"},
    {"samconfig.toml", "version = ", NULL, "?"},
};
/* clang-format on */

START_TEST(reads_every_form)
{
    write_file(cases[_i].name, cases[_i].text);
    ck_assert_str_eq(read_overrides(cases[_i].environment), cases[_i].overrides);
    ck_assert_uint_eq(problems.count, cases[_i].overrides[0] == '?');
}
END_TEST

START_TEST(is_needed_only_by_who_asks_for_it)
{
    ck_assert_str_eq(read_overrides(NULL), "");
    ck_assert_uint_eq(problems.count, 0);
    ck_assert_str_eq(read_overrides("prod"), "?");
    ck_assert_uint_eq(problems.count, 1);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("sam_config");
    TCase *rules = tcase_create("rules");

    tcase_add_checked_fixture(rules, begin, end);
    tcase_add_loop_test(rules, reads_every_form, 0, ARRAY_LENGTH(cases));
    tcase_add_test(rules, is_needed_only_by_who_asks_for_it);
    suite_add_tcase(suite, rules);
    return suite;
}
