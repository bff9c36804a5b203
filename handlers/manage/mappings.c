/*
 * mappings.c - event source mappings, which are stored: nothing polls a queue or a stream yet.
 */
#include "handlers/manage/configuration.h"
#include "handlers/manage/manage_operations.h"
#include "handlers/manage/manage_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAPPINGS_PAGE_MAX = 100, QUEUE_BATCH_FREE = 10 };

/* clang-format off */
#define MAPPING_RULES \
    {"Enabled", MEMBER_FLAG, .max = 0}, \
    {"BatchSize", MEMBER_INTEGER, .min = 1, .max = 10000}, \
    {"FilterCriteria", MEMBER_OBJECT, .max = 0}, \
    {"FilterCriteria.Filters", MEMBER_OBJECTS, .max = 0}, \
    {"MaximumBatchingWindowInSeconds", MEMBER_INTEGER, .min = 0, .max = 300}, \
    {"ParallelizationFactor", MEMBER_INTEGER, .min = 1, .max = 10}, \
    {"DestinationConfig", MEMBER_OBJECT, .max = 0}, \
    {"DestinationConfig.OnSuccess", MEMBER_OBJECT, .max = 0}, \
    {"DestinationConfig.OnFailure", MEMBER_OBJECT, .max = 0}, \
    {"MaximumRecordAgeInSeconds", MEMBER_INTEGER, .min = -1, .max = 604800}, \
    {"BisectBatchOnFunctionError", MEMBER_FLAG, .max = 0}, \
    {"MaximumRetryAttempts", MEMBER_INTEGER, .min = -1, .max = 10000}, \
    {"TumblingWindowInSeconds", MEMBER_INTEGER, .min = 0, .max = 900}, \
    {"FunctionResponseTypes", MEMBER_TEXTS, .max = 1}, \
    {"SourceAccessConfigurations", MEMBER_OBJECTS, .max = 22}, \
    {"ScalingConfig", MEMBER_OBJECT, .max = 0}, \
    {NULL, MEMBER_TEXT, .max = 0}

const struct member_rule create_mapping_rules[] = {
    {"FunctionName", MEMBER_TEXT, .is_required = true, .min = 1, .max = 256},
    {"EventSourceArn", MEMBER_TEXT, .max = 1024},
    {"StartingPosition", MEMBER_TEXT, .values = "LATEST, AT_TIMESTAMP, TRIM_HORIZON"},
    {"StartingPositionTimestamp", MEMBER_NUMBER, .max = 0},
    {"Topics", MEMBER_TEXTS, .min = 1, .max = 1},
    {"Queues", MEMBER_TEXTS, .min = 1, .max = 1},
    {"SelfManagedEventSource", MEMBER_OBJECT, .max = 0},
    {"Tags", MEMBER_MAP, .max = 0},
    MAPPING_RULES,
};
const struct member_rule update_mapping_rules[] = {
    {"FunctionName", MEMBER_TEXT, .min = 1, .max = 256},
    MAPPING_RULES,
};
/* clang-format on */

/* ---- kinds of sources ---- */

enum source_kind { SOURCE_QUEUE, SOURCE_STREAM, SOURCE_OWN_KAFKA, SOURCE_OTHER };

static enum source_kind kind_of(const cJSON *mapping)
{
    const char *arn = json_member_text(mapping, "EventSourceArn");

    if (arn == NULL)
        return cJSON_GetObjectItemCaseSensitive(mapping, "SelfManagedEventSource") != NULL
                   ? SOURCE_OWN_KAFKA
                   : SOURCE_OTHER;
    if (strstr(arn, ":sqs:") != NULL)
        return SOURCE_QUEUE;
    return strstr(arn, ":dynamodb:") != NULL || strstr(arn, ":kinesis:") != NULL ? SOURCE_STREAM
                                                                                 : SOURCE_OTHER;
}

/* ---- answers ---- */

/* In the model's order, as far as they are there. */
static const char *const members[] = {
    "UUID",
    "StartingPosition",
    "StartingPositionTimestamp",
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "ParallelizationFactor",
    "EventSourceArn",
    "FilterCriteria",
    "FilterCriteriaError",
    "KMSKeyArn",
    "MetricsConfig",
    "LoggingConfig",
    "ScalingConfig",
    "FunctionArn",
    "LastModified",
    "LastProcessingResult",
    "State",
    "StateTransitionReason",
    "DestinationConfig",
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "SelfManagedEventSource",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "TumblingWindowInSeconds",
    "FunctionResponseTypes",
    "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "EventSourceMappingArn",
    "ProvisionedPollerConfig",
};

