/*
 * manage_rules.h - the rules of bodies, each table in the file of its operation.
 */
#ifndef HANDLERS_MANAGE_MANAGE_RULES_H
#define HANDLERS_MANAGE_MANAGE_RULES_H

#include "handlers/manage/member_rules.h"

extern const struct member_rule create_alias_rules[], update_alias_rules[];
extern const struct member_rule put_concurrency_rules[], event_invoke_rules[];
extern const struct member_rule tag_rules[], add_permission_rules[];
extern const struct member_rule put_recursion_rules[], put_runtime_management_rules[],
    put_scaling_rules[];
extern const struct member_rule create_url_rules[], update_url_rules[], put_provisioned_rules[];
extern const struct member_rule create_signing_rules[], update_signing_rules[],
    put_function_signing_rules[];
extern const struct member_rule publish_layer_rules[], add_layer_permission_rules[];
extern const struct member_rule create_mapping_rules[], update_mapping_rules[];

#endif
