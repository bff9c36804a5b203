/*
 * duplicate_keys.h - reports members of an object whose key an earlier member has, and removes them.
 *
 * Used by:  document_json.c, document_yaml.c.
 */
#ifndef CONFIG_DOCUMENT_DUPLICATE_KEYS_H
#define CONFIG_DOCUMENT_DUPLICATE_KEYS_H

#include <stdbool.h>

struct node;
struct problem_list;

/* False when out of memory. */
bool drop_duplicate_keys(struct node *object, struct problem_list *problems);

#endif
