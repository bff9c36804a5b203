/* permissions.c - AddPermission, RemovePermission, GetPolicy. */
#include "handlers/manage/configuration.h"
#include "handlers/manage/manage_operations.h"
#include "handlers/manage/manage_rules.h"
#include "handlers/manage/policy.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct member_rule add_permission_rules[] = {
    {"StatementId", MEMBER_TEXT, .is_required = true, .min = 1, .max = 100,
        .pattern = "([a-zA-Z0-9-_]+)", .ere = "[a-zA-Z0-9_-]+"},
    {"Action", MEMBER_TEXT, .is_required = true,
        .pattern = "(lambda:[*]|lambda:[a-zA-Z]+|[*])", .ere = "lambda:\\*|lambda:[a-zA-Z]+|\\*"},
    {"Principal", MEMBER_TEXT, .is_required = true, .pattern = "[^\\s]+", .ere = "[^[:space:]]+"},
    {"SourceArn", MEMBER_TEXT, .pattern = "arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:([a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)",
        .ere = "arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9-])+:([a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-[0-9])?:([0-9]{12})?:(.*)"},
    {"SourceAccount", MEMBER_TEXT, .max = 12, .pattern = "\\d{12}", .ere = "[0-9]{12}"},
    {"EventSourceToken", MEMBER_TEXT, .max = 256, .pattern = "[a-zA-Z0-9._\\-]+", .ere = "[a-zA-Z0-9._-]+"},
    {"RevisionId", MEMBER_TEXT, .max = 0},
    {"PrincipalOrgID", MEMBER_TEXT, .min = 12, .max = 34, .pattern = "^o-[a-z0-9]{10,32}$", .ere = "o-[a-z0-9]{10,32}"},
    {"FunctionUrlAuthType", MEMBER_TEXT, .values = "NONE, AWS_IAM"},
    {"InvokedViaFunctionUrl", MEMBER_FLAG, .max = 0},
    {NULL, MEMBER_TEXT, .max = 0},
};
/* clang-format on */

/* ---- finding ---- */

/* A number, and what has a '$' in it, can't be an alias. */
static bool could_be_alias(const char *qualifier)
{
    return strspn(qualifier, "0123456789") != strlen(qualifier) && strchr(qualifier, '$') == NULL;
}

bool manage_find_qualified(struct manage_call *call)
{
    const bool is_found =
        manage_look(call) && manage_version(&call->function, call->qualifier) != NULL;

    if (is_found)
        return !manage_refuse_of_file(call);
    if (call->qualifier[0] != '\0' && could_be_alias(call->qualifier))
        manage_refuse(call, MANAGE_NOT_FOUND, "Cannot find alias arn: %s",
                      manage_function_arn(call, call->qualifier).text);
    else
        manage_refuse(call, MANAGE_NOT_FOUND, "Function not found: %s",
                      manage_function_arn(call, call->qualifier).text);
    return false;
}

static cJSON *policies_of(const struct manage_call *call)
{
    return cJSON_GetObjectItemCaseSensitive((cJSON *)(uintptr_t)call->function.document,
                                            "Policies");
}

static cJSON *policy_of(const struct manage_call *call)
{
    return cJSON_GetObjectItemCaseSensitive(policies_of(call), call->qualifier);
}

/* The policy's; or, as long as there is none, the alias's or the function's own. */
static bool check_revision(struct manage_call *call, const char *asked, const cJSON *policy)
{
    const cJSON *alias = manage_alias(&call->function, call->qualifier);
    const char *current =
        json_member_text(policy != NULL  ? policy
                         : alias != NULL ? alias
                                         : manage_version(&call->function, call->qualifier),
                         "RevisionId");

    if (asked == NULL || (current != NULL && strcmp(asked, current) == 0))
        return true;
    manage_refuse(call, MANAGE_PRECONDITION,
                  "The Revision Id provided does not match the latest Revision Id. Call the "
                  "GetPolicy API to retrieve the latest Revision Id");
    return false;
}

/* ---- adding ---- */

