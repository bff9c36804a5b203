/* signing.c - code signing configurations, which are stored: nothing here is signed. */
#include "handlers/manage/configuration.h"
#include "handlers/manage/manage_operations.h"
#include "handlers/manage/manage_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIGNINGS_PAGE_MAX = 10000, ID_LENGTH = 17, ID_SIZE = 32 };

#define SIGNING_PATTERN                                                                            \
    "arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:"  \
    "code-signing-config:csc-[a-z0-9]{17}"
#define SIGNING_ERE                                                                                \
    "arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-[0-9]:[0-9]{12}:" \
    "code-signing-config:csc-[a-z0-9]{17}"

/* clang-format off */
#define SIGNING_RULES \
    {"Description", MEMBER_TEXT, .max = 256}, \
    {"CodeSigningPolicies", MEMBER_OBJECT, .max = 0}, \
    {"CodeSigningPolicies.UntrustedArtifactOnDeployment", MEMBER_TEXT, .values = "Warn, Enforce"}, \
    {"Tags", MEMBER_MAP, .max = 0}, \
    {NULL, MEMBER_TEXT, .max = 0}

const struct member_rule create_signing_rules[] = {
    {"AllowedPublishers", MEMBER_OBJECT, .is_required = true},
    {"AllowedPublishers.SigningProfileVersionArns", MEMBER_TEXTS, .is_required = true, .min = 1, .max = 20},
    SIGNING_RULES,
};
const struct member_rule update_signing_rules[] = {
    {"AllowedPublishers", MEMBER_OBJECT, .max = 0},
    {"AllowedPublishers.SigningProfileVersionArns", MEMBER_TEXTS, .is_required = true, .min = 1, .max = 20},
    SIGNING_RULES,
};
const struct member_rule put_function_signing_rules[] = {
    {"CodeSigningConfigArn", MEMBER_TEXT, .is_required = true, .max = 200, .pattern = SIGNING_PATTERN, .ere = SIGNING_ERE},
    {NULL, MEMBER_TEXT, .max = 0},
};
/* clang-format on */

/* ---- finding ---- */

static struct resource *find_by_arn(const struct manage_call *call, const char *arn)
{
    const char *id = strrchr(arn, ':');

    if (id == NULL || strcmp(manage_arn_of(call, "code-signing-config", id + 1, "").text, arn) != 0)
        return NULL;
    return registry_find(call->api->registry, RESOURCE_SIGNING, call->account_id, id + 1);
}

/* Of the path. NULL, and answered, when there is none. */
static struct resource *find(struct manage_call *call)
{
    const char *arn = call->labels[0];
    struct resource *resource;

    if (!member_matches(SIGNING_ERE, arn)) {
        manage_refuse_plain(call, MANAGE_VALIDATION,
                            "1 validation error detected: Value '%s' at 'codeSigningConfigArn' "
                            "failed to satisfy constraint: Member must satisfy regular expression "
                            "pattern: %s",
                            arn, SIGNING_PATTERN);
        return NULL;
    }
    resource = find_by_arn(call, arn);
    if (resource == NULL)
        manage_refuse_plain(call, MANAGE_NOT_FOUND,
                            "The Lambda code signing configuration %s can not be found.", arn);
    return resource;
}

/* ---- configurations ---- */

static cJSON *make_config(const struct manage_call *call, const struct resource *resource)
{
    static const char *const members[] = {"Description", "AllowedPublishers", "CodeSigningPolicies",
                                          "LastModified"};
    cJSON *config = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(config, "CodeSigningConfigId", resource->name);
    (void)cJSON_AddStringToObject(
        config, "CodeSigningConfigArn",
        manage_arn_of(call, "code-signing-config", resource->name, "").text);
    for (size_t i = 0; i < 4; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(resource->document, members[i]);

        if (item != NULL)
            (void)cJSON_AddItemToObject(config, members[i], cJSON_Duplicate(item, true));
    }
    return config;
}

static cJSON *make_answer(const struct manage_call *call, const struct resource *resource)
{
    cJSON *answer = cJSON_CreateObject();

    (void)cJSON_AddItemToObject(answer, "CodeSigningConfig", make_config(call, resource));
    return answer;
}

static void take_members(const struct manage_call *call, cJSON *document)
{
    static const char *const members[] = {"Description", "AllowedPublishers", "CodeSigningPolicies",
                                          "Tags"};

    for (size_t i = 0; i < 4; i++) {
        const cJSON *given = manage_member(call, members[i]);

        if (given != NULL)
            json_member_set(document, members[i], cJSON_Duplicate(given, true));
    }
    json_member_set(document, "LastModified", cJSON_CreateString(manage_time_now(call).text));
}

/* csc- and 17 of a-z0-9. */
static void make_id(const struct manage_call *call, char id[ID_SIZE])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t used = (size_t)snprintf(id, ID_SIZE, "csc-");

    for (size_t i = 0; i < ID_LENGTH; i++)
        id[used++] = letters[(size_t)(random_fraction(call->api->random) * 36)];
    id[used] = '\0';
}

