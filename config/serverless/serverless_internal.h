/*
 * serverless_internal.h - what the files of this room share.
 */
#ifndef CONFIG_SERVERLESS_SERVERLESS_INTERNAL_H
#define CONFIG_SERVERLESS_SERVERLESS_INTERNAL_H

#include "config/serverless/serverless.h"
#include "config/template/template_resolve.h"

struct serverless_file; /* of ${file(...)} */

struct serverless_scope {
    struct template_scope template; /* makes nodes and placeholders */
    const struct serverless_options *options;
    const struct node *root; /* of serverless.yml */
    const char *folder;
    const char *service, *stage, *region; /* NULL until they are known */
    const struct node *dotenv;            /* the .env files of useDotenv; NULL for none */
    struct serverless_file *files;        /* that have been read */
    unsigned depth;                       /* of values inside each other */
};

/* The value with all its variables resolved. NULL with a problem. */
const struct node *serverless_resolve(struct serverless_scope *scope, const struct node *source);

/* The resolved member of an object; NULL when it isn't there, is null, or with a problem. */
const struct node *serverless_member(struct serverless_scope *scope, const struct node *object,
                                     const char *key);

/* The same as a text. */
const char *serverless_text(struct serverless_scope *scope, const struct node *object,
                            const char *key);

/* --parameter NAME=VALUE; NULL for none. */
const char *serverless_given(const struct serverless_scope *scope, const char *name);

/* Adds a text. */
void serverless_put_text(struct serverless_scope *scope, struct node *to, const char *key,
                         const char *text, const struct node *origin);

/* "hello-you" as HelloDashyou with `suffix`. NULL when out of memory. */
const char *serverless_logical_id(struct serverless_scope *scope, const char *name,
                                  const char *suffix);

/* How a member of `cors` is called by AWS. */
struct serverless_cors_name {
    const char *own, *property;
};
extern const struct serverless_cors_name serverless_cors_names[];
extern const size_t serverless_cors_name_count;

/* Adds Events for `http` and `httpApi`, and notes the others; and Globals for their CORS. */
void serverless_put_routes(struct serverless_scope *scope, struct node *properties,
                           const struct node *provider, const struct node *function);
void serverless_put_cors(struct serverless_scope *scope, struct node *root,
                         const struct node *provider, const struct node *functions);

/* Adds the resource of a function; `provider` has its defaults. Both are resolved. */
void serverless_put_function(struct serverless_scope *scope, struct node *resources,
                             const struct node *provider, const struct node *function);

#endif
