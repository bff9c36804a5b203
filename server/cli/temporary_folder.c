#include "server/cli/temporary_folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { DESCRIPTORS_MAX = 16, ROUNDS_MAX = 5 };

bool temporary_folder_make(char path[TEMPORARY_FOLDER_SIZE])
{
    const char *parent = getenv("TMPDIR");

    if (parent == NULL || parent[0] == '\0')
        parent = "/tmp";
    if (snprintf(path, TEMPORARY_FOLDER_SIZE, "%s/invoked-run-XXXXXX", parent) >=
        TEMPORARY_FOLDER_SIZE) {
        errno = ENAMETOOLONG;
        return false;
    }
    return mkdtemp(path) != NULL;
}

static int on_entry(const char *path, const struct stat *status, int kind, struct FTW *position)
{
    (void)status;
    (void)kind;
    (void)position;
    (void)remove(path);
    return 0;
}

/* Files can't be removed from a folder that isn't writable, not even by its owner. */
static int make_writable(const char *path, const struct stat *status, int kind,
                         struct FTW *position)
{
    (void)position;
    if ((kind == FTW_D || kind == FTW_DNR) && (status->st_mode & S_IRWXU) != S_IRWXU)
        (void)chmod(path, 0700);
    return 0;
}

void temporary_folder_remove(const char *path)
{
    struct stat status;

    for (int round = 0; round < ROUNDS_MAX && lstat(path, &status) == 0; round++) {
        if (round > 0)
            (void)nftw(path, make_writable, DESCRIPTORS_MAX, FTW_PHYS);
        (void)nftw(path, on_entry, DESCRIPTORS_MAX, FTW_PHYS | FTW_DEPTH);
    }
}
