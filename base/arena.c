#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_MIN = 4096, CHUNK_MAX = 1 << 20, ALIGNMENT = 16 };

struct chunk {
    struct chunk *next;
    size_t size, used;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

struct arena {
    struct chunk *chunks; /* the first one is being filled */
    size_t next_size;
    bool is_exhausted;
};

struct arena *arena_new(void)
{
    struct arena *arena = calloc(1, sizeof *arena);

    if (arena != NULL)
        arena->next_size = CHUNK_MIN;
    return arena;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    while (arena->chunks != NULL) {
        struct chunk *chunk = arena->chunks;

        arena->chunks = chunk->next;
        free(chunk);
    }
    free(arena);
}

static struct chunk *add_chunk(struct arena *arena, size_t bytes)
{
    const size_t size = bytes > arena->next_size ? bytes : arena->next_size;
    struct chunk *chunk = calloc(1, sizeof *chunk + size);

    if (chunk == NULL)
        return NULL;
    chunk->size = size;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    if (arena->next_size < CHUNK_MAX)
        arena->next_size *= 2;
    return chunk;
}

void *arena_take(struct arena *arena, size_t bytes)
{
    struct chunk *chunk = arena->chunks;

    if (bytes > SIZE_MAX / 2) {
        arena->is_exhausted = true;
        return NULL;
    }
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (chunk == NULL || chunk->size - chunk->used < bytes)
        chunk = add_chunk(arena, bytes);
    if (chunk == NULL) {
        arena->is_exhausted = true;
        return NULL;
    }
    void *taken = chunk->bytes + chunk->used;

    chunk->used += bytes;
    return taken;
}

void *arena_take_array(struct arena *arena, size_t count, size_t bytes)
{
    if (bytes != 0 && count > SIZE_MAX / 2 / bytes) {
        arena->is_exhausted = true;
        return NULL;
    }
    return arena_take(arena, count * bytes);
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_take(arena, length + 1);

    if (copy != NULL && length > 0)
        memcpy(copy, text, length);
    return copy;
}

char *arena_join(struct arena *arena, const char *const *texts)
{
    size_t length = 0;

    for (size_t i = 0; texts[i] != NULL; i++)
        length += strlen(texts[i]);
    char *joined = arena_take(arena, length + 1);

    if (joined == NULL)
        return NULL;
    char *end = joined;

    for (size_t i = 0; texts[i] != NULL; i++) {
        const size_t part = strlen(texts[i]);

        memcpy(end, texts[i], part);
        end += part;
    }
    return joined;
}

bool arena_is_exhausted(const struct arena *arena)
{
    return arena->is_exhausted;
}
