/*
 * ignored_parts.h - what of a function has no effect here, found by the function's name.
 *
 * A large template ignores something of each of its functions, so the list is sorted once.
 *
 * Used by:  config.c, function_builder.c.
 */
#ifndef CONFIG_IGNORED_PARTS_H
#define CONFIG_IGNORED_PARTS_H

struct arena;
struct document;
struct ignored_parts; /* lives in an arena */
struct string_list;

/* Borrows the texts of `document`. NULL when nothing is ignored, or memory is short. */
struct ignored_parts *ignored_parts_sort(struct arena *arena, const struct document *document);

/* Those of a function, in the order of the document, copied into `arena`. Leaves `list` as it is when there are none. */
void ignored_parts_find(const struct ignored_parts *parts, struct arena *arena,
                        const char *function, struct string_list *list);

#endif
