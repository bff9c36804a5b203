/*
 * template_resolve_internal.h - what the files behind template_resolve.h need of each other.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_RESOLVE_INTERNAL_H
#define CONFIG_TEMPLATE_TEMPLATE_RESOLVE_INTERNAL_H

#include "config/template/template_resolve.h"

struct text_builder;

/* CONDITION_FALSE, CONDITION_TRUE, or CONDITION_PROBLEM when that was reported. `at` is where the value is needed. */
enum condition_state template_condition(struct template_scope *scope, const struct node *at,
                                        const char *name);

/* What `name` refers to, at the node `at`. NULL when there was a problem or out of memory. */
const struct node *template_ref(struct template_scope *scope, const struct node *at,
                                const char *name);

/* NULL when there was a problem or out of memory. */
const struct node *template_parameter_value(struct template_scope *scope,
                                            const struct node *parameter, const struct node *at);

/* `name` is Resource.Attribute. */
const struct node *template_get_att(struct template_scope *scope, const struct node *at,
                                    const char *name);

/* ---- the functions ---- */

/* `argument` is that of the function. NULL when there was a problem or out of memory. */
const struct node *template_call_sub(struct template_scope *scope, const struct node *argument);
const struct node *template_call_join(struct template_scope *scope, const struct node *argument);
const struct node *template_call_split(struct template_scope *scope, const struct node *argument);
const struct node *template_call_base64(struct template_scope *scope, const struct node *argument);
const struct node *template_call_to_json(struct template_scope *scope, const struct node *argument);
const struct node *template_call_if(struct template_scope *scope, const struct node *argument);
const struct node *template_call_find_in_map(struct template_scope *scope,
                                             const struct node *argument);
const struct node *template_call_select(struct template_scope *scope, const struct node *argument);
const struct node *template_call_get_azs(struct template_scope *scope, const struct node *argument);
const struct node *template_call_length(struct template_scope *scope, const struct node *argument);
const struct node *template_call_cidr(struct template_scope *scope, const struct node *argument);

/* ---- arguments ---- */

/* NULL when there are fewer elements. */
const struct node *template_nth(const struct node *list, unsigned index);

/* Is the argument a list of that many? Says so when it isn't. */
bool template_is_list(struct template_scope *scope, const struct node *argument, unsigned min,
                      unsigned max, const char *form);

/* A resolved list. NULL as above. */
const struct node *template_resolve_list(struct template_scope *scope, const struct node *source);

/* The whole of the builder as a string. NULL when out of memory. */
const struct node *template_end_text(struct template_scope *scope, struct text_builder *builder,
                                     const struct node *origin);

/* ---- what nobody can know ---- */

/* `list` of one element. NULL when out of memory. */
const struct node *template_placeholder_list(struct template_scope *scope,
                                             const struct node *placeholder);

/* The text with a value for each {{resolve:...}} in it. NULL as above. */
const struct node *template_resolve_dynamic(struct template_scope *scope,
                                            const struct node *source);

/* The Value of the AWS::SSM::Parameter of that name. NULL when the template doesn't have one, or doesn't say. */
const struct node *template_ssm_value(struct template_scope *scope, const struct node *at,
                                      const char *name);

/* ---- resources ---- */

/* What AWS names and gives values of, whether the template has it or SAM adds it. */
struct template_named {
    const char *id, *type;
    const char *name;              /* NULL when there was a problem */
    const struct node *properties; /* NULL for none */
};

/* NULL when no resource has that logical id. */
struct template_resource *template_find_resource(struct template_scope *scope, const char *id);

/* NULL when there was a problem or out of memory. */
const struct node *template_resource_ref(struct template_scope *scope, const struct node *at,
                                         struct template_resource *resource);
const struct node *template_resource_attribute(struct template_scope *scope, const struct node *at,
                                               struct template_resource *resource,
                                               const char *attribute);

/* "" for Ref. NULL as above. */
const struct node *template_named_value(struct template_scope *scope, const struct node *at,
                                        const struct template_named *resource,
                                        const char *attribute);

/* The output of a nested stack that `attribute` ("Outputs.Name") names. NULL when there was a problem or out of memory. */
const struct node *template_stack_output(struct template_scope *scope, const struct node *at,
                                         const struct template_resource *stack,
                                         const char *attribute);

/* The ARN of a function with a qualifier; NULL as above, and when one of them is NULL. */
const struct node *template_qualified(struct template_scope *scope, const struct node *at,
                                      const char *function, const char *qualifier);

/*
 * What `id`, a logical id or Resource.Property, is when SAM adds it to the template; "" for Ref. False when it doesn't,
 * else `value` is NULL as above.
 */
bool template_generated_value(struct template_scope *scope, const struct node *at, const char *id,
                              const char *attribute, const struct node **value);

/* An ARN of the service that a type of resource belongs to. NULL when out of memory. */
const char *template_arn(struct template_scope *scope, const char *type, const char *name);

#endif
