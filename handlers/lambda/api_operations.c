#include "handlers/lambda/api_operations.h"

#include <string.h>

/* Of the service model; tests/clients/test_api_operations.mjs compares them with that of the newest SDK. */
/* clang-format off */
static const struct api_operation operations[] = {
    {"AddLayerVersionPermission", "POST", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy"},
    {"AddPermission", "POST", "/2015-03-31/functions/{FunctionName}/policy"},
    {"CheckpointDurableExecution", "POST", "/2025-12-01/durable-executions/{DurableExecutionArn}/checkpoint"},
    {"CreateAlias", "POST", "/2015-03-31/functions/{FunctionName}/aliases"},
    {"CreateCapacityProvider", "POST", "/2025-11-30/capacity-providers"},
    {"CreateCodeSigningConfig", "POST", "/2020-04-22/code-signing-configs"},
    {"CreateEventSourceMapping", "POST", "/2015-03-31/event-source-mappings"},
    {"CreateFunction", "POST", "/2015-03-31/functions"},
    {"CreateFunctionUrlConfig", "POST", "/2021-10-31/functions/{FunctionName}/url"},
    {"DeleteAlias", "DELETE", "/2015-03-31/functions/{FunctionName}/aliases/{Name}"},
    {"DeleteCapacityProvider", "DELETE", "/2025-11-30/capacity-providers/{CapacityProviderName}"},
    {"DeleteCodeSigningConfig", "DELETE", "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}"},
    {"DeleteEventSourceMapping", "DELETE", "/2015-03-31/event-source-mappings/{UUID}"},
    {"DeleteFunction", "DELETE", "/2015-03-31/functions/{FunctionName}"},
    {"DeleteFunctionCodeSigningConfig", "DELETE", "/2020-06-30/functions/{FunctionName}/code-signing-config"},
    {"DeleteFunctionConcurrency", "DELETE", "/2017-10-31/functions/{FunctionName}/concurrency"},
    {"DeleteFunctionEventInvokeConfig", "DELETE", "/2019-09-25/functions/{FunctionName}/event-invoke-config"},
    {"DeleteFunctionUrlConfig", "DELETE", "/2021-10-31/functions/{FunctionName}/url"},
    {"DeleteLayerVersion", "DELETE", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}"},
    {"DeleteProvisionedConcurrencyConfig", "DELETE", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"},
    {"DeleteResourcePolicy", "DELETE", "/2026-07-09/resource-policy/{ResourceArn}"},
    {"GetAccountSettings", "GET", "/2016-08-19/account-settings"},
    {"GetAlias", "GET", "/2015-03-31/functions/{FunctionName}/aliases/{Name}"},
    {"GetCapacityProvider", "GET", "/2025-11-30/capacity-providers/{CapacityProviderName}"},
    {"GetCodeSigningConfig", "GET", "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}"},
    {"GetDurableExecution", "GET", "/2025-12-01/durable-executions/{DurableExecutionArn}"},
    {"GetDurableExecutionHistory", "GET", "/2025-12-01/durable-executions/{DurableExecutionArn}/history"},
    {"GetDurableExecutionState", "GET", "/2025-12-01/durable-executions/{DurableExecutionArn}/state"},
    {"GetEventSourceMapping", "GET", "/2015-03-31/event-source-mappings/{UUID}"},
    {"GetFunction", "GET", "/2015-03-31/functions/{FunctionName}"},
    {"GetFunctionCodeSigningConfig", "GET", "/2020-06-30/functions/{FunctionName}/code-signing-config"},
    {"GetFunctionConcurrency", "GET", "/2019-09-30/functions/{FunctionName}/concurrency"},
    {"GetFunctionConfiguration", "GET", "/2015-03-31/functions/{FunctionName}/configuration"},
    {"GetFunctionEventInvokeConfig", "GET", "/2019-09-25/functions/{FunctionName}/event-invoke-config"},
    {"GetFunctionRecursionConfig", "GET", "/2024-08-31/functions/{FunctionName}/recursion-config"},
    {"GetFunctionScalingConfig", "GET", "/2025-11-30/functions/{FunctionName}/function-scaling-config"},
    {"GetFunctionUrlConfig", "GET", "/2021-10-31/functions/{FunctionName}/url"},
    {"GetLayerVersion", "GET", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}"},
    {"GetLayerVersionByArn", "GET", "/2018-10-31/layers?find=LayerVersion"},
    {"GetLayerVersionPolicy", "GET", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy"},
    {"GetPolicy", "GET", "/2015-03-31/functions/{FunctionName}/policy"},
    {"GetProvisionedConcurrencyConfig", "GET", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"},
    {"GetResourcePolicy", "GET", "/2026-07-09/resource-policy/{ResourceArn}"},
    {"GetRuntimeManagementConfig", "GET", "/2021-07-20/functions/{FunctionName}/runtime-management-config"},
    {"Invoke", "POST", "/2015-03-31/functions/{FunctionName}/invocations"},
    {"InvokeAsync", "POST", "/2014-11-13/functions/{FunctionName}/invoke-async"},
    {"InvokeWithResponseStream", "POST", "/2021-11-15/functions/{FunctionName}/response-streaming-invocations"},
    {"ListAliases", "GET", "/2015-03-31/functions/{FunctionName}/aliases"},
    {"ListCapacityProviders", "GET", "/2025-11-30/capacity-providers"},
    {"ListCodeSigningConfigs", "GET", "/2020-04-22/code-signing-configs"},
    {"ListDurableExecutionsByFunction", "GET", "/2025-12-01/functions/{FunctionName}/durable-executions"},
    {"ListEventSourceMappings", "GET", "/2015-03-31/event-source-mappings"},
    {"ListFunctionEventInvokeConfigs", "GET", "/2019-09-25/functions/{FunctionName}/event-invoke-config/list"},
    {"ListFunctionUrlConfigs", "GET", "/2021-10-31/functions/{FunctionName}/urls"},
    {"ListFunctionVersionsByCapacityProvider", "GET", "/2025-11-30/capacity-providers/{CapacityProviderName}/function-versions"},
    {"ListFunctions", "GET", "/2015-03-31/functions"},
    {"ListFunctionsByCodeSigningConfig", "GET", "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}/functions"},
    {"ListLayerVersions", "GET", "/2018-10-31/layers/{LayerName}/versions"},
    {"ListLayers", "GET", "/2018-10-31/layers"},
    {"ListProvisionedConcurrencyConfigs", "GET", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency?List=ALL"},
    {"ListTags", "GET", "/2017-03-31/tags/{Resource}"},
    {"ListVersionsByFunction", "GET", "/2015-03-31/functions/{FunctionName}/versions"},
    {"PublishLayerVersion", "POST", "/2018-10-31/layers/{LayerName}/versions"},
    {"PublishVersion", "POST", "/2015-03-31/functions/{FunctionName}/versions"},
    {"PutFunctionCodeSigningConfig", "PUT", "/2020-06-30/functions/{FunctionName}/code-signing-config"},
    {"PutFunctionConcurrency", "PUT", "/2017-10-31/functions/{FunctionName}/concurrency"},
    {"PutFunctionEventInvokeConfig", "PUT", "/2019-09-25/functions/{FunctionName}/event-invoke-config"},
    {"PutFunctionRecursionConfig", "PUT", "/2024-08-31/functions/{FunctionName}/recursion-config"},
    {"PutFunctionScalingConfig", "PUT", "/2025-11-30/functions/{FunctionName}/function-scaling-config"},
    {"PutProvisionedConcurrencyConfig", "PUT", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"},
    {"PutResourcePolicy", "PUT", "/2026-07-09/resource-policy/{ResourceArn}"},
    {"PutRuntimeManagementConfig", "PUT", "/2021-07-20/functions/{FunctionName}/runtime-management-config"},
    {"RemoveLayerVersionPermission", "DELETE", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy/{StatementId}"},
    {"RemovePermission", "DELETE", "/2015-03-31/functions/{FunctionName}/policy/{StatementId}"},
    {"SendDurableExecutionCallbackFailure", "POST", "/2025-12-01/durable-execution-callbacks/{CallbackId}/fail"},
    {"SendDurableExecutionCallbackHeartbeat", "POST", "/2025-12-01/durable-execution-callbacks/{CallbackId}/heartbeat"},
    {"SendDurableExecutionCallbackSuccess", "POST", "/2025-12-01/durable-execution-callbacks/{CallbackId}/succeed"},
    {"StopDurableExecution", "POST", "/2025-12-01/durable-executions/{DurableExecutionArn}/stop"},
    {"TagResource", "POST", "/2017-03-31/tags/{Resource}"},
    {"UntagResource", "DELETE", "/2017-03-31/tags/{Resource}"},
    {"UpdateAlias", "PUT", "/2015-03-31/functions/{FunctionName}/aliases/{Name}"},
    {"UpdateCapacityProvider", "PUT", "/2025-11-30/capacity-providers/{CapacityProviderName}"},
    {"UpdateCodeSigningConfig", "PUT", "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}"},
    {"UpdateEventSourceMapping", "PUT", "/2015-03-31/event-source-mappings/{UUID}"},
    {"UpdateFunctionCode", "PUT", "/2015-03-31/functions/{FunctionName}/code"},
    {"UpdateFunctionConfiguration", "PUT", "/2015-03-31/functions/{FunctionName}/configuration"},
    {"UpdateFunctionEventInvokeConfig", "POST", "/2019-09-25/functions/{FunctionName}/event-invoke-config"},
    {"UpdateFunctionUrlConfig", "PUT", "/2021-10-31/functions/{FunctionName}/url"},
};
/* clang-format on */

const struct api_operation *api_operations(size_t *count)
{
    *count = sizeof operations / sizeof operations[0];
    return operations;
}

static size_t segment_length(const char *path, const char *end)
{
    const char *slash = memchr(path, '/', (size_t)(end - path));

    return (size_t)((slash == NULL ? end : slash) - path);
}

/* Segment by segment: both begin with a '/'. */
static bool path_matches(const char *pattern, const char *pattern_end, const char *path,
                         const char *path_end)
{
    while (pattern < pattern_end && path < path_end && *path == '/') {
        const size_t wanted = segment_length(++pattern, pattern_end);
        const size_t length = segment_length(++path, path_end);

        if (*pattern == '{' ? length == 0 : length != wanted || memcmp(pattern, path, length) != 0)
            return false;
        pattern += wanted;
        path += length;
    }
    return pattern == pattern_end && (path == path_end || (path_end - path == 1 && *path == '/'));
}

/* "name=value", which must be one of the parameters. */
static bool query_has(struct bytes_view query, const char *wanted)
{
    const size_t length = strlen(wanted);
    const char *end = query.data + query.length;

    for (const char *at = query.data; at < end;) {
        const char *stop = memchr(at, '&', (size_t)(end - at));

        if (stop == NULL)
            stop = end;
        if ((size_t)(stop - at) == length && memcmp(at, wanted, length) == 0)
            return true;
        at = stop + 1;
    }
    return false;
}

/* The operation with the most in its pattern wins: GetLayerVersionByArn is ListLayers with one parameter more. */
const struct api_operation *api_operation_find(const char *method, struct bytes_view path,
                                               struct bytes_view query)
{
    const struct api_operation *found = NULL;

    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        const char *pattern = operations[i].path, *question = strchr(pattern, '?');
        const char *end = question == NULL ? pattern + strlen(pattern) : question;

        if (strcmp(operations[i].method, method) != 0 ||
            !path_matches(pattern, end, path.data, path.data + path.length))
            continue;
        if (question == NULL ? found == NULL : query_has(query, question + 1))
            found = &operations[i];
    }
    return found;
}

void api_answer_not_implemented(struct exchange *exchange, const struct api_operation *operation)
{
    const struct answer_header headers[] = {
        {"Content-Type", "application/json"},
        {"x-amzn-RequestId", exchange->request_id},
        {"x-amzn-ErrorType", "NotImplementedException"},
    };
    struct bytes *body = NULL;

    if (!bytes_format(&body,
                      "{\"Type\":\"User\",\"message\":\"invoked does not implement %s. Its page "
                      "docs/management.md lists the operations that it has.\"}",
                      operation->name)) {
        bytes_release(body);
        body = NULL;
    }
    exchange_answer(
        exchange,
        &(struct answer){.status = 501, .headers = headers, .header_count = 3, .body = body});
    bytes_release(body);
}
