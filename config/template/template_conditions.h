/*
 * template_conditions.h - which conditions of a template are true.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_CONDITIONS_H
#define CONFIG_TEMPLATE_TEMPLATE_CONDITIONS_H

#include "config/template/template_scope.h"

/* CONDITION_FALSE, CONDITION_TRUE, or CONDITION_PROBLEM once the problem is said. `at` is where it is asked for. */
enum condition_state template_condition(struct template_scope *scope, const struct node *at,
                                        const char *name);

#endif
