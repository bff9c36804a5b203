/*
 * temporary_folder.h - makes a folder with a fresh name. base/folder.h removes it with its contents.
 */
#ifndef SERVER_CLI_TEMPORARY_FOLDER_H
#define SERVER_CLI_TEMPORARY_FOLDER_H

#include <stdbool.h>

enum { TEMPORARY_FOLDER_SIZE = 1024 };

/* In TMPDIR, else in /tmp. False with errno set. */
bool temporary_folder_make(char path[TEMPORARY_FOLDER_SIZE]);

#endif
