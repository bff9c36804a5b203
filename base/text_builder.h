/*
 * text_builder.h - a text that grows, in an arena.
 *
 * Used by:  the readers of templates.
 */
#ifndef BASE_TEXT_BUILDER_H
#define BASE_TEXT_BUILDER_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct text_builder {
    struct arena *arena; /* borrowed */
    char *text;          /* ends in NUL; NULL as long as nothing was added */
    size_t length, capacity;
    bool is_out_of_memory;
};

void text_builder_init(struct text_builder *builder, struct arena *arena);
void text_builder_add(struct text_builder *builder, const char *text, size_t length);
void text_builder_add_text(struct text_builder *builder, const char *text);

/* The whole, "" when nothing was added. NULL when memory was short. */
const char *text_builder_end(struct text_builder *builder);

#endif
