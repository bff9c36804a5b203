/*
 * config_file.h - the text of a file.
 */
#ifndef CONFIG_CONFIG_FILE_H
#define CONFIG_CONFIG_FILE_H

#include <stddef.h>

/* Returns owned, without a NUL at the end; NULL with errno (EFBIG above DOCUMENT_BYTES_MAX). It may be a pipe. */
char *config_file_read(const char *path, size_t *length);

#endif
