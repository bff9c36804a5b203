/*
 * file_function.h - the document of a function of a file, so that what reads functions reads those too.
 */
#ifndef HANDLERS_MANAGE_FILE_FUNCTION_H
#define HANDLERS_MANAGE_FILE_FUNCTION_H

#include "config/config.h"

#include <cjson/cJSON.h>

/* Returns owned; NULL when out of memory. */
cJSON *file_function_document(const struct config *config, const struct function *function);

#endif
