#include "base/json/json_string.h"

#include <stdint.h>

#include "base/safe_text.h"

bool json_string_append(struct bytes **bytes, struct bytes_view text)
{
    char *room;

    if (text.length > (SIZE_MAX / 4) / SAFE_TEXT_GROWTH)
        return false;
    room = bytes_reserve(bytes, text.length * SAFE_TEXT_GROWTH + 2);
    if (room == NULL)
        return false;
    const size_t length = safe_text_json(text, room + 1);

    room[0] = '"';
    room[length + 1] = '"';
    (*bytes)->length += length + 2;
    return true;
}
