/*
 * template_resources.h - the resources of a template: which are there, what they are called, and what Ref and
 * Fn::GetAtt give for them on this machine.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_RESOURCES_H
#define CONFIG_TEMPLATE_TEMPLATE_RESOURCES_H

#include "config/template/template_scope.h"

enum resource_kind {
    RESOURCE_OTHER,
    RESOURCE_SAM_FUNCTION,
    RESOURCE_FUNCTION,
    RESOURCE_VERSION,
    RESOURCE_ALIAS,
    RESOURCE_EVENT_INVOKE_CONFIG
};

struct template_resource {
    const struct node *node;       /* its key is the logical id */
    const struct node *properties; /* NULL for none */
    const char *type;
    enum resource_kind kind;
    const char *name; /* once it was asked for */
    const char *
        function; /* of a version, an alias, ...: the name of its function, once it was asked for */
    unsigned version;   /* of a version: its number, once it was asked for */
    bool is_left_out;   /* a function whose code isn't here */
    struct node *built; /* of a function: what it has become */
};

/* Fills the rows of the scope. False with a problem, or when out of memory. */
bool template_find_resources(struct template_scope *scope);

/* Does a resource have that logical id, or does SAM make one? */
bool template_resource_is_known(struct template_scope *scope, const char *id);

/* Is it there, by its Condition? CONDITION_PROBLEM once the problem is said. */
enum condition_state template_resource_exists(struct template_scope *scope,
                                              const struct template_resource *resource);

/* NULL when there was a problem or out of memory. */
const struct node *template_resource_ref(struct template_scope *scope, const struct node *at,
                                         const char *id);
const struct node *template_resource_attribute(struct template_scope *scope, const struct node *at,
                                               const char *id, const char *attribute);

/* The name it has in AWS: what it is given, else the logical id. NULL when there was a problem or out of memory. */
const char *template_resource_name(struct template_scope *scope,
                                   struct template_resource *resource);

/* Of a version, an alias or an event invoke config: the name of its function. NULL as above. */
const char *template_resource_function(struct template_scope *scope,
                                       struct template_resource *resource);

/* Of a version: its number among those of its function. 0 when there was a problem or out of memory. */
unsigned template_resource_version(struct template_scope *scope,
                                   struct template_resource *resource);

/* How many versions of that function the template has. */
unsigned template_version_count(struct template_scope *scope, const char *function);

/* "arn:...:function:NAME". NULL when out of memory. */
const char *template_function_arn(struct template_scope *scope, const char *name);

#endif
