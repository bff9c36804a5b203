/*
 * code_folder.h - the folder that code runs from, where the configuration has it as an archive or as text.
 *
 * It is made below a folder of the server's and named by the SHA-256 of what it holds: so it is made once, other contents
 * make another one, and several servers may share the store (it is made under another name, then renamed).
 *
 * Used by:  config/version_code.c, config/code/inline_code.c.
 * Threads:  any. Everything here blocks.
 */
#ifndef CONFIG_CODE_CODE_FOLDER_H
#define CONFIG_CODE_CODE_FOLDER_H

#include "base/bytes.h"

#include <limits.h>
#include <stdbool.h>

enum { CODE_FOLDER_WHY_SIZE = 1024 };

/* What is made, or why not: `why` is for people. */
struct code_folder {
    char path[PATH_MAX]; /* absolute and canonical */
    char why[CODE_FOLDER_WHY_SIZE];
};

struct code_file {
    const char *name; /* relative; folders in it are made */
    struct bytes_view text;
};

/* Is it an archive, by the end of its name? */
bool code_is_archive(const char *path);

/*
 * `store` is made if it is missing; if it is NULL, nothing is made, and the path is only the folder's name. False with
 * `why`. The same holds for the next.
 */
bool code_folder_unpack(struct code_folder *folder, const char *store, const char *archive);
bool code_folder_write(struct code_folder *folder, const char *store, const struct code_file *files,
                       size_t count);

#endif
