/*
 * error_type.h - which error types of a runtime the platform shows in REPORT.
 *
 * A type that holds `Runtime.` or `Function.` followed by a capital and another letter is shown as it is; every other
 * becomes `Function.Unknown` if it begins with `Function.`, else `Runtime.Unknown` (AWS's runtime interface emulator).
 */
#ifndef RUNTIME_ENVIRONMENTS_ERROR_TYPE_H
#define RUNTIME_ENVIRONMENTS_ERROR_TYPE_H

#include <stdbool.h>

/* `type` itself or a constant. */
const char *error_type_shown(const char *type);

/* Is it one of the two that stand for a type that the platform doesn't know? */
bool error_type_is_unknown(const char *type);

#endif
