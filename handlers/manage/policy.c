#include "handlers/manage/policy.h"

#include "handlers/manage/configuration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool ends_in(const char *text, const char *end)
{
    const size_t length = strlen(text), end_length = strlen(end);

    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

cJSON *policy_principal_make(const char *text)
{
    static const char *const services[] = {".amazonaws.com", ".amazonaws.com.cn", ".amazon.com",
                                           ".aws.internal"};
    cJSON *principal;
    char arn[64];

    if (strcmp(text, "*") == 0)
        return cJSON_CreateString("*");
    principal = cJSON_CreateObject();
    if (strlen(text) == ACCOUNT_ID_SIZE - 1 && strspn(text, "0123456789") == strlen(text)) {
        (void)snprintf(arn, sizeof arn, "arn:aws:iam::%s:root", text);
        (void)cJSON_AddStringToObject(principal, "AWS", arn);
        return principal;
    }
    if (strncmp(text, "arn:", 4) == 0 &&
        (strstr(text, ":iam::") != NULL || strstr(text, ":sts::") != NULL)) {
        (void)cJSON_AddStringToObject(principal, "AWS", text);
        return principal;
    }
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        if (ends_in(text, services[i])) {
            (void)cJSON_AddStringToObject(principal, "Service", text);
            return principal;
        }
    }
    cJSON_Delete(principal);
    return NULL;
}

cJSON *policy_statement_make(const char *sid, cJSON *principal, const char *action,
                             const char *resource)
{
    cJSON *statement = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(statement, "Sid", sid);
    (void)cJSON_AddStringToObject(statement, "Effect", "Allow");
    (void)cJSON_AddItemToObject(statement, "Principal", principal);
    (void)cJSON_AddStringToObject(statement, "Action", action);
    (void)cJSON_AddStringToObject(statement, "Resource", resource);
    return statement;
}

cJSON *policy_statement_find(const cJSON *policy, const char *sid)
{
    cJSON *statement;

    cJSON_ArrayForEach(statement, cJSON_GetObjectItemCaseSensitive(policy, "Statement"))
    {
        const char *own = json_member_text(statement, "Sid");

        if (own != NULL && strcmp(own, sid) == 0)
            return statement;
    }
    return NULL;
}

static void touch(const struct manage_call *call, cJSON *policy)
{
    json_member_set(policy, "RevisionId", cJSON_CreateString(manage_uuid_make(call).text));
}

void policy_add(const struct manage_call *call, cJSON *policy, cJSON *statement)
{
    cJSON *statements = cJSON_GetObjectItemCaseSensitive(policy, "Statement");

    if (statements == NULL)
        statements = cJSON_AddArrayToObject(policy, "Statement");
    (void)cJSON_AddItemToArray(statements, statement);
    touch(call, policy);
}

void policy_drop(const struct manage_call *call, cJSON *policy, cJSON *statement)
{
    cJSON_Delete(cJSON_DetachItemViaPointer(cJSON_GetObjectItemCaseSensitive(policy, "Statement"),
                                            statement));
    touch(call, policy);
}

static void add_printed(cJSON *answer, const char *key, const cJSON *json)
{
    char *text = cJSON_PrintUnformatted(json);

    (void)cJSON_AddStringToObject(answer, key, text == NULL ? "" : text);
    free(text);
}

cJSON *policy_answer(const cJSON *policy)
{
    cJSON *answer = cJSON_CreateObject(), *whole = cJSON_CreateObject();
    const char *revision = json_member_text(policy, "RevisionId");

    (void)cJSON_AddStringToObject(whole, "Version", "2012-10-17");
    (void)cJSON_AddStringToObject(whole, "Id", "default");
    (void)cJSON_AddItemToObject(
        whole, "Statement",
        cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(policy, "Statement"), true));
    add_printed(answer, "Policy", whole);
    (void)cJSON_AddStringToObject(answer, "RevisionId", revision == NULL ? "" : revision);
    cJSON_Delete(whole);
    return answer;
}

cJSON *policy_statement_answer(const cJSON *statement)
{
    cJSON *answer = cJSON_CreateObject();

    add_printed(answer, "Statement", statement);
    return answer;
}

bool policy_check_new_sid(struct manage_call *call, const cJSON *policy, const char *sid)
{
    if (policy_statement_find(policy, sid) == NULL)
        return true;
    manage_refuse(call, MANAGE_CONFLICT,
                  "The statement id (%s) provided already exists. Please provide a new statement "
                  "id, or remove the existing statement.",
                  sid);
    return false;
}
