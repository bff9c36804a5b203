/*
 * template_references.h - what Ref and Fn::GetAtt name: pseudo parameters, parameters and resources.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_REFERENCES_H
#define CONFIG_TEMPLATE_TEMPLATE_REFERENCES_H

struct node;
struct template_scope;

/* `at` is where it stands. NULL when there was a problem or out of memory. */
const struct node *template_ref(struct template_scope *scope, const struct node *at,
                                const char *name);

/* `name` is Resource.Attribute. */
const struct node *template_get_att(struct template_scope *scope, const struct node *at,
                                    const char *name);

/*
 * %P, %R, %A, %U, %S and %N in a pattern stand for partition, region, account id, URL suffix, stack name and `name`.
 * NULL when out of memory.
 */
const char *template_pattern(struct template_scope *scope, const char *pattern, const char *name);

#endif
