/*
 * manage_operations.h - the operations of the management API: one table, by AWS's names. Which method and path belong to a
 * name stands in handlers/lambda/api_operations.c.
 */
#ifndef HANDLERS_MANAGE_MANAGE_OPERATIONS_H
#define HANDLERS_MANAGE_MANAGE_OPERATIONS_H

#include "handlers/manage/manage_call.h"
#include "handlers/manage/member_rules.h"

enum { MANAGE_BODY_MAX = 70167211 - 1, MANAGE_SMALL_BODY_MAX = 6 << 20 };

typedef void manage_fn(struct manage_call *call);

enum manage_flag {
    MANAGE_NAMES_FUNCTION = 1, /* the path's first label */
    MANAGE_NAMES_NEW = 2,      /* the body's FunctionName, which is to be made */
    MANAGE_QUALIFIED = 4,      /* takes ?Qualifier= */
    MANAGE_HAS_CODE = 8,       /* in the body, or in its member Code or Content */
    MANAGE_URL_QUALIFIER = 16  /* ?Qualifier= is an alias */
};

struct manage_operation {
    const char *name;
    unsigned flags;
    const struct member_rule *rules; /* ended by a row without a path; NULL for none */
    manage_fn *run;
    manage_fn *with_code; /* continues after the code has been kept; NULL for none */
};

/* NULL when there is none of that name. */
const struct manage_operation *manage_operation_find(const char *name);
const struct manage_operation *manage_operation_at(size_t place);

/* How large a body a request of that method and path may have; 0 when it isn't one of these operations. */
size_t manage_body_max(const char *method, struct bytes_view path);

/* Where code can be fetched: "http://HOST/_invoked/code/SHA256". */
enum { MANAGE_URL_SIZE = 512 };
void manage_code_url(const struct manage_call *call, const char *hex, char url[MANAGE_URL_SIZE]);

/* Keeps the code that the body names, then calls the operation's `with_code`; or refuses. */
void manage_keep_code(struct manage_call *call, const cJSON *code);

manage_fn create_function, create_function_with_code, get_function, get_function_configuration,
    list_functions, delete_function, update_function_code, update_function_code_with_code,
    update_function_configuration;
manage_fn publish_version, list_versions;
manage_fn create_alias, get_alias, list_aliases, update_alias, delete_alias;
manage_fn put_concurrency, get_concurrency, delete_concurrency;
manage_fn put_event_invoke, update_event_invoke, get_event_invoke, delete_event_invoke,
    list_event_invoke;
manage_fn tag_resource, untag_resource, list_tags;
manage_fn add_permission, remove_permission, get_policy;
manage_fn get_account_settings;
manage_fn put_recursion, get_recursion, put_runtime_management, get_runtime_management, put_scaling,
    get_scaling;
manage_fn create_url, update_url, get_url, delete_url, list_urls;
manage_fn put_provisioned, get_provisioned, delete_provisioned, list_provisioned;
manage_fn create_signing, get_signing, update_signing, delete_signing, list_signings,
    list_functions_by_signing, put_function_signing, get_function_signing, delete_function_signing;
manage_fn publish_layer, publish_layer_with_code, get_layer, get_layer_by_arn, delete_layer,
    list_layer_versions, list_layers, add_layer_permission, remove_layer_permission,
    get_layer_policy;
manage_fn create_mapping, get_mapping, list_mappings, update_mapping, delete_mapping;

#endif
