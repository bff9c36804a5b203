/*
 * template_resolve_internal.h - what the files behind template_resolve.h need of each other.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_RESOLVE_INTERNAL_H
#define CONFIG_TEMPLATE_TEMPLATE_RESOLVE_INTERNAL_H

#include "config/template/template_resolve.h"

/* CONDITION_FALSE, CONDITION_TRUE, or CONDITION_PROBLEM when that was reported. `at` is where the value is needed. */
enum condition_state template_condition(struct template_scope *scope, const struct node *at,
                                        const char *name);

/* What `name` refers to, at the node `at`. NULL when there was a problem or out of memory. */
const struct node *template_ref(struct template_scope *scope, const struct node *at,
                                const char *name);

/* `name` is Resource.Attribute. */
const struct node *template_get_att(struct template_scope *scope, const struct node *at,
                                    const char *name);

/* Does a resource have that logical id, or does SAM make one? */
bool template_resource_is_known(struct template_scope *scope, const char *id);

/* NULL when there was a problem or out of memory. */
const struct node *template_resource_ref(struct template_scope *scope, const struct node *at,
                                         const char *id);
const struct node *template_resource_attribute(struct template_scope *scope, const struct node *at,
                                               const char *id, const char *attribute);

#endif
