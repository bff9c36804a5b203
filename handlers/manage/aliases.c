/* aliases.c - CreateAlias, GetAlias, ListAliases, UpdateAlias, DeleteAlias. */
#include "handlers/manage/manage_rules.h"

#include "handlers/manage/configuration.h"
#include "handlers/manage/manage_operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIASES_PAGE_MAX = 10000 };

static const struct item_rule weight_value = {
    .text = "Member must have value less than or equal to 1.0, Member must have value greater than "
            "or equal to 0.0, Member must not be null",
    .min = 0,
    .max = 1};
static const struct item_rule weight_key = {
    .text = "Member must have length less than or equal to 1024, Member must have length greater "
            "than or equal to 1, Member must satisfy regular expression pattern: [0-9]+",
    .min = 1,
    .max = 1024,
    .ere = "[0-9]+"};

/* clang-format off */
#define ALIAS_RULES \
    {"Description", MEMBER_TEXT, .max = 256}, \
    {"RoutingConfig", MEMBER_OBJECT, .max = 0}, \
    {"RoutingConfig.AdditionalVersionWeights", MEMBER_NUMBERS, .item = &weight_value, .key = &weight_key}, \
    {NULL, MEMBER_TEXT, .max = 0}

const struct member_rule create_alias_rules[] = {
    {"Name", MEMBER_TEXT, .is_required = true, .min = 1, .max = 128,
        .pattern = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)", .ere = "[0-9]*[a-zA-Z_-][a-zA-Z0-9_-]*"},
    {"FunctionVersion", MEMBER_TEXT, .is_required = true, .min = 1, .max = 1024,
        .pattern = "(\\$LATEST|[0-9]+)", .ere = "\\$LATEST|[0-9]+"},
    ALIAS_RULES,
};
const struct member_rule update_alias_rules[] = {
    {"FunctionVersion", MEMBER_TEXT, .min = 1, .max = 1024, .pattern = "(\\$LATEST|[0-9]+)", .ere = "\\$LATEST|[0-9]+"},
    {"RevisionId", MEMBER_TEXT, .max = 0},
    ALIAS_RULES,
};
/* clang-format on */

/* ---- answers ---- */

static cJSON *make_alias(const struct manage_call *call, const cJSON *alias)
{
    static const char *const members[] = {"Name", "FunctionVersion", "Description", "RoutingConfig",
                                          "RevisionId"};
    cJSON *answer = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(answer, "AliasArn",
                                  manage_function_arn(call, json_member_text(alias, "Name")).text);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(alias, members[i]);

        if (item != NULL)
            (void)cJSON_AddItemToObject(answer, members[i], cJSON_Duplicate(item, true));
    }
    return answer;
}

/* ---- checks ---- */

static const cJSON *weights_of(const struct manage_call *call)
{
    return cJSON_GetObjectItemCaseSensitive(manage_member(call, "RoutingConfig"),
                                            "AdditionalVersionWeights");
}

static bool check_version(struct manage_call *call, const char *version)
{
    if (manage_version(&call->function, version) != NULL &&
        manage_alias(&call->function, version) == NULL)
        return true;
    manage_refuse(call, MANAGE_NOT_FOUND, "Function not found: %s",
                  manage_function_arn(call, version).text);
    return false;
}

static bool check_routing(struct manage_call *call, const char *target)
{
    const cJSON *weights = weights_of(call), *weight = weights == NULL ? NULL : weights->child;

    if (cJSON_GetArraySize(weights) > 1) {
        manage_refuse(call, MANAGE_PARAMETER,
                      "Number of items in AdditionalVersionWeights cannot be greater than 1");
        return false;
    }
    if (weight == NULL)
        return true;
    if (strcmp(target, "$LATEST") == 0) {
        manage_refuse_plain(
            call, MANAGE_PARAMETER,
            "$LATEST is not supported for an alias pointing to more than 1 version");
        return false;
    }
    if (strcmp(target, weight->string) == 0) {
        manage_refuse(call, MANAGE_PARAMETER,
                      "Invalid function version %s. Function version %s is already included in "
                      "routing configuration.",
                      target, target);
        return false;
    }
    return check_version(call, weight->string);
}

/* ---- changes ---- */

static void set_routing(struct manage_call *call, cJSON *alias)
{
    const cJSON *weights = weights_of(call);

    if (manage_member(call, "RoutingConfig") == NULL)
        return;
    cJSON_DeleteItemFromObjectCaseSensitive(alias, "RoutingConfig");
    if (cJSON_GetArraySize(weights) > 0)
        (void)cJSON_AddItemToObject(cJSON_AddObjectToObject(alias, "RoutingConfig"),
                                    "AdditionalVersionWeights", cJSON_Duplicate(weights, true));
}

