/*
 * template_loops.h - writes out the loops (Fn::ForEach::NAME) of a template.
 *
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
 *
 * Used by:  template.c, before resources are looked at; collections may refer to parameters and mappings.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_LOOPS_H
#define CONFIG_TEMPLATE_TEMPLATE_LOOPS_H

#include "config/template/template_scope.h"

/* A section without loops; itself when it has none. NULL when out of memory, or with a problem. */
const struct node *template_write_out(struct template_scope *scope, const struct node *section);

#endif
