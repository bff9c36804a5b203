/* small_configs.c - recursion, runtime management and scaling of a function: each one member or two. */
#include "handlers/manage/configuration.h"
#include "handlers/manage/manage_operations.h"
#include "handlers/manage/manage_rules.h"

#include <string.h>

/* clang-format off */
const struct member_rule put_recursion_rules[] = {
    {"RecursiveLoop", MEMBER_TEXT, .is_required = true, .values = "Terminate, Allow"},
    {NULL, MEMBER_TEXT, .max = 0},
};
const struct member_rule put_runtime_management_rules[] = {
    {"UpdateRuntimeOn", MEMBER_TEXT, .is_required = true, .values = "Auto, Manual, FunctionUpdate"},
    {"RuntimeVersionArn", MEMBER_TEXT, .min = 26, .max = 2048},
    {NULL, MEMBER_TEXT, .max = 0},
};
const struct member_rule put_scaling_rules[] = {
    {"FunctionScalingConfig", MEMBER_OBJECT, .max = 0},
    {"FunctionScalingConfig.MinExecutionEnvironments", MEMBER_INTEGER, .min = 0, .max = 15000},
    {"FunctionScalingConfig.MaxExecutionEnvironments", MEMBER_INTEGER, .min = 0, .max = 15000},
    {NULL, MEMBER_TEXT, .max = 0},
};
/* clang-format on */

/* ---- recursion ---- */

static cJSON *make_recursion(const cJSON *document)
{
    const char *loop = json_member_text(document, "RecursiveLoop");
    cJSON *answer = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(answer, "RecursiveLoop", loop == NULL ? "Terminate" : loop);
    return answer;
}

void put_recursion(struct manage_call *call)
{
    if (!manage_find_own(call, ""))
        return;
    json_member_set(call->function.resource->document, "RecursiveLoop",
                    cJSON_CreateString(manage_text(call, "RecursiveLoop")));
    manage_save(call, call->function.resource, NULL, 200, make_recursion(call->function.document));
}

void get_recursion(struct manage_call *call)
{
    if (manage_find(call, ""))
        manage_answer(call, 200, make_recursion(call->function.document));
}

/* ---- by qualifier ---- */

static const char *qualifier_of(const struct manage_call *call)
{
    return call->qualifier[0] == '\0' ? "$LATEST" : call->qualifier;
}

static bool find_version(struct manage_call *call)
{
    if (!manage_find(call, call->qualifier))
        return false;
    if (manage_version(&call->function, call->qualifier) != NULL)
        return true;
    manage_refuse(call, MANAGE_NOT_FOUND, "Function not found: %s",
                  manage_function_arn(call, call->qualifier).text);
    return false;
}

static const cJSON *stored(const struct manage_call *call, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(call->function.document, key), qualifier_of(call));
}

static void store(const struct manage_call *call, const char *key, cJSON *config)
{
    cJSON *document = call->function.resource->document;
    cJSON *configs = cJSON_GetObjectItemCaseSensitive(document, key);

    if (configs == NULL)
        configs = cJSON_AddObjectToObject(document, key);
    json_member_set(configs, qualifier_of(call), config);
}

static cJSON *make_management(const struct manage_call *call)
{
    const cJSON *config = stored(call, "RuntimeManagement");
    const char *update = json_member_text(config, "UpdateRuntimeOn");
    const char *arn = json_member_text(config, "RuntimeVersionArn");
    cJSON *answer = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(answer, "UpdateRuntimeOn", update == NULL ? "Auto" : update);
    (void)cJSON_AddStringToObject(answer, "FunctionArn",
                                  manage_function_arn(call, call->qualifier).text);
    (void)cJSON_AddItemToObject(answer, "RuntimeVersionArn",
                                arn == NULL ? cJSON_CreateNull() : cJSON_CreateString(arn));
    return answer;
}

void put_runtime_management(struct manage_call *call)
{
    const char *update = manage_text(call, "UpdateRuntimeOn");
    const char *arn = manage_text(call, "RuntimeVersionArn");
    const bool is_manual = strcmp(update, "Manual") == 0;
    cJSON *config;

    if (is_manual != (arn != NULL)) {
        manage_refuse(call, MANAGE_PARAMETER,
                      is_manual ? "RuntimeVersionArn is required when UpdateRuntimeOn is Manual."
                                : "RuntimeVersionArn is only allowed when UpdateRuntimeOn is "
                                  "Manual.");
        return;
    }
    if (!find_version(call) || manage_refuse_of_file(call))
        return;
    config = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(config, "UpdateRuntimeOn", update);
    if (arn != NULL)
        (void)cJSON_AddStringToObject(config, "RuntimeVersionArn", arn);
    store(call, "RuntimeManagement", config);
    manage_save(call, call->function.resource, NULL, 200, make_management(call));
}

void get_runtime_management(struct manage_call *call)
{
    if (find_version(call))
        manage_answer(call, 200, make_management(call));
}

/* ---- scaling ---- */

void put_scaling(struct manage_call *call)
{
    const cJSON *given = manage_member(call, "FunctionScalingConfig");
    cJSON *answer;

    if (!find_version(call) || manage_refuse_of_file(call))
        return;
    store(call, "Scaling", given == NULL ? cJSON_CreateObject() : cJSON_Duplicate(given, true));
    answer = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(answer, "FunctionState", "Active");
    manage_save(call, call->function.resource, NULL, 202, answer);
}

void get_scaling(struct manage_call *call)
{
    const cJSON *config;
    cJSON *answer;

    if (!find_version(call))
        return;
    config = stored(call, "Scaling");
    answer = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(answer, "FunctionArn",
                                  manage_function_arn(call, qualifier_of(call)).text);
    if (config != NULL) {
        (void)cJSON_AddItemToObject(answer, "AppliedFunctionScalingConfig",
                                    cJSON_Duplicate(config, true));
        (void)cJSON_AddItemToObject(answer, "RequestedFunctionScalingConfig",
                                    cJSON_Duplicate(config, true));
    }
    manage_answer(call, 200, answer);
}
