/*
 * function_unit.h - from the document of a function of the API to the snapshot that it is invoked by.
 *
 * The document's members are AWS's own (handlers/manage/README.md); what the snapshot needs of them is written as a
 * configuration and read by the same code as a file. A version that can't run here answers invocations with the reason.
 */
#ifndef RUNTIME_REGISTRY_FUNCTION_UNIT_H
#define RUNTIME_REGISTRY_FUNCTION_UNIT_H

#include "runtime/registry/registry.h"

struct function_unit_options {
    const struct config *file; /* region and limits */
    struct code_store *code_store;
    const char *data_folder;
    const char *account_id, *name;
    const char *pending; /* NULL when it can be invoked */
};

/* Returns owned; holds references to the code that it uses. NULL when out of memory. */
struct config *function_unit_build(const struct function_unit_options *options,
                                   const cJSON *document);

#endif
