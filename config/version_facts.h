/*
 * version_facts.h - what a change of each setting of a version means: a new process, another version, or neither.
 *
 * One table has a row for every member of `struct function_version`; the fingerprint and what a published version keeps
 * follow from it. Used by: version_builder.c, published_versions.c.
 */
#ifndef CONFIG_VERSION_FACTS_H
#define CONFIG_VERSION_FACTS_H

#include "config/config.h"

/*
 * A number of all that decides how a version's process is started: two snapshots with the same number may share warm
 * environments. `version` needs everything but its own fingerprint; `region` is in the process's environment too.
 */
uint64_t version_fingerprint(const struct function_version *version, const char *region);

/* Is nothing different that AWS fixes when it publishes a version? */
bool version_is_same(const struct function_version *left, const struct function_version *right);

/* `version` becomes `published`, except for what AWS keeps beside a version. */
void version_restore(struct function_version *version, const struct function_version *published);

#endif
