/*
 * template_scope.h - what a value in a template may refer to, and what became of it so far.
 *
 * A template is read with a scope: template_values.h resolves values in it, by way of parameters
 * (template_parameters.h), conditions (template_conditions.h) and resources (template_resources.h).
 *
 * New nodes stand in the template's own document beside its tree, each with the node it was made from as `origin`.
 * Whatever can't be resolved has its problem said where that is found out; the caller only passes the failure on.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_SCOPE_H
#define CONFIG_TEMPLATE_TEMPLATE_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

struct document;
struct problem_list;
struct node;
struct string_list;
struct template_build;
struct template_resource;

/* Values inside each other, by nesting or by reference. */
enum { TEMPLATE_DEPTH_MAX = 200 };

enum condition_state {
    CONDITION_UNKNOWN,
    CONDITION_BUSY, /* being found out: whoever asks now asks in a circle */
    CONDITION_FALSE,
    CONDITION_TRUE,
    CONDITION_PROBLEM
};

struct template_scope {
    struct document *document;
    struct problem_list *problems;
    const struct string_list *given; /* NAME=VALUE of --parameter; NULL for none */
    const char *path;                /* of the template, as the user gave it */
    const struct node *root, *parameters, *conditions, *mappings, *resources;
    const struct node *globals; /* Globals.Function; NULL for none */
    const char *region, *account_id;
    const struct template_build *build;     /* what `sam build` has left; never NULL */
    struct node *bench;                     /* values are made on it */
    enum condition_state *condition_states; /* one for each of `conditions` */
    struct template_resource *rows;         /* one for each of `resources` */
    struct template_resource **rows_by_id;  /* the same, sorted */
    size_t row_count;
    unsigned depth;     /* of values inside each other */
    unsigned long work; /* done so far */
};

/*
 * Counts work: a few lines of a template can ask for more than any machine has. False, with a problem at `node`, when it
 * was too much.
 */
bool template_spend(struct template_scope *scope, size_t amount, const struct node *node);

/* The work of looking once at each of `count` members or rows. */
bool template_spend_search(struct template_scope *scope, size_t count, const struct node *node);

#endif
