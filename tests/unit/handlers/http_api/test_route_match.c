#include "handlers/http_api/route_match.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char config_text[] =
    "{\"Functions\": {\"f\": {\"Local\": {\"Command\": [\"cat\"]}}}, \"Apis\": {"
    "\"http\": {\"Type\": \"HttpApi\", \"Routes\": ["
    "{\"Function\": \"f\"},"
    "{\"Method\": \"ANY\", \"Path\": \"/{proxy+}\", \"Function\": \"f\"},"
    "{\"Method\": \"GET\", \"Path\": \"/\", \"Function\": \"f\"},"
    "{\"Method\": \"GET\", \"Path\": \"/pets/{id}\", \"Function\": \"f\"},"
    "{\"Method\": \"ANY\", \"Path\": \"/pets/{id}\", \"Function\": \"f\"},"
    "{\"Method\": \"GET\", \"Path\": \"/pets/dog\", \"Function\": \"f\"},"
    "{\"Method\": \"POST\", \"Path\": \"/pets/{id}/toys/{toy}\", \"Function\": \"f\"},"
    "{\"Method\": \"GET\", \"Path\": \"/files/{path+}\", \"Function\": \"f\"}]},"
    "\"rest\": {\"Type\": \"Api\", \"Routes\": ["
    "{\"Method\": \"POST\", \"Path\": \"/pets/{id}\", \"Function\": \"f\"},"
    "{\"Method\": \"PUT\", \"Path\": \"/pets/{id}\", \"Function\": \"f\"},"
    "{\"Method\": \"ANY\", \"Path\": \"/{proxy+}\", \"Function\": \"f\"}]}}}";

/* clang-format off */
static const struct {
    const char *api, *method, *path;
    const char *key;    /* NULL: none */
    const char *values; /* "id=7 " */
} cases[] = {
    {"http", "GET",    "/",                     "GET /", ""},
    {"http", "POST",   "/",                     "$default", ""},
    {"http", "GET",    "/pets/dog",             "GET /pets/dog", ""},
    {"http", "GET",    "/pets/cat",             "GET /pets/{id}", "id=cat "},
    {"http", "DELETE", "/pets/cat",             "ANY /pets/{id}", "id=cat "},
    {"http", "POST",   "/pets/dog",             "ANY /pets/{id}", "id=dog "},
    {"http", "GET",    "/pets/a%20b%2Fc",       "GET /pets/{id}", "id=a b/c "},
    {"http", "GET",    "/pets/",                "ANY /{proxy+}", "proxy=pets/ "},
    {"http", "GET",    "/pets",                 "ANY /{proxy+}", "proxy=pets "},
    {"http", "GET",    "/pets/dog/",            "ANY /{proxy+}", "proxy=pets/dog/ "},
    {"http", "POST",   "/pets/7/toys/ball",     "POST /pets/{id}/toys/{toy}", "id=7 toy=ball "},
    {"http", "GET",    "/pets/7/toys/ball",     "ANY /{proxy+}", "proxy=pets/7/toys/ball "},
    {"http", "GET",    "/files/a/b/c.txt",      "GET /files/{path+}", "path=a/b/c.txt "},
    {"http", "GET",    "/files/",               "ANY /{proxy+}", "proxy=files/ "},
    {"http", "GET",    "/Pets/dog",             "ANY /{proxy+}", "proxy=Pets/dog "},
    {"http", "GET",    "//",                    "ANY /{proxy+}", "proxy=/ "},
    {"http", "GET",    "",                      "$default", ""},
    {"rest", "POST",   "/pets/7",               "POST /pets/{id}", "id=7 "},
    {"rest", "PUT",    "/pets/7",               "PUT /pets/{id}", "id=7 "},
    {"rest", "GET",    "/pets/7",               NULL, ""}, /* the resource is there, and lacks the method */
    {"rest", "GET",    "/other",                "ANY /{proxy+}", "proxy=other "},
    {"rest", "GET",    "/",                     NULL, ""},
};
/* clang-format on */

static struct config *config;

static void set_up(void)
{
    struct config_problems problems = {.count = 0};

    config = config_parse(config_text, strlen(config_text), "/invoked.json", &problems);
    ck_assert_msg(config != NULL, "%s", problems.count > 0 ? problems.messages[0] : "no memory");
    config_problems_clear(&problems);
}

static void tear_down(void)
{
    config_release(config);
}

START_TEST(the_most_specific_route_takes_the_request)
{
    struct name_values values = {NULL};
    char *memory, text[256] = "";
    const struct http_api *api = http_api_by_name(config, cases[_i].api);
    const struct api_route *route =
        route_match(api, cases[_i].method,
                    (struct bytes_view){cases[_i].path, strlen(cases[_i].path)}, &values, &memory);

    ck_assert_ptr_nonnull(api);
    if (cases[_i].key == NULL)
        ck_assert_ptr_null(route);
    else
        ck_assert_str_eq(route->key, cases[_i].key);
    for (size_t i = 0; i < values.count; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s=%.*s ",
                       (int)values.items[i].name.length, values.items[i].name.data,
                       (int)values.items[i].value.length, values.items[i].value.data);
    ck_assert_str_eq(text, cases[_i].values);
    name_values_clear(&values);
    free(memory);
}
END_TEST

START_TEST(an_api_is_found_by_its_id_in_any_case)
{
    const struct http_api *api = http_api_by_name(config, "http");
    char id[HTTP_API_ID_LENGTH + 1];

    for (size_t i = 0; i <= HTTP_API_ID_LENGTH; i++)
        id[i] = (char)(api->id[i] >= 'a' ? api->id[i] & ~0x20 : api->id[i]);
    ck_assert_ptr_eq(http_api_by_id(config, id, HTTP_API_ID_LENGTH), api);
    ck_assert_ptr_null(http_api_by_id(config, id, HTTP_API_ID_LENGTH - 1));
    ck_assert_ptr_null(http_api_by_name(config, "nobody"));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("route_match");
    TCase *tcase = tcase_create("route_match");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, the_most_specific_route_takes_the_request, 0, ARRAY_LENGTH(cases));
    tcase_add_test(tcase, an_api_is_found_by_its_id_in_any_case);
    suite_add_tcase(suite, tcase);
    return suite;
}
