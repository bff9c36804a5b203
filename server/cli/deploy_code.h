/*
 * deploy_code.h - the code for `invoked deploy`: the archive of a folder, and which runtime and handler it is for.
 */
#ifndef SERVER_CLI_DEPLOY_CODE_H
#define SERVER_CLI_DEPLOY_CODE_H

#include "base/bytes.h"

#include <stdbool.h>

enum { DEPLOY_HANDLER_SIZE = 300 };

/* Sets the archive, of a folder or a .zip, with a progress bar where standard error is a terminal. False: told why. */
bool deploy_code_read(const char *path, struct bytes **archive);

/*
 * By the folder's files: a `bootstrap`, or a file with a handler. False when there is neither, or `path` is no folder.
 */
bool deploy_code_detect(const char *path, const char **runtime, char handler[DEPLOY_HANDLER_SIZE]);

#endif
