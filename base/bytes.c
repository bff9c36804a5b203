#include "base/bytes.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 64 };

struct bytes *bytes_new(size_t capacity)
{
    struct bytes *bytes;

    if (capacity > SIZE_MAX - sizeof *bytes)
        return NULL;
    bytes = malloc(sizeof *bytes + capacity);
    if (bytes == NULL)
        return NULL;
    bytes->reference_count = 1;
    bytes->length = 0;
    bytes->capacity = capacity;
    return bytes;
}

struct bytes *bytes_copy(const void *data, size_t length)
{
    struct bytes *bytes = bytes_new(length);

    if (bytes == NULL)
        return NULL;
    if (length > 0)
        memcpy(bytes->data, data, length);
    bytes->length = length;
    return bytes;
}

struct bytes *bytes_retain(struct bytes *bytes)
{
    if (bytes != NULL)
        bytes->reference_count++;
    return bytes;
}

void bytes_release(struct bytes *bytes)
{
    if (bytes == NULL)
        return;
    assert(bytes->reference_count > 0);
    if (--bytes->reference_count == 0)
        free(bytes);
}

char *bytes_reserve(struct bytes **bytes, size_t more)
{
    struct bytes *old = *bytes;
    const size_t length = old == NULL ? 0 : old->length;
    struct bytes *grown;
    size_t capacity;

    assert(old == NULL || old->reference_count == 1);
    if (old != NULL && old->capacity - length >= more)
        return old->data + length;
    if (more > SIZE_MAX / 2 - sizeof *grown - length)
        return NULL;
    capacity = length + more;
    if (capacity < length + length / 2)
        capacity = length + length / 2;
    if (capacity < CAPACITY_MIN)
        capacity = CAPACITY_MIN;
    grown = realloc(old, sizeof *grown + capacity);
    if (grown == NULL)
        return NULL;
    grown->reference_count = 1;
    grown->length = length;
    grown->capacity = capacity;
    *bytes = grown;
    return grown->data + length;
}

bool bytes_append(struct bytes **bytes, const void *data, size_t length)
{
    char *room = bytes_reserve(bytes, length);

    if (room == NULL)
        return false;
    if (length > 0)
        memcpy(room, data, length);
    (*bytes)->length += length;
    return true;
}

bool bytes_format(struct bytes **bytes, const char *format, ...)
{
    va_list arguments;
    char *room;
    int length;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return false;
    room = bytes_reserve(bytes, (size_t)length + 1);
    if (room == NULL)
        return false;
    va_start(arguments, format);
    (void)vsnprintf(room, (size_t)length + 1, format, arguments);
    va_end(arguments);
    (*bytes)->length += (size_t)length;
    return true;
}

struct bytes_view bytes_view(const struct bytes *bytes)
{
    if (bytes == NULL)
        return (struct bytes_view){"", 0};
    return (struct bytes_view){bytes->data, bytes->length};
}
