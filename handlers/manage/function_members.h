/*
 * function_members.h - what CreateFunction and UpdateFunctionConfiguration may be given: the rules of the members, the
 * checks that follow, and how members come into a version of the document.
 */
#ifndef HANDLERS_MANAGE_FUNCTION_MEMBERS_H
#define HANDLERS_MANAGE_FUNCTION_MEMBERS_H

#include "handlers/manage/manage_call.h"
#include "handlers/manage/member_rules.h"

extern const struct member_rule create_function_rules[], update_configuration_rules[],
    update_code_rules[], publish_version_rules[];

/* As AWS prints them. */
extern const char function_runtimes[]; /* list R */
extern const char layer_version_pattern[], layer_version_ere[];
extern const char layer_item_text[];

/* The checks that are the operation's own: runtime, environment, layers. False when the call has been answered. */
bool function_members_check(struct manage_call *call);

/* A version of the document with all defaults. */
cJSON *function_members_create(struct manage_call *call);

/* Only what the body names. */
void function_members_update(struct manage_call *call, cJSON *version);

/* CodeSha256, CodeSize and the code's name. */
void function_members_set_code(cJSON *version, const struct code_item *code);

/* Of an image: its digest is that of its name. */
void function_members_set_image(cJSON *version, const char *uri);

#endif
