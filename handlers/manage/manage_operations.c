#include "handlers/manage/manage_operations.h"

#include "handlers/lambda/api_operations.h"
#include "handlers/manage/function_members.h"
#include "handlers/manage/manage_rules.h"

#include <string.h>

enum {
    FUNCTION = MANAGE_NAMES_FUNCTION,
    QUALIFIED = MANAGE_NAMES_FUNCTION | MANAGE_QUALIFIED,
    URL = MANAGE_NAMES_FUNCTION | MANAGE_QUALIFIED | MANAGE_URL_QUALIFIER
};

/* Rows of docs/management.md, which a test compares. */
/* clang-format off */
static const struct manage_operation operations[] = {
    {"CreateFunction", MANAGE_NAMES_NEW | MANAGE_HAS_CODE, create_function_rules, create_function, create_function_with_code},
    {"GetFunction", QUALIFIED, NULL, get_function, NULL},
    {"GetFunctionConfiguration", QUALIFIED, NULL, get_function_configuration, NULL},
    {"ListFunctions", 0, NULL, list_functions, NULL},
    {"DeleteFunction", QUALIFIED, NULL, delete_function, NULL},
    {"UpdateFunctionCode", FUNCTION | MANAGE_HAS_CODE, update_code_rules, update_function_code, update_function_code_with_code},
    {"UpdateFunctionConfiguration", FUNCTION, update_configuration_rules, update_function_configuration, NULL},
    {"PublishVersion", FUNCTION, publish_version_rules, publish_version, NULL},
    {"ListVersionsByFunction", FUNCTION, NULL, list_versions, NULL},

    {"CreateAlias", FUNCTION, create_alias_rules, create_alias, NULL},
    {"GetAlias", FUNCTION, NULL, get_alias, NULL},
    {"ListAliases", FUNCTION, NULL, list_aliases, NULL},
    {"UpdateAlias", FUNCTION, update_alias_rules, update_alias, NULL},
    {"DeleteAlias", FUNCTION, NULL, delete_alias, NULL},

    {"PutFunctionConcurrency", FUNCTION, put_concurrency_rules, put_concurrency, NULL},
    {"GetFunctionConcurrency", FUNCTION, NULL, get_concurrency, NULL},
    {"DeleteFunctionConcurrency", FUNCTION, NULL, delete_concurrency, NULL},
    {"PutProvisionedConcurrencyConfig", QUALIFIED, put_provisioned_rules, put_provisioned, NULL},
    {"GetProvisionedConcurrencyConfig", QUALIFIED, NULL, get_provisioned, NULL},
    {"DeleteProvisionedConcurrencyConfig", QUALIFIED, NULL, delete_provisioned, NULL},
    {"ListProvisionedConcurrencyConfigs", FUNCTION, NULL, list_provisioned, NULL},

    {"PutFunctionEventInvokeConfig", QUALIFIED, event_invoke_rules, put_event_invoke, NULL},
    {"UpdateFunctionEventInvokeConfig", QUALIFIED, event_invoke_rules, update_event_invoke, NULL},
    {"GetFunctionEventInvokeConfig", QUALIFIED, NULL, get_event_invoke, NULL},
    {"DeleteFunctionEventInvokeConfig", QUALIFIED, NULL, delete_event_invoke, NULL},
    {"ListFunctionEventInvokeConfigs", FUNCTION, NULL, list_event_invoke, NULL},

    {"AddPermission", QUALIFIED, add_permission_rules, add_permission, NULL},
    {"RemovePermission", QUALIFIED, NULL, remove_permission, NULL},
    {"GetPolicy", QUALIFIED, NULL, get_policy, NULL},

    {"TagResource", 0, tag_rules, tag_resource, NULL},
    {"UntagResource", 0, NULL, untag_resource, NULL},
    {"ListTags", 0, NULL, list_tags, NULL},

    {"GetAccountSettings", 0, NULL, get_account_settings, NULL},
    {"PutFunctionRecursionConfig", FUNCTION, put_recursion_rules, put_recursion, NULL},
    {"GetFunctionRecursionConfig", FUNCTION, NULL, get_recursion, NULL},
    {"PutRuntimeManagementConfig", QUALIFIED, put_runtime_management_rules, put_runtime_management, NULL},
    {"GetRuntimeManagementConfig", QUALIFIED, NULL, get_runtime_management, NULL},
    {"PutFunctionScalingConfig", QUALIFIED, put_scaling_rules, put_scaling, NULL},
    {"GetFunctionScalingConfig", QUALIFIED, NULL, get_scaling, NULL},

    {"CreateFunctionUrlConfig", URL, create_url_rules, create_url, NULL},
    {"UpdateFunctionUrlConfig", URL, update_url_rules, update_url, NULL},
    {"GetFunctionUrlConfig", URL, NULL, get_url, NULL},
    {"DeleteFunctionUrlConfig", URL, NULL, delete_url, NULL},
    {"ListFunctionUrlConfigs", FUNCTION, NULL, list_urls, NULL},

    {"CreateCodeSigningConfig", 0, create_signing_rules, create_signing, NULL},
    {"GetCodeSigningConfig", 0, NULL, get_signing, NULL},
    {"UpdateCodeSigningConfig", 0, update_signing_rules, update_signing, NULL},
    {"DeleteCodeSigningConfig", 0, NULL, delete_signing, NULL},
    {"ListCodeSigningConfigs", 0, NULL, list_signings, NULL},
    {"ListFunctionsByCodeSigningConfig", 0, NULL, list_functions_by_signing, NULL},
    {"PutFunctionCodeSigningConfig", FUNCTION, put_function_signing_rules, put_function_signing, NULL},
    {"GetFunctionCodeSigningConfig", FUNCTION, NULL, get_function_signing, NULL},
    {"DeleteFunctionCodeSigningConfig", FUNCTION, NULL, delete_function_signing, NULL},

    {"PublishLayerVersion", MANAGE_HAS_CODE, publish_layer_rules, publish_layer, publish_layer_with_code},
    {"GetLayerVersion", 0, NULL, get_layer, NULL},
    {"GetLayerVersionByArn", 0, NULL, get_layer_by_arn, NULL},
    {"DeleteLayerVersion", 0, NULL, delete_layer, NULL},
    {"ListLayerVersions", 0, NULL, list_layer_versions, NULL},
    {"ListLayers", 0, NULL, list_layers, NULL},
    {"AddLayerVersionPermission", 0, add_layer_permission_rules, add_layer_permission, NULL},
    {"RemoveLayerVersionPermission", 0, NULL, remove_layer_permission, NULL},
    {"GetLayerVersionPolicy", 0, NULL, get_layer_policy, NULL},

    {"CreateEventSourceMapping", 0, create_mapping_rules, create_mapping, NULL},
    {"GetEventSourceMapping", 0, NULL, get_mapping, NULL},
    {"ListEventSourceMappings", 0, NULL, list_mappings, NULL},
    {"UpdateEventSourceMapping", 0, update_mapping_rules, update_mapping, NULL},
    {"DeleteEventSourceMapping", 0, NULL, delete_mapping, NULL},
};
/* clang-format on */

const struct manage_operation *manage_operation_at(size_t place)
{
    return place < sizeof operations / sizeof operations[0] ? &operations[place] : NULL;
}

const struct manage_operation *manage_operation_find(const char *name)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    }
    return NULL;
}

size_t manage_body_max(const char *method, struct bytes_view path)
{
    const struct api_operation *modelled =
        api_operation_find(method, path, (struct bytes_view){"", 0});
    const struct manage_operation *operation =
        modelled == NULL ? NULL : manage_operation_find(modelled->name);

    if (operation == NULL)
        return 0;
    return (operation->flags & MANAGE_HAS_CODE) != 0 ? MANAGE_BODY_MAX : MANAGE_SMALL_BODY_MAX;
}
