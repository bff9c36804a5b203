/*
 * template_values.h - resolves the values of a template: Ref, Fn::Sub, Fn::If and all the others.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_VALUES_H
#define CONFIG_TEMPLATE_TEMPLATE_VALUES_H

#include <stdbool.h>
#include <stddef.h>

struct node;
struct template_scope;

/* What AWS::NoValue gives: as if nothing stood there. Compared by address. */
extern const struct node template_no_value;

/* {"Ref": x} or {"Fn::something": x}. */
bool template_is_call(const struct node *node);

/* NULL when there was a problem or out of memory. */
const struct node *template_resolve(struct template_scope *scope, const struct node *source);

/* The text of a value that must be one: a string, a number or a boolean. NULL when it is none, which is then said. */
const char *template_resolve_text(struct template_scope *scope, const struct node *source);

/* The text of a resolved value; NULL when it is none or out of memory. Says nothing. */
const char *template_text(struct template_scope *scope, const struct node *value);

/* Adds a copy of a resolved value whose problems are to speak of `origin`. NULL when out of memory. */
struct node *template_put(struct template_scope *scope, struct node *parent, const char *key,
                          const struct node *value, const struct node *origin);

/* Adds an empty object that stands for `origin`. NULL when out of memory. */
struct node *template_put_object(struct template_scope *scope, struct node *parent, const char *key,
                                 const struct node *origin);

/* A new string that stands for `origin`, in no object yet. NULL when out of memory. */
const struct node *template_string(struct template_scope *scope, const char *text,
                                   const struct node *origin);

/* The same for a list without elements. */
struct node *template_list(struct template_scope *scope, const struct node *origin);

#endif
