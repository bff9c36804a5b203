/*
 * template_resolve.h - resolves the values of a template: Ref, Fn::Sub, Fn::If and the other functions.
 *
 * template_resolve.c finds the function that is called, template_texts.c and template_choices.c have most of them,
 * template_conditions.c the conditions, template_references.c what Ref and Fn::GetAtt name: template_parameters.c,
 * template_resources.c, with patterns from resource_values.c, and template_generated.c what SAM adds to them.
 * template_placeholder.c stands in where only a deployment could tell. A value may refer to a condition, a condition to a parameter, a resource's name to a value: so these
 * files call each other, through template_resolve_internal.h, within the bounds of the scope's depth and work.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_RESOLVE_H
#define CONFIG_TEMPLATE_TEMPLATE_RESOLVE_H

#include "config/template/template_scope.h"

/* ---- values ---- */

/* {"Ref": x} or {"Fn::something": x}. */
bool template_is_call(const struct node *node);

/* NULL when there was a problem or out of memory. */
const struct node *template_resolve(struct template_scope *scope, const struct node *source);

/* The text of a value that must be one: a string, a number or a boolean. NULL with a problem when it is not one. */
const char *template_resolve_text(struct template_scope *scope, const struct node *source);

/* The text of `value`, which `source` was resolved to. NULL with a problem when it is not one. */
const char *template_value_text(struct template_scope *scope, const struct node *source,
                                const struct node *value);

/* Adds the resolved `source`; nothing for NULL and for AWS::NoValue. False with a problem. */
bool template_put_resolved(struct template_scope *scope, struct node *to, const char *key,
                           const struct node *source);

/* ---- what nobody can know ---- */

/*
 * `text` stands in for a value that is known only after a deployment. The first time that something stands for the
 * cause ("parameter Stage has no default"), which `format` makes, a warning says so. NULL when out of memory.
 */
const struct node *template_placeholder(struct template_scope *scope, const struct node *at,
                                        const char *text, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A placeholder's text as a name: "-" for what isn't a-z, A-Z, 0-9, - or _. NULL when out of memory. */
const char *template_plain_name(struct template_scope *scope, const char *text, size_t max);

/* ---- nested stacks ---- */

/*
 * Opens the local templates of the nested stacks of `whole`, and of those in them. False when out of memory; a template that
 * can't be read is a problem, or leaves its stack out with a warning when it isn't there.
 */
bool template_open_stacks(struct template_scope *whole);

void template_close_stacks(struct template_scope *whole);

/*
 * What names a resource in all stacks together: its logical id, or in a nested stack, when another one has a resource of
 * that kind with the same, with those of the stacks before it ("Child-Api"). NULL when out of memory.
 */
const char *template_unique_id(struct template_scope *scope,
                               const struct template_resource *resource, const char *joint);

/* A path of this template, relative to the folder of the outermost one. NULL when out of memory. */
const char *template_place(struct template_scope *scope, const char *path);

/* Adds the resolved `source`, a path; nothing for NULL. */
void template_put_place(struct template_scope *scope, struct node *to, const char *key,
                        const struct node *source);

/* ---- parameters ---- */

/* The value of the last --parameter with that name, else that of samconfig.toml. NULL for none. Borrowed. */
const char *template_given(const struct template_scope *scope, const char *name);

/* The same of --parameter alone. */
const char *template_commanded(const struct template_scope *scope, const char *name);

/* Checks the given values and the defaults. */
void template_check_parameters(struct template_scope *scope);

/*
 * %P, %R, %A, %U, %S and %N in a pattern stand for partition, region, account id, URL suffix, stack name and `name`.
 * NULL when out of memory.
 */
const char *template_pattern(struct template_scope *scope, const char *pattern, const char *name);

/* ---- resources ---- */

enum resource_kind {
    RESOURCE_OTHER,
    RESOURCE_SAM_FUNCTION,
    RESOURCE_FUNCTION,
    RESOURCE_VERSION,
    RESOURCE_ALIAS,
    RESOURCE_EVENT_INVOKE_CONFIG,
    RESOURCE_LAYER,
    RESOURCE_URL,
    RESOURCE_API,  /* its Cors is read where an event names it */
    RESOURCE_STACK /* nested; without a template here it is ignored */
};

struct template_resource {
    const struct node *node;       /* its key is the logical id */
    const struct node *properties; /* NULL for none */
    const char *type;
    enum resource_kind kind;
    const char *name;     /* once needed */
    const char *function; /* of a version, an alias, ...: the name of its function, once needed */
    unsigned version;     /* of a version: its number, once needed */
    struct node *built;   /* of a function: the node it became */
    struct template_scope *nested; /* of a stack; NULL where its template is not a file here */
};

/* Fills the rows of the scope. False with a problem, or when out of memory. */
bool template_find_resources(struct template_scope *scope);

/* Does its Condition include it? CONDITION_PROBLEM when a problem was reported. */
enum condition_state template_resource_exists(struct template_scope *scope,
                                              const struct template_resource *resource);

/* Its name in AWS: the given one, else the logical id. NULL when there was a problem or out of memory. */
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

#endif
