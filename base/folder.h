/*
 * folder.h - makes and removes folders with all that is above or below them. Both block.
 *
 * Threads: any.
 */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

enum { FOLDER_PATH_MAX = 4096 };

/* mkdir -p. 0, or the errno of what failed. */
int folder_make(const char *path);

/* rm -rf. Files that can't be removed are left. Symbolic links are removed, not followed. */
void folder_remove(const char *path);

#endif
