/*
 * arena.h - memory that is taken in small pieces and given back at once.
 *
 * A configuration of ten thousand functions is some hundred thousand small things that live and die together.
 *
 * Owns:     all that was taken from it.
 * Used by:  document (the tree) and config (the snapshot).
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena; /* opaque */

/* NULL when out of memory. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Zeroed, and aligned for every type. NULL when out of memory, which the arena remembers. */
void *arena_take(struct arena *arena, size_t bytes);

/* As arena_take() of `count` things of `bytes` each; a product beyond size_t is a shortage too. */
void *arena_take_array(struct arena *arena, size_t count, size_t bytes);

/* A copy that ends in NUL; NULL when out of memory. */
char *arena_copy(struct arena *arena, const char *text, size_t length);

/* The texts one after the other; ended by a NULL. NULL when out of memory. */
char *arena_join(struct arena *arena, const char *const *texts);

/* Has anything been refused? Then what was built from it is not whole. */
bool arena_is_exhausted(const struct arena *arena);

#endif
