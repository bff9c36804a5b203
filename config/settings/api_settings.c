#include "config/settings/api_settings.h"

#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/http_api.h"
#include "config/settings/url_settings.h"

#include <string.h>

enum { METHOD_MAX = 32, PATH_MAX_BYTES = 1024, QUOTE_MAX = 80, SEGMENTS_MAX = 100 };

const char *const http_api_kind_names[] = {[HTTP_API] = "HttpApi", [REST_API] = "Api", NULL};
const char *const api_payload_names[] = {
    [API_PAYLOAD_2_0] = "2.0", [API_PAYLOAD_1_0] = "1.0", NULL};

static void check_method(const struct node *node, struct problem_list *problems)
{
    char quoted[QUOTE_MAX];

    if (strspn(node->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == node->length)
        return;
    node_quote(node, quoted, sizeof quoted);
    problem_list_add_at(problems, node, "must be a method in capitals, or ANY (is %s)", quoted);
}

static bool is_sound_segment(const char *text, size_t length, bool is_last)
{
    const bool is_greedy = length > 3 && text[length - 2] == '+';

    if (memchr(text, '{', length) == NULL)
        return memchr(text, '}', length) == NULL;
    return text[0] == '{' && text[length - 1] == '}' && length > 2 && (!is_greedy || is_last) &&
           memchr(text + 1, '{', length - 1) == NULL && memchr(text, '}', length - 1) == NULL;
}

static void check_path(const struct node *node, struct problem_list *problems)
{
    const char *at = node->text;
    bool is_sound = *at == '/';
    size_t count = 0;
    char quoted[QUOTE_MAX];

    while (is_sound && *at == '/') {
        const size_t length = strcspn(++at, "/");

        is_sound = is_sound_segment(at, length, at[length] == '\0') && ++count <= SEGMENTS_MAX;
        at += length;
    }
    if (is_sound)
        return;
    node_quote(node, quoted, sizeof quoted);
    problem_list_add_at(problems, node, "must be a path such as /pets/{id} or /{proxy+} (is %s)",
                        quoted);
}

static void check_route(const struct node *object, struct problem_list *problems)
{
    if (node_member(object, "Function") == NULL)
        problem_list_add_at(problems, object, "Function is required");
}

static void check_api(const struct node *object, struct problem_list *problems)
{
    if (node_member(object, "Type") == NULL)
        problem_list_add_at(problems, object, "Type is required: HttpApi or Api");
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define ANY_COUNT .max = 4e9

/* clang-format off */
static const struct setting route_rows[] = {
    {"Method",    SETTING_STRING, SLOT_ROUTE_METHOD,    .min = 1, .max = METHOD_MAX, .check = check_method},
    {"Path",      SETTING_STRING, SLOT_ROUTE_PATH,      .min = 1, .max = PATH_MAX_BYTES, .check = check_path},
    {"Function",  SETTING_STRING, SLOT_ROUTE_FUNCTION,  .min = 1, .max = 64},
    {"Qualifier", SETTING_STRING, SLOT_ROUTE_QUALIFIER, .min = 1, .max = 128},
    {"PayloadFormatVersion", SETTING_CHOICE, SLOT_ROUTE_PAYLOAD, .choices = api_payload_names},
};
const struct setting_scope route_settings = {route_rows, COUNT_OF(route_rows), .check = check_route};

static const struct setting api_rows[] = {
    {"Type",   SETTING_CHOICE,      SLOT_API_TYPE, .choices = http_api_kind_names},
    {"Cors",   SETTING_OBJECT,      SLOT_API_CORS, ANY_COUNT, .scope = &api_cors_settings},
    {"Routes", SETTING_OBJECT_LIST, SLOT_ROUTES,   .max = ROUTES_MAX, .scope = &route_settings},
};
const struct setting_scope api_settings = {api_rows, COUNT_OF(api_rows), .check = check_api};
/* clang-format on */
