#include "config/settings/url_settings.h"

#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/function_url.h"

#include <string.h>

/* The service model's limits. */
enum {
    HEADERS_MAX = 100,
    METHODS_MAX = 6,
    ORIGINS_MAX = 100,
    TEXT_MAX = 1024,
    MAX_AGE_MAX_S = 86400,
    QUOTE_MAX = 80
};

const char *const function_url_auth_names[] = {
    [FUNCTION_URL_AUTH_NONE] = "NONE", [FUNCTION_URL_AUTH_AWS_IAM] = "AWS_IAM", NULL};
const char *const function_url_mode_names[] = {
    [FUNCTION_URL_BUFFERED] = "BUFFERED", [FUNCTION_URL_RESPONSE_STREAM] = "RESPONSE_STREAM", NULL};

static void check_methods(const struct node *node, struct problem_list *problems)
{
    static const char *const methods[] = {"GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "*"};
    char quoted[QUOTE_MAX];

    for (const struct node *one = node->first; one != NULL; one = one->next) {
        size_t i = 0;

        while (i < sizeof methods / sizeof methods[0] && strcmp(one->text, methods[i]) != 0)
            i++;
        if (i < sizeof methods / sizeof methods[0])
            continue;
        node_quote(one, quoted, sizeof quoted);
        problem_list_add_at(problems, one,
                            "must be GET, PUT, HEAD, POST, PATCH, DELETE or * (is %s)", quoted);
    }
}

/* They are sent as headers. */
static void check_texts(const struct node *node, struct problem_list *problems)
{
    char quoted[QUOTE_MAX];

    for (const struct node *one = node->first; one != NULL; one = one->next) {
        bool is_sound = one->length > 0 && one->length <= TEXT_MAX;

        for (const char *at = one->text; *at != '\0'; at++)
            is_sound = is_sound && *at > ' ' && *at < 0x7f && *at != ',';
        if (is_sound)
            continue;
        node_quote(one, quoted, sizeof quoted);
        problem_list_add_at(problems, one,
                            "must be 1 to %d visible ASCII characters without commas (is %s)",
                            TEXT_MAX, quoted);
    }
}

/* Browsers refuse credentials where any origin may come, and so does AWS. */
static void check_cors(const struct node *object, struct problem_list *problems)
{
    const struct node *credentials = node_member(object, "AllowCredentials");
    const struct node *one = node_first_element(node_member(object, "AllowOrigins"));

    if (credentials == NULL || credentials->number == 0)
        return;
    for (; one != NULL; one = one->next) {
        if (strcmp(one->text, "*") == 0)
            problem_list_add_at(problems, credentials,
                                "can't be true when AllowOrigins has *: list the origins");
    }
}

static void check_url(const struct node *object, struct problem_list *problems)
{
    if (node_member(object, "AuthType") == NULL)
        problem_list_add_at(problems, object, "AuthType is required: NONE or AWS_IAM");
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define ANY_COUNT .max = 4e9

/* clang-format off */
static const struct setting cors_rows[] = {
    {"AllowCredentials", SETTING_FLAG,        SLOT_ALLOW_CREDENTIALS, .fallback = false},
    {"AllowHeaders",     SETTING_STRING_LIST, SLOT_ALLOW_HEADERS,  .max = HEADERS_MAX, .check = check_texts},
    {"AllowMethods",     SETTING_STRING_LIST, SLOT_ALLOW_METHODS,  .max = METHODS_MAX, .check = check_methods},
    {"AllowOrigins",     SETTING_STRING_LIST, SLOT_ALLOW_ORIGINS,  .max = ORIGINS_MAX, .check = check_texts},
    {"ExposeHeaders",    SETTING_STRING_LIST, SLOT_EXPOSE_HEADERS, .max = HEADERS_MAX, .check = check_texts},
    {"MaxAge",           SETTING_INTEGER,     SLOT_MAX_AGE,        .max = MAX_AGE_MAX_S},
};
/* AWS checks less there, and templates list OPTIONS, too. */
static const struct setting api_cors_rows[] = {
    {"AllowCredentials", SETTING_FLAG,        SLOT_ALLOW_CREDENTIALS, .fallback = false},
    {"AllowHeaders",     SETTING_STRING_LIST, SLOT_ALLOW_HEADERS,  .max = HEADERS_MAX, .check = check_texts},
    {"AllowMethods",     SETTING_STRING_LIST, SLOT_ALLOW_METHODS,  .max = HEADERS_MAX, .check = check_texts},
    {"AllowOrigins",     SETTING_STRING_LIST, SLOT_ALLOW_ORIGINS,  .max = ORIGINS_MAX, .check = check_texts},
    {"ExposeHeaders",    SETTING_STRING_LIST, SLOT_EXPOSE_HEADERS, .max = HEADERS_MAX, .check = check_texts},
    {"MaxAge",           SETTING_INTEGER,     SLOT_MAX_AGE,        .max = MAX_AGE_MAX_S},
};
const struct setting_scope api_cors_settings = {api_cors_rows, COUNT_OF(api_cors_rows), .check = NULL};

const struct setting_scope cors_settings = {cors_rows, COUNT_OF(cors_rows), .check = check_cors};

static const struct setting url_rows[] = {
    {"AuthType",   SETTING_CHOICE, SLOT_AUTH_TYPE,   .choices = function_url_auth_names},
    {"InvokeMode", SETTING_CHOICE, SLOT_INVOKE_MODE, .choices = function_url_mode_names},
    {"Cors",       SETTING_OBJECT, SLOT_CORS,        ANY_COUNT, .scope = &cors_settings},
};
const struct setting_scope url_settings = {url_rows, COUNT_OF(url_rows), .check = check_url};
/* clang-format on */
