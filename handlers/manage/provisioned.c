/* provisioned.c - provisioned concurrency of versions and aliases: their environments are really kept ready. */
#include "handlers/manage/configuration.h"
#include "handlers/manage/manage_operations.h"
#include "handlers/manage/manage_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIGS_PAGE_MAX = 50, UNRESERVED_MIN = 100 };

const struct member_rule put_provisioned_rules[] = {
    {"ProvisionedConcurrentExecutions", MEMBER_INTEGER, .is_required = true, .min = 1},
    {NULL, MEMBER_TEXT, .max = 0},
};

static const cJSON *configs_of(const struct manage_call *call)
{
    return cJSON_GetObjectItemCaseSensitive(call->function.document, "Provisioned");
}

static double requested(const cJSON *config)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(config, "Requested");

    return cJSON_IsNumber(number) ? number->valuedouble : 0;
}

/* ---- answers ---- */

static struct dispatcher_provided state_of(const struct manage_call *call, const char *qualifier)
{
    struct config *config = config_store_current(call->api->config_store);
    const struct function *function = config_function_of(config, call->account_id, call->name.name);
    struct function_target target;
    struct dispatcher_provided none = {0};

    if (function == NULL || !function_resolve(function, qualifier, 1.0, &target))
        return none;
    if (target.version->provisioned > 0)
        dispatcher_provide(call->api->dispatcher, call->caller.account, config, target.version);
    return dispatcher_provided(call->api->dispatcher, call->caller.account, target.version);
}

/* `is_new`: as AWS answers when nothing has been started yet. */
static void fill_answer(const struct manage_call *call, cJSON *answer, const cJSON *config,
                        const char *qualifier, bool is_new)
{
    const double wanted = requested(config);
    struct dispatcher_provided state = {0};
    double ready;
    bool has_failed;

    if (!is_new)
        state = state_of(call, qualifier);
    ready = state.ready < wanted ? state.ready : wanted;
    has_failed = state.has_failed && ready < wanted;
    (void)cJSON_AddNumberToObject(answer, "RequestedProvisionedConcurrentExecutions", wanted);
    (void)cJSON_AddNumberToObject(answer, "AvailableProvisionedConcurrentExecutions", ready);
    (void)cJSON_AddNumberToObject(answer, "AllocatedProvisionedConcurrentExecutions", ready);
    (void)cJSON_AddStringToObject(answer, "Status",
                                  ready >= wanted ? "READY"
                                  : has_failed    ? "FAILED"
                                                  : "IN_PROGRESS");
    if (has_failed)
        (void)cJSON_AddStringToObject(
            answer, "StatusReason",
            "FUNCTION_ERROR_INIT_FAILURE: an environment could not be started; see invoked's log.");
    (void)cJSON_AddStringToObject(answer, "LastModified", json_member_text(config, "LastModified"));
}

/* ---- checks ---- */

static bool is_latest(const struct manage_call *call)
{
    return strcmp(call->qualifier, "$LATEST") == 0 || call->qualifier[0] == '\0';
}

static bool refuse_latest(struct manage_call *call, const char *message)
{
    if (!is_latest(call))
        return false;
    manage_refuse(call, MANAGE_PARAMETER, "%s", message);
    return true;
}

static const char only_published[] =
    "The function resource provided must be an alias or a published version.";

static const char *target_of(const struct manage_call *call, const char *qualifier)
{
    const cJSON *alias = manage_alias(&call->function, qualifier);

    return alias == NULL ? qualifier : json_member_text(alias, "FunctionVersion");
}

/* A version has one configuration: its own, or that of an alias. */
static bool check_alone(struct manage_call *call)
{
    const bool is_alias = manage_alias(&call->function, call->qualifier) != NULL;
    const char *version = target_of(call, call->qualifier);
    const cJSON *config;

    cJSON_ArrayForEach(config, configs_of(call))
    {
        if (strcmp(config->string, call->qualifier) == 0 ||
            strcmp(target_of(call, config->string), version) != 0)
            continue;
        manage_refuse(call, MANAGE_CONFLICT, "%s",
                      is_alias ? "Alias can't be used for Provisioned Concurrency configuration on "
                                 "an already Provisioned version"
                               : "Version is pointed by a Provisioned Concurrency alias");
        return false;
    }
    return true;
}

