/*
 * json_value.h - values of the configuration as compact JSON text, with numbers spelled as they were written.
 */
#ifndef CONFIG_DOCUMENT_JSON_VALUE_H
#define CONFIG_DOCUMENT_JSON_VALUE_H

#include "base/bytes.h"

#include <cjson/cJSON.h>
#include <stdint.h>

/* False when out of memory. Depth is bounded by DOCUMENT_DEPTH_MAX. */
bool json_value_append(struct bytes **bytes, const cJSON *value);

/* The same for equal values, and hardly ever for others. */
uint64_t json_value_hash(const cJSON *value);

#endif
