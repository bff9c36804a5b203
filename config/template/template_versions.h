/*
 * template_versions.h - versions, aliases and settings of events that stand in resources of their own, or that
 * AutoPublishAlias makes.
 *
 * All versions of a function run the one code that there is.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_VERSIONS_H
#define CONFIG_TEMPLATE_TEMPLATE_VERSIONS_H

#include "config/template/template_resources.h"

/* Adds them to the functions that resources have become. False when out of memory. */
bool template_put_versions(struct template_scope *scope);

#endif
