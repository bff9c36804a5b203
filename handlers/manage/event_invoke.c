/* event_invoke.c - the event invoke configurations of a function, its versions and its aliases. */
#include "handlers/manage/configuration.h"
#include "handlers/manage/manage_operations.h"
#include "handlers/manage/manage_rules.h"

#include <stdio.h>
#include <string.h>

enum { CONFIGS_PAGE_MAX = 50 };

#define DESTINATION_PATTERN                                                                        \
    "$|kafka://([^.]([a-zA-Z0-9\\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:"          \
    "((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)"
#define DESTINATION_ERE                                                                            \
    "|kafka://([^.]([a-zA-Z0-9_.-]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9-])+:"               \
    "((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-[0-9])?:([0-9]{12})?:(.*)"

/* clang-format off */
const struct member_rule event_invoke_rules[] = {
    {"MaximumRetryAttempts", MEMBER_INTEGER, .min = 0, .max = RETRY_ATTEMPTS_DEFAULT},
    {"MaximumEventAgeInSeconds", MEMBER_INTEGER, .min = EVENT_AGE_MIN_S, .max = EVENT_AGE_DEFAULT_S},
    {"DestinationConfig", MEMBER_OBJECT, .max = 0},
    {"DestinationConfig.OnSuccess", MEMBER_OBJECT, .max = 0},
    {"DestinationConfig.OnFailure", MEMBER_OBJECT, .max = 0},
    {"DestinationConfig.OnSuccess.Destination", MEMBER_TEXT, .max = 350, .pattern = DESTINATION_PATTERN, .ere = DESTINATION_ERE},
    {"DestinationConfig.OnFailure.Destination", MEMBER_TEXT, .max = 350, .pattern = DESTINATION_PATTERN, .ere = DESTINATION_ERE},
    {NULL, MEMBER_TEXT, .max = 0},
};
/* clang-format on */

static const char *const outcomes[] = {"OnSuccess", "OnFailure"};

static const char *qualifier_of(const struct manage_call *call)
{
    return call->qualifier[0] == '\0' ? "$LATEST" : call->qualifier;
}

/* ---- answers ---- */

static cJSON *make_answer(const struct manage_call *call, const cJSON *config,
                          const char *qualifier)
{
    static const char *const numbers[] = {"MaximumRetryAttempts", "MaximumEventAgeInSeconds"};
    const cJSON *destinations = cJSON_GetObjectItemCaseSensitive(config, "DestinationConfig");
    const cJSON *modified = cJSON_GetObjectItemCaseSensitive(config, "LastModified");
    cJSON *answer = cJSON_CreateObject(), *made;

    (void)cJSON_AddNumberToObject(answer, "LastModified",
                                  modified == NULL ? 0 : modified->valuedouble);
    (void)cJSON_AddStringToObject(answer, "FunctionArn", manage_function_arn(call, qualifier).text);
    for (size_t i = 0; i < 2; i++) {
        const cJSON *number = cJSON_GetObjectItemCaseSensitive(config, numbers[i]);

        if (number != NULL)
            (void)cJSON_AddNumberToObject(answer, numbers[i], number->valuedouble);
    }
    made = cJSON_AddObjectToObject(answer, "DestinationConfig");
    for (size_t i = 0; i < 2; i++) {
        const cJSON *outcome = cJSON_GetObjectItemCaseSensitive(destinations, outcomes[i]);

        (void)cJSON_AddItemToObject(made, outcomes[i],
                                    outcome == NULL ? cJSON_CreateObject()
                                                    : cJSON_Duplicate(outcome, true));
    }
    return answer;
}

/* ---- checks ---- */

static bool check_target(struct manage_call *call, const char *arn, const char *outcome)
{
    struct function_name target;

    if (arn == NULL || arn[0] == '\0')
        return true;
    if (strstr(arn, ":lambda:") == NULL) {
        static const char *const services[] = {":sqs:", ":sns:", ":events:", ":s3:"};

        for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
            if (strstr(arn, services[i]) != NULL)
                return true;
        }
        if (strncmp(arn, "kafka://", 8) == 0)
            return true;
        manage_refuse(call, MANAGE_PARAMETER,
                      strcmp(outcome, "OnSuccess") == 0
                          ? "The provided destination config "
                            "DestinationConfig(onSuccess=OnSuccess(destination=%s), "
                            "onFailure=null) is invalid."
                          : "The provided destination config DestinationConfig(onSuccess=null, "
                            "onFailure=OnFailure(destination=%s)) is invalid.",
                      arn);
        return false;
    }
    if (function_name_parse(arn, strlen(arn), &target) != FUNCTION_NAME_OK) {
        manage_refuse(call, MANAGE_PARAMETER, "The destination ARN %s is invalid.", arn);
        return false;
    }
    if (strcmp(target.name, call->name.name) == 0 &&
        strcmp(target.account_id, call->account_id) == 0) {
        manage_refuse(call, MANAGE_PARAMETER,
                      "You can't specify the function as a destination for itself.");
        return false;
    }
    if (config_function_of(call->config, call->account_id, target.name) != NULL)
        return true;
    manage_refuse(call, MANAGE_PARAMETER, "The destination ARN %s is invalid.", arn);
    return false;
}

