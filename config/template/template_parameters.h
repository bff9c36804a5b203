/*
 * template_parameters.h - the parameters of a template: what --parameter gives, else their defaults.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_PARAMETERS_H
#define CONFIG_TEMPLATE_TEMPLATE_PARAMETERS_H

struct node;
struct template_scope;

/* What --parameter gives for that name, the last time. NULL for nothing. Borrowed. */
const char *template_given(const struct template_scope *scope, const char *name);

/* Says what is wrong with the values that are given, and with defaults. */
void template_check_parameters(struct template_scope *scope);

/* The value of a parameter that is asked for `at` some place. NULL when there was a problem or out of memory. */
const struct node *template_parameter(struct template_scope *scope, const struct node *parameter,
                                      const struct node *at);

#endif
