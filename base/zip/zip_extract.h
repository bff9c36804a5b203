/*
 * zip_extract.h - unpacks an archive into a folder, safely: bombs, names and links that lead out of the folder, devices
 * and wrong CRCs are refused.
 *
 * Permissions of files survive (a `bootstrap` stays executable), less set-user-id and its kin; the owner can always read.
 * Where an archive was made on a system without permissions, files get 0644. Folders are 0755. Of two entries with one
 * name the last one counts, as with unzip.
 *
 * Everything here blocks: pool threads only.
 */
#ifndef BASE_ZIP_ZIP_EXTRACT_H
#define BASE_ZIP_ZIP_EXTRACT_H

#include "base/zip/zip_archive.h"

enum {
    ZIP_UNPACKED_MAX = 262144000 - 1, /* AWS: "must be smaller than 262144000 bytes" */
    ZIP_ENTRIES_MAX = 100000          /* files, folders and links that are made */
};

struct zip_limits {
    uint64_t unpacked_max; /* bytes of all files together */
    size_t entry_max;
};

/* AWS's, of functions and layers. */
extern const struct zip_limits zip_limits_default;

/* `size` and `entry_count` are of what was written. */
struct zip_extracted {
    uint64_t size;
    size_t entry_count;
};

/*
 * Into `folder`, which must exist and should be empty. After a failure it may hold a part of the archive; removing it is
 * the caller's. `extracted` may be NULL. ZIP_NOT_WRITTEN leaves the reason in errno.
 */
enum zip_status zip_extract(struct zip_archive *archive, const char *folder,
                            const struct zip_limits *limits, struct zip_extracted *extracted);

/* The same, from opening to closing the archive. */
enum zip_status zip_extract_bytes(struct bytes_view bytes, const char *folder,
                                  const struct zip_limits *limits);
enum zip_status zip_extract_file(const char *path, const char *folder,
                                 const struct zip_limits *limits);

#endif
