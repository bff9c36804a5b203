#include "handlers/lambda/api_operations.h"

#include "tests/support/fake_exchange.h"
#include "tests/support/unit.h"

#include <string.h>

/* clang-format off */
static const struct {
    const char *method, *path, *query, *name; /* the name is NULL when there is no such operation */
} cases[] = {
    {"POST",   "/2015-03-31/functions",                     "", "CreateFunction"},
    {"POST",   "/2015-03-31/functions/",                    "", "CreateFunction"},
    {"GET",    "/2015-03-31/functions/",                    "MaxItems=3", "ListFunctions"},
    {"GET",    "/2015-03-31/functions/f",                   "", "GetFunction"},
    {"GET",    "/2015-03-31/functions/f:1/",                "Qualifier=1", "GetFunction"},
    {"GET",    "/2015-03-31/functions/arn%3Aaws%3Alambda/aliases/live", "", "GetAlias"},
    {"GET",    "/2018-10-31/layers",                        "", "ListLayers"},
    {"GET",    "/2018-10-31/layers",                        "find=LayerVersion&Arn=a", "GetLayerVersionByArn"},
    {"GET",    "/2018-10-31/layers",                        "Arn=a&find=LayerVersion", "GetLayerVersionByArn"},
    {"GET",    "/2018-10-31/layers",                        "find=LayerVersions", "ListLayers"},
    {"GET",    "/2019-09-30/functions/f/provisioned-concurrency", "List=ALL", "ListProvisionedConcurrencyConfigs"},
    {"GET",    "/2019-09-30/functions/f/provisioned-concurrency", "Qualifier=1", "GetProvisionedConcurrencyConfig"},
    {"GET",    "/2019-09-25/functions/f/event-invoke-config/list", "", "ListFunctionEventInvokeConfigs"},
    {"DELETE", "/2018-10-31/layers/l/versions/1/policy/s",  "", "RemoveLayerVersionPermission"},
    {"POST",   "/2015-03-31/functions/f/invocations",       "", "Invoke"},

    {"PATCH",  "/2015-03-31/functions/f",                   "", NULL},
    {"get",    "/2015-03-31/functions/f",                   "", NULL},
    {"GET",    "/2015-03-31/functions//",                   "", NULL},
    {"GET",    "/2015-03-31/functions/f//",                 "", NULL},
    {"GET",    "/2015-03-31/functions/f/g/h",               "", NULL},
    {"GET",    "//2015-03-31/functions",                    "", NULL},
    {"GET",    "2015-03-31/functions",                      "", NULL},
    {"GET",    "/2015-03-31/function",                      "", NULL},
    {"GET",    "/2015-03-31/functions/f/aliases/",          "", "ListAliases"},
    {"GET",    "/2015-03-31/functions/f/aliases//",         "", NULL},
    {"GET",    "/",                                         "", NULL},
    {"GET",    "",                                          "", NULL},
    {"",       "",                                          "", NULL},
};
/* clang-format on */

static struct bytes_view view(const char *text)
{
    return (struct bytes_view){text, strlen(text)};
}

START_TEST(method_path_and_query_name_the_operation)
{
    const struct api_operation *found =
        api_operation_find(cases[_i].method, view(cases[_i].path), view(cases[_i].query));

    ck_assert_pstr_eq(found == NULL ? NULL : found->name, cases[_i].name);
}
END_TEST

START_TEST(each_row_is_found_by_its_own_pattern)
{
    size_t count;
    const struct api_operation *operation = &api_operations(&count)[_i];
    const char *question = strchr(operation->path, '?');
    const struct bytes_view path = {operation->path, question == NULL
                                                         ? strlen(operation->path)
                                                         : (size_t)(question - operation->path)};

    ck_assert_ptr_eq(
        api_operation_find(operation->method, path, view(question == NULL ? "" : question + 1)),
        operation);
}
END_TEST

START_TEST(the_answer_names_the_operation)
{
    struct fake_exchange fake;

    fake_exchange_init(&fake, "GET", "/2015-03-31/functions/f");
    api_answer_not_implemented(&fake.exchange,
                               api_operation_find("GET", fake.exchange.path, view("")));
    ck_assert_str_eq(fake_exchange_answer(&fake),
                     "501\nContent-Type: application/json\n"
                     "x-amzn-RequestId: 4bcbe58b-b0cc-47a5-a1d9-79eda1987e58\n"
                     "x-amzn-ErrorType: NotImplementedException\n\n"
                     "{\"Type\":\"User\",\"message\":\"invoked does not implement GetFunction. Its "
                     "page docs/management.md lists the operations that it has.\"}");
    fake_exchange_clear(&fake);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("api_operations");
    TCase *tcase = tcase_create("api_operations");
    size_t count;

    (void)api_operations(&count);
    tcase_add_loop_test(tcase, method_path_and_query_name_the_operation, 0, ARRAY_LENGTH(cases));
    tcase_add_loop_test(tcase, each_row_is_found_by_its_own_pattern, 0, (int)count);
    tcase_add_test(tcase, the_answer_names_the_operation);
    suite_add_tcase(suite, tcase);
    return suite;
}