static void add_conditions(const struct manage_call *call, cJSON *statement)
{
    /* clang-format off */
    static const struct {
        const char *operator, *key, *member;
    } rows[] = {
        {"StringEquals", "AWS:SourceAccount", "SourceAccount"},
        {"StringEquals", "lambda:FunctionUrlAuthType", "FunctionUrlAuthType"},
        {"StringEquals", "aws:PrincipalOrgID", "PrincipalOrgID"},
        {"StringEquals", "lambda:EventSourceToken", "EventSourceToken"},
        {"ArnLike", "AWS:SourceArn", "SourceArn"},
    };
    /* clang-format on */
    const cJSON *via_url = manage_member(call, "InvokedViaFunctionUrl");
    cJSON *condition = cJSON_CreateObject();

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *value = manage_text(call, rows[i].member);
        cJSON *test = cJSON_GetObjectItemCaseSensitive(condition, rows[i].operator);

        if (value == NULL)
            continue;
        if (test == NULL)
            test = cJSON_AddObjectToObject(condition, rows[i].operator);
        (void)cJSON_AddStringToObject(test, rows[i].key, value);
    }
    if (cJSON_IsTrue(via_url))
        (void)cJSON_AddStringToObject(cJSON_AddObjectToObject(condition, "Bool"),
                                      "lambda:InvokedViaFunctionUrl", "true");
    if (cJSON_GetArraySize(condition) > 0)
        (void)cJSON_AddItemToObject(statement, "Condition", condition);
    else
        cJSON_Delete(condition);
}

void add_permission(struct manage_call *call)
{
    const char *sid = manage_text(call, "StatementId");
    cJSON *principal, *policies, *policy, *statement;

    if (strcmp(call->qualifier, "$LATEST") == 0) {
        manage_refuse(call, MANAGE_PARAMETER,
                      "We currently do not support adding policies for $LATEST.");
        return;
    }
    principal = policy_principal_make(manage_text(call, "Principal"));
    if (principal == NULL) {
        manage_refuse(call, MANAGE_PARAMETER,
                      "The provided principal was invalid. Please check the principal and try "
                      "again.");
        return;
    }
    if (!manage_find_qualified(call) ||
        !check_revision(call, manage_text(call, "RevisionId"), policy_of(call)) ||
        !policy_check_new_sid(call, policy_of(call), sid)) {
        cJSON_Delete(principal);
        return;
    }
    policies = policies_of(call);
    if (policies == NULL)
        policies = cJSON_AddObjectToObject(call->function.resource->document, "Policies");
    policy = policy_of(call);
    if (policy == NULL)
        policy = cJSON_AddObjectToObject(policies, call->qualifier);
    statement = policy_statement_make(sid, principal, manage_text(call, "Action"),
                                      manage_function_arn(call, call->qualifier).text);
    add_conditions(call, statement);
    policy_add(call, policy, statement);
    manage_save(call, call->function.resource, NULL, 201, policy_statement_answer(statement));
}

/* ---- removing and reading ---- */

void remove_permission(struct manage_call *call)
{
    const char *sid = call->labels[1];
    char *revision = manage_query(call, "RevisionId");
    cJSON *policy, *statement = NULL;

    if (!manage_look(call)) {
        manage_refuse(call, MANAGE_NOT_FOUND, "No policy found for: %s",
                      manage_function_arn(call, call->qualifier).text);
        free(revision);
        return;
    }
    policy = policy_of(call);
    if (policy != NULL)
        statement = policy_statement_find(policy, sid);
    if (policy == NULL) {
        manage_refuse(call, MANAGE_NOT_FOUND, "No policy is associated with the given resource.");
    } else if (statement == NULL) {
        manage_refuse(call, MANAGE_NOT_FOUND, "Statement %s is not found in resource policy.", sid);
    } else if (check_revision(call, revision, policy)) {
        policy_drop(call, policy, statement);
        if (cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(policy, "Statement")) == 0)
            cJSON_DeleteItemFromObjectCaseSensitive(policies_of(call), call->qualifier);
        manage_save(call, call->function.resource, NULL, 204, NULL);
    }
    free(revision);
}

void get_policy(struct manage_call *call)
{
    const cJSON *policy = manage_look(call) ? policy_of(call) : NULL;

    if (policy == NULL)
        manage_refuse(call, MANAGE_NOT_FOUND, "The resource you requested does not exist.");
    else
        manage_answer(call, 200, policy_answer(policy));
}
