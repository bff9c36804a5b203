/*
 * zip_extract(): whatever the archive, it stays within its limits and its folder. The folder that it is unpacked into lies
 * in another one, which must stay empty besides; every link must lead to something inside.
 */
#include "base/zip/zip_extract.h"

#include <ftw.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { UNPACKED_MAX = 1 << 20, ENTRIES_MAX = 100 };

static char around[64], inside[80];
static uint64_t total;

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

static int look(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    char real[PATH_MAX];

    (void)place;
    if (kind == FTW_F)
        total += (uint64_t)about->st_size;
    if ((kind == FTW_SL || kind == FTW_SLN) && realpath(path, real) != NULL)
        expect(strncmp(real, inside, strlen(inside)) == 0);
    if (strcmp(path, around) != 0)
        expect(strncmp(path, inside, strlen(inside)) == 0);
    return 0;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct zip_limits limits = {UNPACKED_MAX, ENTRIES_MAX};
    struct bytes *archive = bytes_copy(data, size);

    expect(archive != NULL);
    (void)snprintf(around, sizeof around, "/tmp/fuzz-zip-XXXXXX");
    expect(mkdtemp(around) != NULL);
    (void)snprintf(inside, sizeof inside, "%s/inside", around);
    expect(mkdir(inside, 0700) == 0);
    (void)zip_extract_bytes(bytes_view(archive), inside, &limits);
    total = 0;
    expect(nftw(around, look, 16, FTW_PHYS) == 0);
    expect(total <= UNPACKED_MAX);
    (void)nftw(around, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    bytes_release(archive);
    return 0;
}
