/*
 * unpacked_code.h - removes unpacked archives and inline code that the configuration doesn't use any more.
 *
 * Used by:  server_open.c, once the data folder is this server's alone, and before anything is read again.
 */
#ifndef SERVER_UNPACKED_CODE_H
#define SERVER_UNPACKED_CODE_H

#include "config/config.h"

#include <uv.h>

/*
 * Of `folder`, which need not be there. They are put aside at once, and removed on the thread pool: a reload may then
 * make one of them anew.
 */
void unpacked_code_clean(uv_loop_t *loop, const char *folder, const struct config *config);

#endif
