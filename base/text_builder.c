#include "base/text_builder.h"

#include "base/arena.h"

#include <string.h>

enum { CAPACITY_FIRST = 64 };

void text_builder_init(struct text_builder *builder, struct arena *arena)
{
    *builder = (struct text_builder){.arena = arena};
}

static bool make_room(struct text_builder *builder, size_t length)
{
    size_t capacity = builder->capacity == 0 ? CAPACITY_FIRST : builder->capacity;

    if (builder->is_out_of_memory)
        return false;
    while (capacity - builder->length <= length)
        capacity *= 2;
    if (capacity == builder->capacity)
        return true;
    char *larger = arena_take(builder->arena, capacity);

    if (larger == NULL) {
        builder->is_out_of_memory = true;
        return false;
    }
    if (builder->length > 0)
        memcpy(larger, builder->text, builder->length);
    builder->text = larger;
    builder->capacity = capacity;
    return true;
}

void text_builder_add(struct text_builder *builder, const char *text, size_t length)
{
    if (!make_room(builder, length))
        return;
    if (length > 0)
        memcpy(builder->text + builder->length, text, length);
    builder->length += length;
    builder->text[builder->length] = '\0';
}

void text_builder_add_text(struct text_builder *builder, const char *text)
{
    text_builder_add(builder, text, strlen(text));
}

const char *text_builder_end(struct text_builder *builder)
{
    text_builder_add(builder, "", 0);
    return builder->is_out_of_memory ? NULL : builder->text;
}
