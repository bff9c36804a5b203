/*
 * serverless.h - serverless.yml of the Serverless Framework 3, and of osls, as a template.
 *
 * https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml
 */
#ifndef CONFIG_SERVERLESS_SERVERLESS_H
#define CONFIG_SERVERLESS_SERVERLESS_H

#include <stdbool.h>

struct document;
struct node;
struct problem_list;
struct string_list;

struct serverless_options {
    struct document *document; /* holds serverless.yml; afterwards its root is a template */
    const char *path;          /* as the user gave it */
    const struct string_list
        *parameters; /* NAME=VALUE for ${opt:NAME} and ${param:NAME}; NULL for none */
    struct problem_list *problems, *warnings;
};

/* Has it a provider, and no Resources? */
bool serverless_is_one(const struct node *root);

/* `stack_name` becomes service-stage, in the memory of the document. False with a problem. */
bool serverless_read(const struct serverless_options *options, const char **stack_name);

#endif