static bool check_amount(struct manage_call *call, double asked)
{
    const cJSON *reserved =
        cJSON_GetObjectItemCaseSensitive(call->function.document, "Concurrency");
    const double unreserved = (double)call->config->concurrent_executions -
                              config_reserved_total(call->config, call->account_id);
    const double keep =
        call->config->concurrent_executions >= 2 * UNRESERVED_MIN ? UNRESERVED_MIN : 0;
    double total = asked;
    const cJSON *config;

    cJSON_ArrayForEach(config, configs_of(call)) total +=
        strcmp(config->string, call->qualifier) == 0 ? 0 : requested(config);
    if (cJSON_IsNumber(reserved)) {
        if (total <= reserved->valuedouble)
            return true;
        manage_refuse(call, MANAGE_PARAMETER,
                      "Requested Provisioned Concurrency should not be greater than the "
                      "reservedConcurrentExecution for function");
        return false;
    }
    if (total > unreserved) {
        manage_refuse_plain(call, MANAGE_PARAMETER,
                            "Specified ConcurrentExecutions for function is greater than account's "
                            "unreserved concurrency [%.0f].",
                            unreserved);
        return false;
    }
    if (total <= unreserved - keep)
        return true;
    manage_refuse_plain(call, MANAGE_PARAMETER,
                        "Specified ConcurrentExecutions for function decreases account's "
                        "UnreservedConcurrentExecution below its minimum value of [%.0f].",
                        keep);
    return false;
}

/* ---- operations ---- */

void put_provisioned(struct manage_call *call)
{
    const double asked = manage_member(call, "ProvisionedConcurrentExecutions")->valuedouble;
    cJSON *document, *configs, *config, *answer;

    if (refuse_latest(call, "Provisioned Concurrency Configs cannot be applied to unpublished "
                            "function versions.") ||
        !manage_find_qualified(call) || !check_alone(call) || !check_amount(call, asked))
        return;
    document = call->function.resource->document;
    configs = cJSON_GetObjectItemCaseSensitive(document, "Provisioned");
    if (configs == NULL)
        configs = cJSON_AddObjectToObject(document, "Provisioned");
    config = cJSON_CreateObject();
    (void)cJSON_AddNumberToObject(config, "Requested", asked);
    (void)cJSON_AddStringToObject(config, "LastModified", manage_time_now(call).text);
    json_member_set(configs, call->qualifier, config);
    answer = cJSON_CreateObject();
    fill_answer(call, answer, config, call->qualifier, true);
    manage_save(call, call->function.resource, NULL, 202, answer);
}

void get_provisioned(struct manage_call *call)
{
    const cJSON *config;
    cJSON *answer;

    if (refuse_latest(call, only_published) || !manage_find_qualified(call))
        return;
    config = cJSON_GetObjectItemCaseSensitive(configs_of(call), call->qualifier);
    if (config == NULL) {
        manage_refuse(call, MANAGE_NO_PROVISIONED,
                      "No Provisioned Concurrency Config found for this function");
        return;
    }
    answer = cJSON_CreateObject();
    fill_answer(call, answer, config, call->qualifier, false);
    manage_answer(call, 200, answer);
}

void delete_provisioned(struct manage_call *call)
{
    if (refuse_latest(call, only_published) || !manage_find_qualified(call))
        return;
    if (cJSON_GetObjectItemCaseSensitive(configs_of(call), call->qualifier) == NULL) {
        manage_answer(call, 204, NULL);
        return;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(call->function.resource->document, "Provisioned"),
        call->qualifier);
    manage_save(call, call->function.resource, NULL, 204, NULL);
}

void list_provisioned(struct manage_call *call)
{
    struct manage_page page;
    const cJSON *config;
    cJSON *items;

    if (!manage_find(call, "") || !manage_page_read(call, CONFIGS_PAGE_MAX, &page))
        return;
    items = cJSON_CreateArray();
    cJSON_ArrayForEach(config, configs_of(call))
    {
        cJSON *item = cJSON_CreateObject();

        (void)cJSON_AddStringToObject(item, "FunctionArn",
                                      manage_function_arn(call, config->string).text);
        fill_answer(call, item, config, config->string, false);
        (void)cJSON_AddItemToArray(items, item);
    }
    manage_answer(call, 200, manage_page_make(&page, "ProvisionedConcurrencyConfigs", items));
}