static bool check_destinations(struct manage_call *call)
{
    const cJSON *destinations = manage_member(call, "DestinationConfig");

    for (size_t i = 0; i < 2; i++) {
        const cJSON *outcome = cJSON_GetObjectItemCaseSensitive(destinations, outcomes[i]);

        if (!check_target(call, json_member_text(outcome, "Destination"), outcomes[i]))
            return false;
    }
    return true;
}

/* The function and what the qualifier names. */
static bool find_qualified(struct manage_call *call)
{
    if (manage_look(call) && manage_version(&call->function, call->qualifier) != NULL)
        return !manage_refuse_of_file(call);
    manage_refuse(call, MANAGE_NOT_FOUND, "The function doesn't exist.");
    return false;
}

static const cJSON *find_config(struct manage_call *call)
{
    const cJSON *config =
        manage_look(call)
            ? cJSON_GetObjectItemCaseSensitive(
                  cJSON_GetObjectItemCaseSensitive(call->function.document, "EventInvoke"),
                  qualifier_of(call))
            : NULL;

    if (config == NULL)
        manage_refuse(call, MANAGE_NOT_FOUND, "The function %s doesn't have an EventInvokeConfig",
                      manage_function_arn(call, qualifier_of(call)).text);
    return config;
}

static bool check_something(struct manage_call *call)
{
    const cJSON *destinations = manage_member(call, "DestinationConfig");

    if (manage_member(call, "MaximumRetryAttempts") != NULL ||
        manage_member(call, "MaximumEventAgeInSeconds") != NULL || destinations != NULL)
        return true;
    manage_refuse(call, MANAGE_PARAMETER,
                  "You must specify at least one of error handling or destination setting.");
    return false;
}

/* ---- operations ---- */

static void take_members(struct manage_call *call, cJSON *config)
{
    static const char *const numbers[] = {"MaximumRetryAttempts", "MaximumEventAgeInSeconds"};
    const cJSON *given = manage_member(call, "DestinationConfig");
    cJSON *destinations = cJSON_GetObjectItemCaseSensitive(config, "DestinationConfig");

    for (size_t i = 0; i < 2; i++) {
        const cJSON *number = manage_member(call, numbers[i]);

        if (number != NULL)
            json_member_set(config, numbers[i], cJSON_Duplicate(number, true));
    }
    if (destinations == NULL)
        destinations = cJSON_AddObjectToObject(config, "DestinationConfig");
    for (size_t i = 0; i < 2; i++) {
        const cJSON *outcome = cJSON_GetObjectItemCaseSensitive(given, outcomes[i]);
        const char *target = json_member_text(outcome, "Destination");
        cJSON *made;

        if (outcome == NULL)
            continue;
        made = cJSON_CreateObject();
        if (target != NULL && target[0] != '\0')
            (void)cJSON_AddStringToObject(made, "Destination", target);
        json_member_set(destinations, outcomes[i], made);
    }
    json_member_set(config, "LastModified", cJSON_CreateNumber(manage_time_epoch(call)));
}

static void store(struct manage_call *call, cJSON *config)
{
    cJSON *document = call->function.resource->document;
    cJSON *configs = cJSON_GetObjectItemCaseSensitive(document, "EventInvoke");

    if (configs == NULL)
        configs = cJSON_AddObjectToObject(document, "EventInvoke");
    json_member_set(configs, qualifier_of(call), config);
    manage_save(call, call->function.resource, NULL, 200,
                make_answer(call, config, qualifier_of(call)));
}

void put_event_invoke(struct manage_call *call)
{
    cJSON *config;

    if (!check_something(call) || !find_qualified(call) || !check_destinations(call))
        return;
    config = cJSON_CreateObject();
    take_members(call, config);
    store(call, config);
}

void update_event_invoke(struct manage_call *call)
{
    const cJSON *config;
    cJSON *changed;

    if (!find_qualified(call) || (config = find_config(call)) == NULL || !check_destinations(call))
        return;
    changed = cJSON_Duplicate(config, true);
    take_members(call, changed);
    store(call, changed);
}

void get_event_invoke(struct manage_call *call)
{
    const cJSON *config = find_config(call);

    if (config != NULL)
        manage_answer(call, 200, make_answer(call, config, qualifier_of(call)));
}

void delete_event_invoke(struct manage_call *call)
{
    if (find_config(call) == NULL || manage_refuse_of_file(call))
        return;
    cJSON_DeleteItemFromObjectCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(call->function.resource->document, "EventInvoke"),
        qualifier_of(call));
    manage_save(call, call->function.resource, NULL, 204, NULL);
}

void list_event_invoke(struct manage_call *call)
{
    struct manage_page page;
    const cJSON *config;
    cJSON *items;

    if (!manage_look(call)) {
        manage_refuse(call, MANAGE_NOT_FOUND, "The function doesn't exist.");
        return;
    }
    if (!manage_page_read(call, CONFIGS_PAGE_MAX, &page))
        return;
    items = cJSON_CreateArray();
    cJSON_ArrayForEach(
        config, cJSON_GetObjectItemCaseSensitive(call->function.document, "EventInvoke"))(void)
        cJSON_AddItemToArray(items, make_answer(call, config, config->string));
    manage_answer(call, 200, manage_page_make(&page, "FunctionEventInvokeConfigs", items));
}
