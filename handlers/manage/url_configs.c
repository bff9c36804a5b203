/* url_configs.c - the function URL configurations of functions and aliases. */
#include "config/function_url.h"
#include "handlers/manage/configuration.h"
#include "handlers/manage/manage_operations.h"
#include "handlers/manage/manage_rules.h"

#include <stdio.h>
#include <string.h>

enum { URLS_PAGE_MAX = 50 };

static const struct item_rule header_item = {
    .text = "Member must have length less than or equal to 1024, Member must have length greater "
            "than or equal to 0, Member must satisfy regular expression pattern: .*",
    .max = 1024};
static const struct item_rule origin_item = {
    .text = "Member must have length less than or equal to 253, Member must have length greater "
            "than or equal to 1, Member must satisfy regular expression pattern: .*",
    .min = 1,
    .max = 253};
static const struct item_rule method_item = {
    .text = "Member must have length less than or equal to 6, Member must have length greater than "
            "or equal to 0, Member must satisfy regular expression pattern: .*",
    .max = 6};

/* clang-format off */
#define URL_RULES \
    {"InvokeMode", MEMBER_TEXT, .values = "RESPONSE_STREAM, BUFFERED"}, \
    {"Cors", MEMBER_OBJECT, .max = 0}, \
    {"Cors.AllowCredentials", MEMBER_FLAG, .max = 0}, \
    {"Cors.AllowHeaders", MEMBER_TEXTS, .max = 100, .item = &header_item}, \
    {"Cors.AllowMethods", MEMBER_TEXTS, .max = 6, .item = &method_item}, \
    {"Cors.AllowOrigins", MEMBER_TEXTS, .max = 100, .item = &origin_item}, \
    {"Cors.ExposeHeaders", MEMBER_TEXTS, .max = 100, .item = &header_item}, \
    {"Cors.MaxAge", MEMBER_INTEGER, .min = 0, .max = 86400}, \
    {NULL, MEMBER_TEXT, .max = 0}

const struct member_rule create_url_rules[] = {
    {"AuthType", MEMBER_TEXT, .is_required = true, .values = "NONE, AWS_IAM"},
    URL_RULES,
};
const struct member_rule update_url_rules[] = {
    {"AuthType", MEMBER_TEXT, .values = "NONE, AWS_IAM"},
    URL_RULES,
};
/* clang-format on */

/* ---- answers ---- */

/* Where the function is really reached: the host of its URL, with the port of this server. */
static void make_url(const struct manage_call *call, const char *qualifier, char *text, size_t size)
{
    const struct config *config = config_store_current(call->api->config_store);
    const struct function *function = config_function_of(config, call->account_id, call->name.name);
    const struct function_url *url = function == NULL ? NULL : function_url_of(function, qualifier);
    const char *host = exchange_header(call->exchange, "Host");
    const char *port = host == NULL ? NULL : strrchr(host, ':');
    char name[FUNCTION_URL_HOST_SIZE] = "unknown.lambda-url.localhost";

    if (url != NULL)
        function_url_host(config, url, name);
    (void)snprintf(text, size, "http://%s%s/", name,
                   port == NULL || strchr(port, ']') != NULL ? "" : port);
}

enum url_form { URL_CREATED, URL_UPDATED, URL_READ };

static cJSON *make_answer(const struct manage_call *call, const cJSON *config,
                          const char *qualifier, enum url_form form)
{
    const char *mode = json_member_text(config, "InvokeMode");
    const cJSON *cors = cJSON_GetObjectItemCaseSensitive(config, "Cors");
    cJSON *answer = cJSON_CreateObject();
    char url[FUNCTION_URL_HOST_SIZE + 32];

    make_url(call, qualifier, url, sizeof url);
    (void)cJSON_AddStringToObject(answer, "FunctionUrl", url);
    (void)cJSON_AddStringToObject(answer, "FunctionArn", manage_function_arn(call, qualifier).text);
    (void)cJSON_AddStringToObject(answer, "AuthType", json_member_text(config, "AuthType"));
    if (cors != NULL)
        (void)cJSON_AddItemToObject(answer, "Cors", cJSON_Duplicate(cors, true));
    (void)cJSON_AddStringToObject(answer, "CreationTime", json_member_text(config, "CreationTime"));
    if (form != URL_CREATED)
        (void)cJSON_AddStringToObject(answer, "LastModifiedTime",
                                      json_member_text(config, "LastModifiedTime"));
    if (mode != NULL || form == URL_READ)
        (void)cJSON_AddStringToObject(answer, "InvokeMode", mode == NULL ? "BUFFERED" : mode);
    return answer;
}

