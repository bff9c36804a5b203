/*
 * X-Amz-Client-Context: base64, then JSON. What is decoded, encoded again, decodes to the same bytes; what was JSON as the
 * fuzzer wrote it is JSON again behind base64.
 */
#include "base/base64.h"
#include "base/json/json_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

static void check_text(const char *text, size_t size)
{
    size_t length = 0, length_again = 0;
    char *bytes = base64_decode((struct bytes_view){text, size}, &length);
    char *encoded, *again;

    if (bytes == NULL)
        return;
    expect(size % 4 == 0 && length <= size / 4 * 3 && bytes[length] == '\0');
    encoded = base64_encode((struct bytes_view){bytes, length});
    expect(encoded != NULL && strlen(encoded) == size);
    again = base64_decode((struct bytes_view){encoded, size}, &length_again);
    expect(again != NULL && length_again == length && memcmp(again, bytes, length) == 0);
    (void)json_text_check(bytes, length, NULL);
    free(bytes);
    free(encoded);
    free(again);
}

static void check_bytes(const char *text, size_t size)
{
    char *encoded = base64_encode((struct bytes_view){text, size});
    size_t length = 0;
    char *decoded;

    expect(encoded != NULL && strlen(encoded) == (size + 2) / 3 * 4);
    decoded = base64_decode((struct bytes_view){encoded, strlen(encoded)}, &length);
    expect(decoded != NULL && length == size && memcmp(decoded, text, size) == 0);
    expect(json_text_check(decoded, length, NULL) == json_text_check(text, size, NULL));
    free(encoded);
    free(decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size > 0 ? size : 1);

    expect(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    check_text(text, size);
    check_bytes(text, size);
    free(text);
    return 0;
}
