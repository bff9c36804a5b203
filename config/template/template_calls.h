/*
 * template_calls.h - the functions of CloudFormation: Ref, Fn::Sub, Fn::Join, Fn::If, ...
 *
 * Used by:  template_values.c.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_CALLS_H
#define CONFIG_TEMPLATE_TEMPLATE_CALLS_H

struct node;
struct template_scope;

/* What {"Fn::something": argument} gives. NULL when there was a problem or out of memory. */
const struct node *template_call(struct template_scope *scope, const struct node *call);

#endif
