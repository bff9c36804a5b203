#include "base/folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { DESCRIPTORS_MAX = 16, ROUNDS_MAX = 5 };

static int make_one(const char *path)
{
    struct stat status;

    if (mkdir(path, 0777) == 0)
        return 0;
    if (errno != EEXIST)
        return errno;
    if (stat(path, &status) != 0)
        return errno;
    return S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
}

int folder_make(const char *path)
{
    char part[FOLDER_PATH_MAX];
    const size_t length = strlen(path);
    int error;

    if (length == 0)
        return ENOENT;
    if (length >= sizeof part)
        return ENAMETOOLONG;
    for (size_t at = 1; at <= length; at++) {
        if (path[at] != '/' && path[at] != '\0')
            continue;
        memcpy(part, path, at);
        part[at] = '\0';
        error = make_one(part);
        if (error != 0)
            return error;
    }
    return 0;
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

void folder_remove(const char *path)
{
    struct stat status;

    for (int round = 0; round < ROUNDS_MAX && lstat(path, &status) == 0; round++) {
        if (round > 0)
            (void)nftw(path, make_writable, DESCRIPTORS_MAX, FTW_PHYS);
        (void)nftw(path, on_entry, DESCRIPTORS_MAX, FTW_PHYS | FTW_DEPTH);
    }
}
