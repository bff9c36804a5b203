#include "tests/support/zip_bed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { VERSION = 20, HOST_UNIX = 3 };

static void put(struct bytes **bytes, unsigned long value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        const char byte = (char)(value >> (8 * i) & 0xff);

        assert(bytes_append(bytes, &byte, 1));
    }
}

struct packed {
    unsigned char *data;
    size_t length;
    unsigned long size, crc;
    size_t offset, name_length;
};

static void pack(const struct zip_bed_entry *entry, struct packed *packed)
{
    const char *data = entry->data == NULL ? "" : entry->data;
    const size_t length = entry->data_length != 0 ? entry->data_length : strlen(data);
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)data, .avail_in = (unsigned)length};
    const size_t room = length + length / 100 + 100;

    packed->data = malloc(room);
    assert(packed->data != NULL);
    packed->name_length = entry->name_length != 0 ? entry->name_length : strlen(entry->name);
    packed->size = entry->claimed_size != 0 ? entry->claimed_size : length;
    packed->crc = crc32(0, (const unsigned char *)data, (unsigned)length) + entry->has_wrong_crc;
    packed->length = length;
    if (!entry->is_deflated) {
        memcpy(packed->data, data, length);
        return;
    }
    stream.next_out = packed->data;
    stream.avail_out = (unsigned)room;
    assert(deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) == Z_OK);
    assert(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    packed->length = stream.total_out;
    (void)deflateEnd(&stream);
}

static void put_common(struct bytes **zip, const struct zip_bed_entry *entry,
                       const struct packed *packed)
{
    put(zip, VERSION, 2);
    put(zip, entry->is_encrypted, 2);
    put(zip, entry->is_deflated ? Z_DEFLATED : 0, 2);
    put(zip, 0, 4);
    put(zip, packed->crc, 4);
    put(zip, packed->length, 4);
    put(zip, packed->size, 4);
    put(zip, packed->name_length, 2);
    put(zip, 0, 2);
}

static void put_central(struct bytes **zip, const struct zip_bed_entry *entry,
                        const struct packed *packed)
{
    put(zip, 0x02014b50, 4);
    put(zip, VERSION | (entry->mode == 0 ? 0 : HOST_UNIX << 8), 2);
    put_common(zip, entry, packed);
    put(zip, 0, 2 + 2 + 2);
    put(zip, (unsigned long)entry->mode << 16, 4);
    put(zip, packed->offset, 4);
    assert(bytes_append(zip, entry->name, packed->name_length));
}

struct bytes *zip_bed_make(const struct zip_bed_entry *entries, size_t count)
{
    struct packed *packed = calloc(count + 1, sizeof *packed);
    struct bytes *zip = bytes_new(1024);

    assert(packed != NULL && zip != NULL);
    for (size_t i = 0; i < count; i++) {
        pack(&entries[i], &packed[i]);
        packed[i].offset = zip->length;
        put(&zip, 0x04034b50, 4);
        put_common(&zip, &entries[i], &packed[i]);
        assert(bytes_append(&zip, entries[i].name, packed[i].name_length));
        assert(bytes_append(&zip, packed[i].data, packed[i].length));
        free(packed[i].data);
    }
    const size_t central = zip->length;

    for (size_t i = 0; i < count; i++)
        put_central(&zip, &entries[i], &packed[i]);
    const size_t end = zip->length;

    put(&zip, 0x06054b50, 4);
    put(&zip, 0, 4);
    put(&zip, count, 2);
    put(&zip, count, 2);
    put(&zip, end - central, 4);
    put(&zip, central, 4);
    put(&zip, 0, 2);
    free(packed);
    return zip;
}