static cJSON *make_answer(const struct manage_call *call, const struct resource *resource,
                          const char *state)
{
    cJSON *answer = cJSON_CreateObject();

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(resource->document, members[i]);

        if (strcmp(members[i], "State") == 0)
            (void)cJSON_AddStringToObject(
                answer, "State",
                state != NULL ? state
                : cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(resource->document, "Enabled"))
                    ? "Disabled"
                    : "Enabled");
        else if (strcmp(members[i], "EventSourceMappingArn") == 0)
            (void)cJSON_AddStringToObject(
                answer, members[i],
                manage_arn_of(call, "event-source-mapping", resource->name, "").text);
        else if (item != NULL)
            (void)cJSON_AddItemToObject(answer, members[i], cJSON_Duplicate(item, true));
    }
    return answer;
}

/* ---- checks ---- */

static bool refuse(struct manage_call *call, const char *message)
{
    manage_refuse(call, MANAGE_PARAMETER, "%s", message);
    return false;
}

static bool check_source(struct manage_call *call)
{
    const char *position = manage_text(call, "StartingPosition");
    const char *arn = manage_text(call, "EventSourceArn");
    const enum source_kind kind = kind_of(call->body);

    if (arn == NULL && manage_member(call, "SelfManagedEventSource") == NULL)
        return refuse(call, "Unrecognized event source.");
    if (kind == SOURCE_QUEUE && cJSON_GetObjectItemCaseSensitive(
                                    manage_member(call, "DestinationConfig"), "OnSuccess") != NULL)
        return refuse(call,
                      "Unsupported DestinationConfig parameter for given event source mapping "
                      "type.");
    if (kind == SOURCE_STREAM && position == NULL)
        return refuse(call, "1 validation error detected: Value null at 'startingPosition' failed "
                            "to satisfy constraint: Member must not be null.");
    if (kind == SOURCE_STREAM && arn != NULL && strstr(arn, ":dynamodb:") != NULL &&
        strcmp(position, "AT_TIMESTAMP") == 0) {
        manage_refuse(call, MANAGE_PARAMETER, "Unsupported starting position for arn type: %s",
                      arn);
        return false;
    }
    if (kind == SOURCE_OWN_KAFKA && manage_member(call, "SourceAccessConfigurations") == NULL)
        return refuse(call, "Required 'sourceAccessConfigurations' parameter is missing.");
    return true;
}

/* The function that the body names, and its ARN with the qualifier. */
static bool find_function(struct manage_call *call, struct manage_arn *arn)
{
    const char *name = manage_text(call, "FunctionName");

    if (name != NULL && function_name_parse(name, strlen(name), &call->name) == FUNCTION_NAME_OK &&
        (call->name.account_id[0] == '\0' ||
         strcmp(call->name.account_id, call->account_id) == 0) &&
        manage_look(call) && manage_version(&call->function, call->name.qualifier) != NULL) {
        *arn = manage_function_arn(call, call->name.qualifier);
        return true;
    }
    return refuse(call, "Function does not exist");
}

/* {"a": ["x", {"prefix": "y"}], "b": {"c": [...]}}: an object whose leaves are lists. */
static bool is_pattern(const cJSON *pattern)
{
    const cJSON *item;

    if (!cJSON_IsObject(pattern))
        return false;
    cJSON_ArrayForEach(item, pattern)
    {
        if (!cJSON_IsArray(item) && !is_pattern(item))
            return false;
    }
    return true;
}

static bool check_filters(struct manage_call *call)
{
    const cJSON *filter;

    cJSON_ArrayForEach(
        filter, cJSON_GetObjectItemCaseSensitive(manage_member(call, "FilterCriteria"), "Filters"))
    {
        const char *text = json_member_text(filter, "Pattern");
        cJSON *pattern = text == NULL ? NULL : cJSON_Parse(text);
        const bool is_good = is_pattern(pattern);

        cJSON_Delete(pattern);
        if (!is_good)
            return refuse(call, "Invalid filter pattern definition.");
    }
    return true;
}

