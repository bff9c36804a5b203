/*
 * name_rules.h - what AWS takes for names: pure checks of texts, from the patterns of its service model.
 */
#ifndef CONFIG_NAMES_NAME_RULES_H
#define CONFIG_NAMES_NAME_RULES_H

#include "config/config.h"

#include <stdbool.h>

bool is_function_name(const char *text);  /* [a-zA-Z0-9-_]{1,64} */
bool is_alias_name(const char *text);     /* (?!^[0-9]+$)[a-zA-Z0-9-_]{1,128} */
bool is_version_number(const char *text); /* 1 and up, no leading zero */
bool is_region(const char *text);         /* us-east-1, us-gov-west-1, eusc-de-east-1, ... */
bool is_account_id(const char *text);     /* 12 digits */
bool is_variable_name(const char *text);  /* [a-zA-Z]([a-zA-Z0-9_])+ */

/* Does the Lambda runtime environment set this variable itself, so that AWS refuses it? */
bool is_reserved_variable(const char *text);

/* An Origin as a browser sends it: http[s]://host[:port] in lower case. */
bool is_origin(const char *text);

/* RUNTIME_FAMILY_NONE for a runtime that can't run here. */
enum runtime_family runtime_family_of(const char *runtime);

/* One that AWS has and that runs here only by its own command (java21, dotnet8, go1.x). */
bool is_foreign_runtime(const char *runtime);

/* The nearest runtime that can run here; NULL when none is near enough. */
const char *nearest_runtime(const char *runtime);

#endif
