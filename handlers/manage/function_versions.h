/*
 * function_versions.h - published versions, as other operations than PublishVersion need them too.
 */
#ifndef HANDLERS_MANAGE_FUNCTION_VERSIONS_H
#define HANDLERS_MANAGE_FUNCTION_VERSIONS_H

#include "handlers/manage/manage_call.h"

/* Publishes the call's function as it is. `description` NULL: that of $LATEST. The version is the document's. */
const cJSON *function_versions_publish(struct manage_call *call, const char *description);

/* Is RevisionId, where it is given, that of $LATEST? Is there room for so much code? False, and answered, when not. */
bool function_versions_check_revision(struct manage_call *call);
bool function_versions_have_room(struct manage_call *call, int64_t more);

#endif