/* ---- finding ---- */

static bool find_function(struct manage_call *call)
{
    if (manage_look(call) && manage_version(&call->function, call->qualifier) != NULL)
        return true;
    manage_refuse(call, MANAGE_NOT_FOUND, "Function does not exist");
    return false;
}

static const cJSON *stored(const struct manage_call *call)
{
    return cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(call->function.document, "Urls"), call->qualifier);
}

static const cJSON *find_config(struct manage_call *call)
{
    const cJSON *config = manage_look(call) ? stored(call) : NULL;

    if (config == NULL)
        manage_refuse(call, MANAGE_NOT_FOUND, "The resource you requested does not exist.");
    return config;
}

/* ---- operations ---- */

static void take_members(const struct manage_call *call, cJSON *config)
{
    static const char *const members[] = {"AuthType", "InvokeMode", "Cors"};

    for (size_t i = 0; i < 3; i++) {
        const cJSON *given = manage_member(call, members[i]);

        if (given != NULL)
            json_member_set(config, members[i], cJSON_Duplicate(given, true));
    }
    if (cJSON_GetArraySize(manage_member(call, "Cors")) == 0 && manage_member(call, "Cors") != NULL)
        cJSON_DeleteItemFromObjectCaseSensitive(config, "Cors");
    json_member_set(config, "LastModifiedTime", cJSON_CreateString(manage_time_z(call).text));
}

/* The answer tells the URL, which the snapshot has only after the change. */
static void save(struct manage_call *call, cJSON *config, int status, enum url_form form)
{
    registry_take_over(call->function.resource, NULL);
    manage_write(call, call->function.resource, status,
                 make_answer(call, config, call->qualifier, form));
}

void create_url(struct manage_call *call)
{
    cJSON *document, *urls, *config;

    if (!find_function(call))
        return;
    if (stored(call) != NULL) {
        manage_refuse(call, MANAGE_CONFLICT,
                      "Failed to create function url config for [functionArn = %s]. Error message: "
                      " FunctionUrlConfig exists for this Lambda function",
                      manage_function_arn(call, call->qualifier).text);
        return;
    }
    if (manage_refuse_of_file(call))
        return;
    document = call->function.resource->document;
    urls = cJSON_GetObjectItemCaseSensitive(document, "Urls");
    if (urls == NULL)
        urls = cJSON_AddObjectToObject(document, "Urls");
    config = cJSON_AddObjectToObject(urls, call->qualifier);
    (void)cJSON_AddStringToObject(config, "CreationTime", manage_time_z(call).text);
    take_members(call, config);
    save(call, config, 201, URL_CREATED);
}

void update_url(struct manage_call *call)
{
    const cJSON *config;

    if (!find_function(call) || (config = find_config(call)) == NULL || manage_refuse_of_file(call))
        return;
    take_members(call, (cJSON *)(uintptr_t)config);
    save(call, (cJSON *)(uintptr_t)config, 200, URL_UPDATED);
}

void get_url(struct manage_call *call)
{
    const cJSON *config = find_config(call);

    if (config != NULL)
        manage_answer(call, 200, make_answer(call, config, call->qualifier, URL_READ));
}

void delete_url(struct manage_call *call)
{
    if (find_config(call) == NULL || manage_refuse_of_file(call))
        return;
    cJSON_DeleteItemFromObjectCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(call->function.resource->document, "Urls"),
        call->qualifier);
    manage_save(call, call->function.resource, NULL, 204, NULL);
}

void list_urls(struct manage_call *call)
{
    struct manage_page page;
    const cJSON *config;
    cJSON *items;

    if (!find_function(call) || !manage_page_read(call, URLS_PAGE_MAX, &page))
        return;
    items = cJSON_CreateArray();
    cJSON_ArrayForEach(config, cJSON_GetObjectItemCaseSensitive(call->function.document, "Urls"))(
        void) cJSON_AddItemToArray(items, make_answer(call, config, config->string, URL_READ));
    manage_answer(call, 200, manage_page_make(&page, "FunctionUrlConfigs", items));
}
