#include "base/request_id.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { BATCH_BYTES = 4096 };

struct random_source {
    size_t used;
    unsigned char bytes[BATCH_BYTES];
};

/* getrandom() of up to 256 bytes can't be cut short or interrupted once the pool is ready. */
static void refill(struct random_source *source)
{
    enum { STEP = 256 };

    for (size_t at = 0; at < BATCH_BYTES; at += STEP) {
        if (getrandom(source->bytes + at, STEP, 0) != STEP)
            abort();
    }
    source->used = 0;
}

static const unsigned char *take(struct random_source *source, size_t count)
{
    const unsigned char *bytes;

    if (BATCH_BYTES - source->used < count)
        refill(source);
    bytes = source->bytes + source->used;
    source->used += count;
    return bytes;
}

static void write_hex(char *text, const unsigned char *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < count; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
}

struct random_source *random_source_new(void)
{
    struct random_source *source = malloc(sizeof *source);

    if (source != NULL)
        source->used = BATCH_BYTES;
    return source;
}

void random_source_free(struct random_source *source)
{
    free(source);
}

void request_id_make(struct random_source *source, char id[REQUEST_ID_SIZE])
{
    unsigned char bytes[16];

    memcpy(bytes, take(source, sizeof bytes), sizeof bytes);
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    write_hex(id, bytes, 4);
    id[8] = '-';
    write_hex(id + 9, bytes + 4, 2);
    id[13] = '-';
    write_hex(id + 14, bytes + 6, 2);
    id[18] = '-';
    write_hex(id + 19, bytes + 8, 2);
    id[23] = '-';
    write_hex(id + 24, bytes + 10, 6);
    id[36] = '\0';
}

bool request_id_is_uuid(const char *text)
{
    for (size_t i = 0; i < REQUEST_ID_SIZE - 1; i++) {
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (text[i] == '\0' ||
            (is_dash ? text[i] != '-' : strchr("0123456789abcdefABCDEF", text[i]) == NULL))
            return false;
    }
    return text[REQUEST_ID_SIZE - 1] == '\0';
}

void trace_id_make(struct random_source *source, int64_t now_ms, char id[TRACE_ID_SIZE])
{
    const uint32_t second = htobe32((uint32_t)(now_ms / 1000));
    unsigned char bytes[sizeof second];

    memcpy(bytes, &second, sizeof bytes);
    memcpy(id, "1-", 2);
    write_hex(id + 2, bytes, sizeof bytes);
    id[10] = '-';
    write_hex(id + 11, take(source, 12), 12);
    id[35] = '\0';
}

void hex_32_make(struct random_source *source, char text[HEX_32_SIZE])
{
    write_hex(text, take(source, 16), 16);
    text[32] = '\0';
}

double random_fraction(struct random_source *source)
{
    uint64_t bits;

    memcpy(&bits, take(source, sizeof bits), sizeof bits);
    return (double)(bits >> 11) / 9007199254740992.0; /* 53 bits: 2^53 */
}