/* After an update `stored` has what the body doesn't name. */
static double number_of(const struct manage_call *call, const cJSON *stored, const char *key)
{
    const cJSON *number = manage_member(call, key);

    if (number == NULL)
        number = cJSON_GetObjectItemCaseSensitive(stored, key);
    return cJSON_IsNumber(number) ? number->valuedouble : 0;
}

static bool check_batch(struct manage_call *call, const cJSON *stored)
{
    if (kind_of(stored != NULL ? stored : call->body) != SOURCE_QUEUE ||
        number_of(call, stored, "BatchSize") <= QUEUE_BATCH_FREE ||
        number_of(call, stored, "MaximumBatchingWindowInSeconds") > 0)
        return true;
    return refuse(call, "Maximum batch window in seconds must be greater than 0 if maximum batch "
                        "size is greater than 10");
}

static const cJSON *servers_of(const cJSON *mapping)
{
    return cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(
            cJSON_GetObjectItemCaseSensitive(mapping, "SelfManagedEventSource"), "Endpoints"),
        "KAFKA_BOOTSTRAP_SERVERS");
}

/* One server in common makes them the same cluster. */
static bool share_server(const cJSON *left, const cJSON *right)
{
    const cJSON *one, *other;

    cJSON_ArrayForEach(one, left)
    {
        cJSON_ArrayForEach(other, right)
        {
            if (cJSON_Compare(one, other, true))
                return true;
        }
    }
    return false;
}

static bool is_same_source(const cJSON *left, const cJSON *right)
{
    const char *arn = json_member_text(left, "EventSourceArn");
    const char *other = json_member_text(right, "EventSourceArn");

    if (arn != NULL || other != NULL)
        return arn != NULL && other != NULL && strcmp(arn, other) == 0;
    return share_server(servers_of(left), servers_of(right)) &&
           cJSON_Compare(cJSON_GetObjectItemCaseSensitive(left, "Topics"),
                         cJSON_GetObjectItemCaseSensitive(right, "Topics"), true);
}

static void join(const cJSON *list, struct bytes **text)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list)(void) bytes_format(
        text, "%s%s", *text == NULL ? "" : ",", cJSON_IsString(item) ? item->valuestring : "");
}

static void refuse_twin(struct manage_call *call, const struct resource *twin,
                        const struct manage_arn *function)
{
    const char *arn = manage_text(call, "EventSourceArn");
    struct bytes *servers = NULL, *topics = NULL;

    switch (kind_of(call->body)) {
    case SOURCE_QUEUE:
        manage_refuse(call, MANAGE_CONFLICT,
                      "An event source mapping with SQS arn (\" %s \") and function (\" %s \") "
                      "already exists. Please update or delete the existing mapping with UUID %s",
                      arn, call->name.name, twin->name);
        return;
    case SOURCE_STREAM:
    case SOURCE_OTHER:
        manage_refuse(call, MANAGE_CONFLICT,
                      "The event source arn (\" %s \") and function (\" %s \") provided mapping "
                      "already exists. Please update or delete the existing mapping with UUID %s",
                      arn, call->name.name, twin->name);
        return;
    case SOURCE_OWN_KAFKA:
        break;
    }
    join(servers_of(call->body), &servers);
    join(manage_member(call, "Topics"), &topics);
    manage_refuse(call, MANAGE_CONFLICT,
                  "An event source mapping with event source (\"%.*s\"), function (\"%s\"), topics "
                  "(\"%.*s\") already exists. Please update or delete the existing mapping with "
                  "UUID %s",
                  (int)bytes_view(servers).length, bytes_view(servers).data, function->text,
                  (int)bytes_view(topics).length, bytes_view(topics).data, twin->name);
    bytes_release(servers);
    bytes_release(topics);
}

static bool check_alone(struct manage_call *call, const struct manage_arn *function)
{
    size_t count;
    struct resource *const *list =
        registry_list(call->api->registry, RESOURCE_MAPPING, call->account_id, "", &count);

    for (size_t i = 0; i < count; i++) {
        const char *arn = json_member_text(list[i]->document, "FunctionArn");

        if (arn == NULL || strcmp(arn, function->text) != 0 ||
            !is_same_source(list[i]->document, call->body))
            continue;
        refuse_twin(call, list[i], function);
        return false;
    }
    return true;
}

