/*
 * yaml_scalar.h - what a plain scalar of YAML is: a number, a boolean, nothing, or text.
 *
 * As YAML 1.1 has it, which is what CloudFormation reads; but base 60 (`12:30`) and dates stay text.
 *
 * Used by:  document_yaml.c.
 */
#ifndef CONFIG_DOCUMENT_YAML_SCALAR_H
#define CONFIG_DOCUMENT_YAML_SCALAR_H

#include "config/document/document.h"

/*
 * NODE_NULL, NODE_BOOLEAN (`number` 0 or 1), NODE_NUMBER (`is_decimal` says whether it is written as JSON would write
 * it, else only `number` counts) or NODE_STRING. `text` ends in NUL.
 */
enum node_kind yaml_scalar_kind(const char *text, double *number, bool *is_decimal);

#endif
