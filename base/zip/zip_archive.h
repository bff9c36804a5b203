/*
 * zip_archive.h - an archive that is being read, entry by entry. minizip does the reading; this gives it the bytes and
 * looks at what it says.
 *
 * Used by:  base/zip/zip_extract.c.
 * Threads:  any one at a time. Everything here may block.
 */
#ifndef BASE_ZIP_ZIP_ARCHIVE_H
#define BASE_ZIP_ZIP_ARCHIVE_H

#include "base/bytes.h"
#include "base/zip/zip_path.h"

#include <stdint.h>
#include <sys/types.h>

struct zip_archive; /* opaque */

enum zip_status {
    ZIP_OK,
    ZIP_NO_ARCHIVE,    /* not an archive, or a damaged one: wrong CRC, truncated, inconsistent */
    ZIP_UNREADABLE,    /* the file of the archive can't be opened: errno says why */
    ZIP_NOT_SUPPORTED, /* encrypted, or compressed in another way than deflate */
    ZIP_UNSAFE,        /* a name or a link leads out of the folder, or an entry is a device */
    ZIP_TOO_LARGE,     /* unpacked it is larger than allowed */
    ZIP_TOO_MANY,      /* files and folders */
    ZIP_NOT_WRITTEN,   /* the folder can't be written: errno says why */
    ZIP_NO_MEMORY
};

enum zip_entry_kind { ZIP_ENTRY_FILE, ZIP_ENTRY_FOLDER, ZIP_ENTRY_LINK };

struct zip_entry {
    enum zip_entry_kind kind;
    struct zip_path path;
    mode_t mode;   /* permissions as stored; 0 when the archive was made where there are none */
    uint64_t size; /* as the archive claims */
};

/* Borrows the bytes. ZIP_OK and an archive, or the reason. */
enum zip_status zip_archive_open(struct bytes_view bytes, struct zip_archive **archive);
enum zip_status zip_archive_open_file(const char *path, struct zip_archive **archive);

/* Accepts NULL. */
void zip_archive_close(struct zip_archive *archive);

/* The next entry, from the first on. `is_last` true: there is none, and `entry` isn't filled. */
enum zip_status zip_archive_next(struct zip_archive *archive, struct zip_entry *entry,
                                 bool *is_last);

/* Back to before the first entry. */
void zip_archive_rewind(struct zip_archive *archive);

/* False stops the reading, which then gives ZIP_NOT_WRITTEN. */
typedef bool zip_piece_fn(const char *data, size_t length, void *context);

/* Unpacks the current entry piece by piece. The CRC is compared at its end. No more than `size_max` bytes are unpacked. */
enum zip_status zip_archive_read(struct zip_archive *archive, uint64_t size_max,
                                 zip_piece_fn *on_piece, void *context);

/* What is wrong, for people: "is not a zip archive, or a damaged one". */
const char *zip_status_text(enum zip_status status);

#endif
