/*
 * configuration.h - the configuration of a function as AWS answers it, from the version of a document.
 */
#ifndef HANDLERS_MANAGE_CONFIGURATION_H
#define HANDLERS_MANAGE_CONFIGURATION_H

#include "handlers/manage/manage_call.h"

struct configuration_view {
    const char *function_name;
    const char *qualifier; /* of the ARN; "" for none */
    const cJSON *version;  /* of the document */
    bool is_listed;        /* an item of a list: without states */
    enum resource_phase phase;
    const char *revision; /* RevisionId instead of the stored one; NULL for that */
};

/* Returns owned. */
cJSON *configuration_make(const struct manage_call *call, const struct configuration_view *view);

/* Of the call's function, which has been found: with its phase. */
cJSON *configuration_of_call(const struct manage_call *call, const cJSON *version,
                             const char *qualifier);

/* Text and member of an object, NULL when there is none. */
const char *json_member_text(const cJSON *object, const char *key);

/* Replaces or adds; takes `item`. */
void json_member_set(cJSON *object, const char *key, cJSON *item);

#endif