/* ---- documents ---- */

static void set_default_number(cJSON *document, const char *key, double number)
{
    if (cJSON_GetObjectItemCaseSensitive(document, key) == NULL)
        (void)cJSON_AddNumberToObject(document, key, number);
}

static void set_default_text(cJSON *document, const char *key, const char *text)
{
    if (cJSON_GetObjectItemCaseSensitive(document, key) == NULL)
        (void)cJSON_AddStringToObject(document, key, text);
}

/* No filters at all are none. */
static void drop_empty_filters(cJSON *document)
{
    const cJSON *filters = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(document, "FilterCriteria"), "Filters");

    if (cJSON_GetArraySize(filters) == 0)
        cJSON_DeleteItemFromObjectCaseSensitive(document, "FilterCriteria");
}

static void add_defaults(cJSON *document, const char *uuid)
{
    const enum source_kind kind = kind_of(document);
    cJSON *destinations = cJSON_GetObjectItemCaseSensitive(document, "DestinationConfig");

    set_default_number(document, "BatchSize", kind == SOURCE_QUEUE ? 10 : 100);
    if (kind == SOURCE_OWN_KAFKA) {
        set_default_text(document, "StartingPosition", "TRIM_HORIZON");
        set_default_text(document, "LastProcessingResult", "No records processed");
        if (cJSON_GetObjectItemCaseSensitive(document, "SelfManagedKafkaEventSourceConfig") == NULL)
            (void)cJSON_AddStringToObject(
                cJSON_AddObjectToObject(document, "SelfManagedKafkaEventSourceConfig"),
                "ConsumerGroupId", uuid);
        set_default_text(document, "StateTransitionReason", "USER_INITIATED");
        return;
    }
    set_default_number(document, "MaximumBatchingWindowInSeconds", 0);
    if (cJSON_GetObjectItemCaseSensitive(document, "FunctionResponseTypes") == NULL)
        (void)cJSON_AddArrayToObject(document, "FunctionResponseTypes");
    set_default_text(document, "StateTransitionReason",
                     kind == SOURCE_STREAM ? "User action" : "USER_INITIATED");
    if (kind != SOURCE_STREAM)
        return;
    set_default_number(document, "ParallelizationFactor", 1);
    set_default_number(document, "MaximumRecordAgeInSeconds", -1);
    set_default_number(document, "MaximumRetryAttempts", -1);
    set_default_number(document, "TumblingWindowInSeconds", 0);
    if (cJSON_GetObjectItemCaseSensitive(document, "BisectBatchOnFunctionError") == NULL)
        (void)cJSON_AddFalseToObject(document, "BisectBatchOnFunctionError");
    if (destinations == NULL)
        destinations = cJSON_AddObjectToObject(document, "DestinationConfig");
    if (cJSON_GetObjectItemCaseSensitive(destinations, "OnFailure") == NULL)
        (void)cJSON_AddObjectToObject(destinations, "OnFailure");
    set_default_text(document, "LastProcessingResult", "No records processed");
}

/* Whatever else a body has is the server's to say, or nobody's. */
static bool is_settable(const char *key)
{
    static const char *const settable[] = {
        "EventSourceArn",
        "Enabled",
        "BatchSize",
        "FilterCriteria",
        "MaximumBatchingWindowInSeconds",
        "ParallelizationFactor",
        "StartingPosition",
        "StartingPositionTimestamp",
        "DestinationConfig",
        "MaximumRecordAgeInSeconds",
        "BisectBatchOnFunctionError",
        "MaximumRetryAttempts",
        "Tags",
        "TumblingWindowInSeconds",
        "Topics",
        "Queues",
        "SourceAccessConfigurations",
        "SelfManagedEventSource",
        "FunctionResponseTypes",
        "AmazonManagedKafkaEventSourceConfig",
        "SelfManagedKafkaEventSourceConfig",
        "ScalingConfig",
        "DocumentDBEventSourceConfig",
        "KMSKeyArn",
        "MetricsConfig",
        "LoggingConfig",
        "ProvisionedPollerConfig",
    };

    for (size_t i = 0; i < sizeof settable / sizeof settable[0]; i++) {
        if (strcmp(settable[i], key) == 0)
            return true;
    }
    return false;
}

