/*
 * duplicate_keys.h - finds members of an object with one key, and leaves one of them: the first, with a problem, or the
 * last, which document_duplicates() then tells.
 *
 * Used by:  document_json.c, document_yaml.c.
 */
#ifndef CONFIG_DOCUMENT_DUPLICATE_KEYS_H
#define CONFIG_DOCUMENT_DUPLICATE_KEYS_H

#include <stdbool.h>

struct document;
struct node;
struct problem_list;

/* False when out of memory. */
bool drop_duplicate_keys(struct document *document, struct node *object,
                         struct problem_list *problems);

#endif
