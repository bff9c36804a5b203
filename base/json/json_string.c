#include "base/json/json_string.h"

#include "base/safe_text.h"
#include "base/utf8.h"

/* So much at once, for which the room is bounded that escaping may need. */
enum { PIECE_MAX = 4096 };

/* Doesn't cut a UTF-8 sequence in two. */
static size_t piece_length(struct bytes_view text)
{
    size_t length = PIECE_MAX;

    if (text.length <= PIECE_MAX)
        return text.length;
    while (length > PIECE_MAX - 3 && utf8_is_continuation((unsigned char)text.data[length]))
        length--;
    return length;
}

static bool append_escaped(struct bytes **bytes, struct bytes_view text)
{
    while (text.length > 0) {
        const size_t length = piece_length(text);
        char *room = bytes_reserve(bytes, length * SAFE_TEXT_GROWTH);

        if (room == NULL)
            return false;
        (*bytes)->length += safe_text_json((struct bytes_view){text.data, length}, room);
        text = (struct bytes_view){text.data + length, text.length - length};
    }
    return true;
}

bool json_string_append(struct bytes **bytes, struct bytes_view text)
{
    const size_t length_before = bytes_view(*bytes).length;

    if (bytes_append(bytes, "\"", 1) && append_escaped(bytes, text) && bytes_append(bytes, "\"", 1))
        return true;
    if (*bytes != NULL)
        (*bytes)->length = length_before;
    return false;
}
