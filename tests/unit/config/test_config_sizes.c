/*
 * Configurations of a few megabytes in which everything refers to everything: reading them must not take time that grows
 * with the square of their size.
 *
 * test: timeout 300
 */
#include "base/bytes.h"
#include "config/config.h"
#include "tests/support/unit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    MANY = 20000,
#ifdef __SANITIZE_ADDRESS__
    SECONDS_MAX = 240
#else
    SECONDS_MAX = 60
#endif
};

static struct bytes *text;

__attribute__((format(printf, 1, 2))) static void put(const char *format, ...)
{
    char piece[256];
    va_list arguments;

    va_start(arguments, format);
    const int length = vsnprintf(piece, sizeof piece, format, arguments);

    va_end(arguments);
    ck_assert(length < (int)sizeof piece && bytes_append(&text, piece, (size_t)length));
}

/* `format` has a %d, or two. */
#define put_many(format, ...)                                                                      \
    for (int i = 0; i < MANY; i++) {                                                               \
        put("%s", i == 0 ? "" : ",");                                                              \
        put(format, __VA_ARGS__);                                                                  \
    }

static void put_function(void)
{
    put("\"Resources\":{\"F\":{\"Type\":\"AWS::Serverless::Function\",\"Properties\":{"
        "\"Runtime\":\"provided\",\"CodeUri\":\".\",\"Environment\":{\"Variables\":{");
}

static void put_conditions(void)
{
    put("{\"Conditions\":{");
    put_many("\"c%d\":{\"Fn::Equals\":[1,1]}", i);
    put("},");
    put_function();
    put_many("\"V%d\":{\"Fn::If\":[\"c%d\",1,2]}", i, MANY - 1 - i / 2);
    put("}}}}}}");
}

static void put_mappings(void)
{
    put("{\"Mappings\":{\"m\":{");
    put_many("\"k%d\":{\"a\":1}", i);
    put("}},");
    put_function();
    put_many("\"V%d\":{\"Fn::FindInMap\":[\"m\",\"k%d\",\"a\"]}", i, MANY - 1 - i / 2);
    put("}}}}}}");
}

static void put_parameters(void)
{
    put("{\"Parameters\":{");
    put_many("\"p%d\":{\"Default\":1}", i);
    put("},");
    put_function();
    put_many("\"V%d\":{\"Ref\":\"p%d\"}", i, MANY - 1 - i / 2);
    put("}}}}}}");
}

static void put_globals(void)
{
    put("{\"Globals\":{\"Function\":{\"Environment\":{\"Variables\":{");
    put_many("\"G%d\":1", i);
    put("}}}},");
    put_function();
    put_many("\"V%d\":1", i);
    put("}}}}}}");
}

static void put_equal_objects(void)
{
    put("{\"Conditions\":{\"c\":{\"Fn::Equals\":[{");
    put_many("\"k%d\":1", i);
    put("},{");
    put_many("\"k%d\":1", MANY - 1 - i);
    put("}]}},");
    put_function();
    put("\"VV\":{\"Fn::If\":[\"c\",1,2]}}}}}}}");
}

static void put_unknown_names(void)
{
    put("{\"Parameters\":{");
    put_many("\"parameter%d\":{\"Default\":1}", i);
    put("},");
    put_function();
    put_many("\"V%d\":{\"Ref\":\"nowhere-%d\"}", i, i);
    put("}}}}}}");
}

static void put_versions(void)
{
    put("{\"Functions\":{\"f\":{\"Local\":{\"Command\":[\"cat\"]},\"Versions\":{");
    put_many("\"%d\":{}", i + 1);
    put("},\"Aliases\":{");
    put_many("\"a%d\":{\"FunctionVersion\":\"%d\"}", i, MANY - i / 2);
    put("}}}}");
}

static void put_inherited_names(void)
{
    put("{\"Functions\":{\"f\":{\"Local\":{\"Command\":[\"cat\"],\"InheritEnvironment\":[");
    put_many("\"N%d\"", i);
    put("]}}}}");
}

static void put_merged_keys(void)
{
    put("Resources: {");
    put_many("k%d: 1", i);
    put(", <<: {");
    put_many("m%d: 1", i);
    put("}}");
}

static const struct {
    const char *path;
    void (*put)(void);
} rows[] = {
    {"./x.json", put_conditions},    {"./x.json", put_mappings},
    {"./x.json", put_parameters},    {"./x.json", put_globals},
    {"./x.json", put_equal_objects}, {"./x.json", put_unknown_names},
    {"./x.json", put_versions},      {"./x.json", put_inherited_names},
    {"./x.yaml", put_merged_keys},
};

START_TEST(refuses_in_time_what_refers_to_too_much)
{
    struct config_problems problems = {.count = 0};

    rows[_i].put();
    ck_assert_ptr_null(config_parse(text->data, text->length, rows[_i].path, &problems));
    ck_assert_uint_gt(problems.count, 0);
    ck_assert(!problems.is_out_of_memory);
    config_problems_clear(&problems);
    bytes_release(text);
    text = NULL;
}
END_TEST

static const struct {
    const char *list, *problem;
} lists[] = {
    {"\"Versions\":{", "Versions: must have at most 1000 entries (has 20000)"},
    {"\"Aliases\":{", "Aliases: must have at most 1000 entries (has 20000)"},
};

START_TEST(says_how_much_a_list_may_hold)
{
    struct config_problems problems = {.count = 0};

    put("{\"Functions\":{\"f\":{\"Local\":{\"Command\":[\"cat\"]},%s", lists[_i].list);
    put_many("\"%d\":{}", i + 1);
    put("}}}}");
    ck_assert_ptr_null(config_parse(text->data, text->length, "./x.json", &problems));
    ck_assert_ptr_nonnull(strstr(problems.messages[0], lists[_i].problem));
    config_problems_clear(&problems);
    bytes_release(text);
    text = NULL;
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("config_sizes");
    TCase *sizes = tcase_create("sizes");

    tcase_set_timeout(sizes, SECONDS_MAX);
    tcase_add_loop_test(sizes, refuses_in_time_what_refers_to_too_much, 0, ARRAY_LENGTH(rows));
    tcase_add_loop_test(sizes, says_how_much_a_list_may_hold, 0, ARRAY_LENGTH(lists));
    suite_add_tcase(suite, sizes);
    return suite;
}
