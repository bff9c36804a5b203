/* layer_policies.c - the resource policies of layer versions. */
#include "handlers/manage/configuration.h"
#include "handlers/manage/layer_version.h"
#include "handlers/manage/manage_operations.h"
#include "handlers/manage/manage_rules.h"
#include "handlers/manage/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct member_rule add_layer_permission_rules[] = {
    {"StatementId", MEMBER_TEXT, .is_required = true, .min = 1, .max = 100,
        .pattern = "([a-zA-Z0-9-_]+)", .ere = "[a-zA-Z0-9_-]+"},
    {"Action", MEMBER_TEXT, .is_required = true, .max = 22,
        .pattern = "lambda:GetLayerVersion", .ere = "lambda:GetLayerVersion"},
    {"Principal", MEMBER_TEXT, .is_required = true,
        .pattern = "\\d{12}|\\*|arn:(aws[a-zA-Z-]*):iam::\\d{12}:root", .ere = "[0-9]{12}|\\*|arn:(aws[a-zA-Z-]*):iam::[0-9]{12}:root"},
    {"OrganizationId", MEMBER_TEXT, .max = 34, .pattern = "o-[a-z0-9]{10,32}", .ere = "o-[a-z0-9]{10,32}"},
    {NULL, MEMBER_TEXT, .max = 0},
};
/* clang-format on */

struct place {
    struct resource *layer;
    cJSON *version;
    char number[32];
};

static struct manage_arn arn_of(const struct manage_call *call, const struct place *place)
{
    return manage_arn_of(call, "layer", layer_name_of(call), place->number);
}

/* False, and answered, when there is no such version. */
static bool find(struct manage_call *call, struct place *place)
{
    double number;

    if (!layer_version_read_number(call, &number))
        return false;
    (void)snprintf(place->number, sizeof place->number, "%.0f", number);
    place->layer =
        registry_find(call->api->registry, RESOURCE_LAYER, call->account_id, layer_name_of(call));
    place->version = layer_version_find(place->layer, number);
    if (place->version != NULL)
        return true;
    manage_refuse(call, MANAGE_NOT_FOUND, "Layer version %s does not exist.",
                  arn_of(call, place).text);
    return false;
}

static cJSON *policy_of(const struct place *place)
{
    return cJSON_GetObjectItemCaseSensitive(place->version, "Policy");
}

/* ?RevisionId= */
static bool check_revision(struct manage_call *call, const cJSON *policy)
{
    char *asked = manage_query(call, "RevisionId");
    const char *current = json_member_text(policy, "RevisionId");
    const bool is_good = asked == NULL || (current != NULL && strcmp(asked, current) == 0);

    free(asked);
    if (!is_good)
        manage_refuse(call, MANAGE_PRECONDITION,
                      "The Revision Id provided does not match the latest Revision Id. Call the "
                      "GetLayerPolicy API to retrieve the latest Revision Id");
    return is_good;
}

void add_layer_permission(struct manage_call *call)
{
    const char *sid = manage_text(call, "StatementId");
    const char *organization = manage_text(call, "OrganizationId");
    struct place place;
    cJSON *policy, *statement, *answer;

    if (!find(call, &place) || !check_revision(call, policy_of(&place)) ||
        !policy_check_new_sid(call, policy_of(&place), sid))
        return;
    policy = policy_of(&place);
    if (policy == NULL)
        policy = cJSON_AddObjectToObject(place.version, "Policy");
    statement = policy_statement_make(sid, policy_principal_make(manage_text(call, "Principal")),
                                      manage_text(call, "Action"), arn_of(call, &place).text);
    if (organization != NULL)
        (void)cJSON_AddStringToObject(
            cJSON_AddObjectToObject(cJSON_AddObjectToObject(statement, "Condition"),
                                    "StringEquals"),
            "aws:PrincipalOrgID", organization);
    policy_add(call, policy, statement);
    answer = policy_statement_answer(statement);
    (void)cJSON_AddStringToObject(answer, "RevisionId", json_member_text(policy, "RevisionId"));
    manage_save(call, place.layer, NULL, 201, answer);
}

void remove_layer_permission(struct manage_call *call)
{
    const char *sid = call->labels[2];
    struct place place;
    cJSON *policy, *statement;

    if (!find(call, &place))
        return;
    policy = policy_of(&place);
    statement = policy == NULL ? NULL : policy_statement_find(policy, sid);
    if (policy == NULL) {
        manage_refuse(call, MANAGE_NOT_FOUND, "No policy is associated with the given resource.");
    } else if (statement == NULL) {
        manage_refuse(call, MANAGE_NOT_FOUND, "Statement %s is not found in resource policy.", sid);
    } else if (check_revision(call, policy)) {
        policy_drop(call, policy, statement);
        if (cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(policy, "Statement")) == 0)
            cJSON_DeleteItemFromObjectCaseSensitive(place.version, "Policy");
        manage_save(call, place.layer, NULL, 204, NULL);
    }
}

void get_layer_policy(struct manage_call *call)
{
    struct place place;

    if (!find(call, &place))
        return;
    if (policy_of(&place) == NULL)
        manage_refuse(call, MANAGE_NOT_FOUND, "No policy is associated with the given resource.");
    else
        manage_answer(call, 200, policy_answer(policy_of(&place)));
}
