/*
 * layer_version.h - finding a version of a layer, for the operations of layers and of their policies.
 */
#ifndef HANDLERS_MANAGE_LAYER_VERSION_H
#define HANDLERS_MANAGE_LAYER_VERSION_H

#include "handlers/manage/function_members.h"
#include "handlers/manage/manage_call.h"

/* "arn:aws:lambda:us-east-1:123456789012:layer:l:1": its parts. */
struct layer_version_arn {
    char region[64], account_id[ACCOUNT_ID_SIZE], name[160];
    double version;
};

/* False when `arn` isn't of this form (AWS's own layers have another). */
bool layer_version_read_arn(const char *arn, struct layer_version_arn *parts);

/* The path's name, or that of its ARN. */
const char *layer_name_of(const struct manage_call *call);

/* The path's version number. False, and answered, when it is none. */
bool layer_version_read_number(struct manage_call *call, double *number);

/* `layer` may be NULL. NULL when there is none. */
cJSON *layer_version_find(const struct resource *layer, double number);

#endif
