/*
 * fingerprint.h - a number of all that decides how a version's process is started.
 *
 * Two snapshots with the same number for a version may share its warm environments across a reload.
 */
#ifndef CONFIG_FINGERPRINT_H
#define CONFIG_FINGERPRINT_H

#include "config/config.h"

/* `version` needs everything but its own fingerprint; `region` is in the process's environment too. */
uint64_t fingerprint_of_version(const struct function_version *version, const char *region);

#endif
