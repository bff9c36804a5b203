/*
 * config_file.h - the text of a file.
 */
#ifndef CONFIG_CONFIG_FILE_H
#define CONFIG_CONFIG_FILE_H

#include <stddef.h>

enum config_file_kind {
    CONFIG_FILE_ANY,    /* a pipe too: reading waits until its writers are done */
    CONFIG_FILE_REGULAR /* never waits for somebody else */
};

/*
 * Returns owned, without a NUL at the end; NULL with errno: EFBIG above DOCUMENT_BYTES_MAX, ESPIPE when it isn't a
 * regular file and has to be one.
 */
char *config_file_read(const char *path, enum config_file_kind kind, size_t *length);

#endif
