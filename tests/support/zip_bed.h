/*
 * zip_bed.h - makes archives for tests, also such as no tool makes.
 */
#ifndef TESTS_SUPPORT_ZIP_BED_H
#define TESTS_SUPPORT_ZIP_BED_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

struct zip_bed_entry {
    const char *name, *data; /* `data` NULL: empty */
    unsigned mode;           /* st_mode; 0: made where there are no modes */
    bool is_deflated, has_wrong_crc, is_encrypted;
    size_t name_length;    /* 0: that of `name` */
    size_t data_length;    /* 0: that of `data` */
    uint32_t claimed_size; /* 0: the real one */
};

/* Returns owned. */
struct bytes *zip_bed_make(const struct zip_bed_entry *entries, size_t count);

#endif
