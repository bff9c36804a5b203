/*
 * template_scope.h - the template that is being read, and the nodes made from it.
 *
 * New nodes are put into the template's own document beside its tree, each with the node it was made from as `origin`.
 * A problem is reported where it is found; callers only pass the failure on.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_SCOPE_H
#define CONFIG_TEMPLATE_TEMPLATE_SCOPE_H

#include "config/config.h"
#include "config/document/document.h"

#include <stdbool.h>
#include <stddef.h>

struct problem_list;
struct template_build;
struct template_cause;
struct template_resource;

/* Values inside each other, by nesting or by reference. */
enum { TEMPLATE_DEPTH_MAX = 200 };

enum condition_state {
    CONDITION_UNKNOWN,
    CONDITION_BUSY, /* being evaluated: asking for it now is a circular reference */
    CONDITION_FALSE,
    CONDITION_TRUE,
    CONDITION_PROBLEM
};

struct template_condition {
    enum condition_state state;
    bool is_guess; /* a value that nobody can know has decided it */
};

/* What resolving has cost so far, in a template and the nested stacks in it. */
struct template_effort {
    unsigned depth;                 /* of values inside each other */
    unsigned long work;             /* done so far */
    unsigned long placeholder_uses; /* grows with each placeholder */
    struct template_cause *causes;  /* of placeholders, which have been told */
};

struct template_scope {
    struct document *document;     /* in which nodes are made */
    const struct document *source; /* that the template was read into */
    struct template_effort *effort;
    struct problem_list *problems, *warnings;
    const struct string_list *given; /* NAME=VALUE of --parameter; NULL for none */
    struct string_list configured;   /* the same, of samconfig.toml */
    const struct node *env_vars;     /* config/values/env_vars.h; NULL for none */
    const char *path;                /* of the template, as the user gave it */
    const char *folder;              /* that it lies in */
    const struct node *root, *parameters, *conditions, *mappings, *resources, *outputs;
    const struct node *globals; /* Globals.Function; NULL for none */
    const char *region, *account_id;
    const char *stack_name;                      /* NULL for the default */
    bool is_partial;                             /* it may refer to resources that aren't in it */
    const struct template_build *build;          /* the output of `sam build`; never NULL */
    struct node *bench;                          /* values are made on it */
    struct template_condition *condition_states; /* one for each of `conditions` */
    struct template_resource *rows;              /* one for each of `resources` */
    struct template_resource **rows_by_id;       /* the same, sorted */
    size_t row_count;
    bool is_reading_ssm; /* looking for a parameter by its name, which may refer to one */

    /* Of a nested stack (template_stacks.c). */
    struct template_scope *outer;          /* NULL for a template that is no nested stack */
    const struct template_resource *stack; /* in `outer` */
    const char *prefix; /* from the folder of the whole to its own, "" or ending in a slash */
    unsigned level;     /* how many are around it */
    struct template_scope *whole,
        *next; /* the outermost one, and from there all of them, outer before inner */
};

/*
 * Counts work: a few lines of a template can ask for unlimited work. False, with a problem at `node`, above the
 * limit.
 */
bool template_spend(struct template_scope *scope, size_t amount, const struct node *node);

/* The work of looking once at each of `count` members or rows. */
bool template_spend_search(struct template_scope *scope, size_t count, const struct node *node);

/* The value of AWS::NoValue: the property is removed. Compared by address. */
extern const struct node template_no_value;

/* The text of a resolved value; NULL when it is not text or out of memory, without a problem. */
const char *template_text(struct template_scope *scope, const struct node *value);

/* Adds a copy of a resolved value whose problems name `origin`. NULL when out of memory. */
struct node *template_put(struct template_scope *scope, struct node *parent, const char *key,
                          const struct node *value, const struct node *origin);

/* Adds a node without a value, made from `origin`. NULL when out of memory. */
struct node *template_add(struct template_scope *scope, struct node *parent, enum node_kind kind,
                          const char *key, const struct node *origin);

/* Adds an empty object, made from `origin`. NULL when out of memory. */
struct node *template_put_object(struct template_scope *scope, struct node *parent, const char *key,
                                 const struct node *origin);

/* A new string, made from `origin`, that has no parent yet. NULL when out of memory. */
const struct node *template_string(struct template_scope *scope, const char *text,
                                   const struct node *origin);

/* The same for a list without elements. */
struct node *template_list(struct template_scope *scope, const struct node *origin);

/* Adds a note that begins with the template's path. */
void template_note(struct template_scope *scope, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Notes that `what` of a function, given by its name or logical id, has no effect here. */
void template_ignore(struct template_scope *scope, const char *function, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Is an element of Transform one that needs no macro: SAM's, or the language extensions? */
bool template_is_own_transform(const struct node *transform);

/* `list` ends in NULL. */
bool template_is_among(const char *name, const char *const *list);

#endif
