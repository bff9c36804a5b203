/*
 * published_versions.h - published versions can't be changed while the server runs; $LATEST can.
 *
 * What AWS fixes when it publishes a version stays over a reload: how it runs, its code, variables, sizes, time-out,
 * description and dead-letter queue, also where it has them from $LATEST. What AWS keeps beside a version follows the
 * new configuration: EventInvokeConfig, and of Local canned responses, problems and permissions. A version that is gone
 * from the configuration is gone; one that comes back is published anew.
 */
#ifndef CONFIG_PUBLISHED_VERSIONS_H
#define CONFIG_PUBLISHED_VERSIONS_H

#include "config/config.h"

struct problem_list;

/*
 * Puts the versions that `old` has published into `config`, which is new and retains the snapshots that hold them.
 * Each that would have become another is told in `notes`. False when out of memory; `config` is then to be thrown away.
 */
bool published_versions_keep(struct config *config, const struct config *old,
                             struct problem_list *notes);

#endif