static void take_members(const struct manage_call *call, cJSON *document)
{
    const cJSON *given;

    cJSON_ArrayForEach(given, call->body)
    {
        if (is_settable(given->string) && !cJSON_IsNull(given))
            json_member_set(document, given->string, cJSON_Duplicate(given, true));
    }
    drop_empty_filters(document);
    json_member_set(document, "LastModified", cJSON_CreateNumber(manage_time_epoch(call)));
}

/* ---- operations ---- */

void create_mapping(struct manage_call *call)
{
    const struct manage_uuid uuid = manage_uuid_make(call);
    struct manage_arn function;
    struct resource *resource;
    cJSON *document;

    if (!check_source(call) || !find_function(call, &function) || !check_filters(call) ||
        !check_batch(call, NULL) || !check_alone(call, &function))
        return;
    document = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(document, "UUID", uuid.text);
    (void)cJSON_AddStringToObject(document, "FunctionArn", function.text);
    take_members(call, document);
    add_defaults(document, uuid.text);
    resource =
        registry_add(call->api->registry, RESOURCE_MAPPING, call->account_id, uuid.text, document);
    if (resource == NULL) {
        manage_refuse(call, MANAGE_SERVICE, "invoked is out of memory");
        return;
    }
    log_write(call->api->log, LOG_WARN,
              "event source mapping %s is stored, but nothing polls its source: send its events "
              "with Invoke",
              uuid.text);
    manage_save(call, resource, NULL, 202, make_answer(call, resource, "Creating"));
}

static struct resource *find(struct manage_call *call)
{
    struct resource *resource =
        registry_find(call->api->registry, RESOURCE_MAPPING, call->account_id, call->labels[0]);

    if (resource == NULL)
        manage_refuse(call, MANAGE_NOT_FOUND, "The resource you requested does not exist.");
    return resource;
}

void get_mapping(struct manage_call *call)
{
    const struct resource *resource = find(call);

    if (resource != NULL)
        manage_answer(call, 200, make_answer(call, resource, NULL));
}

void update_mapping(struct manage_call *call)
{
    struct resource *resource = find(call);
    struct manage_arn function;
    const bool has_function = manage_text(call, "FunctionName") != NULL;

    if (resource == NULL || (has_function && !find_function(call, &function)) ||
        !check_filters(call) || !check_batch(call, resource->document))
        return;
    if (has_function)
        json_member_set(resource->document, "FunctionArn", cJSON_CreateString(function.text));
    take_members(call, resource->document);
    manage_save(
        call, resource, NULL, 202,
        make_answer(call, resource,
                    cJSON_IsFalse(manage_member(call, "Enabled")) ? "Disabling" : "Updating"));
}

void delete_mapping(struct manage_call *call)
{
    struct resource *resource = find(call);

    if (resource != NULL)
        manage_remove(call, resource, 202, make_answer(call, resource, "Deleting"));
}

/* `name` NULL fits all; a function fits with any qualifier where none is asked for. */
static bool fits(const struct resource *resource, const char *source,
                 const struct manage_arn *function)
{
    const char *own_source = json_member_text(resource->document, "EventSourceArn");
    const char *own_function = json_member_text(resource->document, "FunctionArn");

    if (source != NULL && (own_source == NULL || strcmp(source, own_source) != 0))
        return false;
    return function == NULL || (own_function != NULL && strcmp(own_function, function->text) == 0);
}

void list_mappings(struct manage_call *call)
{
    char *source = manage_query(call, "EventSourceArn"), *name = manage_query(call, "FunctionName");
    struct manage_arn function = {""};
    struct manage_page page;
    size_t count;
    struct resource *const *list =
        registry_list(call->api->registry, RESOURCE_MAPPING, call->account_id, "", &count);
    cJSON *items;

    if (name != NULL && function_name_parse(name, strlen(name), &call->name) == FUNCTION_NAME_OK)
        function = manage_function_arn(call, call->name.qualifier);
    if (manage_page_read(call, MAPPINGS_PAGE_MAX, &page)) {
        items = cJSON_CreateArray();
        for (size_t i = 0; i < count; i++) {
            if (fits(list[i], source, name == NULL ? NULL : &function))
                (void)cJSON_AddItemToArray(items, make_answer(call, list[i], NULL));
        }
        manage_answer(call, 200, manage_page_make(&page, "EventSourceMappings", items));
    }
    free(source);
    free(name);
}
