/*
 * template.h - AWS SAM and CloudFormation templates as configurations.
 *
 * A template becomes the tree that a configuration file would have been, in which every node knows where in the
 * template it comes from; so the same tables check it, and problems speak of the template's own lines and paths.
 * docs/templates.md says what is read and what is ignored.
 *
 * The flow, each file using only those further down:
 *
 *     template.c                 sections, Metadata.Invoked of the whole, notes
 *       template_function.h      functions, versions, aliases, destinations
 *         template_resolve.h     Ref, Fn::..., conditions, parameters, names of resources
 *           template_scope.h     the template, its state, new nodes
 *
 * and template_sections.h, which opens a scope, and template_build.h, the output of `sam build`. Nested stacks are scopes after the
 * first one (template_stacks.c).
 *
 * Used by:  config_load.c.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_H
#define CONFIG_TEMPLATE_TEMPLATE_H

#include <stdbool.h>

struct document;
struct problem_list;
struct node;
struct string_list;

struct template_options {
    struct document *document; /* holds the template; afterwards its root is the configuration */
    const char *path;          /* of the template, as the user gave it */
    const struct string_list *parameters; /* NAME=VALUE; NULL for none */
    const char *config_env;               /* environment of samconfig.toml; NULL: "default" */
    const struct node *env_vars;          /* config/values/env_vars.h; NULL for none */
    const char *stack_name;               /* AWS::StackName; NULL for the default */
    bool
        is_partial; /* made of another file: it may refer to what isn't in it, and has no samconfig */
    struct problem_list *problems, *warnings;
};

/* Is it a template rather than a configuration? It has Resources, and no Functions. */
bool template_is_one(const struct node *root);

/*
 * False when there is nothing to go on with. Other problems leave a tree without what they are about, so that the rest is
 * checked too.
 */
bool template_read(const struct template_options *options);

#endif
