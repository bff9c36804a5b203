/*
 * template_function.h - from a function's resource to what a configuration file would say of it.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_FUNCTION_H
#define CONFIG_TEMPLATE_TEMPLATE_FUNCTION_H

#include "config/template/template_resources.h"

/*
 * Adds the function to `functions`, and keeps it as what the resource has become, unless it has problems or its code
 * isn't here. False when out of memory.
 */
bool template_put_function(struct template_scope *scope, struct node *functions,
                           struct template_resource *function);

#endif
