/*
 * zip_pack.h - packs a folder into an archive. The same files with the same permissions give the same bytes, whenever and
 * in whatever order they were written.
 *
 * Used by: server/cli/deploy_code.c.
 * Threads: any. It blocks.
 */
#ifndef BASE_ZIP_ZIP_PACK_H
#define BASE_ZIP_ZIP_PACK_H

#include "base/zip/zip_archive.h"

/* `done` bytes of `whole` are packed; both are 0 for an empty folder. */
typedef void zip_progress_fn(uint64_t done, uint64_t whole, void *context);

struct zip_packing {
    const char *folder;
    const char *archive; /* file that is written; its folder must exist */
    zip_progress_fn *on_progress;
    void *context;
};

/*
 * Links that stay inside of the folder are kept as links; others are followed. `.git` folders, sockets and the like are left
 * out. ZIP_OK, ZIP_TOO_LARGE or ZIP_TOO_MANY (AWS's limits: zip_extract.h), ZIP_NO_MEMORY, ZIP_UNREADABLE or
 * ZIP_NOT_WRITTEN, with errno, and `problem` then names the file.
 */
enum zip_status zip_pack(const struct zip_packing *packing, char problem[ZIP_NAME_MAX + 1]);

#endif
