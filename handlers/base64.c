#include "handlers/base64.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

char *base64_encode(struct bytes_view bytes)
{
    char *text;

    if (bytes.length > INT_MAX / 2)
        return NULL;
    text = malloc((bytes.length + 2) / 3 * 4 + 1);
    if (text != NULL)
        (void)EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)bytes.data,
                              (int)bytes.length);
    return text;
}

/* EVP_DecodeBlock trims white space and counts the padding as zero bytes: neither may pass here unseen. */
char *base64_decode(struct bytes_view text, size_t *length)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t padding = 0;
    char *bytes;

    if (text.length % 4 != 0 || text.length > INT_MAX / 2)
        return NULL;
    while (padding < 2 && padding < text.length && text.data[text.length - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < text.length - padding; i++) {
        if (text.data[i] == '\0' || strchr(alphabet, text.data[i]) == NULL)
            return NULL;
    }
    bytes = malloc(text.length / 4 * 3 + 1);
    if (bytes == NULL)
        return NULL;
    if (EVP_DecodeBlock((unsigned char *)bytes, (const unsigned char *)text.data,
                        (int)text.length) < 0) {
        free(bytes);
        return NULL;
    }
    *length = text.length / 4 * 3 - padding;
    bytes[*length] = '\0';
    return bytes;
}
