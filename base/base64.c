#include "base/base64.h"

#include <limits.h>
#include <nettle/base64.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

char *base64_encode(struct bytes_view bytes)
{
    char *text;

    if (bytes.length > INT_MAX / 2)
        return NULL;
    text = malloc(BASE64_ENCODE_RAW_LENGTH(bytes.length) + 1);
    if (text == NULL)
        return NULL;
    base64_encode_raw(text, bytes.length, (const uint8_t *)bytes.data);
    text[BASE64_ENCODE_RAW_LENGTH(bytes.length)] = '\0';
    return text;
}

/* nettle reads over white space, which may not pass here unseen. */
static bool has_only_alphabet(struct bytes_view text)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\0' || strchr(alphabet, text.data[i]) == NULL)
            return false;
    }
    return true;
}

/* nettle takes a character with three of them for nothing, if all its bits are 0: "A===". */
static bool has_too_much_padding(struct bytes_view text)
{
    return text.length >= 3 && text.data[text.length - 3] == '=';
}

char *base64_decode(struct bytes_view text, size_t *length)
{
    struct base64_decode_ctx context;
    char *bytes;

    if (text.length % 4 != 0 || text.length > INT_MAX / 2 || !has_only_alphabet(text) ||
        has_too_much_padding(text))
        return NULL;
    bytes = malloc(BASE64_DECODE_LENGTH(text.length) + 1);
    if (bytes == NULL)
        return NULL;
    base64_decode_init(&context);
    if (!base64_decode_update(&context, length, (uint8_t *)bytes, text.length, text.data) ||
        !base64_decode_final(&context)) {
        free(bytes);
        return NULL;
    }
    bytes[*length] = '\0';
    return bytes;
}
