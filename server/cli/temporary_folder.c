#include "server/cli/temporary_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

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
