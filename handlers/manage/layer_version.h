/*
 * layer_version.h - finding a version of a layer, for the operations of layers and of their policies.
 */
#ifndef HANDLERS_MANAGE_LAYER_VERSION_H
#define HANDLERS_MANAGE_LAYER_VERSION_H

#include "handlers/manage/function_members.h"
#include "handlers/manage/manage_call.h"

/* The path's name, or that of its ARN. */
const char *layer_name_of(const struct manage_call *call);

/* The path's version number. False, and answered, when it is none. */
bool layer_version_read_number(struct manage_call *call, double *number);

/* `layer` may be NULL. NULL when there is none. */
cJSON *layer_version_find(const struct resource *layer, double number);

#endif
