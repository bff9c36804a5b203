/*
 * resource_values.h - names and ARNs as AWS forms them, from region, account and name alone: nothing exists.
 *
 * Used by:  template_resources.c.
 */
#ifndef CONFIG_TEMPLATE_RESOURCE_VALUES_H
#define CONFIG_TEMPLATE_RESOURCE_VALUES_H

struct nearest_name;

/* The property that names a resource of that type; NULL when none is known. */
const char *resource_name_property(const char *type);

/*
 * What Fn::GetAtt gives for an attribute, or Ref for "", as a pattern (template_resolve.h). NULL when it isn't known;
 * `nearest` is offered what is.
 */
const char *resource_pattern(const char *type, const char *attribute, struct nearest_name *nearest);

#endif
