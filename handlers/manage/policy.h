/*
 * policy.h - resource policies of functions and of layer versions: {"RevisionId", "Statement": [...]}, as documents hold
 * them.
 */
#ifndef HANDLERS_MANAGE_POLICY_H
#define HANDLERS_MANAGE_POLICY_H

#include "handlers/manage/manage_call.h"

/* "*", an account id, an IAM ARN or a service, as a statement has it; owned. NULL for no principal of AWS. */
cJSON *policy_principal_make(const char *text);

/* A statement without conditions, in AWS's order; takes `principal`. */
cJSON *policy_statement_make(const char *sid, cJSON *principal, const char *action,
                             const char *resource);

/* NULL for none. */
cJSON *policy_statement_find(const cJSON *policy, const char *sid);

/* Adds a statement (taken), or drops one; the policy gets a new revision. */
void policy_add(const struct manage_call *call, cJSON *policy, cJSON *statement);
void policy_drop(const struct manage_call *call, cJSON *policy, cJSON *statement);

/* {"Policy": "<JSON>", "RevisionId"}; {"Statement": "<JSON>"}. Owned. */
cJSON *policy_answer(const cJSON *policy);
cJSON *policy_statement_answer(const cJSON *statement);

/* Refusals that both kinds share; false, and answered. */
bool policy_check_new_sid(struct manage_call *call, const cJSON *policy, const char *sid);

#endif
