/*
 * temporary_folder.h - a folder for a while: made under a fresh name, removed with all that is in it.
 */
#ifndef SERVER_CLI_TEMPORARY_FOLDER_H
#define SERVER_CLI_TEMPORARY_FOLDER_H

#include <stdbool.h>

enum { TEMPORARY_FOLDER_SIZE = 1024 };

/* In TMPDIR, else in /tmp. False with errno set, and `path` then names what was tried. */
bool temporary_folder_make(char path[TEMPORARY_FOLDER_SIZE]);

/* What can't be removed is left; what is gone already is fine. Links are removed, not followed. */
void temporary_folder_remove(const char *path);

#endif
