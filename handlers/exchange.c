#include "handlers/exchange.h"

#include "base/hex.h"

#include <string.h>

/* A '%' without two hexadecimal digits behind it is copied as it is. */
size_t percent_decode(struct bytes_view text, char *decoded, size_t size)
{
    size_t length = 0;

    if (text.length < size && memchr(text.data, '%', text.length) == NULL) { /* most have none */
        memcpy(decoded, text.data, text.length);
        decoded[text.length] = '\0';
        return text.length;
    }
    for (size_t i = 0; i < text.length; i++) {
        char character = text.data[i];

        if (character == '%' && text.length - i > 2) {
            const int high = hex_value(text.data[i + 1]);
            const int low = hex_value(text.data[i + 2]);

            if (high >= 0 && low >= 0) {
                character = (char)(high * 16 + low);
                i += 2;
            }
        }
        if (length + 1 < size)
            decoded[length] = character;
        length++;
    }
    if (size > 0)
        decoded[length < size ? length : size - 1] = '\0';
    return length;
}

bool exchange_query(const struct exchange *exchange, const char *name, char *value, size_t size,
                    size_t *length)
{
    const char *at = exchange->query.data;
    size_t rest = exchange->query.length;
    const size_t name_length = strlen(name);

    while (rest > 0) {
        const char *end = memchr(at, '&', rest);
        const size_t piece = end == NULL ? rest : (size_t)(end - at);

        if (piece >= name_length && memcmp(at, name, name_length) == 0 &&
            (piece == name_length || at[name_length] == '=')) {
            const size_t skip = piece == name_length ? piece : name_length + 1;
            const size_t decoded =
                percent_decode((struct bytes_view){at + skip, piece - skip}, value, size);

            if (length != NULL)
                *length = decoded;
            return true;
        }
        if (end == NULL)
            break;
        at += piece + 1;
        rest -= piece + 1;
    }
    return false;
}