void create_signing(struct manage_call *call)
{
    cJSON *document = cJSON_CreateObject();
    struct resource *resource;
    char id[ID_SIZE];

    make_id(call, id);
    (void)cJSON_AddStringToObject(document, "Description", "");
    (void)cJSON_AddStringToObject(cJSON_AddObjectToObject(document, "CodeSigningPolicies"),
                                  "UntrustedArtifactOnDeployment", "Warn");
    take_members(call, document);
    resource = registry_add(call->api->registry, RESOURCE_SIGNING, call->account_id, id, document);
    if (resource == NULL)
        manage_refuse(call, MANAGE_SERVICE, "invoked is out of memory");
    else
        manage_save(call, resource, NULL, 201, make_answer(call, resource));
}

void get_signing(struct manage_call *call)
{
    const struct resource *resource = find(call);

    if (resource != NULL)
        manage_answer(call, 200, make_answer(call, resource));
}

void update_signing(struct manage_call *call)
{
    struct resource *resource = find(call);

    if (resource == NULL)
        return;
    take_members(call, resource->document);
    manage_save(call, resource, NULL, 200, make_answer(call, resource));
}

/* ---- functions with one ---- */

static const char *arn_of_function(const cJSON *document)
{
    return json_member_text(document, "CodeSigningConfigArn");
}

static cJSON *list_functions_with(const struct manage_call *call, const char *arn)
{
    size_t count;
    struct resource *const *list =
        registry_list(call->api->registry, RESOURCE_FUNCTION, call->account_id, "", &count);
    cJSON *items = cJSON_CreateArray();

    for (size_t i = 0; i < count; i++) {
        const char *own = arn_of_function(list[i]->document);

        if (own != NULL && strcmp(own, arn) == 0)
            (void)cJSON_AddItemToArray(
                items, cJSON_CreateString(manage_arn_of(call, "function", list[i]->name, "").text));
    }
    return items;
}

void delete_signing(struct manage_call *call)
{
    struct resource *resource = find(call);
    cJSON *users;

    if (resource == NULL)
        return;
    users = list_functions_with(call, call->labels[0]);
    const bool is_used = cJSON_GetArraySize(users) > 0;

    cJSON_Delete(users);
    if (is_used)
        manage_refuse(call, MANAGE_CONFLICT,
                      "The code signing configuration is used by functions and cannot be deleted.");
    else
        manage_remove(call, resource, 204, NULL);
}

void list_functions_by_signing(struct manage_call *call)
{
    struct manage_page page;

    if (find(call) != NULL && manage_page_read(call, SIGNINGS_PAGE_MAX, &page))
        manage_answer(
            call, 200,
            manage_page_make(&page, "FunctionArns", list_functions_with(call, call->labels[0])));
}

void list_signings(struct manage_call *call)
{
    struct manage_page page;
    size_t count;
    struct resource *const *list =
        registry_list(call->api->registry, RESOURCE_SIGNING, call->account_id, "", &count);
    cJSON *items;

    if (!manage_page_read(call, SIGNINGS_PAGE_MAX, &page))
        return;
    items = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++)
        (void)cJSON_AddItemToArray(items, make_config(call, list[i]));
    manage_answer(call, 200, manage_page_make(&page, "CodeSigningConfigs", items));
}

static cJSON *make_function_answer(const struct manage_call *call)
{
    const char *arn = arn_of_function(call->function.document);
    cJSON *answer = cJSON_CreateObject();

    if (arn == NULL)
        return answer;
    (void)cJSON_AddStringToObject(answer, "CodeSigningConfigArn", arn);
    (void)cJSON_AddStringToObject(answer, "FunctionName", call->name.name);
    return answer;
}

void put_function_signing(struct manage_call *call)
{
    const char *arn = manage_text(call, "CodeSigningConfigArn");

    if (find_by_arn(call, arn) == NULL) {
        manage_refuse(call, MANAGE_NO_SIGNING,
                      "The code signing configuration cannot be found. Check that the provided "
                      "configuration is not deleted: %s.",
                      arn);
        return;
    }
    if (!manage_find_own(call, ""))
        return;
    json_member_set(call->function.resource->document, "CodeSigningConfigArn",
                    cJSON_CreateString(arn));
    manage_save(call, call->function.resource, NULL, 200, make_function_answer(call));
}

void get_function_signing(struct manage_call *call)
{
    if (manage_find(call, ""))
        manage_answer(call, 200, make_function_answer(call));
}

void delete_function_signing(struct manage_call *call)
{
    if (!manage_find_own(call, ""))
        return;
    cJSON_DeleteItemFromObjectCaseSensitive(call->function.resource->document,
                                            "CodeSigningConfigArn");
    manage_save(call, call->function.resource, NULL, 204, NULL);
}