void create_alias(struct manage_call *call)
{
    const char *name = manage_text(call, "Name"), *target = manage_text(call, "FunctionVersion");
    const char *description = manage_text(call, "Description");
    cJSON *alias;

    if (!manage_find_own(call, target) || !check_version(call, target) ||
        !check_routing(call, target))
        return;
    if (manage_alias(&call->function, name) != NULL) {
        manage_refuse(call, MANAGE_CONFLICT, "Alias already exists: %s",
                      manage_function_arn(call, name).text);
        return;
    }
    alias = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(alias, "Name", name);
    (void)cJSON_AddStringToObject(alias, "FunctionVersion", target);
    (void)cJSON_AddStringToObject(alias, "Description", description == NULL ? "" : description);
    set_routing(call, alias);
    (void)cJSON_AddStringToObject(alias, "RevisionId", manage_uuid_make(call).text);
    (void)cJSON_AddItemToArray(
        cJSON_GetObjectItemCaseSensitive(call->function.resource->document, "Aliases"), alias);
    manage_save(call, call->function.resource, NULL, 201, make_alias(call, alias));
}

/* The alias that the path names. NULL, and answered, when there is none. */
static cJSON *find_alias(struct manage_call *call, const char *words)
{
    const char *name = call->labels[1];
    const cJSON *alias = manage_look(call) ? manage_alias(&call->function, name) : NULL;

    if (alias == NULL)
        manage_refuse(call, MANAGE_NOT_FOUND, "%s: %s", words,
                      manage_function_arn(call, name).text);
    return (cJSON *)(uintptr_t)alias;
}

void get_alias(struct manage_call *call)
{
    const cJSON *alias = find_alias(call, "Cannot find alias arn");

    if (alias != NULL)
        manage_answer(call, 200, make_alias(call, alias));
}

static int by_name(const void *left, const void *right)
{
    const cJSON *const *a = left, *const *b = right;

    return strcmp(json_member_text(*a, "Name"), json_member_text(*b, "Name"));
}

/* Sorted, so that pages fit together whatever comes and goes. */
static cJSON *make_list(const struct manage_call *call, const char *version)
{
    const cJSON *aliases = cJSON_GetObjectItemCaseSensitive(call->function.document, "Aliases");
    const cJSON *alias;
    const cJSON **sorted = calloc((size_t)cJSON_GetArraySize(aliases) + 1, sizeof(const cJSON *));
    cJSON *items = cJSON_CreateArray();
    size_t count = 0;

    cJSON_ArrayForEach(alias, aliases)
    {
        const char *target = json_member_text(alias, "FunctionVersion");

        if (sorted != NULL && (version == NULL || (target != NULL && strcmp(target, version) == 0)))
            sorted[count++] = alias;
    }
    if (sorted != NULL)
        qsort(sorted, count, sizeof(const cJSON *), by_name);
    for (size_t i = 0; i < count; i++)
        (void)cJSON_AddItemToArray(items, make_alias(call, sorted[i]));
    free(sorted);
    return items;
}

void list_aliases(struct manage_call *call)
{
    char *version = manage_query(call, "FunctionVersion");
    struct manage_page page;

    if (manage_find(call, call->qualifier) && manage_page_read(call, ALIASES_PAGE_MAX, &page))
        manage_answer(call, 200, manage_page_make(&page, "Aliases", make_list(call, version)));
    free(version);
}

static bool check_revision(struct manage_call *call, const cJSON *alias)
{
    const char *asked = manage_text(call, "RevisionId");
    const char *current = json_member_text(alias, "RevisionId");

    if (asked == NULL || (current != NULL && strcmp(asked, current) == 0))
        return true;
    manage_refuse(call, MANAGE_PRECONDITION,
                  "The Revision Id provided does not match the latest Revision Id. Call the "
                  "GetFunction/GetAlias API to retrieve the latest Revision Id");
    return false;
}

void update_alias(struct manage_call *call)
{
    const char *target = manage_text(call, "FunctionVersion");
    const char *description = manage_text(call, "Description");
    cJSON *alias = find_alias(call, "Alias not found");

    if (alias == NULL || manage_refuse_of_file(call) || !check_revision(call, alias) ||
        (target != NULL && !check_version(call, target)) ||
        !check_routing(call, target != NULL ? target : json_member_text(alias, "FunctionVersion")))
        return;
    if (target != NULL)
        json_member_set(alias, "FunctionVersion", cJSON_CreateString(target));
    if (description != NULL)
        json_member_set(alias, "Description", cJSON_CreateString(description));
    set_routing(call, alias);
    json_member_set(alias, "RevisionId", cJSON_CreateString(manage_uuid_make(call).text));
    manage_save(call, call->function.resource, NULL, 200, make_alias(call, alias));
}

/* What hangs on the alias goes with it. */
void delete_alias(struct manage_call *call)
{
    static const char *const by_qualifier[] = {"EventInvoke", "Provisioned", "Policies", "Urls",
                                               "RuntimeManagement"};
    const char *name = call->labels[1];
    cJSON *document, *alias;

    if (!manage_find_own(call, ""))
        return;
    document = call->function.resource->document;
    alias = (cJSON *)(uintptr_t)manage_alias(&call->function, name);
    if (alias == NULL) {
        manage_answer(call, 204, NULL);
        return;
    }
    (void)cJSON_DetachItemViaPointer(cJSON_GetObjectItemCaseSensitive(document, "Aliases"), alias);
    for (size_t i = 0; i < sizeof by_qualifier / sizeof by_qualifier[0]; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(
            cJSON_GetObjectItemCaseSensitive(document, by_qualifier[i]), name);
    cJSON_Delete(alias);
    manage_save(call, call->function.resource, NULL, 204, NULL);
}
