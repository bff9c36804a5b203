/* concurrency.c - Put-, Get-, DeleteFunctionConcurrency; GetAccountSettings, which counts it. */
#include "handlers/manage/configuration.h"
#include "handlers/manage/manage_operations.h"
#include "handlers/manage/manage_rules.h"

#include <stdio.h>
#include <string.h>

enum { UNRESERVED_MIN = 100 };

const struct member_rule put_concurrency_rules[] = {
    {"ReservedConcurrentExecutions", MEMBER_INTEGER, .is_required = true, .min = 0},
    {NULL, MEMBER_TEXT, .max = 0},
};

static bool check_unqualified(struct manage_call *call)
{
    if (call->qualifier[0] == '\0')
        return true;
    manage_refuse(call, MANAGE_PARAMETER,
                  "This operation is permitted on Lambda functions only. Aliases and versions do "
                  "not support this operation. Please specify either a function name or an "
                  "unqualified function ARN.");
    return false;
}

static double reserved_of(const cJSON *document)
{
    const cJSON *reserved = cJSON_GetObjectItemCaseSensitive(document, "Concurrency");

    return cJSON_IsNumber(reserved) ? reserved->valuedouble : 0;
}

static double provisioned_of(const cJSON *document)
{
    const cJSON *provisioned;
    double total = 0;

    cJSON_ArrayForEach(provisioned, cJSON_GetObjectItemCaseSensitive(document, "Provisioned"))
    {
        const cJSON *requested = cJSON_GetObjectItemCaseSensitive(provisioned, "Requested");

        total += cJSON_IsNumber(requested) ? requested->valuedouble : 0;
    }
    return total;
}

/* A small limit in a test may leave less than AWS's 100 to begin with. */
static bool check_amount(struct manage_call *call, double asked)
{
    const double provisioned = provisioned_of(call->function.document);
    const double limit = call->config->concurrent_executions;
    const double others = config_reserved_total(call->config, call->account_id) -
                          reserved_of(call->function.document);
    const double keep = limit >= 2 * UNRESERVED_MIN ? UNRESERVED_MIN : 0;

    if (others + asked > limit - keep) {
        manage_refuse_plain(call, MANAGE_PARAMETER,
                            "Specified ReservedConcurrentExecutions for function decreases "
                            "account's UnreservedConcurrentExecution below its minimum value of "
                            "[%.0f].",
                            keep);
        return false;
    }
    if (asked >= provisioned)
        return true;
    manage_refuse_plain(call, MANAGE_PARAMETER,
                        " ReservedConcurrentExecutions  %.0f should not be lower than function's "
                        "total provisioned concurrency [%.0f].",
                        asked, provisioned);
    return false;
}

static cJSON *make_answer(const cJSON *document)
{
    const cJSON *reserved = cJSON_GetObjectItemCaseSensitive(document, "Concurrency");
    cJSON *answer = cJSON_CreateObject();

    if (cJSON_IsNumber(reserved))
        (void)cJSON_AddNumberToObject(answer, "ReservedConcurrentExecutions",
                                      reserved->valuedouble);
    return answer;
}

void put_concurrency(struct manage_call *call)
{
    const double asked = manage_member(call, "ReservedConcurrentExecutions")->valuedouble;

    if (!check_unqualified(call) || !manage_find_own(call, "$LATEST") || !check_amount(call, asked))
        return;
    json_member_set(call->function.resource->document, "Concurrency", cJSON_CreateNumber(asked));
    manage_save(call, call->function.resource, NULL, 200, make_answer(call->function.document));
}

void get_concurrency(struct manage_call *call)
{
    if (check_unqualified(call) && manage_find(call, ""))
        manage_answer(call, 200, make_answer(call->function.document));
}

void delete_concurrency(struct manage_call *call)
{
    if (!check_unqualified(call) || !manage_find_own(call, ""))
        return;
    cJSON_DeleteItemFromObjectCaseSensitive(call->function.resource->document, "Concurrency");
    manage_save(call, call->function.resource, NULL, 204, NULL);
}

/* ---- the account ---- */

static size_t count_functions(const struct manage_call *call)
{
    size_t count = 0;

    for (size_t i = 0; i < call->config->function_count; i++) {
        const struct function *function = call->config->functions[i];

        count += config_function_of(call->config, call->account_id, function->name) == function;
    }
    return count;
}

void get_account_settings(struct manage_call *call)
{
    cJSON *answer = cJSON_CreateObject(), *limit, *usage;
    const unsigned all = call->config->concurrent_executions;

    limit = cJSON_AddObjectToObject(answer, "AccountLimit");
    (void)cJSON_AddNumberToObject(limit, "TotalCodeSize", 80530636800.0);
    (void)cJSON_AddNumberToObject(limit, "CodeSizeUnzipped", 262144000);
    (void)cJSON_AddNumberToObject(limit, "CodeSizeZipped", 52428800);
    (void)cJSON_AddNumberToObject(limit, "ConcurrentExecutions", all);
    (void)cJSON_AddNumberToObject(limit, "UnreservedConcurrentExecutions",
                                  all - config_reserved_total(call->config, call->account_id));
    usage = cJSON_AddObjectToObject(answer, "AccountUsage");
    (void)cJSON_AddNumberToObject(
        usage, "TotalCodeSize", (double)registry_code_size(call->api->registry, call->account_id));
    (void)cJSON_AddNumberToObject(usage, "FunctionCount", (double)count_functions(call));
    manage_answer(call, 200, answer);
}
